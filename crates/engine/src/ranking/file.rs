//! `stage.mqa`: what a version of a second stage says of itself.

use std::path::Path;

use marquee_features::Head;
use marquee_ranking::Signals;
use marquee_store::{Artifact, ArtifactBuilder};

use crate::{EngineError, Result};

/// File of what a second stage says of itself, in a version directory.
pub(super) const STAGE_FILE: &str = "stage.mqa";
/// File of the curves.
pub(super) const CALIBRATION_FILE: &str = "calibration.mqa";
/// File of the state of features after the last event of the training.
pub(super) const STATE_FILE: &str = "features.mqa";

const KIND: &str = "second-stage";
const FORMAT: u32 = 1;
/// Numbers of a row of [`Sample`] besides the chances.
const N_SIGNALS: usize = 4;

/// What a second stage says of itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StageFile {
    /// The declarations of its features.
    pub(super) features: String,
    /// The version that proposes candidates, such as `ials/000003`.
    pub(super) base: String,
    /// What it predicts, in the order of the ranker's values.
    pub(super) heads: Vec<Head>,
    /// Number of the last entry of the journal that the state has seen.
    pub(super) journal_seq: u64,
    /// Number of events that come before those of the journal.
    pub(super) n_imported: u64,
    pub(super) sample: Sample,
}

/// Rows that the ranker was not trained on, by which is told what a difference of values is.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Sample {
    /// Calibrated values, row after row.
    pub(super) chances: Vec<f32>,
    pub(super) signals: Vec<Signals>,
}

impl StageFile {
    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let mut to = ArtifactBuilder::new(KIND, FORMAT);
        to.meta("base", &self.base);
        to.meta("journal_seq", self.journal_seq);
        to.meta("imported_events", self.n_imported);
        let text = self.features.as_bytes();
        to.section("features", &[text.len() as u64], text);
        to.strings("heads", self.heads.iter().map(Head::to_string));
        let n = self.sample.signals.len() as u64;
        let shape = [n, self.heads.len() as u64];
        to.section("sample_chances", &shape, &self.sample.chances);
        let signals = self.sample.signals.iter().flat_map(|row| {
            [
                row.length_minutes,
                row.relationship,
                row.age_hours,
                row.type_preference,
            ]
        });
        let shape = [n, N_SIGNALS as u64];
        to.section_owned("sample_signals", &shape, signals.collect());
        Ok(to.write(folder.join(STAGE_FILE))?)
    }

    pub(super) fn open(folder: &Path) -> Result<Self> {
        let from = Artifact::open(folder.join(STAGE_FILE))?;
        from.expect_kind(KIND, FORMAT)?;
        from.verify()?;
        let text = from.section::<u8>("features")?.data;
        let number = |key: &'static str| -> Result<u64> {
            from.expect_meta(key)?.parse().map_err(|_| shape(key))
        };
        let heads = from.strings("heads")?;
        let heads: Vec<Head> = heads
            .iter()
            .map(|name| Head::from_name(name).map_err(|_| shape("heads")))
            .collect::<Result<_>>()?;
        let chances = from.section::<f32>("sample_chances")?.data;
        let signals = from.section::<f32>("sample_signals")?.data;
        let n = signals.len() / N_SIGNALS;
        if signals.len() != n * N_SIGNALS || chances.len() != n * heads.len() {
            return Err(shape("sample_chances"));
        }
        let signals = signals.chunks_exact(N_SIGNALS).map(|row| Signals {
            length_minutes: row[0],
            relationship: row[1],
            age_hours: row[2],
            type_preference: row[3],
        });
        Ok(Self {
            features: String::from_utf8(text.to_vec()).map_err(|_| shape("features"))?,
            base: from.expect_meta("base")?.to_owned(),
            heads,
            journal_seq: number("journal_seq")?,
            n_imported: number("imported_events")?,
            sample: Sample {
                chances: chances.to_vec(),
                signals: signals.collect(),
            },
        })
    }
}

fn shape(section: &'static str) -> EngineError {
    EngineError::Shape {
        file: STAGE_FILE,
        section,
    }
}
