//! Feature engineering: what is known of a viewer, an item and the moment, as columns of numbers
//! that a ranking model learns from and is asked with.
//!
//! [`table`] is what models take: a [`FeatureTable`] of requests and their rows, or the same mapped
//! from a file ([`TrainingFile`]), with the outcomes beside it.

mod error;
pub mod table;

pub use error::{Error, Result, TableFault};
pub use table::{
    FeatureRows, FeatureSchema, FeatureTable, Head, LabelColumn, NONE, RequestValues,
    SequenceField, SideSchema, SparseField, TrainingFile, TrainingRows, TrainingTable,
};
