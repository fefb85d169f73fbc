//! Readers: one for each form that rows come in.
//!
//! Every reader goes through its file once, with memory bounded by one line, and gives what it finds
//! to a [`Sink`](crate::row::Sink). A row that cannot be taken goes there as a rejection; only what
//! makes the rest of the file unreadable is an error.

pub(crate) mod adjacency;
pub(crate) mod events;
pub(crate) mod jsonl;
pub(crate) mod records;
pub(crate) mod rows;
pub(crate) mod table;
pub(crate) mod tags;

/// Rows between two reports of progress.
pub(crate) const PROGRESS_ROWS: u64 = 1 << 14;
