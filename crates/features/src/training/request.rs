//! Impressions grouped into requests.

use std::collections::HashMap;

use marquee_core::{Action, Actor, Event, SessionId, Timestamp};

use super::TrainingOptions;

/// Impressions that answered one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    /// Time of the first of them.
    pub(super) time: Timestamp,
    /// Time of the last.
    pub(super) last: Timestamp,
    /// Places in the log, by time.
    pub(super) impressions: Vec<usize>,
}

/// What impressions of one request have in common.
#[derive(PartialEq, Eq, Hash)]
enum Answer<'e> {
    Named(&'e Actor, &'e str),
    Visit(&'e Actor, Option<&'e SessionId>),
}

/// Impressions of each viewer and item: their places, by time.
pub(super) type Places<'e> = HashMap<(&'e Actor, &'e str), Vec<usize>>;

/// The requests of a log by time, and where the impressions of each viewer and item stand.
pub(super) fn group<'e>(
    events: &'e [Event],
    order: &[usize],
    options: &TrainingOptions,
) -> (Vec<Request>, Places<'e>) {
    let mut requests: Vec<Request> = Vec::new();
    let mut open: HashMap<Answer<'_>, usize> = HashMap::new();
    let mut places = Places::new();
    for &place in order {
        let event = &events[place];
        let Action::Impression { item } = &event.action else {
            continue;
        };
        places
            .entry((&event.actor, item.as_str()))
            .or_default()
            .push(place);
        let answer = match &event.recommendation {
            Some(id) => Answer::Named(&event.actor, id.as_str()),
            None => Answer::Visit(&event.actor, event.session.as_ref()),
        };
        let named = event.recommendation.is_some();
        let fits =
            |request: &Request| named || event.time <= request.time.plus(options.same_request);
        match open.get(&answer) {
            Some(&at) if fits(&requests[at]) => {
                requests[at].last = event.time;
                requests[at].impressions.push(place);
            }
            _ => {
                open.insert(answer, requests.len());
                requests.push(Request {
                    time: event.time,
                    last: event.time,
                    impressions: vec![place],
                });
            }
        }
    }
    (requests, places)
}
