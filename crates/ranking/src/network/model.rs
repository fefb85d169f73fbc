//! A trained network, and the borrowed form that scores.

use std::{
    ops::Range,
    sync::{Arc, OnceLock},
};

use marquee_features::{FeatureSchema, Head};
use marquee_math::split::SplitPanels;
use marquee_store::{Artifact, ArtifactBuilder};

use super::{
    Layers, NAME, PositionBias, Precision,
    chunk::Parameters,
    describe::Description,
    outcome::POSITION_SCALE,
    tables::{Tables, coded, halved},
};
use crate::{Error, Result};

/// Format of the artifact.
const FORMAT_VERSION: u32 = 1;
const DESCRIPTION: &str = "description";
const EMBEDDINGS: &str = "embeddings";
/// Embeddings rounded to 16 bits.
const HALVES: &str = "embeddings.halves";
/// Embeddings rounded to 8 bits, and the scale of each row.
const CODES: &str = "embeddings.codes";
const SCALES: &str = "embeddings.scales";
const WEIGHTS: &str = "weights";
const RECORDS: &str = "records";

/// A trained network.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkModel {
    pub(crate) description: Arc<Description>,
    pub(crate) tables: Vec<f32>,
    pub(crate) weights: Vec<f32>,
    /// Records of ids, one after the other; empty where all have embeddings.
    pub(crate) records: Vec<f32>,
}

/// A network whose numbers lie in memory or in a mapped file; implements [`Ranker`](crate::Ranker).
#[derive(Debug, Clone)]
pub struct NetworkView<'a> {
    pub(crate) description: Arc<Description>,
    pub(crate) tables: Tables<'a>,
    pub(crate) weights: &'a [f32],
    pub(crate) records: &'a [f32],
    /// Weights of wide layers, split for tiles when rows are scored for the first time.
    pub(crate) panels: Arc<OnceLock<Vec<SplitPanels>>>,
}

impl NetworkModel {
    /// The form that scores.
    pub fn view(&self) -> NetworkView<'_> {
        NetworkView {
            description: Arc::clone(&self.description),
            tables: Tables::Whole(&self.tables),
            weights: &self.weights,
            records: &self.records,
            panels: Arc::default(),
        }
    }

    /// The same network whose layers are multiplied as exactly as this when it scores, however it was trained.
    #[must_use]
    pub fn with_layers(self, layers: Layers) -> Self {
        let mut description = Arc::unwrap_or_clone(self.description);
        description.config.layers = layers;
        Self {
            description: Arc::new(description),
            ..self
        }
    }

    /// An artifact of kind `ranker`: a description in JSON, the embeddings of all tables, the weights of
    /// all layers.
    pub fn to_artifact(&self) -> ArtifactBuilder<'_> {
        self.to_artifact_as(Precision::Whole)
    }

    /// The same with embeddings rounded. What is read from it is scored as it was rounded.
    pub fn to_artifact_as(&self, precision: Precision) -> ArtifactBuilder<'_> {
        let mut artifact = ArtifactBuilder::new(NAME, FORMAT_VERSION);
        let description = self.description.to_json();
        let d = self.description.shape.layout.embedding as u64;
        artifact.meta(
            "schema",
            format_args!("{:016x}", self.description.fingerprint),
        );
        artifact.section_owned(DESCRIPTION, &[description.len() as u64], description);
        let rows = self.tables.len() as u64 / d;
        match precision {
            Precision::Whole => artifact.section(EMBEDDINGS, &[rows, d], &self.tables),
            Precision::Half => artifact.section_owned(HALVES, &[rows, d], halved(&self.tables)),
            Precision::Byte => {
                let width = self.description.shape.layout.embedding;
                let (codes, scales) = coded(&self.tables, width);
                artifact.section_owned(CODES, &[rows, d], codes);
                artifact.section_owned(SCALES, &[rows], scales)
            }
        };
        artifact.section(WEIGHTS, &[self.weights.len() as u64], &self.weights);
        if let Some(plan) = &self.description.plan {
            let shape = [plan.ids as u64, plan.width as u64];
            artifact.section(RECORDS, &shape, &self.records);
        }
        artifact
    }
}

impl<'a> NetworkView<'a> {
    /// The network in an artifact, whose numbers are read in place.
    ///
    /// Cost: reads the description; no number is touched.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when it is no such artifact, [`Error::Description`], [`Error::Contradiction`] or
    /// [`Error::SectionShape`] when its parts do not fit each other.
    pub fn open(artifact: &'a Artifact) -> Result<Self> {
        artifact.expect_kind(NAME, FORMAT_VERSION)?;
        let description = artifact.section::<u8>(DESCRIPTION)?.data;
        let description = Description::from_json(description)?;
        let tables = read_tables(artifact)?;
        let weights = artifact.section::<f32>(WEIGHTS)?.data;
        let shape = &description.shape;
        let n_numbers = shape
            .layout
            .table_rows()
            .checked_mul(shape.layout.embedding);
        check_len(EMBEDDINGS, tables.len(), n_numbers.unwrap_or(usize::MAX))?;
        if let Tables::Byte { scales, .. } = tables {
            check_len(SCALES, scales.len(), shape.layout.table_rows())?;
        }
        check_len(WEIGHTS, weights.len(), shape.len)?;
        let records = match &description.plan {
            Some(plan) => {
                let records = artifact.section::<f32>(RECORDS)?.data;
                let n_numbers = plan.ids.checked_mul(plan.width);
                check_len(RECORDS, records.len(), n_numbers.unwrap_or(usize::MAX))?;
                records
            }
            None => &[],
        };
        Ok(Self {
            description: Arc::new(description),
            tables,
            weights,
            records,
            panels: Arc::default(),
        })
    }

    /// The columns that tables must have.
    pub fn schema(&self) -> &Arc<FeatureSchema> {
        &self.description.schema
    }

    /// What each position, from the first on, does to a head: how likely it is to be looked at in
    /// proportion to the first ([`PositionBias::Examination`]), or what it adds to the logit
    /// ([`PositionBias::Shift`]). `None` for a head that knows nothing of positions.
    pub fn position_effect(&self, head: &Head) -> Option<Vec<f32>> {
        let place = self
            .description
            .heads
            .iter()
            .position(|other| other == head)?;
        let positions: Range<usize> = self.description.shape.heads[place].positions.clone();
        let learned = &self.weights[positions];
        let config = self.description.config.head(&head.to_string());
        let effect = |at: usize, value: f32| match (config.position, at) {
            (PositionBias::Examination, 0) => 1.0,
            (PositionBias::Examination, _) => {
                marquee_math::exponential::sigmoid(POSITION_SCALE * value)
            }
            (_, 0) => 0.0,
            _ => POSITION_SCALE * value,
        };
        let knows = config.position != PositionBias::None;
        let places = learned.iter().enumerate();
        knows.then(|| places.map(|(at, &value)| effect(at, value)).collect())
    }

    pub(crate) fn parameters(&self) -> Parameters<'_> {
        Parameters {
            shape: &self.description.shape,
            tables: self.tables,
            weights: self.weights,
            back: &[],
            panels: [self.panels.get_or_init(|| self.split()), &[]],
            layers: self.description.config.layers,
        }
    }

    fn split(&self) -> Vec<SplitPanels> {
        let mut panels = Vec::new();
        if let Some(parts) = self.description.config.layers.parts() {
            let shape = &self.description.shape;
            shape.split(self.weights, parts, &mut panels);
        }
        panels
    }
}

fn read_tables(artifact: &Artifact) -> Result<Tables<'_>> {
    if artifact.has(HALVES) {
        return Ok(Tables::Half(artifact.section::<u16>(HALVES)?.data));
    }
    if artifact.has(CODES) {
        return Ok(Tables::Byte {
            codes: artifact.section::<i8>(CODES)?.data,
            scales: artifact.section::<f32>(SCALES)?.data,
        });
    }
    Ok(Tables::Whole(artifact.section::<f32>(EMBEDDINGS)?.data))
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
