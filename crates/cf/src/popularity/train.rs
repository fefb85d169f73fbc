//! Counts interactions, weighted and decayed.

use marquee_core::{Dataset, Seconds, Timestamp};

use super::{PopularityConfig, PopularityModel};
use crate::{
    Error, Progress, Result,
    check::{check_data, check_finite, narrow},
    progress::Steps,
};

pub(super) const NAME: &str = "popularity";

/// Trains popularity; nothing is drawn at random.
///
/// # Errors
///
/// [`Error::Config`] for a half-life that is not above zero, [`Error::NoInteractions`],
/// [`Error::NotFinite`] when a sum does not fit 32 bits, [`Error::Stopped`] when `progress` asks.
pub fn train(
    data: &Dataset,
    config: &PopularityConfig,
    progress: &mut Progress<'_>,
) -> Result<PopularityModel> {
    let half_life = config.half_life_days;
    if half_life.is_nan() || half_life <= 0.0 {
        return Err(Error::Config {
            model: NAME,
            field: "half_life_days",
            found: half_life,
            expected: "a number of days above zero, or infinity",
        });
    }
    check_data(NAME, data)?;
    let mut steps = Steps::new(NAME, 1, data.n_interactions(), progress);
    let scores: Vec<f32> = sums(data, half_life).into_iter().map(narrow).collect();
    check_finite(NAME, 1, &scores)?;
    steps.finish("count", None)?;
    Ok(PopularityModel { scores })
}

fn sums(data: &Dataset, half_life_days: f64) -> Vec<f64> {
    let now = last_time(data);
    let mut sums = vec![0.0; data.n_items()];
    for row in data.by_user().rows() {
        for (place, &item) in row.columns.iter().enumerate() {
            let age_days = (now - row.time(place)).0 / Seconds::DAY.0;
            let decay = (-age_days / half_life_days).exp2();
            sums[item as usize] += f64::from(row.weight(place)) * decay;
        }
    }
    sums
}

fn last_time(data: &Dataset) -> Timestamp {
    let times = data.by_user().times().unwrap_or_default();
    let last = times.iter().copied().max();
    last.map_or(Timestamp::EPOCH, Timestamp::from_millis)
}
