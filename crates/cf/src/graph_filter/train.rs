//! Training: count, scale, take apart.

use marquee_core::{Dataset, SparseRows, SparseView};

use super::{GraphFilterConfig, GraphFilterModel, NAME};
use crate::{
    Error, Progress, Result,
    check::{check_data, check_finite, narrow},
    low_rank::{Decomposition, LowRank},
    pairwise::liked,
    progress::Steps,
};

/// Trains on the interactions of `data` whose weight is above zero, on the current rayon pool; the
/// same data, configuration and seed give the same bits on any number of threads.
///
/// # Errors
///
/// [`Error::Config`], [`Error::NoInteractions`], [`Error::NotFinite`], [`Error::Stopped`].
pub fn train(
    data: &Dataset,
    config: &GraphFilterConfig,
    seed: u64,
    progress: &mut Progress<'_>,
) -> Result<GraphFilterModel> {
    config.validate()?;
    let data = Dataset::from_rows(liked(data.by_user()));
    check_data(NAME, &data)?;
    let mut steps = Steps::new(NAME, 1, data.n_interactions(), progress);
    let low_rank = decompose(&data, config, seed)?;
    let degrees = lengths(data.by_item());
    let targets = degrees
        .iter()
        .map(|degree| degree.sqrt() * config.low_pass_weight);
    let contexts = degrees.iter().map(|degree| 1.0 / degree.max(1.0).sqrt());
    let model = GraphFilterModel {
        config: config.clone(),
        user_scales: powers(&lengths(data.by_user()), config.user_exponent),
        history_scales: powers(&degrees, config.history_exponent),
        target_scales: powers(&degrees, config.target_exponent),
        contexts: scaled(&low_rank, contexts),
        targets: scaled(&low_rank, targets),
        by_user: data.by_user().to_rows(),
        by_item: data.by_item().to_rows(),
    };
    check_finite(NAME, 1, &model.contexts)?;
    check_finite(NAME, 1, &model.targets)?;
    steps.finish("decomposition", None)?;
    Ok(model)
}

fn decompose(data: &Dataset, config: &GraphFilterConfig, seed: u64) -> Result<LowRank> {
    let users = powers(&lengths(data.by_user()), config.user_exponent);
    let items = powers(&lengths(data.by_item()), 0.5);
    let normal = normalized(data.by_user(), &users, &items);
    let columns = normal.view().transposed();
    let decomposition = Decomposition {
        rows: normal.view(),
        columns: columns.view(),
        rank: config.factors,
        iterations: config.iterations,
        seed,
    };
    decomposition.compute().map_err(|_| Error::NotFinite {
        model: NAME,
        iteration: 1,
    })
}

/// Each entry as the product of the scales of its row and its column.
fn normalized(from: SparseView<'_>, rows: &[f32], columns: &[f32]) -> SparseRows {
    let pairs = from.rows().zip(rows);
    let weights = pairs.flat_map(|(row, scale)| {
        row.columns
            .iter()
            .map(move |&column| scale * columns[column as usize])
    });
    SparseRows {
        weights: Some(weights.collect()),
        times: None,
        ..from.to_rows()
    }
}

fn lengths(rows: SparseView<'_>) -> Vec<f64> {
    rows.rows().map(|row| row.len() as f64).collect()
}

/// `count^-exponent`, zero for nothing.
fn powers(counts: &[f64], exponent: f64) -> Vec<f32> {
    let power = |&count: &f64| {
        if count > 0.0 {
            narrow(count.powf(-exponent))
        } else {
            0.0
        }
    };
    counts.iter().map(power).collect()
}

/// The rows of the singular vectors, each times its scale.
fn scaled(low_rank: &LowRank, scales: impl Iterator<Item = f64>) -> Vec<f32> {
    let d = low_rank.squares.len();
    let rows = low_rank.right.chunks_exact(d.max(1)).zip(scales);
    rows.flat_map(|(row, scale)| {
        row.iter()
            .map(move |&value| narrow(f64::from(value) * scale))
    })
    .collect()
}
