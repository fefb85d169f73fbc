//! One model version, open and ready to answer.

use std::path::Path;

use marquee_cf::Recommender;
use marquee_core::ItemIdx;
use marquee_store::{Artifact, ModelVersion};

use crate::{EngineError, Interactions, Result, open_model::OpenModel, ranking::SecondStage};

/// File of the parameters in a version directory.
pub const MODEL_FILE: &str = "model.mqa";
/// File of the ids and histories in a version directory.
pub const INTERACTIONS_FILE: &str = "interactions.mqa";

/// How much of a version is checked when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Check {
    /// Headers and shapes: milliseconds, whatever the size.
    #[default]
    Headers,
    /// Every byte against its checksum: reads the whole files.
    EveryByte,
}

/// A mapped model, and the ids and histories beside it.
///
/// Requests hold on to the generation they began with, so a swap never takes a model away from under
/// one.
pub struct Generation {
    version: ModelVersion,
    model: OpenModel,
    interactions: Interactions,
    /// Orders what the model proposes.
    ranking: Option<SecondStage>,
    /// All items by falling count.
    popular: Vec<ItemIdx>,
    /// Viewers of the item that a viewer of any item touched, on average.
    typical_viewers: f64,
}

impl Generation {
    /// Opens version `version`, which lies in `folder`; `value` is the text that says what outcomes
    /// are worth, if there is one.
    ///
    /// # Errors
    ///
    /// [`EngineError`] when a file is missing, damaged or of a model there is not, the files do not
    /// belong together, or the text is wrong and the version has a ranker that goes by it.
    pub fn open(
        version: ModelVersion,
        folder: &Path,
        check: Check,
        value: Option<&str>,
    ) -> Result<Self> {
        let artifact = Artifact::open(folder.join(MODEL_FILE))?;
        let interactions = Interactions::open(&folder.join(INTERACTIONS_FILE))?;
        if check == Check::EveryByte {
            artifact.verify()?;
            interactions.verify()?;
        }
        let model = OpenModel::new(artifact)?;
        if model.recommender().n_items() != interactions.n_items() {
            return Err(EngineError::Shape {
                file: MODEL_FILE,
                section: "items",
            });
        }
        Ok(Self {
            ranking: SecondStage::open(folder, check, value)?,
            popular: by_falling_count(interactions.item_counts()),
            typical_viewers: typical_count(interactions.item_counts()),
            version,
            model,
            interactions,
        })
    }

    /// Which version it is.
    pub fn version(&self) -> &ModelVersion {
        &self.version
    }

    /// The model.
    pub fn model(&self) -> &dyn Recommender {
        self.model.recommender()
    }

    /// The artifact of the model.
    pub fn artifact(&self) -> &Artifact {
        self.model.artifact()
    }

    /// What orders the candidates of the model, if anything does.
    pub(crate) fn ranking(&self) -> Option<&SecondStage> {
        self.ranking.as_ref()
    }

    /// Ids and histories.
    pub fn interactions(&self) -> &Interactions {
        &self.interactions
    }

    /// How much it says of a new title with `n_viewers` that others have not touched it: all that it
    /// says of others once it has as many viewers as those that are watched have, less in proportion
    /// while it has fewer.
    pub(crate) fn exposure(&self, n_viewers: usize) -> f64 {
        (n_viewers as f64 / self.typical_viewers).min(1.0)
    }

    /// All items by falling number of viewers, equal ones by row.
    pub fn popular(&self) -> &[ItemIdx] {
        &self.popular
    }
}

impl std::fmt::Debug for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Generation")
            .field("version", &self.version)
            .field("interactions", &self.interactions)
            .finish_non_exhaustive()
    }
}

/// The mean count of an item, weighted by the counts themselves; at least one.
pub fn typical_count(counts: &[f32]) -> f64 {
    let sum = |power: i32| {
        counts
            .iter()
            .map(|&count| f64::from(count).powi(power))
            .sum::<f64>()
    };
    (sum(2) / sum(1).max(1.0)).max(1.0)
}

fn by_falling_count(counts: &[f32]) -> Vec<ItemIdx> {
    let mut order: Vec<ItemIdx> = (0..counts.len()).map(ItemIdx::from_usize).collect();
    order.sort_by(|left, right| counts[right.index()].total_cmp(&counts[left.index()]));
    order
}
