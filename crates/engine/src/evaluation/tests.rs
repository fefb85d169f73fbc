use marquee_cf::RatingPredictor;
use marquee_core::{Dataset, History, ItemIdx, SparseRows};
use marquee_eval::{GivenSplit, MetricName, RatingMetric};

use super::measure_ratings;

/// Predicts the mean of the history, and one more for an item that nobody knows.
struct HistoryMean;

impl RatingPredictor for HistoryMean {
    fn scale(&self) -> (f32, f32) {
        (1.0, 5.0)
    }

    fn predict(
        &self,
        history: &History,
        items: &[Option<ItemIdx>],
        ratings: &mut [f32],
    ) -> marquee_cf::Result<()> {
        let sum: f32 = history.iter().map(|entry| entry.weight).sum();
        let mean = sum / history.len() as f32;
        for (rating, item) in ratings.iter_mut().zip(items) {
            *rating = if item.is_some() { mean } else { mean + 1.0 };
        }
        Ok(())
    }
}

fn rows(n_items: usize, offsets: &[u64], columns: &[u32], weights: &[f32]) -> Dataset {
    Dataset::from_rows(SparseRows {
        n_columns: n_items,
        offsets: offsets.to_vec(),
        columns: columns.to_vec(),
        weights: Some(weights.to_vec()),
        times: None,
    })
}

#[test]
fn errors_by_hand_with_an_item_past_the_training_data() {
    let split = GivenSplit {
        train: rows(2, &[0, 2, 3], &[0, 1, 0], &[2.0, 4.0, 5.0]),
        validation: None,
        test: rows(3, &[0, 1, 3], &[2, 1, 2], &[3.0, 4.0, 4.0]),
    };
    let fold = split.fold().unwrap();
    let found = measure_ratings(&HistoryMean, fold.test())
        .unwrap()
        .summary();
    let mean = |metric| found.get(MetricName::Rating(metric)).unwrap().mean;
    // Predicted 4 for 3, 5 for 4 and 6 for 4: errors 1, 1 and 2.
    assert!((mean(RatingMetric::Rmse) - 2.0_f64.sqrt()).abs() < 1e-12);
    assert!((mean(RatingMetric::Mae) - 4.0 / 3.0).abs() < 1e-12);
}
