//! Hyper-parameter search: which parameters rank best on data that nobody is judged by later.
//!
//! A [`Cut`] of the training data says what each trial trains on and is validated with, a [`Space`]
//! which values a parameter may take, a [`Goal`] what is good. A [`Search`] proposes a
//! [`ModelSpec`](crate::ModelSpec), judges it, and learns from the [`Trial`]: the first is the model's
//! defaults, the next are spread evenly over the space, and from then on values are drawn where good
//! trials lie closer together than bad ones (tree-structured Parzen estimator, Bergstra, Bardenet,
//! Bengio, Kégl 2011; `docs/references.md`), all parameters together. Where a cut has several folds, a
//! trial that is clearly behind the best one after some of them is not continued.
//!
//! Proposals depend on the seed, the number of the trial and the trials before it, never on time,
//! threads or how often the search was interrupted: a search that is [replayed](Search::replay) from
//! its finished trials goes on as if it had never stopped.

mod cut;
mod density;
mod design;
mod domain;
mod error;
mod importance;
mod search;
mod space;
mod trial;

pub use cut::Cut;
pub use domain::{Domain, Scale};
pub use error::TuneError;
pub use importance::importance;
pub use search::{Gain, Goal, Search};
pub use space::{Parameter, Space, default_space, read_spaces};
pub use trial::{Status, Trial};

#[cfg(test)]
mod tests;
