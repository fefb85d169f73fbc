//! What a viewer is in the middle of: titles that were begun, and the next episodes of series.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use marquee_core::{Actor, EventKind, Item, ItemId, Seconds, Timestamp};
use marquee_ingest::Catalog;

use crate::{Engine, EngineError, Result, live::Deed, live::taken_back, request::MAX_K};

/// Shares of a title: what was watched for less was only tried, for more it was finished.
const BEGUN: f64 = 0.03;
/// The rest is the credits.
const FINISHED: f64 = 0.92;
/// What was watched for less of a title without a known length was only tried.
const LEAST: Seconds = Seconds(30.0);

/// Why a title is to be gone on with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unfinished {
    /// It was begun and not finished.
    Resume {
        /// Where to go on.
        position: Seconds,
    },
    /// The episode before it was finished.
    NextEpisode,
}

/// A title to go on with.
#[derive(Debug, Clone, PartialEq)]
pub struct ContinueItem {
    /// Its record.
    pub item: Arc<Item>,
    /// Why.
    pub why: Unfinished,
    /// When the viewer was last at it, or at the episode before.
    pub since: Timestamp,
}

impl Engine {
    /// The titles that `actor` is in the middle of, the latest first, at most `k`: each series once.
    ///
    /// A title counts as begun after 3 % of its length (30 seconds where that is not known) and as
    /// finished after 92 %. What the viewer spoke against, what is not in the catalog and what may
    /// not be shown at `now` is left out. Only events of the journal count: imports say nothing of
    /// positions.
    ///
    /// Cost: the viewer's events, and a pass over the catalog when a series goes on.
    ///
    /// # Errors
    ///
    /// [`EngineError::ListLength`], or [`EngineError::Journal`] when it cannot be read.
    pub fn continue_watching(
        &self,
        actor: &Actor,
        k: usize,
        now: Timestamp,
    ) -> Result<Vec<ContinueItem>> {
        if !(1..=MAX_K).contains(&k) {
            return Err(EngineError::ListLength { found: k });
        }
        let live = &self.shared.live;
        let log = live.log(&live.owner(actor), &|| self.log.snapshot())?;
        let catalog = self.catalog();
        let mut unfinished = unfinished(&log.deeds, &catalog);
        unfinished.retain(|one| one.item.is_available(now));
        unfinished.truncate(k);
        Ok(unfinished)
    }
}

/// What stands at the end of a viewer's deeds with one item.
struct Last {
    time: Timestamp,
    seq: u64,
    position: Seconds,
    length: Seconds,
}

fn unfinished(deeds: &[Deed], catalog: &Catalog) -> Vec<ContinueItem> {
    let (last, opposed) = last_of_each(deeds);
    let mut order: Vec<(&ItemId, Last)> = last.into_iter().collect();
    order.sort_unstable_by_key(|(_, last)| std::cmp::Reverse((last.time, last.seq)));
    let mut series_seen = HashSet::new();
    let mut all = Vec::new();
    for (id, last) in order {
        let Some(item) = catalog.record(id.as_str()) else {
            continue;
        };
        let is_first = item
            .series
            .clone()
            .is_none_or(|one| series_seen.insert(one));
        if !is_first || opposed.contains(id) {
            continue;
        }
        let next = to_go_on_with(item, &last, catalog);
        let next = next.filter(|(item, _)| !opposed.contains(&item.id));
        all.extend(next.map(|(item, why)| ContinueItem {
            item,
            why,
            since: last.time,
        }));
    }
    all
}

/// Where the viewer was last in each item, and what the viewer spoke against last.
fn last_of_each(deeds: &[Deed]) -> (HashMap<&ItemId, Last>, HashSet<&ItemId>) {
    let marks = taken_back(deeds);
    let mut last: HashMap<&ItemId, Last> = HashMap::new();
    let mut opposed = HashSet::new();
    for (deed, _) in deeds.iter().zip(&marks).filter(|(_, taken)| !**taken) {
        let Some(item) = &deed.item else { continue };
        let speaks_against = match deed.kind {
            EventKind::Hide | EventKind::Report => true,
            EventKind::Thumb => deed.value < 0.0,
            _ => false,
        };
        if speaks_against {
            opposed.insert(item);
        }
        if !matches!(
            deed.kind,
            EventKind::Play | EventKind::Pause | EventKind::Rewatch
        ) {
            continue;
        }
        opposed.remove(item);
        let known = last
            .get(item)
            .map_or(Seconds::default(), |last| last.length);
        let said = Seconds(f64::from(deed.length_s));
        let entry = Last {
            time: deed.time,
            seq: deed.seq,
            position: Seconds(f64::from(deed.value)),
            length: if said.0 > 0.0 { said } else { known },
        };
        let is_later = last.get(item).is_none_or(|last| last.time <= deed.time);
        if is_later {
            last.insert(item, entry);
        }
    }
    (last, opposed)
}

fn to_go_on_with(
    item: &Arc<Item>,
    last: &Last,
    catalog: &Catalog,
) -> Option<(Arc<Item>, Unfinished)> {
    let length = item.duration.unwrap_or(last.length);
    let position = last.position;
    let (begun, finished) = match length.0 > 0.0 {
        true => (
            position.0 >= BEGUN * length.0,
            position.0 >= FINISHED * length.0,
        ),
        false => (position >= LEAST, false),
    };
    if finished {
        return next_episode(item, catalog).map(|next| (next, Unfinished::NextEpisode));
    }
    begun.then(|| (Arc::clone(item), Unfinished::Resume { position }))
}

fn next_episode(item: &Item, catalog: &Catalog) -> Option<Arc<Item>> {
    let series = item.series.as_ref()?;
    let episode = item.episode?.checked_add(1)?;
    let mut items = catalog.items().iter();
    let next =
        items.find(|next| next.series.as_ref() == Some(series) && next.episode == Some(episode));
    next.cloned()
}

#[cfg(test)]
mod tests;
