//! What there is to watch: creators, items, and the records that describe them.

use marquee_core::{ItemKind, Seconds, Timestamp};
use marquee_math::derive_seed;

use crate::draw::{Draw, narrow, row};

use super::{
    WorldConfig,
    taste::{Latent, N_GENRES, blend},
};

/// What is true of an item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ItemTruth {
    /// Its direction in the space of tastes.
    pub latent: Latent,
    /// What makes it better or worse for everybody; added to the affinity.
    pub quality: f32,
    /// Weight with which the logging policy shows it, before recency.
    pub popularity: f32,
    /// Number of its first genre.
    pub genre: u8,
    /// Number of its second genre, equal to the first if it has one only.
    pub second_genre: u8,
    /// Row of its creator.
    pub creator: u32,
    /// What sort of thing it is.
    pub kind: ItemKind,
    /// How long it plays.
    pub duration: Seconds,
    /// When it came out; it is not shown before the following midnight.
    pub released: Timestamp,
}

/// What is true of a creator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CreatorTruth {
    /// Number of the genre that most of their items have.
    pub genre: u8,
    /// Whether a large studio; those have more items.
    pub studio: Studio,
    /// Number of the country they work in.
    pub country: u8,
}

/// Size of a creator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Studio {
    /// One of many small ones.
    Independent,
    /// One of the few that make most items.
    Major,
}

/// Share of the items that are out before the first day.
const OUT_BEFORE: f64 = 0.7;

/// Creators, each with a genre of their own.
pub(super) fn creators(config: &WorldConfig) -> Vec<CreatorTruth> {
    let mut draw = Draw::new(derive_seed(config.seed, b"creators"), 0);
    (0..config.creators)
        .map(|_| CreatorTruth {
            genre: small(draw.index(N_GENRES)),
            studio: if draw.chance(0.15) {
                Studio::Major
            } else {
                Studio::Independent
            },
            country: small(draw.index(super::words::COUNTRIES.len())),
        })
        .collect()
}

/// Items: popularity follows Zipf's law over a random order, releases are spread over the days.
pub(super) fn items(
    config: &WorldConfig,
    directions: &[Latent; N_GENRES],
    creators: &[CreatorTruth],
) -> Vec<ItemTruth> {
    let seed = derive_seed(config.seed, b"items");
    let mut ranks: Vec<u32> = (0..config.items).collect();
    let mut order = Draw::new(derive_seed(config.seed, b"item order"), 0);
    order.shuffle(&mut ranks);
    let mut places: Vec<u32> = (0..config.items).collect();
    order.shuffle(&mut places);
    let who = by_output(creators);
    ranks
        .iter()
        .zip(&places)
        .enumerate()
        .map(|(item, (&rank, &place))| {
            let mut draw = Draw::new(seed, item as u64);
            let creator = who[draw.index(who.len())];
            let genre = first_genre(creators[creator as usize].genre, &mut draw);
            let (second_genre, latent) = direction(genre, directions, &mut draw);
            let (kind, duration) = format(&mut draw);
            let standing = 1.0 - f64::from(rank) / f64::from(config.items);
            ItemTruth {
                latent,
                quality: narrow(0.35 * draw.normal() + 0.5 * (standing - 0.5)),
                popularity: narrow((f64::from(rank) + 5.0).powf(-0.9)),
                genre,
                second_genre,
                creator,
                kind,
                duration,
                released: release(config, place, &mut draw),
            }
        })
        .collect()
}

/// Creators' rows, large ones eight times, so that a uniform choice follows output.
fn by_output(creators: &[CreatorTruth]) -> Vec<u32> {
    let times = |creator: &CreatorTruth| match creator.studio {
        Studio::Independent => 1,
        Studio::Major => 8,
    };
    creators
        .iter()
        .enumerate()
        .flat_map(|(creator, truth)| std::iter::repeat_n(row(creator), times(truth)))
        .collect()
}

fn first_genre(of_creator: u8, draw: &mut Draw) -> u8 {
    if draw.chance(0.75) {
        of_creator
    } else {
        small(draw.index(N_GENRES))
    }
}

/// The second genre and the latent vector.
fn direction(genre: u8, directions: &[Latent; N_GENRES], draw: &mut Draw) -> (u8, Latent) {
    let mut weights = [0.0; N_GENRES];
    weights[usize::from(genre)] = 1.0;
    let second = if draw.chance(0.4) {
        small(draw.index(N_GENRES))
    } else {
        genre
    };
    weights[usize::from(second)] += 0.6;
    (second, blend(directions, &weights, 0.5, draw))
}

/// Kind and playing time in whole seconds.
fn format(draw: &mut Draw) -> (ItemKind, Seconds) {
    let (kind, shortest, longest): (_, f64, f64) = match draw.unit() {
        u if u < 0.2 => (ItemKind::Movie, 3600.0, 9000.0),
        u if u < 0.7 => (ItemKind::Clip, 20.0, 600.0),
        u if u < 0.85 => (ItemKind::Music, 120.0, 360.0),
        _ => (ItemKind::Post, 10.0, 60.0),
    };
    let log = draw.between(shortest.ln(), longest.ln());
    (kind, Seconds(log.exp().round()))
}

/// Most items lie up to three years back; `place` is one of `0..items` in random order.
fn release(config: &WorldConfig, place: u32, draw: &mut Draw) -> Timestamp {
    let share = f64::from(place) / f64::from(config.items);
    let days = if share < OUT_BEFORE {
        -draw.between(1.0, 1000.0)
    } else {
        f64::from(config.days) * (share - OUT_BEFORE) / (1.0 - OUT_BEFORE)
    };
    let seconds = (days * Seconds::DAY.0).round();
    config.start.plus(Seconds(seconds))
}

/// Numbers of genres, countries and so on are small.
pub(super) fn small(number: usize) -> u8 {
    u8::try_from(number).expect("short lists have short numbers")
}
