//! Drawing items that a user did not touch.

use marquee_core::SparseView;

use crate::draw::Draw;

/// Draws after which a touched item is taken as it is: only a user who touched nearly everything gets
/// there, and the pair then says nothing.
const ATTEMPTS: usize = 64;

/// From which distribution negatives come, and who touched what.
#[derive(Debug)]
pub(super) struct Negatives {
    n_items: u32,
    /// Sums of `popularity^power` up to each item; none for the uniform distribution.
    sums: Option<Vec<f64>>,
    /// Touched items of each user, rising.
    offsets: Vec<usize>,
    touched: Vec<u32>,
}

impl Negatives {
    /// Items in proportion to the number of their users to `power`; 0 draws all alike.
    pub(super) fn new(by_user: SparseView<'_>, counts: &[u32], power: f64) -> Self {
        let mut offsets = vec![0];
        let mut touched = Vec::with_capacity(by_user.n_entries());
        for row in by_user.rows() {
            let start = touched.len();
            touched.extend_from_slice(row.columns);
            touched[start..].sort_unstable();
            offsets.push(touched.len());
        }
        let sums = (power > 0.0).then(|| {
            let mut total = 0.0;
            let weights = counts.iter().map(|&count| f64::from(count).powf(power));
            weights
                .map(|weight| {
                    total += weight;
                    total
                })
                .collect()
        });
        Self {
            n_items: u32::try_from(counts.len()).expect("items fit 32 bits"),
            sums,
            offsets,
            touched,
        }
    }

    /// An item that `user` did not touch.
    pub(super) fn draw(&self, draw: &mut Draw, user: usize) -> u32 {
        let touched = &self.touched[self.offsets[user]..self.offsets[user + 1]];
        let mut item = self.any(draw);
        for _ in 1..ATTEMPTS {
            if touched.binary_search(&item).is_err() {
                break;
            }
            item = self.any(draw);
        }
        item
    }

    fn any(&self, draw: &mut Draw) -> u32 {
        let Some(sums) = &self.sums else {
            return draw.below(self.n_items);
        };
        let total = sums.last().copied().unwrap_or_default();
        let target = draw.unit() * total;
        let at = sums.partition_point(|&sum| sum <= target);
        u32::try_from(at.min(sums.len() - 1)).expect("items fit 32 bits")
    }
}

#[cfg(test)]
mod tests {
    use marquee_core::SparseRows;

    use super::*;

    fn rows() -> SparseRows {
        SparseRows {
            n_columns: 4,
            offsets: vec![0, 2],
            columns: vec![2, 0],
            ..SparseRows::default()
        }
    }

    #[test]
    fn touched_items_are_never_drawn() {
        let negatives = Negatives::new(rows().view(), &[1, 5, 1, 15], 0.0);
        let mut draw = Draw::new(1, 0);
        let drawn: Vec<u32> = (0..1000).map(|_| negatives.draw(&mut draw, 0)).collect();
        assert!(drawn.iter().all(|item| [1, 3].contains(item)));
        let ones = drawn.iter().filter(|&&item| item == 1).count();
        assert!((400..600).contains(&ones), "{ones} of 1000");
    }

    #[test]
    fn popular_items_are_drawn_more_often() {
        let negatives = Negatives::new(rows().view(), &[1, 5, 1, 15], 1.0);
        let mut draw = Draw::new(1, 0);
        let drawn = (0..1000)
            .filter(|_| negatives.draw(&mut draw, 0) == 3)
            .count();
        // 15 of 20; three standard errors are 41.
        assert!((700..800).contains(&drawn), "{drawn} of 1000");
    }
}
