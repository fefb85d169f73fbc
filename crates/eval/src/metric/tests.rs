use std::collections::{BTreeSet, HashSet};

use marquee_core::ItemIdx;
use proptest::prelude::*;

use super::*;
use crate::{
    average_precision_at_k, hit_at_k, ndcg_at_k, precision_at_k, recall_at_k, recall_min_at_k,
    reciprocal_rank_at_k,
};

type Accuracy = fn(&[ItemIdx], &HashSet<ItemIdx>, NonZeroUsize) -> Option<f64>;

const ALL: [Accuracy; 7] = [
    recall_at_k,
    recall_min_at_k,
    ndcg_at_k,
    average_precision_at_k,
    reciprocal_rank_at_k,
    hit_at_k,
    precision_at_k,
];

fn items(rows: &[u32]) -> Vec<ItemIdx> {
    rows.iter().map(|&row| ItemIdx(row)).collect()
}

fn k(length: usize) -> NonZeroUsize {
    NonZeroUsize::new(length).unwrap()
}

#[track_caller]
fn check(metric: Accuracy, ranked: &[u32], relevant: &[u32], length: usize, want: f64) {
    let relevant = items(relevant).into_iter().collect();
    let got = metric(&items(ranked), &relevant, k(length)).unwrap();
    assert!((got - want).abs() < 1e-12, "{got}, expected {want}");
}

#[test]
fn recall_is_by_all_relevant_items() {
    check(recall_at_k, &[1, 9, 2, 3], &[1, 2, 3, 4, 5], 3, 2.0 / 5.0);
}

#[test]
fn recall_min_is_by_what_fits() {
    let relevant = [1, 2, 3, 4, 5];
    check(recall_min_at_k, &[1, 9, 2, 3], &relevant, 3, 2.0 / 3.0);
    check(recall_min_at_k, &[1, 9, 2, 3], &[1, 5], 3, 1.0 / 2.0);
}

#[test]
fn ndcg_discounts_the_second_place() {
    // 1 / log2(3) of 1.
    check(ndcg_at_k, &[9, 1], &[1], 10, 0.630_929_753_571_457_4);
}

#[test]
fn ndcg_is_by_the_best_list_of_k() {
    // Hits at 1 and 3: 1 + 1/2. The best three: 1 + 0.6309297535714575 + 1/2.
    let relevant = [1, 2, 3, 4];
    check(
        ndcg_at_k,
        &[1, 9, 2, 3],
        &relevant,
        3,
        1.5 / 2.130_929_753_571_457_4,
    );
}

#[test]
fn average_precision_is_by_what_fits() {
    // Precision 1/1 at rank 1 and 2/3 at rank 3; rank 4 is past k.
    let relevant = [1, 2, 3, 4];
    check(
        average_precision_at_k,
        &[1, 9, 2, 3],
        &relevant,
        3,
        (1.0 + 2.0 / 3.0) / 3.0,
    );
    check(
        average_precision_at_k,
        &[1, 9, 2, 3],
        &[1, 2],
        3,
        (1.0 + 2.0 / 3.0) / 2.0,
    );
}

#[test]
fn reciprocal_rank_is_that_of_the_first_hit_within_k() {
    check(reciprocal_rank_at_k, &[8, 9, 2, 1], &[1, 2], 3, 1.0 / 3.0);
    check(reciprocal_rank_at_k, &[8, 9, 2, 1], &[1, 2], 2, 0.0);
}

#[test]
fn hit_is_all_or_nothing() {
    check(hit_at_k, &[8, 1, 2], &[1, 2], 3, 1.0);
    check(hit_at_k, &[8, 1, 2], &[1, 2], 1, 0.0);
}

#[test]
fn precision_counts_missing_places() {
    check(precision_at_k, &[1, 8], &[1, 2], 4, 1.0 / 4.0);
}

#[test]
fn user_with_nothing_held_out_is_undefined() {
    for metric in ALL {
        assert_eq!(metric(&items(&[1]), &HashSet::new(), k(3)), None);
    }
}

#[test]
fn names_are_those_of_reports() {
    let names = "recall@20 recall_min@20 ndcg@10 map@10 mrr@10 hit@10 precision@10 coverage@10 \
                 novelty@10 gini@10 popularity_lift@10 diversity@10 rmse mae";
    for name in names.split_whitespace() {
        let read: MetricName = name.parse().unwrap();
        assert_eq!(read.to_string(), name);
    }
    for wrong in [
        "ndcg", "ndcg@", "ndcg@0", "ndcg@-1", "rmse@10", "NDCG@10", "",
    ] {
        let got: Result<MetricName> = wrong.parse();
        assert!(matches!(got, Err(Error::MetricName { .. })), "{wrong:?}");
    }
}

#[test]
fn cutoffs_rise_and_repeat_nothing() {
    let cutoffs: Cutoffs = "50, 10,20,10".parse().unwrap();
    assert_eq!(cutoffs.as_slice(), [k(10), k(20), k(50)]);
    assert_eq!(cutoffs.longest(), k(50));
    for wrong in ["", "0", "10,", "ten", "10;20"] {
        assert!(wrong.parse::<Cutoffs>().is_err(), "{wrong:?}");
    }
    assert!(Cutoffs::new([]).is_err());
}

/// The metrics written down anew from their definitions, place by place and without haste.
fn by_definition(ranked: &[ItemIdx], relevant: &HashSet<ItemIdx>, k: usize) -> [f64; 7] {
    let gain_at = |place: usize| {
        let item = ranked.get(place);
        f64::from(u8::from(item.is_some_and(|item| relevant.contains(item))))
    };
    let hits_to = |end: usize| (0..end).map(gain_at).sum::<f64>();
    let discounted = |gains: &dyn Fn(usize) -> f64| {
        (0..k)
            .map(|place| gains(place) / ((place + 2) as f64).log2())
            .sum::<f64>()
    };
    let ideal = |place: usize| f64::from(u8::from(place < relevant.len()));
    let precision_sum: f64 = (0..k)
        .map(|place| gain_at(place) * hits_to(place + 1) / (place + 1) as f64)
        .sum();
    let possible = k.min(relevant.len()) as f64;
    let first = (0..k).find(|&place| gain_at(place) > 0.0);
    [
        hits_to(k) / relevant.len() as f64,
        hits_to(k) / possible,
        discounted(&gain_at) / discounted(&ideal),
        precision_sum / possible,
        first.map_or(0.0, |place| 1.0 / (place + 1) as f64),
        f64::from(u8::from(first.is_some())),
        hits_to(k) / k as f64,
    ]
}

fn a_case() -> impl Strategy<Value = (Vec<ItemIdx>, HashSet<ItemIdx>, NonZeroUsize)> {
    let ranked = prop::sample::subsequence((0..30).collect::<Vec<u32>>(), 0..30).prop_shuffle();
    let relevant = prop::collection::hash_set((0_u32..30).prop_map(ItemIdx), 1..20);
    (ranked, relevant, 1_usize..40)
        .prop_map(|(ranked, relevant, length)| (items(&ranked), relevant, k(length)))
}

proptest! {
    #[test]
    fn equals_the_definition_and_stays_in_range((ranked, relevant, k) in a_case()) {
        let want = by_definition(&ranked, &relevant, k.get());
        for (metric, want) in ALL.into_iter().zip(want) {
            let got = metric(&ranked, &relevant, k).unwrap();
            prop_assert!((got - want).abs() < 1e-12, "{} for {}", got, want);
            prop_assert!((0.0..=1.0).contains(&got));
        }
    }

    #[test]
    fn moving_a_hit_up_never_hurts(
        (ranked, relevant, k) in a_case(),
        place in any::<prop::sample::Index>(),
    ) {
        prop_assume!(ranked.len() > 1);
        let place = 1 + place.index(ranked.len() - 1);
        prop_assume!(relevant.contains(&ranked[place]));
        let mut better = ranked.clone();
        better.swap(place - 1, place);
        for metric in ALL {
            let before = metric(&ranked, &relevant, k).unwrap();
            prop_assert!(metric(&better, &relevant, k).unwrap() >= before - 1e-12);
        }
    }

    #[test]
    fn a_perfect_list_gets_one(relevant in prop::collection::btree_set(0_u32..30, 1..20), length in 1_usize..40) {
        let ranked: Vec<ItemIdx> = relevant.iter().map(|&row| ItemIdx(row)).collect();
        let relevant: HashSet<ItemIdx> = ranked.iter().copied().collect();
        for metric in [recall_min_at_k, ndcg_at_k, average_precision_at_k, reciprocal_rank_at_k, hit_at_k] {
            let got = metric(&ranked, &relevant, k(length)).unwrap();
            prop_assert!((got - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn names_are_all_different(length in 1_usize..1000) {
        let names: BTreeSet<String> =
            ListMetric::ALL.iter().map(|metric| metric.at(k(length)).to_string()).collect();
        prop_assert_eq!(names.len(), ListMetric::ALL.len());
    }
}
