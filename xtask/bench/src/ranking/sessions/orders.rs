//! The orders that are compared.

use std::{collections::BTreeSet, sync::Arc};

use anyhow::Result;
use marquee_cf::{AlsConfig, AlsModel, Recommender as _, als};
use marquee_core::{
    Action, Dataset, Event, HistoryEntry, ItemIdx, Seconds, SparseRows, Timestamp, UserIdx,
    history_of,
};
use marquee_features::{Asked, FeatureState, FeatureTable, Scratch, VectorSet};
use marquee_ranking::{BoundValue, NetworkView, Ranker as _, Signals, ValueModel};
use marquee_testkit::world::World;

use super::{Worth, viewer_of};
use crate::follow::Follows;

/// Who looks, when, and what there is.
pub(super) struct Moment {
    pub(super) viewer: UserIdx,
    pub(super) time: Timestamp,
    pub(super) device: Option<String>,
    /// Candidates, as rows of the world.
    pub(super) items: Vec<u32>,
    /// What is true of each.
    pub(super) truths: Vec<Follows>,
}

/// Everything that candidates are ordered by.
pub(super) struct Orders<'w> {
    world: &'w World,
    network: NetworkView<'w>,
    value: BoundValue,
    /// The place of opens among the heads of the network.
    open: usize,
    worth: Worth,
    cf: AlsModel,
    data: Dataset,
    /// Opens of each item in the last week.
    popularity: Vec<f64>,
}

/// How long an open makes an item popular.
const WEEK: Seconds = Seconds(7.0 * Seconds::DAY.0);

impl<'w> Orders<'w> {
    /// Names of the orders.
    pub(super) const NAMES: [&'static str; 7] = [
        "oracle value",
        "network and value model",
        "network, chance of an open",
        "iALS on opens",
        "opens of the last week",
        "newest first",
        "as drawn",
    ];

    /// Learns from the events before the sessions.
    pub(super) fn new(
        world: &'w World,
        network: NetworkView<'w>,
        (events, value): (&[Event], &str),
    ) -> Result<Self> {
        let value = ValueModel::parse(value)?;
        let end = events.last().map_or(Timestamp::EPOCH, |event| event.time);
        let mut opened = vec![BTreeSet::new(); world.viewers().len()];
        let mut popularity = vec![0.0; world.items().len()];
        for event in events {
            let Action::Open { item } = &event.action else {
                continue;
            };
            let number = item.as_str().rsplit('-').next();
            let Some(item) = number.and_then(|number| number.parse::<u32>().ok()) else {
                continue;
            };
            opened[viewer_of(event)?].insert(item);
            if event.time.plus(WEEK) > end {
                popularity[item as usize] += 1.0;
            }
        }
        let mut offsets = vec![0];
        for row in &opened {
            offsets.push(offsets[offsets.len() - 1] + row.len() as u64);
        }
        let data = Dataset::from_rows(SparseRows {
            n_columns: world.items().len(),
            offsets,
            columns: opened.into_iter().flatten().collect(),
            weights: None,
            times: None,
        });
        let mut silent = |_: &marquee_cf::Step| std::ops::ControlFlow::Continue(());
        let mut heads = network.heads().iter();
        Ok(Self {
            cf: als::train(&data, &AlsConfig::default(), 42, &mut silent)?,
            open: heads
                .position(|head| *head == marquee_features::Head::Open)
                .unwrap_or_default(),
            value: value.bind(network.heads())?,
            worth: Worth::new(&value),
            world,
            network,
            data,
            popularity,
        })
    }

    /// Candidates in each order: places in [`Moment::items`], best first.
    pub(super) fn all(&self, state: &FeatureState, moment: &Moment) -> Result<Vec<Vec<usize>>> {
        let n = moment.items.len();
        let predicted = self.predicted(state, moment)?;
        let chance = |head: usize, row: usize| predicted[head * n + row];
        let known = Signals::default();
        let ours = |row| f64::from(self.value.value(|head| chance(head, row), &known));
        let items = moment.items.iter().map(|&item| ItemIdx(item));
        let items: Vec<ItemIdx> = items.collect();
        let mut cf = vec![0.0; n];
        let row = self.data.by_user().row(moment.viewer.index());
        let history: Vec<HistoryEntry> = history_of(row);
        self.cf.view().score(&history, &items, &mut cf)?;
        let of = |row: usize| moment.items[row] as usize;
        let released = |row| self.world.items()[of(row)].released.as_millis() as f64;
        Ok(vec![
            order(n, |row| self.worth.of(&moment.truths[row].chances)),
            order(n, ours),
            order(n, |row| f64::from(chance(self.open, row))),
            order(n, |row| f64::from(cf[row])),
            order(n, |row| self.popularity[of(row)]),
            order(n, released),
            (0..n).collect(),
        ])
    }

    /// Chances and expected values of all candidates, a head after the other.
    fn predicted(&self, state: &FeatureState, moment: &Moment) -> Result<Vec<f32>> {
        let mut table = FeatureTable::new(Arc::clone(state.plan().schema()))?;
        let asked = Asked {
            viewer: moment.viewer.0,
            time: moment.time,
            device: moment.device.as_deref(),
            page: Some("home"),
            items: &moment.items,
            positions: &[],
        };
        let mut scratch = Scratch::default();
        state.compute(&asked, &VectorSet::default(), &mut scratch, &mut table)?;
        let n = moment.items.len();
        let mut values = vec![0.0; n * self.network.heads().len()];
        self.network.score(&table.view(), &mut values)?;
        for (head, values) in values.chunks_exact_mut(n.max(1)).enumerate() {
            let link = self.network.link(head);
            values
                .iter_mut()
                .for_each(|value| *value = link.mean(*value));
        }
        Ok(values)
    }
}

/// Places by falling value; where values are equal, as they come.
fn order(n: usize, value: impl Fn(usize) -> f64) -> Vec<usize> {
    let mut places: Vec<usize> = (0..n).collect();
    let values: Vec<f64> = places.iter().map(|&place| value(place)).collect();
    places.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    places
}
