//! Rankers by name: a network for all outcomes, or trees for each.

use std::{ops::ControlFlow, path::Path};

use marquee_features::{Head, TrainingRows};
use marquee_ranking::{
    NetworkConfig, Step, TrainingSet, TreesConfig, Watch,
    network::{self, HeadConfig, PositionBias},
    trees,
};
use marquee_store::{Artifact, ArtifactBuilder};

use super::{NAME, TREES_NAME, model};
use crate::{EngineError, ModelSpec, Result, guide::KeptState};

/// All parameters of a ranker: its defaults, with those of `spec` in their place.
///
/// # Errors
///
/// [`EngineError::UnknownModel`], [`EngineError::Params`].
pub(super) fn effective_params(spec: &ModelSpec) -> Result<toml::Table> {
    let plain = match spec.name() {
        NAME => toml::Table::try_from(network_config(spec)?),
        TREES_NAME => toml::Table::try_from(spec.config::<TreesConfig>()?),
        found => {
            return Err(EngineError::UnknownModel {
                found: found.to_owned(),
                known: vec![NAME, TREES_NAME],
            });
        }
    };
    Ok(plain.expect("a configuration is a table of plain values"))
}

/// What a network is like where nobody says otherwise; docs/decisions/two-stage.md has the figures.
fn standard() -> NetworkConfig {
    NetworkConfig {
        pairs: 1,
        knots: 8,
        cross: Vec::new(),
        hidden: Vec::new(),
        embedding_rate: 0.1,
        ..NetworkConfig::default()
    }
}

/// The configuration of a network; where it says nothing of an outcome, the chance of looking at a
/// position is learned apart from it.
fn network_config(spec: &ModelSpec) -> Result<NetworkConfig> {
    let standard = toml::Table::try_from(standard());
    let mut all = standard.expect("a configuration is a table of plain values");
    all.extend(spec.params().clone());
    let mut config: NetworkConfig = ModelSpec::new(spec.name(), all).config()?;
    for head in Head::STANDARD {
        if head != Head::WatchFraction {
            let by_position = HeadConfig {
                position: PositionBias::Examination,
                ..HeadConfig::default()
            };
            config.heads.entry(head.to_string()).or_insert(by_position);
        }
    }
    Ok(config)
}

/// Rows to learn from and rows to be judged by.
pub(super) type Halves<'a> = (TrainingRows<'a>, TrainingRows<'a>);

/// Trains the ranker that `spec` names and writes it into `folder`, with what `describe` adds; gives what
/// it predicts.
///
/// # Errors
///
/// What the training and the disk say.
pub(super) fn fit(
    (spec, seed): (&ModelSpec, u64),
    (train, validation): Halves<'_>,
    mut watch: Keeping<'_>,
    folder: &Path,
    describe: &dyn Fn(&mut ArtifactBuilder<'_>),
) -> Result<Vec<Head>> {
    let heads = 0..train.n_heads();
    let heads: Vec<Head> = heads.map(|at| train.head(at).clone()).collect();
    if spec.name() == TREES_NAME {
        let config = spec.config::<TreesConfig>()?;
        for head in &heads {
            let mut show = |step: &Step| watch.step(step);
            let trees = trees::train((&train, head), Some(&validation), &config, &mut show)?;
            let mut artifact = trees.to_artifact();
            describe(&mut artifact);
            artifact.write(model::trees_file(folder, head))?;
        }
        return Ok(heads);
    }
    let mut config = network_config(spec)?;
    // What never happened here is nothing to learn; a name that is no outcome at all is a mistake.
    config.heads.retain(|name, _| {
        let is = |head: &Head| head.to_string() == *name;
        !Head::STANDARD.iter().any(is) || heads.iter().any(is)
    });
    let set = TrainingSet {
        passes: &[train],
        validation: Some(validation),
    };
    let model = network::train(set, &config, seed, &mut watch)?;
    let mut artifact = model.to_artifact();
    describe(&mut artifact);
    artifact.write(folder.join(model::RANKER_FILE))?;
    Ok(heads)
}

/// Shows steps and keeps states.
pub(super) struct Keeping<'a> {
    pub(super) kept: KeptState,
    pub(super) progress: &'a mut dyn FnMut(&Step) -> ControlFlow<()>,
}

impl Watch for Keeping<'_> {
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        (self.progress)(step)
    }

    fn resume(&mut self) -> marquee_ranking::Result<Option<Artifact>> {
        Ok(self.kept.found())
    }

    fn wants_state(&mut self) -> bool {
        self.kept.is_due()
    }

    fn keep_state(&mut self, state: ArtifactBuilder<'_>) -> marquee_ranking::Result<()> {
        Ok(self.kept.keep(state)?)
    }
}

/// What tells one training from all others: parameters, seed and data.
pub(super) fn fingerprint(rows: &TrainingRows<'_>, spec: &ModelSpec, seed: u64) -> Result<String> {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut take = |number: u64| hash = (hash ^ number).wrapping_mul(0x0100_0000_01b3);
    let features = rows.features();
    take(features.schema().fingerprint());
    for request in 0..features.n_requests() {
        take(rows.time(request).as_millis().cast_unsigned());
        take(features.rows_of(request).len() as u64);
    }
    let values = (0..rows.n_heads()).flat_map(|head| rows.label(head));
    values.for_each(|value| take(u64::from(value.to_bits())));
    for row in 0..features.n_rows() {
        let dense = features.dense_of(row).iter().map(|value| value.to_bits());
        let cells = dense.chain(features.sparse_of(row).iter().copied());
        cells.for_each(|cell| take(u64::from(cell)));
    }
    let params = effective_params(spec)?.to_string();
    let version = env!("CARGO_PKG_VERSION");
    let told = format!("{version} {seed} {params}");
    told.bytes().for_each(|byte| take(u64::from(byte)));
    Ok(format!("{} {hash:016x}", spec.name()))
}
