//! Implicit interactions out of a mixture of topics, with the scores of the ideal recommender.
//!
//! ```text
//! P(item | user) = sum over topics t of theta[user, t] * phi[t, item]
//! ```
//!
//! Topic 0 is popularity, by Zipf's law; the others lift a random 15 % of the items. A user draws
//! items without replacement, so ranking by `P(item | user)` is the best that any model can do:
//! see [`LatentInteractions::scores`]. The shape is that of latent Dirichlet allocation (Blei, Ng
//! and Jordan 2003).

use std::collections::HashSet;

use marquee_core::{Dataset, SparseRows, UserIdx};
use marquee_math::derive_seed;
use rayon::prelude::{IndexedParallelIterator, ParallelIterator, ParallelSlice};

use crate::draw::{Alias, Draw, narrow, row};

/// Size of the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InteractionsConfig {
    /// Number of users, at least 1.
    pub users: usize,
    /// Number of items, at least 20.
    pub items: usize,
    /// Interactions to aim for; a percent or two fewer come out, where users run out of draws.
    pub interactions: usize,
    /// Number of topics beside popularity, at least 1.
    pub topics: usize,
    /// Everything random is derived from it.
    pub seed: u64,
}

impl InteractionsConfig {
    /// 1,000 users, 1,700 items, 100,000 interactions.
    pub const fn small(seed: u64) -> Self {
        Self {
            users: 1_000,
            items: 1_700,
            interactions: 100_000,
            topics: 20,
            seed,
        }
    }

    /// 6,000 users, 3,700 items, 1,000,000 interactions.
    pub const fn medium(seed: u64) -> Self {
        Self {
            users: 6_000,
            items: 3_700,
            interactions: 1_000_000,
            topics: 50,
            seed,
        }
    }

    /// 138,000 users, 27,000 items, 20,000,000 interactions.
    pub const fn large(seed: u64) -> Self {
        Self {
            users: 138_000,
            items: 27_000,
            interactions: 20_000_000,
            topics: 100,
            seed,
        }
    }
}

/// Share of every user's draws that go by popularity alone.
const BY_POPULARITY: f64 = 0.25;

/// Draws after which a user is content with fewer items, as a multiple of those wanted.
const PATIENCE: u32 = 12;

/// Users that one task takes.
const CHUNK: usize = 512;

/// The data and the mixture that it was drawn from.
#[derive(Debug, Clone, PartialEq)]
pub struct LatentInteractions {
    /// Who had what: weights of one, items rising, no times.
    pub dataset: Dataset,
    /// Number of topics, popularity included.
    pub n_topics: usize,
    /// `n_users x n_topics`, row after row; each row sums to one.
    pub theta: Vec<f32>,
    /// `n_topics x n_items`, row after row; each row sums to one.
    pub phi: Vec<f32>,
}

impl LatentInteractions {
    /// Draws the data. Cost: linear in interactions, a few hundred nanoseconds each, on all threads.
    ///
    /// # Panics
    ///
    /// When a number of `config` is out of its range.
    pub fn generate(config: &InteractionsConfig) -> Self {
        assert!(config.users >= 1 && config.topics >= 1, "nothing to draw");
        assert!(config.items >= 20, "found {} items", config.items);
        let phi = topics(config);
        let aliases: Vec<Alias> = phi.iter().map(|topic| alias(topic)).collect();
        let wanted = activity(config);
        let parts: Vec<Part> = wanted
            .par_chunks(CHUNK)
            .enumerate()
            .map(|(chunk, wanted)| {
                let mut part = Part::default();
                for (place, &wanted) in wanted.iter().enumerate() {
                    part.user(config, chunk * CHUNK + place, wanted, &aliases);
                }
                part
            })
            .collect();
        let theta = parts.iter().flat_map(|part| part.theta.iter().copied());
        Self {
            theta: theta.collect(),
            dataset: Dataset::from_rows(joined(&parts, config.items)),
            n_topics: config.topics + 1,
            phi: phi.iter().flatten().map(|&p| narrow(p)).collect(),
        }
    }

    /// Writes `P(item | user)` of every item into `scores`: what the ideal recommender ranks by.
    ///
    /// # Panics
    ///
    /// When there is no such user or `scores` has not one place for each item.
    pub fn scores(&self, user: UserIdx, scores: &mut [f32]) {
        let n_items = self.dataset.n_items();
        assert_eq!(scores.len(), n_items, "a place for each item");
        let theta = &self.theta[user.index() * self.n_topics..][..self.n_topics];
        scores.fill(0.0);
        for (weight, topic) in theta.iter().zip(self.phi.chunks_exact(n_items)) {
            for (score, p) in scores.iter_mut().zip(topic) {
                *score += weight * p;
            }
        }
    }
}

/// What one task drew.
#[derive(Default)]
struct Part {
    theta: Vec<f32>,
    lengths: Vec<u64>,
    columns: Vec<u32>,
}

impl Part {
    fn user(&mut self, config: &InteractionsConfig, user: usize, wanted: u32, phi: &[Alias]) {
        let mut draw = Draw::new(derive_seed(config.seed, b"users"), user as u64);
        let theta = mixture(config.topics, &mut draw);
        let topic = alias(&theta);
        let mut had: HashSet<u32> = HashSet::with_capacity(wanted as usize);
        for _ in 0..PATIENCE * wanted {
            if had.len() == wanted as usize {
                break;
            }
            let topic = topic.draw(&mut draw) as usize;
            had.insert(phi[topic].draw(&mut draw));
        }
        let mut items: Vec<u32> = had.into_iter().collect();
        items.sort_unstable();
        self.theta.extend(theta.into_iter().map(narrow));
        self.lengths.push(items.len() as u64);
        self.columns.extend(items);
    }
}

fn joined(parts: &[Part], n_columns: usize) -> SparseRows {
    let mut offsets = vec![0];
    let mut end = 0;
    for length in parts.iter().flat_map(|part| &part.lengths) {
        end += length;
        offsets.push(end);
    }
    SparseRows {
        n_columns,
        offsets,
        columns: parts
            .iter()
            .flat_map(|part| &part.columns)
            .copied()
            .collect(),
        weights: None,
        times: None,
    }
}

/// Shares of the topics of one user: a quarter popularity, the rest Dirichlet(0.08).
fn mixture(topics: usize, draw: &mut Draw) -> Vec<f64> {
    let mut shares: Vec<f64> = (0..topics).map(|_| draw.gamma(0.08) + 1e-12).collect();
    let total: f64 = shares.iter().sum();
    for share in &mut shares {
        *share *= (1.0 - BY_POPULARITY) / total;
    }
    shares.insert(0, BY_POPULARITY);
    shares
}

/// Probabilities of items by topic, popularity first; popularity does not follow the order of rows.
fn topics(config: &InteractionsConfig) -> Vec<Vec<f64>> {
    let mut draw = Draw::new(derive_seed(config.seed, b"topics"), 0);
    let mut ranks: Vec<u32> = (0..row(config.items)).collect();
    draw.shuffle(&mut ranks);
    let popular: Vec<f64> = ranks
        .iter()
        .map(|&rank| (f64::from(rank) + 5.0).powf(-0.9))
        .collect();
    let lifted = |popular: &f64, draw: &mut Draw| {
        let member = draw.chance(0.15);
        popular
            * if member {
                (1.8 * draw.normal()).exp()
            } else {
                0.05
            }
    };
    let mut all = vec![normalized(popular.clone())];
    for _ in 0..config.topics {
        let topic = popular.iter().map(|p| lifted(p, &mut draw)).collect();
        all.push(normalized(topic));
    }
    all
}

fn normalized(weights: Vec<f64>) -> Vec<f64> {
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / total).collect()
}

fn alias(weights: &[f64]) -> Alias {
    Alias::new(weights).expect("probabilities of topics and items are positive")
}

/// Items wanted by each user: log-normal, 5 to a quarter of the catalog, scaled to sum up.
fn activity(config: &InteractionsConfig) -> Vec<u32> {
    let mut draw = Draw::new(derive_seed(config.seed, b"activity"), 0);
    let raw: Vec<f64> = (0..config.users)
        .map(|_| (1.1 * draw.normal()).exp())
        .collect();
    let most = config.items as f64 / 4.0;
    let total = |scale: f64| -> f64 { raw.iter().map(|a| (a * scale).clamp(5.0, most)).sum() };
    let target = config.interactions as f64;
    let mut scale = target / raw.iter().sum::<f64>();
    // Clipping moves the sum; scaling anew converges at once unless the target is out of reach.
    for _ in 0..30 {
        scale *= target / total(scale);
    }
    raw.iter()
        .map(|a| rounded((a * scale).clamp(5.0, most)))
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at least 5 and at most a number of items"
)]
fn rounded(wanted: f64) -> u32 {
    wanted.round() as u32
}

#[cfg(test)]
mod tests;
