use super::*;

#[test]
fn loss_of_a_chance_is_its_surprise() {
    let mut outputs = [0.0];
    let loss = Outcome::Chance.loss(&mut outputs, 1.0);
    assert!((loss - std::f64::consts::LN_2).abs() < 1e-9);
    assert!((outputs[0] + 0.5).abs() < 1e-7);
    // Far out nothing overflows.
    let mut outputs = [200.0];
    assert!((Outcome::Chance.loss(&mut outputs, 0.0) - 200.0).abs() < 1e-6);
}

#[test]
fn the_mean_of_a_fitting_distribution_is_the_mean_of_the_labels() {
    let mut outputs = vec![0.0_f32; 5];
    // Descends on three labels until the slopes vanish.
    for _ in 0..4000 {
        let mut total = [0.0; 5];
        for label in [0.1, 0.4, 1.0] {
            let mut slopes = outputs.clone();
            Outcome::Share(5).loss(&mut slopes, label);
            for (total, slope) in total.iter_mut().zip(slopes) {
                *total += slope / 3.0;
            }
        }
        for (output, slope) in outputs.iter_mut().zip(total) {
            *output -= slope;
        }
    }
    let mean = Outcome::Share(5).value(&mut outputs);
    assert!((mean - 0.5).abs() < 1e-3, "{mean}");
}

#[test]
fn looking_and_acting_multiply() {
    let seen = Seen {
        bias: PositionBias::Examination,
        kept: 0.0,
        first: false,
    };
    // Half look, half of them act.
    let mut output = [0.0];
    let (loss, _) = seen.loss(Outcome::Chance, &mut output, 0.0);
    assert!((loss + 0.75_f64.ln()).abs() < 1e-6);
    let first = Seen {
        first: true,
        ..seen
    };
    let mut output = [0.0];
    let (loss, slope) = first.loss(Outcome::Chance, &mut output, 0.0);
    assert!((loss - std::f64::consts::LN_2).abs() < 1e-6 && slope.abs() < 1e-9);
}

#[test]
fn nothing_is_watched_where_nobody_looks() {
    let seen = Seen {
        bias: PositionBias::Examination,
        kept: 0.0,
        first: false,
    };
    // Half look, and watch nothing, half or all with even chances: nothing is watched with 1/2 + 1/6.
    let mut outputs = [0.0; 3];
    let (loss, _) = seen.loss(Outcome::Share(3), &mut outputs, 0.0);
    assert!((loss + (2.0_f64 / 3.0).ln()).abs() < 1e-6);
    let mut outputs = [0.0; 3];
    let (loss, _) = seen.loss(Outcome::Share(3), &mut outputs, 1.0);
    assert!((loss + (1.0_f64 / 6.0).ln()).abs() < 1e-6);
    // All that is watched was looked at: slopes of the distribution are those without a position.
    let wanted = [1.0 / 3.0, 1.0 / 3.0, -2.0 / 3.0];
    let near = |(found, wanted): (&f32, f32)| (found - wanted).abs() < 1e-6;
    assert!(outputs.iter().zip(wanted).all(near), "{outputs:?}");
}
