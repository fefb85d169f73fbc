//! Engines that answer: one over a model and nothing else, one that is told every event.

use std::{io::Write, path::PathBuf, time::Duration};

use anyhow::Result;
use marquee_core::{Event, ItemId, Timestamp, UserId};
use marquee_engine::{
    Engine, EngineConfig, Entry, JournalConfig, Journaling, RecommendRequest, Viewer, loading,
    training,
};
use marquee_ingest::{DataFolder, ImportRequest, Selection};
use marquee_pipeline::{Budget, MonotonicClock};

use crate::{Args, K};

const BUDGET: Duration = Duration::from_secs(60);

/// A folder with the first events of the log and a model of them.
struct Trained {
    dir: tempfile::TempDir,
    engine: Engine,
}

/// Knows what the model was trained on.
pub(crate) struct Batch(Trained);

/// Knows every event so far.
pub(crate) struct Live {
    trained: Trained,
    waiting: Vec<Entry>,
}

fn selection(args: &Args) -> Selection {
    Selection {
        min_rating: Some(args.min_rating),
        ..Selection::default()
    }
}

impl Trained {
    fn new(events: &[Event], args: &Args, journaling: Journaling) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("events.jsonl");
        let mut lines = std::io::BufWriter::new(std::fs::File::create(&file)?);
        for event in events {
            serde_json::to_writer(&mut lines, event)?;
            lines.write_all(b"\n")?;
        }
        lines.flush()?;
        let data = dir.path().join("data");
        let mut folder = DataFolder::open_or_create(&data)?;
        folder.import(&ImportRequest::new(file), &mut |_| {})?;
        train(&data, args)?;
        let config = EngineConfig {
            journaling,
            ..EngineConfig::default()
        };
        let engine = Engine::open(&data, config)?;
        Ok(Self { dir, engine })
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The place of `item` in the viewer's answer, from zero, if it is among the first [`K`].
    fn rank(&self, viewer: &UserId, item: &ItemId, now: Timestamp) -> Result<Option<usize>> {
        let request = RecommendRequest {
            k: K,
            now,
            ..RecommendRequest::plain(Viewer::Known(viewer.clone()))
        };
        let clock = MonotonicClock::start();
        let answer = self
            .engine
            .recommend(&request, Budget::new(&clock, BUDGET))?;
        Ok(answer.items.iter().position(|one| one.item == *item))
    }
}

fn train(data: &std::path::Path, args: &Args) -> Result<marquee_store::ModelVersion> {
    let (loaded, _) = loading::load(data, &selection(args))?;
    let spec = args.model.parse()?;
    let version = training::train(data, &loaded, &spec, args.seed, &mut marquee_cf::silent())?;
    training::activate(data, &version)?;
    Ok(version)
}

impl Batch {
    /// Trained on `events`.
    pub(crate) fn new(events: &[Event], args: &Args) -> Result<Self> {
        Ok(Self(Trained::new(events, args, Journaling::Read)?))
    }

    /// As [`Trained::rank`].
    pub(crate) fn rank(
        &self,
        viewer: &UserId,
        item: &ItemId,
        now: Timestamp,
    ) -> Result<Option<usize>> {
        self.0.rank(viewer, item, now)
    }
}

impl Live {
    /// Trained on `events`; the others are still to come.
    pub(crate) fn new(events: &[Event], args: &Args) -> Result<Self> {
        let journaling = Journaling::Write(JournalConfig::default());
        Ok(Self {
            trained: Trained::new(events, args, journaling)?,
            waiting: Vec::new(),
        })
    }

    /// Tells the engine of an event, at the latest before the next question.
    pub(crate) fn write(&mut self, event: &Event) -> Result<()> {
        self.waiting.push(Entry::Event(event.clone()));
        Ok(())
    }

    /// As [`Trained::rank`], after every event that was written.
    pub(crate) fn rank(
        &mut self,
        viewer: &UserId,
        item: &ItemId,
        now: Timestamp,
    ) -> Result<Option<usize>> {
        self.flush(now)?;
        self.trained.rank(viewer, item, now)
    }

    fn flush(&mut self, now: Timestamp) -> Result<()> {
        if !self.waiting.is_empty() {
            let waiting = std::mem::take(&mut self.waiting);
            self.trained.engine.write(waiting, now)?;
        }
        Ok(())
    }

    /// Trains again on everything so far, and goes on from there.
    pub(crate) fn train(&mut self, args: &Args) -> Result<()> {
        self.flush(Timestamp::EPOCH)?;
        let version = train(&self.trained.data(), args)?;
        self.trained.engine.promote(&version)?;
        Ok(())
    }
}
