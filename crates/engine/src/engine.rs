//! The engine: answers requests with the active model version and swaps it without a pause.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use arc_swap::{ArcSwap, ArcSwapOption};
use marquee_core::RecommendationId;
use marquee_ingest::{Catalog, DataFolder};
use marquee_pipeline::{Budget, Width};
use marquee_store::{ModelVersion, Registry};

use crate::{
    Check, EngineError, Generation, RankRequest, RecommendRequest, Recommendation, Result,
    SimilarRequest, answer,
};

/// Settings of an engine.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Candidates that each source is asked for at first, unless a short answer needs fewer, and at
    /// most while filters leave too few.
    pub width: Width,
    /// How much of a version is checked when it is opened.
    pub check: Check,
    /// Seed of whatever answers draw.
    pub seed: u64,
    /// Makes the ids of answers differ between two runs of a server; any number that does.
    pub instance: u64,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            width: Width {
                start: 500,
                limit: 1 << 20,
            },
            check: Check::Headers,
            seed: 42,
            instance: 0,
        }
    }
}

/// One model version, as the engine lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelInfo {
    /// The version.
    pub version: ModelVersion,
    /// Whether it is the one that answers.
    pub active: bool,
}

/// Answers requests over one data folder. Shared between threads; nothing in it waits for another
/// request.
#[derive(Debug)]
pub struct Engine {
    folder: PathBuf,
    registry: Registry,
    config: EngineConfig,
    catalog: ArcSwap<Catalog>,
    generation: ArcSwapOption<Generation>,
    /// Held while the active version changes, so that two changes do not cross.
    changing: Mutex<()>,
    answers: AtomicU64,
}

impl Engine {
    /// Opens the data folder `folder` with its active model version, if it has one.
    ///
    /// Cost: the catalog is read into memory; the model is mapped.
    ///
    /// # Errors
    ///
    /// [`EngineError`] when the folder, its catalog or the active version cannot be read.
    pub fn open(folder: &Path, config: EngineConfig) -> Result<Self> {
        let catalog = DataFolder::open(folder)?.catalog()?;
        let registry = Registry::open(folder.join("models"))?;
        let engine = Self {
            folder: folder.to_owned(),
            config,
            catalog: ArcSwap::from_pointee(catalog),
            generation: ArcSwapOption::empty(),
            changing: Mutex::new(()),
            answers: AtomicU64::new(0),
            registry,
        };
        if let Some(active) = engine.registry.active()? {
            engine.swap_in(active)?;
        }
        Ok(engine)
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The catalog as it was read last.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.catalog.load_full()
    }

    /// The model version that answers, open.
    ///
    /// # Errors
    ///
    /// [`EngineError::NoActiveModel`].
    pub fn generation(&self) -> Result<Arc<Generation>> {
        self.generation
            .load_full()
            .ok_or(EngineError::NoActiveModel)
    }

    /// The best items for one viewer.
    ///
    /// # Errors
    ///
    /// [`EngineError`] when no model is active, the request is out of bounds, or time runs out.
    pub fn recommend(
        &self,
        request: &RecommendRequest,
        budget: Budget<'_>,
    ) -> Result<Recommendation> {
        answer::recommend(&self.context()?, request, &budget)
    }

    /// The caller's own candidates, ordered for one viewer.
    ///
    /// # Errors
    ///
    /// As [`recommend`](Self::recommend).
    pub fn rank(&self, request: &RankRequest, budget: Budget<'_>) -> Result<Recommendation> {
        answer::rank(&self.context()?, request, &budget)
    }

    /// The items most like one item.
    ///
    /// # Errors
    ///
    /// As [`recommend`](Self::recommend), and [`EngineError::UnknownItem`].
    pub fn similar_items(
        &self,
        request: &SimilarRequest,
        budget: Budget<'_>,
    ) -> Result<Recommendation> {
        answer::similar_items(&self.context()?, request, &budget)
    }

    /// Every model version of the folder, by name and number.
    ///
    /// # Errors
    ///
    /// [`EngineError::Store`] when the folder cannot be read.
    pub fn models(&self) -> Result<Vec<ModelInfo>> {
        let active = self.registry.active()?;
        let versions = self.registry.versions()?.into_iter();
        let info = |version| ModelInfo {
            active: active.as_ref() == Some(&version),
            version,
        };
        Ok(versions.map(info).collect())
    }

    /// Makes `version` answer from now on; requests under way finish on the version they began with.
    /// Gives the version that answered before.
    ///
    /// # Errors
    ///
    /// [`EngineError`] when the version does not exist or cannot be opened; then nothing changes.
    pub fn promote(&self, version: &ModelVersion) -> Result<Option<ModelVersion>> {
        let _changing = self.lock();
        let before = self.registry.active()?;
        // Opened first: what cannot be opened must not become active.
        let next = self.open_version(version.clone())?;
        self.registry.activate(version)?;
        self.generation.store(Some(Arc::new(next)));
        Ok(before)
    }

    /// Makes the version that was active before answer again, and gives it.
    ///
    /// # Errors
    ///
    /// [`EngineError`] when there is none, or it cannot be opened; then nothing changes.
    pub fn roll_back(&self) -> Result<ModelVersion> {
        let _changing = self.lock();
        let history = self.registry.history()?;
        let next = match history.get(1) {
            Some(earlier) => Some(self.open_version(earlier.clone())?),
            None => None,
        };
        let earlier = self.registry.roll_back()?;
        self.generation.store(next.map(Arc::new));
        Ok(earlier)
    }

    fn swap_in(&self, version: ModelVersion) -> Result<()> {
        let next = self.open_version(version)?;
        self.generation.store(Some(Arc::new(next)));
        Ok(())
    }

    fn open_version(&self, version: ModelVersion) -> Result<Generation> {
        let folder = self.registry.path_of(&version);
        if !self.registry.versions()?.contains(&version) {
            return Err(marquee_store::Error::VersionMissing {
                version,
                path: folder,
            }
            .into());
        }
        Generation::open(version, &folder, &self.catalog.load(), self.config.check)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ()> {
        // The lock guards no data of its own, so a panic elsewhere leaves nothing half done.
        self.changing
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn context(&self) -> Result<answer::Context> {
        Ok(answer::Context {
            generation: self.generation()?,
            catalog: self.catalog(),
            width: self.config.width,
            seed: self.config.seed,
            id: self.next_id()?,
        })
    }

    fn next_id(&self) -> Result<RecommendationId> {
        let number = self.answers.fetch_add(1, Ordering::Relaxed);
        let text = format!("{:016x}{number:016x}", self.config.instance);
        RecommendationId::new(&text).map_err(|source| EngineError::Id { text, source })
    }
}

#[cfg(test)]
mod tests;
