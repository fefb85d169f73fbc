//! What operators ask for and are told.

use std::time::Duration;

use marquee_core::{Actor, SessionId};
use marquee_engine::{DeedState, JournalState, ViewerState};
use marquee_proto::v1::{self, get_viewer_state_request::Viewer as Wire};

use super::{DEFAULT_K, Fields, MAX_K, catalog::timestamp};
use crate::refusal::Refusal;

/// Most items that are told of those a viewer spoke against.
const MAX_OPPOSED: usize = 1000;
/// The least time for which events are kept.
const LEAST_KEPT: Duration = Duration::from_hours(1);

/// Whom a request is about.
#[derive(Clone, Copy)]
pub(super) enum Given<'a> {
    User(&'a str),
    Session(&'a str),
}

/// The same, checked.
pub(super) fn actor(fields: &mut Fields, given: Option<Given<'_>>) -> Option<Actor> {
    match given {
        Some(Given::User(id)) => fields.user_id("user_id", id).map(Actor::User),
        Some(Given::Session(id)) => {
            let made = SessionId::new(id);
            fields.id("session_id", made).map(Actor::Session)
        }
        None => {
            let problem = "expected a user_id or a session_id, found neither";
            fields.fail("viewer", problem);
            None
        }
    }
}

/// Whom to look at, and how many deeds to tell.
///
/// # Errors
///
/// [`Refusal::InvalidFields`].
pub(crate) fn viewer(request: &v1::GetViewerStateRequest) -> Result<(Actor, usize), Refusal> {
    let mut fields = Fields::default();
    let given = request.viewer.as_ref().map(|viewer| match viewer {
        Wire::UserId(id) => Given::User(id),
        Wire::SessionId(id) => Given::Session(id),
    });
    let actor = self::actor(&mut fields, given);
    let most = fields.length("k", request.k, (DEFAULT_K, MAX_K));
    fields.finish(actor.map(|actor| (actor, most)))
}

/// For how long events are to be kept.
///
/// # Errors
///
/// [`Refusal::InvalidFields`].
pub(crate) fn keep(request: &v1::TrimJournalRequest) -> Result<Duration, Refusal> {
    let mut fields = Fields::default();
    let given = request.keep.map(Duration::try_from);
    let keep = given
        .and_then(Result::ok)
        .filter(|keep| *keep >= LEAST_KEPT);
    if keep.is_none() {
        fields.fail("keep", "expected an hour or more");
    }
    fields.finish(keep)
}

/// A length of time on the wire.
pub(crate) fn duration(time: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(time.subsec_nanos()).unwrap_or(0),
    }
}

/// The journal on the wire.
pub(crate) fn journal_state(state: &JournalState) -> v1::JournalState {
    let stats = &state.stats;
    v1::JournalState {
        first_seq: state.first_seq,
        durable_seq: state.durable_seq,
        entries: stats.entries,
        events: stats.events,
        segments: stats.segments,
        log_bytes: stats.log_bytes,
        index_memory_bytes: stats.index_memory_bytes,
        earliest: stats.earliest.map(timestamp),
    }
}

/// What answers to a viewer stand on, on the wire.
pub(crate) fn viewer_state(state: ViewerState) -> v1::GetViewerStateResponse {
    let user = match &state.owner {
        Actor::User(id) => id.as_str().to_owned(),
        Actor::Session(_) => String::new(),
    };
    let sessions = state.sessions.iter();
    let opposed = state.opposed.iter().take(MAX_OPPOSED);
    v1::GetViewerStateResponse {
        user_id: user,
        session_ids: sessions.map(|id| id.as_str().to_owned()).collect(),
        trained_item_count: state.n_trained as u64,
        history_item_count: state.n_history as u64,
        opposed_item_ids: opposed.map(|id| id.as_str().to_owned()).collect(),
        deeds: state.deeds.into_iter().map(deed).collect(),
        deed_count: state.n_deeds as u64,
    }
}

fn deed(deed: DeedState) -> v1::Deed {
    v1::Deed {
        seq: deed.seq,
        time: Some(timestamp(deed.time)),
        kind: deed.kind.name().to_owned(),
        item_id: deed
            .item
            .map_or_else(String::new, |id| id.as_str().to_owned()),
        value: deed.value,
        retracted: deed.retracted,
    }
}
