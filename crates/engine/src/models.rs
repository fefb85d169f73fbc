//! Which models there are: the one table that puts names to algorithms.

use marquee_cf::{
    AlsConfig, AlsModel, AlsView, BiasedMfConfig, BprConfig, ContextModel, DenseItemModel,
    EaseConfig, EdlaeConfig, GraphFilterConfig, GraphFilterModel, GraphFilterView, ItemKnnConfig,
    LightgcnConfig, PopularityConfig, PopularityModel, PopularityView, Progress, RatingModel,
    Recommender, Rp3betaConfig, SasrecConfig, SasrecModel, SasrecView, SessionKnnConfig,
    SessionKnnModel, SessionKnnView, SlimConfig, SparseEaseConfig, SparseItemModel, SvdppConfig,
    TransitionsConfig, TransitionsModel, TransitionsView, UserKnnConfig, UserKnnModel, UserKnnView,
    WarpConfig, als, biased_mf, bpr, ease, edlae, graph_filter, item_knn, lightgcn, popularity,
    rp3beta, sasrec, session_knn, slim, sparse_ease, svdpp, transitions, user_knn, warp,
};
use marquee_core::Dataset;
use marquee_store::{Artifact, ArtifactBuilder};

use crate::{
    EngineError, ModelSpec, Result,
    blend::{self, BlendConfig, BlendModel, BlendView},
};

/// A trained model in memory.
pub trait TrainedModel: Send + Sync {
    /// Borrows its answering form.
    fn recommender(&self) -> Box<dyn Recommender + '_>;

    /// The model as an artifact that is still to be written.
    ///
    /// # Errors
    ///
    /// [`EngineError::Store`] when a part of it breaks a rule of the format.
    fn to_artifact(&self) -> Result<ArtifactBuilder<'_>>;
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
type OpenFn = for<'a> fn(&'a Artifact) -> Result<Box<dyn Recommender + 'a>>;

impl std::fmt::Debug for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Family")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Fills in a [`Family`]: what differs between two of them is a name, two functions and a
/// configuration.
macro_rules! family {
    ($name:literal, $summary:literal, $config:ty, $train:expr, $open:expr $(,)?) => {
        Family {
            name: $name,
            summary: $summary,
            train: |spec, data, seed, progress| {
                let train: fn(&Dataset, &$config, u64, &mut Progress<'_>) -> _ = $train;
                Ok(Box::new(train(data, &spec.config()?, seed, progress)?))
            },
            open: |artifact| Ok(Box::new($open(artifact)?)),
            check: |spec| spec.config::<$config>().map(|_| ()),
            defaults: defaults::<$config>,
        }
    };
}

/// Every kind of model, in the order of help texts.
pub const FAMILIES: &[Family] = &[
    family!(
        "popularity",
        "what most people touched, with time decay",
        PopularityConfig,
        |data, config, _, progress| popularity::train(data, config, progress),
        PopularityView::open,
    ),
    family!(
        "item-knn",
        "item neighbors: cosine, TF-IDF or BM25, with shrinkage",
        ItemKnnConfig,
        |data, config, _, progress| item_knn::train(data, config, progress),
        item_knn::open,
    ),
    family!(
        "user-knn",
        "user neighbors: cosine, TF-IDF or BM25",
        UserKnnConfig,
        |data, config, _, progress| user_knn::train(data, config, progress),
        UserKnnView::open,
    ),
    family!(
        "rp3beta",
        "random walks over users and items, popularity discounted",
        Rp3betaConfig,
        |data, config, _, progress| rp3beta::train(data, config, progress),
        rp3beta::open,
    ),
    family!(
        "ials",
        "implicit matrix factorization by alternating least squares",
        AlsConfig,
        |data, config, seed, progress| als::train(data, config, seed, progress),
        AlsView::open,
    ),
    family!(
        "ease",
        "linear autoencoder in closed form",
        EaseConfig,
        |data, config, _, progress| ease::train(data, config, progress),
        ease::open,
    ),
    family!(
        "edlae",
        "linear autoencoder that learns to denoise, in closed form",
        EdlaeConfig,
        |data, config, _, progress| edlae::train(data, config, progress),
        edlae::open,
    ),
    family!(
        "slim",
        "sparse linear model by coordinate descent",
        SlimConfig,
        |data, config, _, progress| slim::train(data, config, progress),
        slim::open,
    ),
    family!(
        "sparse-ease",
        "linear autoencoder with a sparse inverse, for large catalogs",
        SparseEaseConfig,
        |data, config, _, progress| sparse_ease::train(data, config, progress),
        sparse_ease::open,
    ),
    family!(
        "bpr",
        "factorization trained on pairs of a touched and an untouched item",
        BprConfig,
        |data, config, seed, progress| bpr::train(data, config, seed, progress),
        bpr::open,
    ),
    family!(
        "warp",
        "factorization trained on the untouched items that rank too high",
        WarpConfig,
        |data, config, seed, progress| warp::train(data, config, seed, progress),
        warp::open,
    ),
    family!(
        "lightgcn",
        "light graph convolution trained with a softmax over items",
        LightgcnConfig,
        |data, config, seed, progress| lightgcn::train(data, config, seed, progress),
        lightgcn::open,
    ),
    family!(
        "graph-filter",
        "a history spread over the graph of users and items, in closed form",
        GraphFilterConfig,
        |data, config, seed, progress| graph_filter::train(data, config, seed, progress),
        GraphFilterView::open,
    ),
    family!(
        "biased-mf",
        "explicit ratings: biases and the product of two vectors",
        BiasedMfConfig,
        |data, config, seed, progress| biased_mf::train(data, config, seed, progress),
        biased_mf::open,
    ),
    family!(
        "svdpp",
        "explicit ratings: biases, vectors, and which items were rated at all",
        SvdppConfig,
        |data, config, seed, progress| svdpp::train(data, config, seed, progress),
        svdpp::open,
    ),
    family!(
        "transitions",
        "what comes soon after what, counted",
        TransitionsConfig,
        |data, config, _, progress| transitions::train(data, config, progress),
        TransitionsView::open,
    ),
    family!(
        "session-knn",
        "past sessions like the running one, and what came next in them",
        SessionKnnConfig,
        |data, config, _, progress| session_knn::train(data, config, progress),
        SessionKnnView::open,
    ),
    family!(
        "sasrec",
        "self-attention over the order of events, one step for a new event",
        SasrecConfig,
        |data, config, seed, progress| sasrec::train(data, config, seed, progress),
        SasrecView::open,
    ),
    family!(
        "blend",
        "weighted sum of other models, the weights learned",
        BlendConfig,
        blend::train,
        BlendView::open,
    ),
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
    let family = family(spec.name())?;
    if !READ_SEQUENCES.contains(&family.name) && data.has_repeats() {
        return (family.train)(spec, &data.without_repeats(), seed, progress);
    }
    (family.train)(spec, data, seed, progress)
}

/// Families that read a row as a sequence, in which an item may stand several times; a blend trains its
/// members one by one. All others learn from pairs, of which the last counts.
const READ_SEQUENCES: [&str; 4] = ["transitions", "session-knn", "sasrec", "blend"];

/// Borrows the answering form of the model in `artifact`, whatever its kind.
///
/// # Errors
///
/// [`EngineError::UnknownModel`] when no model has its kind, or what the model says of its sections.
pub fn open(artifact: &Artifact) -> Result<Box<dyn Recommender + '_>> {
    (family(artifact.kind())?.open)(artifact)
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

fn defaults<C: Default + serde::Serialize>() -> toml::Table {
    let table = toml::Table::try_from(C::default());
    table.expect("a configuration is a table of plain values")
}

macro_rules! trained {
    ($($model:ty),* $(,)?) => {$(
        impl TrainedModel for $model {
            fn recommender(&self) -> Box<dyn Recommender + '_> {
                Box::new(self.view())
            }

            fn to_artifact(&self) -> Result<ArtifactBuilder<'_>> {
                Ok(<$model>::to_artifact(self))
            }
        }
    )*};
}

trained!(
    PopularityModel,
    SparseItemModel,
    DenseItemModel,
    UserKnnModel,
    AlsModel,
    ContextModel,
    GraphFilterModel,
    RatingModel,
    TransitionsModel,
    SessionKnnModel,
    SasrecModel,
);

impl TrainedModel for BlendModel {
    fn recommender(&self) -> Box<dyn Recommender + '_> {
        Box::new(self.view())
    }

    fn to_artifact(&self) -> Result<ArtifactBuilder<'_>> {
        Self::to_artifact(self)
    }
}

#[cfg(test)]
mod tests {
    use marquee_core::{Interaction, ItemIdx, Timestamp, UserIdx};

    use super::*;

    #[test]
    fn models_of_pairs_never_see_a_repeat_and_models_of_order_do() {
        let clicks = [(0, 0), (0, 1), (0, 0), (1, 1), (1, 0), (1, 2)];
        let clicks = clicks.map(|(user, item)| Interaction {
            user: UserIdx(user),
            item: ItemIdx(item),
            weight: 1.0,
            time: Timestamp::EPOCH,
        });
        let data = Dataset::from_sequences(2, 3, &clicks).unwrap();
        let bytes = |name: &str, data: &Dataset| {
            let spec = ModelSpec::new(name, toml::Table::new());
            let model = train(&spec, data, 1, &mut marquee_cf::silent()).unwrap();
            model.to_artifact().unwrap().to_bytes().unwrap()
        };
        let pairs = data.without_repeats();
        for name in ["item-knn", "user-knn"] {
            assert_eq!(bytes(name, &data), bytes(name, &pairs), "{name}");
        }
        for name in ["transitions", "session-knn"] {
            assert_ne!(bytes(name, &data), bytes(name, &pairs), "{name}");
        }
    }
}
