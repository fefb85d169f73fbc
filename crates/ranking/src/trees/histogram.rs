//! Sums of the rows of a leaf in each bin, and the best split they give.
//!
//! Eight columns are a group: a row's bins in them are one word, and all their sums stay in the nearest cache. A
//! group is worked on alone, so that threads share groups among them.

use marquee_math::elements::prefetch;

use super::{
    TreesConfig,
    bins::Column,
    sums::{Sums, Units},
};
use crate::check::row;

/// Columns of a group.
const LANES: usize = 8;

/// Rows as bins.
#[derive(Debug)]
pub(super) struct Table {
    /// Bounds between bins, column by column.
    pub(super) bounds: Vec<Vec<f32>>,
    pub(super) groups: Vec<Group>,
    /// Group and lane of each column; none of one that cannot be split.
    places: Vec<Option<(usize, usize)>>,
}

/// Some columns side by side.
#[derive(Debug)]
pub(super) struct Group {
    lanes: Vec<Lane>,
    /// Where the sums of each lane begin. Lanes that no column has come after all others.
    starts: [usize; LANES],
    /// Sums of all lanes.
    len: usize,
    /// The bins of each row.
    words: Vec<u64>,
    /// The largest bin of each lane: rows that are in all of them are counted apart.
    common: u64,
}

/// A column in its group.
#[derive(Debug, Clone, Copy)]
struct Lane {
    column: usize,
    n_bounds: usize,
}

/// Which rows a split sends to the left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    pub(super) gain: f64,
    pub(super) column: usize,
    pub(super) bin: u8,
    pub(super) missing_left: bool,
    pub(super) left: Sums,
}

impl Split {
    /// The better of two; of equals that of the first column.
    pub(super) fn better(self, other: Self) -> Self {
        if other.gain > self.gain || (other.gain >= self.gain && other.column < self.column) {
            other
        } else {
            self
        }
    }
}

/// Sums of one group in a leaf.
#[derive(Debug, Clone, Default)]
pub(super) struct Region {
    sums: Vec<Sums>,
    /// A bit for each lane that can still be split: what cannot be split in a leaf cannot in its halves.
    alive: u8,
}

/// What splits are judged by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judge<'a> {
    pub(super) units: Units,
    pub(super) config: &'a TreesConfig,
}

impl Table {
    /// Puts columns side by side, those with the most rows outside their largest bin first: the others are the
    /// first that cannot be split any more.
    pub(super) fn of(columns: Vec<Column>) -> Self {
        let mut order: Vec<(usize, usize)> = columns
            .iter()
            .enumerate()
            .filter(|(_, column)| !column.bounds.is_empty())
            .map(|(place, column)| (largest(column).1, place))
            .collect();
        order.sort_unstable();
        let mut places = vec![None; columns.len()];
        let groups = order.chunks(LANES).enumerate().map(|(at, of_group)| {
            let of_group: Vec<usize> = of_group.iter().map(|&(_, column)| column).collect();
            for (lane, &column) in of_group.iter().enumerate() {
                places[column] = Some((at, lane));
            }
            Group::of(&of_group, &columns)
        });
        let groups = groups.collect();
        Self {
            groups,
            places,
            bounds: columns.into_iter().map(|column| column.bounds).collect(),
        }
    }

    /// Puts the rows that a split sends to the left before the others, each in their order; gives how many there are.
    ///
    /// - `spare`: as long as `rows`.
    pub(super) fn part(&self, split: Split, rows: &mut [u32], spare: &mut [u32]) -> usize {
        let (group, lane) = self.places[split.column].expect("a column that can be split");
        let group = &self.groups[group];
        let missing = (group.lanes[lane].n_bounds + 1) as u64;
        let (mut left, mut right) = (0, 0);
        for at in 0..rows.len() {
            ask(&group.words, rows, at);
            let row = rows[at];
            let bin = group.words[row as usize] >> (8 * lane) & 0xff;
            let is_missing = bin == missing;
            let goes = (bin <= u64::from(split.bin)) & !is_missing;
            let goes = goes | (is_missing & split.missing_left);
            rows[left] = row;
            spare[right] = row;
            left += usize::from(goes);
            right += usize::from(!goes);
        }
        rows[left..].copy_from_slice(&spare[..right]);
        left
    }
}

/// Adds to the bins of a word.
#[inline(always)]
fn add(sums: &mut [Sums], starts: [usize; LANES], (word, own): (u64, Sums)) {
    for (bin, start) in word.to_le_bytes().into_iter().zip(starts) {
        sums[start + usize::from(bin)].add(own);
    }
}

/// How many rows before it is needed a word is asked for: rows of a leaf lie apart.
const AHEAD: usize = 24;

/// Asks memory for the word of a later row.
#[inline(always)]
fn ask(words: &[u64], rows: &[u32], at: usize) {
    if let Some(&later) = rows.get(at + AHEAD) {
        prefetch(&words[later as usize..]);
    }
}

/// The first of the bins with the most rows, and how many.
fn largest(column: &Column) -> (u8, usize) {
    let mut rows = [0_usize; 256];
    for &bin in &column.bins {
        rows[usize::from(bin)] += 1;
    }
    let more = |most: (u8, usize), (bin, n)| if n > most.1 { (bin, n) } else { most };
    (0..=u8::MAX).zip(rows).fold((0, 0), more)
}

impl Group {
    fn of(places: &[usize], columns: &[Column]) -> Self {
        let n_rows = columns[places[0]].bins.len();
        let mut group = Self {
            lanes: Vec::new(),
            starts: [0; LANES],
            len: 0,
            words: vec![0; n_rows],
            common: 0,
        };
        for (lane, &place) in places.iter().enumerate() {
            let column = &columns[place];
            group.starts[lane] = group.len;
            group.len += column.n_bins();
            group.lanes.push(Lane {
                column: place,
                n_bounds: column.bounds.len(),
            });
            group.common |= u64::from(largest(column).0) << (8 * lane);
            for (word, &bin) in group.words.iter_mut().zip(&column.bins) {
                *word |= u64::from(bin) << (8 * lane);
            }
        }
        group.starts[places.len()..].fill(group.len);
        group
    }

    /// Sums over some rows.
    ///
    /// - `own`: what each of the rows adds.
    pub(super) fn fill(&self, rows: &[u32], own: &[Sums], region: &mut Region) {
        region.sums.clear();
        // One more for lanes that no column has.
        region.sums.resize(self.len + 1, Sums::default());
        let (words, starts, sums) = (&self.words[..], self.starts, &mut region.sums[..]);
        let mut all_common = Sums::default();
        for (at, (&row, &own)) in rows.iter().zip(own).enumerate() {
            ask(words, rows, at);
            let word = words[row as usize];
            if word == self.common {
                all_common.add(own);
            } else {
                add(sums, starts, (word, own));
            }
        }
        add(sums, starts, (self.common, all_common));
    }

    /// Takes the sums of a part away.
    pub(super) fn subtract(&self, part: &Region, region: &mut Region) {
        for (lane, (&start, own)) in self.starts.iter().zip(&self.lanes).enumerate() {
            if region.alive >> lane & 1 == 0 {
                continue;
            }
            let range = start..start + own.n_bounds + 2;
            let parts = &part.sums[range.clone()];
            for (sums, &part) in region.sums[range].iter_mut().zip(parts) {
                *sums = sums.without(part);
            }
        }
    }

    /// The best split of any lane that a leaf with these sums could be split by before.
    pub(super) fn best(
        &self,
        (region, alive): (&mut Region, u8),
        all: Sums,
        judge: Judge<'_>,
    ) -> Option<Split> {
        region.alive = 0;
        let mut found: Option<Split> = None;
        for (lane, (&start, own)) in self.starts.iter().zip(&self.lanes).enumerate() {
            if alive >> lane & 1 == 0 {
                continue;
            }
            let sums = &region.sums[start..start + own.n_bounds + 2];
            let (can, split) = judge.best_of(own.column, sums, all);
            region.alive |= u8::from(can) << lane;
            found = match (found, split) {
                (Some(found), Some(split)) => Some(found.better(split)),
                (found, split) => found.or(split),
            };
        }
        found
    }
}

impl Region {
    pub(super) const fn alive(&self) -> u8 {
        self.alive
    }

    pub(super) const fn bury(&mut self) {
        self.alive = 0;
    }
}

impl Judge<'_> {
    /// What the best value of a leaf with these sums takes off the loss, twice.
    fn gain(self, sums: Sums) -> f64 {
        let slope = self.units.slope(sums);
        slope * slope / self.weight(sums)
    }

    pub(super) fn weight(self, sums: Sums) -> f64 {
        (self.units.curvature(sums) + self.config.regularization).max(1e-12)
    }

    /// Whether a column can be split at all, and its best split where one gains.
    ///
    /// - `sums`: of each bin, the last one of missing values.
    fn best_of(self, column: usize, sums: &[Sums], all: Sums) -> (bool, Option<Split>) {
        let (units, config) = (self.units, self.config);
        let (&missing, values) = sums.split_last().expect("bins of values and missing ones");
        // What lies above the last bound is right of every split.
        let values = &values[..values.len() - 1];
        let whole = self.gain(all);
        let least = config.leaf_rows as u64;
        let n_rows = units.rows(all);
        let (mut can, mut found) = (false, None);
        let mut highest = whole + 1e-9;
        for missing_left in [false, true] {
            if missing_left && units.rows(missing) == 0 {
                break;
            }
            let mut left = if missing_left {
                missing
            } else {
                Sums::default()
            };
            for (bin, &own) in values.iter().enumerate() {
                // A bin without rows changes nothing, but for the first, which may leave missing values alone.
                if own.rest == 0 && bin > 0 {
                    continue;
                }
                left.add(own);
                let rows = units.rows(left);
                if rows < least {
                    continue;
                }
                if n_rows - rows < least {
                    break;
                }
                let right = all.without(left);
                let (below, above) = (units.curvature(left), units.curvature(right));
                if below < config.leaf_curvature {
                    continue;
                }
                if above < config.leaf_curvature {
                    break;
                }
                can = true;
                let (below, above) = (self.weight(left), self.weight(right));
                let slopes = (units.slope(left), units.slope(right));
                let (of_left, of_right) = (slopes.0 * slopes.0, slopes.1 * slopes.1);
                // The same as a comparison of quotients.
                if of_left * above + of_right * below > highest * (below * above) {
                    highest = of_left / below + of_right / above;
                    found = Some((bin, missing_left, left));
                }
            }
        }
        let split = found.map(|(bin, missing_left, left)| Split {
            gain: highest - whole,
            column,
            bin: u8::try_from(row(bin)).expect("at most 255 bins"),
            missing_left,
            left,
        });
        (can, split)
    }
}
