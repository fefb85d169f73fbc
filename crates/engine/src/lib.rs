//! The one crate that names algorithms together: it trains models by name, saves them as versions of
//! a data folder, judges them, opens them, and wires them into the request path.
//!
//! [`Engine`] answers; [`training`] makes what it answers with, [`ranking`] what orders its candidates; [`evaluation`] says how good that is.

mod answer;
pub mod blend;
pub mod engine;
pub mod error;
pub mod evaluation;
pub mod generation;
mod guide;
pub mod interactions;
pub mod live;
pub mod loading;
pub mod models;
mod open_model;
pub mod ranking;
pub mod request;
mod shared;
pub mod shelf;
mod slate_rules;
pub mod spec;
mod stages;
pub mod taste;
pub mod training;
pub mod tune;
pub mod unfinished;
mod viewer;
pub mod viewer_state;
pub mod writing;

pub use engine::{Engine, EngineConfig, ModelInfo};
pub use error::{EngineError, Result};
pub use generation::{Check, Generation};
pub use guide::{Guide, JudgedBy, KeptState};
pub use interactions::Interactions;
pub use live::LiveLimits;
pub use marquee_features::{Taste as TasteShare, TasteProfile, Tie, TiePart};
pub use marquee_filter::{Expr, Group, ParseError};
pub use marquee_journal::{Entry, JournalConfig, Outcome};
pub use marquee_ranking::Step as RankerStep;
pub use marquee_rerank::{Boost, Cap, Pin, SlateRules};
pub use models::{FAMILIES, Family, TrainedModel};
pub use ranking::{HeadReport, RankerReport, RankerRun, SliceReport, train_ranker};
pub use request::{
    Detail, ExpectedOutcome, ItemFilter, MovedItem, Outcomes, PastItem, RankRequest,
    RecommendRequest, Recommendation, RecommendedItem, Removals, RemovedItem, SeenPolicy,
    SimilarRequest, Surroundings, Viewer,
};
pub use shelf::{CompiledFilter, Shelf};
pub use spec::ModelSpec;
pub use taste::{CreatorTie, Taste};
pub use unfinished::{ContinueItem, Unfinished};
pub use viewer_state::{DeedState, JournalState, Trimmed, ViewerState};
pub use writing::{Done, Journaling, Written};
