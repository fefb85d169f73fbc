//! How well a title that a model was not trained on is ranked from its first viewers, beside a training
//! that had them.
//!
//! ```sh
//! cargo run --release -p marquee-engine --example new_titles -- DATA [MIN_RATING]
//! ```
//!
//! Of every fifth title with 40 likes or more all are hidden. Its first likes by time, 1, 3, 10 or 30 of
//! them, are then shown: to a model that was trained without the title, which folds it in, and to one
//! that is trained again with them. For everybody else who liked such a title, it counts when it is among
//! the first 20 or 50 of all titles that the viewer has not seen (hit@20 / hit@50).

#![expect(clippy::print_stdout, reason = "a program that prints a table")]

use std::path::Path;

use marquee_cf::{AlsConfig, NewItem, Recommender, als, silent};
use marquee_core::{Dataset, HistoryEntry, Interaction, ItemIdx, Repeats, UserIdx, history_of};
use marquee_engine::{Result, generation::typical_count, loading};
use marquee_ingest::Selection;

/// Likes that a title must have to be hidden.
const LEAST_LIKES: usize = 40;
const SEED: u64 = 42;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let data = arguments.first().expect("the data folder");
    let min_rating = arguments.get(1).map(|text| text.parse().expect("a rating"));
    let selection = Selection {
        min_rating,
        ..Selection::default()
    };
    let (loaded, _) = loading::load(Path::new(data), &selection)?;
    let all = &loaded.dataset;
    let hidden = hidden(all);
    let counts: Vec<f32> = all.by_item().rows().map(|row| row.len() as f32).collect();
    let typical = typical_count(&counts);
    println!(
        "{} titles are hidden; a typical like is one of {typical:.0}\n",
        hidden.len()
    );
    println!("| first likes | cases | folded in | folded in, exposure 1 | trained again |");
    println!("|---|---|---|---|---|");
    for n in [1, 3, 10, 30] {
        let (known, cases) = cut(all, &hidden, n);
        let (bare, _) = cut(all, &hidden, 0);
        let config = AlsConfig::default();
        let bare_model = als::train(&bare, &config, SEED, &mut silent())?;
        let again = als::train(&known, &config, SEED, &mut silent())?;
        let (bare_view, again_view) = (bare_model.view(), again.view());
        let viewers = first_viewers(&known, &hidden, &bare);
        let exposure = (n as f64 / typical).min(1.0);
        let (mut items, mut plain) = (Vec::new(), Vec::new());
        for viewers in &viewers {
            let viewers: Vec<&[HistoryEntry]> = viewers.iter().map(Vec::as_slice).collect();
            let folded = |exposure| bare_view.new_item(&viewers, exposure);
            items.push(folded(exposure)?.expect("iALS takes new items in"));
            plain.push(folded(1.0)?.expect("iALS takes new items in"));
        }
        let mut hits = [[0_usize; 2]; 3];
        for &(user, item) in &cases {
            let folded = folded_rank(&bare_view, &bare, (&hidden, &items), (user, item))?;
            let plain = folded_rank(&bare_view, &bare, (&hidden, &plain), (user, item))?;
            let trained = trained_rank(&again_view, &known, (user, item))?;
            for (way, rank) in [folded, plain, trained].into_iter().enumerate() {
                hits[way][0] += usize::from(rank < 20);
                hits[way][1] += usize::from(rank < 50);
            }
        }
        let share = |count: usize| count as f64 / cases.len() as f64;
        let cell = |of: [usize; 2]| format!("{:.4} / {:.4}", share(of[0]), share(of[1]));
        let cells: Vec<String> = hits.into_iter().map(cell).collect();
        println!("| {n} | {} | {} |", cases.len(), cells.join(" | "));
    }
    Ok(())
}

fn hidden(all: &Dataset) -> Vec<ItemIdx> {
    let popular = (0..all.n_items()).filter(|&item| all.by_item().row(item).len() >= LEAST_LIKES);
    popular.step_by(5).map(ItemIdx::from_usize).collect()
}

/// The data with `n` likes of each hidden title, and who else liked which.
fn cut(all: &Dataset, hidden: &[ItemIdx], n: usize) -> (Dataset, Vec<(usize, ItemIdx)>) {
    let mut kept = Vec::new();
    let mut cases = Vec::new();
    for item in 0..all.n_items() {
        let row = all.by_item().row(item);
        let mut order: Vec<usize> = (0..row.len()).collect();
        order.sort_by_key(|&at| (row.time(at), row.columns[at]));
        let shown = if hidden.contains(&ItemIdx::from_usize(item)) {
            n
        } else {
            row.len()
        };
        for (place, at) in order.into_iter().enumerate() {
            let user = row.columns[at];
            if place < shown {
                kept.push(Interaction {
                    user: UserIdx(user),
                    item: ItemIdx::from_usize(item),
                    weight: row.weight(at),
                    time: row.time(at),
                });
            } else {
                cases.push((user as usize, ItemIdx::from_usize(item)));
            }
        }
    }
    let data = Dataset::from_interactions(all.n_users(), all.n_items(), &kept, Repeats::KeepLast);
    (data.expect("a part of good data"), cases)
}

/// For each hidden title the histories, without hidden titles, of those whose likes are shown.
fn first_viewers(
    known: &Dataset,
    hidden: &[ItemIdx],
    bare: &Dataset,
) -> Vec<Vec<Vec<HistoryEntry>>> {
    let of = |item: &ItemIdx| {
        let row = known.by_item().row(item.index());
        let histories = row
            .columns
            .iter()
            .map(|&user| bare.by_user().row(user as usize));
        histories.map(history_of).collect()
    };
    hidden.iter().map(of).collect()
}

fn folded_rank(
    model: &dyn Recommender,
    bare: &Dataset,
    (hidden, items): (&[ItemIdx], &[NewItem]),
    (user, item): (usize, ItemIdx),
) -> Result<usize> {
    let history = history_of(bare.by_user().row(user));
    let mut scores = vec![0.0; model.n_items()];
    model.score_all(&history, &mut scores)?;
    let mut new = vec![0.0; items.len()];
    model.score_new(&history, &items.iter().collect::<Vec<_>>(), &mut new)?;
    for (&row, &score) in hidden.iter().zip(&new) {
        scores[row.index()] = score;
    }
    Ok(rank(&scores, &history, item))
}

fn trained_rank(
    model: &dyn Recommender,
    known: &Dataset,
    (user, item): (usize, ItemIdx),
) -> Result<usize> {
    let history = history_of(known.by_user().row(user));
    let mut scores = vec![0.0; model.n_items()];
    model.score_all(&history, &mut scores)?;
    Ok(rank(&scores, &history, item))
}

/// How many titles that the viewer has not seen stand before `item`.
fn rank(scores: &[f32], history: &[HistoryEntry], item: ItemIdx) -> usize {
    let own = scores[item.index()];
    let before = scores.iter().filter(|&&score| score > own).count();
    let seen = history
        .iter()
        .filter(|entry| scores[entry.item.index()] > own);
    before - seen.count()
}
