//! Trains a model on the data of a folder and publishes it as a new version.

use std::{fs, path::Path, time::Duration};

use marquee_cf::Progress;
use marquee_core::Dataset;
use marquee_ingest::Loaded;
use marquee_store::{ModelVersion, Registry};

use crate::{
    EngineError, ModelSpec, Result,
    generation::{INTERACTIONS_FILE, MODEL_FILE},
    guide::{Guide, KeptState, forget},
    interactions, models,
};

/// Folder of the states of trainings that were interrupted, beside the models.
pub const STATES: &str = "unfinished";

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
/// [`EngineError`] when the training fails or the disk refuses.
pub fn train_as(
    folder: &Path,
    data: &Loaded,
    spec: &ModelSpec,
    run: Run,
    progress: &mut Progress<'_>,
) -> Result<ModelVersion> {
    let states = folder.join(STATES);
    let failed = |path: &Path, source| EngineError::KeptState {
        path: path.to_owned(),
        source,
    };
    fs::create_dir_all(&states).map_err(|source| failed(&states, source))?;
    let state = states.join(format!("{}.mqa", spec.name()));
    let training = fingerprint(&data.dataset, spec, run.seed)?;
    let kept = KeptState::new(state.clone(), training, run.keep_every);
    let mut guide = Guide::new(progress).keeping(kept);
    let model = models::train(spec, &data.dataset, run.seed, &mut guide)?;
    let seed = run.seed;
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
    let version = staged.publish()?;
    forget(&state).map_err(|source| failed(&state, source))?;
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
    let params = models::effective_params(spec)?;
    let version = env!("CARGO_PKG_VERSION");
    Ok(format!(
        "{} {version} seed {seed} data {hash:016x} {params}",
        spec.name()
    ))
}

/// Makes `version` the one that answers.
///
/// # Errors
///
/// [`EngineError::Store`](crate::EngineError::Store) when it does not exist or the disk refuses.
pub fn activate(folder: &Path, version: &ModelVersion) -> Result<()> {
    Ok(Registry::open(folder.join("models"))?.activate(version)?)
}
