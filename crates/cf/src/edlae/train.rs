//! Training and opening EDLAE.

use marquee_core::Dataset;
use marquee_store::Artifact;

use super::{EdlaeConfig, NAME};
use crate::{DenseItemModel, DenseItemView, Progress, Result};

/// Trains EDLAE; nothing is drawn at random.
///
/// # Errors
///
/// [`Error::Config`](crate::Error::Config), [`Error::NoInteractions`](crate::Error::NoInteractions),
/// [`Error::Memory`](crate::Error::Memory) for a catalog that does not fit,
/// [`Error::NotPositiveDefinite`](crate::Error::NotPositiveDefinite) when the regularization is too
/// small for the weights, [`Error::Stopped`](crate::Error::Stopped) when `progress` asks.
pub fn train(
    data: &Dataset,
    config: &EdlaeConfig,
    progress: &mut Progress<'_>,
) -> Result<DenseItemModel> {
    config.validate()?;
    config.ridge().train(data, progress)
}

/// Opens a model that [`train`] made, at a cost that does not depend on its size.
///
/// # Errors
///
/// [`Error::Store`](crate::Error::Store) when `artifact` holds something else,
/// [`Error::SectionShape`](crate::Error::SectionShape) when its weights are not square.
pub fn open(artifact: &Artifact) -> Result<DenseItemView<'_>> {
    DenseItemView::open(artifact, NAME)
}
