//! One batch: who is compared with what, and how strongly he pulls.

use marquee_core::SparseView;
use rayon::prelude::*;

use super::{
    blocks::{Biases, Block, Rate},
    negatives::Negatives,
    objective::Objective,
};
use crate::draw::Draw;

/// Pairs that one task draws; fixed, as each task has its own stream of draws.
const PAIRS: usize = 128;

/// A user, an item he touched and one he did not.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Pair {
    pub(super) user: u32,
    pub(super) item: u32,
    pub(super) negative: u32,
    /// `g` of the step; zero where there is none to take.
    pub(super) slope: f32,
    pub(super) loss: f32,
}

/// Everything that is trained.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) blocks: Vec<Block>,
    pub(super) biases: Biases,
}

/// The interactions as pairs: the user of each entry, and its item.
#[derive(Debug)]
pub(super) struct Touches<'a> {
    users: Vec<u32>,
    items: &'a [u32],
}

impl<'a> Touches<'a> {
    pub(super) fn new(by_user: SparseView<'a>) -> Self {
        let rows = by_user.rows().zip(0_u32..);
        let users = rows.flat_map(|(row, user)| std::iter::repeat_n(user, row.len()));
        Self {
            users: users.collect(),
            items: by_user.columns(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }
}

/// What stays the same over all batches.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    pub(super) touches: &'a Touches<'a>,
    pub(super) negatives: &'a Negatives,
    pub(super) objective: Objective,
    pub(super) rate: Rate,
}

impl State {
    /// `x(u, i)`.
    #[inline]
    fn score(&self, user: u32, item: u32) -> f32 {
        let parts = self.blocks.iter().map(|block| block.product(user, item));
        self.biases.values[item as usize] + parts.sum::<f32>()
    }

    /// Trains on the touches at `places`, whose draws begin at `stream` under `seed`; returns the sum
    /// of losses.
    pub(super) fn learn(
        &mut self,
        walk: &Walk<'_>,
        places: &[u32],
        (seed, stream): (u64, u64),
        pairs: &mut Vec<Pair>,
    ) -> f64 {
        pairs.clear();
        pairs.resize(places.len(), Pair::default());
        let tasks = pairs.par_chunks_mut(PAIRS).zip(places.par_chunks(PAIRS));
        tasks.enumerate().for_each(|(task, (pairs, places))| {
            let mut draw = Draw::new(seed, stream + task as u64);
            for (pair, &place) in pairs.iter_mut().zip(places) {
                *pair = self.pair(walk, place as usize, &mut draw);
            }
        });
        let (blocks, biases) = (&mut self.blocks, &mut self.biases);
        rayon::join(
            || {
                blocks
                    .par_iter_mut()
                    .for_each(|block| block.step(pairs, walk.rate))
            },
            || biases.step(pairs, walk.rate),
        );
        pairs.iter().map(|pair| f64::from(pair.loss)).sum()
    }

    /// Draws the negative of one touch and judges the pair.
    fn pair(&self, walk: &Walk<'_>, place: usize, draw: &mut Draw) -> Pair {
        let (user, item) = (walk.touches.users[place], walk.touches.items[place]);
        let own = self.score(user, item);
        let n_items = self.biases.values.len();
        for trial in 1..=walk.objective.trials() {
            let negative = walk.negatives.draw(draw, user as usize);
            let margin = own - self.score(user, negative);
            if let Some(pull) = walk.objective.pull(margin, trial, n_items) {
                return Pair {
                    user,
                    item,
                    negative,
                    slope: pull.slope,
                    loss: pull.loss,
                };
            }
        }
        Pair::default()
    }
}

/// Streams of draws that a batch of `n` touches takes.
pub(super) fn streams(n: usize) -> u64 {
    n.div_ceil(PAIRS) as u64
}
