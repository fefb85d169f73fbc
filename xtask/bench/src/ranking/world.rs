//! A feed of which everything is known, as a table: the world of `marquee-testkit`, its log turned into
//! rows by `marquee-features`.
//!
//! Of 30 days the first six are only remembered by the features; then 20 days train, two judge passes
//! and two are reported. Rows that train lie where they were shown. Rows that are reported are shown
//! anew, every one at the first place: what follows is drawn again from the true chances, so that a
//! contender is judged by what it says of rows and not of places.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, ensure};
use marquee_core::{Event, ItemIdx, Seconds, UserIdx};
use marquee_features::{
    DEFAULT_FEATURES, Entities, Head, Joined, Plan, TrainingOptions, VectorSet, training_rows,
};
use marquee_math::{derive_seed, rng};
use marquee_ranking::{NetworkConfig, TreesConfig, network::PositionBias};
use marquee_testkit::world::{Deed, Truth, World, WorldConfig};

use crate::{
    folder::{self, Cuts, Told},
    follow::{self, Follows},
    settings::{Equal, Settings, TreeIds, with_positions},
};

/// Days that are only remembered, that train, and that judge passes; the rest is reported.
const REMEMBERED: u32 = 6;
const TRAINED: u32 = 20;
const JUDGED: u32 = 2;
const DAYS: u32 = 30;
/// The first day that is reported.
pub(crate) const TESTED: u32 = REMEMBERED + TRAINED + JUDGED;
/// Share of impressions among the events of a world.
const SHOWN: f64 = 0.667;

/// Beside the features that everyone has, one that a network needs.
const VIEWER: &str = "
[[feature]]
name = \"viewer.id\"
kind = \"hashed\"
field = \"viewer.id\"
size = 262144
";

/// The features of all rows.
///
/// # Errors
///
/// Never: the declaration is our own.
pub(crate) fn plan() -> Result<Arc<Plan>> {
    Ok(Arc::new(Plan::parse(&format!(
        "{DEFAULT_FEATURES}{VIEWER}"
    ))?))
}

/// The world with about so many impressions after the days that are only remembered.
///
/// # Errors
///
/// When it would be too small.
pub(crate) fn generate(impressions: u64, seed: u64) -> Result<World> {
    ensure!(
        impressions >= 10_000,
        "a world of 10,000 impressions at least"
    );
    let users = u32::try_from(impressions / 50).context("a world of so many viewers")?;
    let lived = f64::from(DAYS) / f64::from(DAYS - REMEMBERED);
    let config = WorldConfig {
        users,
        items: (users / 4).clamp(500, 20_000),
        creators: (users / 40).clamp(50, 2_000),
        events: whole(impressions as f64 * lived / SHOWN),
        days: DAYS,
        seed,
        ..WorldConfig::default()
    };
    Ok(World::generate(config)?)
}

/// Makes the table and writes it.
///
/// # Errors
///
/// When the folder cannot be written.
pub(crate) fn make(folder: &Path, impressions: u64, seed: u64) -> Result<()> {
    let world = generate(impressions, seed)?;
    let log = Log::play(&world, seed);
    let options = TrainingOptions {
        from: Some(midnight(&world, REMEMBERED)),
        ..TrainingOptions::default()
    };
    let entities = entities(&world)?;
    let joined = training_rows(
        plan()?,
        entities,
        &log.events,
        &VectorSet::default(),
        &options,
    )?;
    write(folder, &world, joined, &log)
}

fn write(folder: &Path, world: &World, joined: Joined, log: &Log) -> Result<()> {
    let mut table = joined.table;
    let before = |day: u32| {
        let end = midnight(world, day);
        table.time.partition_point(|&time| time < end)
    };
    let cuts = Cuts {
        validation: before(REMEMBERED + TRAINED),
        test: before(TESTED),
    };
    let first = table.features.view().rows_of(cuts.test).start;
    let mut truth = vec![Vec::new(); Head::STANDARD.len()];
    let mut drawn = rng(derive_seed(world.config().seed, b"shown anew"), 0);
    for row in first..table.position.len() {
        let place = usize::try_from(joined.impressions[row])?;
        let (shown, creator) = log.truth(place).context("rows are impressions")?;
        let follows = Follows::new(shown, creator);
        table.position[row] = 0;
        let found = follows.draw(&mut drawn);
        for (head, truth) in truth.iter_mut().enumerate() {
            truth.push(follows.chances[head]);
            table.labels[head].values[row] = found[head];
        }
    }
    let config = world.config();
    let told = Told {
        title: format!(
            "a feed of {} impressions: {} viewers, {} items, {} creators",
            table.position.len(),
            config.users,
            config.items,
            config.creators
        ),
        graded: false,
        settings: settings(),
        truth: Some(&truth.concat()),
    };
    folder::write(folder, &table, cuts, told)
}

fn settings() -> Settings {
    let heads = Head::STANDARD.map(|head| head.to_string());
    let network = NetworkConfig {
        embedding: 16,
        knots: 8,
        cross: Vec::new(),
        pairs: 1,
        hidden: Vec::new(),
        attention: 0,
        batch: 2048,
        epochs: 3,
        patience: 1,
        positions: 10,
        embedding_rate: 0.1,
        ..NetworkConfig::default()
    };
    Settings {
        network: with_positions(network, &heads, PositionBias::Examination),
        equal: Equal::default(),
        trees: TreesConfig {
            trees: 100,
            leaves: 63,
            leaf_rows: 100,
            ..TreesConfig::default()
        },
        tree_ids: TreeIds::Encoded,
    }
}

/// The records of a world's items and viewers.
///
/// # Errors
///
/// Never: its ids are of a few dozen bytes.
pub(crate) fn entities(world: &World) -> Result<Entities> {
    let mut entities = Entities::default();
    for row in 0..world.items().len() {
        entities.put_item(&world.item(ItemIdx::from_usize(row)))?;
    }
    for row in 0..world.viewers().len() {
        entities.put_user(&world.user(UserIdx::from_usize(row)));
    }
    Ok(entities)
}

/// The start of a day of the world.
pub(crate) fn midnight(world: &World, day: u32) -> marquee_core::Timestamp {
    let config = world.config();
    config.start.plus(Seconds(f64::from(day) * Seconds::DAY.0))
}

/// All events, and the truth of those that are impressions.
pub(crate) struct Log {
    pub(crate) events: Vec<Event>,
    /// For each event its place in `shown`, or `u32::MAX`.
    places: Vec<u32>,
    shown: Vec<(Truth, u32)>,
}

impl Log {
    /// Plays the world, with reports.
    pub(crate) fn play(world: &World, seed: u64) -> Self {
        let seed = derive_seed(seed, b"reports");
        let mut log = Self {
            events: Vec::new(),
            places: Vec::new(),
            shown: Vec::new(),
        };
        for (number, record) in (0..).zip(world.days().flatten()) {
            let creator = record.deed.item();
            let creator = creator.map_or(0, |item| world.items()[item.index()].creator);
            let event = world.event(&record);
            let report = follow::report(&event, creator, seed, number);
            log.places.push(match record.deed {
                Deed::Impression { truth, .. } => {
                    log.shown.push((truth, creator));
                    u32::try_from(log.shown.len() - 1).unwrap_or(u32::MAX)
                }
                _ => u32::MAX,
            });
            log.events.push(event);
            if let Some(report) = report {
                log.places.push(u32::MAX);
                log.events.push(report);
            }
        }
        log
    }

    /// The truth of an impression, and its creator, by its place among the events.
    fn truth(&self, place: usize) -> Option<(Truth, u32)> {
        let place = *self.places.get(place)?;
        self.shown.get(place as usize).copied()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of events, far below what 64 bits hold"
)]
fn whole(value: f64) -> u64 {
    value as u64
}
