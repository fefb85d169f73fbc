use super::*;
use crate::{
    check::narrow,
    network::{describe::Description, train::requests_of},
    samples,
};

/// What is lost by the best constant, as told for one head of the sample's.
fn lost(place: usize, outcome: Outcome) -> f64 {
    let table = samples::table(60, 4, 1);
    let rows = table.view().unwrap();
    let requests = requests_of(&rows);
    let config = crate::network::train::tests::whole();
    let description = Description::learn(rows, rows.features().schema(), &config).unwrap();
    let heads = description.places(rows, &config);
    let examples = Examples {
        rows,
        request_of: &requests,
        heads: &heads,
        largest_inverse_propensity: narrow(config.largest_inverse_propensity),
    };
    assert_eq!(description.shape.heads[place].outcome, outcome);
    let found = constant_loss(outcome, &examples, place);
    // No constant output does better, as the loss itself sees it, and one comes close.
    let (column, config) = heads[place];
    let total = |output: &dyn Fn() -> Vec<f32>| -> f64 {
        let labels = rows.label(column).iter().enumerate();
        let known = labels.filter(|(_, label)| !label.is_nan());
        let losses = known.map(|(row, &label)| {
            let weight = f64::from(rows.weight()[row] * examples.inverse_propensity(row));
            weight * config.loss_weight * outcome.loss(&mut output(), label)
        });
        losses.sum()
    };
    let mut best = f64::INFINITY;
    for step in -400..=400_i16 {
        let value = f32::from(step) / 100.0;
        let loss = match outcome {
            Outcome::Chance | Outcome::Number => total(&|| vec![value]),
            Outcome::Share(bins) => total(&|| vec![value; bins]),
        };
        assert!(loss > found - 1e-3, "{loss} {found}");
        best = best.min(loss);
    }
    best - found
}

#[test]
fn nothing_that_is_the_same_for_all_rows_loses_less() {
    assert!(lost(0, Outcome::Chance) < 0.05);
    assert!(lost(3, Outcome::Number) < 0.05);
    // Even shares are not the best ones.
    assert!(lost(1, Outcome::Share(4)) > 0.1);
}
