//! The ranker as components of the request path.

use std::{
    cell::RefCell,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use marquee_core::{Actor, Explanation, Hydrator, ItemIdx, Query, Scorer, StageError};
use marquee_features::{Asked, FeatureTable, NONE, Scratch, VectorSet};
use marquee_ranking::{Ranker, Signals};

use super::{
    SecondStage, live::LiveFeatures, second::signals, train::length_and_age, value::Worth,
};
use crate::{ExpectedOutcome, Interactions, Shelf, Surroundings, taste::HALF_LIFE};

/// What a value model calls its term of ties, and that of types.
const RELATIONSHIP: &str = "relationship";
const TYPE_PREFERENCE: &str = "type preference";

type StageResult<T> = Result<T, StageError>;

/// What something that is held against an item in full costs, in standard deviations of values.
const AVERSION: f32 = 3.0;

thread_local! {
    /// Memory that computing features uses, kept from one request to the next.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
    /// The table of the last request of this thread.
    static TABLE: RefCell<Option<FeatureTable>> = const { RefCell::new(None) };
}

/// How much is held against each item, in the best score that the viewer's items have.
pub(crate) type Aversion<'a> = dyn Fn(&Query<'_>, &[ItemIdx]) -> StageResult<Vec<f32>> + Sync + 'a;

/// A second stage at work for one request.
pub(crate) struct RankingStage<'a> {
    stage: &'a SecondStage,
    features: &'a LiveFeatures,
    shelf: &'a Shelf,
    interactions: &'a Interactions,
    /// Whose events count; nobody for a viewer of whom nothing is known.
    viewer: Option<Actor>,
    context: &'a Surroundings,
    aversion: &'a Aversion<'a>,
    worth: Arc<Worth>,
    known: Mutex<Known>,
}

/// What is known of the candidates.
#[derive(Default)]
struct Known {
    items: Vec<ItemIdx>,
    /// Their columns.
    table: Option<FeatureTable>,
    /// Calibrated values, all candidates for the first head before those for the second.
    chances: Vec<f32>,
    signals: Vec<Signals>,
    /// What is held against each candidate, in values.
    against: Vec<f32>,
}

impl<'a> RankingStage<'a> {
    /// Nothing is computed yet.
    pub(crate) fn new(
        (stage, features): (&'a SecondStage, &'a LiveFeatures),
        (shelf, interactions): (&'a Shelf, &'a Interactions),
        (viewer, context): (Option<Actor>, &'a Surroundings),
        aversion: &'a Aversion<'a>,
    ) -> Self {
        Self {
            worth: stage.worth(),
            stage,
            features,
            shelf,
            interactions,
            viewer,
            context,
            aversion,
            known: Mutex::default(),
        }
    }

    /// Each is written whole, so a panic elsewhere leaves nothing half done.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The expected outcomes of a candidate that was scored.
    pub(crate) fn outcomes(&self, item: ItemIdx) -> Vec<ExpectedOutcome> {
        let known = self.known();
        let Some(place) = known.items.iter().position(|&known| known == item) else {
            return Vec::new();
        };
        let heads = self.stage.heads().iter().enumerate();
        let outcome = |(head, name): (usize, &marquee_features::Head)| ExpectedOutcome {
            name: name.to_string(),
            expected: known.chances[head * known.items.len() + place],
        };
        heads.map(outcome).collect()
    }

    /// A table of the right columns, that of an earlier request where there is one.
    fn empty_table(&self) -> StageResult<FeatureTable> {
        let schema = self.stage.plan().schema();
        let kept = TABLE.take();
        match kept.filter(|table| Arc::ptr_eq(table.schema(), schema)) {
            Some(mut table) => {
                table.clear();
                Ok(table)
            }
            None => FeatureTable::new(Arc::clone(schema))
                .map_err(|_| StageError::Unavailable { stage: "features" }),
        }
    }

    /// What of the viewer's past a part of a value stands on, in words.
    fn because(&self, part: &str, query: &Query<'_>, item: ItemIdx) -> Option<String> {
        let record = self.shelf.record(item)?;
        let inner = self.features.read();
        let entities = inner.state.entities();
        let viewer = entities.viewer_row(self.viewer.as_ref()?)?;
        let told: Vec<String> = match part {
            RELATIONSHIP => {
                let creator = entities.creator_row(record.creators.first()?.as_str())?;
                let tie = inner.state.tie(viewer, creator, query.now, HALF_LIFE);
                let parts = tie.parts.iter();
                let parts = parts.map(|part| format!("{} x{}", part.kind, part.count));
                parts.collect()
            }
            TYPE_PREFERENCE => {
                let profile = inner
                    .state
                    .taste_profile(viewer, query.now, HALF_LIFE, usize::MAX);
                let shared = profile.genres.iter();
                let shared = shared.filter(|genre| record.genres.contains(&genre.name));
                let percent = |share: f64| (100.0 * share).round();
                let shared = shared.map(|one| format!("{} {} %", one.name, percent(one.share)));
                shared.collect()
            }
            _ => return None,
        };
        (!told.is_empty()).then(|| told.join(", "))
    }

    /// Columns of the candidates, and what a value model reads of each.
    fn compute(
        &self,
        query: &Query<'_>,
        items: &[ItemIdx],
        table: &mut FeatureTable,
    ) -> StageResult<Vec<Signals>> {
        let failed = |_| StageError::Unavailable { stage: "features" };
        let inner = self.features.read();
        let entities = inner.state.entities();
        let rows = items.iter().map(|&item| {
            let id = || self.shelf.id(self.interactions, item);
            let fresh = self.shelf.is_fresh(item);
            inner.item_row(item, fresh.then(id).flatten())
        });
        let rows: Vec<u32> = rows.collect();
        let viewer = self.viewer.as_ref();
        let viewer = viewer.and_then(|actor| entities.viewer_row(actor));
        let asked = Asked {
            viewer: viewer.unwrap_or(NONE),
            time: query.now,
            device: self.context.device.as_deref(),
            page: self.context.page.as_deref(),
            items: &rows,
            positions: &[],
        };
        SCRATCH.with_borrow_mut(|scratch| {
            let vectors = VectorSet::default();
            let computed = inner.state.compute(&asked, &vectors, scratch, table);
            computed.map_err(failed)
        })?;
        let view = table.view();
        let standings = self.stage.standings();
        let signals = items.iter().enumerate().map(|(row, &item)| {
            let record = self.shelf.record(item);
            let told = length_and_age(record.map(Arc::as_ref), query.now);
            signals(standings, view.dense_of(row), told)
        });
        Ok(signals.collect())
    }
}

/// Its table serves the next request of the thread.
impl Drop for RankingStage<'_> {
    fn drop(&mut self) {
        if let Some(table) = self.known().table.take() {
            TABLE.set(Some(table));
        }
    }
}

impl Hydrator for RankingStage<'_> {
    fn name(&self) -> &'static str {
        "features"
    }

    fn hydrate(&self, query: &Query<'_>, items: &[ItemIdx]) -> StageResult<()> {
        let against = (self.aversion)(query, items)?;
        let unit = AVERSION * self.worth.spread;
        let mut table = self.empty_table()?;
        let signals = self.compute(query, items, &mut table)?;
        *self.known() = Known {
            items: items.to_vec(),
            table: Some(table),
            chances: Vec::new(),
            signals,
            against: against.iter().map(|share| share * unit).collect(),
        };
        Ok(())
    }
}

impl Scorer for RankingStage<'_> {
    fn name(&self) -> &'static str {
        self.stage.name()
    }

    /// Scores what was just hydrated.
    fn score(&self, _: &Query<'_>, items: &[ItemIdx], scores: &mut [f32]) -> StageResult<()> {
        let failed = || StageError::Unavailable {
            stage: self.stage.name(),
        };
        let mut known = self.known();
        if known.items != items {
            return Err(failed());
        }
        let n = items.len();
        let mut chances = vec![0.0; n * self.stage.heads().len()];
        let table = known.table.as_ref().ok_or_else(failed)?;
        let scored = self.stage.ranker().score(&table.view(), &mut chances);
        scored.map_err(|_| failed())?;
        let applied = self.stage.calibration().apply(n, &mut chances);
        applied.map_err(|_| failed())?;
        for (row, score) in scores.iter_mut().enumerate() {
            let value = self
                .worth
                .model
                .value(|head| chances[head * n + row], &known.signals[row]);
            *score = value - known.against[row];
        }
        known.chances = chances;
        Ok(())
    }

    fn explain(&self, query: &Query<'_>, item: ItemIdx) -> StageResult<Explanation> {
        let known = self.known();
        let place = known.items.iter().position(|&known| known == item);
        let Some(row) = place.filter(|_| !known.chances.is_empty()) else {
            return Err(StageError::UnknownItem {
                stage: self.stage.name(),
                item,
            });
        };
        let n = known.items.len();
        let chance = |head: usize| known.chances[head * n + row];
        let mut tree = self.worth.model.explain(chance, &known.signals[row]);
        for part in &mut tree.parts {
            if let Some(because) = self.because(&part.label, query, item) {
                part.label.push_str(": ");
                part.label.push_str(&because);
            }
        }
        let against = f64::from(known.against[row]);
        if against != 0.0 {
            let parts = [
                tree.parts,
                vec![Explanation::leaf("like what you do not want", -against)],
            ];
            tree = Explanation::sum(tree.label, parts.concat());
        }
        Ok(Explanation {
            label: self.stage.name().to_owned(),
            ..tree
        })
    }
}
