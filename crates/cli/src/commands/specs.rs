//! Which models, with which parameters: `--model` over `--config` over defaults.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result};
use marquee_engine::{ModelSpec, models, ranking};
use serde::Deserialize;

/// A configuration file, as `--config` reads it: a table of parameters for each model.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    /// `[models.NAME]` tables.
    #[serde(default)]
    models: BTreeMap<String, toml::Table>,
}

/// The models asked for: those of `--model`, or else all of the file, or else `fallback`.
///
/// # Errors
///
/// When the file cannot be read, or names a model that does not exist.
pub(crate) fn resolve(
    asked: &[ModelSpec],
    config: Option<&Path>,
    fallback: &str,
) -> Result<Vec<ModelSpec>> {
    let file = config.map(read).transpose()?.unwrap_or_default();
    let mut specs: Vec<ModelSpec> = asked
        .iter()
        .map(|spec| {
            let mut params = file.models.get(spec.name()).cloned().unwrap_or_default();
            params.extend(spec.params().clone());
            ModelSpec::new(spec.name(), params)
        })
        .collect();
    if specs.is_empty() {
        let all = file.models.into_iter();
        specs.extend(all.map(|(name, params)| ModelSpec::new(name, params)));
    }
    if specs.is_empty() {
        specs.push(ModelSpec::new(fallback, toml::Table::new()));
    }
    for spec in &specs {
        if !ranking::is_ranker(spec.name()) {
            models::check(spec)?;
        }
    }
    Ok(specs)
}

fn read(path: &Path) -> Result<ConfigFile> {
    let text = fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{}", path.display()))
}
