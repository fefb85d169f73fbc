//! What a search depends on: its models with their spaces, and what a state file is checked by.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, bail};
use marquee_engine::{
    ModelSpec,
    tune::{Cut, Search, Space, default_space, read_spaces},
};
use serde::{Deserialize, Serialize};

use super::{Args, source};

/// Everything that a trial's parameters or values depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    cut: String,
    folds: usize,
    /// Of the data that is trained on and validated with.
    fingerprint: String,
    metric: String,
    race: String,
    seed: u64,
    /// By model, what is fixed and what is varied.
    models: BTreeMap<String, ModelSettings>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelSettings {
    fixed: String,
    space: BTreeMap<String, String>,
}

impl Settings {
    pub(super) fn of(args: &Args, cut: &Cut, searches: &[Search<'_>]) -> Self {
        let model = |search: &Search<'_>| {
            let parameters = search.space().parameters().iter();
            let settings = ModelSettings {
                fixed: search.base().to_string(),
                space: parameters
                    .map(|one| (one.name.clone(), one.domain.to_string()))
                    .collect(),
            };
            (search.model().to_owned(), settings)
        };
        Self {
            cut: source::described(args),
            folds: cut.folds().len(),
            fingerprint: format!("{:016x}", cut.fingerprint()),
            metric: args.metric.to_string(),
            race: args.race.to_string(),
            seed: args.seed,
            models: searches.iter().map(model).collect(),
        }
    }

    /// The first setting in which `found` differs from these, with both values: name, found, wanted.
    pub(super) fn difference(&self, found: &Self) -> Option<(&'static str, String, String)> {
        let models = |all: &Self| serde_json::to_string(&all.models).unwrap_or_default();
        let pairs = [
            ("cut", found.cut.clone(), self.cut.clone()),
            ("folds", found.folds.to_string(), self.folds.to_string()),
            ("metric", found.metric.clone(), self.metric.clone()),
            ("race", found.race.clone(), self.race.clone()),
            ("seed", found.seed.to_string(), self.seed.to_string()),
            ("models and spaces", models(found), models(self)),
            ("data", found.fingerprint.clone(), self.fingerprint.clone()),
        ];
        pairs.into_iter().find(|(_, found, wanted)| found != wanted)
    }
}

/// The models asked for, each with what is varied.
///
/// # Errors
///
/// When a model does not exist, is given twice or has no space, or the file cannot be read.
pub(super) fn models(asked: &[ModelSpec], file: Option<&Path>) -> Result<Vec<(ModelSpec, Space)>> {
    let mut spaces = file.map(read).transpose()?.unwrap_or_default();
    let mut specs = asked.to_vec();
    if specs.is_empty() {
        let names = spaces.keys().cloned();
        specs.extend(names.map(|name| ModelSpec::new(name, toml::Table::new())));
    }
    if specs.is_empty() {
        specs.push(ModelSpec::new("ials", toml::Table::new()));
    }
    for (at, spec) in specs.iter().enumerate() {
        if specs[..at].iter().any(|other| other.name() == spec.name()) {
            bail!(
                "model {} is given twice; its trials could not be told apart",
                spec.name()
            );
        }
    }
    specs
        .into_iter()
        .map(|spec| {
            let space = match spaces.remove(spec.name()) {
                Some(space) => space,
                None => default_space(spec.name())?,
            };
            Ok((spec, space))
        })
        .collect()
}

fn read(path: &Path) -> Result<BTreeMap<String, Space>> {
    let text = fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
    read_spaces(&text).with_context(|| format!("{}", path.display()))
}
