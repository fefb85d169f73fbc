//! A viewer's taste as a person reads it: which genres, creators, lengths and hours, how much of each.

use std::collections::BTreeMap;

use marquee_core::{EventKind, Seconds, Timestamp};

use crate::{
    FeatureState,
    compute::{LENGTH_CLASSES, halved},
    declare::Trait,
    entities::ITEM_KINDS,
    observed::Marks,
    state::Entry,
};

/// What a viewer's kept events say of his taste.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TasteProfile {
    /// Number of events that speak for something: plays, likes, thumbs up, saves, shares, comments.
    pub events: u32,
    /// Number of events that speak against something: hides, thumbs down, reports.
    pub against: u32,
    /// Time of the first of these events that is kept.
    pub first: Option<Timestamp>,
    /// Time of the last.
    pub last: Option<Timestamp>,
    /// Genres, the largest share first.
    pub genres: Vec<Taste>,
    /// Tags, likewise.
    pub tags: Vec<Taste>,
    /// Creators by id, likewise.
    pub creators: Vec<Taste>,
    /// Languages, likewise.
    pub languages: Vec<Taste>,
    /// Kinds of items, likewise.
    pub kinds: Vec<Taste>,
    /// Classes of length, likewise.
    pub lengths: Vec<Taste>,
    /// Hours of the day, `20:00`, likewise.
    pub hours: Vec<Taste>,
}

/// One trait in a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Taste {
    /// The genre, the creator's id, the hour and so on.
    pub name: String,
    /// Number of events that speak for it.
    pub count: u32,
    /// Number of events that speak against it.
    pub against: u32,
    /// Its share of all that speak for any trait of this sort, newer events weighing more: 0 to 1.
    /// An event of an item with two genres counts for both, so shares may add up to more than 1.
    pub share: f64,
}

/// What speaks for an item, and what against it.
fn speaks(entry: &Entry) -> Option<Speaks> {
    let against = [EventKind::Hide, EventKind::Report];
    let for_it = [
        EventKind::Play,
        EventKind::Rewatch,
        EventKind::Like,
        EventKind::Save,
        EventKind::Share,
        EventKind::Comment,
        EventKind::Follow,
    ];
    let any = |kinds: &[EventKind]| kinds.iter().any(|&kind| entry.marks.meets(Marks::of(kind)));
    let named = |name| Marks::from_name(name).is_some_and(|marks| entry.marks.meets(marks));
    if any(&against) || named("thumb_down") {
        return Some(Speaks::Against);
    }
    (any(&for_it) || named("thumb_up")).then_some(Speaks::For)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaks {
    For,
    Against,
}

/// What one trait adds up to.
#[derive(Default)]
struct Sums {
    count: u32,
    against: u32,
    mass: f64,
}

impl FeatureState {
    /// The taste of a viewer at `now`.
    ///
    /// - `half_life`: after which an event weighs half of what it did.
    /// - `most`: how many of each sort are named.
    ///
    /// Cost: a pass over the events that are kept of the viewer for each sort of trait.
    pub fn taste_profile(
        &self,
        viewer: u32,
        now: Timestamp,
        half_life: Seconds,
        most: usize,
    ) -> TasteProfile {
        let half_life_ms = half_life.as_millis().max(1);
        let deeds = self.log(viewer).map(|log| log.deeds(self.plan.limits));
        let deeds = deeds.into_iter().flatten();
        let now_ms = now.as_millis();
        let past = deeds.filter(|entry| entry.time_ms <= now_ms);
        let told: Vec<(&Entry, Speaks, f64)> = past
            .filter_map(|entry| {
                let weight = halved(now_ms.saturating_sub(entry.time_ms), half_life_ms);
                Some((entry, speaks(entry)?, weight))
            })
            .collect();
        let number = |side| {
            let count = told.iter().filter(|one| one.1 == side).count();
            u32::try_from(count).unwrap_or(u32::MAX)
        };
        let time = |one: Option<&(&Entry, Speaks, f64)>| {
            one.map(|(entry, ..)| Timestamp::from_millis(entry.time_ms))
        };
        let of = |of| self.tastes(of, &told, most);
        TasteProfile {
            events: number(Speaks::For),
            against: number(Speaks::Against),
            first: time(told.first()),
            last: time(told.last()),
            genres: of(Trait::Genre),
            tags: of(Trait::Tag),
            creators: of(Trait::Creator),
            languages: of(Trait::Language),
            kinds: of(Trait::Kind),
            lengths: of(Trait::Length),
            hours: of(Trait::Hour),
        }
    }

    fn tastes(&self, of: Trait, told: &[(&Entry, Speaks, f64)], most: usize) -> Vec<Taste> {
        let mut sums: BTreeMap<u32, Sums> = BTreeMap::new();
        let mut total = 0.0;
        for &(entry, side, weight) in told {
            let traits = self.traits_of_entry(of, entry);
            for &row in traits.as_slice() {
                let sums = sums.entry(row).or_default();
                match side {
                    Speaks::For => {
                        sums.count += 1;
                        sums.mass += weight;
                    }
                    Speaks::Against => sums.against += 1,
                }
            }
            if side == Speaks::For && !traits.as_slice().is_empty() {
                total += weight;
            }
        }
        let share = |mass: f64| if total > 0.0 { mass / total } else { 0.0 };
        let tastes = sums.into_iter().map(|(row, sums)| Taste {
            name: self.name_of(of, row),
            count: sums.count,
            against: sums.against,
            share: share(sums.mass),
        });
        let mut tastes: Vec<Taste> = tastes.collect();
        tastes.sort_by(|a, b| {
            b.share
                .total_cmp(&a.share)
                .then_with(|| a.name.cmp(&b.name))
        });
        tastes.truncate(most);
        tastes
    }

    fn name_of(&self, of: Trait, row: u32) -> String {
        let entities = &self.entities;
        let place = row as usize;
        match of {
            Trait::Item => entities.item_id(row).unwrap_or_default().to_owned(),
            Trait::Creator => entities.creator_id(row).unwrap_or_default().to_owned(),
            Trait::Genre => entities.genres().word(row).to_owned(),
            Trait::Tag => entities.tags().word(row).to_owned(),
            Trait::Language => entities.languages().word(row).to_owned(),
            Trait::Kind => ITEM_KINDS[place].1.to_owned(),
            Trait::Length => LENGTH_CLASSES[place].1.to_owned(),
            Trait::Hour => format!("{row:02}:00"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::tests::{DAY, liked, opened, played, state_after};

    #[test]
    fn profile_counts_and_weighs() {
        // Halves for each day: a drama like of today, a drama and comedy play of yesterday.
        // What is dated after now does not count.
        let events = [
            played(DAY, "b", 3.0),
            opened(60, "c"),
            liked(0, "a"),
            liked(-9, "c"),
        ];
        let state = state_after(&events);
        let now = Timestamp::from_seconds(crate::compute::tests::NOW);
        let profile = state.taste_profile(0, now, Seconds::DAY, 10);
        assert_eq!((profile.events, profile.against), (2, 0));
        assert_eq!(profile.last, Some(now));
        let taste = |name: &str, count, share| Taste {
            name: name.into(),
            count,
            against: 0,
            share,
        };
        let third = 0.5 / 1.5;
        assert_eq!(
            profile.genres,
            [taste("drama", 2, 1.0), taste("comedy", 1, third)]
        );
        assert_eq!(profile.creators, [taste("ann", 2, 1.0)]);
        assert_eq!(
            profile.kinds,
            [taste("movie", 1, 1.0 / 1.5), taste("clip", 1, third)]
        );
        assert_eq!(profile.hours, [taste("13:00", 2, 1.0)]);
        assert_eq!(
            profile.lengths,
            [
                taste("over 90 min", 1, 1.0 / 1.5),
                taste("1 to 10 min", 1, third)
            ]
        );
    }

    #[test]
    fn nobody_has_no_taste() {
        let profile = state_after(&[]).taste_profile(7, Timestamp::EPOCH, Seconds::DAY, 10);
        assert_eq!(profile, TasteProfile::default());
    }
}
