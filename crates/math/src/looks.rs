//! Candidates that look at the same events: a score for each event by a small rectified layer of the event,
//! the candidate and the product of both.
//!
//! `score(c, e) = s · max(0, base(e) + start(c) + Wᵀ (c ⊙ e))`, the weights of attention in Zhou et al. 2018
//! (DIN) before they are made to sum to one.

use crate::{
    MatrixView,
    simd::{self, BLOCK, Rows},
};

/// Events, and the layer by which candidates look at them.
///
/// Numbers stand a row for each number of an event or unit of the layer, and there a column for each event:
/// so many events are worked on at once. Events and units are padded with zeros to a multiple of
/// [`AFFINE_BLOCK`](crate::AFFINE_BLOCK).
#[derive(Debug, Clone, Copy)]
pub struct Looks<'a> {
    /// A row for each number of an event; more rows than `weights` has are not read.
    pub events: &'a [f32],
    /// What events alone give, a row for each unit.
    pub base: &'a [f32],
    /// A row for each number of a product, a number for each unit.
    pub weights: &'a [f32],
    /// What each unit counts.
    pub score: &'a [f32],
}

/// Working space of [`Looks::scores`].
#[derive(Debug, Clone, Default)]
pub struct LooksSpace {
    scaled: Vec<f32>,
    hidden: Vec<f32>,
}

impl LooksSpace {
    /// The rectified units of the last candidate, a row for each unit.
    pub fn hidden(&self) -> &[f32] {
        &self.hidden
    }
}

impl Looks<'_> {
    /// Writes a row of scores for each candidate, one for each event, padded as events are.
    ///
    /// Each number is one chain of additions: bits do not depend on which candidates stand beside it, and on
    /// machines that multiply and add with one rounding all instruction sets give the same ones.
    ///
    /// - `starts`: what candidates alone give, a row of units each.
    ///
    /// Cost: a multiplication and addition for each candidate, event, unit and number of an event.
    ///
    /// # Panics
    ///
    /// When shapes do not agree.
    pub fn scores(
        &self,
        candidates: MatrixView<'_, f32>,
        starts: &[f32],
        space: &mut LooksSpace,
        scores: &mut [f32],
    ) {
        let (units, d) = (self.score.len(), candidates.n_columns());
        assert!(units > 0 && units.is_multiple_of(BLOCK), "units are padded");
        let n_events = self.base.len() / units;
        assert!(n_events.is_multiple_of(BLOCK), "events are padded");
        assert_eq!(self.base.len(), n_events * units, "what events give");
        assert_eq!(self.weights.len(), d * units, "weights of products");
        assert!(self.events.len() >= d * n_events, "numbers of events");
        let n = candidates.n_rows();
        assert_eq!(starts.len(), n * units, "what candidates give");
        assert_eq!(scores.len(), n * n_events, "room for scores");
        let (data, stride, column) = candidates.raw();
        assert!(column == 1, "columns side by side");
        space.scaled.resize(d * units, 0.0);
        space.hidden.resize(units * n_events, 0.0);
        if n == 0 || n_events == 0 || d == 0 {
            return;
        }
        simd::looks(simd::Looks {
            events: self.events,
            base: self.base,
            weights: self.weights,
            score: self.score,
            candidates: Rows { data, stride },
            starts,
            size: (d, units, n_events),
            scaled: &mut space.scaled,
            hidden: &mut space.hidden,
            scores,
        });
    }
}

/// Writes rows as columns.
///
/// - `size`: rows and columns of `from`, both multiples of [`AFFINE_BLOCK`](crate::AFFINE_BLOCK).
///
/// # Panics
///
/// When lengths do not agree.
pub fn turn(from: &[f32], (n_rows, n_columns): (usize, usize), to: &mut [f32]) {
    let fit = n_rows.is_multiple_of(BLOCK) && n_columns.is_multiple_of(BLOCK);
    assert!(fit, "rows and columns are padded");
    assert_eq!(from.len(), n_rows * n_columns, "numbers to turn");
    assert_eq!(to.len(), from.len(), "room for them");
    let from = Rows {
        data: from,
        stride: n_columns,
    };
    let to = Rows {
        data: to,
        stride: n_rows,
    };
    simd::transpose(from, to, (n_rows, n_columns));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_those_worked_by_hand() {
        // One event (2, 3) among 16 columns, the first two units.
        let (mut events, mut base) = (vec![0.0; 2 * BLOCK], vec![0.0; BLOCK * BLOCK]);
        (events[0], events[BLOCK]) = (2.0, 3.0);
        (base[0], base[BLOCK]) = (0.5, -100.0);
        let (mut weights, mut score) = (vec![0.0; 2 * BLOCK], vec![0.0; BLOCK]);
        (weights[0], weights[1]) = (1.0, 5.0);
        weights[BLOCK] = 10.0;
        (score[0], score[1]) = (2.0, 7.0);
        let looks = Looks {
            events: &events,
            base: &base,
            weights: &weights,
            score: &score,
        };
        let mut starts = vec![0.0; 2 * BLOCK];
        (starts[0], starts[BLOCK]) = (1.0, -3.0);
        let mut scores = vec![9.0; 2 * BLOCK];
        let candidates = [1.0, -1.0, 4.0, 0.25];
        let mut space = LooksSpace::default();
        let view = MatrixView::new(&candidates, 2, 2);
        looks.scores(view, &starts, &mut space, &mut scores);
        // 0.5 + 1 + 1 * 1*2 + 10 * -1*3 is negative, as the second unit always is; 0.5 - 3 + 8 + 7.5 is not.
        assert_eq!(scores[0].to_bits(), 0.0_f32.to_bits());
        assert_eq!(scores[BLOCK].to_bits(), 26.0_f32.to_bits());
        assert_eq!(space.hidden()[0].to_bits(), 13.0_f32.to_bits());
        // Another event of zeros gives what the candidate gives.
        assert_eq!(scores[1].to_bits(), 2.0_f32.to_bits());
    }

    #[test]
    fn rows_become_columns() {
        let from: Vec<f32> = (0_u8..=255).chain(0_u8..=255).map(f32::from).collect();
        let mut to = vec![0.0; 512];
        turn(&from, (32, 16), &mut to);
        for (place, value) in from.iter().enumerate() {
            assert_eq!(to[place % 16 * 32 + place / 16].to_bits(), value.to_bits());
        }
    }
}
