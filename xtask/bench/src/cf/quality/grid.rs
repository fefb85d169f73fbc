//! Which parameters are tried, of our models and of others' alike.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use marquee_math::{derive_seed, rng};
use rand::RngExt;
use serde::Deserialize;

/// The grids of all models, for catalogs of either size.
const GRIDS: &str = include_str!("grid.toml");
/// A catalog of more items is large.
const SMALL: usize = 10_000;

/// Values of each parameter of each model.
type Grid = BTreeMap<String, BTreeMap<String, Vec<toml::Value>>>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sizes {
    small: Grid,
    large: Grid,
}

/// The grids for one data set.
#[derive(Debug)]
pub(super) struct Grids(Grid);

impl Grids {
    /// Those for a catalog of so many items.
    ///
    /// # Errors
    ///
    /// When the table that is built in cannot be read.
    pub(super) fn for_items(n_items: usize) -> Result<Self> {
        let sizes: Sizes = toml::from_str(GRIDS).context("grid.toml")?;
        Ok(Self(if n_items > SMALL {
            sizes.large
        } else {
            sizes.small
        }))
    }

    /// `n` different sets of parameters of `model`, drawn from its grid; all of them where it has no more.
    ///
    /// # Errors
    ///
    /// When there is no grid for the model.
    pub(super) fn trials(&self, model: &str, n: usize, seed: u64) -> Result<Vec<toml::Table>> {
        let names = || self.0.keys().cloned().collect::<Vec<_>>().join(", ");
        let grid = self.0.get(model).with_context(|| {
            format!(
                "no parameters to try for {model:?}; there are some for {}",
                names()
            )
        })?;
        let mut all: Vec<usize> = (0..grid.values().map(Vec::len).product()).collect();
        let mut random = rng(derive_seed(seed, b"trials"), 0);
        for place in 0..n.min(all.len()) {
            let other = random.random_range(place..all.len());
            all.swap(place, other);
        }
        all.truncate(n.max(1));
        Ok(all.into_iter().map(|number| nth(grid, number)).collect())
    }
}

/// Set number `number` of a grid, counted with the first parameter fastest.
fn nth(grid: &BTreeMap<String, Vec<toml::Value>>, mut number: usize) -> toml::Table {
    let mut table = toml::Table::new();
    for (name, values) in grid {
        table.insert(name.clone(), values[number % values.len()].clone());
        number /= values.len();
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_are_different_sets_of_the_grid() {
        let grids = Grids::for_items(1).unwrap();
        for (model, grid) in &grids.0 {
            let n = grid.values().map(Vec::len).product::<usize>().min(9);
            let trials = grids.trials(model, n, 1).unwrap();
            assert_eq!(trials.len(), n, "{model}");
            for (at, trial) in trials.iter().enumerate() {
                assert!(trial.iter().all(|(name, value)| grid[name].contains(value)));
                assert!(!trials[..at].contains(trial), "{model}: {trial:?} twice");
            }
        }
    }

    #[test]
    fn a_large_catalog_has_grids_of_its_own() {
        let small = Grids::for_items(SMALL).unwrap();
        let large = Grids::for_items(SMALL + 1).unwrap();
        assert!(small.0.contains_key("ease") && !large.0.contains_key("ease"));
        let error = large.trials("ease", 3, 1).unwrap_err().to_string();
        assert!(error.contains("ease") && error.contains("ials"), "{error}");
    }
}
