//! Trains a model on the data of a folder and publishes it as a new version.

use std::{path::Path, time::Duration};

use marquee_cf::Progress;
use marquee_core::Dataset;
use marquee_ingest::Loaded;
use marquee_store::{ModelVersion, Registry};

use crate::{
    ModelSpec, Result,
    generation::{INTERACTIONS_FILE, MODEL_FILE},
    guide::{Guide, KeptState},
    interactions, models,
};

/// How a training is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// How long a training goes on until its state is kept again; zero keeps it after every pass.
    pub keep_every: Duration,
}

/// Trains the model that `spec` names on `data` and publishes it in the data folder `folder`; keeps a
/// state once a minute, as [`train_as`] does.
///
/// # Errors
///
/// As [`train_as`].
pub fn train(
    folder: &Path,
    data: &Loaded,
    spec: &ModelSpec,
    seed: u64,
    progress: &mut Progress<'_>,
) -> Result<ModelVersion> {
    let keep_every = Duration::from_mins(1);
    train_as(folder, data, spec, Run { seed, keep_every }, progress)
}

/// Trains the model that `spec` names on `data` and publishes it in the data folder `folder`.
///
/// The version appears whole or not at all. Models that train in passes keep their state meanwhile: the
/// same call after an interruption goes on from there, and ends with the bytes that it would have ended
/// with anyway. With other data, parameters or another seed it begins anew.
///
/// # Errors
///
/// [`EngineError`](crate::EngineError) when the training fails or the disk refuses.
pub fn train_as(
    folder: &Path,
    data: &Loaded,
    spec: &ModelSpec,
    run: Run,
    progress: &mut Progress<'_>,
) -> Result<ModelVersion> {
    let registry = Registry::open(folder.join("models"))?;
    let training = fingerprint(&data.dataset, spec, run.seed)?;
    let kept = KeptState::new(registry.unfinished(spec.name())?, training, run.keep_every);
    let mut guide = Guide::new(progress).keeping(kept);
    let model = models::train(spec, &data.dataset, run.seed, &mut guide)?;
    let seed = run.seed;
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
    let version = staged.publish()?;
    registry.forget_unfinished(spec.name())?;
    Ok(version)
}

/// What tells one training from all others: parameters, seed and data.
fn fingerprint(data: &Dataset, spec: &ModelSpec, seed: u64) -> Result<String> {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut take = |number: u64| hash = (hash ^ number).wrapping_mul(0x0100_0000_01b3);
    let rows = data.by_user();
    take(rows.n_columns() as u64);
    for row in rows.rows() {
        take(row.len() as u64);
        for (at, &item) in row.columns.iter().enumerate() {
            take(u64::from(item));
            take(u64::from(row.weight(at).to_bits()));
            take(row.time(at).as_millis().cast_unsigned());
        }
    }
    let params = models::effective_params(spec)?.to_string();
    let version = env!("CARGO_PKG_VERSION");
    let told = format!("{version} {seed} {params}");
    told.bytes().for_each(|byte| take(u64::from(byte)));
    Ok(format!("{} {hash:016x}", spec.name()))
}

/// Makes `version` the one that answers.
///
/// # Errors
///
/// [`EngineError::Store`](crate::EngineError::Store) when it does not exist or the disk refuses.
pub fn activate(folder: &Path, version: &ModelVersion) -> Result<()> {
    Ok(Registry::open(folder.join("models"))?.activate(version)?)
}
