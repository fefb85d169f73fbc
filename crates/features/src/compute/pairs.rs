//! Sums over a viewer's latest events, by trait.

use super::{candidates::Candidates, values::Moment};
use crate::{
    declare::{Combine, Measure, Prior, Span, Trait},
    plan::{PairLayout, PairSlot, Sum},
    state::Entry,
};

/// Rows and their places, by open addressing: emptied in no time and never asked in an order.
#[derive(Debug, Default)]
pub(crate) struct RowMap {
    /// Row and generation; a cell of an earlier generation is empty.
    cells: Vec<(u32, u32, u32)>,
    generation: u32,
    len: usize,
}

impl RowMap {
    pub(crate) fn clear(&mut self) {
        self.len = 0;
        self.generation = self.generation.wrapping_add(1);
        if self.generation == 0 {
            self.cells.fill((0, 0, 0));
            self.generation = 1;
        }
    }

    /// The place of `row`, if it has one.
    pub(crate) fn get(&self, row: u32) -> Option<usize> {
        if self.cells.is_empty() {
            return None;
        }
        let cell = self.cells[self.cell_of(row)];
        (cell.1 == self.generation).then_some(cell.2 as usize)
    }

    /// The place of `row`, the next free one if it has none; and whether it is new.
    pub(crate) fn insert(&mut self, row: u32) -> (usize, bool) {
        if 2 * (self.len + 1) > self.cells.len() {
            self.grow();
        }
        let at = self.cell_of(row);
        let cell = &mut self.cells[at];
        if cell.1 == self.generation {
            return (cell.2 as usize, false);
        }
        let place = self.len;
        *cell = (
            row,
            self.generation,
            u32::try_from(place).expect("fewer than rows"),
        );
        self.len += 1;
        (place, true)
    }

    /// The cell of `row`, or the free one where it would lie.
    fn cell_of(&self, row: u32) -> usize {
        let mask = self.cells.len() - 1;
        let mut at = (row.wrapping_mul(0x9e37_79b1) as usize >> 7) & mask;
        while self.cells[at].1 == self.generation && self.cells[at].0 != row {
            at = (at + 1) & mask;
        }
        at
    }

    fn grow(&mut self) {
        let generation = self.generation.max(1);
        let wider = (4 * self.len.max(16)).next_power_of_two();
        let old = std::mem::replace(&mut self.cells, vec![(0, 0, 0); wider]);
        self.generation = generation;
        for cell in old.into_iter().filter(|cell| cell.1 == generation) {
            let at = self.cell_of(cell.0);
            self.cells[at] = cell;
        }
    }
}

/// The sums of one trait, and where those of the candidates are.
#[derive(Debug, Default)]
pub(super) struct PairSums {
    map: RowMap,
    /// For each trait that the viewer met, a number for each slot.
    sums: Vec<f64>,
    /// The same over all events that have such a trait at all.
    totals: Vec<f64>,
    n_slots: usize,
    /// Candidates + 1 offsets into `places`.
    starts: Vec<usize>,
    /// Places in `sums` of the candidates' traits; past the last one for a trait that the viewer never met.
    places: Vec<usize>,
}

/// The time of no event.
const NEVER: f64 = f64::NEG_INFINITY;

/// Sums the viewer's latest events for every trait of the plan, and finds the candidates' traits.
pub(super) fn fill(moment: &Moment<'_>, candidates: &Candidates, to: &mut Vec<PairSums>) {
    let state = moment.state;
    let layouts = &state.plan.pairs;
    to.resize_with(layouts.len(), PairSums::default);
    for (layout, sums) in layouts.iter().zip(&mut *to) {
        sums.clear(layout);
    }
    let limits = state.plan.limits;
    let events = moment
        .log
        .map(|log| log.shown(limits).iter().chain(log.deeds(limits)));
    for entry in events.into_iter().flatten() {
        let mut fading = Fading::default();
        for (layout, sums) in layouts.iter().zip(&mut *to) {
            if entry.marks.meets(layout.marks) {
                let traits = state.traits_of_entry(layout.of, entry);
                sums.add(layout, traits.as_slice(), &mut |slot| {
                    addend(slot, entry, moment.now_ms, &mut fading)
                });
            }
        }
    }
    for (layout, sums) in layouts.iter().zip(to) {
        sums.find((moment, candidates), layout.of);
    }
}

/// What is left of one event, by half-life: many sums share a few of them.
#[derive(Default)]
struct Fading {
    known: [(i64, f64); 4],
    len: usize,
}

impl Fading {
    fn left(&mut self, age_ms: i64, half_life_ms: i64) -> f64 {
        let known = self.known[..self.len].iter();
        if let Some(found) = known.clone().find(|(length, _)| *length == half_life_ms) {
            return found.1;
        }
        let left = halved(age_ms, half_life_ms);
        if let Some(free) = self.known.get_mut(self.len) {
            *free = (half_life_ms, left);
            self.len += 1;
        }
        left
    }
}

/// What an event adds to a slot; `None` where it does not count.
fn addend(slot: &PairSlot, entry: &Entry, now_ms: i64, fading: &mut Fading) -> Option<f64> {
    let age = now_ms.saturating_sub(entry.time_ms);
    if age < 0 {
        return None;
    }
    match slot {
        PairSlot::Last(marks) => entry.marks.meets(*marks).then_some(entry.time_ms as f64),
        PairSlot::Sum(signal) => {
            if !entry.marks.meets(signal.marks) {
                return None;
            }
            let amount = match signal.measure {
                Measure::Count => 1.0,
                Measure::Watched => f64::from(entry.watched_ms) / 1000.0,
            };
            match signal.span {
                Span::Ever => Some(amount),
                Span::Window(window) => (age < window).then_some(amount),
                Span::HalfLife(half_life) => Some(amount * fading.left(age, half_life)),
            }
        }
    }
}

/// What is left of 1 after `age`.
pub(crate) fn halved(age_ms: i64, half_life_ms: i64) -> f64 {
    (-(age_ms as f64) / half_life_ms as f64).exp2()
}

impl PairSums {
    fn clear(&mut self, layout: &PairLayout) {
        self.map.clear();
        self.sums.clear();
        self.totals.clear();
        self.n_slots = layout.slots.len();
        self.totals.extend(layout.slots.iter().map(empty));
    }

    fn add(
        &mut self,
        layout: &PairLayout,
        traits: &[u32],
        addend: &mut dyn FnMut(&PairSlot) -> Option<f64>,
    ) {
        if traits.is_empty() {
            return;
        }
        for (slot, kind) in layout.slots.iter().enumerate() {
            let Some(addend) = addend(kind) else {
                continue;
            };
            for &row in traits {
                let (place, new) = self.map.insert(row);
                if new {
                    self.sums.extend(layout.slots.iter().map(empty));
                }
                add_to(&mut self.sums[place * self.n_slots + slot], kind, addend);
            }
            add_to(&mut self.totals[slot], kind, addend);
        }
    }

    /// Finds the traits of the candidates or, for hours, of the moment.
    fn find(&mut self, (moment, candidates): (&Moment<'_>, &Candidates), of: Trait) {
        self.starts.clear();
        self.places.clear();
        self.starts.push(0);
        let state = moment.state;
        let nowhere = self.n_places();
        let place = |map: &RowMap, row: u32| map.get(row).unwrap_or(nowhere);
        if of == Trait::Hour {
            self.places
                .push(place(&self.map, state.hour(moment.now_ms)));
            self.starts.push(1);
            return;
        }
        for row in 0..moment.asked.items.len() {
            let traits = candidates.traits(moment, of, row);
            let places = traits.as_slice().iter().map(|&row| place(&self.map, row));
            self.places.extend(places);
            self.starts.push(self.places.len());
        }
    }

    /// The sum at a place; of a trait that was never met, what nothing adds up to.
    fn get(&self, place: usize, sum: Sum, nothing: f64) -> f64 {
        let found = self.sums.get(place * self.n_slots + sum.slot);
        found.copied().unwrap_or(nothing)
    }

    /// How many traits the viewer met.
    pub(super) fn n_places(&self) -> usize {
        self.sums.len() / self.n_slots.max(1)
    }

    /// Places of the traits of a candidate.
    pub(super) fn places_of(&self, row: usize) -> &[usize] {
        &self.places[self.starts[row]..self.starts[row + 1]]
    }
}

fn empty(slot: &PairSlot) -> f64 {
    match slot {
        PairSlot::Sum(_) => 0.0,
        PairSlot::Last(_) => NEVER,
    }
}

fn add_to(sum: &mut f64, slot: &PairSlot, addend: f64) {
    match slot {
        PairSlot::Sum(_) => *sum += addend,
        PairSlot::Last(_) => *sum = sum.max(addend),
    }
}

/// Sums of the traits of one candidate, read.
pub(super) struct Read<'a> {
    pub(super) pairs: &'a [PairSums],
    /// The candidate's place in the request; 0 for what belongs to the request.
    pub(super) row: usize,
}

/// One trait of a viewer, read.
pub(super) struct ReadTrait<'a> {
    pub(super) sums: &'a PairSums,
    pub(super) place: usize,
}

impl ReadTrait<'_> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a feature keeps 24 bits of any number"
    )]
    pub(super) fn sum(&self, of: Sum) -> f32 {
        self.sums.get(self.place, of, 0.0) as f32
    }

    pub(super) fn rate(&self, top: Sum, bottom: Sum, prior: Prior) -> f32 {
        let get = |sum| self.sums.get(self.place, sum, 0.0);
        prior.share_of(get(top), get(bottom))
    }

    /// The share of the trait in all of the viewer's events that have such traits.
    pub(super) fn share(&self, of: Sum, prior: Prior) -> f32 {
        let total = self.sums.totals[of.slot];
        prior.share_of(self.sums.get(self.place, of, 0.0), total)
    }

    /// The time of the last event with the trait.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a time that came from whole milliseconds"
    )]
    pub(super) fn last(&self, of: Sum) -> Option<i64> {
        let last = self.sums.get(self.place, of, NEVER);
        (last > NEVER).then_some(last as i64)
    }
}

impl<'a> Read<'a> {
    /// One trait after the other.
    fn traits(&self, of: Sum) -> impl Iterator<Item = ReadTrait<'a>> + use<'a> {
        let sums = &self.pairs[of.pair];
        let places = sums.places_of(self.row).iter();
        places.map(move |&place| ReadTrait { sums, place })
    }

    /// A number of each of the candidate's traits, combined; NaN where it has none.
    pub(super) fn combined(
        &self,
        of: Sum,
        combine: Combine,
        value: impl Fn(&ReadTrait<'_>) -> f32,
    ) -> f32 {
        let mut traits = self.traits(of);
        let Some(first) = traits.next() else {
            return f32::NAN;
        };
        let first = value(&first);
        let mut n = 1.0;
        let values = traits.map(|one| {
            n += 1.0;
            value(&one)
        });
        match combine {
            Combine::Max => values.fold(first, f32::max),
            Combine::Sum => values.fold(first, |a, b| a + b),
            Combine::Mean => values.fold(first, |a, b| a + b) / n,
        }
    }

    /// The time of the last event with any of the traits.
    pub(super) fn last(&self, of: Sum) -> Option<i64> {
        self.traits(of).filter_map(|one| one.last(of)).max()
    }
}
