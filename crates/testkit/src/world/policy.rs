//! The logging policy: which items are shown, and with what probability.
//!
//! A place is filled from a mixture: uniformly (exploration), by the popularity of the day, by
//! popularity inside a genre that suits the viewer, or uniformly from what followed creators made.
//! What is excluded (watched or hidden lately, or higher up in the slate) is drawn again, which
//! divides every other probability by one minus the excluded mass: that is the logged propensity.

use marquee_core::{Seconds, Timestamp};

use crate::draw::{Alias, Draw, row};

use super::{
    WorldConfig,
    catalog::ItemTruth,
    taste::{Latent, N_GENRES, agreement},
};

/// Steepness with which the policy follows what it believes of a taste.
const CERTAINTY: f64 = 6.0;

/// Draws before the exact, slower way is taken.
const ATTEMPTS: u32 = 64;

/// What can be shown on one day.
#[derive(Debug)]
pub(super) struct Shelf {
    available: Vec<u32>,
    /// Popularity of the day of every item; zero for those that are not out.
    weights: Vec<f64>,
    total: f64,
    popular: Alias,
    genres: Vec<GenreShelf>,
    /// `creators[c]..creators[c + 1]` are the places of creator `c` in `by_creator`.
    creators: Vec<u32>,
    by_creator: Vec<u32>,
}

/// The available items of one genre.
#[derive(Debug)]
struct GenreShelf {
    items: Vec<u32>,
    total: f64,
    /// `None` where nothing of the genre is out.
    popular: Option<Alias>,
}

impl Shelf {
    /// What is out at `now`. Cost: a pass over the items.
    pub(super) fn new(items: &[ItemTruth], n_creators: u32, now: Timestamp) -> Self {
        let weights: Vec<f64> = items.iter().map(|item| weight(item, now)).collect();
        let available: Vec<u32> = rows_where(&weights, |_| true);
        let of: Vec<f64> = available.iter().map(|&i| weights[i as usize]).collect();
        let genres = (0..N_GENRES)
            .map(|genre| GenreShelf::new(&weights, |item| usize::from(items[item].genre) == genre));
        let (creators, by_creator) = group_by_creator(items, &available, n_creators);
        Self {
            total: of.iter().sum(),
            popular: Alias::new(&of).expect("most items are out before the first day"),
            genres: genres.collect(),
            available,
            weights,
            creators,
            by_creator,
        }
    }

    fn of_creator(&self, creator: u32) -> &[u32] {
        let creator = creator as usize;
        &self.by_creator[self.creators[creator] as usize..self.creators[creator + 1] as usize]
    }
}

impl GenreShelf {
    fn new(weights: &[f64], belongs: impl Fn(usize) -> bool) -> Self {
        let items = rows_where(weights, belongs);
        let of: Vec<f64> = items.iter().map(|&i| weights[i as usize]).collect();
        Self {
            total: of.iter().sum(),
            popular: Alias::new(&of),
            items,
        }
    }
}

/// New items are up to three times as popular; what is not out has no weight.
fn weight(item: &ItemTruth, now: Timestamp) -> f64 {
    if item.released > now {
        return 0.0;
    }
    let age_days = (now - item.released).0 / Seconds::DAY.0;
    f64::from(item.popularity) * (1.0 + 2.0 * (-age_days / 7.0).exp())
}

fn rows_where(weights: &[f64], belongs: impl Fn(usize) -> bool) -> Vec<u32> {
    (0..weights.len())
        .filter(|&item| weights[item] > 0.0 && belongs(item))
        .map(row)
        .collect()
}

fn group_by_creator(
    items: &[ItemTruth],
    available: &[u32],
    n_creators: u32,
) -> (Vec<u32>, Vec<u32>) {
    let mut sorted = available.to_vec();
    sorted.sort_by_key(|&item| items[item as usize].creator);
    let mut starts = vec![0_u32; n_creators as usize + 1];
    for &item in available {
        starts[items[item as usize].creator as usize + 1] += 1;
    }
    for creator in 1..starts.len() {
        starts[creator] += starts[creator - 1];
    }
    (starts, sorted)
}

/// The policy for one viewer at one moment.
#[derive(Debug)]
pub(super) struct Policy<'a> {
    items: &'a [ItemTruth],
    shelf: &'a Shelf,
    exploration: f64,
    personalization: f64,
    following: f64,
    popularity: f64,
    /// Probability of each genre, given that the place is personalized.
    genres: [f64; N_GENRES],
    /// Followed creators that have something out.
    follows: Vec<u32>,
}

impl<'a> Policy<'a> {
    /// The policy for a viewer of `taste` who follows `follows`.
    pub(super) fn new(
        config: &WorldConfig,
        (items, shelf): (&'a [ItemTruth], &'a Shelf),
        directions: &[Latent; N_GENRES],
        (taste, follows): (&Latent, &[u32]),
    ) -> Self {
        let follows: Vec<u32> = follows
            .iter()
            .copied()
            .filter(|&creator| !shelf.of_creator(creator).is_empty())
            .collect();
        let following = if follows.is_empty() {
            0.0
        } else {
            config.following
        };
        Self {
            items,
            shelf,
            exploration: config.exploration,
            personalization: config.personalization,
            following,
            popularity: 1.0 - config.exploration - config.personalization - following,
            genres: genre_probabilities(shelf, directions, taste),
            follows,
        }
    }

    /// An item outside `excluded`, and the probability that it was this one.
    pub(super) fn choose(&self, excluded: &[u32], draw: &mut Draw) -> (u32, f64) {
        let taken: f64 = excluded.iter().map(|&item| self.probability(item)).sum();
        let item = (0..ATTEMPTS)
            .map(|_| self.propose(draw))
            .find(|item| !excluded.contains(item))
            .unwrap_or_else(|| self.scan(excluded, draw));
        // Rounding must not lift a near certainty over one.
        let propensity = self.probability(item) / (1.0 - taken);
        (item, propensity.min(1.0))
    }

    /// Probability that a draw without exclusions gives `item`.
    pub(super) fn probability(&self, item: u32) -> f64 {
        let weight = self.shelf.weights[item as usize];
        if weight <= 0.0 {
            return 0.0;
        }
        let truth = &self.items[item as usize];
        let genre = usize::from(truth.genre);
        let in_genre = self.genres[genre] * weight / self.shelf.genres[genre].total;
        let mut sum = self.exploration / self.shelf.available.len() as f64
            + self.popularity * weight / self.shelf.total
            + self.personalization * in_genre;
        if self.follows.contains(&truth.creator) {
            let made = self.shelf.of_creator(truth.creator).len();
            sum += self.following / (self.follows.len() * made) as f64;
        }
        sum
    }

    fn propose(&self, draw: &mut Draw) -> u32 {
        let mut u = draw.unit();
        if u < self.exploration {
            return self.shelf.available[draw.index(self.shelf.available.len())];
        }
        u -= self.exploration;
        if u < self.following {
            let made = self
                .shelf
                .of_creator(self.follows[draw.index(self.follows.len())]);
            return made[draw.index(made.len())];
        }
        u -= self.following;
        if u < self.personalization {
            let genre = &self.shelf.genres[pick(&self.genres, draw)];
            if let Some(popular) = &genre.popular {
                return genre.items[popular.draw(draw) as usize];
            }
        }
        self.shelf.available[self.shelf.popular.draw(draw) as usize]
    }

    /// The same distribution as drawing until something is allowed, in one pass.
    fn scan(&self, excluded: &[u32], draw: &mut Draw) -> u32 {
        let allowed: Vec<u32> = (self.shelf.available.iter().copied())
            .filter(|item| !excluded.contains(item))
            .collect();
        let chances: Vec<f64> = allowed.iter().map(|&i| self.probability(i)).collect();
        allowed[pick(&chances, draw)]
    }
}

/// Softmax over the genres that have something out.
fn genre_probabilities(
    shelf: &Shelf,
    directions: &[Latent; N_GENRES],
    taste: &Latent,
) -> [f64; N_GENRES] {
    let mut chances = [0.0; N_GENRES];
    for (genre, chance) in chances.iter_mut().enumerate() {
        if shelf.genres[genre].popular.is_some() {
            *chance = (CERTAINTY * agreement(taste, &directions[genre])).exp();
        }
    }
    let total: f64 = chances.iter().sum();
    chances.map(|chance| chance / total)
}

/// A position in proportion to `chances`, never one of chance zero.
fn pick(chances: &[f64], draw: &mut Draw) -> usize {
    let mut left = draw.unit() * chances.iter().sum::<f64>();
    let mut last = 0;
    for (place, &chance) in chances.iter().enumerate() {
        if chance > 0.0 {
            last = place;
            if left < chance {
                return place;
            }
        }
        left -= chance;
    }
    last
}

#[cfg(test)]
mod tests;
