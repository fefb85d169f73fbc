//! Sessions in the synthetic feed: the same viewers at the same moments are given the same candidates in
//! several orders, scroll, and respond as is true of them.
//!
//! A viewer looks at the rows from the first on and goes on after each with the same chance. What he would
//! do about each item is drawn once, so that orders differ by what they put where and not by luck. Features
//! are those of the moment, from a state that has seen every event before it.

mod orders;
mod tally;

use std::path::Path;

use anyhow::{Context, Result};
use clap::Parser;
use marquee_core::{Action, Actor, Event, ItemIdx, UserIdx};
use marquee_features::{FeatureState, Head};
use marquee_math::{Rng, derive_seed, rng};
use marquee_ranking::{NetworkView, ValueModel};
use marquee_store::Artifact;
use marquee_testkit::world::{Latent, World};
use rand::RngExt as _;

use self::{
    orders::{Moment, Orders},
    tally::Tally,
};
use crate::{follow::Follows, world};

/// What to simulate.
#[derive(Debug, Parser)]
pub(crate) struct Options {
    /// Impressions of the feed that the folder holds, as it was made
    #[arg(long)]
    impressions: u64,
    /// Its seed
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Sessions
    #[arg(long, default_value_t = 2_000)]
    sessions: usize,
    /// Candidates of a session
    #[arg(long, default_value_t = 300)]
    candidates: usize,
}

/// Chance of looking at the next row.
const GO_ON: f32 = 0.9;
/// Rows that a viewer looks at, at most.
const MOST: usize = 50;

/// What an outcome is worth, to operator and simulation alike.
const VALUE: &str = "
[outcomes]
open = 1.0
finish = 2.0
like = 4.0
comment = 3.0
share = 5.0
save = 3.0
hide = -10.0
report = -50.0
";

/// Plays the sessions and prints the table.
///
/// # Errors
///
/// When the network was not trained yet, or the world does not fit it.
pub(crate) fn run(folder: &Path, options: &Options) -> Result<()> {
    let path = folder.join("models/network.mqa");
    let artifact = Artifact::open(&path).with_context(|| format!("{}", path.display()))?;
    let network = NetworkView::open(&artifact)?;
    let world = world::generate(options.impressions, options.seed)?;
    let log = world::Log::play(&world, options.seed);
    let start = world::midnight(&world, world::TESTED);
    let first = log.events.partition_point(|event| event.time < start);
    let mut state = FeatureState::new(world::plan()?, world::entities(&world)?);
    for (seq, event) in log.events[..first].iter().enumerate() {
        state.apply(seq as u64, event)?;
    }
    let orders = Orders::new(&world, network, (&log.events[..first], VALUE))?;
    let worth = Worth::new(&ValueModel::parse(VALUE)?);
    let mut tally = Tally::new(Orders::NAMES.len());
    let sessions = pick(&log.events[first..], options.sessions);
    let mut follows = follows(&world, &log.events[..first])?;
    let mut next = sessions.iter().peekable();
    for (place, event) in log.events.iter().enumerate().skip(first) {
        if next.next_if(|&&at| at + first == place).is_some() {
            let seed = derive_seed(options.seed, b"sessions");
            let mut drawn = rng(seed, place as u64);
            let moment = moment(&world, event, (&follows, options.candidates), &mut drawn)?;
            let lists = orders.all(&state, &moment)?;
            tally.add(&play(&moment, (&lists, &worth), &mut drawn));
        }
        follow(&mut follows, event)?;
        state.apply(place as u64, event)?;
    }
    tally.print(&Orders::NAMES);
    Ok(())
}

/// Worth of each of [`Head::STANDARD`].
struct Worth([f64; 9]);

impl Worth {
    fn new(model: &ValueModel) -> Self {
        let worth = |head: &Head| model.outcomes.get(head).copied().unwrap_or_default();
        Self(Head::STANDARD.map(|head| worth(&head)))
    }

    fn of(&self, values: &[f32; 9]) -> f64 {
        let parts = self.0.iter().zip(values);
        parts.map(|(worth, &value)| worth * f64::from(value)).sum()
    }
}

/// Places, among these events, of the first impression of slates spread evenly over them.
fn pick(events: &[Event], n: usize) -> Vec<usize> {
    let mut places = Vec::new();
    let mut last = None;
    for (place, event) in events.iter().enumerate() {
        let answer = event.recommendation.as_ref();
        if matches!(event.action, Action::Impression { .. }) && answer != last {
            last = answer;
            places.push(place);
        }
    }
    let step = (places.len() / n.max(1)).max(1);
    places.into_iter().step_by(step).take(n).collect()
}

/// The row of a viewer of the world.
fn viewer_of(event: &Event) -> Result<usize> {
    let Actor::User(user) = &event.actor else {
        anyhow::bail!("a viewer of the world has an account");
    };
    let number = user.as_str().rsplit('-').next();
    let number = number.and_then(|number| number.parse().ok());
    number.with_context(|| format!("{user} is no viewer of the world"))
}

fn follow(follows: &mut [Vec<u32>], event: &Event) -> Result<()> {
    if let Action::Follow { creator } = &event.action {
        let number = creator.as_str().rsplit('-').next();
        let number = number.and_then(|number| number.parse().ok());
        let creator = number.with_context(|| format!("{creator} is no creator of the world"))?;
        follows[viewer_of(event)?].push(creator);
    }
    Ok(())
}

/// Whom each viewer follows after these events.
fn follows(world: &World, events: &[Event]) -> Result<Vec<Vec<u32>>> {
    let mut all = vec![Vec::new(); world.viewers().len()];
    for event in events {
        follow(&mut all, event)?;
    }
    Ok(all)
}

fn moment(
    world: &World,
    event: &Event,
    (follows, n): (&[Vec<u32>], usize),
    drawn: &mut Rng,
) -> Result<Moment> {
    let viewer = viewer_of(event)?;
    let day = ((event.time - world.config().start).0 / 86_400.0).floor();
    let day = (0..world.config().days).rfind(|&one| f64::from(one) <= day);
    let day = day.unwrap_or_default();
    let row = UserIdx::from_usize(viewer);
    let taste: Latent = world.taste_on(row, day);
    let mut items: Vec<u32> = Vec::with_capacity(n);
    let n_items = world.items().len();
    for _ in 0..20 * n {
        let item = drawn.random_range(0..n_items);
        let row = ItemIdx::from_usize(item).0;
        let is_out = world.items()[item].released <= event.time;
        if items.len() < n && is_out && !items.contains(&row) {
            items.push(row);
        }
    }
    let truths = items.iter().map(|&item| {
        let truth = world.truth_of(&taste, &follows[viewer], ItemIdx(item));
        Follows::new(truth, world.items()[item as usize].creator)
    });
    Ok(Moment {
        viewer: row,
        time: event.time,
        device: event.device.clone(),
        truths: truths.collect(),
        items,
    })
}

/// What each order is worth: the outcomes of the rows that are looked at.
fn play(moment: &Moment, (lists, worth): (&[Vec<usize>], &Worth), drawn: &mut Rng) -> Vec<f64> {
    let values: Vec<f64> = moment
        .truths
        .iter()
        .map(|follows| worth.of(&follows.draw(drawn)))
        .collect();
    let mut looked_at = 1;
    while looked_at < MOST && drawn.random::<f32>() < GO_ON {
        looked_at += 1;
    }
    let of = |list: &Vec<usize>| list.iter().take(looked_at).map(|&row| values[row]).sum();
    lists.iter().map(of).collect()
}
