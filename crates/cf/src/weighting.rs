//! How much an interaction counts in a comparison of items or of users: plain, TF-IDF or BM25.
//!
//! The rows compared are the documents, the other side the terms: when items are compared, a user who
//! touched everything says little about each. With `w` the weight of an interaction, `N` documents and
//! `n_t` of them holding the term `t`:
//!
//! - TF-IDF: `sqrt(w) · ln(N / (1 + n_t))`, never below zero in its second factor;
//! - BM25 (Robertson & Zaragoza 2009): `w (k1 + 1) / (w + k1 (1 - b + b |d| / mean |d|)) · idf(t)` with
//!   `idf(t) = ln(1 + (N - n_t + 0.5) / (n_t + 0.5))`, which is never negative, and `|d|` the weight of
//!   the document.

use marquee_core::{Row, SparseRows, SparseView};

use crate::{Error, Result, check::narrow};

/// How interactions are weighted before rows are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case")
)]
pub enum Weighting {
    /// The weight itself.
    #[default]
    Plain,
    /// Rare terms count more, large weights by their root.
    TfIdf,
    /// Rare terms count more, large weights saturate, long documents are discounted.
    Bm25,
}

/// A [`Weighting`] with the two constants of BM25.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weigher {
    pub(crate) weighting: Weighting,
    /// `k1`: how fast large weights saturate.
    pub(crate) saturation: f64,
    /// `b`: how much the length of a document counts.
    pub(crate) length: f64,
}

impl Weigher {
    /// The matrix `documents`, rows by terms, with its weights replaced.
    ///
    /// # Errors
    ///
    /// [`Error::Weight`] when a weight is negative and the weighting needs it not to be.
    pub(crate) fn apply(
        &self,
        model: &'static str,
        documents: SparseView<'_>,
    ) -> Result<SparseRows> {
        let mut rows = documents.to_rows();
        rows.times = None;
        if self.weighting == Weighting::Plain {
            return Ok(rows);
        }
        check_not_negative(model, documents)?;
        let idf = self.idf(documents);
        let lengths: Vec<f64> = documents.rows().map(total).collect();
        let mean = lengths.iter().sum::<f64>() / lengths.len().max(1) as f64;
        let mut weights = Vec::with_capacity(rows.columns.len());
        for (row, length) in documents.rows().zip(&lengths) {
            for (place, &term) in row.columns.iter().enumerate() {
                let weight = f64::from(row.weight(place));
                let part = self.term_part(weight, length / mean);
                weights.push(narrow(part * idf[term as usize]));
            }
        }
        rows.weights = Some(weights);
        Ok(rows)
    }

    /// What a touch of weight one counts for each term, the length of the document apart: how a
    /// history that was not there in training is weighted.
    pub(crate) fn term_weights(&self, documents: SparseView<'_>) -> Vec<f32> {
        self.idf(documents).into_iter().map(narrow).collect()
    }

    fn idf(&self, documents: SparseView<'_>) -> Vec<f64> {
        let mut holding = vec![0_u32; documents.n_columns()];
        for &term in documents.columns() {
            holding[term as usize] += 1;
        }
        let all = documents.n_rows() as f64;
        let bm25 = |n: f64| (1.0 + (all - n + 0.5) / (n + 0.5)).ln();
        let tf_idf = |n: f64| (all / (1.0 + n)).ln().max(0.0);
        let counts = holding.into_iter().map(f64::from);
        match self.weighting {
            Weighting::Plain => counts.map(|_| 1.0).collect(),
            Weighting::TfIdf => counts.map(tf_idf).collect(),
            Weighting::Bm25 => counts.map(bm25).collect(),
        }
    }

    fn term_part(&self, weight: f64, relative_length: f64) -> f64 {
        match self.weighting {
            Weighting::Plain => weight,
            Weighting::TfIdf => weight.sqrt(),
            Weighting::Bm25 if weight > 0.0 => {
                let discount = 1.0 - self.length + self.length * relative_length;
                weight * (self.saturation + 1.0) / (weight + self.saturation * discount)
            }
            Weighting::Bm25 => 0.0,
        }
    }
}

fn total(row: Row<'_>) -> f64 {
    (0..row.len()).map(|at| f64::from(row.weight(at))).sum()
}

fn check_not_negative(model: &'static str, documents: SparseView<'_>) -> Result<()> {
    for (item, row) in documents.rows().enumerate() {
        let negative = (0..row.len()).find(|&at| row.weight(at) < 0.0);
        if let Some(at) = negative {
            return Err(Error::Weight {
                model,
                item: u32::try_from(item).expect("rows fit 32 bits"),
                found: row.weight(at),
                expected: "at least zero for this weighting",
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_documents(weights: Option<Vec<f32>>) -> SparseRows {
        SparseRows {
            n_columns: 3,
            offsets: vec![0, 2, 3],
            columns: vec![0, 1, 1],
            weights,
            times: None,
        }
    }

    #[track_caller]
    fn check(weighting: Weighting, want: [f32; 3]) {
        let weigher = Weigher {
            weighting,
            saturation: 1.2,
            length: 0.75,
        };
        let rows = two_documents(Some(vec![1.0, 4.0, 1.0]));
        let got = weigher.apply("m", rows.view()).unwrap().weights.unwrap();
        for (got, want) in got.iter().zip(want) {
            assert!((got - want).abs() < 1e-5, "{got} is not {want}");
        }
    }

    #[test]
    fn plain_keeps_weights() {
        check(Weighting::Plain, [1.0, 4.0, 1.0]);
    }

    #[test]
    fn tf_idf_of_a_term_in_every_document_is_zero() {
        // Term 0 is in one of two documents: ln(2 / 2) = 0; term 1 in both: below zero, so zero.
        check(Weighting::TfIdf, [0.0, 0.0, 0.0]);
    }

    #[test]
    fn bm25_by_hand() {
        // Lengths 5 and 1, mean 3. idf of term 0 (1 of 2): ln 2; of term 1 (2 of 2): ln 1.2.
        // First document: 1.2 (0.25 + 0.75 · 5/3) = 1.8; 2.2 / 2.8 · ln 2 and 8.8 / 5.8 · ln 1.2.
        // Second document: 1.2 (0.25 + 0.75 / 3) = 0.6; 2.2 / 1.6 · ln 1.2.
        check(Weighting::Bm25, [0.544_615_6, 0.276_626_2, 0.250_692_1]);
    }

    #[test]
    fn negative_weight_is_refused() {
        let rows = two_documents(Some(vec![1.0, -4.0, 1.0]));
        let weigher = Weigher {
            weighting: Weighting::Bm25,
            saturation: 1.2,
            length: 0.75,
        };
        let got = weigher.apply("m", rows.view());
        assert!(matches!(got, Err(Error::Weight { item: 0, .. })));
    }
}
