//! The engine: answers requests with the active model version and swaps it without a pause.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, RwLockReadGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use marquee_core::{Actor, ItemId, RecommendationId, UserId, UserIdx};
use marquee_ingest::{Catalog, DataFolder};
use marquee_pipeline::{Budget, MonotonicClock, Width};
use marquee_store::{ModelVersion, Registry};

use crate::{
    Check, EngineError, Entry, Generation, Journaling, LiveLimits, RankRequest, RecommendRequest,
    Recommendation, Result, SimilarRequest, Viewer, answer,
    ranking::value::VALUE_FILE,
    shared::{Files, Prepared, Shared, State},
    writing::{Log, id_of},
};

/// Answers that an engine gives to nobody before it is asked.
pub const WARM_UP: usize = 64;
/// Entries of the journal in which the viewers of the first half of them are looked for.
const LATEST_ENTRIES: u64 = 4096;
/// How long all of them may take.
const WARM_UP_TIME: Duration = Duration::from_secs(2);

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
    /// What is done with the journal of the folder.
    pub journaling: Journaling,
    /// How much of what viewers did is kept in memory.
    pub live: LiveLimits,
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
            journaling: Journaling::default(),
            live: LiveLimits::default(),
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
pub struct Engine {
    folder: PathBuf,
    registry: Registry,
    config: EngineConfig,
    pub(crate) shared: Arc<Shared>,
    pub(crate) log: Log,
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
        let imported = DataFolder::open(folder)?.catalog()?;
        let registry = Registry::open(folder.join("models"))?;
        let shared = Arc::new(Shared::new(imported, config.live));
        let log = shared.open_log(folder, &config.journaling)?;
        let engine = Self {
            folder: folder.to_owned(),
            config,
            shared,
            log,
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

    /// The catalog as it is now. It does not change while it is held, so it must not be held long.
    pub fn catalog(&self) -> RwLockReadGuard<'_, Catalog> {
        let catalog = self.shared.catalog.read();
        catalog.unwrap_or_else(PoisonError::into_inner)
    }

    /// The model version that answers, open.
    ///
    /// # Errors
    ///
    /// [`EngineError::NoActiveModel`].
    pub fn generation(&self) -> Result<Arc<Generation>> {
        Ok(Arc::clone(&self.state()?.generation))
    }

    pub(crate) fn state(&self) -> Result<Arc<State>> {
        let state = self.shared.state.load_full();
        state.ok_or(EngineError::NoActiveModel)
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
        let state = self.state()?;
        self.answer(&state, |context| {
            answer::recommend(context, request, &budget)
        })
    }

    /// The caller's own candidates, ordered for one viewer.
    ///
    /// # Errors
    ///
    /// As [`recommend`](Self::recommend).
    pub fn rank(&self, request: &RankRequest, budget: Budget<'_>) -> Result<Recommendation> {
        let state = self.state()?;
        self.answer(&state, |context| answer::rank(context, request, &budget))
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
        let state = self.state()?;
        self.answer(&state, |context| {
            answer::similar_items(context, request, &budget)
        })
    }

    /// Answers for the viewers who were there last, and for others all over the active model, and
    /// forgets the answers: files are in memory before anybody waits for them, and so is what those did
    /// who are likely to come first. Does nothing without a model.
    ///
    /// Cost: [`WARM_UP`] answers.
    pub fn warm_up(&self) {
        let Ok(generation) = self.generation() else {
            return;
        };
        let known = generation.interactions();
        let step = known.n_users().div_ceil(WARM_UP / 2).max(1);
        let others = (0..known.n_users()).step_by(step).filter_map(|row| {
            let id = known.user_id(UserIdx::from_usize(row))?;
            UserId::new(id).ok().map(Viewer::Known)
        });
        let clock = MonotonicClock::start();
        for viewer in self.latest_viewers(WARM_UP / 2).into_iter().chain(others) {
            let request = RecommendRequest::plain(viewer);
            // Whatever fails here fails again, and is told, when somebody asks.
            let _ = self.recommend(&request, Budget::new(&clock, WARM_UP_TIME));
        }
    }

    /// The users whom the latest events are of, the last one first, at most `most`.
    fn latest_viewers(&self, most: usize) -> Vec<Viewer> {
        let Some(journal) = self.log.snapshot() else {
            return Vec::new();
        };
        let from = journal.durable_seq().saturating_sub(LATEST_ENTRIES) + 1;
        let entries: Vec<_> = journal.scan(from).map_while(|one| one.ok()).collect();
        let mut users: Vec<UserId> = Vec::new();
        for committed in entries.iter().rev() {
            if let Entry::Event(event) = &committed.entry
                && let Actor::User(user) = self.shared.live.owner(&event.actor)
                && users.len() < most
                && !users.contains(&user)
            {
                users.push(user);
            }
        }
        users.into_iter().map(Viewer::Known).collect()
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
        let next = self.prepare(version.clone())?;
        self.registry.activate(version)?;
        self.put_in_place(Some(next))?;
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
            Some(earlier) => Some(self.prepare(earlier.clone())?),
            None => None,
        };
        let earlier = self.registry.roll_back()?;
        self.put_in_place(next)?;
        Ok(earlier)
    }

    pub(crate) fn swap_in(&self, version: ModelVersion) -> Result<()> {
        let next = self.prepare(version)?;
        self.put_in_place(Some(next))
    }

    /// Where models and what stands beside them lie.
    pub(crate) const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Every version there is, active or not.
    pub(crate) fn versions(&self) -> Result<Vec<ModelVersion>> {
        Ok(self.registry.versions()?)
    }

    /// Where a version lies.
    pub(crate) fn path_of(&self, version: &ModelVersion) -> PathBuf {
        self.registry.path_of(version)
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
        let value = self.registry.text(VALUE_FILE)?;
        Generation::open(version, &folder, self.config.check, value.as_deref())
    }

    /// A version with all that it needs to come into place.
    fn prepare(&self, version: ModelVersion) -> Result<Prepared> {
        let files = Files {
            version: self.registry.path_of(&version),
            left: self.registry.left_of(&version),
        };
        let generation = self.open_version(version)?;
        self.shared.prepare(generation, &files, self.log.snapshot())
    }

    fn put_in_place(&self, prepared: Option<Prepared>) -> Result<()> {
        self.shared.swap_in(prepared, &|| self.log.snapshot())
    }

    pub(crate) fn lock(&self) -> std::sync::MutexGuard<'_, ()> {
        // The lock guards no data of its own, so a panic elsewhere leaves nothing half done.
        self.changing
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Of an actor: how many items the active model was trained on, how many an answer ranks by, and
    /// what stays out.
    pub(crate) fn past_of(&self, owner: &Actor) -> Result<(usize, usize, Vec<ItemId>)> {
        let state = self.state()?;
        self.answer(&state, |context| {
            let known = context.generation.interactions();
            let trained = known
                .user(id_of(owner))
                .map(|user| known.history(user))
                .transpose()?;
            let past = context.live_past(owner, None)?;
            let opposed = past.opposed.iter().map(|&item| context.id_of(item));
            let opposed = opposed.collect::<Result<_>>()?;
            let n_trained = trained.map_or(0, |history| history.len());
            Ok((n_trained, past.history.len(), opposed))
        })
    }

    /// Has `work` answer with everything as it is now.
    fn answer<T>(
        &self,
        state: &State,
        work: impl FnOnce(&answer::Context<'_>) -> Result<T>,
    ) -> Result<T> {
        let shelf = state.shelf();
        work(&answer::Context {
            generation: &state.generation,
            features: state.features.as_ref(),
            recent: &state.recent,
            shelf: &shelf,
            live: &self.shared.live,
            journal: &|| self.log.snapshot(),
            users: &|id| self.user(id),
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

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
