//! Compares every pair of items that share a user.

use marquee_core::{Dataset, Row, SparseRows, SparseView};
use marquee_store::Artifact;

use super::{ItemKnnConfig, NAME};
use crate::{
    Progress, Result,
    check::{check_data, check_finite, narrow},
    product::RowSums,
    progress::Steps,
    sparse_items::{SparseItemModel, SparseItemView, best, build_rows},
    weighting::Weigher,
};

/// Trains item neighbors; nothing is drawn at random.
///
/// # Errors
///
/// [`Error::Config`](crate::Error::Config), [`Error::NoInteractions`](crate::Error::NoInteractions),
/// [`Error::Weight`](crate::Error::Weight) for a negative weight under TF-IDF or BM25,
/// [`Error::Stopped`](crate::Error::Stopped) when `progress` asks.
pub fn train(
    data: &Dataset,
    config: &ItemKnnConfig,
    progress: &mut Progress<'_>,
) -> Result<SparseItemModel> {
    config.validate()?;
    check_data(NAME, data)?;
    let mut steps = Steps::new(NAME, 2, data.n_interactions(), progress);
    let weigher = Weigher {
        weighting: config.weighting,
        saturation: config.bm25_saturation,
        length: config.bm25_length,
    };
    let by_item = weigher.apply(NAME, data.by_item())?;
    steps.finish("weighting", None)?;
    let nearest = nearest(by_item.view(), config);
    check_finite(NAME, 2, nearest.weights.as_deref().unwrap_or_default())?;
    let weights = nearest.view().transposed();
    steps.finish("neighbors", None)?;
    Ok(SparseItemModel {
        name: NAME,
        weights,
    })
}

/// Row `j`: the items nearest to `j`, with what each of them says for `j`.
fn nearest(by_item: SparseView<'_>, config: &ItemKnnConfig) -> SparseRows {
    let by_user = by_item.transposed();
    let n_items = by_item.n_rows();
    let squares: Vec<f64> = by_item.rows().map(square_length).collect();
    let power = |exponent: f64| squares.iter().map(|s| s.powf(exponent)).collect::<Vec<_>>();
    let sources = power(config.asymmetry);
    let targets = power(1.0 - config.asymmetry);
    build_rows(
        n_items,
        n_items,
        || RowSums::new(n_items),
        |sums, target, entries| {
            sums.clear();
            sums.add_product(by_item.row(target), by_user.view());
            let similar = sums
                .entries()
                .filter(|&(source, product)| source as usize != target && product > 0.0)
                .map(|(source, product)| {
                    let size = sources[source as usize] * targets[target] + config.shrinkage;
                    (source, narrow(product / size))
                });
            entries.extend(best(similar, config.neighbors));
        },
    )
}

fn square_length(row: Row<'_>) -> f64 {
    let weight = |place| f64::from(row.weight(place));
    (0..row.len()).map(|place| weight(place).powi(2)).sum()
}

/// Opens a model that [`train`] made.
///
/// Cost: one pass over the offsets and columns.
///
/// # Errors
///
/// [`Error::Store`](crate::Error::Store) when `artifact` holds something else, and what says that its
/// sections make no matrix.
pub fn open(artifact: &Artifact) -> Result<SparseItemView<'_>> {
    SparseItemView::open(artifact, NAME)
}
