//! Requests from the wire, checked.

use std::collections::HashMap;

use marquee_core::{Actor, ItemKind, SessionId, Timestamp};
use marquee_engine::{
    Detail, ItemFilter, Outcomes, PastItem, RankRequest, RecommendRequest, Removals, SeenPolicy,
    SimilarRequest, Surroundings, Viewer,
};
use marquee_proto::v1::{self, continue_watching_request, rank_request, recommend_request};

use super::{
    DEFAULT_K, Fields, MAX_CANDIDATES, MAX_EXCLUDED, MAX_GENRES, MAX_HISTORY, MAX_K, MAX_KINDS,
    MAX_REQUEST_ID_BYTES, MAX_SHOWN_TOKEN_BYTES,
    catalog::{kind_from_wire, millis_of},
    event::{MAX_NAME, short},
    rules,
};
use crate::{page_token, refusal::Refusal};

/// `Recommend` at the moment `now`.
///
/// # Errors
///
/// [`Refusal::InvalidFields`] with every field that breaks a limit.
pub(crate) fn recommend(
    request: &v1::RecommendRequest,
    now: Timestamp,
) -> Result<RecommendRequest, Refusal> {
    use recommend_request::Viewer as Wire;
    let mut fields = Fields::default();
    let viewer = match &request.viewer {
        None => Viewer::Anonymous,
        Some(Wire::UserId(id)) => known(&mut fields, id),
        Some(Wire::History(history)) => with_history(&mut fields, history),
    };
    let session = match request.session_id.as_str() {
        "" => None,
        id => fields.id("session_id", SessionId::new(id)),
    };
    let lengths = [
        (
            "page_token",
            request.page_token.len(),
            MAX_SHOWN_TOKEN_BYTES,
        ),
        ("request_id", request.request_id.len(), MAX_REQUEST_ID_BYTES),
    ];
    for (field, found, most) in lengths.into_iter().filter(|(_, found, most)| found > most) {
        fields.fail(
            field,
            format!("expected at most {most} bytes, found {found}"),
        );
    }
    let converted = RecommendRequest {
        viewer,
        k: fields.length("k", request.k, (DEFAULT_K, MAX_K)),
        filter: ItemFilter {
            expression: rules::expression(&mut fields, &request.filter_expression),
            ..filter(&mut fields, request.filter.as_ref())
        },
        rules: rules::rules(&mut fields, request),
        seen: seen(&mut fields, request.seen, SeenPolicy::Exclude),
        detail: detail(request.explain),
        removals: if request.count_removals {
            Removals::Named
        } else {
            Removals::Unnamed
        },
        outcomes: outcomes(request.tell_outcomes),
        surroundings: surroundings(&mut fields, &request.device, &request.page),
        session,
        shown: Vec::new(),
        now,
    };
    let converted = fields.finish(Some(converted))?;
    let shown = match request.page_token.as_str() {
        "" => Vec::new(),
        token => page_token::read_shown(token)?,
    };
    Ok(RecommendRequest { shown, ..converted })
}

/// `Rank` at the moment `now`.
///
/// # Errors
///
/// As [`recommend`].
pub(crate) fn rank(request: &v1::RankRequest, now: Timestamp) -> Result<RankRequest, Refusal> {
    use rank_request::Viewer as Wire;
    let mut fields = Fields::default();
    let viewer = match &request.viewer {
        None => Viewer::Anonymous,
        Some(Wire::UserId(id)) => known(&mut fields, id),
        Some(Wire::History(history)) => with_history(&mut fields, history),
    };
    let converted = RankRequest {
        viewer,
        items: candidates(&mut fields, &request.item_ids),
        seen: seen(&mut fields, request.seen, SeenPolicy::Allow),
        detail: detail(request.explain),
        outcomes: outcomes(request.tell_outcomes),
        surroundings: surroundings(&mut fields, &request.device, &request.page),
        session: None,
        now,
    };
    fields.finish(Some(converted))
}

/// `SimilarItems` at the moment `now`.
///
/// # Errors
///
/// As [`recommend`].
pub(crate) fn similar(
    request: &v1::SimilarItemsRequest,
    now: Timestamp,
) -> Result<SimilarRequest, Refusal> {
    let mut fields = Fields::default();
    let item = fields.item_id("item_id", &request.item_id);
    let k = fields.length("k", request.k, (DEFAULT_K, MAX_K));
    fields.finish(item.map(|item| SimilarRequest { item, k, now }))
}

/// `ContinueWatching`: who asks, and how many titles are wanted.
///
/// # Errors
///
/// As [`recommend`].
pub(crate) fn continue_watching(
    request: &v1::ContinueWatchingRequest,
) -> Result<(Actor, usize), Refusal> {
    use continue_watching_request::Viewer as Wire;
    let mut fields = Fields::default();
    let actor = match &request.viewer {
        Some(Wire::UserId(id)) => fields.user_id("user_id", id).map(Actor::User),
        Some(Wire::SessionId(id)) => {
            let made = SessionId::new(id);
            fields.id("session_id", made).map(Actor::Session)
        }
        None => {
            fields.fail(
                "viewer",
                "expected a user_id or a session_id, found neither",
            );
            None
        }
    };
    let k = fields.length("k", request.k, (DEFAULT_K, MAX_K));
    fields.finish(actor.map(|actor| (actor, k)))
}

fn known(fields: &mut Fields, id: &str) -> Viewer {
    // A refused id ends the request in `finish`, so what stands for it here is never asked.
    fields
        .user_id("user_id", id)
        .map_or(Viewer::Anonymous, Viewer::Known)
}

fn with_history(fields: &mut Fields, history: &v1::InlineHistory) -> Viewer {
    let entries = &history.entries;
    if !fields.is_short("history.entries", entries.len(), MAX_HISTORY) {
        return Viewer::Anonymous;
    }
    let entries = entries.iter().enumerate();
    let past = entries.filter_map(|(place, entry)| past_item(fields, place, entry));
    Viewer::WithHistory(past.collect())
}

fn past_item(fields: &mut Fields, place: usize, entry: &v1::HistoryEntry) -> Option<PastItem> {
    let path = |field: &str| format!("history.entries[{place}].{field}");
    let item = fields.item_id(path("item_id"), &entry.item_id);
    let weight = entry.weight.unwrap_or(1.0);
    if !(weight.is_finite() && weight > 0.0) {
        fields.fail(
            path("weight"),
            format!("expected a finite number above zero, found {weight}"),
        );
    }
    let time = match entry.time.as_ref().map(millis_of) {
        None => Some(Timestamp::EPOCH),
        Some(Some(time)) => Some(time),
        Some(None) => {
            fields.fail(path("time"), "expected a moment of the years 1 to 9999");
            None
        }
    };
    Some(PastItem {
        item: item?,
        weight,
        time: time?,
    })
}

fn candidates(fields: &mut Fields, texts: &[String]) -> Vec<marquee_core::ItemId> {
    if texts.is_empty() {
        fields.fail("item_ids", "expected at least 1 element, found none");
    }
    let ids = fields.item_ids("item_ids", texts, MAX_CANDIDATES);
    let mut first_at = HashMap::with_capacity(ids.len());
    for (place, id) in ids.iter().enumerate() {
        if let Some(first) = first_at.insert(id.as_str(), place) {
            fields.fail(
                format!("item_ids[{place}]"),
                format!("is the same as item_ids[{first}]"),
            );
        }
    }
    ids
}

fn filter(fields: &mut Fields, filter: Option<&v1::ItemFilter>) -> ItemFilter {
    let Some(filter) = filter else {
        return ItemFilter::default();
    };
    ItemFilter {
        include_genres: genres(fields, "filter.include_genres", &filter.include_genres),
        exclude_genres: genres(fields, "filter.exclude_genres", &filter.exclude_genres),
        exclude_items: fields.item_ids(
            "filter.exclude_item_ids",
            &filter.exclude_item_ids,
            MAX_EXCLUDED,
        ),
        kinds: kinds(fields, &filter.kinds),
        expression: None,
    }
}

/// Genres keep to the limits of ids.
fn genres(fields: &mut Fields, field: &str, genres: &[String]) -> Vec<String> {
    if !fields.is_short(field, genres.len(), MAX_GENRES) {
        return Vec::new();
    }
    for (place, genre) in genres.iter().enumerate() {
        let checked = marquee_core::id::check_id(genre);
        fields.id(format!("{field}[{place}]"), checked);
    }
    genres.to_vec()
}

fn kinds(fields: &mut Fields, numbers: &[i32]) -> Vec<ItemKind> {
    if !fields.is_short("filter.kinds", numbers.len(), MAX_KINDS) {
        return Vec::new();
    }
    let mut kinds = Vec::with_capacity(numbers.len());
    for (place, &number) in numbers.iter().enumerate() {
        match kind_from_wire(number) {
            Some(kind) => kinds.push(kind),
            None => fields.fail(
                format!("filter.kinds[{place}]"),
                format!("expected a kind of items, found the number {number}"),
            ),
        }
    }
    kinds
}

fn seen(fields: &mut Fields, number: i32, unspecified: SeenPolicy) -> SeenPolicy {
    match v1::SeenPolicy::try_from(number) {
        Ok(v1::SeenPolicy::Unspecified) => unspecified,
        Ok(v1::SeenPolicy::Exclude) => SeenPolicy::Exclude,
        Ok(v1::SeenPolicy::Allow) => SeenPolicy::Allow,
        Err(_) => {
            fields.fail(
                "seen",
                format!("expected a policy, found the number {number}"),
            );
            unspecified
        }
    }
}

fn outcomes(tell: bool) -> Outcomes {
    if tell {
        Outcomes::Told
    } else {
        Outcomes::Untold
    }
}

fn surroundings(fields: &mut Fields, device: &str, page: &str) -> Surroundings {
    let mut named = |field: &str, text: &str| {
        short(fields, field, text, MAX_NAME);
        (!text.is_empty()).then(|| text.to_owned())
    };
    Surroundings {
        device: named("device", device),
        page: named("page", page),
    }
}

fn detail(explain: bool) -> Detail {
    if explain {
        Detail::Explained
    } else {
        Detail::Plain
    }
}
