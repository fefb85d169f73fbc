use std::ops::ControlFlow;

use marquee_core::{Dataset, HistoryEntry, Interaction, ItemIdx, Repeats, Timestamp, UserIdx};
use marquee_store::{Artifact, ArtifactBuilder};
use marquee_testkit::conformance::Personalization;
use nalgebra::{DMatrix, DVector};

use super::*;
use crate::{Error, Recommender, Step, conformance::Case, silent};

mod serving;

fn small(solver: AlsSolver) -> AlsConfig {
    AlsConfig {
        factors: 8,
        iterations: 8,
        regularization: 0.01,
        block: 3,
        solver,
        ..AlsConfig::default()
    }
}

const SOLVERS: [AlsSolver; 3] = [
    AlsSolver::Cholesky,
    AlsSolver::ConjugateGradient,
    AlsSolver::BlockCoordinate,
];

#[track_caller]
fn check_conformance(train: fn(&Dataset, u64) -> Result<AlsModel>) {
    let case = Case {
        train,
        view: |model: &AlsModel| Ok(Box::new(model.view())),
        save: AlsModel::to_artifact,
        open: |artifact| Ok(Box::new(AlsView::open(artifact)?)),
    };
    case.check(Personalization::ByHistory);
}

#[test]
fn exact_solver_conforms() {
    check_conformance(|data, seed| train(data, &small(AlsSolver::Cholesky), seed, &mut silent()));
}

#[test]
fn conjugate_gradients_conform() {
    check_conformance(|data, seed| {
        train(
            data,
            &small(AlsSolver::ConjugateGradient),
            seed,
            &mut silent(),
        )
    });
}

#[test]
fn blocks_of_coordinates_conform() {
    check_conformance(|data, seed| {
        train(
            data,
            &small(AlsSolver::BlockCoordinate),
            seed,
            &mut silent(),
        )
    });
}

/// 40 users by 25 items with weights, some of them below zero, and one item that nobody touched.
fn weighted() -> Dataset {
    let mut all = Vec::new();
    for user in 0..40_u32 {
        for item in 0..24_u32 {
            let mixed = (user * 131 + item * 71 + user * item * 17) % 101;
            if mixed < 30 || item % 4 == user % 4 {
                let level = u16::try_from(1 + mixed % 5).unwrap();
                let sign = if mixed % 11 == 0 { -1.0 } else { 1.0 };
                all.push(Interaction {
                    user: UserIdx(user),
                    item: ItemIdx(item),
                    weight: sign * f32::from(level),
                    time: Timestamp::EPOCH,
                });
            }
        }
    }
    Dataset::from_interactions(40, 25, &all, Repeats::KeepLast).unwrap()
}

fn losses(data: &Dataset, config: &AlsConfig) -> (AlsModel, Vec<f64>) {
    let mut seen = Vec::new();
    let mut progress = |step: &Step| {
        seen.push(step.loss.unwrap());
        ControlFlow::Continue(())
    };
    let model = train(data, config, 1, &mut progress).unwrap();
    (model, seen)
}

/// The vector that minimizes the loss for one user, by the formula of the module in double precision.
fn plain_fold_in(model: &AlsModel, history: &[HistoryEntry]) -> DVector<f64> {
    let (d, n_items) = (model.spectrum.len(), model.item_norms.len());
    let y = DMatrix::from_row_slice(n_items, d, &model.item_factors).map(f64::from);
    let a0 = f64::from(model.config.unobserved_weight);
    let confidence =
        |w: f32| f64::from(w.abs()).powf(model.confidence.exponent) / model.confidence.unit;
    let total: f64 = history.iter().map(|entry| confidence(entry.weight)).sum();
    let support = total + a0 * n_items as f64;
    let penalty = f64::from(model.config.regularization)
        * support.powf(f64::from(model.config.regularization_exponent));
    let mut system = y.tr_mul(&y) * a0 + DMatrix::identity(d, d) * penalty;
    let mut right = DVector::zeros(d);
    for entry in history {
        let row = y.row(entry.item.index()).transpose();
        system += &row * row.transpose() * confidence(entry.weight);
        if entry.weight > 0.0 {
            right += row * confidence(entry.weight);
        }
    }
    system.lu().solve(&right).unwrap()
}

fn histories(data: &Dataset) -> Vec<Vec<HistoryEntry>> {
    data.by_user()
        .rows()
        .map(marquee_core::history_of)
        .collect()
}

/// The whole loss, by the formula of the module.
fn plain_loss(model: &AlsModel, data: &Dataset) -> f64 {
    let (d, n_items) = (model.spectrum.len(), model.item_norms.len());
    let y = DMatrix::from_row_slice(n_items, d, &model.item_factors).map(f64::from);
    let (a0, r) = (
        f64::from(model.config.unobserved_weight),
        f64::from(model.config.regularization),
    );
    let v = f64::from(model.config.regularization_exponent);
    let (mut loss, mut of_item) = (0.0, vec![0.0; n_items]);
    for history in histories(data) {
        let x = plain_fold_in(model, &history);
        let scores = &y * &x;
        loss += a0 * scores.norm_squared();
        let mut total = 0.0;
        for entry in &history {
            let c = model.confidence.of_weight(entry.weight);
            let target = if entry.weight > 0.0 { 1.0 } else { 0.0 };
            loss += c * (target - scores[entry.item.index()]).powi(2);
            total += c;
            of_item[entry.item.index()] += c;
        }
        loss += r * (total + a0 * n_items as f64).powf(v) * x.norm_squared();
    }
    for (item, total) in of_item.iter().enumerate() {
        let square = y.row(item).norm_squared();
        loss += r * (total + a0 * data.n_users() as f64).powf(v) * square;
    }
    loss
}

#[test]
fn reported_loss_is_the_formula_once_it_stands_still() {
    let data = weighted();
    for solver in SOLVERS {
        // The formula is that of vectors as they are.
        let config = AlsConfig {
            iterations: 300,
            precision: AlsPrecision::Single,
            ..small(solver)
        };
        let (model, seen) = losses(&data, &config);
        let wanted = plain_loss(&model, &data);
        let last = seen[seen.len() - 1];
        assert!(
            (last - wanted).abs() < 1e-4 * wanted,
            "{solver:?}: {last} for {wanted}"
        );
    }
}

#[test]
fn loss_never_rises() {
    for solver in SOLVERS {
        let (_, seen) = losses(&weighted(), &small(solver));
        for pair in seen.windows(2) {
            assert!(pair[1] <= pair[0] * (1.0 + 1e-6), "{solver:?}: {seen:?}");
        }
    }
}

#[test]
fn other_solvers_reach_the_loss_of_the_exact_one() {
    let run = |solver| {
        let config = AlsConfig {
            iterations: 60,
            ..small(solver)
        };
        *losses(&weighted(), &config).1.last().unwrap()
    };
    let exact = run(AlsSolver::Cholesky);
    for solver in SOLVERS {
        assert!((run(solver) - exact).abs() < 0.02 * exact, "{solver:?}");
    }
}

#[test]
fn fold_in_is_the_minimum_of_the_formula() {
    let data = weighted();
    for factors in [1, 5, 8, 40] {
        let config = AlsConfig {
            factors,
            ..small(AlsSolver::Cholesky)
        };
        let model = train(&data, &config, 1, &mut silent()).unwrap();
        for history in histories(&data).iter().take(10) {
            let found = model.view().fold_in(history).unwrap();
            let wanted = plain_fold_in(&model, history);
            let size = wanted.amax();
            for (found, wanted) in found.iter().zip(wanted.iter()) {
                assert!(
                    (f64::from(*found) - wanted).abs() < 1e-4 * size,
                    "d = {factors}"
                );
            }
        }
    }
}

#[test]
fn spectrum_is_the_diagonal_of_the_items_gram_matrix() {
    let model = train(&weighted(), &small(AlsSolver::Cholesky), 1, &mut silent()).unwrap();
    let y = DMatrix::from_row_slice(25, 8, &model.item_factors);
    let gram = y.tr_mul(&y);
    for row in 0..8 {
        for column in 0..8 {
            let wanted = if row == column {
                model.spectrum[row]
            } else {
                0.0
            };
            assert!((gram[(row, column)] - wanted).abs() < 1e-5 * model.spectrum[0]);
        }
    }
}

#[test]
fn parts_of_a_score_sum_to_it_with_weights_and_dislikes() {
    let data = weighted();
    let model = train(&data, &small(AlsSolver::Cholesky), 1, &mut silent()).unwrap();
    for history in histories(&data).iter().take(10) {
        let got = model.view().explain(history, ItemIdx(3)).unwrap();
        assert!(got.relative_gap() < 1e-5, "{got:?}");
        for (part, entry) in got.contributions.iter().zip(history) {
            assert_eq!(part.item, entry.item);
            assert!(entry.weight > 0.0 || part.value == 0.0);
        }
    }
}

fn entry(item: u32, weight: f32) -> HistoryEntry {
    HistoryEntry {
        item: ItemIdx(item),
        weight,
        time: Timestamp::EPOCH,
    }
}

#[test]
fn many_histories_score_like_one_after_the_other() {
    let data = weighted();
    let model = train(&data, &small(AlsSolver::Cholesky), 1, &mut silent()).unwrap();
    let (view, histories) = (model.view(), histories(&data));
    let all: Vec<&[HistoryEntry]> = histories.iter().map(Vec::as_slice).collect();
    let (mut many, mut one) = (vec![0.0; 40 * 25], vec![0.0; 25]);
    view.score_many(&all, &mut many).unwrap();
    for (history, many) in all.iter().zip(many.chunks(25)) {
        view.score_all(history, &mut one).unwrap();
        assert!(
            one.iter()
                .zip(many)
                .all(|(one, many)| one.to_bits() == many.to_bits())
        );
    }
    assert!(matches!(
        view.score_many(&all, &mut one),
        Err(Error::ScoresLength { .. })
    ));
}

#[test]
fn dislike_lowers_the_score_of_what_is_disliked() {
    let model = train(&weighted(), &small(AlsSolver::Cholesky), 1, &mut silent()).unwrap();
    let score = |history: &[HistoryEntry]| {
        let mut scores = [0.0];
        let view = model.view();
        view.score(history, &[ItemIdx(8)], &mut scores).unwrap();
        scores[0]
    };
    let likes = [entry(0, 3.0), entry(4, 3.0)];
    let with_dislike = [entry(0, 3.0), entry(4, 3.0), entry(8, -3.0)];
    assert!(score(&with_dislike) < score(&likes));
}

#[test]
fn weight_of_zero_says_nothing() {
    let model = train(&weighted(), &small(AlsSolver::Cholesky), 1, &mut silent()).unwrap();
    let view = model.view();
    let (without, with) = ([entry(0, 3.0)], [entry(5, 0.0), entry(0, 3.0)]);
    assert_eq!(
        view.fold_in(&without).unwrap(),
        view.fold_in(&with).unwrap()
    );
    let got = view.explain(&with, ItemIdx(1)).unwrap();
    assert_eq!(got.contributions.len(), 2);
    assert!(got.contributions[0].value == 0.0 && got.contributions[1].value != 0.0);
}

#[test]
fn unit_of_the_weights_does_not_matter() {
    let data = weighted();
    let scaled = {
        let mut rows = data.by_user().to_rows();
        let weights = rows.weights.as_mut().unwrap();
        weights.iter_mut().for_each(|weight| *weight *= 16.0);
        Dataset::from_rows(rows)
    };
    let config = small(AlsSolver::Cholesky);
    let loss = |data| *losses(data, &config).1.last().unwrap();
    assert!((loss(&data) - loss(&scaled)).abs() < 1e-6 * loss(&data));
}

#[test]
fn item_that_nobody_touched_has_no_neighbors_and_is_nobodys() {
    let model = train(&weighted(), &small(AlsSolver::Cholesky), 1, &mut silent()).unwrap();
    let view = model.view();
    assert!(view.similar_items(ItemIdx(24), 5).unwrap().is_empty());
    let all = view.similar_items(ItemIdx(0), 100).unwrap();
    assert_eq!(all.len(), 23);
    assert!(all.iter().all(|scored| scored.score <= 1.0 + 1e-5));
}

#[test]
fn overflow_in_training_is_an_error() {
    let config = AlsConfig {
        init_std: 1e30,
        ..small(AlsSolver::Cholesky)
    };
    let got = train(&weighted(), &config, 1, &mut silent());
    assert!(
        matches!(got, Err(Error::NotFinite { iteration: 1, .. })),
        "{got:?}"
    );
}

#[test]
fn each_field_is_checked() {
    type Change = fn(&mut AlsConfig);
    let wrong: [(&str, Change); 8] = [
        ("factors", |config| config.factors = 0),
        ("iterations", |config| config.iterations = 0),
        ("cg_steps", |config| config.cg_steps = 0),
        ("block", |config| config.block = 0),
        ("regularization", |config| config.regularization = -0.1),
        ("regularization_exponent", |config| {
            config.regularization_exponent = f32::NAN
        }),
        ("unobserved_weight", |config| {
            config.unobserved_weight = f32::INFINITY
        }),
        ("weight_exponent", |config| config.weight_exponent = -1.0),
    ];
    for (field, spoil) in wrong {
        let mut config = AlsConfig::default();
        config.validate().unwrap();
        spoil(&mut config);
        let got = config.validate();
        assert!(matches!(got, Err(Error::Config { field: found, .. }) if found == field));
    }
}

#[test]
fn what_is_not_given_goes_by_the_size() {
    #[track_caller]
    fn check(config: &AlsConfig, size: (usize, usize), want: (f32, f32)) {
        let got = config.for_size(size.0, size.1);
        let near = |got: f32, want: f32| (got - want).abs() < 1e-6;
        let found = (got.regularization, got.unobserved_weight);
        assert!(near(found.0, want.0) && near(found.1, want.1), "{found:?}");
    }
    let config = AlsConfig::default();
    check(&config, (10, 10), (0.01, 1.0));
    check(&config, (980, 2000), (0.01, 0.5));
    // Eight times 1,500 on each side.
    check(&config, (12_000, 12_000), (0.005, 700.0 / 12_000.0));
    let given = AlsConfig {
        regularization: 0.02,
        unobserved_weight: 0.3,
        ..config
    };
    check(&given, (12_000, 12_000), (0.02, 0.3));
}

#[test]
fn sections_that_do_not_fit_are_named() {
    let mut artifact = ArtifactBuilder::new(NAME, 1);
    artifact
        .section("item_factors", &[2, 3], &[0.0_f32; 6])
        .section("item_norms", &[1], &[0.0_f32; 1])
        .section("spectrum", &[3], &[0.0_f32; 3])
        .section("fold_in", &[5], &[0.0_f64; 5]);
    let artifact = Artifact::from_bytes(&artifact.to_bytes().unwrap()).unwrap();
    let got = AlsView::open(&artifact);
    assert!(matches!(
        got,
        Err(Error::SectionShape {
            section: "item_norms",
            ..
        })
    ));
}

#[test]
fn numbers_of_a_damaged_file_give_an_error_and_no_panic() {
    let mut artifact = ArtifactBuilder::new(NAME, 1);
    artifact
        .section("item_factors", &[2, 1], &[f32::NAN; 2])
        .section("item_norms", &[2], &[f32::NAN; 2])
        .section("spectrum", &[1], &[-1.0_f32])
        .section("fold_in", &[5], &[f64::NAN; 5]);
    let artifact = Artifact::from_bytes(&artifact.to_bytes().unwrap()).unwrap();
    let view = AlsView::open(&artifact).unwrap();
    let got = view.fold_in(&[entry(1, 2.0)]);
    assert!(matches!(got, Err(Error::NotFinite { .. })));
    assert!(view.similar_items(ItemIdx(0), 3).unwrap().is_empty());
}

#[test]
fn rounded_outer_products_cost_nothing() {
    let data = weighted();
    for solver in [AlsSolver::Cholesky, AlsSolver::ConjugateGradient] {
        let last = |precision| {
            let config = AlsConfig {
                precision,
                ..small(solver)
            };
            *losses(&data, &config).1.last().unwrap()
        };
        let (exact, rounded) = (last(AlsPrecision::Single), last(AlsPrecision::Bfloat16));
        // On a machine without matrix tiles they are the same.
        assert!((rounded / exact - 1.0).abs() < 2e-3, "{rounded} {exact}");
    }
}
