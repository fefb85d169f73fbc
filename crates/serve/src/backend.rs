//! What the services ask of the engine, and what its errors mean to a caller.

use std::time::Duration;

use marquee_core::Item;
use marquee_engine::{
    Engine, EngineError, ModelInfo, RankRequest, RecommendRequest, Recommendation, SimilarRequest,
};
use marquee_pipeline::{Budget, MonotonicClock, PipelineError};
use marquee_store::{Error as StoreError, ModelVersion};

use crate::{incident::Incidents, refusal::Refusal};

type Result<T> = std::result::Result<T, EngineError>;

/// The engine as the services see it. A trait, so that tests can be slow, wrong and broken in ways
/// that a real engine is not.
pub(crate) trait Backend: Send + Sync + 'static {
    /// The best items for one viewer, within `limit`.
    fn recommend(&self, request: &RecommendRequest, limit: Duration) -> Result<Recommendation>;

    /// The caller's candidates, ordered, within `limit`.
    fn rank(&self, request: &RankRequest, limit: Duration) -> Result<Recommendation>;

    /// The items most like one item, within `limit`.
    fn similar_items(&self, request: &SimilarRequest, limit: Duration) -> Result<Recommendation>;

    /// The title with this id.
    fn item(&self, id: &str) -> Option<Item>;

    /// At most `limit` titles with ids above `after`, by id; every id is above the empty text.
    fn items_after(&self, after: &str, limit: usize) -> Vec<Item>;

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
    fn recommend(&self, request: &RecommendRequest, limit: Duration) -> Result<Recommendation> {
        Self::recommend(self, request, Budget::new(&MonotonicClock::start(), limit))
    }

    fn rank(&self, request: &RankRequest, limit: Duration) -> Result<Recommendation> {
        Self::rank(self, request, Budget::new(&MonotonicClock::start(), limit))
    }

    fn similar_items(&self, request: &SimilarRequest, limit: Duration) -> Result<Recommendation> {
        Self::similar_items(self, request, Budget::new(&MonotonicClock::start(), limit))
    }

    fn item(&self, id: &str) -> Option<Item> {
        self.catalog().item(id).cloned()
    }

    fn items_after(&self, after: &str, limit: usize) -> Vec<Item> {
        self.catalog().page(after, limit).to_vec()
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
        EngineError::Pipeline(PipelineError::Deadline { .. }) => Refusal::OutOfTime,
        other => incidents.report(other),
    }
}
