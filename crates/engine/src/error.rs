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
