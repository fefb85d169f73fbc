//! Answers of the server as programs read them; names are those of `proto/`.

use marquee_proto::v1::{
    AnswerInfo, Explanation, GetItemResponse, ItemKind, ListModelsResponse, RankedItem,
    RecommendResponse,
};
use serde_json::{Value, json};

pub(super) fn ranked(items: &[RankedItem], info: Option<&AnswerInfo>) -> Value {
    let items: Vec<Value> = items.iter().map(ranked_item).collect();
    json!({ "items": items, "info": info.map(answer_info) })
}

/// As [`ranked`], and what rules of the request moved.
pub(super) fn recommended(answer: &RecommendResponse) -> Value {
    let mut value = ranked(&answer.items, answer.info.as_ref());
    let moves = answer.moves.iter().map(
        |one| json!({ "item_id": one.item_id, "rule": one.rule, "from": one.from, "to": one.to }),
    );
    value["moves"] = moves.collect();
    value
}

fn ranked_item(item: &RankedItem) -> Value {
    json!({
        "item_id": item.item_id,
        "score": item.score,
        "title": item.title,
        "genres": item.genres,
        "kind": kind(item.kind),
        "sources": item.sources,
        "explanation": item.explanation.as_ref().map(explanation),
        "outcomes": item.outcomes.iter().map(|one| (one.name.clone(), one.expected.into()))
            .collect::<serde_json::Map<_, _>>(),
    })
}

fn explanation(tree: &Explanation) -> Value {
    let parts: Vec<Value> = tree.parts.iter().map(explanation).collect();
    json!({ "label": tree.label, "value": tree.value, "parts": parts })
}

fn answer_info(info: &AnswerInfo) -> Value {
    let degraded = info.degraded.iter();
    let degraded: Vec<Value> = degraded
        .map(|one| json!({ "component": one.component, "reason": one.reason().as_str_name() }))
        .collect();
    let timings = info.timings.iter();
    let timings: Vec<Value> = timings
        .map(|one| json!({ "stage": one.stage, "component": one.component, "micros": one.micros }))
        .collect();
    json!({
        "recommendation_id": info.recommendation_id,
        "model_versions": info.model_versions,
        "candidate_count": info.candidate_count,
        "degraded": degraded,
        "timings": timings,
    })
}

pub(super) fn item(answer: &GetItemResponse) -> Value {
    let item = answer.item.as_ref();
    json!({ "item": item.map(|item| json!({
        "item_id": item.item_id,
        "title": item.title,
        "kind": kind(item.kind),
        "genres": item.genres,
        "description": item.description,
    })) })
}

pub(super) fn models(answer: &ListModelsResponse) -> Value {
    let models = answer.models.iter();
    let models: Vec<Value> = models
        .map(|model| json!({ "version": model.version, "active": model.active }))
        .collect();
    json!({ "models": models })
}

pub(super) fn swapped(active: &str, previous: &str) -> Value {
    json!({ "active_version": active, "previous_version": previous })
}

fn kind(number: i32) -> &'static str {
    ItemKind::try_from(number).unwrap_or_default().as_str_name()
}
