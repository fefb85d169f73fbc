//! What can go wrong in training, opening and answering.

use marquee_core::IdError;
use marquee_pipeline::PipelineError;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, EngineError>;

/// Why the engine could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A text is not `NAME` or `NAME:key=value,…`.
    #[error("model {spec:?}: {part:?} is not key=value, or stands twice")]
    SpecSyntax {
        /// The whole text.
        spec: String,
        /// The part that is wrong.
        part: String,
    },
    /// There is no model of this name.
    #[error("no model is named {found:?}; there are {}", known.join(", "))]
    UnknownModel {
        /// The name.
        found: String,
        /// The names there are.
        known: Vec<&'static str>,
    },
    /// A model's parameters are not what it takes.
    #[error("parameters of model {model}")]
    Params {
        /// The model.
        model: String,
        /// Which key, and what is wrong with it.
        source: toml::de::Error,
    },
    /// A model could not be trained or asked.
    #[error(transparent)]
    Model(#[from] marquee_cf::Error),
    /// The members of a blend are too few, too many or blends themselves.
    #[error("a blend needs 2 to {most} members that are no blends, found {}", found.join(", "))]
    BlendMembers {
        /// The members.
        found: Vec<String>,
        /// Most that are allowed.
        most: usize,
    },
    /// Given weights do not fit the members of a blend.
    #[error(
        "weights {found:?} of a blend: one for each of its {members} members is needed, none negative and at least two above zero"
    )]
    BlendWeights {
        /// The weights.
        found: Vec<f32>,
        /// Number of members.
        members: usize,
    },
    /// A blend is no better than its best member.
    #[error(
        "the blend has nDCG@{k} {blend_ndcg:.4} on held-out interactions, {best} alone {best_ndcg:.4}: train {best}, or name other members"
    )]
    BlendNotBetter {
        /// The best member.
        best: String,
        /// nDCG of the best member.
        best_ndcg: f64,
        /// nDCG of the blend.
        blend_ndcg: f64,
        /// Length of the lists.
        k: usize,
    },
    /// Features could not be declared, computed or read.
    #[error(transparent)]
    Features(#[from] marquee_features::Error),
    /// A ranker could not be trained, opened or asked.
    #[error(transparent)]
    Ranking(#[from] marquee_ranking::Error),
    /// What outcomes are worth is not said as it has to be.
    #[error("what outcomes are worth")]
    Value(#[from] marquee_ranking::ValueFault),
    /// Nothing was shown to anybody, so a ranker has nothing to learn from.
    #[error(
        "no impressions: a ranker learns from what was shown and what followed; import or send events of kind impression, with the answer that they belong to"
    )]
    NoImpressions,
    /// Too little followed the impressions.
    #[error(
        "{rows} impressions whose outcomes are known, and too little followed them: each outcome needs 30 times that it happened and 30 that it did not"
    )]
    NoOutcomes {
        /// Impressions that could be used.
        rows: usize,
    },
    /// The active model has no ranker and so keeps no features.
    #[error(
        "the active model has no ranker: train and promote one, `marquee train --model ranker`"
    )]
    NoRanker,
    /// A file could not be read or written.
    #[error(transparent)]
    Store(#[from] marquee_store::Error),
    /// Arrays of a file do not fit together.
    #[error("{file}: section {section} does not fit the others")]
    Shape {
        /// The file's name in its version directory.
        file: &'static str,
        /// The section.
        section: &'static str,
    },
    /// The data folder could not be read.
    #[error(transparent)]
    Data(#[from] marquee_ingest::Error),
    /// Data could not be split, or lists not measured.
    #[error(transparent)]
    Evaluation(#[from] marquee_eval::Error),
    /// A request failed on its path.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// A search for parameters cannot be made or continued.
    #[error(transparent)]
    Tune(#[from] crate::tune::TuneError),
    /// The journal could not be read or written.
    #[error(transparent)]
    Journal(#[from] marquee_journal::Error),
    /// Something is to be written, but the engine only answers.
    #[error("this engine was opened to answer only; it writes no events and no changes")]
    ReadOnly,
    /// Events are to be dropped that the active model does not know.
    #[error(
        "the active model was not trained on entry {seq} of the journal and others that are to be dropped: train and promote a model first, or keep more"
    )]
    Untrained {
        /// The first of them.
        seq: u64,
    },
    /// A boost, cap or pin is out of its bounds.
    #[error(transparent)]
    Rules(#[from] marquee_rerank::Error),
    /// A filter expression cannot be evaluated.
    #[error("the filter expression")]
    Expression(#[from] marquee_filter::Error),
    /// No model version is active.
    #[error("no model is active; train one, or promote one that is there")]
    NoActiveModel,
    /// An item that the active model does not know.
    #[error("the model has no item {item:?}")]
    UnknownItem {
        /// The id asked for.
        item: String,
    },
    /// A request asks for no items or too many.
    #[error("{found} items asked for, expected 1 to {}", crate::request::MAX_K)]
    ListLength {
        /// The length asked for.
        found: usize,
    },
    /// A text is not an id.
    #[error("{text:?} is not an id")]
    Id {
        /// The text.
        text: String,
        /// What is wrong with it.
        source: IdError,
    },
}
