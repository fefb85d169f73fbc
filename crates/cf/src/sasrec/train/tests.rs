use super::*;

/// Two short sequences over nine items; small enough for differences, with every part in use.
fn trainer(config: &SasrecConfig) -> Trainer<'_> {
    let mut trainer = Trainer::new(config, 9, 5);
    // Short vectors bend the loss too much for differences.
    trainer.items.iter_mut().for_each(|value| *value *= 4.0);
    // Gains and distances start at the same value everywhere, which would hide mixed-up places.
    let mut drawn = rng(6, 0);
    for layer in 0..config.layers {
        for (part, about) in [
            (Part::AttentionGain, 1.0),
            (Part::FeedGain, 1.0),
            (Part::Distance, 0.0),
        ] {
            let values = &mut trainer.dense[trainer.shape.range(layer, part)];
            fill_normal(&mut drawn, 0.3, values);
            values.iter_mut().for_each(|value| *value += about);
        }
    }
    trainer
}

fn batch() -> (Batch, Vec<u32>) {
    let batch = Batch {
        items: vec![0, 3, 1, 3, 5, 8, 2],
        lengths: vec![5, 2],
    };
    (batch, vec![3, 1, 3, 5, 7, 2, 0])
}

fn config(likeness: Likeness) -> SasrecConfig {
    SasrecConfig {
        factors: 6,
        layers: 2,
        heads: 2,
        hidden: 5,
        window: 3,
        likeness,
        temperature: 0.5,
        ..SasrecConfig::default()
    }
}

fn loss(trainer: &mut Trainer<'_>, candidates: Option<&[u32]>, rate: f64) -> f64 {
    let (batch, targets) = batch();
    // The same seed: the same numbers are dropped each time.
    let mut drawn = rng(3, 0);
    let mut dropout = Dropout::new(rate, &mut drawn);
    let total = trainer.gradients((&batch, &targets), candidates, &mut dropout);
    total / targets.len() as f64
}

/// The gradient of every parameter against the difference of two losses.
#[track_caller]
fn check(likeness: Likeness, candidates: Option<&[u32]>, rate: f64) {
    const STEP: f32 = 5e-3;
    let config = config(likeness);
    let mut trainer = trainer(&config);
    loss(&mut trainer, candidates, rate);
    let exact = [
        trainer.gradients.items.clone(),
        trainer.gradients.dense.clone(),
    ];
    let mut largest: f64 = 0.0;
    for (array, exact) in exact.iter().enumerate() {
        for (at, &exact) in exact.iter().enumerate() {
            let mut shifted = |by: f32| {
                let values = [&mut trainer.items, &mut trainer.dense];
                values.into_iter().nth(array).unwrap()[at] += by;
                loss(&mut trainer, candidates, rate)
            };
            let difference = shifted(STEP) - shifted(-2.0 * STEP);
            shifted(STEP);
            let slope = difference / (2.0 * f64::from(STEP));
            let gap = (slope - f64::from(exact)).abs();
            assert!(
                gap < 2e-3 + 0.01 * slope.abs(),
                "{array} {at}: {exact}, not {slope}"
            );
            largest = largest.max(slope.abs());
        }
    }
    assert!(largest > 0.05, "nothing depends on anything");
}

#[test]
fn gradients_of_cosines_over_all_items_are_slopes() {
    check(Likeness::Cosine, None, 0.0);
}

#[test]
fn gradients_of_dot_products_over_all_items_are_slopes() {
    check(Likeness::Dot, None, 0.0);
}

#[test]
fn gradients_over_drawn_items_are_slopes() {
    check(Likeness::Cosine, Some(&[1, 4, 6, 7]), 0.0);
    check(Likeness::Dot, Some(&[1, 4, 6, 7]), 0.0);
}

#[test]
fn gradients_with_dropped_numbers_are_slopes() {
    check(Likeness::Cosine, None, 0.3);
}

#[test]
fn softmax_over_drawn_items_is_unbiased_to_first_order() {
    // With every item drawn, each stands for 8/9 of itself and what came next for itself: close to the
    // loss over all, and not off by the logarithm of a share.
    let config = config(Likeness::Dot);
    let mut trainer = trainer(&config);
    let all: Vec<u32> = (0..9).collect();
    let over_all = loss(&mut trainer, None, 0.0);
    let drawn = loss(&mut trainer, Some(&all), 0.0);
    assert!((over_all - drawn).abs() < 0.12, "{over_all} {drawn}");
}

#[test]
fn incremental_answers_are_those_of_the_whole_pass() {
    // The pass of training multiplies matrices, a step adds rows: the sums have another order.
    let config = config(Likeness::Cosine);
    let trainer = trainer(&config);
    let (batch, _) = batch();
    let mut drawn = rng(0, 0);
    let pass = forward(
        &trainer.parameters(),
        &batch,
        &mut Dropout::new(0.0, &mut drawn),
    );
    let outputs = Units::of(&pass.output, config.factors).vectors;
    let model = trainer.model();
    let view = model.view();
    let mut rows = outputs.chunks_exact(config.factors);
    let mut items = batch.items.iter();
    for &length in &batch.lengths {
        let mut state = view.start();
        for item in items.by_ref().take(length) {
            view.advance(&mut state, marquee_core::ItemIdx(*item));
            for (step, pass) in state.output.iter().zip(rows.next().unwrap()) {
                assert!((step - pass).abs() < 1e-5, "{:?}", state.output);
            }
        }
    }
}

#[test]
fn learning_rate_rises_then_falls() {
    assert!(schedule(0.0) < 0.02 && schedule(0.05) > 0.999 && schedule(1.0) < 1e-9);
    assert!(schedule(0.3) > schedule(0.6));
}
