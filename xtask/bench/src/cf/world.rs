//! Interactions of viewers with a few tastes each, as files that any language reads.
//!
//! An item's chance in a taste is its popularity, by Zipf's law, times a log-normal factor for a
//! seventh of the items and a small one for all others. A viewer mixes what is popular with one to five
//! tastes and draws without replacement; how many is log-normal.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
};

use anyhow::{Context, Result};
use marquee_math::{Rng, fill_normal, rng};
use rand::RngExt;
use rayon::prelude::*;

/// Size of a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Size {
    /// 600 viewers, 500 items, 50 thousand interactions
    S,
    /// 6,000 viewers, 3,700 items, 1 million interactions
    M,
    /// 138,000 viewers, 27,000 items, 20 million interactions
    L,
}

impl Size {
    /// Viewers, items, interactions and tastes.
    fn shape(self) -> (usize, usize, usize, usize) {
        match self {
            Self::S => (600, 500, 50_000, 10),
            Self::M => (6_000, 3_700, 1_000_000, 50),
            Self::L => (138_000, 27_000, 20_000_000, 100),
        }
    }
}

/// Viewers that are tested at most, spread over all.
const TEST_VIEWERS: usize = 5_000;
/// Least number of items of a viewer.
const LEAST: usize = 5;

/// Rows of items, compressed.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) offsets: Vec<u64>,
    pub(crate) columns: Vec<u32>,
}

/// Draws a world and writes `train.offsets`, `train.columns`, `test.offsets` and `test.columns`
/// (little-endian `u64` and `u32`) and `shape` (viewers and items as text).
///
/// A fifth of the items of every tested viewer is the test; the rows of the others are empty there.
///
/// # Errors
///
/// When the folder cannot be written.
pub(crate) fn make(folder: &Path, size: Size, seed: u64) -> Result<()> {
    let (n_viewers, n_items, n_interactions, n_tastes) = size.shape();
    let tastes = Tastes::draw(n_items, n_tastes, seed);
    let wanted = activity(n_viewers, n_items, n_interactions, seed);
    let every = n_viewers.div_ceil(TEST_VIEWERS);
    let drawn: Vec<(Vec<u32>, Vec<u32>)> = (0..n_viewers)
        .into_par_iter()
        .map(|viewer| {
            let mut random = rng(seed, 1000 + viewer as u64);
            let items = tastes.items(wanted[viewer], &mut random);
            let held_out = if viewer % every == 0 {
                items.len() / 5
            } else {
                0
            };
            split(items, held_out, &mut random)
        })
        .collect();
    fs::create_dir_all(folder).with_context(|| format!("{}", folder.display()))?;
    let (train, test): (Vec<_>, Vec<_>) = drawn.into_iter().unzip();
    write(folder, "train", train)?;
    write(folder, "test", test)?;
    let shape = folder.join("shape");
    fs::write(&shape, format!("{n_viewers} {n_items}\n"))
        .with_context(|| format!("{}", shape.display()))
}

/// Reads the rows `name` of a world.
///
/// # Errors
///
/// When a file cannot be read.
pub(crate) fn read(folder: &Path, name: &str) -> Result<Rows> {
    let bytes = |part: &str| {
        let path = folder.join(format!("{name}.{part}"));
        fs::read(&path).with_context(|| format!("{}", path.display()))
    };
    let (offsets, columns) = (bytes("offsets")?, bytes("columns")?);
    Ok(Rows {
        offsets: offsets
            .as_chunks()
            .0
            .iter()
            .map(|eight| u64::from_le_bytes(*eight))
            .collect(),
        columns: columns
            .as_chunks()
            .0
            .iter()
            .map(|four| u32::from_le_bytes(*four))
            .collect(),
    })
}

/// Writes the rows `name`, as [`make`] does.
///
/// # Errors
///
/// When a file cannot be written.
pub(crate) fn write(folder: &Path, name: &str, rows: Vec<Vec<u32>>) -> Result<()> {
    let create = |part: &str| {
        let path = folder.join(format!("{name}.{part}"));
        let file = File::create(&path).with_context(|| format!("{}", path.display()))?;
        anyhow::Ok(BufWriter::new(file))
    };
    let (mut offsets, mut columns) = (create("offsets")?, create("columns")?);
    let mut end = 0_u64;
    offsets.write_all(&end.to_le_bytes())?;
    for row in rows {
        end += row.len() as u64;
        offsets.write_all(&end.to_le_bytes())?;
        for item in row {
            columns.write_all(&item.to_le_bytes())?;
        }
    }
    offsets.flush()?;
    columns.flush()?;
    Ok(())
}

/// Draws `held_out` of `items` for the test; both parts rise.
fn split(items: BTreeSet<u32>, held_out: usize, random: &mut Rng) -> (Vec<u32>, Vec<u32>) {
    let mut train: Vec<u32> = items.into_iter().collect();
    let mut test: Vec<u32> = (0..held_out)
        .map(|_| train.remove(random.random_range(0..train.len())))
        .collect();
    test.sort_unstable();
    (train, test)
}

/// How many items each viewer has.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "held between the least and the most right after"
)]
fn activity(n_viewers: usize, n_items: usize, n_interactions: usize, seed: u64) -> Vec<usize> {
    let mut normal = vec![0.0; n_viewers];
    fill_normal(&mut rng(seed, 0), 1.1, &mut normal);
    let most = n_items / 4;
    let count = |scale: f64, draw: f32| {
        let wanted = (scale * f64::from(draw).exp()).round();
        (wanted as usize).clamp(LEAST, most)
    };
    let mut scale = n_interactions as f64 / n_viewers as f64;
    // The limits take from the sum, so the scale is found by and by.
    for _ in 0..30 {
        let sum: usize = normal.iter().map(|&draw| count(scale, draw)).sum();
        scale *= n_interactions as f64 / sum as f64;
    }
    normal.iter().map(|&draw| count(scale, draw)).collect()
}

/// Chances of the items in each taste, summed up along the items; taste 0 is what is popular.
struct Tastes {
    sums: Vec<Vec<f64>>,
}

impl Tastes {
    fn draw(n_items: usize, n_tastes: usize, seed: u64) -> Self {
        let mut random = rng(seed, 1);
        let mut popularity: Vec<f64> = (0..n_items)
            .map(|rank| (rank as f64 + 5.0).powf(-0.9))
            .collect();
        for place in (1..n_items).rev() {
            popularity.swap(place, random.random_range(0..=place));
        }
        let mut sums = vec![sums(popularity.iter().copied())];
        let mut normal = vec![0.0; n_items];
        for taste in 0..n_tastes as u64 {
            let mut random = rng(seed, 2 + taste);
            fill_normal(&mut random, 1.8, &mut normal);
            let chances = popularity.iter().zip(&normal).map(|(popularity, &draw)| {
                let is_own = random.random_range(0..7) == 0;
                popularity * if is_own { f64::from(draw).exp() } else { 0.05 }
            });
            sums.push(self::sums(chances));
        }
        Self { sums }
    }

    /// `wanted` different items, or as many as turn up in twenty times as many draws.
    fn items(&self, wanted: usize, random: &mut Rng) -> BTreeSet<u32> {
        let n_own = random.random_range(1..=5);
        let own: Vec<(usize, f32)> = (0..n_own)
            .map(|_| {
                let draw: f32 = random.random();
                (random.random_range(1..self.sums.len()), -(1.0 - draw).ln())
            })
            .collect();
        let total: f32 = own.iter().map(|one| one.1).sum();
        let mut items = BTreeSet::new();
        for _ in 0..20 * wanted {
            if items.len() == wanted {
                break;
            }
            let taste = if random.random_range(0..4) == 0 {
                0
            } else {
                let mut left = random.random::<f32>() * total;
                let found = own.iter().find(|one| {
                    left -= one.1;
                    left <= 0.0
                });
                found.unwrap_or(&own[0]).0
            };
            items.insert(pick(&self.sums[taste], random.random()));
        }
        items
    }
}

fn sums(chances: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sum = 0.0;
    let all: Vec<f64> = chances
        .map(|chance| {
            sum += chance;
            sum
        })
        .collect();
    all.iter().map(|part| part / sum).collect()
}

fn pick(sums: &[f64], draw: f64) -> u32 {
    let at = sums.partition_point(|&sum| sum < draw).min(sums.len() - 1);
    u32::try_from(at).expect("items are numbered by 32 bits")
}
