//! Learning to rank: rows with features in, the chance of each outcome out.
//!
//! Start with [`Ranker`], which every model implements, and [`network`], the model that serves.

pub mod calibration;
mod check;
mod dense;
pub mod error;
pub mod network;
pub mod progress;
pub mod ranker;
#[cfg(test)]
mod samples;
pub mod trees;
pub mod value;

pub use calibration::{Calibration, Method};
pub use error::{Error, Result};
pub use network::{NetworkConfig, NetworkModel, NetworkView, Precision, TrainingSet};
pub use progress::{Step, Watch, silent};
pub use ranker::{Link, Ranker};
pub use trees::{TreesConfig, TreesModel};
pub use value::{BoundValue, Signals, ValueFault, ValueModel};
