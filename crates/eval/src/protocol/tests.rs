use std::collections::{BTreeMap, BTreeSet};

use marquee_core::{Interaction, ItemIdx, Repeats, Row, Timestamp, UserIdx};
use proptest::prelude::*;

use super::*;
use crate::{CaseList, fold::Cases};

fn dataset(n_users: usize, n_items: usize, all: &[(u32, u32, i64)]) -> Dataset {
    let one = |&(user, item, seconds): &(u32, u32, i64)| Interaction {
        user: UserIdx(user),
        item: ItemIdx(item),
        // Tells every pair from every other, so that a mixed-up weight shows.
        weight: 2.0 + (user * 100 + item) as f32,
        time: Timestamp::from_seconds(seconds),
    };
    let all: Vec<Interaction> = all.iter().map(one).collect();
    Dataset::from_interactions(n_users, n_items, &all, Repeats::KeepLast).unwrap()
}

/// Entries of a row: item to weight and time.
type Entries = BTreeMap<u32, (u32, Timestamp)>;

fn entries(row: Row<'_>) -> Entries {
    (0..row.len())
        .map(|place| {
            let said = (row.weight(place).to_bits(), row.time(place));
            (row.columns[place], said)
        })
        .collect()
}

/// The two together, which have nothing in common.
#[track_caller]
fn disjoint_union(mut left: Entries, right: &Entries) -> Entries {
    for (item, said) in right {
        assert!(
            left.insert(*item, *said).is_none(),
            "item {item} is in both"
        );
    }
    left
}

/// What holds of every fold of `data`.
fn check_cases(data: &Dataset, cases: CaseList<'_>) {
    assert!(cases.users().is_sorted());
    for case in cases.iter() {
        assert!(!case.relevant.is_empty());
        let all = entries(data.by_user().row(case.user.index()));
        let known = entries(case.history);
        let to_find = entries(case.relevant);
        let both = disjoint_union(known.clone(), &to_find);
        for (item, said) in &both {
            assert_eq!(all.get(item), Some(said), "weights and times are kept");
        }
        let order = |row: Row<'_>| {
            let original = data.by_user().row(case.user.index()).columns;
            let place = |item| original.iter().position(|other| other == item);
            let places: Vec<_> = row.columns.iter().map(place).collect();
            places.is_sorted()
        };
        assert!(order(case.history) && order(case.relevant));
        if let Some(row) = case.train_row {
            let trained = entries(cases.train().by_user().row(row.index()));
            assert!(trained.keys().all(|item| known.contains_key(item)));
        }
    }
    assert_eq!(cases.n_repeated(), 0);
}

fn check_warm(data: &Dataset, fold: &Fold) {
    check_cases(data, fold.validation());
    check_cases(data, fold.test());
    assert_eq!(fold.train().n_users(), data.n_users());
    for (user, row) in data.by_user().rows().enumerate() {
        let mut all = entries(fold.train().by_user().row(user));
        for part in [fold.validation(), fold.test()] {
            let case = part.iter().find(|case| case.user.index() == user);
            if let Some(case) = case {
                all = disjoint_union(all, &entries(case.relevant));
            }
        }
        let dropped = entries(row).len() - all.len();
        // Only what is to be found of somebody without a history may be missing.
        let has_train = !fold.train().by_user().row(user).is_empty();
        assert!(dropped == 0 || !has_train, "user {user} lost {dropped}");
    }
}

fn a_dataset() -> impl Strategy<Value = Dataset> {
    let pairs = prop::collection::vec((0_u32..12, 0_u32..15, 0_i64..8), 60..150);
    pairs.prop_map(|all| dataset(12, 15, &all))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn strong_folds_share_no_user_and_cover_all(
        data in a_dataset(),
        seed in any::<u64>(),
        n_folds in 3_usize..6,
        n_validation_folds in 0_usize..2,
    ) {
        let protocol = Protocol::Strong(StrongSplit { n_folds, held_out: 0.3, n_validation_folds });
        let mut tested = BTreeSet::new();
        let long = |user: &u32| data.by_user().row(*user as usize).len() >= 2;
        prop_assume!((0..12).filter(long).count() >= n_folds);
        for number in 0..protocol.n_folds() {
            let fold = protocol.fold(&data, number, seed).unwrap();
            check_cases(&data, fold.test());
            check_cases(&data, fold.validation());
            let users = |cases: CaseList<'_>| -> BTreeSet<u32> {
                cases.users().iter().map(|user| user.0).collect()
            };
            let (test, validation) = (users(fold.test()), users(fold.validation()));
            prop_assert!(test.is_disjoint(&validation));
            prop_assert_eq!(validation.is_empty(), n_validation_folds == 0);
            for case in fold.test().iter() {
                prop_assert_eq!(case.train_row, None);
                let all = data.by_user().row(case.user.index()).len();
                prop_assert_eq!(case.history.len() + case.relevant.len(), all);
                prop_assert_eq!(case.relevant.len(), holdout::count(all, 0.3));
            }
            // Training rows are those of the users in no case, in order, whole.
            let others = (0..12_u32).filter(|user| !test.contains(user) && !validation.contains(user));
            let others = others.map(|user| entries(data.by_user().row(user as usize)));
            let trained = fold.train().by_user().rows().map(entries);
            prop_assert_eq!(trained.collect::<Vec<_>>(), others.collect::<Vec<_>>());
            for user in test {
                prop_assert!(tested.insert(user), "user {} is tested twice", user);
            }
        }
        prop_assert_eq!(tested, (0..12).filter(long).collect::<BTreeSet<u32>>());
    }

    #[test]
    fn weak_accounts_for_every_pair(
        data in a_dataset(),
        seed in any::<u64>(),
        validation in prop_oneof![Just(0.0), Just(0.2)],
    ) {
        let protocol = Protocol::Weak(WeakSplit { held_out: 0.25, validation });
        let fold = protocol.fold(&data, 0, seed).unwrap();
        check_warm(&data, &fold);
        for (user, row) in data.by_user().rows().enumerate() {
            let n = row.len();
            let case = fold.test().iter().find(|case| case.user.index() == user);
            prop_assert_eq!(case.is_some(), n >= 2);
            prop_assert_eq!(case.map_or(0, |case| case.relevant.len()), holdout::count(n, 0.25));
            // With validation, the history is longer than the training row by just that.
            if let Some(case) = case {
                prop_assert_eq!(case.history.len() + case.relevant.len(), n);
                prop_assert_eq!(case.train_row, Some(case.user));
            }
            let trained = fold.train().by_user().row(user).len();
            prop_assert!(trained >= usize::from(n >= 1));
            prop_assert!(validation > 0.0 || fold.validation().is_empty());
        }
    }

    #[test]
    fn random_takes_the_stated_share_of_all_pairs(
        data in a_dataset(),
        seed in any::<u64>(),
        validation in prop_oneof![Just(0.0), Just(0.2)],
    ) {
        let protocol = Protocol::Random(RandomSplit { held_out: 0.25, validation });
        let fold = protocol.fold(&data, 0, seed).unwrap();
        check_warm(&data, &fold);
        let n = data.n_interactions();
        let count_of = |share: f64| if share > 0.0 { holdout::count(n, share) } else { 0 };
        prop_assert_eq!(fold.test().n_relevant(), count_of(0.25));
        prop_assert_eq!(fold.validation().n_relevant(), count_of(validation));
        let trained = n - count_of(0.25) - count_of(validation);
        prop_assert_eq!(fold.train().n_interactions(), trained);
        for case in fold.test().iter() {
            let all = data.by_user().row(case.user.index()).len();
            prop_assert_eq!(case.history.len() + case.relevant.len(), all);
        }
    }

    #[test]
    fn temporal_never_sees_the_future(
        data in a_dataset(),
        validation_share in prop_oneof![Just(None), Just(Some(0.6))],
        min_history in 0_usize..3,
    ) {
        let split = TemporalSplit {
            test: Cut::LastShare(0.3),
            validation: validation_share.map(Cut::LastShare),
            min_history,
        };
        let fold = match Protocol::Temporal(split).fold(&data, 0, 0) {
            Ok(fold) => fold,
            Err(Error::NoCases { .. } | Error::CutOrder { .. }) => return Ok(()),
            Err(other) => panic!("{other}"),
        };
        check_cases(&data, fold.test());
        let times = |row: Row<'_>| (0..row.len()).map(|place| row.time(place)).collect::<Vec<_>>();
        let first_tested = fold.test().iter().flat_map(|case| times(case.relevant)).min().unwrap();
        let latest_known = fold.test().iter().flat_map(|case| times(case.history)).max();
        let latest_trained = fold.train().by_user().rows().flat_map(times).max();
        prop_assert!(latest_known.is_none_or(|time| time < first_tested));
        prop_assert!(latest_trained.is_none_or(|time| time < first_tested));
        let first_validated = fold.validation().iter().flat_map(|case| times(case.relevant)).min();
        if let (Some(trained), Some(validated)) = (latest_trained, first_validated) {
            prop_assert!(trained < validated && validated < first_tested);
        }
        for case in fold.test().iter() {
            prop_assert!(case.history.len() >= min_history);
            let all = data.by_user().row(case.user.index()).len();
            prop_assert_eq!(case.history.len() + case.relevant.len(), all);
        }
        let tested = fold.test().n_relevant();
        prop_assert!(min_history > 0 || tested as f64 >= 0.3 * data.n_interactions() as f64);
    }

    #[test]
    fn last_out_takes_the_last_two(data in a_dataset()) {
        let fold = Protocol::LastOut(LastOutSplit::default()).fold(&data, 0, 0).unwrap();
        check_warm(&data, &fold);
        for (user, row) in data.by_user().rows().enumerate() {
            let test = fold.test().iter().find(|case| case.user.index() == user);
            let validation = fold.validation().iter().find(|case| case.user.index() == user);
            if let [before @ .., last_but_one, last] = row.columns && !before.is_empty() {
                let (test, validation) = (test.unwrap(), validation.unwrap());
                prop_assert_eq!(test.relevant.columns, &[*last]);
                prop_assert_eq!(test.history.columns, &row.columns[..row.len() - 1]);
                prop_assert_eq!(validation.relevant.columns, &[*last_but_one]);
                prop_assert_eq!(validation.history.columns, before);
            } else {
                prop_assert!(test.is_none() && validation.is_none());
                prop_assert_eq!(fold.train().by_user().row(user).columns, row.columns);
            }
        }
    }

    #[test]
    fn same_seed_same_fold(data in a_dataset(), seed in any::<u64>()) {
        for name in ["strong:folds=3", "weak:validation=0.1", "random:held-out=0.3"] {
            let protocol: Protocol = name.parse().unwrap();
            let Ok(first) = protocol.fold(&data, 0, seed) else {
                return Err(TestCaseError::reject("too few users with two items"));
            };
            prop_assert_eq!(first, protocol.fold(&data, 0, seed).unwrap());
        }
    }
}

#[test]
fn another_seed_splits_otherwise() {
    let all: Vec<_> = (0..20)
        .flat_map(|user| (0..9).map(move |item| (user, item, 1)))
        .collect();
    let data = dataset(20, 9, &all);
    for name in [
        "strong:folds=3",
        "weak:validation=0.1",
        "random:held-out=0.3",
    ] {
        let protocol: Protocol = name.parse().unwrap();
        let first = protocol.fold(&data, 0, 1).unwrap();
        assert_ne!(first, protocol.fold(&data, 0, 2).unwrap(), "{name}");
    }
}

#[test]
fn held_out_counts_are_those_of_the_protocol() {
    let counts: Vec<usize> = [0, 1, 2, 3, 5, 7, 8, 10, 100]
        .into_iter()
        .map(|n| holdout::count(n, 0.2))
        .collect();
    assert_eq!(counts, [0, 0, 1, 1, 1, 1, 2, 2, 20]);
    assert_eq!(holdout::count(5, 0.5), 2, "a half goes to the even number");
    assert_eq!(holdout::count(3, 0.99), 2, "one is left to be known");
}

#[test]
fn every_item_is_as_likely_to_be_held_out() {
    let mut drawn = [0_u32; 5];
    for user in 0..4000 {
        let mut rng = marquee_math::rng(9, user);
        for &place in holdout::Draw::default().first(5, 2, &mut rng) {
            drawn[place as usize] += 1;
        }
    }
    // 1,600 each on average; the deviation is 31.
    assert!(
        drawn.iter().all(|&times| times.abs_diff(1600) < 160),
        "{drawn:?}"
    );
}

#[test]
fn items_to_find_of_a_user_do_not_depend_on_the_fold() {
    let all: Vec<_> = (0..20)
        .flat_map(|user| (0..9).map(move |item| (user, item, 1)))
        .collect();
    let data = dataset(20, 9, &all);
    let split = StrongSplit {
        n_folds: 4,
        ..StrongSplit::default()
    };
    let protocol = Protocol::Strong(split);
    let folds: Vec<Fold> = (0..4)
        .map(|n| protocol.fold(&data, n, 3).unwrap())
        .collect();
    let to_find = |cases: CaseList<'_>| -> BTreeMap<u32, Vec<u32>> {
        cases
            .iter()
            .map(|case| (case.user.0, case.relevant.columns.to_vec()))
            .collect()
    };
    assert_eq!(to_find(folds[0].validation()), to_find(folds[1].test()));
    let distinct: BTreeSet<Vec<u32>> = to_find(folds[0].test()).into_values().collect();
    assert!(distinct.len() > 1, "each user has a draw of his own");
}

#[test]
fn items_first_seen_after_the_cut_stay_to_be_found() {
    let data = dataset(
        2,
        3,
        &[(0, 0, 1), (1, 0, 2), (0, 2, 10), (1, 1, 3), (0, 1, 11)],
    );
    let split = TemporalSplit {
        test: Cut::At(Timestamp::from_seconds(10)),
        ..TemporalSplit::default()
    };
    let fold = Protocol::Temporal(split).fold(&data, 0, 0).unwrap();
    assert_eq!(fold.test().len(), 1);
    assert_eq!(fold.test().get(0).relevant.columns, [2, 1]);
    assert_eq!((fold.test().n_relevant(), fold.test().n_unseen()), (2, 1));
}

#[test]
fn given_parts_stay_as_they_are() {
    let split = GivenSplit {
        train: dataset(3, 5, &[(0, 0, 5), (0, 1, 1), (1, 2, 1)]),
        validation: Some(dataset(3, 5, &[(0, 3, 2)])),
        test: dataset(3, 5, &[(0, 4, 9), (2, 2, 9), (1, 2, 9)]),
    };
    let fold = split.fold().unwrap();
    assert_eq!(fold.train().n_interactions(), 3);
    assert_eq!(fold.test().users(), [UserIdx(0), UserIdx(1), UserIdx(2)]);
    // Validation belongs to the history, at its time, but is not trained on.
    assert_eq!(fold.test().get(0).history.columns, [1, 3, 0]);
    assert_eq!(fold.validation().get(0).history.columns, [1, 0]);
    assert_eq!(fold.validation().get(0).relevant.columns, [3]);
    assert!(fold.test().get(2).history.is_empty());
    assert_eq!((fold.test().n_repeated(), fold.test().n_unseen()), (1, 1));
}

#[test]
fn items_that_only_the_test_has_are_out_of_reach() {
    let split = GivenSplit {
        train: dataset(1, 2, &[(0, 0, 1)]),
        validation: None,
        test: dataset(1, 4, &[(0, 1, 2), (0, 3, 2)]),
    };
    let fold = split.fold().unwrap();
    let cases = fold.test();
    assert_eq!(
        (cases.n_items(), cases.n_relevant(), cases.n_unseen()),
        (2, 2, 2)
    );
    let evaluator = crate::Evaluator::new(cases, &"2".parse().unwrap());
    let past = evaluator.record(0, &[ItemIdx(1), ItemIdx(3)]);
    assert!(matches!(
        past,
        Err(Error::UnknownItem {
            item: ItemIdx(3),
            n_items: 2,
            ..
        })
    ));
    evaluator.record(0, &[ItemIdx(1)]).unwrap();
    let recall = evaluator.finish().unwrap().summary();
    let recall = recall.get("recall@2".parse().unwrap()).unwrap();
    assert!((recall.mean - 0.5).abs() < 1e-12);
}

#[test]
fn given_histories_of_unknown_users() {
    let train = dataset(7, 4, &[(0, 0, 1), (6, 1, 1)]);
    let histories = dataset(2, 4, &[(0, 3, 1), (1, 0, 1), (1, 2, 2)]);
    let fold = given_fold_in(train, &histories, &dataset(2, 4, &[(1, 1, 3)])).unwrap();
    let case = fold.test().get(0);
    assert_eq!((case.user, case.train_row), (UserIdx(1), None));
    assert_eq!(case.history.columns, [0, 2]);
    let short = dataset(2, 3, &[(1, 1, 3)]);
    let train = dataset(7, 4, &[(0, 0, 1)]);
    assert!(matches!(
        given_fold_in(train, &histories, &short),
        Err(Error::Shape { .. })
    ));
}

#[test]
fn given_parts_that_do_not_fit_are_refused() {
    let split = GivenSplit {
        train: dataset(2, 2, &[(0, 0, 1)]),
        validation: None,
        test: dataset(2, 1, &[(0, 0, 1)]),
    };
    let want = Error::Shape {
        part: "test",
        found_users: 2,
        found_items: 1,
        expected_users: 2,
        expected_items: 2,
    };
    assert_eq!(split.fold(), Err(want));
    let empty = GivenSplit {
        train: dataset(2, 2, &[(0, 0, 1)]),
        validation: None,
        test: dataset(2, 2, &[]),
    };
    assert_eq!(empty.fold(), Err(Error::NoCases { protocol: "given" }));
}

#[test]
fn settings_out_of_range_are_refused() {
    let all: Vec<_> = (0..4)
        .flat_map(|user| [(user, 0, 1), (user, 1, 2)])
        .collect();
    let data = dataset(4, 3, &all);
    for (wrong, said) in [
        ("strong:folds=1", "folds is 1, expected 2 to 4"),
        ("strong:folds=5", "folds is 5, expected 2 to 4"),
        ("strong:folds=2,held-out=1", "held-out is 1,"),
        (
            "strong:folds=3,validation=2",
            "validation is 2, expected 0 to 1",
        ),
        ("weak:held-out=0", "held-out is 0,"),
        ("weak:held-out=NaN", "held-out is NaN,"),
        ("weak:held-out=0.5,validation=0.5", "validation is 0.5,"),
        ("weak:validation=-0.1", "validation is -0.1,"),
        ("random:held-out=1", "held-out is 1,"),
        ("random:held-out=0.5,validation=0.6", "validation is 0.6,"),
        ("temporal:share=1.5", "share is 1.5,"),
        (
            "temporal:cut-ms=1000,validation-cut-ms=1000",
            "validation starts at 1000 ms",
        ),
        ("temporal:cut-ms=99999999", "leaves no user"),
    ] {
        let protocol: Protocol = wrong.parse().unwrap();
        let got = protocol.fold(&data, 0, 1).unwrap_err().to_string();
        assert!(got.contains(said), "{wrong}: {got}");
    }
    let last: Protocol = "last-out".parse().unwrap();
    assert!(matches!(
        last.fold(&data, 1, 1),
        Err(Error::Count { field: "fold", .. })
    ));
    assert_eq!(
        last.fold(&data, 0, 1),
        Err(Error::NoCases {
            protocol: "last-out"
        })
    );
    let untimed = dataset(1, 2, &[(0, 0, 0), (0, 1, 0)]);
    let temporal: Protocol = "temporal".parse().unwrap();
    assert_eq!(
        temporal.fold(&untimed, 0, 1),
        Err(Error::NoTimes {
            protocol: "temporal"
        })
    );
}

#[test]
fn protocols_are_written_as_they_are_read() {
    for text in [
        "strong:folds=5,held-out=0.3,validation=0",
        "weak:held-out=0.1,validation=0.1",
        "random:held-out=0.1,validation=0.05",
        "temporal:share=0.1,min-history=1",
        "temporal:cut-ms=1577836800000,validation-share=0.3,min-history=0",
        "temporal:share=0.1,validation-cut-ms=5,min-history=2",
        "last-out",
    ] {
        let protocol: Protocol = text.parse().unwrap();
        assert_eq!(protocol.to_string(), text);
    }
    let default: Protocol = "strong".parse().unwrap();
    assert_eq!(default, Protocol::Strong(StrongSplit::default()));
}

#[test]
fn text_that_is_no_protocol_is_refused() {
    let read = |text: &str| text.parse::<Protocol>().unwrap_err().to_string();
    assert_eq!(
        read("sampled"),
        "no protocol \"sampled\", expected strong, weak, random, temporal or last-out"
    );
    assert_eq!(
        read("strong:fold=3"),
        "protocol strong has no setting \"fold\", expected one of: folds, held-out, validation"
    );
    assert_eq!(
        read("weak:held-out=some"),
        "protocol weak: held-out is \"some\", expected a number between 0 and 1"
    );
    assert!(read("last-out:k=1").contains("\"k\""));
    assert!(read("temporal:min-history").contains("whole number"));
}

#[test]
fn no_cases_are_empty() {
    let none = Cases::none(7);
    assert_eq!((none.users.len(), none.relevant.n_columns), (0, 7));
}
