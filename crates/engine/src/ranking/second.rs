//! A second stage that is open.

use std::{path::Path, sync::Arc};

use arc_swap::ArcSwap;
use marquee_core::Actor;
use marquee_features::{Entities, FeatureState, Head, Plan, Standings};
use marquee_ranking::{Calibration, Ranker, Signals};
use marquee_store::Artifact;

use super::{
    file::{CALIBRATION_FILE, STAGE_FILE, STATE_FILE, Sample, StageFile},
    model::OpenRanker,
    value::Worth,
};
use crate::{Check, Result};

/// A ranker, its curves and its features, and what outcomes are worth now.
pub(crate) struct SecondStage {
    ranker: OpenRanker,
    calibration: Calibration,
    plan: Arc<Plan>,
    standings: Standings,
    worth: ArcSwap<Worth>,
    sample: Sample,
    /// Number of the last entry of the journal that the state beside the version has seen.
    pub(super) journal_seq: u64,
    /// What is added to numbers of the journal, so that they follow those of imported events.
    pub(super) n_imported: u64,
}

impl SecondStage {
    /// The second stage of the version in `folder`, if it has one; `value` is the text that says what
    /// outcomes are worth, if there is one.
    ///
    /// # Errors
    ///
    /// [`EngineError`](crate::EngineError) when a file is missing or damaged, or the text is wrong.
    pub(crate) fn open(folder: &Path, check: Check, value: Option<&str>) -> Result<Option<Self>> {
        if !folder.join(STAGE_FILE).exists() {
            return Ok(None);
        }
        let file = StageFile::open(folder)?;
        let plan = Arc::new(Plan::parse(&file.features)?);
        let ranker = OpenRanker::open(folder, &file.heads, plan.schema())?;
        let curves = Artifact::open(folder.join(CALIBRATION_FILE))?;
        if check == Check::EveryByte {
            curves.verify()?;
            ranker.verify()?;
        }
        let worth = Worth::new(value, &file.heads, &file.sample)?;
        Ok(Some(Self {
            standings: plan.standings(),
            calibration: Calibration::open(&curves)?,
            worth: ArcSwap::from_pointee(worth),
            sample: file.sample,
            journal_seq: file.journal_seq,
            n_imported: file.n_imported,
            ranker,
            plan,
        }))
    }

    /// Name of the ranker in timings and answers.
    pub(crate) fn name(&self) -> &'static str {
        self.ranker.name()
    }

    /// What it predicts, in the order of its values.
    pub(crate) fn heads(&self) -> &[Head] {
        self.ranker.heads()
    }

    pub(crate) const fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    pub(super) const fn standings(&self) -> Standings {
        self.standings
    }

    pub(super) const fn ranker(&self) -> &OpenRanker {
        &self.ranker
    }

    pub(super) const fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// What outcomes are worth now.
    pub(crate) fn worth(&self) -> Arc<Worth> {
        self.worth.load_full()
    }

    /// What outcomes would be worth by `value`.
    ///
    /// # Errors
    ///
    /// [`EngineError::Value`](crate::EngineError::Value).
    pub(super) fn worth_by(&self, value: Option<&str>) -> Result<Worth> {
        Worth::new(value, self.heads(), &self.sample)
    }

    /// Lets answers go by `worth` from now on.
    pub(super) fn put_worth(&self, worth: Worth) {
        self.worth.store(Arc::new(worth));
    }
}

/// Takes `actors` out of the state beside the version in `folder`, and out of that at `live`; gives
/// whether it held any of them.
pub(crate) fn forget(folder: &Path, live: &Path, actors: &[Actor]) -> Result<bool> {
    if !folder.join(STAGE_FILE).exists() {
        return Ok(false);
    }
    let plan = Arc::new(Plan::parse(&StageFile::open(folder)?.features)?);
    let mut held = false;
    for path in [folder.join(STATE_FILE).as_path(), live] {
        if !path.exists() {
            continue;
        }
        let mut state = FeatureState::open(path, Arc::clone(&plan), Entities::default())?;
        let rows = actors.iter();
        let rows: Vec<u32> = rows
            .filter_map(|actor| state.entities().viewer_row(actor))
            .collect();
        if !rows.is_empty() {
            rows.into_iter().for_each(|row| state.forget_viewer(row));
            state.write(path)?;
            held = true;
        }
    }
    Ok(held)
}

/// What a value model reads of a row besides chances, from the row's dense columns and record.
pub(super) fn signals(
    standings: Standings,
    dense: &[f32],
    (length_minutes, age_hours): (f32, f32),
) -> Signals {
    let of = |column: Option<usize>| column.map_or(f32::NAN, |column| dense[column]);
    Signals {
        length_minutes,
        relationship: of(standings.tie),
        age_hours,
        type_preference: of(standings.genre_share),
    }
}
