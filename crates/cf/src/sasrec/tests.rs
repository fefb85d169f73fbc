use marquee_core::{Dataset, HistoryEntry, ItemIdx, SparseRows, Timestamp};
use marquee_store::{Artifact, ArtifactBuilder};
use marquee_testkit::conformance::Personalization;

use super::*;
use crate::{Error, Recommender, conformance::Case, silent};

/// Small enough for tests.
fn small() -> SasrecConfig {
    SasrecConfig {
        factors: 16,
        layers: 1,
        hidden: 16,
        likeness: Likeness::Cosine,
        temperature: 0.07,
        negatives: 0,
        dropout: 0.3,
        learning_rate: 0.01,
        batch_events: 128,
        epochs: 20,
        ..SasrecConfig::default()
    }
}

fn case(train: fn(&Dataset, u64) -> Result<SasrecModel>) -> Case<SasrecModel> {
    Case {
        train,
        view: |model| Ok(Box::new(model.view())),
        save: SasrecModel::to_artifact,
        open: |artifact| Ok(Box::new(SasrecView::open(artifact)?)),
    }
}

#[test]
fn all_items_and_angles_conform() {
    let case = case(|data, seed| {
        let config = SasrecConfig {
            likeness: Likeness::Cosine,
            temperature: 0.1,
            negatives: 0,
            ..small()
        };
        train(data, &config, seed, &mut silent())
    });
    case.check(Personalization::ByHistory);
}

#[test]
fn drawn_items_dot_products_and_a_narrow_window_conform() {
    let case = case(|data, seed| {
        let config = SasrecConfig {
            likeness: Likeness::Dot,
            temperature: 1.0,
            negatives: 20,
            layers: 2,
            window: 4,
            validation: 30,
            ..small()
        };
        train(data, &config, seed, &mut silent())
    });
    case.check(Personalization::ByHistory);
}

fn sequences(n_items: usize, rows: &[Vec<u32>]) -> Dataset {
    let mut all = SparseRows {
        n_columns: n_items,
        offsets: vec![0],
        ..SparseRows::default()
    };
    for row in rows {
        all.columns.extend_from_slice(row);
        all.offsets.push(all.columns.len() as u64);
    }
    Dataset::from_rows(all)
}

fn entry(item: u32) -> HistoryEntry {
    HistoryEntry {
        item: ItemIdx(item),
        weight: 1.0,
        time: Timestamp::EPOCH,
    }
}

/// Everybody counts on from where he is, up or down: only order tells the next item.
fn counting() -> Dataset {
    let row = |start: u32| {
        let up = (0..6).map(|step| (start + step) % 12).collect();
        let down = (0..6).map(|step| (start + 24 - step) % 12).collect();
        [up, down]
    };
    let rows: Vec<Vec<u32>> = (0..60).flat_map(row).collect();
    sequences(12, &rows)
}

fn counted() -> SasrecModel {
    let config = SasrecConfig {
        dropout: 0.1,
        window: 3,
        epochs: 40,
        layers: 2,
        ..small()
    };
    train(&counting(), &config, 1, &mut silent()).unwrap()
}

#[test]
fn order_tells_what_comes_next() {
    let model = counted();
    let best = |history: &[u32]| {
        let history: Vec<_> = history.iter().map(|&item| entry(item)).collect();
        let mut scores = vec![0.0; 12];
        model.view().score_all(&history, &mut scores).unwrap();
        marquee_math::top_k(&scores, 1)[0].index
    };
    assert_eq!(best(&[3, 4, 5]), 6);
    assert_eq!(best(&[7, 6, 5]), 4);
    assert_eq!(best(&[0, 1]), 2);
    assert_eq!(best(&[2, 1]), 0);
}

#[test]
fn pushed_events_answer_like_the_whole_history_bit_for_bit() {
    let model = counted();
    let view = model.view();
    // Far longer than the window of 3 in 2 layers: a history is then read from its last 5 events on,
    // and the memory of a state has gone around several times.
    let history: Vec<_> = (0..40).map(|n| entry(n * n % 12)).collect();
    let mut state = view.start();
    let (mut whole, mut pushed) = (vec![0.0; 12], vec![0.0; 12]);
    for n in 0..=history.len() {
        assert_eq!(state.seen(), n);
        view.score_all(&history[..n], &mut whole).unwrap();
        view.score_state(&state, &mut pushed).unwrap();
        let bits = |scores: &[f32]| scores.iter().map(|s| s.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&whole), bits(&pushed), "after {n} events");
        if let Some(&event) = history.get(n) {
            view.push(&mut state, event).unwrap();
        }
    }
    let before = state.clone();
    assert!(matches!(
        view.push(&mut state, entry(12)),
        Err(Error::UnknownItem { .. })
    ));
    assert_eq!(state, before);
}

#[test]
fn what_was_asked_before_changes_no_bit() {
    let model = counted();
    let (view, items) = (model.view(), [0, 5, 11].map(ItemIdx));
    // Two viewers in turns, one going back to what was known before, with jumps of some events.
    let histories = [20, 21, 21, 25, 3, 4, 40, 0, 41, 20].map(|end| {
        let all = (0..end).map(|n| entry((n * n + end / 30) % 12));
        all.collect::<Vec<_>>()
    });
    for history in &histories {
        let (mut found, mut wanted) = ([0.0; 12], [0.0; 12]);
        view.score_all(history, &mut found).unwrap();
        model.view().score_all(history, &mut wanted).unwrap();
        assert_eq!(found.map(f32::to_bits), wanted.map(f32::to_bits));
        let (mut found, mut wanted) = ([0.0; 3], [0.0; 3]);
        view.score(history, &items, &mut found).unwrap();
        model.view().score(history, &items, &mut wanted).unwrap();
        assert_eq!(found.map(f32::to_bits), wanted.map(f32::to_bits));
    }
}

#[test]
fn a_history_that_was_asked_for_costs_one_step() {
    let model = counted();
    let view = model.view();
    let history: Vec<_> = (0..40).map(|n| entry(n % 12)).collect();
    let steps = |end: usize| {
        let mut steps = 0;
        view.memo.state(
            (&history[..end], 5),
            || view.start(),
            |state, entry| {
                steps += 1;
                view.push(state, *entry).unwrap();
            },
            |_| (),
        );
        steps
    };
    assert_eq!([30, 30, 31, 34, 33, 36].map(steps), [5, 0, 1, 3, 5, 2]);
}

#[test]
fn validation_ends_training_and_keeps_the_best() {
    let config = SasrecConfig {
        validation: 30,
        patience: 2,
        epochs: 300,
        learning_rate: 0.05,
        ..small()
    };
    let mut seen = Vec::new();
    let world = marquee_testkit::conformance::BlockWorld::small(3);
    let mut progress = |step: &crate::Step| {
        seen.extend(step.judged);
        std::ops::ControlFlow::Continue(())
    };
    train(&world.data, &config, 1, &mut progress).unwrap();
    assert!(seen.len() < 300, "{} passes", seen.len());
    let best = seen.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let place = seen.iter().position(|judged| *judged >= best).unwrap();
    assert_eq!(place + 3, seen.len(), "{seen:?}");
}

#[test]
fn nothing_to_predict_is_refused() {
    let data = sequences(3, &[vec![0], vec![2]]);
    let got = train(&data, &small(), 1, &mut silent());
    assert!(matches!(got, Err(Error::NoInteractions { .. })));
}

#[test]
fn configurations_out_of_range_are_refused() {
    let field = |change: fn(&mut SasrecConfig)| {
        let mut config = small();
        change(&mut config);
        match config.validate() {
            Err(Error::Config { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(field(|config| config.factors = 15), "factors");
    assert_eq!(field(|config| config.layers = 0), "layers");
    assert_eq!(field(|config| config.max_length = 1), "max_length");
    assert_eq!(field(|config| config.dropout = 1.0), "dropout");
    assert_eq!(field(|config| config.temperature = 0.0), "temperature");
}

#[test]
fn sections_that_do_not_fit_are_refused() {
    let data = sequences(3, &[vec![0, 1, 2]]);
    let config = SasrecConfig {
        epochs: 1,
        ..small()
    };
    let model = train(&data, &config, 1, &mut silent()).unwrap();
    let open = |shape: &[u64]| {
        let mut builder = ArtifactBuilder::new(NAME, 1);
        builder.section("items", &[3, 16], &model.items);
        builder.section("item_scales", &[3], &model.item_scales);
        builder.section("dense", &[model.dense.len() as u64], &model.dense);
        builder.section("shape", &[shape.len() as u64], shape);
        let artifact = Artifact::from_bytes(&builder.to_bytes().unwrap()).unwrap();
        SasrecView::open(&artifact).map(|_| ())
    };
    let good = [16, 1, 2, 16, 50, 1];
    assert!(open(&good).is_ok());
    assert!(matches!(open(&good[1..]), Err(Error::SectionShape { .. })));
    let wrong = |place: usize, size: u64| {
        let mut shape = good;
        shape[place] = size;
        open(&shape).unwrap_err()
    };
    assert!(matches!(wrong(0, 8), Error::SectionShape { .. }));
    assert!(matches!(wrong(1, 2), Error::SectionShape { .. }));
    assert!(matches!(wrong(2, 3), Error::Config { .. }));
    assert!(matches!(wrong(4, 0), Error::Config { .. }));
    assert!(matches!(wrong(4, u64::MAX), Error::Config { .. }));
    assert!(matches!(wrong(5, 2), Error::Config { .. }));
}
