//! What the services ask of the engine, and what its errors mean to a caller.

use marquee_core::{Actor, Item, Timestamp, User, UserId};
use marquee_engine::{
    ContinueItem, Done, Engine, EngineError, Entry, JournalState, ModelInfo, RankRequest,
    RecommendRequest, Recommendation, SimilarRequest, Taste, Trimmed, ViewerState, Written,
};
use marquee_journal::Error as JournalError;
use marquee_pipeline::{MonotonicClock, PipelineError};
use marquee_store::{Error as StoreError, ModelVersion};

use crate::{
    incident::Incidents,
    refusal::{Refusal, Violation},
    telemetry::Holdings,
    workers::Allowance,
};

type Result<T> = std::result::Result<T, EngineError>;

/// The engine as the services see it. A trait, so that tests can be slow, wrong and broken in ways
/// that a real engine is not.
pub(crate) trait Backend: Send + Sync + 'static {
    /// The best items for one viewer, for what `may` allows.
    fn recommend(&self, request: &RecommendRequest, may: Allowance) -> Result<Recommendation>;

    /// The caller's candidates, ordered, for what `may` allows.
    fn rank(&self, request: &RankRequest, may: Allowance) -> Result<Recommendation>;

    /// The items most like one item, for what `may` allows.
    fn similar_items(&self, request: &SimilarRequest, may: Allowance) -> Result<Recommendation>;

    /// What `actor` is in the middle of at `now`, at most `k` titles.
    fn continue_watching(
        &self,
        actor: &Actor,
        k: usize,
        now: Timestamp,
    ) -> Result<Vec<ContinueItem>>;

    /// The title with this id.
    fn item(&self, id: &str) -> Option<Item>;

    /// At most `limit` titles with ids above `after`, by id; every id is above the empty text.
    fn items_after(&self, after: &str, limit: usize) -> Vec<Item>;

    /// What is known of the user with this id besides events.
    fn user(&self, id: &str) -> Option<User>;

    /// Whether the catalog or the active model has this item.
    fn knows_item(&self, id: &str) -> bool;

    /// Hands `entries` to the journal; `done` is called when they are on disk and known to answers.
    fn submit(&self, entries: Vec<Entry>, received: Timestamp, done: Done) -> Result<()>;

    /// How far the journal is, with no outcomes.
    fn written(&self) -> Written;

    /// Hands every kept event of `actor` to `each` as a line of JSON, oldest first, until it gives
    /// false.
    fn export(&self, actor: &Actor, each: &mut dyn FnMut(&str) -> bool) -> Result<()>;

    /// Removes a person; gives the number of events that went.
    fn erase(&self, user: &UserId) -> Result<u64>;

    /// Answers for some viewers, so that the first who asks does not wait for pages of the files.
    fn warm_up(&self);

    /// What is held in memory now.
    fn holdings(&self) -> Holdings;

    /// What the next answer to `actor` stands on, with the latest `most` deeds.
    fn viewer_state(&self, actor: &Actor, most: usize) -> Result<ViewerState>;

    /// The journal, if there is one.
    fn journal_state(&self) -> Option<JournalState>;

    /// Drops events that arrived before `before` from the journal.
    fn trim_journal(&self, before: Timestamp) -> Result<Trimmed>;

    /// The taste of `actor` at `now`, at most `most` traits of each sort.
    fn taste(&self, actor: &Actor, now: Timestamp, most: usize) -> Result<Taste>;

    /// The text that says what outcomes are worth.
    fn value_model(&self) -> Result<String>;

    /// Lets outcomes be worth what `text` says, or the default says.
    fn put_value_model(&self, text: Option<&str>) -> Result<()>;

    /// Number of titles in the catalog.
    fn n_items(&self) -> usize;

    /// Every model version.
    fn models(&self) -> Result<Vec<ModelInfo>>;

    /// The version that answers.
    fn active(&self) -> Option<ModelVersion>;

    /// Makes `version` answer.
    fn promote(&self, version: &ModelVersion) -> Result<()>;

    /// Makes the version before answer.
    fn roll_back(&self) -> Result<ModelVersion>;
}

impl Backend for Engine {
    fn recommend(&self, request: &RecommendRequest, may: Allowance) -> Result<Recommendation> {
        Self::recommend(self, request, may.budget(&MonotonicClock::start()))
    }

    fn rank(&self, request: &RankRequest, may: Allowance) -> Result<Recommendation> {
        Self::rank(self, request, may.budget(&MonotonicClock::start()))
    }

    fn similar_items(&self, request: &SimilarRequest, may: Allowance) -> Result<Recommendation> {
        Self::similar_items(self, request, may.budget(&MonotonicClock::start()))
    }

    fn continue_watching(
        &self,
        actor: &Actor,
        k: usize,
        now: Timestamp,
    ) -> Result<Vec<ContinueItem>> {
        Self::continue_watching(self, actor, k, now)
    }

    fn item(&self, id: &str) -> Option<Item> {
        self.catalog().item(id).cloned()
    }

    fn items_after(&self, after: &str, limit: usize) -> Vec<Item> {
        let catalog = self.catalog();
        let page = catalog.page(after, limit).iter();
        page.map(|item| Item::clone(item)).collect()
    }

    fn user(&self, id: &str) -> Option<User> {
        Self::user(self, id)
    }

    fn knows_item(&self, id: &str) -> bool {
        Self::knows_item(self, id)
    }

    fn submit(&self, entries: Vec<Entry>, received: Timestamp, done: Done) -> Result<()> {
        Self::submit(self, entries, received, done)
    }

    fn written(&self) -> Written {
        Self::written(self)
    }

    fn export(&self, actor: &Actor, each: &mut dyn FnMut(&str) -> bool) -> Result<()> {
        Self::export(self, actor, each)
    }

    fn erase(&self, user: &UserId) -> Result<u64> {
        Self::erase(self, user)
    }

    fn warm_up(&self) {
        Self::warm_up(self);
    }

    fn holdings(&self) -> Holdings {
        let (viewers, viewer_bytes) = self.viewers_in_memory();
        Holdings {
            viewers: viewers as u64,
            viewer_bytes: viewer_bytes as u64,
            visible_seq: Self::written(self).visible_seq,
        }
    }

    fn viewer_state(&self, actor: &Actor, most: usize) -> Result<ViewerState> {
        Self::viewer_state(self, actor, most)
    }

    fn journal_state(&self) -> Option<JournalState> {
        Self::journal_state(self)
    }

    fn trim_journal(&self, before: Timestamp) -> Result<Trimmed> {
        Self::trim_journal(self, before)
    }

    fn taste(&self, actor: &Actor, now: Timestamp, most: usize) -> Result<Taste> {
        Self::taste(self, actor, now, most)
    }

    fn value_model(&self) -> Result<String> {
        Self::value_model(self)
    }

    fn put_value_model(&self, text: Option<&str>) -> Result<()> {
        Self::put_value_model(self, text)
    }

    fn n_items(&self) -> usize {
        self.catalog().items().len()
    }

    fn models(&self) -> Result<Vec<ModelInfo>> {
        Self::models(self)
    }

    fn active(&self) -> Option<ModelVersion> {
        let generation = self.generation().ok()?;
        Some(generation.version().clone())
    }

    fn promote(&self, version: &ModelVersion) -> Result<()> {
        Self::promote(self, version).map(drop)
    }

    fn roll_back(&self) -> Result<ModelVersion> {
        Self::roll_back(self)
    }
}

/// What an error of the engine means to a caller. What the caller cannot have caused goes to the log
/// under a number, and only the number goes out.
pub(crate) fn refusal(error: &EngineError, incidents: &Incidents) -> Refusal {
    match error {
        EngineError::NoActiveModel => Refusal::NoActiveModel,
        EngineError::UnknownItem { item } => Refusal::ItemNotFound {
            item_id: item.clone(),
        },
        EngineError::Store(StoreError::VersionMissing { version, .. }) => Refusal::ModelNotFound {
            version: version.to_string(),
        },
        EngineError::Store(StoreError::NothingEarlier { .. }) => Refusal::NoEarlierModel,
        EngineError::Rules(error) => {
            Refusal::InvalidFields(vec![Violation::new(error.path(), error.problem())])
        }
        EngineError::Expression(error) => {
            let field = "filter_expression".to_owned();
            Refusal::InvalidFields(vec![Violation::new(field, error.to_string())])
        }
        EngineError::ReadOnly => Refusal::ReadOnly,
        EngineError::NoRanker => Refusal::NoRanker,
        EngineError::Value(fault) => {
            Refusal::InvalidFields(vec![Violation::new("text".to_owned(), fault.to_string())])
        }
        EngineError::Untrained { .. } => Refusal::EventsUntrained,
        EngineError::Journal(JournalError::Full { .. }) => Refusal::Overloaded,
        EngineError::Journal(JournalError::NoSpace { .. }) => Refusal::DiskFull,
        EngineError::Pipeline(PipelineError::Deadline { .. }) => Refusal::OutOfTime,
        other => incidents.report(other),
    }
}
