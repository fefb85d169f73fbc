//! When to stop: a few interactions are set aside, and training ends once they are no longer found
//! better.

use marquee_core::{Dataset, SparseRows, SparseView};
use marquee_math::dots;
use rayon::prelude::*;

use super::blocks::Vectors;
use crate::draw::Draw;

/// Users whose scores are computed at a time.
const USERS: usize = 16;

/// Interactions of a user below which none is set aside.
const LONG_ENOUGH: usize = 4;

/// What is trained on, and one interaction set aside for each of some users.
#[derive(Debug)]
pub(crate) struct Cut {
    /// Users by items.
    pub(crate) rows: SparseRows,
    /// Users and their items that were set aside.
    held_out: Vec<(u32, u32)>,
}

impl Cut {
    /// Sets one interaction of each of `n` drawn users aside; of fewer where fewer have enough.
    pub(crate) fn new(data: &Dataset, n: usize, seed: u64) -> Self {
        let mut draw = Draw::new(seed, 0);
        let rows = data.by_user().rows().zip(0_u32..);
        let long = rows.filter(|(row, _)| row.len() >= LONG_ENOUGH);
        let mut users: Vec<u32> = long.map(|(_, user)| user).collect();
        draw.shuffle(&mut users);
        users.truncate(n);
        users.sort_unstable();
        let held_out: Vec<(u32, u32)> = users
            .into_iter()
            .map(|user| {
                let items = data.by_user().row(user as usize).columns;
                let length = u32::try_from(items.len()).expect("items fit 32 bits");
                (user, items[draw.below(length) as usize])
            })
            .collect();
        Self {
            rows: without(data.by_user(), &held_out),
            held_out,
        }
    }

    /// Whether nothing is set aside.
    pub(crate) fn is_empty(&self) -> bool {
        self.held_out.is_empty()
    }

    /// The mean over what was set aside of `1 / log2(1 + rank)` among everything its user did not
    /// touch: nDCG of a list as long as the catalog.
    pub(crate) fn gain(&self, vectors: &Vectors, d: usize) -> f64 {
        let gains: Vec<f64> = self
            .held_out
            .par_chunks(USERS)
            .flat_map_iter(|cases| self.gains(cases, vectors, d))
            .collect();
        gains.iter().sum::<f64>() / gains.len().max(1) as f64
    }

    fn gains(&self, cases: &[(u32, u32)], vectors: &Vectors, d: usize) -> Vec<f64> {
        let n_items = vectors.biases.len();
        let users = cases
            .iter()
            .flat_map(|&(user, _)| &vectors.users[user as usize * d..][..d]);
        let users: Vec<f32> = users.copied().collect();
        let mut scores = vec![0.0; cases.len() * n_items];
        dots(&vectors.items, &users, d, &mut scores);
        let mut gains = Vec::with_capacity(cases.len());
        for (scores, &(user, item)) in scores.chunks_exact_mut(n_items).zip(cases) {
            scores
                .iter_mut()
                .zip(&vectors.biases)
                .for_each(|(score, bias)| *score += bias);
            for &touched in self.rows.view().row(user as usize).columns {
                scores[touched as usize] = f32::NEG_INFINITY;
            }
            let own = scores[item as usize];
            let above = scores.iter().filter(|&&score| score > own).count();
            gains.push(1.0 / (above as f64 + 2.0).log2());
        }
        gains
    }
}

/// The rows without the pairs of `left_out`, which rise by user.
fn without(from: SparseView<'_>, left_out: &[(u32, u32)]) -> SparseRows {
    let mut rows = SparseRows {
        n_columns: from.n_columns(),
        offsets: vec![0],
        ..SparseRows::default()
    };
    let mut left_out = left_out.iter().peekable();
    for (row, user) in from.rows().zip(0_u32..) {
        let item = left_out.next_if(|pair| pair.0 == user).map(|pair| pair.1);
        let kept = row.columns.iter().filter(|&&column| Some(column) != item);
        rows.columns.extend(kept);
        rows.offsets.push(rows.columns.len() as u64);
    }
    rows
}

#[cfg(test)]
mod tests {
    use marquee_testkit::conformance::BlockWorld;

    use super::*;

    #[test]
    fn one_interaction_of_each_drawn_user_is_set_aside() {
        let data = BlockWorld::small(1).data;
        let cut = Cut::new(&data, 30, 5);
        assert_eq!(cut.held_out.len(), 30);
        assert_eq!(cut.rows.columns.len(), data.n_interactions() - 30);
        for &(user, item) in &cut.held_out {
            let row = |view: SparseView<'_>| view.row(user as usize).columns.contains(&item);
            assert!(row(data.by_user()) && !row(cut.rows.view()));
        }
    }

    #[test]
    fn gain_by_hand() {
        let cut = Cut {
            rows: SparseRows {
                n_columns: 4,
                offsets: vec![0, 1],
                columns: vec![0],
                ..SparseRows::default()
            },
            held_out: vec![(0, 2)],
        };
        // Item 0 is touched and does not count, item 3 stands above item 2: rank 2.
        let vectors = Vectors {
            users: vec![1.0],
            items: vec![9.0, 1.0, 2.0, 2.5],
            biases: vec![0.0; 4],
        };
        assert!((cut.gain(&vectors, 1) - 1.0 / 3.0_f64.log2()).abs() < 1e-12);
    }
}
