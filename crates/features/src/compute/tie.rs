//! How strong the tie of a viewer to a creator is.
//!
//! Every event of the viewer with the creator or an item of theirs is worth points, which halve with
//! each half-life (a follow's do not: it stands until it is taken back). Points add up, what speaks
//! against it subtracts, and
//!
//! ```text
//! strength = 1 - 2^-max(points, 0)
//! ```
//!
//! so one point means a half, two points three quarters, and nothing reaches one.

use marquee_core::{EventKind, Seconds, Timestamp};

use super::pairs::{RowMap, halved};
use crate::{FeatureState, entities::NONE, observed::Marks, state::Entry};

/// Points of one event, and whether they fade.
const POINTS: [(&str, EventKind, f64, Fades); 10] = [
    ("follow", EventKind::Follow, 1.0, Fades::Not),
    ("comment", EventKind::Comment, 0.5, Fades::With),
    ("share", EventKind::Share, 0.5, Fades::With),
    ("like", EventKind::Like, 0.25, Fades::With),
    ("save", EventKind::Save, 0.25, Fades::With),
    ("rewatch", EventKind::Rewatch, 0.25, Fades::With),
    ("play", EventKind::Play, 0.125, Fades::With),
    ("open", EventKind::Open, 0.0625, Fades::With),
    ("hide", EventKind::Hide, -0.5, Fades::With),
    ("report", EventKind::Report, -2.0, Fades::With),
];

/// What thumbs are worth; they have no kind of their own.
const THUMB: f64 = 0.5;

/// Number of parts: the kinds above, thumbs up, thumbs down.
const N_PARTS: usize = POINTS.len() + 2;

#[derive(Clone, Copy)]
enum Fades {
    With,
    Not,
}

/// The tie of a viewer to a creator, with its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Tie {
    /// From 0 for none to less than 1.
    pub strength: f64,
    /// What it is made of, in a fixed order; kinds that did not happen are left out.
    pub parts: Vec<TiePart>,
    /// Time of the last event that counts.
    pub last: Option<Timestamp>,
}

/// What one kind of event adds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TiePart {
    /// The kind, as events name it; `thumb_up` and `thumb_down` for thumbs.
    pub kind: &'static str,
    /// How many of them there are.
    pub count: u32,
    /// Points that are left of them, negative where they speak against it.
    pub points: f64,
}

/// Points of one event by now: which part, and how many.
fn points(entry: &Entry, now_ms: i64, half_life_ms: i64) -> Option<(usize, f64)> {
    let age = now_ms.saturating_sub(entry.time_ms);
    if age < 0 {
        return None;
    }
    let thumb = [("thumb_up", THUMB), ("thumb_down", -THUMB)];
    for (at, (name, worth)) in thumb.into_iter().enumerate() {
        if Marks::from_name(name).is_some_and(|mark| entry.marks.meets(mark)) {
            return Some((POINTS.len() + at, worth * halved(age, half_life_ms)));
        }
    }
    let found = POINTS
        .iter()
        .position(|row| entry.marks.meets(Marks::of(row.1)))?;
    let (_, _, worth, fades) = POINTS[found];
    Some(match fades {
        Fades::With => (found, worth * halved(age, half_life_ms)),
        Fades::Not => (found, worth),
    })
}

fn strength(points: f64) -> f64 {
    1.0 - (-points.max(0.0)).exp2()
}

/// Points of all creators that a viewer met.
#[derive(Debug, Default)]
pub(super) struct TieSums {
    map: RowMap,
    points: Vec<f64>,
}

impl TieSums {
    pub(super) fn fill(
        &mut self,
        state: &FeatureState,
        viewer: u32,
        now_ms: i64,
        half_life_ms: i64,
    ) {
        self.map.clear();
        self.points.clear();
        let Some(log) = state.log(viewer) else { return };
        for entry in log.deeds(state.plan.limits) {
            let Some((_, points)) = points(entry, now_ms, half_life_ms) else {
                continue;
            };
            if entry.creator == NONE {
                continue;
            }
            let (place, new) = self.map.insert(entry.creator);
            if new {
                self.points.push(0.0);
            }
            self.points[place] += points;
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a feature keeps 24 bits of any number"
    )]
    pub(super) fn strength(&self, creator: u32) -> f32 {
        match self.map.get(creator) {
            Some(place) => strength(self.points[place]) as f32,
            None => 0.0,
        }
    }
}

impl FeatureState {
    /// The creators that a viewer has the strongest ties to at `now`, by row, the strongest first; those
    /// without any tie are left out.
    ///
    /// - `half_life`: after which an event is worth half of what it was.
    /// - `most`: how many at most.
    ///
    /// Cost: one pass over the events that are kept of the viewer, and one more for each creator given.
    pub fn strongest_ties(
        &self,
        viewer: u32,
        now: Timestamp,
        half_life: Seconds,
        most: usize,
    ) -> Vec<(u32, Tie)> {
        let mut sums = TieSums::default();
        let half_life_ms = half_life.as_millis().max(1);
        sums.fill(self, viewer, now.as_millis(), half_life_ms);
        let creators = 0..u32::try_from(self.entities.n_creators()).unwrap_or(NONE);
        let met = creators.map(|creator| (creator, sums.strength(creator)));
        let mut met: Vec<(u32, f32)> = met.filter(|(_, strength)| *strength > 0.0).collect();
        met.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
        met.truncate(most);
        let told = |(creator, _)| (creator, self.tie(viewer, creator, now, half_life));
        met.into_iter().map(told).collect()
    }

    /// How strong the tie of a viewer to a creator is at `now`, and why.
    ///
    /// - `half_life`: after which an event is worth half of what it was.
    ///
    /// Cost: one pass over the events that are kept of the viewer.
    pub fn tie(&self, viewer: u32, creator: u32, now: Timestamp, half_life: Seconds) -> Tie {
        let (now_ms, half_life_ms) = (now.as_millis(), half_life.as_millis().max(1));
        let mut parts = [(0_u32, 0.0_f64); N_PARTS];
        let (mut sum, mut last) = (0.0, None);
        let deeds = self.log(viewer).map(|log| log.deeds(self.plan.limits));
        for entry in deeds.into_iter().flatten() {
            if entry.creator != creator || creator == NONE {
                continue;
            }
            if let Some((part, points)) = points(entry, now_ms, half_life_ms) {
                parts[part].0 += 1;
                parts[part].1 += points;
                sum += points;
                last = Some(Timestamp::from_millis(entry.time_ms));
            }
        }
        let names = POINTS
            .iter()
            .map(|row| row.0)
            .chain(["thumb_up", "thumb_down"]);
        let parts = names.zip(parts).filter(|(_, (count, _))| *count > 0);
        Tie {
            strength: strength(sum),
            parts: parts
                .map(|(kind, (count, points))| TiePart {
                    kind,
                    count,
                    points,
                })
                .collect(),
            last,
        }
    }
}
