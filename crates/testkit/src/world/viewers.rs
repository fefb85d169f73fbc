//! Who watches: demographics, and tastes that lean a little on them.

use marquee_math::derive_seed;

use crate::draw::{Draw, narrow};

use super::{
    WorldConfig,
    catalog::small,
    taste::{Latent, N_GENRES, blend, drifted},
    words::{COUNTRIES, DEVICES, GENDERS, OCCUPATIONS},
};

/// What is true of a viewer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ViewerTruth {
    /// Taste on the first day.
    pub taste: Latent,
    /// Visits relative to the mean viewer, whose activity is one.
    pub activity: f32,
    /// Age in years.
    pub age: u8,
    /// Number of the gender.
    pub gender: u8,
    /// Number of the country.
    pub country: u8,
    /// Number of the occupation.
    pub occupation: u8,
    /// Number of the device they use.
    pub device: u8,
    /// Days between joining and the first day of the world.
    pub member_days: u16,
}

/// No viewer is more active than this many mean viewers.
const MOST_ACTIVE: f64 = 10.0;

/// Strength of what a demographic group has in common, beside a personal part of standard deviation
/// [`PERSONAL`], both as logarithms of genre weights.
const SHARED: f64 = 0.6;
const PERSONAL: f64 = 1.6;

/// How much more each group likes each genre.
struct Groups {
    gender: Vec<[f64; N_GENRES]>,
    age: Vec<[f64; N_GENRES]>,
    country: Vec<[f64; N_GENRES]>,
}

/// Viewers, each from a stream of their own.
pub(super) fn viewers(config: &WorldConfig, directions: &[Latent; N_GENRES]) -> Vec<ViewerTruth> {
    let seed = derive_seed(config.seed, b"viewers");
    let groups = Groups::new(&mut Draw::new(derive_seed(config.seed, b"groups"), 0));
    let mut all: Vec<ViewerTruth> = (0..config.users)
        .map(|viewer| one(&groups, directions, &mut Draw::new(seed, u64::from(viewer))))
        .collect();
    let total: f64 = all.iter().map(|one| f64::from(one.activity)).sum();
    let scale = f64::from(config.users) / total;
    for viewer in &mut all {
        viewer.activity = narrow((f64::from(viewer.activity) * scale).min(MOST_ACTIVE));
    }
    all
}

/// Taste of the viewer in row `viewer` after one more day.
pub(super) fn next_taste(config: &WorldConfig, taste: &Latent, draw: &mut Draw) -> Latent {
    // The draws are taken in any case, so that worlds that differ in drift only share the rest.
    let next = drifted(taste, config.drift, draw);
    if config.drift > 0.0 { next } else { *taste }
}

fn one(groups: &Groups, directions: &[Latent; N_GENRES], draw: &mut Draw) -> ViewerTruth {
    let gender = match draw.unit() {
        u if u < 0.49 => 0,
        u if u < 0.98 => 1,
        _ => 2,
    };
    let age = age_in_years(draw);
    let country = draw.index(COUNTRIES.len());
    let mut weights = [0.0; N_GENRES];
    for (genre, weight) in weights.iter_mut().enumerate() {
        let shared = groups.gender[gender][genre]
            + groups.age[age_band(age)][genre]
            + groups.country[country][genre];
        *weight = (SHARED * shared + PERSONAL * draw.normal()).exp();
    }
    ViewerTruth {
        taste: blend(directions, &weights, 0.3, draw),
        activity: narrow(draw.normal().exp()),
        age,
        gender: small(gender),
        country: small(country),
        occupation: small(draw.index(OCCUPATIONS.len())),
        device: small(draw.index(DEVICES.len())),
        member_days: u16::try_from(1 + draw.below(1000)).expect("at most 1000"),
    }
}

/// 13 to 79 years, young ones more often.
fn age_in_years(draw: &mut Draw) -> u8 {
    let shares = draw.unit() * draw.unit();
    let years = 13 + draw.below(12);
    let more = (0..54).take_while(|&year| f64::from(year) < 54.0 * shares);
    small(years as usize + more.count())
}

fn age_band(age: u8) -> usize {
    match age {
        0..=24 => 0,
        25..=39 => 1,
        40..=59 => 2,
        _ => 3,
    }
}

impl Groups {
    fn new(draw: &mut Draw) -> Self {
        let mut leanings = |n: usize| -> Vec<[f64; N_GENRES]> {
            (0..n)
                .map(|_| std::array::from_fn(|_| draw.normal()))
                .collect()
        };
        Self {
            gender: leanings(GENDERS.len()),
            age: leanings(4),
            country: leanings(COUNTRIES.len()),
        }
    }
}
