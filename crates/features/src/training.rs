//! Training tables from a log of events: what was known when something was shown, and what followed.
//!
//! Impressions are grouped into requests, by the answer they name (its recommendation id) or else by
//! viewer, session and moment. The log is replayed in the order of time; when the first impression of
//! a request comes, features are computed for all of its items from the state as it is then: events
//! strictly before that moment, less a lag if one is given. Neither the request's own impressions nor
//! anything later is in them, so a change of the future changes no row.
//!
//! What followed an impression is credited to it within the attribution window: an event counts for
//! the impression of its item in the answer it names, or else for the viewer's latest impression of
//! the item before it. A retraction within the window takes the outcome out. Where the window has not
//! closed when the log ends, nobody knows what would have followed: such requests are dropped, or
//! their outcomes masked as unknown.

mod outcome;
mod request;

use marquee_core::{Event, Seconds, Timestamp};

use crate::{
    Asked, Entities, FeatureState, FeatureTable, Head, LabelColumn, Plan, Result, Scratch,
    TrainingTable, VectorSet,
};
use outcome::Outcome;
use request::Request;

/// How rows are made from a log.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingOptions {
    /// How long after an impression something still counts as following it.
    pub attribution: Seconds,
    /// How long it took until an event was known to answers; 0 where they know it at once.
    pub lag: Seconds,
    /// Watched share from which on an item counts as finished.
    pub finished: f64,
    /// Impressions of one viewer and session that are at most so far from the first belong to one
    /// request, where they do not name an answer.
    pub same_request: Seconds,
    /// When the log ends; by default with its last event.
    pub until: Option<Timestamp>,
    /// Requests before it are replayed, and not made into rows: features need something to stand on.
    pub from: Option<Timestamp>,
    /// What becomes of impressions whose window is still open when the log ends.
    pub open_windows: OpenWindows,
}

/// What becomes of impressions of which not everything is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenWindows {
    /// Their whole request is left out.
    Drop,
    /// Their outcomes are NaN, whatever happened so far: to keep only what happened would say that
    /// whoever acts fast acts always.
    Mask,
}

impl Default for TrainingOptions {
    fn default() -> Self {
        Self {
            attribution: Seconds(4.0 * 3600.0),
            lag: Seconds(0.0),
            finished: 0.9,
            same_request: Seconds(5.0),
            until: None,
            from: None,
            open_windows: OpenWindows::Drop,
        }
    }
}

/// A table, and where its rows come from.
#[derive(Debug, Clone)]
pub struct Joined {
    /// Features and outcomes.
    pub table: TrainingTable,
    /// Place in the log of the impression of each row.
    pub impressions: Vec<u64>,
    /// Requests left out because a window was still open.
    pub dropped_requests: u64,
    /// Outcomes that no impression could be credited with.
    pub uncredited: u64,
    /// The state after the last event.
    pub state: FeatureState,
}

/// Replays `events` and makes a row of every impression.
///
/// - `events`: in any order; they are replayed by time, and in the order given where times are equal.
///   Their places are their numbers.
/// - `entities`: records of items and viewers, as they are now; they are taken as they were all along.
/// - `vectors`: tables that features of vectors name.
///
/// Memory: about 100 bytes an event besides the table and the state. Cost: that of applying each
/// event and computing each request.
///
/// # Errors
///
/// As [`FeatureState::apply`] and [`FeatureState::compute`].
pub fn training_rows(
    plan: std::sync::Arc<Plan>,
    entities: Entities,
    events: &[Event],
    vectors: &VectorSet,
    options: &TrainingOptions,
) -> Result<Joined> {
    let mut state = FeatureState::new(plan, entities);
    let mut order: Vec<usize> = (0..events.len()).collect();
    order.sort_by_key(|&place| (events[place].time, place));
    let (mut requests, places) = request::group(events, &order, options);
    let end = order.last().map(|&place| events[place].time);
    let end = options.until.or(end).unwrap_or_default();
    let credited = outcome::credit(events, &order, &places, options);
    let all = requests.len();
    let closed = |request: &Request| request.last.plus(options.attribution) <= end;
    if options.open_windows == OpenWindows::Drop {
        requests.retain(closed);
    }
    let dropped_requests = (all - requests.len()) as u64;
    requests.retain(|request| options.from.is_none_or(|from| request.time >= from));
    let mut joiner = Joiner::new(&state, vectors, options, end)?;
    let mut next = requests.iter().peekable();
    for &place in &order {
        let event = &events[place];
        // Whoever was answered before this event was known was answered without it.
        let known = |request: &&Request| request.time <= event.time.plus(options.lag);
        while let Some(request) = next.next_if(known) {
            joiner.add(&mut state, request, events, &credited.outcomes)?;
        }
        state.apply(place as u64, event)?;
    }
    for request in next {
        joiner.add(&mut state, request, events, &credited.outcomes)?;
    }
    joiner.table.check()?;
    Ok(Joined {
        table: joiner.table,
        impressions: joiner.impressions,
        dropped_requests,
        uncredited: credited.uncredited,
        state,
    })
}

/// A table as it grows.
struct Joiner<'a> {
    vectors: &'a VectorSet,
    options: &'a TrainingOptions,
    end: Timestamp,
    table: TrainingTable,
    impressions: Vec<u64>,
    scratch: Scratch,
    items: Vec<u32>,
    positions: Vec<u32>,
}

impl<'a> Joiner<'a> {
    fn new(
        state: &FeatureState,
        vectors: &'a VectorSet,
        options: &'a TrainingOptions,
        end: Timestamp,
    ) -> Result<Self> {
        let features = FeatureTable::new(state.plan().schema().clone())?;
        let mut table = TrainingTable::of(features);
        table.labels = Head::STANDARD
            .map(|head| LabelColumn {
                head,
                values: Vec::new(),
            })
            .to_vec();
        Ok(Self {
            vectors,
            options,
            end,
            table,
            impressions: Vec::new(),
            scratch: Scratch::default(),
            items: Vec::new(),
            positions: Vec::new(),
        })
    }

    fn add(
        &mut self,
        state: &mut FeatureState,
        request: &Request,
        events: &[Event],
        outcomes: &[Outcome],
    ) -> Result<()> {
        self.items.clear();
        self.positions.clear();
        let first = &events[request.impressions[0]];
        for &place in &request.impressions {
            let item = events[place].action.item();
            let item = item.expect("impressions are of items");
            self.items.push(state.entities_mut().item(item.as_str())?);
            let surface = events[place].surface.as_ref();
            self.positions
                .push(surface.map_or(crate::NONE, |surface| surface.position));
        }
        let asked = Asked {
            viewer: state.entities_mut().viewer(&first.actor),
            time: request.time,
            device: first.device.as_deref(),
            page: first.surface.as_ref().map(|surface| &*surface.page),
            items: &self.items,
            positions: &self.positions,
        };
        let table = &mut self.table;
        state.compute(&asked, self.vectors, &mut self.scratch, &mut table.features)?;
        table.time.push(request.time);
        table.viewer.push(asked.viewer);
        table.item.extend_from_slice(&self.items);
        table.position.extend_from_slice(&self.positions);
        for (&place, &item) in request.impressions.iter().zip(&self.items) {
            self.impressions.push(place as u64);
            table.propensity.push(f32::NAN);
            table.weight.push(1.0);
            let closed = events[place].time.plus(self.options.attribution) <= self.end;
            let length = state.entities().duration_ms(item);
            let values = outcomes[place].labels(length, self.options.finished);
            for (column, value) in table.labels.iter_mut().zip(values) {
                column.values.push(if closed { value } else { f32::NAN });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
