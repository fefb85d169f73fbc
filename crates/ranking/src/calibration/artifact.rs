//! Calibrations as artifacts.

use marquee_features::Head;
use marquee_store::{Artifact, ArtifactBuilder};

use super::{Calibration, Curve, Isotonic, Logistic, NAME};
use crate::{Error, Result};

/// Kind of the artifact.
pub const CALIBRATION: &str = "ranker-calibration";
const FORMAT_VERSION: u32 = 1;
const HEADS: &str = "heads";
/// For each head where its corners begin, and at the end how many there are.
const STARTS: &str = "starts";
/// Scores of corners; of a head without corners, nothing.
const SCORES: &str = "scores";
const VALUES: &str = "values";
/// Slope and offset of each head; NaN where it has corners.
const LOGISTIC: &str = "logistic";

impl Calibration {
    /// An artifact of kind [`CALIBRATION`].
    pub fn to_artifact(&self) -> ArtifactBuilder<'static> {
        let mut artifact = ArtifactBuilder::new(CALIBRATION, FORMAT_VERSION);
        let (mut starts, mut scores, mut values) = (vec![0_u64], Vec::new(), Vec::new());
        let mut logistic = Vec::new();
        for (_, curve) in &self.heads {
            match curve {
                Curve::Isotonic(curve) => {
                    scores.extend_from_slice(&curve.scores);
                    values.extend_from_slice(&curve.values);
                    logistic.extend([f32::NAN, f32::NAN]);
                }
                Curve::Logistic(curve) => logistic.extend([curve.slope, curve.offset]),
            }
            starts.push(scores.len() as u64);
        }
        let n = scores.len() as u64;
        artifact.strings(HEADS, self.heads.iter().map(|(head, _)| head.to_string()));
        artifact.section_owned(STARTS, &[starts.len() as u64], starts);
        artifact.section_owned(SCORES, &[n], scores);
        artifact.section_owned(VALUES, &[n], values);
        artifact.section_owned(LOGISTIC, &[self.heads.len() as u64, 2], logistic);
        artifact
    }

    /// Reads what [`to_artifact`](Self::to_artifact) wrote.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when it is no such artifact, [`Error::SectionShape`] or [`Error::Curve`] when its
    /// parts do not make rising curves, [`Error::Features`] for a head nobody knows.
    pub fn open(artifact: &Artifact) -> Result<Self> {
        artifact.expect_kind(CALIBRATION, FORMAT_VERSION)?;
        let names = artifact.strings(HEADS)?;
        let starts = artifact.section::<u64>(STARTS)?.data;
        let scores = artifact.section::<f32>(SCORES)?.data;
        let values = artifact.section::<f32>(VALUES)?.data;
        let logistic = artifact.section::<f32>(LOGISTIC)?.data;
        check_len(STARTS, starts.len(), names.len() + 1)?;
        check_len(VALUES, values.len(), scores.len())?;
        check_len(LOGISTIC, logistic.len(), names.len() * 2)?;
        let place = |at: usize| usize::try_from(starts[at]).unwrap_or(usize::MAX);
        let mut heads = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let head = Head::from_name(name).map_err(marquee_features::Error::from)?;
            let range = place(at)..place(at + 1);
            let (slope, offset) = (logistic[2 * at], logistic[2 * at + 1]);
            let curve = if slope.is_nan() {
                let corners = scores.get(range.clone()).zip(values.get(range));
                let corners = corners.filter(|(scores, values)| rises(scores, values));
                let (scores, values) = corners.ok_or(Error::Curve { head: head.clone() })?;
                Curve::Isotonic(Isotonic {
                    scores: scores.to_vec(),
                    values: values.to_vec(),
                })
            } else if slope >= 0.0 && slope.is_finite() && offset.is_finite() {
                Curve::Logistic(Logistic { slope, offset })
            } else {
                return Err(Error::Curve { head });
            };
            heads.push((head, curve));
        }
        Ok(Self { heads })
    }
}

fn rises(scores: &[f32], values: &[f32]) -> bool {
    let finite = scores.iter().chain(values).all(|value| value.is_finite());
    finite && !scores.is_empty() && scores.is_sorted() && values.is_sorted()
}

fn check_len(section: &'static str, found: usize, expected: usize) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::SectionShape {
        model: NAME,
        section,
        found,
        expected,
    })
}
