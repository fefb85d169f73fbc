//! The world as it happens, day after day.

use marquee_core::{Seconds, Timestamp, UserIdx};
use marquee_math::derive_seed;
use rayon::prelude::{IndexedParallelIterator, ParallelIterator, ParallelSliceMut};

use crate::draw::{Draw, row};

use super::{
    World,
    policy::Shelf,
    record::Record,
    session::{ViewerState, Visit},
    taste::Latent,
    viewers::next_taste,
};

/// Viewers that one task takes; fixed, so that the work falls apart the same on any machine.
const CHUNK: usize = 256;

/// A visit that would start so much later than planned, because the viewer is still watching, is
/// left out: it bounds how far a viewer runs ahead of the day.
const LATEST: Seconds = Seconds(12.0 * 3600.0);

/// Iterator over the days of a world; each gives its records in the order of time.
///
/// What goes on past midnight is kept for the next day, so times rise over all days together; the
/// last day also holds what ends after it. Memory: the state of the viewers and the records of a day.
#[derive(Debug)]
pub struct Days<'a> {
    world: &'a World,
    seed: u64,
    states: Vec<ViewerState>,
    day: u32,
    /// Records of visits that went on past the days given out.
    pending: Vec<Record>,
    made: Made,
}

/// What was made so far, from which the number of visits is steered.
#[derive(Debug, Clone, Copy, Default)]
struct Made {
    events: u64,
    sessions: u64,
}

impl<'a> Days<'a> {
    pub(super) fn new(world: &'a World) -> Self {
        Self {
            world,
            seed: derive_seed(world.config.seed, b"days"),
            states: (world.viewers.iter())
                .map(|viewer| ViewerState::new(viewer.taste))
                .collect(),
            day: 0,
            pending: Vec::new(),
            made: Made::default(),
        }
    }

    /// Tastes of all viewers on the last day given out; before the first, those of the first.
    pub fn tastes(&self) -> impl ExactSizeIterator<Item = &Latent> {
        self.states.iter().map(|state| &state.taste)
    }

    /// Mean number of visits of a viewer today, so that the events aimed for are met at the end.
    fn visits(&self) -> f64 {
        let config = &self.world.config;
        let seen = self.made.sessions as f64;
        // The first guess counts like a few visits, and soon no longer matters.
        let guess = 20.0;
        let a_visit =
            (self.made.events as f64 + guess * self.world.events_per_visit) / (seen + guess);
        let left = config.events.saturating_sub(self.made.events) as f64;
        let days_left = f64::from(config.days - self.day);
        left / (days_left * a_visit * f64::from(config.users))
    }

    /// Everything that starts today, viewer after viewer.
    fn simulate(&mut self) -> Vec<Record> {
        let today = Today {
            world: self.world,
            shelf: Shelf::new(
                &self.world.items,
                self.world.config.creators,
                self.world.midnight(self.day),
            ),
            seed: self.seed,
            day: self.day,
            visits: self.visits(),
        };
        let before = sessions(&self.states);
        let parts: Vec<Vec<Record>> = self
            .states
            .par_chunks_mut(CHUNK)
            .enumerate()
            .map(|(chunk, states)| today.chunk(chunk * CHUNK, states))
            .collect();
        self.made.sessions += sessions(&self.states) - before;
        self.made.events += parts.iter().map(|part| part.len() as u64).sum::<u64>();
        parts.concat()
    }
}

impl Iterator for Days<'_> {
    type Item = Vec<Record>;

    fn next(&mut self) -> Option<Vec<Record>> {
        if self.day == self.world.config.days {
            return None;
        }
        let mut records = std::mem::take(&mut self.pending);
        records.extend(self.simulate());
        // No two records of a viewer have the same number, so the order is total.
        records.par_sort_unstable_by_key(|one| (one.time, one.viewer, one.number));
        self.day += 1;
        if self.day < self.world.config.days {
            let midnight = self.world.midnight(self.day);
            let today = records.partition_point(|one| one.time < midnight);
            self.pending = records.split_off(today);
        }
        Some(records)
    }
}

/// What all tasks of a day share.
struct Today<'a> {
    world: &'a World,
    shelf: Shelf,
    seed: u64,
    day: u32,
    visits: f64,
}

impl Today<'_> {
    fn chunk(&self, first: usize, states: &mut [ViewerState]) -> Vec<Record> {
        let mut out = Vec::new();
        for (place, state) in states.iter_mut().enumerate() {
            self.viewer(row(first + place), state, &mut out);
        }
        out
    }

    fn viewer(&self, viewer: u32, state: &mut ViewerState, out: &mut Vec<Record>) {
        let mut draw = viewer_day(self.seed, viewer, self.day);
        if self.day > 0 {
            state.taste = next_taste(&self.world.config, &state.taste, &mut draw);
        }
        let activity = f64::from(self.world.viewers[viewer as usize].activity);
        let count = draw.poisson(self.visits * activity);
        let midnight = self.world.midnight(self.day);
        let mut starts: Vec<Timestamp> = (0..count)
            .map(|_| midnight.plus(time_of_day(&mut draw)))
            .collect();
        starts.sort_unstable();
        for planned in starts {
            let clock = planned.max(state.free_at.plus(Seconds(60.0)));
            if clock - planned > LATEST {
                continue;
            }
            Visit {
                world: self.world,
                shelf: &self.shelf,
                viewer: UserIdx(viewer),
                state,
                draw: &mut draw,
                out,
                clock,
                slate: 0,
            }
            .run();
        }
    }
}

/// The draws of one viewer on one day; the drift of the taste comes first.
fn viewer_day(seed: u64, viewer: u32, day: u32) -> Draw {
    // Fewer than 2^16 days and 2^32 viewers: every pair has a stream of its own.
    Draw::new(seed, u64::from(viewer) << 16 | u64::from(day))
}

/// The taste of `viewer` on `day`, replayed from the first.
pub(super) fn taste_on(world: &World, viewer: UserIdx, day: u32) -> Latent {
    let seed = derive_seed(world.config.seed, b"days");
    (1..=day).fold(world.viewers[viewer.index()].taste, |taste, day| {
        next_taste(&world.config, &taste, &mut viewer_day(seed, viewer.0, day))
    })
}

/// Mean number of events of a visit, from a sample of viewers on the first day.
pub(super) fn events_per_visit(world: &World) -> f64 {
    let sample = world.viewers.len().min(400);
    let today = Today {
        world,
        shelf: Shelf::new(&world.items, world.config.creators, world.midnight(0)),
        seed: derive_seed(world.config.seed, b"pilot"),
        day: 0,
        visits: 2.0,
    };
    let mut states: Vec<ViewerState> = (world.viewers.iter().take(sample))
        .map(|viewer| ViewerState::new(viewer.taste))
        .collect();
    let events = today.chunk(0, &mut states).len();
    // One more of each, so that a sample without visits still gives a guess.
    let slate = f64::from(world.config.slate_length);
    (events as f64 + 2.0 * slate) / (sessions(&states) as f64 + 1.0)
}

fn sessions(states: &[ViewerState]) -> u64 {
    states.iter().map(|one| u64::from(one.next_session)).sum()
}

/// Seconds after midnight: mostly the evening, some at lunch, some at any hour.
fn time_of_day(draw: &mut Draw) -> Seconds {
    let hour = match draw.unit() {
        u if u < 0.6 => 20.5 + 2.5 * draw.normal(),
        u if u < 0.8 => 12.5 + 1.5 * draw.normal(),
        _ => draw.between(0.0, 24.0),
    };
    Seconds(hour.rem_euclid(24.0) * 3600.0)
}
