//! What can be wrong with a search before its first trial, or with one that is to go on.

use marquee_eval::MetricName;

/// Why a search cannot be made or continued. A trial that fails is no error: see
/// [`Trial::error`](super::Trial::error).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TuneError {
    /// A metric that is no goal for a search.
    #[error(
        "{name} cannot be tuned for, expected recall, recall_min, ndcg, map, mrr, hit or precision, \
         such as ndcg@20"
    )]
    Metric {
        /// The metric asked for.
        name: MetricName,
    },
    /// The number of standard errors that a trial may be behind is no such number.
    #[error("race is {found}, expected 0 or more standard errors, or inf")]
    Race {
        /// What was given.
        found: f64,
    },
    /// A model without a space of its own, for which none was given.
    #[error("model {model} has no space of its own; a space file can say what to try")]
    NoSpace {
        /// The model.
        model: String,
    },
    /// Nothing is left to vary.
    #[error("model {model}: its space has no parameter that is not fixed already")]
    AllFixed {
        /// The model.
        model: String,
    },
    /// The text of the spaces is not TOML.
    #[error("spaces that are no TOML")]
    Syntax(#[source] Box<toml::de::Error>),
    /// An entry of a space is not what it should be.
    #[error("[{model}] {key} is {found}, expected {expected}")]
    Entry {
        /// The model.
        model: String,
        /// The parameter, and the field in it where there is one: `factors.min`.
        key: String,
        /// What was found.
        found: String,
        /// What would have been accepted.
        expected: &'static str,
    },
    /// A parameter that the model does not have, or that takes values of another type.
    #[error("[{model}] {key} = {value} is refused by the model")]
    Refused {
        /// The model.
        model: String,
        /// The parameter.
        key: String,
        /// The value of the space that was tried.
        value: String,
        /// What the model says.
        source: Box<toml::de::Error>,
    },
    /// More folds than the protocol can cut.
    #[error("{asked} folds to validate on, expected 1 to {most} with protocol {protocol}")]
    Folds {
        /// How many were asked for.
        asked: usize,
        /// How many there can be.
        most: usize,
        /// The protocol.
        protocol: &'static str,
    },
    /// The training part cannot be cut again.
    #[error("the training part cannot be cut into training and validation")]
    Cut(#[source] marquee_eval::Error),
    /// A fold of the cut has nobody to validate with.
    #[error("fold {fold} of the cut has no user to validate with; there is too little data")]
    NoUsers {
        /// The fold, counted from 0.
        fold: usize,
    },
    /// Trials that are to be continued from are not those that this search would have made.
    #[error("trial {number} of model {model} was {found}, but these settings lead to {expected}")]
    Replay {
        /// The model.
        model: String,
        /// The trial, counted from 1.
        number: usize,
        /// The trial that is there.
        found: String,
        /// The trial that should be there.
        expected: String,
    },
}
