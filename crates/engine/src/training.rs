//! Trains a model on the data of a folder and publishes it as a new version.

use std::path::Path;

use marquee_cf::Progress;
use marquee_ingest::Loaded;
use marquee_store::{ModelVersion, Registry};

use crate::{
    ModelSpec, Result,
    generation::{INTERACTIONS_FILE, MODEL_FILE},
    interactions, models,
};

/// Trains the model that `spec` names on `data` and publishes it in the data folder `folder`.
///
/// The version appears whole or not at all.
///
/// # Errors
///
/// [`EngineError`](crate::EngineError) when the training fails or the disk refuses.
pub fn train(
    folder: &Path,
    data: &Loaded,
    spec: &ModelSpec,
    seed: u64,
    progress: &mut Progress<'_>,
) -> Result<ModelVersion> {
    let model = models::train(spec, &data.dataset, seed, progress)?;
    let registry = Registry::open(folder.join("models"))?;
    let staged = registry.stage(spec.name())?;
    let mut artifact = model.to_artifact()?;
    artifact.meta("model", spec.name());
    artifact.meta("seed", seed);
    for (key, value) in models::effective_params(spec)? {
        artifact.meta(&format!("param.{key}"), value);
    }
    artifact.meta("users", data.dataset.n_users());
    artifact.meta("items", data.dataset.n_items());
    artifact.meta("interactions", data.dataset.n_interactions());
    artifact.write(staged.path().join(MODEL_FILE))?;
    let path = staged.path().join(INTERACTIONS_FILE);
    interactions::write(&path, data)?;
    Ok(staged.publish()?)
}

/// Makes `version` the one that answers.
///
/// # Errors
///
/// [`EngineError::Store`](crate::EngineError::Store) when it does not exist or the disk refuses.
pub fn activate(folder: &Path, version: &ModelVersion) -> Result<()> {
    Ok(Registry::open(folder.join("models"))?.activate(version)?)
}
