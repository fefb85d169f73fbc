//! Scoring: find the sessions most like the running one, then add up what stood around what they share.

use marquee_core::{History, HistoryEntry, ItemIdx, ScoredItem, Timestamp};
use marquee_math::{Scored, TopK, top_k};

use super::{NAME, SessionKnnView};
use crate::{
    Attribution, Contribution, Recommender, Result,
    check::narrow,
    recommender::{check_history, check_items, check_scores},
};

/// An item of the running session: its place in the history, and what it counts.
#[derive(Debug, Clone, Copy)]
struct Event {
    place: usize,
    item: u32,
    weight: f64,
}

/// A past session that shares something.
#[derive(Debug, Clone, Copy)]
struct Neighbor {
    session: u32,
    score: f32,
    /// Its last place of the latest shared item.
    anchor: usize,
}

impl SessionKnnView<'_> {
    /// The latest items of the running session, latest first, each at its last place.
    fn events(&self, history: &History) -> Vec<Event> {
        let mut events: Vec<Event> = Vec::new();
        for (place, entry) in history.iter().enumerate().rev() {
            if events.len() == self.constants.max_events as usize {
                break;
            }
            let item = entry.item.0;
            if events.iter().any(|event| event.item == item) {
                continue;
            }
            let age = (history.len() - 1 - place) as f64;
            let decay = (-age / self.constants.position_decay).exp();
            events.push(Event {
                place,
                item,
                weight: decay * f64::from(self.item_weights[item as usize]),
            });
        }
        events
    }

    /// What the likeness of `session` is divided by.
    fn size(&self, session: u32) -> f64 {
        let len = self.sessions.row(session as usize).len() as f64;
        len.powf(self.constants.length_power)
    }

    /// The sessions most like the running one, most like first; equal ones by row.
    fn neighbors(&self, events: &[Event]) -> Vec<Neighbor> {
        // Session and number of the event, sorted: groups of one session, its latest item first.
        let mut shared: Vec<(u32, u32)> = Vec::new();
        for (number, event) in (0..).zip(events) {
            let sessions = self.latest.row(event.item as usize).columns;
            shared.extend(sessions.iter().map(|&session| (session, number)));
        }
        shared.sort_unstable();
        let mut best = TopK::new(self.constants.neighbors as usize);
        for group in shared.chunk_by(|a, b| a.0 == b.0) {
            let weights = group
                .iter()
                .map(|&(_, number)| events[number as usize].weight);
            let index = group[0].0;
            let score = narrow(weights.sum::<f64>() / self.size(index));
            if score > 0.0 {
                best.push(Scored { index, score });
            }
        }
        let neighbor = |scored: Scored| Neighbor {
            session: scored.index,
            score: scored.score,
            anchor: self.anchor(scored.index, events),
        };
        best.into_sorted().into_iter().map(neighbor).collect()
    }

    /// The last place in `session` of the latest item it shares with the running one. The session is
    /// among the latest ones of some event's item, but perhaps holds a later event's item, too, that it
    /// is not among the latest ones of: that one counts.
    fn anchor(&self, session: u32, events: &[Event]) -> usize {
        let row = self.sessions.row(session as usize).columns;
        let mut places = events
            .iter()
            .filter_map(|event| last_place(row, event.item));
        places.next().unwrap_or(0)
    }

    /// What stands at `place` counts in a session whose latest shared item stands at `anchor`.
    fn nearness(&self, place: usize, anchor: usize) -> f32 {
        let distance = place.abs_diff(anchor);
        if distance == 0 {
            return narrow(self.constants.repeat);
        }
        let side = if place > anchor {
            1.0
        } else {
            self.constants.backward
        };
        narrow(side * (-((distance - 1) as f64) / self.constants.reach).exp())
    }

    /// What the places of `item` in a neighbor's session count, in their order.
    fn nearnesses(&self, neighbor: &Neighbor, item: ItemIdx) -> impl Iterator<Item = f32> {
        let row = self.sessions.row(neighbor.session as usize).columns;
        let places = row.iter().enumerate();
        let places = places.filter(move |(_, column)| **column == item.0);
        places.map(|(place, _)| self.nearness(place, neighbor.anchor))
    }

    fn score_one(&self, neighbors: &[Neighbor], item: ItemIdx) -> f32 {
        let mut score = 0.0;
        for neighbor in neighbors {
            for nearness in self.nearnesses(neighbor, item) {
                score += neighbor.score * nearness;
            }
        }
        score
    }

    fn add_all(&self, neighbors: &[Neighbor], scores: &mut [f32]) {
        for neighbor in neighbors {
            let row = self.sessions.row(neighbor.session as usize).columns;
            for (place, &item) in row.iter().enumerate() {
                scores[item as usize] += neighbor.score * self.nearness(place, neighbor.anchor);
            }
        }
    }
}

fn last_place(row: &[u32], item: u32) -> Option<usize> {
    row.iter().rposition(|&column| column == item)
}

impl Recommender for SessionKnnView<'_> {
    fn name(&self) -> &'static str {
        NAME
    }

    fn n_items(&self) -> usize {
        self.item_weights.len()
    }

    fn score_all(&self, history: &History, scores: &mut [f32]) -> Result<()> {
        check_history(NAME, history, self.n_items())?;
        check_scores(NAME, scores, self.n_items())?;
        scores.fill(0.0);
        self.add_all(&self.neighbors(&self.events(history)), scores);
        Ok(())
    }

    fn score(&self, history: &History, items: &[ItemIdx], scores: &mut [f32]) -> Result<()> {
        check_history(NAME, history, self.n_items())?;
        check_scores(NAME, scores, items.len())?;
        check_items(NAME, items.iter().copied(), self.n_items())?;
        let neighbors = self.neighbors(&self.events(history));
        for (score, &item) in scores.iter_mut().zip(items) {
            *score = self.score_one(&neighbors, item);
        }
        Ok(())
    }

    /// What is recommended in a session of `item` alone.
    fn similar_items(&self, item: ItemIdx, k: usize) -> Result<Vec<ScoredItem>> {
        check_items(NAME, [item].into_iter(), self.n_items())?;
        let alone = HistoryEntry {
            item,
            weight: 1.0,
            time: Timestamp::EPOCH,
        };
        let mut alike = vec![0.0; self.n_items()];
        self.add_all(&self.neighbors(&self.events(&[alone])), &mut alike);
        for alike in &mut alike {
            if *alike <= 0.0 {
                *alike = f32::NEG_INFINITY;
            }
        }
        alike[item.index()] = f32::NEG_INFINITY;
        let best = top_k(&alike, k).into_iter();
        Ok(best
            .map(|scored| ScoredItem {
                item: ItemIdx(scored.index),
                score: scored.score,
            })
            .collect())
    }

    /// An entry adds what it adds to the likeness of each session that holds the item. Entries that are
    /// not looked at add nothing.
    fn explain(&self, history: &History, item: ItemIdx) -> Result<Attribution> {
        check_history(NAME, history, self.n_items())?;
        check_items(NAME, [item].into_iter(), self.n_items())?;
        let events = self.events(history);
        let neighbors = self.neighbors(&events);
        let mut values = vec![0.0; history.len()];
        for neighbor in &neighbors {
            let near: f64 = self.nearnesses(neighbor, item).map(f64::from).sum();
            if near > 0.0 {
                let share = near / self.size(neighbor.session);
                for event in self.shared(&events, neighbor.session) {
                    values[event.place] += event.weight * share;
                }
            }
        }
        let contribution = |(entry, value): (&HistoryEntry, f64)| Contribution {
            item: entry.item,
            value,
        };
        Ok(Attribution {
            score: self.score_one(&neighbors, item),
            base: 0.0,
            contributions: history.iter().zip(values).map(contribution).collect(),
        })
    }
}

impl SessionKnnView<'_> {
    /// The events that made `session` a neighbor.
    fn shared<'e>(&self, events: &'e [Event], session: u32) -> impl Iterator<Item = &'e Event> {
        let latest = self.latest;
        events.iter().filter(move |event| {
            let sessions = latest.row(event.item as usize).columns;
            sessions.contains(&session)
        })
    }
}
