//! What followed each impression.

use std::collections::HashMap;

use marquee_core::{Action, Event, EventKind};

use super::{TrainingOptions, request::Places};

/// What followed one impression within its window.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Outcome {
    /// A bit for each kind that happened and was not taken back.
    kinds: u32,
    watched_ms: i64,
    /// Length that the player told, in milliseconds.
    length_ms: Option<i64>,
}

/// Outcomes by the place of the impression in the log.
pub(super) struct Credited {
    pub(super) outcomes: Vec<Outcome>,
    /// Outcomes without an impression that shows what they answer.
    pub(super) uncredited: u64,
}

/// Credits every event to the impression it followed.
pub(super) fn credit(
    events: &[Event],
    order: &[usize],
    places: &Places<'_>,
    options: &TrainingOptions,
) -> Credited {
    let mut credited = Credited {
        outcomes: vec![Outcome::default(); events.len()],
        uncredited: 0,
    };
    // Which event a retraction names, and when the last of those that stand took it back.
    let taken = taken_back(events, order);
    for &place in order {
        let event = &events[place];
        let kind = event.action.kind();
        let Some(item) = event.action.item() else {
            continue;
        };
        if kind == EventKind::Impression {
            continue;
        }
        let shown = places.get(&(&event.actor, item.as_str()));
        let Some(at) = shown.and_then(|shown| impression_of(events, shown, event, options)) else {
            credited.uncredited += 1;
            continue;
        };
        let closes = events[at].time.plus(options.attribution);
        if taken
            .get(&place)
            .is_some_and(|&by| events[by].time <= closes)
        {
            continue;
        }
        let outcome = &mut credited.outcomes[at];
        outcome.kinds |= 1 << kind.number();
        match &event.action {
            Action::Play {
                watched, duration, ..
            } => {
                outcome.watch(watched.as_millis());
                outcome.length_ms = duration
                    .map(|length| length.as_millis())
                    .or(outcome.length_ms);
            }
            Action::Rewatch { watched, .. } => outcome.watch(watched.as_millis()),
            _ => {}
        }
    }
    credited
}

/// The impression in the answer that the event names, or else the latest before the event; none if
/// the window of that one is closed.
fn impression_of(
    events: &[Event],
    shown: &[usize],
    event: &Event,
    options: &TrainingOptions,
) -> Option<usize> {
    let before = shown.partition_point(|&place| events[place].time <= event.time);
    let shown = &shown[..before];
    let named = event.recommendation.as_ref().and_then(|id| {
        let mut latest = shown.iter().rev();
        latest.find(|&&place| events[place].recommendation.as_ref() == Some(id))
    });
    let found = *named.or(shown.last())?;
    let open = event.time <= events[found].time.plus(options.attribution);
    open.then_some(found)
}

/// Events that were taken back, by place, with the place of the first retraction that stands.
///
/// They are gone through from the latest to the earliest, so that a retraction that is itself taken
/// back does nothing.
fn taken_back(events: &[Event], order: &[usize]) -> HashMap<usize, usize> {
    let mut by_id = HashMap::new();
    let mut taken = HashMap::new();
    for &place in order.iter().rev() {
        let event = &events[place];
        let by = event
            .id
            .as_ref()
            .and_then(|id| by_id.get(&(&event.actor, id.as_str())));
        if let Some(&by) = by {
            taken.insert(place, by);
        }
        if let (Action::Retract { event: target }, None) = (&event.action, by) {
            by_id.insert((&event.actor, target.as_str()), place);
        }
    }
    taken
}

impl Outcome {
    fn watch(&mut self, millis: i64) {
        self.watched_ms = self.watched_ms.saturating_add(millis.max(0));
    }

    fn has(&self, kind: EventKind) -> bool {
        self.kinds & 1 << kind.number() != 0
    }

    /// Values of the standard heads, in their order.
    ///
    /// - `length_ms`: of the item by its record; what the player told goes before it.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a share needs no more digits"
    )]
    pub(super) fn labels(&self, length_ms: Option<i64>, finished: f64) -> [f32; 9] {
        let happened = |kind| f32::from(u8::from(self.has(kind)));
        let length = self.length_ms.or(length_ms).filter(|length| *length > 0);
        let (fraction, finish) = match length {
            // What is not played has no watched share of any length.
            _ if self.watched_ms == 0 => (0.0, 0.0),
            Some(length) => {
                let share = (self.watched_ms as f64 / length as f64).min(1.0);
                (share as f32, f32::from(u8::from(share >= finished)))
            }
            None => (f32::NAN, f32::NAN),
        };
        [
            happened(EventKind::Open),
            fraction,
            finish,
            happened(EventKind::Like),
            happened(EventKind::Comment),
            happened(EventKind::Share),
            happened(EventKind::Save),
            happened(EventKind::Hide),
            happened(EventKind::Report),
        ]
    }
}
