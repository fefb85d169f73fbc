use marquee_core::{Dataset, SparseRows};
use marquee_testkit::conformance::Personalization;

use super::{
    batch::{Problem, Rivals},
    *,
};
use crate::{ContextModel, Error, conformance::Case, silent};

fn quick() -> LightgcnConfig {
    LightgcnConfig {
        factors: 16,
        epochs: 30,
        batch_users: 16,
        negatives: 40,
        temperature: 0.4,
        learning_rate: 0.02,
        validation_users: 0,
        ..LightgcnConfig::default()
    }
}

#[test]
fn conforms() {
    let case = Case {
        train: |data, seed| train(data, &quick(), seed, &mut silent()),
        view: |model| Ok(Box::new(model.view())),
        save: ContextModel::to_artifact,
        open: |artifact| Ok(Box::new(open(artifact)?)),
    };
    case.check(Personalization::ByHistory);
}

const D: usize = 3;
const N_ITEMS: usize = 6;

fn rows() -> SparseRows {
    SparseRows {
        n_columns: N_ITEMS,
        offsets: vec![0, 3, 4, 8],
        columns: vec![0, 2, 5, 1, 5, 3, 2, 4],
        ..SparseRows::default()
    }
}

fn start() -> Vec<f64> {
    let mut values = vec![0.0_f32; N_ITEMS * D];
    marquee_math::fill_normal(&mut marquee_math::rng(5, 0), 1.0, &mut values);
    values.iter().map(|&value| f64::from(value)).collect()
}

/// The loss by its formula, in double precision.
fn loss(items: &[f64], drawn: Option<&[u32]>, (temperature, discount): (f64, f64)) -> f64 {
    let rows = rows();
    let item = |row: u32| &items[row as usize * D..][..D];
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut total = 0.0;
    for user in [0, 2] {
        let touched = rows.view().row(user).columns;
        let vector: Vec<f64> = (0..D)
            .map(|k| touched.iter().map(|&touched| item(touched)[k]).sum())
            .collect();
        let strength = |row: u32| {
            let sizes = dot(&vector, &vector) * dot(item(row), item(row));
            (dot(&vector, item(row)) / sizes.sqrt() / temperature).exp()
        };
        for &own in touched {
            let all: f64 = match drawn {
                None => (0..).take(N_ITEMS).map(strength).sum(),
                Some(drawn) => {
                    let share = (N_ITEMS - 1) as f64 / drawn.len() as f64;
                    let others: f64 = drawn.iter().map(|&row| strength(row)).sum();
                    strength(own) + share * others
                }
            };
            let weight = (touched.len() as f64).powf(-discount);
            total -= weight * (strength(own) / all).ln();
        }
    }
    total
}

#[track_caller]
fn check_slopes(drawn: Option<&[u32]>, discount: f64) {
    let rows = rows();
    let exact = start();
    let items: Vec<f32> = exact
        .iter()
        .map(|&value| crate::check::narrow(value))
        .collect();
    let problem = Problem {
        by_user: rows.view(),
        items: &items,
        d: D,
        temperature: 0.5,
        discount,
    };
    let got = problem.solve(&[0, 2], drawn.map_or(Rivals::All, Rivals::Drawn));
    let how = (0.5, discount);
    assert!((got.loss - loss(&exact, drawn, how)).abs() < 1e-4);
    assert!(got.rows.is_sorted());
    for at in 0..exact.len() {
        let moved = |by: f64| {
            let mut items = exact.clone();
            items[at] += by;
            loss(&items, drawn, how)
        };
        let want = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        let row = u32::try_from(at / D).unwrap();
        let place = got.rows.binary_search(&row);
        let found = place.map_or(0.0, |place| f64::from(got.values[place * D + at % D]));
        assert!(
            (found - want).abs() < 1e-3,
            "number {at}: {found} for {want}"
        );
    }
}

#[test]
fn slopes_are_those_of_the_loss() {
    check_slopes(None, 0.0);
    check_slopes(None, 0.7);
    check_slopes(Some(&[1, 5, 1, 0]), 0.0);
    check_slopes(Some(&[3, 3]), 1.0);
}

#[test]
fn loss_falls() {
    let data = marquee_testkit::conformance::BlockWorld::small(3).data;
    let mut seen = Vec::new();
    train(&data, &quick(), 1, &mut |step: &crate::Step| {
        seen.extend(step.loss);
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    assert!(seen[29] < 0.9 * seen[0], "{seen:?}");
}

#[test]
fn dislikes_are_no_touches() {
    let data = Dataset::from_rows(SparseRows {
        weights: Some(vec![-1.0; 8]),
        ..rows()
    });
    let got = train(&data, &quick(), 1, &mut silent());
    assert!(matches!(got, Err(Error::NoInteractions { .. })));
}

#[test]
fn overflow_in_training_is_an_error() {
    let data = marquee_testkit::conformance::BlockWorld::small(3).data;
    let config = LightgcnConfig {
        init_std: f32::MAX,
        ..quick()
    };
    let got = train(&data, &config, 1, &mut silent());
    assert!(matches!(got, Err(Error::NotFinite { .. })), "{got:?}");
}

#[test]
fn each_field_is_checked() {
    type Change = fn(&mut LightgcnConfig);
    let wrong: [(&str, Change); 8] = [
        ("factors", |config| config.factors = 0),
        ("epochs", |config| config.epochs = 0),
        ("batch_users", |config| config.batch_users = 0),
        ("negatives", |config| config.negatives = 0),
        ("temperature", |config| config.temperature = 0.0),
        ("learning_rate", |config| config.learning_rate = f64::NAN),
        ("activity_discount", |config| config.activity_discount = 1.5),
        ("init_std", |config| config.init_std = 0.0),
    ];
    for (field, spoil) in wrong {
        let mut config = LightgcnConfig::default();
        config.validate().unwrap();
        spoil(&mut config);
        let got = config.validate();
        assert!(matches!(got, Err(Error::Config { field: found, .. }) if found == field));
    }
}
