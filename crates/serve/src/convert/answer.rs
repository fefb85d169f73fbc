//! Answers to the wire.

use std::collections::HashMap;

use marquee_core::Explanation;
use marquee_engine::{
    ContinueItem, ExpectedOutcome, RecommendRequest, Recommendation, RecommendedItem, RemovedItem,
    Unfinished, request::page_hash,
};
use marquee_pipeline::{DegradedReason, StageTiming};
use marquee_proto::v1;

use super::{
    catalog::{duration, kind_to_wire, timestamp},
    rules,
};
use crate::page_token;

/// The answer of `Recommend` to `request`.
pub(crate) fn recommend_response(
    answer: Recommendation,
    request: &RecommendRequest,
) -> v1::RecommendResponse {
    let next_page_token = next_page(&answer, request).unwrap_or_default();
    let moves = answer.moved.iter().map(rules::to_wire).collect();
    let (items, info, removals) = parts(answer);
    v1::RecommendResponse {
        items,
        info: Some(info),
        removal_counts: removal_counts(&removals),
        next_page_token,
        moves,
    }
}

/// The token of the next page; none after a page that is not full.
fn next_page(answer: &Recommendation, request: &RecommendRequest) -> Option<String> {
    if answer.items.len() < request.k {
        return None;
    }
    let here = answer
        .items
        .iter()
        .map(|item| page_hash(item.item.as_str()));
    let mut shown: Vec<u32> = request.shown.iter().copied().chain(here).collect();
    shown.sort_unstable();
    shown.dedup();
    page_token::write_shown(&shown)
}

/// The answer of `Rank`.
pub(crate) fn rank_response(answer: Recommendation) -> v1::RankResponse {
    let (items, info, removals) = parts(answer);
    let removal = |removed: RemovedItem| v1::Removal {
        item_id: removed.item.into(),
        stage: removed.stage.to_owned(),
        rule: removed.rule.to_owned(),
    };
    v1::RankResponse {
        items,
        info: Some(info),
        removals: removals.into_iter().map(removal).collect(),
    }
}

/// The answer of `SimilarItems`.
pub(crate) fn similar_response(answer: Recommendation) -> v1::SimilarItemsResponse {
    let (items, info, _) = parts(answer);
    v1::SimilarItemsResponse {
        items,
        info: Some(info),
    }
}

/// One title of the answer of `ContinueWatching`.
pub(crate) fn continue_item(one: &ContinueItem) -> v1::ContinueItem {
    v1::ContinueItem {
        item_id: one.item.id.as_str().to_owned(),
        title: one.item.title.clone(),
        position: match one.why {
            Unfinished::Resume { position } => Some(duration(position)),
            Unfinished::NextEpisode => None,
        },
        last_watched: Some(timestamp(one.since)),
    }
}

fn parts(answer: Recommendation) -> (Vec<v1::RankedItem>, v1::AnswerInfo, Vec<RemovedItem>) {
    let degraded = answer.degraded.iter().map(|missing| v1::Degradation {
        component: missing.component.to_owned(),
        reason: match missing.reason {
            DegradedReason::OutOfTime => v1::DegradedReason::OutOfTime.into(),
            DegradedReason::Failed => v1::DegradedReason::Failed.into(),
            DegradedReason::Load => v1::DegradedReason::Load.into(),
        },
    });
    let info = v1::AnswerInfo {
        recommendation_id: answer.id.into(),
        model_versions: vec![answer.model],
        degraded: degraded.collect(),
        timings: answer.timings.iter().map(timing).collect(),
        candidate_count: answer.n_candidates as u64,
    };
    let items = answer.items.into_iter().map(ranked).collect();
    (items, info, answer.removals)
}

fn timing(timing: &StageTiming) -> v1::StageTiming {
    v1::StageTiming {
        stage: timing.stage.to_owned(),
        component: timing.component.to_owned(),
        micros: u64::try_from(timing.took.as_micros()).unwrap_or(u64::MAX),
    }
}

fn ranked(item: RecommendedItem) -> v1::RankedItem {
    v1::RankedItem {
        item_id: item.item.into(),
        score: item.score,
        title: item.title,
        genres: item.genres,
        kind: kind_to_wire(item.kind).into(),
        sources: item.sources.into_iter().map(str::to_owned).collect(),
        explanation: item.explanation.map(explanation),
        outcomes: item.outcomes.into_iter().map(outcome).collect(),
    }
}

fn outcome(outcome: ExpectedOutcome) -> v1::ExpectedOutcome {
    v1::ExpectedOutcome {
        name: outcome.name,
        expected: outcome.expected,
    }
}

fn explanation(tree: Explanation) -> v1::Explanation {
    v1::Explanation {
        label: tree.label,
        value: tree.value,
        parts: tree.parts.into_iter().map(explanation).collect(),
    }
}

/// Removals by reason, most first, then by name.
fn removal_counts(removals: &[RemovedItem]) -> Vec<v1::RemovalCount> {
    let mut by_reason: HashMap<(&str, &str), u64> = HashMap::new();
    for removed in removals {
        *by_reason.entry((removed.stage, removed.rule)).or_default() += 1;
    }
    let mut counts: Vec<_> = by_reason.into_iter().collect();
    counts.sort_by_key(|&(reason, count)| (std::cmp::Reverse(count), reason));
    let count = |((stage, rule), count): ((&str, &str), u64)| v1::RemovalCount {
        stage: stage.to_owned(),
        rule: rule.to_owned(),
        count,
    };
    counts.into_iter().map(count).collect()
}
