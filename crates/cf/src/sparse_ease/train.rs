//! One small ridge regression for each item.

use marquee_core::{Dataset, SparseRows, SparseView};
use marquee_math::{Cholesky, Scored};
use marquee_store::Artifact;

use super::{NAME, SparseEaseConfig, support::Support};
use crate::{
    Progress, Result, SparseItemModel, SparseItemView,
    check::{check_data, check_finite, narrow},
    gram,
    progress::Steps,
    ridge::{gib, popularity_factors},
    sparse_items::build_rows,
};

/// Trains sparse EASE; nothing is drawn at random.
///
/// # Errors
///
/// [`Error::Config`](crate::Error::Config), [`Error::NoInteractions`](crate::Error::NoInteractions), [`Error::Memory`](crate::Error::Memory) for a Gram matrix that might not
/// fit, [`Error::NotFinite`](crate::Error::NotFinite) when the regularization is too small for the weights, [`Error::Stopped`](crate::Error::Stopped)
/// when `progress` asks.
pub fn train(
    data: &Dataset,
    config: &SparseEaseConfig,
    progress: &mut Progress<'_>,
) -> Result<SparseItemModel> {
    config.validate()?;
    check_data(NAME, data)?;
    let mut steps = Steps::new(NAME, 2, data.n_interactions(), progress);
    let limit = gib(config.max_memory_gib);
    let gram = gram::sparse(NAME, data, config.user_exponent, limit)?;
    steps.finish("gram matrix", None)?;
    let popularity = popularity_factors(data, config.popularity_exponent);
    let by_target = regress(gram.view(), &popularity, config);
    check_finite(NAME, 2, by_target.weights.as_deref().unwrap_or_default())?;
    drop(gram);
    let weights = by_target.view().transposed();
    steps.finish("regressions", None)?;
    Ok(SparseItemModel {
        name: NAME,
        weights,
    })
}

/// Opens a model that [`train`] made.
///
/// Cost: one pass over the offsets and columns.
///
/// # Errors
///
/// [`Error::Store`](crate::Error::Store) when `artifact` holds something else, and what says that its sections make no
/// matrix.
pub fn open(artifact: &Artifact) -> Result<SparseItemView<'_>> {
    SparseItemView::open(artifact, NAME)
}

/// Row `j`: what each of its items says for `j`.
fn regress(gram: SparseView<'_>, popularity: &[f64], config: &SparseEaseConfig) -> SparseRows {
    let n_items = gram.n_rows();
    let diagonal = gram::diagonal(gram);
    let share = 1.0 + config.dropout / (1.0 - config.dropout);
    let scratch = || (Support::new(n_items), Vec::new(), Vec::new());
    build_rows(
        n_items,
        n_items,
        scratch,
        |(support, system, right), target, entries| {
            support.choose(gram, target, &diagonal, config.neighbors);
            support.system(gram, system);
            support.right_side(gram, target, right);
            let n = support.items.len();
            for diagonal in system.iter_mut().step_by(n + 1) {
                *diagonal = *diagonal * share + config.regularization;
            }
            if let Ok(factor) = Cholesky::factor(std::mem::take(system), n) {
                factor.solve(right, 1);
            } else {
                // Seen by the check for finite weights: a closure cannot stop the training.
                right.fill(f64::NAN);
            }
            let weights = support.items.iter().zip(right.iter());
            entries.extend(weights.map(|(&index, &weight)| Scored {
                index,
                score: narrow(weight * popularity[target]),
            }));
        },
    )
}
