//! Sums over pairs of vectors, each pair with a weight: what the fields of a row do to each other.
//!
//! For vectors `v[0] .. v[n - 1]` of a row it is `sum over g > h of w[h][g] (v[h] ⊙ v[g])`, a vector as long as
//! each of them.
//!
//! Source: Pan et al. 2018 (field-weighted factorization machines), whose score is the sum of its numbers.

use crate::{
    MatrixView, MatrixViewMut,
    simd::{self, Begun, FIELDS, Pairs, Rows},
};

/// Rows of weights of pairs are padded to a multiple of it.
pub const PAIR_BLOCK: usize = FIELDS;

/// Which vectors of a row are paired, and with which weights.
#[derive(Debug, Clone, Copy)]
pub struct PairSums<'a> {
    columns: &'a [usize],
    width: usize,
    weights: &'a [f32],
}

impl<'a> PairSums<'a> {
    /// Vectors of `width` numbers that begin at `columns` of a row.
    ///
    /// - `weights`: a row for each vector, a number for each vector after it, padded to a multiple of
    ///   [`PAIR_BLOCK`]; what stands before is zero, as is what pads. [`slopes`](Self::slopes) takes each weight at
    ///   both its places.
    ///
    /// # Panics
    ///
    /// When there are no vectors, or as many weights as that are not there.
    pub fn new(columns: &'a [usize], width: usize, weights: &'a [f32]) -> Self {
        let n = columns.len();
        assert!(n > 0 && width > 0, "vectors to pair");
        assert_eq!(
            weights.len(),
            n * n.next_multiple_of(FIELDS),
            "weights of pairs"
        );
        Self {
            columns,
            width,
            weights,
        }
    }

    /// Numbers that [`begin`](Self::begin) writes.
    pub const fn start_len(&self) -> usize {
        (self.columns.len() + 1) * self.width
    }

    /// Works out what the first `shared` vectors of a row give; other rows with the same ones may begin
    /// from it.
    ///
    /// # Panics
    ///
    /// When `x` is too short or `start` has not [`start_len`](Self::start_len) numbers.
    pub fn begin(&self, x: &[f32], shared: usize, start: &mut [f32]) {
        assert_eq!(start.len(), self.start_len(), "numbers to start from");
        assert!(shared <= self.columns.len(), "shared vectors");
        let x = Rows { data: x, stride: 0 };
        simd::pairs_begin(self.pairs(x, 1), shared, start);
    }

    /// Writes the sum of each row.
    ///
    /// Each number is one chain of additions: a row's bits depend neither on the rows beside it nor on whether
    /// it begins from what its first vectors gave.
    ///
    /// - `begun`: how many vectors are the same in all rows, and what [`begin`](Self::begin) made of them.
    ///
    /// Cost: half a multiplication and addition for each number, vector and vector.
    ///
    /// # Panics
    ///
    /// When shapes do not agree.
    pub fn sums(
        &self,
        x: MatrixView<'_, f32>,
        (shared, start): (usize, &[f32]),
        sums: &mut MatrixViewMut<'_, f32>,
    ) {
        assert_eq!(start.len(), self.start_len(), "numbers to start from");
        assert_eq!(sums.n_rows(), x.n_rows(), "rows of sums");
        assert_eq!(sums.n_columns(), self.width, "numbers of a sum");
        let (data, stride) = sums.raw();
        let begun = Begun { shared, start };
        simd::pairs(self.rows(x), begun, Rows { data, stride });
    }

    /// Adds the slopes of the vectors to `dx`, laid out as `x`, given those of the sums.
    ///
    /// # Panics
    ///
    /// When shapes do not agree.
    pub fn slopes(
        &self,
        x: MatrixView<'_, f32>,
        d_sums: MatrixView<'_, f32>,
        dx: &mut MatrixViewMut<'_, f32>,
    ) {
        assert_eq!(dx.n_rows(), x.n_rows(), "rows of slopes");
        let d_sums = self.d_sums(x, d_sums);
        let (data, stride) = dx.raw();
        simd::pairs_vectors(self.rows(x), d_sums, Rows { data, stride });
    }

    /// Adds the slopes of the weights to `slopes`, laid out as weights are, given those of the sums.
    ///
    /// # Panics
    ///
    /// When shapes do not agree.
    pub fn weight_slopes(
        &self,
        x: MatrixView<'_, f32>,
        d_sums: MatrixView<'_, f32>,
        slopes: &mut [f32],
    ) {
        assert_eq!(slopes.len(), self.weights.len(), "slopes of weights");
        let d_sums = self.d_sums(x, d_sums);
        simd::pairs_weights(self.rows(x), d_sums, slopes);
    }

    fn d_sums<'d>(&self, x: MatrixView<'_, f32>, d_sums: MatrixView<'d, f32>) -> Rows<&'d [f32]> {
        assert_eq!(d_sums.n_rows(), x.n_rows(), "rows of slopes");
        assert_eq!(d_sums.n_columns(), self.width, "slopes of a sum");
        let (data, stride, column) = d_sums.raw();
        assert!(column == 1, "columns side by side");
        Rows { data, stride }
    }

    fn rows<'p>(&'p self, x: MatrixView<'p, f32>) -> Pairs<'p> {
        let (data, stride, column) = x.raw();
        assert!(column == 1, "columns side by side");
        self.pairs(Rows { data, stride }, x.n_rows())
    }

    fn pairs<'p>(&'p self, x: Rows<&'p [f32]>, n_rows: usize) -> Pairs<'p> {
        Pairs {
            x,
            n_rows,
            columns: self.columns,
            width: self.width,
            weights: self.weights,
        }
    }
}

#[cfg(test)]
mod tests;
