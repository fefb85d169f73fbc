//! The rules, one function each; every one panics where its rule is broken.

use std::cmp::Ordering;

use marquee_core::{History, HistoryEntry, ItemIdx, Timestamp};
use marquee_math::top_k;

use super::{Answers, BlockWorld, Subject, Threads, Trained, blocks::BlockViewer};

/// How many items are looked at where a list is judged.
const LIST: usize = 10;

#[track_caller]
pub(super) fn same_bytes_on_any_number_of_threads(
    subject: &Subject<'_>,
    world: &BlockWorld,
    first: &Trained,
) {
    assert!(!first.bytes.is_empty(), "the model saved nothing");
    for threads in [1, 2, 5] {
        let again = (subject.train)(&world.data, 42, Threads(threads));
        let same = again.bytes == first.bytes;
        assert!(same, "trained again on {threads} threads: other bytes");
    }
}

#[track_caller]
pub(super) fn scores_are_finite(trained: &Trained, history: &History) {
    let scores = all_scores(trained.model.as_ref(), history);
    let bad = scores.iter().position(|score| !score.is_finite());
    assert!(bad.is_none(), "item {bad:?} has a score that is not finite");
}

#[track_caller]
pub(super) fn one_scores_like_all(trained: &Trained, history: &History) {
    let model = trained.model.as_ref();
    let all = all_scores(model, history);
    // Backwards and with a repeat, so that neither place nor neighbors of an item can matter.
    let mut items: Vec<ItemIdx> = (0..all.len()).rev().map(ItemIdx::from_usize).collect();
    items.push(ItemIdx(0));
    let mut scores = vec![f32::NAN; items.len()];
    expect(model.score(history, &items, &mut scores));
    for (item, score) in items.iter().zip(&scores) {
        let among_all = all[item.index()];
        assert_eq!(score.to_bits(), among_all.to_bits(), "{item:?} alone");
    }
}

#[track_caller]
pub(super) fn the_best_are_the_head_of_all(trained: &Trained, history: &History) {
    for answers in [trained.model.as_ref(), trained.reopened.as_ref()] {
        let all = all_scores(answers, history);
        for k in [0, 1, LIST, all.len(), all.len() + 1] {
            let best = expect(answers.best(history, k));
            let head = top_k(&all, k);
            let found = best.iter().map(|one| (one.item.0, one.score.to_bits()));
            let wanted = head.iter().map(|one| (one.index, one.score.to_bits()));
            assert!(found.eq(wanted), "the best {k}: {best:?}, not {head:?}");
        }
    }
}

#[track_caller]
pub(super) fn reopened_scores_the_same(trained: &Trained, history: &History) {
    let bits = |answers: &dyn Answers| -> Vec<u32> {
        let scores = all_scores(answers, history);
        scores.iter().map(|score| score.to_bits()).collect()
    };
    let (before, after) = (trained.model.as_ref(), trained.reopened.as_ref());
    assert_eq!(bits(before), bits(after), "saved and opened: other scores");
    let item = ItemIdx(0);
    let similar = |answers: &dyn Answers| expect(answers.similar_items(item, LIST));
    assert_eq!(
        similar(before),
        similar(after),
        "saved and opened: likeness"
    );
}

#[track_caller]
pub(super) fn parts_sum_to_the_score(trained: &Trained, history: &History) {
    let model = trained.model.as_ref();
    let all = all_scores(model, history);
    for (row, score) in all.iter().enumerate() {
        let item = ItemIdx::from_usize(row);
        let parts = expect(model.explain(history, item));
        assert_eq!(parts.score.to_bits(), score.to_bits(), "{item:?} explained");
        let of = parts.parts.iter().map(|part| part.0);
        assert!(
            of.eq(history.iter().map(|entry| entry.item)),
            "one part for each entry of the history, in its order"
        );
        let values = || parts.parts.iter().map(|part| part.1);
        let sum = parts.base + values().sum::<f64>();
        let size = parts.base.abs() + values().map(f64::abs).sum::<f64>();
        let gap = (sum - f64::from(*score)).abs();
        assert!(gap <= 1e-5 * size.max(1e-6), "{item:?}: {sum} for {score}");
    }
}

#[track_caller]
pub(super) fn what_does_not_belong_is_refused(trained: &Trained) {
    let model = trained.model.as_ref();
    let n_items = model.n_items();
    let outside = ItemIdx::from_usize(n_items);
    let mut scores = vec![0.0; n_items];
    let entry = |item, weight| HistoryEntry {
        item,
        weight,
        time: Timestamp::EPOCH,
    };
    let refused = [
        model.score_all(&[entry(outside, 1.0)], &mut scores),
        model.score_all(&[entry(ItemIdx(0), f32::NAN)], &mut scores),
        model.score_all(&[], &mut scores[1..]),
        model.score(&[], &[outside], &mut [0.0]),
        model.score(&[entry(outside, 1.0)], &[ItemIdx(0)], &mut [0.0]),
        model.score(&[], &[ItemIdx(0)], &mut []),
        model.similar_items(outside, 3).map(drop),
        model.best(&[entry(outside, 1.0)], 3).map(drop),
        model.explain(&[], outside).map(drop),
        model.explain(&[entry(outside, 1.0)], ItemIdx(0)).map(drop),
    ];
    for (question, answer) in refused.iter().enumerate() {
        assert!(answer.is_err(), "question {question} was not refused");
    }
}

#[track_caller]
pub(super) fn similar_items_are_ordered(trained: &Trained) {
    let model = trained.model.as_ref();
    for row in 0..model.n_items() {
        let item = ItemIdx::from_usize(row);
        assert!(expect(model.similar_items(item, 0)).is_empty());
        let similar = expect(model.similar_items(item, LIST));
        assert!(similar.len() <= LIST, "more than were asked for");
        let itself = similar.iter().any(|other| other.item == item);
        assert!(!itself, "{item:?} is like itself");
        let ordered = similar.windows(2).all(|pair| {
            let by_score = pair[1].score.total_cmp(&pair[0].score);
            by_score.then(pair[0].item.cmp(&pair[1].item)) == Ordering::Less
        });
        assert!(ordered, "{item:?}: {similar:?} is out of order");
    }
}

/// Of the first items that are new to a viewer, nine in ten lie in his block, and so do the items
/// that are most like one of it.
#[track_caller]
pub(super) fn blocks_are_found(world: &BlockWorld, trained: &Trained) {
    let model = trained.model.as_ref();
    let (mut inside, mut listed) = (0, 0);
    for viewer in &world.viewers {
        let loyal: Vec<HistoryEntry> = viewer
            .history
            .iter()
            .filter(|entry| entry.item.0 % world.n_blocks == viewer.block)
            .copied()
            .collect();
        let list = ranked(model, &loyal, 5);
        listed += list.len();
        inside += count_in_block(list.into_iter(), world, viewer.block);
    }
    assert!(10 * inside >= 9 * listed, "{inside} of {listed} in block");

    let (mut alike, mut found) = (0, 0);
    for row in 0..model.n_items() {
        let item = ItemIdx::from_usize(row);
        let similar = expect(model.similar_items(item, 5));
        found += similar.len();
        let items = similar.into_iter().map(|other| other.item);
        alike += count_in_block(items, world, item.0 % world.n_blocks);
    }
    assert!(found > 0, "nothing is like anything");
    assert!(10 * alike >= 8 * found, "{alike} of {found} alike in block");
}

/// Finds at least a quarter more of what viewers will do than popularity does.
#[track_caller]
pub(super) fn popularity_is_beaten(subject: &Subject<'_>) {
    let world = BlockWorld::skewed(11);
    let trained = (subject.train)(&world.data, 42, Threads(2));
    let counts: Vec<f32> = world
        .data
        .by_item()
        .rows()
        .map(|row| (0..row.len()).map(|place| row.weight(place)).sum())
        .collect();
    let (mut model_hits, mut popularity_hits) = (0, 0);
    for viewer in &world.viewers {
        let list = ranked(trained.model.as_ref(), &viewer.history, LIST);
        model_hits += hits(&list, viewer);
        let popular = first_unseen(counts.clone(), &viewer.history, LIST);
        popularity_hits += hits(&popular, viewer);
    }
    assert!(
        4 * model_hits >= 5 * popularity_hits,
        "{model_hits} hits, popularity has {popularity_hits}"
    );
}

#[track_caller]
pub(super) fn history_plays_no_part(world: &BlockWorld, trained: &Trained) {
    let model = trained.model.as_ref();
    let nobody = all_scores(model, &[]);
    for viewer in &world.viewers {
        assert_eq!(all_scores(model, &viewer.history), nobody);
    }
}

#[track_caller]
fn all_scores(model: &dyn Answers, history: &History) -> Vec<f32> {
    let mut scores = vec![f32::NAN; model.n_items()];
    expect(model.score_all(history, &mut scores));
    scores
}

/// The first `k` items that are not in the history.
#[track_caller]
fn ranked(model: &dyn Answers, history: &History, k: usize) -> Vec<ItemIdx> {
    first_unseen(all_scores(model, history), history, k)
}

fn first_unseen(mut scores: Vec<f32>, history: &History, k: usize) -> Vec<ItemIdx> {
    for entry in history {
        scores[entry.item.index()] = f32::NEG_INFINITY;
    }
    let best = top_k(&scores, k);
    best.iter().map(|scored| ItemIdx(scored.index)).collect()
}

fn count_in_block(items: impl Iterator<Item = ItemIdx>, world: &BlockWorld, block: u32) -> usize {
    items
        .filter(|item| item.0 % world.n_blocks == block)
        .count()
}

fn hits(list: &[ItemIdx], viewer: &BlockViewer) -> usize {
    let hit = |item: &ItemIdx| viewer.held_out.contains(item);
    list.iter().filter(|item| hit(item)).count()
}

#[track_caller]
fn expect<T>(answer: Result<T, super::Refusal>) -> T {
    answer.unwrap_or_else(|refusal| panic!("refused: {refusal}"))
}
