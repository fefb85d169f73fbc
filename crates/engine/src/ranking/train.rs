//! Trains a second stage on the impressions of a data folder and publishes it.

use std::{ops::ControlFlow, path::Path, sync::Arc, time::Duration};

use marquee_core::{Event, Timestamp};
use marquee_features::{
    DEFAULT_FEATURES, FeatureState, Joined, NONE, Plan, TrainingFile, TrainingOptions,
    TrainingRows, TrainingTable, VectorSet, training_rows,
};
use marquee_ingest::Catalog;
use marquee_ranking::{Calibration, Ranker, Step};
use marquee_store::{ArtifactBuilder, ModelVersion, Registry};

use super::{
    RankerReport,
    curves::Curves,
    file::{CALIBRATION_FILE, STATE_FILE, Sample, StageFile},
    fit::{self, Keeping},
    is_ranker,
    live::entities,
    model::OpenRanker,
    report::measure,
    second::signals,
    slices::slices,
};
use crate::{
    EngineError, ModelSpec, Result,
    generation::{INTERACTIONS_FILE, MODEL_FILE},
    guide::KeptState,
    loading::{self, Happened},
};

/// The rows of a training, while it lasts.
const ROWS_FILE: &str = "rows.mqa";
/// One of so many requests, the last ones, judges passes and fits curves, and as many after them
/// measure.
const HELD_OUT: usize = 20;
/// Times that an outcome has to have happened, and not happened, to be learned.
const LEAST_EXAMPLES: usize = 30;
/// Rows by which differences of values are told.
const SAMPLE: usize = 2_048;

/// How a second stage is trained.
#[derive(Debug, Clone)]
pub struct RankerRun {
    /// Which ranker, with what parameters.
    pub spec: ModelSpec,
    /// The declarations of its features; the default ones where none are given.
    pub features: Option<String>,
    /// The version that proposes candidates; the active one where none is given.
    pub base: Option<ModelVersion>,
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// How long a training goes on until its state is kept again; zero keeps it after every pass.
    pub keep_every: Duration,
}

/// Trains the ranker that `run` names on every impression in the data folder `folder` and what followed
/// it, and publishes it together with the model that proposes its candidates.
///
/// The last tenth of the impressions by time is held out: one half of it judges passes and fits curves,
/// the other half is what the report is about, which is kept beside the version
/// ([`REPORT_FILE`](super::report::REPORT_FILE)). As with other models, the version appears whole or not
/// at all, and networks go on from the state of an interrupted training of the same data.
///
/// Memory: while rows are made all events and the table of features, some 300 bytes an impression with the default
/// ones; then the table is a mapped file of that size on the disk of `folder`, and passes hold no more of it than
/// the system keeps.
///
/// # Errors
///
/// [`EngineError::NoImpressions`] where nothing was shown to anybody, [`EngineError::NoActiveModel`]
/// without a version to propose candidates, and what reading, training or the disk say.
pub fn train_ranker(
    folder: &Path,
    run: &RankerRun,
    progress: &mut dyn FnMut(&Step) -> ControlFlow<()>,
) -> Result<(ModelVersion, RankerReport)> {
    let params = fit::effective_params(&run.spec)?;
    let registry = Registry::open(folder.join("models"))?;
    let base = match &run.base {
        Some(base) => base.clone(),
        None => registry.active()?.ok_or(EngineError::NoActiveModel)?,
    };
    let staged = registry.stage(run.spec.name())?;
    let to = staged.path();
    let material = Material::gather(folder, run.features.as_deref(), &to.join(ROWS_FILE))?;
    let rows = material.rows.view()?;
    let [train, validation, test] = split(&rows)?;
    let kept = KeptState::new(
        registry.unfinished(run.spec.name())?,
        fit::fingerprint(&rows, &run.spec, run.seed)?,
        run.keep_every,
    );
    let describe = |artifact: &mut ArtifactBuilder<'_>| {
        artifact.meta("model", run.spec.name());
        artifact.meta("seed", run.seed);
        for (key, value) in &params {
            artifact.meta(&format!("param.{key}"), value);
        }
        artifact.meta("impressions", rows.features().n_rows());
    };
    let watch = Keeping { kept, progress };
    let learned = (train, validation);
    let heads = fit::fit((&run.spec, run.seed), learned, watch, to, &describe)?;
    let ranker = OpenRanker::open(to, &heads, material.plan.schema())?;
    let curves = Curves::fit(&ranker, &validation)?;
    let stage = material.describe(
        (&ranker, &curves.calibration, &validation),
        first_base(&registry, &base)?,
    )?;
    let n_rows = |rows: &TrainingRows<'_>| rows.features().n_rows();
    let records = (&material.catalog, material.state.entities());
    let sliced = slices(&test, &rows, records);
    let report = RankerReport {
        base: stage.base.clone(),
        events: material.n_events,
        train_rows: n_rows(&train),
        validation_rows: n_rows(&validation),
        test_rows: n_rows(&test),
        uncredited: material.uncredited,
        heads: measure(&ranker, &curves, (&train, &test), &sliced)?,
        too_rare: material.too_rare.clone(),
    };
    let proposes = registry.path_of(&base);
    for file in [MODEL_FILE, INTERACTIONS_FILE] {
        staged.take_in(&proposes.join(file), file)?;
    }
    let calibration = curves.calibration.to_artifact();
    calibration.write(to.join(CALIBRATION_FILE))?;
    report.write(to)?;
    material.state.write(to.join(STATE_FILE))?;
    stage.write(to)?;
    staged.leave_out(ROWS_FILE)?;
    let version = staged.publish()?;
    registry.forget_unfinished(run.spec.name())?;
    Ok((version, report))
}

/// What a training learns from.
struct Material {
    /// The declarations.
    features: String,
    plan: Arc<Plan>,
    catalog: Catalog,
    n_events: usize,
    n_imported: usize,
    journal_seq: u64,
    /// A row of every impression, in a mapped file: each pass reads it anew.
    rows: TrainingFile,
    /// The state after the last event.
    state: FeatureState,
    /// What followed that no impression could be credited with.
    uncredited: u64,
    /// Outcomes that cannot be learned.
    too_rare: Vec<String>,
}

impl Material {
    /// Puts the rows into the file `rows_path`. Events and the table that grows in memory are given back.
    fn gather(folder: &Path, features: Option<&str>, rows_path: &Path) -> Result<Self> {
        let features = features.unwrap_or(DEFAULT_FEATURES);
        let plan = Arc::new(Plan::parse(features)?);
        let happened = loading::everything(folder)?;
        let mut joined = join(&plan, &happened)?;
        let too_rare = drop_rare(&mut joined.table)?;
        joined.table.write(rows_path)?;
        Ok(Self {
            features: features.to_owned(),
            plan,
            n_events: happened.events.len(),
            n_imported: happened.n_imported,
            journal_seq: happened.journal_seq,
            catalog: happened.catalog,
            rows: TrainingFile::open(rows_path)?,
            state: joined.state,
            uncredited: joined.uncredited,
            too_rare,
        })
    }

    /// What the second stage says of itself, with a sample of the rows that curves were fitted on.
    fn describe(
        &self,
        (ranker, calibration, rows): (&OpenRanker, &Calibration, &TrainingRows<'_>),
        base: String,
    ) -> Result<StageFile> {
        let from = (&*self.plan, &self.catalog, &self.state);
        Ok(StageFile {
            features: self.features.clone(),
            base,
            heads: ranker.heads().to_vec(),
            journal_seq: self.journal_seq,
            n_imported: self.n_imported as u64,
            sample: sample(ranker, calibration, rows, from)?,
        })
    }
}

/// The version whose candidates are ranked: of a second stage, that of the first.
fn first_base(registry: &Registry, base: &ModelVersion) -> Result<String> {
    if is_ranker(base.name()) {
        return Ok(StageFile::open(&registry.path_of(base))?.base);
    }
    Ok(base.to_string())
}

/// A row of every impression.
fn join(plan: &Arc<Plan>, happened: &Happened) -> Result<Joined> {
    let users = happened.catalog.users().iter();
    let entities = entities(&happened.catalog, users)?;
    let shown = |event: &Event| event.action.kind() == marquee_core::EventKind::Impression;
    if !happened.events.iter().any(shown) {
        return Err(EngineError::NoImpressions);
    }
    let options = TrainingOptions::default();
    let vectors = VectorSet::default();
    let plan = Arc::clone(plan);
    Ok(training_rows(
        plan,
        entities,
        &happened.events,
        &vectors,
        &options,
    )?)
}

/// Takes out the outcomes that cannot be learned; gives their names.
fn drop_rare(table: &mut TrainingTable) -> Result<Vec<String>> {
    let mut rare = Vec::new();
    table.labels.retain(|column| {
        let count = |yes: bool| {
            let values = column.values.iter();
            values
                .filter(|&&value| !value.is_nan() && (value > 0.0) == yes)
                .count()
        };
        let enough = count(true).min(count(false)) >= LEAST_EXAMPLES;
        if !enough {
            rare.push(column.head.to_string());
        }
        enough
    });
    if table.labels.is_empty() {
        let rows = table.features.n_rows();
        return Err(EngineError::NoOutcomes { rows });
    }
    Ok(rare)
}

/// Rows to learn from, to judge and to measure by, in the order of time.
fn split<'a>(rows: &TrainingRows<'a>) -> Result<[TrainingRows<'a>; 3]> {
    let n = rows.features().n_requests();
    let held = (n / HELD_OUT).max(1);
    if n < 3 * held {
        return Err(EngineError::NoOutcomes {
            rows: rows.features().n_rows(),
        });
    }
    let (judge, measure) = (n - 2 * held, n - held);
    let parts = [0..judge, judge..measure, measure..n];
    Ok(parts.map(|requests| rows.slice(requests)))
}

/// Some rows of `from`, evenly spread, as a value model sees them.
fn sample(
    ranker: &OpenRanker,
    calibration: &Calibration,
    from: &TrainingRows<'_>,
    (plan, catalog, state): (&Plan, &Catalog, &FeatureState),
) -> Result<Sample> {
    let features = from.features();
    let n = features.n_rows();
    let mut chances = vec![0.0; n * ranker.heads().len()];
    ranker.score(&features, &mut chances)?;
    calibration.apply(n, &mut chances)?;
    let standings = plan.standings();
    let entities = state.entities();
    let mut sample = Sample::default();
    let times = (0..features.n_requests()).flat_map(|request| {
        let time = from.time(request);
        features.rows_of(request).map(move |row| (row, time))
    });
    for (row, time) in times.step_by(n.div_ceil(SAMPLE).max(1)) {
        let item = from.item()[row];
        let id = (item != NONE).then(|| entities.item_id(item)).flatten();
        let record = id.and_then(|id| catalog.item(id));
        let (length, age) = length_and_age(record, time);
        let heads = 0..ranker.heads().len();
        sample
            .chances
            .extend(heads.map(|head| chances[head * n + row]));
        let row = features.dense_of(row);
        sample.signals.push(signals(standings, row, (length, age)));
    }
    Ok(sample)
}

/// Length in minutes and age in hours of an item at a time; NaN where its record does not tell.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a value model needs no more digits"
)]
pub(super) fn length_and_age(item: Option<&marquee_core::Item>, now: Timestamp) -> (f32, f32) {
    let length = item.and_then(|item| item.duration);
    let released = item.and_then(|item| item.released);
    let age = |released: Timestamp| (now.as_millis() - released.as_millis()) as f32 / 3.6e6;
    (
        length.map_or(f32::NAN, |length| length.0 as f32 / 60.0),
        released.map_or(f32::NAN, age),
    )
}
