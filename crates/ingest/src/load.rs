//! From the events of a data folder to the dataset that models train on.

mod fold;
mod prune;
mod retract;
mod stats;
mod viewer;
mod weights;

use fold::{Effect, Touch, fold};
use marquee_core::{Actor, Dataset, Event, EventKind, Repeats, SparseRows, Timestamp, Vocabulary};
pub(crate) use prune::lean;
pub(crate) use retract::{dead_rows, retracted};
use serde::{Deserialize, Serialize};
pub use stats::Stats;
pub use viewer::{Signal, ViewerFold, fold_viewer};
pub use weights::{EventWeights, Values};

use crate::{
    DataFolder, Error, Result,
    error::SegmentProblem,
    extra::value_of,
    segment::{Columns, IdTable, IdView, NO_ITEM, SESSION_BIT, Segment, StoredActor, hash_of},
};

/// Hands every event that came after all imports to its argument, in order; called more than once.
pub type Later<'a> = dyn FnMut(&mut dyn FnMut(&Event) -> Result<()>) -> Result<()> + 'a;

/// Which events make up a dataset, and how much each counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Weight of each kind of event; zero leaves a kind out.
    pub weights: EventWeights,
    /// Whether a rating counts by its kind's weight or by the rating itself.
    pub values: Values,
    /// Ratings below it speak against the item, as a thumb down does; no limit without it.
    pub min_rating: Option<f32>,
    /// What a thumb down, a hide, a report or a low rating does to what the same user did before.
    pub opposition: Opposition,
    /// What becomes of several events of one user with one item.
    ///
    /// A rating and a thumb replace the user's earlier rating or thumb of the item in any case.
    pub repeats: Repeats,
    /// Users with fewer different items are left out.
    pub min_per_user: usize,
    /// Items with fewer different users are left out. Both limits are applied until both hold.
    pub min_per_item: usize,
    /// Only events up to this moment count, retractions among them; all without it.
    pub as_of: Option<Timestamp>,
}

/// What becomes of a user's earlier interactions with an item that the user then speaks against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opposition {
    /// They do not count anymore. What the user does with the item later counts again.
    #[default]
    Cancels,
    /// They stay; the speaking against is only not counted.
    Ignored,
}

impl Default for Selection {
    /// All ratings, plays and other positive events by the weight of their kind, added up.
    fn default() -> Self {
        Self {
            weights: EventWeights::default(),
            values: Values::default(),
            min_rating: None,
            opposition: Opposition::default(),
            repeats: Repeats::Sum,
            min_per_user: 1,
            min_per_item: 1,
            as_of: None,
        }
    }
}

/// A dataset and the ids of its rows.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Who touched what; every user and every item has an interaction.
    pub dataset: Dataset,
    /// Ids of the users, in the order of their first event. A session that is not signed in is a
    /// user of the session's id.
    pub users: Vocabulary,
    /// Ids of the items, in the order of their first event.
    pub items: Vocabulary,
    /// For each user the items of `items` that the user spoke against last: a low rating, a thumb
    /// down, a hide or a report. They do not count in `dataset`, and are no news to the user either.
    pub opposed: SparseRows,
    /// By which rules it was put together.
    pub selection: Selection,
    /// Number of the last event of the journal that is in it; zero when none is.
    pub journal_seq: u64,
}

impl DataFolder {
    /// Puts the selected events of all imports together.
    ///
    /// A retracted event counts as if it had never been; a retraction that is itself retracted does
    /// nothing. Otherwise each user's events are gone through in the order of time (of import where
    /// times are equal): see [`Selection`] for what each does.
    ///
    /// Cost: one pass over the segments and a sort of each user's events. Memory: about 45 bytes an
    /// event that counts.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`] or [`Error::Segment`] when a segment is damaged, [`Error::TooMany`] when
    /// there are more events than a dataset can hold, [`Error::Weight`] when a weight is negative or
    /// not finite.
    pub fn load_interactions(&self, selection: &Selection) -> Result<Loaded> {
        self.load_interactions_and(selection, &mut |_| Ok(()))
    }

    /// As [`load_interactions`](Self::load_interactions), with events that came after all imports.
    ///
    /// # Errors
    ///
    /// As there, and what `later` gives.
    pub fn load_interactions_and(
        &self,
        selection: &Selection,
        later: &mut Later<'_>,
    ) -> Result<Loaded> {
        selection.weights.check()?;
        let retracted = retracted(self, selection.as_of, later)?;
        let mut gathered = Gathered::default();
        for import in &self.manifest().imports {
            if import.segments.is_empty() {
                continue;
            }
            let table = IdTable::open(self.dir(), import)?;
            let mut ids = Ids::of(table.view()?);
            for segment in &import.segments {
                let segment = Segment::open(&self.dir().join(&segment.file))?;
                gathered.add(&segment, &mut ids, &retracted, selection)?;
            }
        }
        later(&mut |event| gathered.add_event(event, &retracted, selection))?;
        let Gathered {
            users,
            items,
            touches,
        } = gathered;
        let folded = fold(users.len(), items.len(), &touches, selection.repeats);
        drop(touches);
        prune::prune(folded, users, items, selection)
    }
}

/// Events that do something, over all imports.
#[derive(Default)]
struct Gathered {
    users: Vocabulary,
    items: Vocabulary,
    touches: Vec<Touch>,
}

impl Gathered {
    fn add(
        &mut self,
        segment: &Segment,
        ids: &mut Ids<'_>,
        retracted: &[u128],
        selection: &Selection,
    ) -> Result<()> {
        let columns = segment.columns()?;
        let dead = dead_rows(segment, retracted)?;
        let as_of = selection.as_of.map_or(i64::MAX, Timestamp::as_millis);
        let mut next_dead = 0;
        for row in 0..columns.kind.len() {
            if dead
                .get(next_dead)
                .is_some_and(|&dead| dead as usize == row)
            {
                next_dead += 1;
                continue;
            }
            if columns.time[row] > as_of || columns.item[row] == NO_ITEM {
                continue;
            }
            let kind = EventKind::from_number(columns.kind[row])
                .ok_or_else(|| bad_kind(segment, &columns, row))?;
            let (effect, weight) = weights::effect(kind, columns.value[row], selection);
            if effect == Effect::Nothing {
                continue;
            }
            let user = ids.user(columns.actor[row], &mut self.users)?;
            let item = ids.item(columns.item[row], &mut self.items)?;
            self.touches.push(Touch {
                user,
                item,
                time: columns.time[row],
                weight,
                effect,
                kind: columns.kind[row],
            });
        }
        self.check_length()
    }

    fn add_event(
        &mut self,
        event: &Event,
        retracted: &[u128],
        selection: &Selection,
    ) -> Result<()> {
        let id = event.id.as_ref().map(|id| hash_of(id.as_str()));
        let dead = id.is_some_and(|id| retracted.binary_search(&id).is_ok());
        let late = selection.as_of.is_some_and(|as_of| event.time > as_of);
        let Some(item) = event.action.item().filter(|_| !dead && !late) else {
            return Ok(());
        };
        let kind = event.action.kind();
        let (effect, weight) = weights::effect(kind, value_of(&event.action), selection);
        if effect == Effect::Nothing {
            return Ok(());
        }
        let user = match &event.actor {
            Actor::User(id) => id.as_str(),
            Actor::Session(id) => id.as_str(),
        };
        self.touches.push(Touch {
            user: self.users.insert(user)?,
            item: self.items.insert(item.as_str())?,
            time: event.time.as_millis(),
            weight,
            effect,
            kind: kind.number(),
        });
        self.check_length()
    }

    fn check_length(&self) -> Result<()> {
        match u32::try_from(self.touches.len()) {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::TooMany {
                found: self.touches.len() as u64,
            }),
        }
    }
}

fn bad_kind(segment: &Segment, columns: &Columns<'_>, row: usize) -> Error {
    segment.wrong(
        "kind",
        SegmentProblem::OutOfRange {
            entry: row as u64,
            found: u64::from(columns.kind[row]),
            limit: EventKind::ALL.len() as u64 + 1,
        },
    )
}

/// Ids of one import, and the rows they have over all imports as far as they were needed.
struct Ids<'a> {
    view: IdView<'a>,
    users: Vec<u32>,
    sessions: Vec<u32>,
    items: Vec<u32>,
}

/// In [`Ids`], where no row was needed so far.
const NO_ROW: u32 = u32::MAX;

impl<'a> Ids<'a> {
    fn of(view: IdView<'a>) -> Self {
        Self {
            users: vec![NO_ROW; view.users.len()],
            sessions: vec![NO_ROW; view.sessions.len()],
            items: vec![NO_ROW; view.items.len()],
            view,
        }
    }

    #[inline]
    fn user(&mut self, actor: u32, all: &mut Vocabulary) -> Result<u32> {
        let known = if actor & SESSION_BIT == 0 {
            &mut self.users
        } else {
            &mut self.sessions
        };
        let row = (actor & !SESSION_BIT) as usize;
        match known.get(row) {
            Some(&to) if to != NO_ROW => Ok(to),
            _ => {
                let (StoredActor::User(id) | StoredActor::Session(id)) = self.view.actor(actor)?;
                known[row] = all.insert(id)?;
                Ok(known[row])
            }
        }
    }

    #[inline]
    fn item(&mut self, item: u32, all: &mut Vocabulary) -> Result<u32> {
        match self.items.get(item as usize) {
            Some(&to) if to != NO_ROW => Ok(to),
            _ => {
                let row = all.insert(self.view.item(item)?)?;
                self.items[item as usize] = row;
                Ok(row)
            }
        }
    }
}

#[cfg(test)]
mod tests;
