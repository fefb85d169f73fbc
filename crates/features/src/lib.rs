//! Feature engineering: what is known of a viewer, an item and the moment, as columns of numbers
//! that a ranking model learns from and is asked with.
//!
//! Features are declared in a file ([`DEFAULT_FEATURES`] is one), compiled into a [`Plan`], and
//! computed from a [`FeatureState`] that takes in one event at a time. The same state, replayed over
//! a log, makes the table a model is trained on ([`training_rows`]), so what a model learned from is
//! what it is asked with. [`table`] is what models take: a [`FeatureTable`] of requests and their
//! rows, or the same mapped from a file ([`TrainingFile`]), with the outcomes beside it.
//! [`TasteProfile`] and [`Tie`] are for people to read.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use marquee_core::{Action, Actor, Event, Item, ItemId, Timestamp, UserId};
//! use marquee_features::{Asked, Entities, FeatureState, FeatureTable, Plan, Scratch, VectorSet};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let plan = Arc::new(Plan::parse(
//!     r#"
//!     version = 1
//!     [[feature]]
//!     name = "open rate"
//!     kind = "rate"
//!     of = "item"
//!     events = ["open"]
//!     per = ["impression"]
//!     window = "7d"
//!     prior = 0.1
//!     prior_weight = 10
//!     "#,
//! )?);
//! let mut entities = Entities::default();
//! let film = entities.put_item(&Item::new(ItemId::new("film")?))?;
//! let mut state = FeatureState::new(Arc::clone(&plan), entities);
//!
//! let actor = Actor::User(UserId::new("ann")?);
//! let item = ItemId::new("film")?;
//! let deeds = [Action::Impression { item: item.clone() }, Action::Open { item }];
//! for (seq, action) in (0..).zip(deeds) {
//!     let time = Timestamp::from_seconds(1_000);
//!     let (id, surface, device, session, recommendation) = Default::default();
//!     let actor = actor.clone();
//!     state.apply(seq, &Event { id, actor, time, action, surface, device, session, recommendation })?;
//! }
//!
//! let asked = Asked {
//!     viewer: state.entities().viewer_row(&actor).unwrap(),
//!     time: Timestamp::from_seconds(2_000),
//!     device: None,
//!     page: None,
//!     items: &[film],
//!     positions: &[],
//! };
//! let mut table = FeatureTable::new(plan.schema().clone())?;
//! state.compute(&asked, &VectorSet::default(), &mut Scratch::default(), &mut table)?;
//! assert_eq!(table.view().dense(), [(1.0 + 0.1 * 10.0) / (1.0 + 10.0)]);
//! # Ok(())
//! # }
//! ```

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
pub use plan::{Limits, Plan, Standings};
pub use profile::{Taste, TasteProfile};
pub use state::{CHECKPOINT_KIND, FeatureState, Progress, SPARE};
pub use table::{
    FeatureRows, FeatureSchema, FeatureTable, Head, LabelColumn, NONE, RequestValues,
    SequenceField, SideSchema, SparseField, TrainingFile, TrainingRows, TrainingTable,
};
pub use training::{Joined, OpenWindows, TrainingOptions, training_rows};
