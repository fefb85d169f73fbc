//! A segment that another thread is writing.

use std::{
    panic::resume_unwind,
    path::PathBuf,
    thread::{self, JoinHandle},
};

use crate::{
    Error, Result,
    segment::{SegmentBuilder, WrittenSegment},
};

/// Writes one segment, and waits for its end even when the import is given up: only then can its
/// file be removed.
#[derive(Debug)]
pub(super) struct Pending {
    thread: Option<JoinHandle<Result<WrittenSegment>>>,
    /// The file inside the data folder.
    pub(super) file: String,
    /// The file as a path of the system.
    pub(super) path: PathBuf,
}

impl Pending {
    /// Starts to write `events` to `path`; `earlier` are the segments whose event ids are known.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the system has no thread left.
    pub(super) fn start(
        events: SegmentBuilder,
        file: String,
        path: PathBuf,
        earlier: Vec<PathBuf>,
    ) -> Result<Self> {
        let to = path.clone();
        let thread = thread::Builder::new()
            .name("segment".to_owned())
            .spawn(move || events.write(&to, &earlier))
            .map_err(Error::io("start a thread to write", &path))?;
        Ok(Self {
            thread: Some(thread),
            file,
            path,
        })
    }

    /// What writing came to.
    ///
    /// # Errors
    ///
    /// Those of [`SegmentBuilder::write`].
    pub(super) fn wait(&mut self) -> Result<WrittenSegment> {
        let thread = self.thread.take().expect("waits once");
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            // The import failed already; that is what the caller hears of.
            drop(thread.join());
        }
    }
}
