//! One tree: the leaf that gains most is split until there are enough.

use rayon::prelude::*;

use super::{LEAF, Node, TreesConfig, bins::Column};
use crate::check::{narrow, row};

/// Sums over some rows.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    slope: f64,
    curvature: f64,
    rows: u32,
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.slope += other.slope;
        self.curvature += other.curvature;
        self.rows += other.rows;
    }

    fn without(self, other: Self) -> Self {
        Self {
            slope: self.slope - other.slope,
            curvature: self.curvature - other.curvature,
            rows: self.rows - other.rows,
        }
    }

    /// What the best value of a leaf with these sums takes off the loss, twice.
    fn gain(self, regularization: f64) -> f64 {
        self.slope * self.slope / (self.curvature + regularization).max(1e-12)
    }
}

#[derive(Debug, Clone, Copy)]
struct Split {
    gain: f64,
    column: usize,
    bin: u8,
    missing_left: bool,
    left: Sums,
}

struct Leaf {
    node: usize,
    rows: Vec<u32>,
    sums: Sums,
    histograms: Vec<Sums>,
    best: Option<Split>,
}

/// First and second derivatives of the loss at each row.
#[derive(Debug, Clone, Default)]
pub(super) struct Derivatives {
    pub(super) slopes: Vec<f32>,
    pub(super) curvatures: Vec<f32>,
}

/// Grows a tree on all rows; its nodes count from 0. Adds its values to `scores`.
pub(super) fn grow(
    columns: &[Column],
    derivatives: &Derivatives,
    config: &TreesConfig,
    scores: &mut [f32],
) -> Vec<Node> {
    let rows: Vec<u32> = (0..row(scores.len())).collect();
    let histograms = histograms(columns, derivatives, &rows);
    let mut sums = Sums::default();
    for &row in &rows {
        sums.add(at(derivatives, row));
    }
    let mut root = Leaf {
        node: 0,
        rows,
        sums,
        histograms,
        best: None,
    };
    root.best = best(columns, &root, config);
    let mut nodes = vec![leaf_node()];
    let mut leaves = vec![root];
    while leaves.len() < config.leaves {
        let gain = |leaf: &Leaf| leaf.best.map_or(0.0, |split| split.gain);
        // The first of those that gain most, so that the order is fixed.
        let most =
            leaves
                .iter()
                .enumerate()
                .fold(None, |most: Option<(usize, f64)>, (at, leaf)| {
                    let gain = gain(leaf);
                    match most {
                        Some((_, highest)) if gain <= highest => most,
                        _ if gain <= 0.0 => most,
                        _ => Some((at, gain)),
                    }
                });
        let Some((place, _)) = most else {
            break;
        };
        let leaf = leaves.swap_remove(place);
        let split = leaf.best.expect("a leaf that gains has a split");
        nodes[leaf.node] = Node {
            column: row(split.column),
            threshold: columns[split.column].bounds[usize::from(split.bin)],
            left: row(nodes.len()),
            missing_left: split.missing_left,
        };
        let first = nodes.len();
        nodes.extend([leaf_node(), leaf_node()]);
        let [mut left, mut right] = children(columns, derivatives, leaf, (split, first));
        left.best = best(columns, &left, config);
        right.best = best(columns, &right, config);
        leaves.extend([left, right]);
    }
    for leaf in leaves {
        let curvature = (leaf.sums.curvature + config.regularization).max(1e-12);
        let value = narrow(-config.learning_rate * leaf.sums.slope / curvature);
        nodes[leaf.node].threshold = value;
        for row in leaf.rows {
            scores[row as usize] += value;
        }
    }
    nodes
}

const fn leaf_node() -> Node {
    Node {
        column: LEAF,
        threshold: 0.0,
        left: 0,
        missing_left: false,
    }
}

fn at(derivatives: &Derivatives, row: u32) -> Sums {
    Sums {
        slope: f64::from(derivatives.slopes[row as usize]),
        curvature: f64::from(derivatives.curvatures[row as usize]),
        rows: 1,
    }
}

/// Sums of each bin of each column, a column after the other.
fn histograms(columns: &[Column], derivatives: &Derivatives, rows: &[u32]) -> Vec<Sums> {
    let n_bins: usize = columns.iter().map(Column::n_bins).sum();
    let mut all = vec![Sums::default(); n_bins];
    let mut rest = &mut all[..];
    let parts: Vec<(&Column, &mut [Sums])> = columns
        .iter()
        .map(|column| {
            let (own, others) = std::mem::take(&mut rest).split_at_mut(column.n_bins());
            rest = others;
            (column, own)
        })
        .collect();
    let many = parts.into_par_iter().with_min_len(COLUMNS);
    many.for_each(|(column, sums)| {
        // A column that cannot be split needs no sums.
        if column.bounds.is_empty() {
            return;
        }
        for &row in rows {
            let bin = usize::from(column.bins[row as usize]);
            sums[bin].add(at(derivatives, row));
        }
    });
    all
}

/// Columns that a thread takes at least.
const COLUMNS: usize = 16;

/// The two halves of a leaf: sums of the smaller are counted, those of the other are what is left.
fn children(
    columns: &[Column],
    derivatives: &Derivatives,
    leaf: Leaf,
    (split, first): (Split, usize),
) -> [Leaf; 2] {
    let column = &columns[split.column];
    let missing = column.missing();
    let goes_left = |row: &u32| match column.bins[*row as usize] {
        bin if bin == missing => split.missing_left,
        bin => bin <= split.bin,
    };
    let (left, right): (Vec<u32>, Vec<u32>) = leaf.rows.iter().partition(|row| goes_left(row));
    let smaller_is_left = left.len() <= right.len();
    let smaller = histograms(
        columns,
        derivatives,
        if smaller_is_left { &left } else { &right },
    );
    let mut larger = leaf.histograms;
    for (all, part) in larger.iter_mut().zip(&smaller) {
        *all = all.without(*part);
    }
    let (of_left, of_right) = if smaller_is_left {
        (smaller, larger)
    } else {
        (larger, smaller)
    };
    let child = |place: usize, rows, sums, histograms| Leaf {
        node: first + place,
        rows,
        sums,
        histograms,
        best: None,
    };
    [
        child(0, left, split.left, of_left),
        child(1, right, leaf.sums.without(split.left), of_right),
    ]
}

/// The split that gains most; of equals the one of the first column and bin.
fn best(columns: &[Column], leaf: &Leaf, config: &TreesConfig) -> Option<Split> {
    if (leaf.sums.rows as usize) < 2 * config.leaf_rows {
        return None;
    }
    let mut rest = &leaf.histograms[..];
    let parts: Vec<(usize, &Column, &[Sums])> = columns
        .iter()
        .enumerate()
        .map(|(place, column)| {
            let (own, others) = rest.split_at(column.n_bins());
            rest = others;
            (place, column, own)
        })
        .collect();
    let many = parts.into_par_iter().with_min_len(COLUMNS);
    let found: Vec<Option<Split>> = many
        .map(|(place, column, sums)| best_of(place, column, sums, (leaf.sums, config)))
        .collect();
    found.into_iter().flatten().reduce(
        |best, other| {
            if other.gain > best.gain { other } else { best }
        },
    )
}

fn best_of(
    place: usize,
    column: &Column,
    histogram: &[Sums],
    (all, config): (Sums, &TreesConfig),
) -> Option<Split> {
    let missing = histogram[usize::from(column.missing())];
    let whole = all.gain(config.regularization);
    let large = |sums: Sums| {
        sums.rows as usize >= config.leaf_rows && sums.curvature >= config.leaf_curvature
    };
    let mut found: Option<Split> = None;
    let mut below = Sums::default();
    for (bin, &sums) in histogram.iter().enumerate().take(column.bounds.len()) {
        below.add(sums);
        for missing_left in [false, true] {
            if missing_left && missing.rows == 0 {
                continue;
            }
            let mut left = below;
            if missing_left {
                left.add(missing);
            }
            let right = all.without(left);
            if !large(left) || !large(right) {
                continue;
            }
            let gain = left.gain(config.regularization) + right.gain(config.regularization) - whole;
            if gain > found.map_or(1e-9, |split| split.gain) {
                found = Some(Split {
                    gain,
                    column: place,
                    bin: u8::try_from(bin).expect("at most 255 bins"),
                    missing_left,
                    left,
                });
            }
        }
    }
    found
}
