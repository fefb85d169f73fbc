use std::collections::HashSet;

use marquee_core::{Dataset, Interaction, Repeats, Timestamp, UserIdx};
use proptest::prelude::*;
use rayon::prelude::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::*;
use crate::{Fold, GivenSplit, ListMetric, MetricName, novelty_at_k, rank_case};

const N_ITEMS: usize = 6;

fn data(n_users: usize, pairs: &[(u32, u32)]) -> Dataset {
    let one = |&(user, item): &(u32, u32)| Interaction {
        user: UserIdx(user),
        item: ItemIdx(item),
        weight: 1.0,
        time: Timestamp::EPOCH,
    };
    let all: Vec<Interaction> = pairs.iter().map(one).collect();
    Dataset::from_interactions(n_users, N_ITEMS, &all, Repeats::KeepLast).unwrap()
}

/// Four users; item 0 is had by 3 of them, 1 by 2, 2 by 2, 3 by 1, 4 and 5 by nobody.
fn fold() -> Fold {
    let train = [
        (0, 0),
        (0, 3),
        (1, 0),
        (1, 1),
        (2, 0),
        (2, 2),
        (3, 1),
        (3, 2),
    ];
    let split = GivenSplit {
        train: data(4, &train),
        validation: None,
        test: data(4, &[(0, 1), (0, 5), (1, 3), (3, 0)]),
    };
    split.fold().unwrap()
}

fn items(rows: &[u32]) -> Vec<ItemIdx> {
    rows.iter().map(|&row| ItemIdx(row)).collect()
}

fn cutoffs(text: &str) -> Cutoffs {
    text.parse().unwrap()
}

#[track_caller]
fn check(evaluation: &Evaluation, name: &str, want: f64) {
    let name: MetricName = name.parse().unwrap();
    let got = evaluation.summary().get(name).unwrap().mean;
    assert!(
        (got - want).abs() < 1e-12,
        "{name} is {got}, expected {want}"
    );
}

fn popularity_ranking(fold: &Fold, k: &str) -> Evaluation {
    let by_item = fold.train().by_item();
    let counts: Vec<f32> = by_item.rows().map(|row| row.len() as f32).collect();
    let cutoffs = cutoffs(k);
    let evaluator = Evaluator::new(fold.test(), &cutoffs);
    for (number, case) in fold.test().iter().enumerate() {
        let ranked = rank_case(&mut counts.clone(), &case, cutoffs.longest().get());
        evaluator.record(number, &ranked).unwrap();
    }
    evaluator.finish().unwrap()
}

#[test]
fn popularity_on_a_small_split_worked_by_hand() {
    let fold = fold();
    assert_eq!(fold.test().users(), [UserIdx(0), UserIdx(1), UserIdx(3)]);
    let got = popularity_ranking(&fold, "2,4");
    // Lists, history left out, equal counts by row:
    // user 0: 1 2 4 5, to find 1 and 5; user 1: 2 3 4 5, to find 3; user 3: 0 3 4 5, to find 0.
    let second = 1.0 / 3.0_f64.log2();
    let fourth = 1.0 / 5.0_f64.log2();
    check(&got, "ndcg@2", (1.0 / (1.0 + second) + second + 1.0) / 3.0);
    check(
        &got,
        "ndcg@4",
        ((1.0 + fourth) / (1.0 + second) + second + 1.0) / 3.0,
    );
    check(&got, "recall@2", (0.5 + 1.0 + 1.0) / 3.0);
    check(&got, "recall@4", 1.0);
    check(&got, "mrr@2", (1.0 + 0.5 + 1.0) / 3.0);
    check(&got, "map@4", ((1.0 + 2.0 / 4.0) / 2.0 + 0.5 + 1.0) / 3.0);
    check(&got, "hit@2", 1.0);
    check(&got, "precision@2", 0.5);
}

#[test]
fn what_lies_beyond_accuracy_worked_by_hand() {
    let got = popularity_ranking(&fold(), "2");
    // Lists 1 2, 2 3 and 0 3: exposure 1 1 2 2 0 0 of six items.
    assert_eq!(
        got.exposure(NonZeroUsize::new(2).unwrap()).unwrap(),
        [1, 1, 2, 2, 0, 0]
    );
    check(&got, "coverage@2", 4.0 / 6.0);
    // Rising 0 0 1 1 2 2 with factors -5 -3 -1 1 3 5: 16 by 6 times 6.
    check(&got, "gini@2", 16.0 / 36.0);
    // Bits of items had by 3, 2 and 1 of 4 users: log2(4/3), 1, 2.
    let bits = (4.0_f64 / 3.0).log2();
    check(
        &got,
        "novelty@2",
        (1.0 + 1.5 + f64::midpoint(bits, 2.0)) / 3.0,
    );
    // Lists have popularity (2+2)/8, (2+1)/8, (3+1)/8; histories (3+1)/8, (3+2)/8, (2+2)/8.
    check(&got, "popularity_lift@2", (11.0 - 13.0) / 13.0);
    let lift = got
        .summary()
        .get("popularity_lift@2".parse().unwrap())
        .unwrap();
    assert!(lift.se.unwrap() > 0.0 && lift.n == 3);
    assert_eq!(got.summary().get("diversity@2".parse().unwrap()), None);
}

#[test]
fn diversity_of_genres_worked_by_hand() {
    let words =
        |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    let of_items = [
        words("drama"),
        words("drama war"),
        words("comedy"),
        words(""),
        words("war drama"),
        words("war"),
    ];
    let genres = ItemGenres::new(&of_items.each_ref().map(Vec::as_slice));
    let fold = fold();
    let cutoffs = cutoffs("2,3,6");
    let evaluator = Evaluator::new(fold.test(), &cutoffs).with_genres(&genres);
    evaluator.record(0, &items(&[1, 4, 2])).unwrap();
    evaluator.record(1, &items(&[3, 2, 5])).unwrap();
    evaluator.record(2, &items(&[0, 3])).unwrap();
    let got = evaluator.finish().unwrap();
    let values = |name: &str| got.values(name.parse().unwrap()).unwrap();
    // Same two genres: 0; a comedy with either: 1. An item without genres makes no pair.
    let at_2 = values("diversity@2");
    assert!(at_2[0] == 0.0 && at_2[1].is_nan() && at_2[2].is_nan());
    let at_3 = values("diversity@3");
    assert!((at_3[0] - 2.0 / 3.0).abs() < 1e-12 && (at_3[1] - 1.0).abs() < 1e-12);
    check(&got, "diversity@6", (2.0 / 3.0 + 1.0) / 2.0);
    assert_eq!(
        got.summary().get("diversity@6".parse().unwrap()).unwrap().n,
        2
    );
}

#[test]
fn more_genres_than_a_word_has_bits() {
    let many: Vec<String> = (0..130).map(|n| format!("genre {n}")).collect();
    let genres = ItemGenres::new(&[&many[..100], &many[50..130], &[]]);
    let k = NonZeroUsize::new(5).unwrap();
    let got = crate::diversity_at_k(&items(&[0, 1, 2]), &genres, k).unwrap();
    assert!((got - (1.0 - 50.0 / 130.0)).abs() < 1e-12);
}

#[test]
fn folds_add_up_in_their_order() {
    let fold = fold();
    let mut both = popularity_ranking(&fold, "2,4");
    let one = both.clone();
    both.append(&one).unwrap();
    assert_eq!(both.n_cases(), 6);
    let name: MetricName = "ndcg@4".parse().unwrap();
    let (single, double) = (one.values(name).unwrap(), both.values(name).unwrap());
    assert_eq!(double, [single.clone(), single].concat());
    check(&both, "coverage@4", 1.0);
    let twice = both.exposure(NonZeroUsize::new(4).unwrap()).unwrap();
    assert_eq!(twice.iter().sum::<u64>(), 24);
    assert!(both.append(&popularity_ranking(&fold, "2")).is_err());
}

#[test]
fn what_does_not_fit_is_refused() {
    let fold = fold();
    let cutoffs = cutoffs("2");
    let evaluator = Evaluator::new(fold.test(), &cutoffs);
    let past = evaluator.record(3, &items(&[1]));
    assert_eq!(
        past,
        Err(Error::NoSuchCase {
            case: 3,
            n_cases: 3
        })
    );
    let twice = evaluator.record(0, &items(&[1, 1]));
    assert_eq!(
        twice,
        Err(Error::RepeatedItem {
            case: 0,
            item: ItemIdx(1)
        })
    );
    let unknown = evaluator.record(0, &items(&[6]));
    assert!(matches!(
        unknown,
        Err(Error::UnknownItem { n_items: 6, .. })
    ));
    evaluator.record(1, &items(&[1, 2])).unwrap();
    assert_eq!(
        evaluator.record(1, &items(&[1])),
        Err(Error::Twice { case: 1 })
    );
    let missing = evaluator.finish();
    assert_eq!(
        missing,
        Err(Error::Missing {
            missing: 2,
            first: 0,
            n_cases: 3
        })
    );
}

#[test]
fn models_are_compared_user_by_user() {
    let fold = fold();
    let better = popularity_ranking(&fold, "4");
    let cutoffs = cutoffs("4");
    let evaluator = Evaluator::new(fold.test(), &cutoffs);
    (0..3).for_each(|case| evaluator.record(case, &[]).unwrap());
    let nothing = evaluator.finish().unwrap();
    let name = ListMetric::Recall.at(cutoffs.longest());
    let got = better.difference(&nothing, name, 1, 500).unwrap();
    assert_eq!((got.mean, got.low, got.high, got.n), (1.0, 1.0, 1.0, 3));
    let coverage = better.difference(&nothing, "coverage@4".parse().unwrap(), 1, 500);
    assert!(matches!(coverage, Err(Error::Unmeasured { .. })));
    let mut longer = better.clone();
    longer.append(&better).unwrap();
    assert!(matches!(
        longer.difference(&better, name, 1, 10),
        Err(Error::Unlike { .. })
    ));
}

#[test]
fn ranking_leaves_out_the_history_and_what_is_no_candidate() {
    let fold = fold();
    let case = fold.test().get(0);
    let mut scores = [9.0, 1.0, f32::NAN, 8.0, 1.0, f32::NEG_INFINITY];
    assert_eq!(rank_case(&mut scores, &case, 10), items(&[1, 4]));
    let mut short = [9.0, 1.0, 3.0];
    assert_eq!(rank_case(&mut short, &case, 1), items(&[2]));
}

fn lists() -> impl Strategy<Value = [Vec<ItemIdx>; 3]> {
    let list = || {
        let all: Vec<u32> = (0..6).collect();
        prop::sample::subsequence(all, 0..=6)
            .prop_shuffle()
            .prop_map(|rows| items(&rows))
    };
    [list(), list(), list()]
}

proptest! {
    #[test]
    fn order_of_recording_changes_no_bit(lists in lists()) {
        let fold = fold();
        let cutoffs = cutoffs("1,3,5");
        let forward = Evaluator::new(fold.test(), &cutoffs);
        (0..3).for_each(|case| forward.record(case, &lists[case]).unwrap());
        let backward = Evaluator::new(fold.test(), &cutoffs);
        (0..3).rev().for_each(|case| backward.record(case, &lists[case]).unwrap());
        let threads = Evaluator::new(fold.test(), &cutoffs);
        (0..3).into_par_iter().for_each(|case| threads.record(case, &lists[case]).unwrap());
        let bits = |evaluator: Evaluator<'_>| {
            let all = evaluator.finish().unwrap();
            let summary = all.summary();
            let means = summary.metrics().iter().map(|(_, mean)| mean.mean.to_bits());
            (means.collect::<Vec<u64>>(), all.exposure.clone())
        };
        let want = bits(forward);
        prop_assert_eq!(bits(backward), want.clone());
        prop_assert_eq!(bits(threads), want);
    }

    #[test]
    fn every_value_is_that_of_the_plain_function(lists in lists()) {
        let fold = fold();
        let cutoffs = cutoffs("1,3,5");
        let evaluator = Evaluator::new(fold.test(), &cutoffs);
        (0..3).for_each(|case| evaluator.record(case, &lists[case]).unwrap());
        let got = evaluator.finish().unwrap();
        let popularity = Popularity::of(fold.train());
        for &k in cutoffs.as_slice() {
            let ndcg = got.values(ListMetric::Ndcg.at(k)).unwrap();
            let novelty = got.values(ListMetric::Novelty.at(k)).unwrap();
            for (case, list) in lists.iter().enumerate() {
                let relevant: HashSet<ItemIdx> =
                    fold.test().get(case).relevant.columns.iter().map(|&row| ItemIdx(row)).collect();
                prop_assert_eq!(Some(ndcg[case]), crate::ndcg_at_k(list, &relevant, k));
                let want = novelty_at_k(list, &popularity, k);
                prop_assert!(want.map_or(novelty[case].is_nan(), |want| (want - novelty[case]).abs() < 1e-12));
            }
            let shown = lists.iter().flat_map(|list| list.iter().take(k.get()));
            let mut exposure = vec![0; N_ITEMS];
            shown.for_each(|item| exposure[item.index()] += 1);
            prop_assert_eq!(got.exposure(k).unwrap(), exposure);
        }
    }

    #[test]
    fn gini_is_half_the_mean_difference_by_the_mean(exposure in prop::collection::vec(0_u64..50, 1..20)) {
        let total: u64 = exposure.iter().sum();
        let got = crate::gini(&exposure);
        prop_assume!(total > 0);
        let n = exposure.len() as f64;
        let differences: u64 = exposure.par_iter().map(|a| exposure.iter().map(|b| a.abs_diff(*b)).sum::<u64>()).sum();
        let want = differences as f64 / (2.0 * n * total as f64);
        prop_assert!((got.unwrap() - want).abs() < 1e-12);
    }
}
