//! The vectors while they are trained, cut into blocks of coordinates that one task changes at a time.

use marquee_math::fill_normal;

use super::batch::Pair;
use crate::check::narrow;

/// Coordinates of a block: one cache line of numbers.
pub(super) const WIDTH: usize = 16;

/// Added to the sums of squared steps, so that the first step is finite.
const EPSILON: f32 = 1e-8;

/// The numbers of a block, to be kept and put back.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) users: &'a mut [f32],
    pub(super) items: &'a mut [f32],
    pub(super) user_squares: &'a mut [f32],
    pub(super) item_squares: &'a mut [f32],
}

/// How far and how strongly steps go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    pub(super) learning_rate: f32,
    pub(super) regularization: f32,
}

/// [`WIDTH`] coordinates of every vector, with the sums of squares that Adagrad keeps.
#[derive(Debug, Clone)]
pub(super) struct Block {
    users: Vec<[f32; WIDTH]>,
    items: Vec<[f32; WIDTH]>,
    user_squares: Vec<[f32; WIDTH]>,
    item_squares: Vec<[f32; WIDTH]>,
}

impl Block {
    /// Vectors drawn from a normal distribution; coordinates from `used` on stay zero.
    pub(super) fn new(sizes: (usize, usize), used: usize, deviation: f64, seed: u64) -> Self {
        let side = |n: usize, stream: u64| {
            let mut rows = vec![[0.0; WIDTH]; n];
            let mut rng = marquee_math::rng(seed, stream);
            for row in &mut rows {
                fill_normal(&mut rng, deviation, &mut row[..used]);
            }
            rows
        };
        let (n_users, n_items) = sizes;
        Self {
            users: side(n_users, 0),
            items: side(n_items, 1),
            user_squares: vec![[0.0; WIDTH]; n_users],
            item_squares: vec![[0.0; WIDTH]; n_items],
        }
    }

    /// Everything that changes.
    pub(super) fn parts(&mut self) -> Parts<'_> {
        Parts {
            users: self.users.as_flattened_mut(),
            items: self.items.as_flattened_mut(),
            user_squares: self.user_squares.as_flattened_mut(),
            item_squares: self.item_squares.as_flattened_mut(),
        }
    }

    /// Number of users.
    pub(super) fn n_users(&self) -> usize {
        self.users.len()
    }

    /// This block's part of `p_u·q_i`.
    #[inline]
    pub(super) fn product(&self, user: u32, item: u32) -> f32 {
        let (p, q) = (&self.users[user as usize], &self.items[item as usize]);
        let mut sum = 0.0;
        for k in 0..WIDTH {
            sum += p[k] * q[k];
        }
        sum
    }

    /// Takes the steps of a batch, in its order.
    pub(super) fn step(&mut self, pairs: &[Pair], rate: Rate) {
        for pair in pairs.iter().filter(|pair| pair.slope > 0.0) {
            self.step_pair(pair, rate);
        }
    }

    #[inline]
    fn step_pair(&mut self, pair: &Pair, rate: Rate) {
        let (user, up, down) = (
            pair.user as usize,
            pair.item as usize,
            pair.negative as usize,
        );
        let (g, r) = (pair.slope, rate.regularization);
        let (p, q, n) = (self.users[user], self.items[up], self.items[down]);
        let mut toward = [[0.0; WIDTH]; 3];
        for k in 0..WIDTH {
            toward[0][k] = g * (q[k] - n[k]) - r * p[k];
            toward[1][k] = g * p[k] - r * q[k];
            toward[2][k] = -g * p[k] - r * n[k];
        }
        let eta = rate.learning_rate;
        advance(
            &mut self.users[user],
            &mut self.user_squares[user],
            &toward[0],
            eta,
        );
        advance(
            &mut self.items[up],
            &mut self.item_squares[up],
            &toward[1],
            eta,
        );
        advance(
            &mut self.items[down],
            &mut self.item_squares[down],
            &toward[2],
            eta,
        );
    }

    /// Copies this block's coordinates, `first..first + used` of `d`, into whole vectors.
    pub(super) fn write(&self, (first, used, d): (usize, usize, usize), to: &mut Vectors) {
        let copy = |from: &[[f32; WIDTH]], to: &mut [f32]| {
            for (from, to) in from.iter().zip(to.chunks_exact_mut(d)) {
                to[first..first + used].copy_from_slice(&from[..used]);
            }
        };
        copy(&self.users, &mut to.users);
        copy(&self.items, &mut to.items);
    }
}

/// One step of Adagrad along `toward`.
#[inline]
fn advance(
    values: &mut [f32; WIDTH],
    squares: &mut [f32; WIDTH],
    toward: &[f32; WIDTH],
    learning_rate: f32,
) {
    for k in 0..WIDTH {
        squares[k] += toward[k] * toward[k];
        values[k] += learning_rate * toward[k] / (squares[k] + EPSILON).sqrt();
    }
}

/// Whole vectors, row after row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Vectors {
    /// `n_users x d`.
    pub(crate) users: Vec<f32>,
    /// `n_items x d`.
    pub(crate) items: Vec<f32>,
    /// A bias for each item.
    pub(crate) biases: Vec<f32>,
}

/// The items' biases while they are trained.
#[derive(Debug, Clone)]
pub(super) struct Biases {
    pub(super) values: Vec<f32>,
    squares: Vec<f32>,
}

impl Biases {
    pub(super) fn new(n_items: usize) -> Self {
        Self {
            values: vec![0.0; n_items],
            squares: vec![0.0; n_items],
        }
    }

    /// Everything that changes: the biases, and their sums of squares.
    pub(super) fn parts(&mut self) -> (&mut [f32], &mut [f32]) {
        (&mut self.values, &mut self.squares)
    }

    /// Takes the steps of a batch, in its order.
    pub(super) fn step(&mut self, pairs: &[Pair], rate: Rate) {
        for pair in pairs.iter().filter(|pair| pair.slope > 0.0) {
            for (item, pull) in [(pair.item, pair.slope), (pair.negative, -pair.slope)] {
                let at = item as usize;
                let toward = pull - rate.regularization * self.values[at];
                self.squares[at] += toward * toward;
                let size = (self.squares[at] + EPSILON).sqrt();
                self.values[at] += rate.learning_rate * toward / size;
            }
        }
    }
}

/// The deviation of the first numbers of vectors of `d`, whose length is then `init_std`.
pub(crate) fn deviation(init_std: f32, d: usize) -> f64 {
    f64::from(narrow(f64::from(init_std) / (d as f64).sqrt()))
}
