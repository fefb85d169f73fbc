//! Sizes that the journal keeps to.

use crate::{Error, Result};

/// How the journal uses disk and memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalConfig {
    /// A segment that has this many bytes is sealed and the next one begun. Its index is kept in
    /// memory until then, about as large again. 4,096 bytes to 1 GiB.
    pub segment_bytes: u64,
    /// Bound of what waits to be written, in encoded bytes. At least 1.
    pub queue_bytes: usize,
    /// Requests are written and synced together up to this many encoded bytes; a single request may
    /// be larger. 1 byte to 16 MiB.
    pub batch_bytes: usize,
    /// Who builds the index of a sealed segment.
    pub indexing: Indexing,
}

/// Who builds the index of a sealed segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Indexing {
    /// A thread of its own, while writing goes on.
    #[default]
    Background,
    /// The thread that writes, which then stands still for it. Every run takes the same steps.
    Inline,
}

impl Default for JournalConfig {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            queue_bytes: 64 << 20,
            batch_bytes: 1 << 20,
            indexing: Indexing::Background,
        }
    }
}

impl JournalConfig {
    /// Checks every value.
    pub(crate) fn check(&self) -> Result<()> {
        let range = |field, found: u64, expected, good: bool| {
            if good {
                return Ok(());
            }
            Err(Error::Config {
                field,
                found,
                expected,
            })
        };
        range(
            "segment_bytes",
            self.segment_bytes,
            "4096 to 1073741824",
            (4096..=1 << 30).contains(&self.segment_bytes),
        )?;
        range(
            "queue_bytes",
            self.queue_bytes as u64,
            "at least 1",
            self.queue_bytes >= 1,
        )?;
        range(
            "batch_bytes",
            self.batch_bytes as u64,
            "1 to 16777216",
            (1..=crate::frame::MAX_REQUEST_BYTES).contains(&self.batch_bytes),
        )
    }
}
