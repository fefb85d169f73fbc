use marquee_core::{Interaction, ItemIdx, Repeats, Timestamp, UserIdx};

use super::*;
use crate::EngineError;

/// 40 users with 10 items each out of 60, one a second.
fn data() -> Dataset {
    let touched = |at: u32| {
        let (user, place) = (at % 40, at / 40);
        Interaction {
            user: UserIdx(user),
            item: ItemIdx((user * 7 + place * 11) % 60),
            weight: 1.0,
            time: Timestamp::from_seconds(1000 + i64::from(at)),
        }
    };
    let all: Vec<Interaction> = (0..400).map(touched).collect();
    Dataset::from_interactions(40, 60, &all, Repeats::KeepLast).unwrap()
}

fn protocol(text: &str) -> Protocol {
    text.parse().unwrap()
}

/// Every row of training, history and items to find.
fn rows(fold: &Fold) -> Vec<Vec<u32>> {
    let train = fold
        .train()
        .by_user()
        .rows()
        .map(|row| row.columns.to_vec());
    let cases = fold
        .test()
        .iter()
        .map(|case| [case.history.columns, case.relevant.columns].concat());
    train.chain(cases).collect()
}

#[test]
fn held_out_users_of_the_evaluation_are_never_seen() {
    let data = data();
    let strong = protocol("strong:folds=5");
    let cut = Cut::nested(&data, strong, 7, 3).unwrap();
    let outer = strong.fold(&data, 0, 7).unwrap();
    assert_eq!(cut.folds().len(), 3);
    let sorted = |row: &[u32]| {
        let mut row = row.to_vec();
        row.sort_unstable();
        row
    };
    let mut allowed: Vec<Vec<u32>> = outer
        .train()
        .by_user()
        .rows()
        .map(|row| sorted(row.columns))
        .collect();
    allowed.sort();
    for fold in cut.folds() {
        let mut found: Vec<Vec<u32>> = rows(fold).iter().map(|row| sorted(row)).collect();
        found.sort();
        assert_eq!(found, allowed);
    }
    let users = |fold: &Fold| fold.test().users().to_vec();
    assert_ne!(users(&cut.folds()[0]), users(&cut.folds()[1]));
}

#[test]
fn items_to_find_in_the_evaluation_are_never_seen() {
    let data = data();
    for name in [
        "weak:held-out=0.3,validation=0.2",
        "last-out",
        "temporal:share=0.2",
    ] {
        let outer = protocol(name).fold(&data, 0, 7).unwrap();
        let cut = Cut::nested(&data, protocol(name), 7, 1).unwrap();
        let inner = &cut.folds()[0];
        let known = |user: usize| outer.train().by_user().row(user).columns.to_vec();
        for (user, row) in inner.train().by_user().rows().enumerate() {
            assert!(
                row.columns.iter().all(|item| known(user).contains(item)),
                "{name}"
            );
        }
        for case in inner.test().iter() {
            let row = known(case.user.index());
            assert!(
                case.relevant.columns.iter().all(|item| row.contains(item)),
                "{name}"
            );
        }
    }
}

#[test]
fn moment_in_time_becomes_a_share_of_what_came_before() {
    let cut = Cut::nested(&data(), protocol("temporal:cut-ms=1300000"), 7, 1).unwrap();
    let found = cut.folds()[0].test().n_relevant();
    // A quarter of 400 came after the cut, and so of the 300 before it 75 are to be found.
    assert_eq!(found, 75);
}

#[test]
fn folds_of_a_random_cut_are_drawn_anew() {
    let cut = Cut::random(&data(), 7, 2).unwrap();
    let [first, second] = cut.folds() else {
        panic!("{cut:?}");
    };
    assert_ne!(rows(first), rows(second));
    assert_eq!(first.test().n_relevant(), 80);
    assert_eq!(cut.n_users(), 80);
}

#[test]
fn fingerprint_tells_data_and_cuts_apart() {
    let print = |seed, n| Cut::random(&data(), seed, n).unwrap().fingerprint();
    assert_eq!(print(7, 1), print(7, 1));
    assert_ne!(print(7, 1), print(8, 1));
    assert_ne!(print(7, 1), print(7, 2));
}

#[test]
fn folds_that_are_not_there_and_data_that_is_too_small_are_refused() {
    let data = data();
    let folds = |name, n| Cut::nested(&data, protocol(name), 7, n).unwrap_err();
    for error in [folds("last-out", 2), folds("strong", 11), folds("weak", 0)] {
        assert!(
            matches!(error, EngineError::Tune(TuneError::Folds { .. })),
            "{error}"
        );
    }
    let one = |user: u32| Interaction {
        user: UserIdx(user),
        item: ItemIdx(0),
        weight: 1.0,
        time: Timestamp::EPOCH,
    };
    let lone = [one(0), one(1)];
    let lone = Dataset::from_interactions(2, 1, &lone, Repeats::KeepLast).unwrap();
    let error = Cut::random(&lone, 7, 1).unwrap_err();
    assert!(
        matches!(error, EngineError::Tune(TuneError::Cut(_))),
        "{error}"
    );
}

#[test]
fn usual_folds_are_those_of_the_help() {
    assert_eq!(Cut::usual_folds(protocol("strong")), 3);
    assert_eq!(Cut::usual_folds(protocol("strong:folds=2,validation=0")), 2);
    assert_eq!(Cut::usual_folds(protocol("last-out")), 1);
}
