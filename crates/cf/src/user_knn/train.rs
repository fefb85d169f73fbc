//! Weighs everybody's history.

use marquee_core::{Dataset, Row};

use super::{NAME, UserKnnConfig, UserKnnModel, model::Constants};
use crate::{
    Progress, Result,
    check::{check_data, check_finite, narrow},
    progress::Steps,
    weighting::Weigher,
};

/// Trains user neighbors; nothing is drawn at random.
///
/// # Errors
///
/// [`Error::Config`](crate::Error::Config), [`Error::NoInteractions`](crate::Error::NoInteractions),
/// [`Error::Weight`](crate::Error::Weight) for a negative weight under TF-IDF or BM25,
/// [`Error::Stopped`](crate::Error::Stopped) when `progress` asks.
pub fn train(
    data: &Dataset,
    config: &UserKnnConfig,
    progress: &mut Progress<'_>,
) -> Result<UserKnnModel> {
    config.validate()?;
    check_data(NAME, data)?;
    let mut steps = Steps::new(NAME, 1, data.n_interactions(), progress);
    let weigher = Weigher {
        weighting: config.weighting,
        saturation: config.bm25_saturation,
        length: config.bm25_length,
    };
    let by_user = weigher.apply(NAME, data.by_user())?;
    check_finite(NAME, 1, by_user.weights.as_deref().unwrap_or_default())?;
    let exponent = 1.0 - config.asymmetry;
    let sizes = by_user.view().rows().map(|row| square(row).powf(exponent));
    let model = UserKnnModel {
        // Transposed twice, so that the columns rise and times are gone.
        taken: data.by_item().transposed(),
        compared: by_user.view().transposed(),
        user_sizes: sizes.map(narrow).collect(),
        item_weights: weigher.term_weights(data.by_user()),
        constants: Constants {
            neighbors: u32::try_from(config.neighbors).unwrap_or(u32::MAX),
            shrinkage: config.shrinkage,
            asymmetry: config.asymmetry,
        },
    };
    steps.finish("weighting", None)?;
    Ok(model)
}

fn square(row: Row<'_>) -> f64 {
    let weight = |place| f64::from(row.weight(place));
    (0..row.len()).map(|place| weight(place).powi(2)).sum()
}
