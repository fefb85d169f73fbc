use std::{cell::Cell, collections::BTreeSet};

use marquee_core::{
    CandidateSource, Explanation, Filter, Hydrator, ItemIdx, Moved, Reranker, Rule, Scorer,
    Timestamp,
};
use proptest::prelude::*;

use super::*;
use crate::{Clock, Quality, Ranking, Width};

/// A clock that moves only when a component says so.
#[derive(Default)]
struct HandClock(Cell<Duration>);

impl Clock for HandClock {
    fn elapsed(&self) -> Duration {
        self.0.get()
    }
}

struct Listed(Vec<u32>);

impl CandidateSource for Listed {
    fn name(&self) -> &'static str {
        "listed"
    }

    fn candidates(
        &self,
        _: &Query<'_>,
        limit: usize,
    ) -> std::result::Result<Vec<ScoredItem>, StageError> {
        let scored = |&item: &u32| ScoredItem {
            item: ItemIdx(item),
            score: 0.0,
        };
        Ok(self.0.iter().take(limit).map(scored).collect())
    }
}

struct Broken;

impl CandidateSource for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn candidates(
        &self,
        _: &Query<'_>,
        _: usize,
    ) -> std::result::Result<Vec<ScoredItem>, StageError> {
        Err(StageError::Unavailable { stage: "broken" })
    }
}

struct Without(BTreeSet<u32>);

impl Filter for Without {
    fn name(&self) -> &'static str {
        "without"
    }

    fn apply(
        &self,
        _: &Query<'_>,
        candidates: &mut Candidates,
    ) -> std::result::Result<(), StageError> {
        for place in 0..candidates.items().len() {
            if self.0.contains(&candidates.items()[place].0) {
                candidates.remove(place, "without", "listed");
            }
        }
        Ok(())
    }
}

/// The score of an item is its row modulo a number, so that there are ties.
struct Modulo(u32);

impl Scorer for Modulo {
    fn name(&self) -> &'static str {
        "modulo"
    }

    fn score(
        &self,
        _: &Query<'_>,
        items: &[ItemIdx],
        scores: &mut [f32],
    ) -> std::result::Result<(), StageError> {
        for (score, item) in scores.iter_mut().zip(items) {
            *score = if self.0 == 0 {
                f32::NAN
            } else {
                (item.0 % self.0) as f32
            };
        }
        Ok(())
    }

    fn explain(
        &self,
        _: &Query<'_>,
        item: ItemIdx,
    ) -> std::result::Result<Explanation, StageError> {
        Ok(Explanation::leaf("modulo", f64::from(item.0 % self.0)))
    }
}

struct Reversed;

impl Reranker for Reversed {
    fn name(&self) -> &'static str {
        "reversed"
    }

    fn rerank(
        &self,
        _: &Query<'_>,
        slate: &mut Vec<ScoredItem>,
        moved: &mut Vec<Moved>,
    ) -> std::result::Result<(), StageError> {
        slate.reverse();
        moved.push(Moved {
            item: slate[0].item,
            rule: Rule::boost(0),
            from: slate.len() - 1,
            to: Some(0),
        });
        Ok(())
    }
}

const WIDTH: Width = Width {
    start: 4,
    limit: 100,
};

fn query(k: usize) -> Query<'static> {
    Query {
        history: &[],
        now: Timestamp::EPOCH,
        seed: 0,
        k,
    }
}

fn plan<'a>(source: &'a Listed, filter: &'a Without, scorer: &'a Modulo) -> Plan<'a> {
    Plan {
        sources: vec![Step::required(source as &dyn CandidateSource)],
        filters: vec![Step::required(filter as &dyn Filter)],
        scorer: Step::required(scorer as &dyn Scorer),
        ranking: None,
        rerankers: Vec::new(),
        visibility: Vec::new(),
        width: WIDTH,
    }
}

fn answer(plan: &Plan<'_>, k: usize) -> Result<Answer> {
    let clock = HandClock::default();
    run(
        plan,
        &query(k),
        &Budget::new(&clock, Duration::from_millis(10)),
    )
}

fn rows(answer: &Answer) -> Vec<u32> {
    answer.slate.iter().map(|placed| placed.item.0).collect()
}

#[test]
fn best_first_and_ties_by_row() {
    let (source, filter) = (Listed(vec![7, 3, 5, 2]), Without(BTreeSet::new()));
    let got = answer(&plan(&source, &filter, &Modulo(5)), 3).unwrap();
    assert_eq!(rows(&got), [3, 2, 7]);
    assert_eq!(got.n_candidates, 4);
}

#[test]
fn sources_are_asked_for_more_while_filters_leave_too_little() {
    let source = Listed((0..50).collect());
    let filter = Without((0..30).collect());
    let got = answer(&plan(&source, &filter, &Modulo(1000)), 10).unwrap();
    assert_eq!(got.slate.len(), 10);
    assert_eq!(got.removals.len(), 30);
    assert!(got.removals.iter().all(|removal| removal.item.0 < 30));
}

/// Knows of some items only.
struct Knows(u32);

impl Hydrator for Knows {
    fn name(&self) -> &'static str {
        "knows"
    }

    fn hydrate(&self, _: &Query<'_>, items: &[ItemIdx]) -> std::result::Result<(), StageError> {
        match items.iter().find(|item| item.0 >= self.0) {
            Some(&item) => Err(StageError::UnknownItem {
                stage: "knows",
                item,
            }),
            None => Ok(()),
        }
    }
}

#[test]
fn ranking_orders_the_best_anew_and_drops_the_others() {
    let (source, filter) = (Listed((0..10).collect()), Without(BTreeSet::new()));
    let (first, second) = (Modulo(1000), Modulo(4));
    let mut plan = plan(&source, &filter, &first);
    plan.width.start = 10;
    let knows = Knows(100);
    plan.ranking = Some(Ranking {
        hydrator: Step::optional(&knows, 100),
        scorer: Step::optional(&second, 100),
        depth: 5,
    });
    let got = answer(&plan, 10).unwrap();
    // 9 to 5 are the best by the first scorer; 7 is 3 modulo 4, 6 is 2, 5 and 9 are 1, 8 is 0.
    assert_eq!(rows(&got), [7, 6, 5, 9, 8]);
    assert!(got.is_ranked && got.degraded.is_empty());
    let stages: Vec<&str> = got.timings.iter().map(|timing| timing.stage).collect();
    assert!(
        stages.ends_with(&["select", "hydrator", "ranker"]),
        "{stages:?}"
    );
}

#[test]
fn without_a_ranking_the_first_scores_stand() {
    let (source, filter) = (Listed((0..10).collect()), Without(BTreeSet::new()));
    let (first, broken) = (Modulo(1000), Modulo(0));
    for (known, missing) in [(3, "knows"), (100, "modulo")] {
        let mut plan = plan(&source, &filter, &first);
        plan.width.start = 10;
        let knows = Knows(known);
        plan.ranking = Some(Ranking {
            hydrator: Step::optional(&knows, 100),
            scorer: Step::optional(&broken, 100),
            depth: 5,
        });
        let got = answer(&plan, 7).unwrap();
        assert_eq!(rows(&got), [9, 8, 7, 6, 5, 4, 3]);
        assert!(!got.is_ranked);
        assert_eq!(got.degraded[0].component, missing);
        assert_eq!(got.degraded[0].reason, DegradedReason::Failed);
    }
}

#[test]
fn what_may_fail_is_left_out_and_said() {
    let (source, filter, scorer) = (Listed(vec![1]), Without(BTreeSet::new()), Modulo(5));
    let mut plan = plan(&source, &filter, &scorer);
    plan.sources.insert(0, Step::optional(&Broken, 50));
    let got = answer(&plan, 1).unwrap();
    assert_eq!(rows(&got), [1]);
    assert!(got.slate[0].sources.contains(1) && !got.slate[0].sources.contains(0));
    assert_eq!(got.degraded[0].component, "broken");
    assert_eq!(got.degraded[0].reason, DegradedReason::Failed);
}

#[test]
fn answers_of_less_quality_go_without_what_is_not_needed() {
    let (listed, filter) = (Listed(vec![3, 1, 2]), Without(BTreeSet::from([1])));
    let (more, scorer) = (Listed(vec![4, 5]), Modulo(10));
    let mut plan = plan(&listed, &filter, &scorer);
    // What an answer cannot do without stays at any quality.
    plan.filters = vec![Step::required(&filter as &dyn Filter).from_quality(90)];
    plan.sources
        .push(Step::optional(&more as &dyn CandidateSource, 50).from_quality(50));
    let clock = HandClock::default();
    let budget = Budget::new(&clock, Duration::from_millis(10));
    let of = |percent| {
        let budget = budget.with_quality(Quality::of_percent(percent));
        run(&plan, &query(5), &budget).unwrap()
    };
    for whole in [100, 50] {
        assert_eq!(rows(&of(whole)), [5, 4, 3, 2]);
        assert!(of(whole).degraded.is_empty());
    }
    let simple = of(49);
    assert_eq!(rows(&simple), [3, 2]);
    let reason = DegradedReason::Load;
    let component = "listed";
    assert_eq!(simple.degraded, [Degradation { component, reason }]);
}

#[test]
fn quality_stays_between_one_and_a_hundred_percent() {
    assert_eq!(Quality::of_percent(0).percent(), 1);
    assert_eq!(Quality::of_percent(900), Quality::FULL);
    assert_eq!(Quality::of_percent(30).of(101), 31);
    assert_eq!(Quality::FULL.of(usize::MAX), usize::MAX);
}

#[test]
fn what_must_hold_fails_the_request() {
    let (source, filter, scorer) = (Listed(vec![1]), Without(BTreeSet::new()), Modulo(5));
    let mut plan = plan(&source, &filter, &scorer);
    plan.sources = vec![Step::required(&Broken)];
    let got = answer(&plan, 1);
    assert!(matches!(
        got,
        Err(PipelineError::Stage {
            stage: "source",
            ..
        })
    ));
}

#[test]
fn not_a_number_stops_at_the_scorer() {
    let (source, filter) = (Listed(vec![1]), Without(BTreeSet::new()));
    let got = answer(&plan(&source, &filter, &Modulo(0)), 1);
    let source = StageError::NotFinite {
        stage: "modulo",
        item: ItemIdx(1),
    };
    assert_eq!(
        got.map(|_| ()),
        Err(PipelineError::Stage {
            stage: "scorer",
            source
        })
    );
}

#[test]
fn late_components_are_skipped_and_required_ones_end_the_request() {
    let (source, filter, scorer) = (Listed(vec![1, 2]), Without(BTreeSet::new()), Modulo(5));
    let mut plan = plan(&source, &filter, &scorer);
    plan.rerankers = vec![Step::optional(&Reversed, 50)];
    let clock = HandClock::default();
    clock.0.set(Duration::from_millis(6));
    let budget = Budget::new(&clock, Duration::from_millis(10));
    let got = run(&plan, &query(2), &budget).unwrap();
    assert_eq!(rows(&got), [2, 1]);
    assert_eq!(got.degraded[0].reason, DegradedReason::OutOfTime);
    clock.0.set(Duration::from_millis(11));
    let late = run(&plan, &query(2), &budget);
    assert!(matches!(
        late,
        Err(PipelineError::Deadline {
            stage: "source",
            budget_us: 10_000
        })
    ));
}

#[test]
fn visibility_has_the_last_word_and_the_slate_fills_up_behind_it() {
    let (source, filter, scorer) = (Listed(vec![1, 2, 3]), Without(BTreeSet::new()), Modulo(5));
    let hidden = Without(BTreeSet::from([2]));
    let mut plan = plan(&source, &filter, &scorer);
    plan.rerankers = vec![Step::required(&Reversed)];
    plan.visibility = vec![Step::required(&hidden)];
    let got = answer(&plan, 2).unwrap();
    assert_eq!(rows(&got), [1, 3]);
    assert_eq!(got.removals.len(), 1);
    assert_eq!(got.moved.len(), 1);
    assert_eq!((got.moved[0].from, got.moved[0].to), (2, Some(0)));
}

proptest! {
    #[test]
    fn order_of_candidates_does_not_matter(
        items in prop::collection::btree_set(0_u32..60, 0..30),
        removed in prop::collection::btree_set(0_u32..60, 0..30),
        rotate in 0_usize..30,
        k in 1_usize..20,
    ) {
        let mut rotated: Vec<u32> = items.iter().copied().collect();
        rotated.rotate_left(rotate.min(items.len()));
        let filter = Without(removed.clone());
        let plain = Listed(items.iter().copied().collect());
        let other = Listed(rotated);
        let wide = |source| {
            let mut plan = plan(source, &filter, &Modulo(7));
            plan.width = Width { start: 60, limit: 60 };
            answer(&plan, k).unwrap()
        };
        let got = wide(&plain);
        prop_assert_eq!(&got.slate, &wide(&other).slate);
        let kept = items.difference(&removed).count();
        prop_assert_eq!(got.slate.len(), kept.min(k));
        prop_assert!(got.slate.iter().all(|placed| !removed.contains(&placed.item.0)));
        prop_assert_eq!(got.n_candidates, items.len());
    }
}
