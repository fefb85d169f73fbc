//! How well scores tell two outcomes apart, and how much probabilities surprise.

/// The area under the ROC curve: the chance that a row of the positive outcome has a higher score than
/// one of the other, ties counted half. Cost: sorts the scores.
///
/// Returns `None` where there are not both outcomes: nothing is to be told apart.
///
/// # Panics
///
/// When there are not as many outcomes as scores.
///
/// # Example
///
/// ```
/// use marquee_eval::auc;
///
/// // Of the four pairs of a hit and a miss three are in order and one is a tie.
/// let area = auc(&[0.9, 0.5, 0.5, 0.1], &[true, true, false, false]);
/// assert_eq!(area, Some(0.875));
/// assert_eq!(auc(&[0.9, 0.5], &[true, true]), None);
/// ```
pub fn auc(scores: &[f32], outcomes: &[bool]) -> Option<f64> {
    assert_eq!(scores.len(), outcomes.len(), "an outcome for each score");
    // Adding zero makes -0 a 0, to which it is equal.
    let scores = scores.iter().map(|score| score + 0.0);
    let mut rows: Vec<(f32, bool)> = scores.zip(outcomes.iter().copied()).collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut above, mut misses, mut hits) = (0.0_f64, 0_u64, 0_u64);
    // Equal scores count as one.
    for tied in rows.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let tied_hits = tied.iter().filter(|row| row.1).count() as u64;
        let tied_misses = tied.len() as u64 - tied_hits;
        above += tied_hits as f64 * (misses as f64 + 0.5 * tied_misses as f64);
        misses += tied_misses;
        hits += tied_hits;
    }
    let pairs = hits as f64 * misses as f64;
    (pairs > 0.0).then(|| above / pairs)
}

/// How far an [`auc`] of so many rows of each outcome strays by chance: its standard error, for scores whose
/// distances are exponential, which is close for most. `None` without rows of both outcomes.
///
/// Source: Hanley and McNeil 1982, the variance of the area.
///
/// # Example
///
/// ```
/// use marquee_eval::auc_error;
///
/// // Fifteen rows of one outcome tell little, however many there are of the other.
/// assert!(auc_error(0.7, 15, 5_000).unwrap() > 0.06);
/// assert!(auc_error(0.7, 5_000, 5_000).unwrap() < 0.006);
/// ```
pub fn auc_error(area: f64, n_positive: usize, n_negative: usize) -> Option<f64> {
    let (positive, negative) = (n_positive as f64, n_negative as f64);
    let both_above = area / (2.0 - area);
    let above_both = 2.0 * area * area / (1.0 + area);
    let square = area * area;
    let spread = area * (1.0 - area)
        + (positive - 1.0) * (both_above - square)
        + (negative - 1.0) * (above_both - square);
    let pairs = positive * negative;
    (pairs > 0.0).then(|| (spread.max(0.0) / pairs).sqrt())
}

/// The mean of `-ln` of the probability that was given to what happened, in nats; `None` without rows.
///
/// Probabilities are kept `1e-7` away from 0 and 1, as published figures do, so that one sure mistake does
/// not decide everything.
///
/// # Panics
///
/// When there are not as many outcomes as probabilities.
///
/// # Example
///
/// ```
/// use marquee_eval::log_loss;
///
/// let loss = log_loss(&[0.5, 0.5], &[true, false]).unwrap();
/// assert!((loss - std::f64::consts::LN_2).abs() < 1e-12);
/// ```
pub fn log_loss(probabilities: &[f32], outcomes: &[bool]) -> Option<f64> {
    assert_eq!(
        probabilities.len(),
        outcomes.len(),
        "an outcome for each probability"
    );
    let surprise = |(&probability, &outcome): (&f32, &bool)| {
        let probability = f64::from(probability).clamp(1e-7, 1.0 - 1e-7);
        if outcome {
            -probability.ln()
        } else {
            -(1.0 - probability).ln()
        }
    };
    let total: f64 = probabilities.iter().zip(outcomes).map(surprise).sum();
    let n = probabilities.len();
    (n > 0).then(|| total / n as f64)
}

#[cfg(test)]
mod tests {
    use rand::RngExt as _;

    use super::*;

    #[test]
    fn area_is_the_share_of_pairs_in_order() {
        let scores: Vec<f32> = (0_u16..60).map(|at| f32::from(at * 7 % 13)).collect();
        let outcomes: Vec<bool> = (0..60).map(|at| at * 5 % 3 == 0).collect();
        let (mut order, mut pairs) = (0.0, 0.0);
        for (hit, _) in scores.iter().zip(&outcomes).filter(|row| *row.1) {
            for (miss, _) in scores.iter().zip(&outcomes).filter(|row| !*row.1) {
                pairs += 1.0;
                order += if hit > miss { 1.0 } else { 0.0 };
                order += if (hit - miss).abs() < 0.5 { 0.5 } else { 0.0 };
            }
        }
        let found = auc(&scores, &outcomes).unwrap();
        assert!((found - order / pairs).abs() < 1e-12);
    }

    /// Scores of both outcomes drawn from exponentials, whose area is `rate / (1 + rate)`.
    #[test]
    #[expect(clippy::cast_possible_truncation, reason = "scores are short")]
    fn areas_stray_as_told() {
        let (n_positive, n_negative, rate) = (40, 60, 3.0_f64);
        let mut random = marquee_math::rng(7, 0);
        let mut uniform = move || 1.0 - random.random::<f64>();
        let outcomes: Vec<bool> = (0..n_positive + n_negative)
            .map(|at| at < n_positive)
            .collect();
        let mut draw = || {
            let scores = outcomes
                .iter()
                .map(|&hit| -uniform().ln() * if hit { rate } else { 1.0 });
            let scores: Vec<f32> = scores.map(|score| score as f32).collect();
            auc(&scores, &outcomes).unwrap()
        };
        let areas: Vec<f64> = (0..2_000).map(|_| draw()).collect();
        let mean = areas.iter().sum::<f64>() / areas.len() as f64;
        let spread =
            areas.iter().map(|area| (area - mean).powi(2)).sum::<f64>() / areas.len() as f64;
        assert!((mean - 0.75).abs() < 0.005, "{mean}");
        let told = auc_error(0.75, n_positive, n_negative).unwrap();
        assert!(
            (told / spread.sqrt() - 1.0).abs() < 0.1,
            "{told} {}",
            spread.sqrt()
        );
    }

    #[test]
    fn nothing_to_tell_apart_is_undefined() {
        assert_eq!(auc(&[], &[]), None);
        assert_eq!(auc_error(0.5, 0, 10), None);
        assert_eq!(log_loss(&[], &[]), None);
    }

    #[test]
    fn sure_mistakes_stay_finite() {
        let loss = log_loss(&[0.0], &[true]).unwrap();
        assert!((loss - 1e7_f64.ln()).abs() < 1e-9);
    }
}
