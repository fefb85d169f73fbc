//! Lays out the places of an answer: pins where they belong, and in between the best candidates that
//! the caps allow.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use marquee_core::{ItemIdx, Moved, Query, Reranker, Rule, ScoredItem, StageError, Timestamp};
use marquee_filter::Columns;

use crate::{Cap, Pin};

mod taken;

use taken::Taken;

/// Candidates that are looked at, besides pins: one further down is not moved up by a cap, so that
/// thousands of items of one creator cost no more than these.
const REACH: usize = 4096;

/// Puts pins at their places and keeps the caps everywhere else.
///
/// Where there are caps, twice as many places as the answer has are laid out and what is left of the
/// candidates is dropped.
#[derive(Debug)]
pub struct PlacementReranker<'c> {
    columns: &'c Columns,
    caps: Vec<Cap>,
    /// Number of the rule, item, and place from 0.
    pins: Vec<(usize, ItemIdx, usize)>,
}

impl<'c> PlacementReranker<'c> {
    /// Looks up the pins of the moment `now`. An item that `columns` do not have is not pinned.
    pub fn new(caps: &[Cap], pins: &[Pin], columns: &'c Columns, now: Timestamp) -> Self {
        let known = pins.iter().enumerate().filter_map(|(number, pin)| {
            let runs = pin.during.contains(now);
            let item = columns.row(pin.item.as_str()).filter(|_| runs)?;
            Some((number, item, pin.place.saturating_sub(1)))
        });
        let mut pins: Vec<(usize, ItemIdx, usize)> = known.collect();
        let mut seen = HashSet::new();
        pins.retain(|&(_, item, _)| seen.insert(item));
        Self {
            columns,
            caps: caps.to_vec(),
            pins,
        }
    }

    /// The items that are pinned now, for a source to propose.
    pub fn pinned(&self) -> Vec<ItemIdx> {
        self.pins.iter().map(|&(_, item, _)| item).collect()
    }

    /// The pins whose items are candidates, by place: the rule and the candidate's number in the list.
    fn placed_pins(&self, slate: &[ScoredItem]) -> BTreeMap<usize, (usize, usize)> {
        let mut places = BTreeMap::new();
        if self.pins.is_empty() {
            return places;
        }
        let rules: HashMap<ItemIdx, (usize, usize)> = self
            .pins
            .iter()
            .map(|&(number, item, place)| (item, (place, number)))
            .collect();
        let candidates = slate.iter().enumerate();
        let found = candidates.filter_map(|(at, scored)| {
            let &(place, number) = rules.get(&scored.item)?;
            Some((place, number, at))
        });
        let mut pins: Vec<_> = found.collect();
        pins.sort_unstable();
        for (wanted, number, at) in pins {
            let mut place = wanted;
            while places.contains_key(&place) {
                place += 1;
            }
            places.insert(place, (number, at));
        }
        places
    }
}

impl Reranker for PlacementReranker<'_> {
    fn name(&self) -> &'static str {
        "placement"
    }

    fn rerank(
        &self,
        query: &Query<'_>,
        slate: &mut Vec<ScoredItem>,
        moved: &mut Vec<Moved>,
    ) -> std::result::Result<(), StageError> {
        let pins = self.placed_pins(slate);
        if self.caps.is_empty() && pins.is_empty() {
            return Ok(());
        }
        let mut layout = Layout::new(self, slate, pins);
        let n_places = if self.caps.is_empty() {
            slate.len()
        } else {
            query.k.saturating_mul(2).min(slate.len())
        };
        while layout.places.len() < n_places && layout.fill_next() {}
        layout.report(query.k, moved);
        let order = layout.places;
        *slate = order.into_iter().map(|at| slate[at]).collect();
        Ok(())
    }
}

/// Places being filled.
struct Layout<'r> {
    slate: &'r [ScoredItem],
    /// Candidates by place, as numbers of the list.
    places: Vec<usize>,
    /// Pins that are not placed yet.
    pins: BTreeMap<usize, (usize, usize)>,
    /// Candidates that are left, best first, without pins.
    left: VecDeque<usize>,
    taken: Taken<'r>,
    /// By candidate, the rule that kept it from a place first.
    kept_back: BTreeMap<usize, Rule>,
    /// By candidate, the pin.
    pinned: BTreeMap<usize, Rule>,
}

impl<'r> Layout<'r> {
    fn new(
        rules: &'r PlacementReranker<'r>,
        slate: &'r [ScoredItem],
        pins: BTreeMap<usize, (usize, usize)>,
    ) -> Self {
        let mut taken = Taken::new(rules.columns, &rules.caps);
        let mut pinned = BTreeMap::new();
        for (&place, &(number, at)) in &pins {
            taken.add(slate[at].item, place);
            pinned.insert(at, Rule::pin(number));
        }
        let reach = if rules.caps.is_empty() {
            usize::MAX
        } else {
            REACH
        };
        let left = (0..slate.len()).filter(|at| !pinned.contains_key(at));
        Self {
            left: left.take(reach).collect(),
            places: Vec::new(),
            kept_back: BTreeMap::new(),
            slate,
            pins,
            taken,
            pinned,
        }
    }

    /// Fills the next place; false when nothing may stand there.
    fn fill_next(&mut self) -> bool {
        let place = self.places.len();
        if let Some((_, at)) = self.pins.remove(&place) {
            self.places.push(at);
            return true;
        }
        for nth in 0..self.left.len() {
            let at = self.left[nth];
            let item = self.slate[at].item;
            match self.taken.objection(item, place) {
                Some(cap) => {
                    self.kept_back.entry(at).or_insert(Rule::cap(cap));
                }
                None => {
                    self.left.remove(nth);
                    self.taken.add(item, place);
                    self.places.push(at);
                    return true;
                }
            }
        }
        // Nothing may stand here: the next pin moves up, if there is one.
        let Some((wanted, (_, at))) = self.pins.pop_first() else {
            return false;
        };
        let item = self.slate[at].item;
        self.taken.remove(item, wanted);
        self.taken.add(item, place);
        self.places.push(at);
        true
    }

    /// Tells of each pin, and of each candidate of the first `k` that a cap kept back.
    fn report(&self, k: usize, moved: &mut Vec<Moved>) {
        let mut to_of = vec![None; self.slate.len()];
        for (place, &at) in self.places.iter().enumerate() {
            to_of[at] = Some(place);
        }
        let pinned = self.pinned.iter();
        let kept_back = self.kept_back.iter().filter(|&(&at, _)| at < k);
        for (&at, &rule) in pinned.chain(kept_back) {
            let to = to_of[at];
            let is_shown = at < k || to.is_some_and(|to| to < k);
            if to != Some(at) && is_shown {
                moved.push(Moved {
                    item: self.slate[at].item,
                    rule,
                    from: at,
                    to,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests;
