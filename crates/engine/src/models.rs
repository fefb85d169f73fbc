//! Which models there are: the one table that puts names to algorithms.

use marquee_cf::{Progress, Recommender, ease, edlae, item_knn, popularity};
use marquee_core::Dataset;
use marquee_store::{Artifact, ArtifactBuilder};

use crate::{EngineError, ModelSpec, Result};

/// A trained model in memory.
pub trait TrainedModel: Send + Sync {
    /// Borrows its answering form.
    fn recommender(&self) -> Box<dyn Recommender + '_>;

    /// The model as an artifact that is still to be written.
    fn to_artifact(&self) -> ArtifactBuilder<'_>;
}

/// One kind of model.
pub struct Family {
    /// Name on the command line, in artifacts and in answers.
    pub name: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
    train: TrainFn,
    open: OpenFn,
    check: fn(&ModelSpec) -> Result<()>,
    defaults: fn() -> toml::Table,
}

type TrainFn = fn(&ModelSpec, &Dataset, u64, &mut Progress<'_>) -> Result<Box<dyn TrainedModel>>;
type OpenFn = for<'a> fn(&'a Artifact) -> marquee_cf::Result<Box<dyn Recommender + 'a>>;

impl std::fmt::Debug for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Family")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Every kind of model, in the order of help texts.
pub const FAMILIES: &[Family] = &[
    Family {
        name: "popularity",
        summary: "what most people touched, with time decay",
        train: |spec, data, _, progress| boxed(popularity::train(data, &spec.config()?, progress)?),
        open: |artifact| Ok(Box::new(marquee_cf::PopularityView::open(artifact)?)),
        check: check_params::<marquee_cf::PopularityConfig>,
        defaults: defaults::<marquee_cf::PopularityConfig>,
    },
    Family {
        name: "item-knn",
        summary: "item neighbors by cosine with shrinkage",
        train: |spec, data, _, progress| boxed(item_knn::train(data, &spec.config()?, progress)?),
        open: |artifact| Ok(Box::new(item_knn::open(artifact)?)),
        check: check_params::<marquee_cf::ItemKnnConfig>,
        defaults: defaults::<marquee_cf::ItemKnnConfig>,
    },
    Family {
        name: "ease",
        summary: "linear autoencoder in closed form",
        train: |spec, data, _, progress| boxed(ease::train(data, &spec.config()?, progress)?),
        open: |artifact| Ok(Box::new(ease::open(artifact)?)),
        check: check_params::<marquee_cf::EaseConfig>,
        defaults: defaults::<marquee_cf::EaseConfig>,
    },
    Family {
        name: "edlae",
        summary: "linear autoencoder that learns to denoise, in closed form",
        train: |spec, data, _, progress| boxed(edlae::train(data, &spec.config()?, progress)?),
        open: |artifact| Ok(Box::new(edlae::open(artifact)?)),
        check: check_params::<marquee_cf::EdlaeConfig>,
        defaults: defaults::<marquee_cf::EdlaeConfig>,
    },
];

/// The family of this name.
///
/// # Errors
///
/// [`EngineError::UnknownModel`] with the names there are.
pub fn family(name: &str) -> Result<&'static Family> {
    let found = FAMILIES.iter().find(|family| family.name == name);
    found.ok_or_else(|| EngineError::UnknownModel {
        found: name.to_owned(),
        known: FAMILIES.iter().map(|family| family.name).collect(),
    })
}

/// Checks that a model of this name exists and takes these parameters.
///
/// # Errors
///
/// [`EngineError::UnknownModel`], [`EngineError::Params`].
pub fn check(spec: &ModelSpec) -> Result<()> {
    (family(spec.name())?.check)(spec)
}

/// Trains the model that `spec` names.
///
/// # Errors
///
/// [`EngineError::UnknownModel`], [`EngineError::Params`], or what the training says.
pub fn train(
    spec: &ModelSpec,
    data: &Dataset,
    seed: u64,
    progress: &mut Progress<'_>,
) -> Result<Box<dyn TrainedModel>> {
    (family(spec.name())?.train)(spec, data, seed, progress)
}

/// Borrows the answering form of the model in `artifact`, whatever its kind.
///
/// # Errors
///
/// [`EngineError::UnknownModel`] when no model has its kind, or what the model says of its sections.
pub fn open(artifact: &Artifact) -> Result<Box<dyn Recommender + '_>> {
    Ok((family(artifact.kind())?.open)(artifact)?)
}

/// All parameters of a model: its defaults, with those of `spec` in their place.
///
/// # Errors
///
/// [`EngineError::UnknownModel`].
pub fn effective_params(spec: &ModelSpec) -> Result<toml::Table> {
    let mut all = (family(spec.name())?.defaults)();
    for (key, value) in spec.params() {
        all.insert(key.clone(), value.clone());
    }
    Ok(all)
}

fn check_params<C: serde::de::DeserializeOwned>(spec: &ModelSpec) -> Result<()> {
    spec.config::<C>().map(|_| ())
}

fn defaults<C: Default + serde::Serialize>() -> toml::Table {
    let table = toml::Table::try_from(C::default());
    table.expect("a configuration is a table of plain values")
}

fn boxed<M: TrainedModel + 'static>(model: M) -> Result<Box<dyn TrainedModel>> {
    Ok(Box::new(model))
}

macro_rules! trained {
    ($($model:ty),* $(,)?) => {$(
        impl TrainedModel for $model {
            fn recommender(&self) -> Box<dyn Recommender + '_> {
                Box::new(self.view())
            }

            fn to_artifact(&self) -> ArtifactBuilder<'_> {
                <$model>::to_artifact(self)
            }
        }
    )*};
}

trained!(
    marquee_cf::PopularityModel,
    marquee_cf::SparseItemModel,
    marquee_cf::DenseItemModel,
);
