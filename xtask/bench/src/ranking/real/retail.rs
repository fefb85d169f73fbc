//! `RetailRocket`: what follows when an item of a shop is shown: a view, a cart, a purchase.
//!
//! A request is a view of the log and four items that the viewer never touches, drawn by how often all
//! items were viewed. All five rows have labels: the first one was viewed, and put into the cart or
//! bought if the log says so of this viewer and item at that time or later. The heads are `open` for the
//! view, `save` for the cart, `finish` for the purchase.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use anyhow::{Context, Result};
use marquee_features::Head;
use marquee_math::rng;
use marquee_ranking::{NetworkConfig, TreesConfig};
use rand::RngExt as _;

use super::{Columns, Growing, log_count, read_rows};
use crate::{
    folder::{self, Cuts, Told},
    settings::{Equal, Settings, TreeIds},
};

const DENSE: [&str; 9] = [
    "item views",
    "item carts",
    "item purchases",
    "viewer views",
    "viewer carts",
    "viewer purchases",
    "days since the item's last view",
    "days since the viewer's last view",
    "viewer views of the item's neighbors",
];
const NEGATIVES: usize = 4;
const HISTORY: u32 = 20;
const FILES: [&str; 3] = ["view", "cart", "buy"];

/// One line: time, viewer and item.
type Deed = (i64, u32, u32);

/// Makes the data set: by time, eight tenths of the views train, one judges passes, one is reported.
///
/// # Errors
///
/// When a file is missing or is not as expected, or the folder cannot be written.
pub(super) fn make(folder: &Path, from: &Path, seed: u64) -> Result<()> {
    let mut deeds = Vec::new();
    for file in FILES {
        deeds.push(read(&from.join(format!("train_{file}.csv.gz")))?);
    }
    let most = |of: fn(&Deed) -> u32| deeds.iter().flatten().map(of).max();
    let n_viewers = most(|deed| deed.1).map_or(0, |most| most + 1);
    let n_items = most(|deed| deed.2).map_or(0, |most| most + 1);
    let mut growing = Growing::new(&Columns {
        dense: &DENSE,
        sparse: vec![("viewer", n_viewers + 1), ("item", n_items + 1)],
        history: Some((HISTORY, 1)),
        heads: &[Head::Open, Head::Save, Head::Finish],
    })?;
    grow(&mut growing, &deeds, seed)?;
    let n = growing.n_requests();
    let told = Told {
        title: format!("RetailRocket, {n} views and {NEGATIVES} other items each"),
        graded: false,
        settings: settings(),
        truth: None,
    };
    let cuts = Cuts {
        validation: n * 8 / 10,
        test: n * 9 / 10,
    };
    folder::write(folder, &growing.finish(), cuts, told)
}

/// Adds a request for each view, by time.
fn grow(growing: &mut Growing, deeds: &[Vec<Deed>], seed: u64) -> Result<()> {
    let touched: HashSet<(u32, u32)> = deeds
        .iter()
        .flatten()
        .map(|deed| (deed.1, deed.2))
        .collect();
    let when: Vec<HashMap<(u32, u32), i64>> = deeds
        .iter()
        .map(|deeds| {
            deeds
                .iter()
                .map(|deed| ((deed.1, deed.2), deed.0))
                .collect()
        })
        .collect();
    let views = &deeds[0];
    let mut drawn = rng(seed, 0);
    let mut known = Known::default();
    let mut later = [deeds[1].iter().peekable(), deeds[2].iter().peekable()];
    for &(time, viewer, item) in views {
        for (kind, rest) in later.iter_mut().enumerate() {
            while let Some(deed) = rest.next_if(|deed| deed.0 < time) {
                known.add(kind + 1, *deed);
            }
        }
        let follows = |kind: usize| {
            let at = when[kind].get(&(viewer, item));
            if at.is_some_and(|&at| at >= time) {
                1.0
            } else {
                0.0
            }
        };
        growing.request(Some(known.history(viewer)))?;
        let labels = [1.0, follows(1), follows(2)];
        let numbers = known.row(time, viewer, item);
        growing.row(&numbers, &[viewer + 1, item + 1], &labels)?;
        for _ in 0..NEGATIVES {
            // By popularity: the item of a view drawn evenly from all.
            let mut other = item;
            while touched.contains(&(viewer, other)) {
                other = views[drawn.random_range(0..views.len())].2;
            }
            let numbers = known.row(time, viewer, other);
            growing.row(&numbers, &[viewer + 1, other + 1], &[0.0; 3])?;
        }
        known.add(0, (time, viewer, item));
    }
    Ok(())
}

fn settings() -> Settings {
    Settings {
        // Embeddings of viewers and items learn by heart what followed; how often an item came, and what followed,
        // are told out of fold.
        network: NetworkConfig {
            embedding: 8,
            records: vec!["item".to_owned()],
            left_out: vec!["viewer".to_owned(), "history".to_owned()],
            knots: 32,
            cross: Vec::new(),
            pairs: 1,
            hidden: vec![32],
            attention: 0,
            batch: 1024,
            epochs: 6,
            embedding_rate: 0.1,
            ..NetworkConfig::default()
        },
        equal: Equal {
            embedding: 8,
            hidden: vec![64, 32],
            batch: 1024,
            epochs: 6,
            patience: 2,
            embedding_rate: 0.02,
            ..Equal::default()
        },
        trees: TreesConfig {
            trees: 200,
            leaf_rows: 50,
            ..TreesConfig::default()
        },
        tree_ids: TreeIds::Encoded,
    }
}

/// Lines of a file, by time.
fn read(path: &Path) -> Result<Vec<Deed>> {
    let mut deeds = Vec::new();
    for row in read_rows(path, 3)? {
        let shown = || format!("{}: expected numbers, found {row:?}", path.display());
        let viewer = row[0].parse().with_context(shown)?;
        let item = row[1].parse().with_context(shown)?;
        deeds.push((row[2].parse().with_context(shown)?, viewer, item));
    }
    deeds.sort_unstable();
    Ok(deeds)
}

/// What is known at a moment.
#[derive(Default)]
struct Known {
    /// Views, carts and purchases.
    of_item: HashMap<u32, [f64; 3]>,
    of_viewer: HashMap<u32, [f64; 3]>,
    item_viewed: HashMap<u32, i64>,
    viewer_viewed: HashMap<u32, i64>,
    viewed: HashMap<u32, Vec<u32>>,
    /// How often one viewer viewed the one item right before the other.
    beside: HashMap<(u32, u32), f64>,
}

impl Known {
    fn add(&mut self, kind: usize, (time, viewer, item): Deed) {
        self.of_item.entry(item).or_default()[kind] += 1.0;
        self.of_viewer.entry(viewer).or_default()[kind] += 1.0;
        if kind > 0 {
            return;
        }
        self.item_viewed.insert(item, time);
        self.viewer_viewed.insert(viewer, time);
        let viewed = self.viewed.entry(viewer).or_default();
        if let Some(&last) = viewed.last() {
            *self.beside.entry((last - 1, item)).or_default() += 1.0;
            *self.beside.entry((item, last - 1)).or_default() += 1.0;
        }
        viewed.push(item + 1);
        let over = viewed.len().saturating_sub(HISTORY as usize);
        viewed.drain(..over);
    }

    /// What the viewer viewed lately, as ids.
    fn history(&self, viewer: u32) -> &[u32] {
        self.viewed.get(&viewer).map_or(&[], Vec::as_slice)
    }

    fn row(&self, time: i64, viewer: u32, item: u32) -> Vec<f32> {
        let of_item = self.of_item.get(&item).copied().unwrap_or_default();
        let of_viewer = self.of_viewer.get(&viewer).copied().unwrap_or_default();
        let days =
            |at: Option<&i64>| at.map_or(f32::NAN, |at| log_count((time - at) as f64 / 86_400.0));
        let beside = self.history(viewer).iter();
        let beside = beside.filter_map(|&other| self.beside.get(&(other - 1, item)));
        let mut numbers: Vec<f32> = of_item
            .into_iter()
            .chain(of_viewer)
            .map(log_count)
            .collect();
        numbers.push(days(self.item_viewed.get(&item)));
        numbers.push(days(self.viewer_viewed.get(&viewer)));
        numbers.push(log_count(beside.sum()));
        numbers
    }
}
