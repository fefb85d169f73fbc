//! How good recommendations are: protocols that split data, metrics over ranked lists and predicted
//! ratings, and whether a difference between two models is more than luck.
//!
//! Nothing here knows a model. A [`Protocol`] makes a [`Fold`] of a dataset; the caller trains on
//! [`Fold::train`], ranks the whole catalog for each case of [`Fold::test`] with [`rank_case`], and
//! hands the lists to an [`Evaluator`], whose [`Evaluation`] gives the [`Summary`]. Each metric has a
//! file of its own, and is a plain function too: [`ndcg_at_k`].

mod auc;
mod average_precision;
mod bootstrap;
mod coverage;
mod diversity;
mod error;
mod evaluation;
mod evaluator;
mod fold;
mod gini;
mod hit;
mod hits;
mod metric;
mod ndcg;
mod novelty;
mod popularity;
mod popularity_lift;
mod precision;
mod protocol;
mod rank;
mod rating_error;
mod recall;
mod recall_min;
mod reciprocal_rank;
mod selection;
mod subset;
mod summary;

pub use auc::{auc, auc_error, log_loss};
pub use average_precision::average_precision_at_k;
pub use bootstrap::{PairedDifference, paired_bootstrap};
pub use coverage::coverage;
pub use diversity::{ItemGenres, diversity_at_k};
pub use error::{Error, Result};
pub use evaluation::Evaluation;
pub use evaluator::Evaluator;
pub use fold::{CaseList, Fold, Seen, TestCase};
pub use gini::gini;
pub use hit::hit_at_k;
pub use metric::{Cutoffs, ListMetric, MetricName, RatingMetric};
pub use ndcg::ndcg_at_k;
pub use novelty::novelty_at_k;
pub use popularity::Popularity;
pub use popularity_lift::popularity_lift;
pub use precision::precision_at_k;
pub use protocol::{
    Cut, GivenSplit, LastOutSplit, NextItem, Protocol, RandomSplit, StrongSplit, TemporalSplit,
    WeakSplit, given_fold_in, next_item_fold,
};
pub use rank::rank_case;
pub use rating_error::{RatingEvaluation, RatingEvaluator};
pub use recall::recall_at_k;
pub use recall_min::recall_min_at_k;
pub use reciprocal_rank::reciprocal_rank_at_k;
pub use selection::users_with_at_least;
pub use summary::{Mean, Summary};
