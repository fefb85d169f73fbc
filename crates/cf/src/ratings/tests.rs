use marquee_core::{Dataset, HistoryEntry, Interaction, ItemIdx, Repeats, Timestamp, UserIdx};
use marquee_math::{fill_normal, rng};
use nalgebra::{DMatrix, DVector};

use super::{Links, Plan, RatingModel, RatingPredictor, train};
use crate::{Error, Recommender, Step, silent};

pub(super) fn plan(links: Links, samples: usize) -> Plan {
    Plan {
        name: "svdpp",
        factors: 2,
        iterations: 30,
        samples,
        patience: 0,
        regularization: 0.2,
        bias_regularization: 0.1,
        link_regularization: 5.0,
        links,
    }
}

fn normals(n: usize, stream: u64) -> Vec<f32> {
    let mut values = vec![0.0; n];
    fill_normal(&mut rng(77, stream), 1.0, &mut values);
    values
}

const USERS: usize = 60;
const ITEMS: usize = 40;

/// Ratings of a planted world of biases and two factors, and those it would give to the pairs left out.
fn planted() -> (Dataset, Vec<Vec<(u32, f32)>>) {
    let (p, q) = (normals(USERS * 2, 0), normals(ITEMS * 2, 1));
    let (b, c) = (normals(USERS, 2), normals(ITEMS, 3));
    let noise = normals(USERS * ITEMS, 4);
    let mut given = Vec::new();
    let mut held = vec![Vec::new(); USERS];
    for user in 0..USERS {
        for item in 0..ITEMS {
            let product: f32 = (0..2).map(|k| p[user * 2 + k] * q[item * 2 + k]).sum();
            let exact = 3.0 + 0.5 * b[user] + 0.5 * c[item] + product;
            let row = u32::try_from(item).unwrap();
            if (user * 7 + item * 3) % 4 == 0 {
                held[user].push((row, exact));
            } else {
                given.push(Interaction {
                    user: UserIdx(u32::try_from(user).unwrap()),
                    item: ItemIdx(row),
                    weight: exact + 0.1 * noise[user * ITEMS + item],
                    time: Timestamp::EPOCH,
                });
            }
        }
    }
    let data = Dataset::from_interactions(USERS, ITEMS, &given, Repeats::KeepLast);
    (data.unwrap(), held)
}

fn history(data: &Dataset, user: usize) -> Vec<HistoryEntry> {
    marquee_core::history_of(data.by_user().row(user))
}

/// Root of the mean squared error of the scores, which are not cut to the scale.
fn error(model: &RatingModel, data: &Dataset, held: &[Vec<(u32, f32)>]) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0);
    for (user, held) in held.iter().enumerate() {
        let mut scores = vec![0.0; ITEMS];
        model
            .view()
            .score_all(&history(data, user), &mut scores)
            .unwrap();
        for &(item, exact) in held {
            sum += f64::from(scores[item as usize] - exact).powi(2);
            n += 1.0;
        }
    }
    (sum / n).sqrt()
}

#[test]
fn planted_world_is_found() {
    let (data, held) = planted();
    for links in [Links::None, Links::Users, Links::Both] {
        for samples in [0, 20] {
            let model = train(&data, &plan(links, samples), 1, &mut silent()).unwrap();
            let error = error(&model, &data, &held);
            // The ratings' deviation is above 1.5, the noise's 0.1.
            assert!(error < 0.25, "{links:?}, {samples} draws: {error}");
        }
    }
}

/// The vector of a viewer against the normal equations in double precision.
#[test]
fn fold_in_is_the_minimum_of_the_formula() {
    let (data, _) = planted();
    let plan = plan(Links::None, 0);
    let model = train(&data, &plan, 1, &mut silent()).unwrap();
    let history = history(&data, 5);
    let got = model.view().fold_in(&history).unwrap();
    let design = DMatrix::from_fn(history.len(), 3, |row, k| {
        f64::from(model.designs[history[row].item.index() * 3 + k])
    });
    let target = DVector::from_fn(history.len(), |row, _| {
        let entry = history[row];
        f64::from(entry.weight - model.biases[entry.item.index()])
    });
    let own = DVector::from_vec(vec![0.1, 0.2, 0.2]);
    let system = design.tr_mul(&design) + DMatrix::from_diagonal(&own);
    let want = system.cholesky().unwrap().solve(&design.tr_mul(&target));
    for (got, want) in got.iter().zip(want.iter()) {
        assert!((f64::from(*got) - want).abs() < 1e-4, "{got} for {want}");
    }
}

/// With one factor that is zero throughout, a draw of a row is that of a normal mean: known in closed
/// form.
#[test]
fn draws_have_the_moments_of_the_posterior() {
    use super::{
        prior::Prior,
        side::{Choice, Side},
    };
    let rating = |user, weight| Interaction {
        user: UserIdx(user),
        item: ItemIdx(0),
        weight,
        time: Timestamp::EPOCH,
    };
    let n = 4000;
    let all: Vec<Interaction> = (0..n).map(|user| rating(user, 2.0)).collect();
    let data = Dataset::from_interactions(n as usize, 1, &all, Repeats::KeepLast).unwrap();
    let make = |rows: usize, view| Side {
        ratings: view,
        width: 1,
        vectors: vec![0.0; rows],
        designs: vec![1.0; rows],
        prior: Prior {
            mean: vec![1.0],
            precision: vec![3.0],
        },
        link: None,
    };
    let mut users = make(n as usize, data.by_user());
    let items = make(1, data.by_item());
    // Prior N(1, 1/3), one observation 2 - 0.5 with precision 2: N((3 + 3) / 5, 1/5).
    assert!(users.solve(&items, (0.5, 2.0), Choice::Drawn(9)));
    let count = f64::from(n);
    let mean = users.vectors.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    let spread = users
        .vectors
        .iter()
        .map(|&x| (f64::from(x) - mean).powi(2))
        .sum::<f64>()
        / count;
    assert!((mean - 1.2).abs() < 0.03, "{mean}");
    assert!((spread - 0.2).abs() < 0.02, "{spread}");
}

#[test]
fn error_falls() {
    let (data, _) = planted();
    let mut seen = Vec::new();
    train(&data, &plan(Links::Both, 0), 1, &mut |step: &Step| {
        seen.push(step.loss.unwrap());
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    assert!(seen[29] < 0.5 * seen[0] && seen[29] < 0.2, "{seen:?}");
}

#[test]
fn ratings_stay_within_the_scale_and_unknown_items_get_what_is_expected() {
    let (data, _) = planted();
    let model = train(&data, &plan(Links::Both, 5), 1, &mut silent()).unwrap();
    let view = model.view();
    let (low, high) = view.scale();
    let history = history(&data, 0);
    let items: Vec<Option<ItemIdx>> = (0..ITEMS)
        .map(|item| Some(ItemIdx::from_usize(item)))
        .chain([None])
        .collect();
    let mut ratings = vec![0.0; items.len()];
    view.predict(&history, &items, &mut ratings).unwrap();
    assert!(ratings.iter().all(|rating| (low..=high).contains(rating)));
    let mut scores = vec![0.0; ITEMS];
    view.score_all(&history, &mut scores).unwrap();
    for (score, rating) in scores.iter().zip(&ratings) {
        assert!((score.clamp(low, high) - rating).abs() < 1e-6);
    }
    let mean = ratings[..ITEMS].iter().sum::<f32>() / ITEMS as f32;
    assert!(
        (ratings[ITEMS] - mean).abs() < 1.0,
        "{} near {mean}",
        ratings[ITEMS]
    );
    let got = view.predict(&history, &[Some(ItemIdx(40))], &mut [0.0]);
    assert!(matches!(got, Err(Error::UnknownItem { item: 40, .. })));
}

#[test]
fn overflow_in_training_is_an_error() {
    let all: Vec<Interaction> = (0..4)
        .map(|item| Interaction {
            user: UserIdx(item % 2),
            item: ItemIdx(item),
            weight: if item % 2 == 0 { 3e38 } else { -3e38 },
            time: Timestamp::EPOCH,
        })
        .collect();
    let data = Dataset::from_interactions(2, 4, &all, Repeats::KeepLast).unwrap();
    for samples in [0, 3] {
        let got = train(&data, &plan(Links::Both, samples), 1, &mut silent());
        assert!(matches!(got, Err(Error::NotFinite { .. })), "{got:?}");
    }
}
