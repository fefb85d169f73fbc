//! Descends for each item.

use marquee_core::{Dataset, SparseRows, SparseView};
use marquee_math::Scored;
use marquee_store::Artifact;

use super::{
    NAME, SlimConfig,
    descent::{Descent, Problem},
};
use crate::{
    Progress, Result, SparseItemModel, SparseItemView,
    check::{check_data, check_finite, narrow},
    gram,
    progress::Steps,
    ridge::gib,
    sparse_items::build_rows,
};

/// Trains SLIM; nothing is drawn at random.
///
/// # Errors
///
/// [`Error::Config`](crate::Error::Config), [`Error::NoInteractions`](crate::Error::NoInteractions),
/// [`Error::Memory`](crate::Error::Memory) for a Gram matrix that might not fit,
/// [`Error::NotFinite`](crate::Error::NotFinite), [`Error::Stopped`](crate::Error::Stopped) when
/// `progress` asks.
pub fn train(
    data: &Dataset,
    config: &SlimConfig,
    progress: &mut Progress<'_>,
) -> Result<SparseItemModel> {
    config.validate()?;
    check_data(NAME, data)?;
    let mut steps = Steps::new(NAME, 2, data.n_interactions(), progress);
    let limit = gib(config.max_memory_gib);
    let gram = gram::sparse(NAME, data, config.user_exponent, limit)?;
    steps.finish("gram matrix", None)?;
    let by_target = descend(gram.view(), config);
    check_finite(NAME, 2, by_target.weights.as_deref().unwrap_or_default())?;
    drop(gram);
    let weights = by_target.view().transposed();
    steps.finish("descent", None)?;
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
/// [`Error::Store`](crate::Error::Store) when `artifact` holds something else, and what says that its
/// sections make no matrix.
pub fn open(artifact: &Artifact) -> Result<SparseItemView<'_>> {
    SparseItemView::open(artifact, NAME)
}

/// Row `j`: what each item says for `j`.
fn descend(gram: SparseView<'_>, config: &SlimConfig) -> SparseRows {
    let n_items = gram.n_rows();
    let diagonal = gram::diagonal(gram);
    let problem = Problem {
        gram,
        diagonal: &diagonal,
        config,
    };
    build_rows(
        n_items,
        n_items,
        || Descent::new(n_items),
        |descent, target, entries| {
            descent.solve(&problem, target);
            let weights = descent.candidates.iter().zip(&descent.weights);
            let kept = weights.filter(|&(_, &weight)| weight > 0.0);
            entries.extend(kept.map(|(&index, &weight)| Scored {
                index,
                score: narrow(weight),
            }));
        },
    )
}
