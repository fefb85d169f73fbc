use marquee_core::{Dataset, Interaction, ItemIdx, Repeats, Timestamp, UserIdx};
use marquee_testkit::conformance::BlockWorld;

use super::{
    batch::{State, Touches, Walk},
    blocks::{Biases, Block, Rate},
    negatives::Negatives,
    objective::Objective,
    train::{LINK_STEPS, Plan, learn, link},
};
use crate::{BprConfig, Error, Step, bpr, silent};

fn plan(objective: Objective) -> Plan {
    Plan {
        name: "bpr",
        objective,
        factors: 20,
        epochs: 40,
        batch: 64,
        learning_rate: 0.1,
        regularization: 0.002,
        init_std: 0.1,
        popularity_power: 0.0,
        validation_users: 40,
        patience: 0,
        length_exponent: 0.5,
        link_regularization: 0.1,
    }
}

const BOTH: [Objective; 2] = [Objective::Logistic, Objective::Hinge { trials: 20 }];

/// One step on one pair, against the formula worked in double precision.
#[test]
fn step_is_that_of_the_formula() {
    let one = Interaction {
        user: UserIdx(0),
        item: ItemIdx(0),
        weight: 1.0,
        time: Timestamp::EPOCH,
    };
    let data = Dataset::from_interactions(1, 2, &[one], Repeats::KeepLast).unwrap();
    let touches = Touches::new(data.by_user());
    let negatives = Negatives::new(data.by_user(), &[1, 0], 0.0);
    let (eta, r) = (0.3, 0.01);
    let walk = Walk {
        touches: &touches,
        negatives: &negatives,
        objective: Objective::Logistic,
        rate: Rate {
            learning_rate: eta,
            regularization: r,
        },
    };
    let mut state = State {
        blocks: vec![Block::new((1, 2), 3, 1.0, 7)],
        biases: Biases::new(2),
    };
    let before = state.vectors(3);
    let loss = state.learn(&walk, &[0], (1, 1), &mut Vec::new());
    let after = state.vectors(3);
    let [p, q, n] = [&before.users[..], &before.items[..3], &before.items[3..]].map(|vector| {
        vector
            .iter()
            .map(|&value| f64::from(value))
            .collect::<Vec<f64>>()
    });
    let margin: f64 = (0..3).map(|k| p[k] * (q[k] - n[k])).sum();
    let g = 1.0 / (1.0 + margin.exp());
    assert!((loss - (1.0 + (-margin).exp()).ln()).abs() < 1e-5);
    // Adagrad's first step is the rate in the direction of the gradient's sign, to 1e-4.
    let moved = |value: f64, toward: f64| value + f64::from(eta) * toward.signum();
    for k in 0..3 {
        let r = f64::from(r);
        let want = [
            moved(p[k], g * (q[k] - n[k]) - r * p[k]),
            moved(q[k], g * p[k] - r * q[k]),
            moved(n[k], -g * p[k] - r * n[k]),
        ];
        let got = [after.users[k], after.items[k], after.items[3 + k]];
        for (got, want) in got.iter().zip(want) {
            assert!((f64::from(*got) - want).abs() < 1e-3, "{got} for {want}");
        }
    }
    assert!((after.biases[0] - eta).abs() < 1e-3 && (after.biases[1] + eta).abs() < 1e-3);
}

#[test]
fn loss_falls() {
    let data = BlockWorld::small(3).data;
    for objective in BOTH {
        let mut seen = Vec::new();
        learn(&data, &plan(objective), 1, &mut |step: &Step| {
            seen.push(step.loss.unwrap());
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
        assert!(seen[39] < 0.5 * seen[0], "{objective:?}: {seen:?}");
    }
}

/// The vectors that histories are given say of all pairs nearly what the trained ones do.
#[test]
fn contexts_come_close_to_the_trained_vectors() {
    let data = BlockWorld::small(3).data;
    for objective in BOTH {
        let plan = plan(objective);
        let vectors = learn(&data, &plan, 1, &mut silent()).unwrap();
        let contexts = link(&data, &plan, &vectors.users, LINK_STEPS);
        let mut cosines = 0.0;
        for (row, trained) in data.by_user().rows().zip(vectors.users.chunks(20)) {
            let mut folded = vec![0.0; 20];
            for &item in row.columns {
                let context = &contexts[item as usize * 20..][..20];
                folded
                    .iter_mut()
                    .zip(context)
                    .for_each(|(sum, part)| *sum += part);
            }
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            let sizes = dot(trained, trained) * dot(&folded, &folded);
            cosines += dot(trained, &folded) / sizes.sqrt();
        }
        let mean = cosines / data.n_users() as f32;
        assert!(mean > 0.8, "{objective:?}: {mean}");
    }
}

#[test]
fn patience_ends_training_early() {
    let data = BlockWorld::small(3).data;
    let mut epochs = 0;
    let hasty = Plan {
        epochs: 500,
        patience: 3,
        ..plan(Objective::Logistic)
    };
    learn(&data, &hasty, 1, &mut |_: &Step| {
        epochs += 1;
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    assert!((4..500).contains(&epochs), "{epochs} epochs");
}

#[test]
fn dislikes_are_no_touches() {
    let touch = |item, weight| Interaction {
        user: UserIdx(0),
        item: ItemIdx(item),
        weight,
        time: Timestamp::EPOCH,
    };
    let only = [touch(0, -1.0), touch(1, 0.0)];
    let data = Dataset::from_interactions(1, 3, &only, Repeats::KeepLast).unwrap();
    let got = bpr::train(&data, &BprConfig::default(), 1, &mut silent());
    assert!(matches!(got, Err(Error::NoInteractions { .. })));
}

#[test]
fn overflow_in_training_is_an_error() {
    let data = BlockWorld::small(3).data;
    let config = BprConfig {
        init_std: 1e30,
        epochs: 3,
        ..BprConfig::default()
    };
    let got = bpr::train(&data, &config, 1, &mut silent());
    assert!(matches!(got, Err(Error::NotFinite { .. })), "{got:?}");
}
