//! A synthetic streaming service of which everything is known.
//!
//! Viewers have tastes that drift from day to day and lean a little on their demographics; items and
//! creators have genres, and words that follow them; a logging policy with known propensities shows
//! slates, attention falls with the position by a known curve, and what follows an impression is
//! drawn from chances that are logged beside it as [`Truth`]. So a model can be compared with the
//! best that is possible, and an estimate of position bias, drift or propensity with what it was.
//!
//! ```
//! use marquee_testkit::world::{World, WorldConfig};
//!
//! let config = WorldConfig { users: 50, items: 60, creators: 5, events: 2_000, days: 3, ..WorldConfig::default() };
//! let world = World::generate(config)?;
//! let records: Vec<_> = world.days().flatten().collect();
//! assert!(records.is_sorted_by_key(|record| record.time));
//! let first = world.event(&records[0]);
//! assert_eq!(first.time, records[0].time);
//! # Ok::<(), marquee_testkit::world::WorldError>(())
//! ```
//!
//! [`World::generate`] makes the part that stands still; [`World::days`] plays the rest, a day at a
//! time, so memory grows with users, items and the events of a day, not with all events.
//! [`write_world`] puts everything into files:
//!
//! ```text
//! pub fn write_world(config: &WorldConfig, out: &Path, format: WorldFormat, progress: impl FnMut(u64))
//!     -> Result<WorldReport, WorldError>
//! ```
//!
//! Every random number comes from a stream of its own thing (item, or viewer and day), so the same
//! settings give the same bytes on any number of threads.

mod catalog;
mod config;
mod days;
mod error;
mod outcome;
mod policy;
mod record;
mod session;
mod spell;
mod taste;
mod text;
mod viewers;
mod words;
pub mod write;

pub use catalog::{CreatorTruth, ItemTruth, Studio};
pub use config::WorldConfig;
pub use days::Days;
pub use error::WorldError;
pub use outcome::{FINISHED, RETRACTION, Truth};
pub use record::{Deed, Record, Sentiment};
pub use taste::{DIMENSIONS, Latent, N_GENRES, agreement};
pub use viewers::ViewerTruth;
pub use write::{WorldFormat, WorldReport, write_world};

use marquee_core::{Seconds, Timestamp, UserIdx};
use marquee_math::derive_seed;

use crate::draw::Draw;

/// The part of a world that stands still, and the truth about it.
#[derive(Debug, Clone)]
pub struct World {
    config: WorldConfig,
    directions: [Latent; N_GENRES],
    creators: Vec<CreatorTruth>,
    items: Vec<ItemTruth>,
    viewers: Vec<ViewerTruth>,
    examination: Vec<f64>,
    events_per_visit: f64,
}

impl World {
    /// Makes the genres, creators, items and viewers of a world.
    ///
    /// Cost: linear in viewers and items, a few microseconds and 100 bytes each.
    ///
    /// # Errors
    ///
    /// [`WorldError::Config`] when a setting is out of range.
    pub fn generate(config: WorldConfig) -> Result<Self, WorldError> {
        config.check()?;
        let mut draw = Draw::new(derive_seed(config.seed, b"genres"), 0);
        let directions = taste::genre_directions(&mut draw);
        let creators = catalog::creators(&config);
        let mut world = Self {
            items: catalog::items(&config, &directions, &creators),
            viewers: viewers::viewers(&config, &directions),
            examination: (0..config.slate_length)
                .map(|position| (f64::from(position) + 1.0).powf(-config.position_bias))
                .collect(),
            events_per_visit: 1.0,
            config,
            directions,
            creators,
        };
        world.events_per_visit = days::events_per_visit(&world);
        Ok(world)
    }

    /// The settings it was made from.
    pub const fn config(&self) -> &WorldConfig {
        &self.config
    }

    /// The direction of each genre.
    pub const fn genre_directions(&self) -> &[Latent; N_GENRES] {
        &self.directions
    }

    /// What is true of each item, by row.
    pub fn items(&self) -> &[ItemTruth] {
        &self.items
    }

    /// What is true of each viewer, by row.
    pub fn viewers(&self) -> &[ViewerTruth] {
        &self.viewers
    }

    /// What is true of each creator, by row.
    pub fn creators(&self) -> &[CreatorTruth] {
        &self.creators
    }

    /// Chance that the item at each position of a slate is looked at.
    pub fn examination(&self) -> &[f64] {
        &self.examination
    }

    /// Plays the world from its first day.
    pub fn days(&self) -> Days<'_> {
        Days::new(self)
    }

    /// The taste of `viewer` on `day`, the first being 0. Cost: linear in `day`.
    ///
    /// # Panics
    ///
    /// When there is no such viewer.
    pub fn taste_on(&self, viewer: UserIdx, day: u32) -> Latent {
        days::taste_on(self, viewer, day)
    }

    fn midnight(&self, day: u32) -> Timestamp {
        self.config
            .start
            .plus(Seconds(f64::from(day) * Seconds::DAY.0))
    }
}

/// A world of 120 viewers, 80 items and about 6,000 events in five days, for tests: made and played
/// in a few milliseconds.
///
/// # Panics
///
/// Never: its settings are in range.
pub fn tiny_world() -> World {
    let config = WorldConfig {
        users: 120,
        items: 80,
        creators: 12,
        events: 6_000,
        days: 5,
        ..WorldConfig::default()
    };
    World::generate(config).expect("the settings above are in range")
}

#[cfg(test)]
mod tests;
