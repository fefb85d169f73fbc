//! The data model of Marquee: ids, events, catalog records, the dataset that models train on, the
//! slate that a request answers with, and the traits of the stages in between.
//!
//! Start with [`event`] for what comes in and end with [`stage`] for how an answer is made. Nothing
//! here touches a file, the network or a clock: values in, values out.

pub mod catalog;
pub mod dataset;
pub mod event;
pub mod explanation;
pub mod history;
pub mod id;
pub mod slate;
pub mod sparse;
pub mod stage;
pub mod time;
pub mod vocabulary;

pub use catalog::{Artwork, AvailabilityWindow, Creator, Item, ItemKind, User};
pub use dataset::{Dataset, DatasetError, Interaction, Repeats};
pub use event::{Action, Actor, Event, EventKind, Surface, ThumbDirection};
pub use explanation::Explanation;
pub use history::{History, HistoryEntry, history_of};
pub use id::{
    ArtworkId, CreatorId, EventId, IdError, ItemId, ItemIdx, RecommendationId, SessionId, UserId,
    UserIdx,
};
pub use slate::{Candidates, Moved, Removal, Rule, ScoredItem, SourceSet};
pub use sparse::{Row, SparseError, SparseRows, SparseView};
pub use stage::{CandidateSource, Filter, Hydrator, Query, Reranker, Scorer, StageError};
pub use time::{Seconds, Timestamp};
pub use vocabulary::{Vocabulary, VocabularyError};
