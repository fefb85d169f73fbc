//! Datasets whose answer is known: viewers keep to one block of items.

use marquee_core::{Dataset, HistoryEntry, Interaction, ItemIdx, Repeats, Timestamp, UserIdx};

use crate::draw::Draw;

/// Training data made of blocks, and viewers who are not in it.
#[derive(Debug)]
pub struct BlockWorld {
    /// What to train on.
    pub data: Dataset,
    /// Viewers to ask about.
    pub viewers: Vec<BlockViewer>,
    /// Number of blocks; item `i` belongs to block `i % n_blocks`.
    pub n_blocks: u32,
}

/// A viewer of a [`BlockWorld`].
#[derive(Debug)]
pub struct BlockViewer {
    /// The block he keeps to.
    pub block: u32,
    /// What he did.
    pub history: Vec<HistoryEntry>,
    /// What he will do; none of it is in the history.
    pub held_out: Vec<ItemIdx>,
}

/// What a [`BlockWorld`] is made of.
#[derive(Debug, Clone)]
struct Shape {
    n_users: u32,
    n_viewers: u32,
    n_items: u32,
    n_blocks: u32,
    /// Items a user touches.
    touches: usize,
    /// How often a touch goes to the viewer's own block rather than anywhere.
    loyalty: f64,
    /// Zipf exponent of how often an item is drawn within its block.
    skew: f64,
}

impl BlockWorld {
    /// Four blocks of 15 items, 160 users of 8 items, one touch in ten outside: easy to find.
    pub fn small(seed: u64) -> Self {
        Self::make(
            &Shape {
                n_users: 160,
                n_viewers: 40,
                n_items: 60,
                n_blocks: 4,
                touches: 8,
                loyalty: 0.9,
                skew: 0.0,
            },
            seed,
        )
    }

    /// Eight blocks of 25 items under a steep popularity curve, every third touch anywhere: what
    /// popularity alone gets half right.
    pub fn skewed(seed: u64) -> Self {
        Self::make(
            &Shape {
                n_users: 400,
                n_viewers: 120,
                n_items: 200,
                n_blocks: 8,
                touches: 14,
                loyalty: 0.65,
                skew: 0.8,
            },
            seed,
        )
    }

    fn make(shape: &Shape, seed: u64) -> Self {
        let mut interactions = Vec::new();
        for user in 0..shape.n_users {
            let touched = shape.draw_items(seed, user);
            let rows = (0_i64..).zip(&touched);
            interactions.extend(rows.map(|(day, &item)| Interaction {
                user: UserIdx(user),
                item,
                weight: 1.0,
                time: Timestamp::from_seconds(1_000_000_000 + day * 86_400),
            }));
        }
        let (n_users, n_items) = (shape.n_users as usize, shape.n_items as usize);
        let made = Dataset::from_interactions(n_users, n_items, &interactions, Repeats::KeepLast);
        let viewers = shape.n_users..shape.n_users + shape.n_viewers;
        Self {
            data: made.expect("drawn items and users are in range"),
            viewers: viewers.map(|user| shape.viewer(seed, user)).collect(),
            n_blocks: shape.n_blocks,
        }
    }
}

impl Shape {
    fn viewer(&self, seed: u64, user: u32) -> BlockViewer {
        let mut items = self.draw_items(seed, user);
        let held_out = items.split_off(items.len() / 2);
        let entry = |(day, item)| HistoryEntry {
            item,
            weight: 1.0,
            time: Timestamp::from_seconds(1_000_000_000 + day * 86_400),
        };
        BlockViewer {
            block: user % self.n_blocks,
            history: (0_i64..).zip(items).map(entry).collect(),
            held_out,
        }
    }

    /// Different items, in the order of drawing.
    fn draw_items(&self, seed: u64, user: u32) -> Vec<ItemIdx> {
        let mut draw = Draw::new(seed, u64::from(user));
        let mut items = Vec::with_capacity(self.touches);
        while items.len() < self.touches {
            let block = if draw.chance(self.loyalty) {
                user % self.n_blocks
            } else {
                draw.below(self.n_blocks)
            };
            let item = ItemIdx(self.place(&mut draw) * self.n_blocks + block);
            if !items.contains(&item) {
                items.push(item);
            }
        }
        items
    }

    /// A place within a block, by the popularity curve.
    fn place(&self, draw: &mut Draw) -> u32 {
        let places = self.n_items / self.n_blocks;
        let weight = |place: u32| (f64::from(place) + 1.0).powf(-self.skew);
        let mut left = draw.unit() * (0..places).map(weight).sum::<f64>();
        let hit = (0..places).find(|&place| {
            left -= weight(place);
            left < 0.0
        });
        hit.unwrap_or(places - 1)
    }
}
