use marquee_core::{Dataset, Interaction, ItemIdx, Repeats, Timestamp, UserIdx};

use super::*;
use crate::{Fold, GivenSplit};

/// Two users, who gave 4 and 2, and 5.
fn fold() -> Fold {
    let data = |ratings: &[(u32, u32, f32)]| {
        let one = |&(user, item, weight): &(u32, u32, f32)| Interaction {
            user: UserIdx(user),
            item: ItemIdx(item),
            weight,
            time: Timestamp::EPOCH,
        };
        let all: Vec<Interaction> = ratings.iter().map(one).collect();
        Dataset::from_interactions(2, 4, &all, Repeats::KeepLast).unwrap()
    };
    let split = GivenSplit {
        train: data(&[(0, 0, 3.0), (1, 0, 3.0)]),
        validation: None,
        test: data(&[(0, 1, 4.0), (0, 2, 2.0), (1, 3, 5.0)]),
    };
    split.fold().unwrap()
}

fn figures(evaluation: &RatingEvaluation) -> (Mean, Mean) {
    let all = evaluation.summary();
    let get = |name: &str| all.get(name.parse().unwrap()).unwrap();
    (get("rmse"), get("mae"))
}

#[test]
fn errors_worked_by_hand() {
    let fold = fold();
    let evaluator = RatingEvaluator::new(fold.test());
    evaluator.record(1, &[3.0]).unwrap();
    evaluator.record(0, &[3.0, 2.0]).unwrap();
    let (rmse, mae) = figures(&evaluator.finish().unwrap());
    // Errors 1, 0 and 2: squares 1 + 0 + 4 of three ratings, absolute 1 + 0 + 2.
    assert!((rmse.mean - (5.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    assert!((mae.mean - 1.0).abs() < 1e-12);
    // Off from a mean of 1 by user: 1 - 2 and 2 - 1, by 1.5 ratings a user.
    assert!((mae.se.unwrap() - 2.0 / 3.0).abs() < 1e-12);
    // Squares off from 5/3: 1 - 10/3 and 4 - 5/3, each 7/3, by 1.5; then by twice the root.
    let of_squares = 7.0 / 3.0 / 1.5;
    assert!((rmse.se.unwrap() - of_squares / 2.0 / rmse.mean).abs() < 1e-12);
    assert_eq!((rmse.n, mae.n), (2, 2));
}

#[test]
fn perfect_predictions_have_no_error_and_no_spread() {
    let fold = fold();
    let evaluator = RatingEvaluator::new(fold.test());
    evaluator.record(0, &[4.0, 2.0]).unwrap();
    evaluator.record(1, &[5.0]).unwrap();
    let (rmse, mae) = figures(&evaluator.finish().unwrap());
    assert_eq!((rmse.mean, rmse.se), (0.0, Some(0.0)));
    assert_eq!((mae.mean, mae.se), (0.0, Some(0.0)));
}

#[test]
fn folds_add_up() {
    let fold = fold();
    let evaluate = |first: &[f32], second: &[f32]| {
        let evaluator = RatingEvaluator::new(fold.test());
        evaluator.record(0, first).unwrap();
        evaluator.record(1, second).unwrap();
        evaluator.finish().unwrap()
    };
    let mut both = evaluate(&[4.0, 2.0], &[5.0]);
    both.append(&evaluate(&[6.0, 2.0], &[5.0]));
    let (rmse, mae) = figures(&both);
    assert!((rmse.mean - (4.0_f64 / 6.0).sqrt()).abs() < 1e-12);
    assert!((mae.mean - 2.0 / 6.0).abs() < 1e-12);
    assert_eq!(mae.n, 4);
}

#[test]
fn what_does_not_fit_is_refused() {
    let fold = fold();
    let evaluator = RatingEvaluator::new(fold.test());
    let few = evaluator.record(0, &[1.0]);
    assert!(matches!(few, Err(Error::Predictions { expected: 2, .. })));
    let nan = evaluator.record(1, &[f32::NAN]);
    assert!(matches!(nan, Err(Error::NotFinite { position: 0, .. })));
    let past = evaluator.record(2, &[]);
    assert_eq!(
        past,
        Err(Error::NoSuchCase {
            case: 2,
            n_cases: 2
        })
    );
    evaluator.record(1, &[1.0]).unwrap();
    assert_eq!(evaluator.record(1, &[1.0]), Err(Error::Twice { case: 1 }));
    let missing = evaluator.finish();
    assert!(matches!(
        missing,
        Err(Error::Missing {
            first: 0,
            missing: 1,
            ..
        })
    ));
}
