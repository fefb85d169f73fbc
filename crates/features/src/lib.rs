//! Feature engineering: what is known of a viewer, an item and the moment, as columns of numbers
//! that a ranking model learns from and is asked with.
//!
//! [`table`] is what models take: a [`FeatureTable`] of requests and their rows, or the same mapped
//! from a file ([`TrainingFile`]), with the outcomes beside it.

mod compute;
mod declare;
mod entities;
mod error;
mod observed;
mod plan;
mod profile;
mod state;
pub mod table;
mod training;

pub use compute::{Asked, Scratch, Tie, TiePart, VectorSet};
pub use declare::DEFAULT_FEATURES;
pub use entities::Entities;
pub use error::{DeclarationFault, Error, Result, TableFault};
pub use observed::{Marks, Observed};
pub use plan::{Limits, Plan};
pub use profile::{Taste, TasteProfile};
pub use state::{CHECKPOINT_KIND, FeatureState, Progress, SPARE};
pub use table::{
    FeatureRows, FeatureSchema, FeatureTable, Head, LabelColumn, NONE, RequestValues,
    SequenceField, SideSchema, SparseField, TrainingFile, TrainingRows, TrainingTable,
};
pub use training::{Joined, OpenWindows, TrainingOptions, training_rows};
