//! One tree: the leaf that gains most is split until there are enough.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    LEAF, Node, TreesConfig,
    bins::Column,
    histogram::{Judge, Region, Split, Table},
    sums::{Sums, Units},
};
use crate::check::{narrow, row};

/// First and second derivatives of the loss at each row.
#[derive(Debug, Clone, Default)]
pub(super) struct Derivatives {
    pub(super) slopes: Vec<f32>,
    pub(super) curvatures: Vec<f32>,
}

/// Grows trees on the same rows; its buffers are used again and again.
#[derive(Debug)]
pub(super) struct Grower<'a> {
    table: Table,
    config: &'a TreesConfig,
    /// All rows, those of a leaf together.
    rows: Vec<u32>,
    spare: Vec<u32>,
    /// What each row adds to a sum, and the same of the rows of a leaf, side by side.
    own: Vec<Sums>,
    gathered: Vec<Sums>,
    /// Histograms that no leaf needs.
    free: Vec<Vec<Region>>,
}

#[derive(Debug)]
struct Leaf {
    node: usize,
    rows: Range<usize>,
    sums: Sums,
    /// A region for each group; none where the leaf cannot be split.
    regions: Option<Vec<Region>>,
    best: Option<Split>,
}

/// Groups that a thread takes at least.
const GROUPS: usize = 2;

impl<'a> Grower<'a> {
    pub(super) fn new(columns: Vec<Column>, n_rows: usize, config: &'a TreesConfig) -> Self {
        Self {
            table: Table::of(columns),
            config,
            rows: vec![0; n_rows],
            spare: vec![0; n_rows],
            own: Vec::new(),
            gathered: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Grows a tree on all rows; its nodes count from 0. Adds its values to `scores`.
    pub(super) fn grow(&mut self, derivatives: &Derivatives, scores: &mut [f32]) -> Vec<Node> {
        // On a thread of the pool: the many small steps wait for no other thread.
        rayon::scope(|_| self.grow_here(derivatives, scores))
    }

    fn grow_here(&mut self, derivatives: &Derivatives, scores: &mut [f32]) -> Vec<Node> {
        let judge = Judge {
            units: Units::of(derivatives, &mut self.own),
            config: self.config,
        };
        for (at, to) in self.rows.iter_mut().enumerate() {
            *to = row(at);
        }
        let mut leaves = vec![self.root(judge)];
        let mut nodes = vec![leaf_node()];
        while leaves.len() < self.config.leaves {
            let Some(place) = most(&leaves) else {
                break;
            };
            let leaf = leaves.swap_remove(place);
            let split = leaf.best.expect("a leaf that gains has a split");
            nodes[leaf.node] = Node {
                column: row(split.column),
                threshold: self.table.bounds[split.column][usize::from(split.bin)],
                left: row(nodes.len()),
                missing_left: split.missing_left,
            };
            let first = nodes.len();
            nodes.extend([leaf_node(), leaf_node()]);
            leaves.extend(self.children(judge, leaf, (split, first)));
        }
        for leaf in leaves {
            let slope = judge.units.slope(leaf.sums);
            let value = narrow(-self.config.learning_rate * slope / judge.weight(leaf.sums));
            nodes[leaf.node].threshold = value;
            for &row in &self.rows[leaf.rows] {
                scores[row as usize] += value;
            }
            self.free.extend(leaf.regions);
        }
        nodes
    }

    fn root(&mut self, judge: Judge<'_>) -> Leaf {
        let mut sums = Sums::default();
        for &own in &self.own {
            sums.add(own);
        }
        let mut leaf = Leaf {
            node: 0,
            rows: 0..self.rows.len(),
            sums,
            regions: None,
            best: None,
        };
        if self.can(leaf.rows.len()) {
            let mut regions = self.regions();
            let (rows, own) = (&self.rows, &self.own);
            let groups = self.table.groups.par_iter().zip(&mut regions);
            let found = groups.with_min_len(GROUPS).map(|(group, region)| {
                group.fill(rows, own, region);
                group.best((region, u8::MAX), sums, judge)
            });
            leaf.best = better(&found.collect::<Vec<_>>());
            leaf.regions = Some(regions);
        }
        leaf
    }

    /// Whether so many rows are enough for two leaves.
    const fn can(&self, n_rows: usize) -> bool {
        n_rows >= 2 * self.config.leaf_rows
    }

    fn regions(&mut self) -> Vec<Region> {
        let regions = self.free.pop().unwrap_or_default();
        if regions.is_empty() {
            vec![Region::default(); self.table.groups.len()]
        } else {
            regions
        }
    }

    /// The two halves of a leaf: sums of the smaller are counted, those of the other are what is left.
    fn children(
        &mut self,
        judge: Judge<'_>,
        leaf: Leaf,
        (split, first): (Split, usize),
    ) -> [Leaf; 2] {
        let Range { start, end } = leaf.rows;
        let spare = &mut self.spare[..end - start];
        let middle = start + self.table.part(split, &mut self.rows[start..end], spare);
        let child = |place: usize, rows: Range<usize>, sums| Leaf {
            node: first + place,
            rows,
            sums,
            regions: None,
            best: None,
        };
        let left = child(0, start..middle, split.left);
        let right = child(1, middle..end, leaf.sums.without(split.left));
        let mut both = [left, right];
        let smaller = usize::from(both[1].rows.len() < both[0].rows.len());
        let larger = 1 - smaller;
        let mut rest = leaf.regions.expect("a leaf that was split has sums");
        if !self.can(both[larger].rows.len()) {
            self.free.push(rest);
            return both;
        }
        let mut part = self.regions();
        let rows = &self.rows[both[smaller].rows.clone()];
        self.gathered.clear();
        let own = rows.iter().map(|&row| self.own[row as usize]);
        self.gathered.extend(own);
        let (own, sums) = (&self.gathered, [both[smaller].sums, both[larger].sums]);
        let again = self.can(rows.len());
        let groups = self.table.groups.par_iter().zip(&mut part).zip(&mut rest);
        let found = groups.with_min_len(GROUPS).map(|((group, part), rest)| {
            let alive = rest.alive();
            if alive == 0 {
                part.bury();
                return (None, None);
            }
            group.fill(rows, own, part);
            group.subtract(part, rest);
            let of_part = if again {
                group.best((part, alive), sums[0], judge)
            } else {
                None
            };
            (of_part, group.best((rest, alive), sums[1], judge))
        });
        let (of_part, of_rest): (Vec<_>, Vec<_>) = found.unzip();
        (both[smaller].best, both[larger].best) = (better(&of_part), better(&of_rest));
        for (place, regions) in [(smaller, part), (larger, rest)] {
            match both[place].best {
                Some(_) => both[place].regions = Some(regions),
                None => self.free.push(regions),
            }
        }
        both
    }
}

/// The best of what each group found.
fn better(found: &[Option<Split>]) -> Option<Split> {
    found.iter().copied().flatten().reduce(Split::better)
}

/// The first of the leaves that gain most, so that the order is fixed.
fn most(leaves: &[Leaf]) -> Option<usize> {
    let gains = leaves.iter().enumerate();
    let gains = gains.filter_map(|(at, leaf)| Some((at, leaf.best?.gain)));
    let most = gains.reduce(|most, other| if other.1 > most.1 { other } else { most });
    most.map(|(at, _)| at)
}

const fn leaf_node() -> Node {
    Node {
        column: LEAF,
        threshold: 0.0,
        left: 0,
        missing_left: false,
    }
}

#[cfg(test)]
mod tests;
