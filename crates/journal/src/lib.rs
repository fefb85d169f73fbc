//! The durable log of events and of changes to the catalog.
//!
//! [`Journal::append`] gives entries consecutive numbers and comes back when they are on the disk:
//! everything that waits goes out in one write and one sync. An event whose id is there already is
//! not written again. Events of one actor or about one item are read newest first, everything in
//! order by [`Journal::scan`]. `docs/journal-format.md` describes the files byte by byte.
//!
//! ```text
//! append ─▶ queue ─▶ one thread: frame ─▶ write, sync ─▶ index in memory ─▶ observer ─▶ caller
//!                                          │
//!                       00000000000000000001.log + .mqa   sealed, with its index
//!                       00000000000000815001.log          grows
//! ```
//!
//! # Example
//!
//! ```
//! use marquee_core::{Action, Actor, Event, EventId, ItemId, Timestamp, UserId};
//! use marquee_journal::{Entry, Journal, JournalConfig, Outcome};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! let journal = Journal::open(dir.path(), JournalConfig::default(), Box::new(()))?;
//! let ann = Actor::User(UserId::new("ann")?);
//! let event = Event {
//!     id: Some(EventId::new("e-1")?),
//!     actor: ann.clone(),
//!     time: Timestamp::from_seconds(1_000),
//!     action: Action::Like { item: ItemId::new("heat")? },
//!     surface: None,
//!     device: None,
//!     session: None,
//!     recommendation: None,
//! };
//! let now = Timestamp::from_seconds(1_001);
//! let written = journal.append(vec![Entry::Event(event.clone())], now)?;
//! assert_eq!(written, [Outcome::Written { seq: 1 }]);
//! let again = journal.append(vec![Entry::Event(event)], now)?;
//! assert_eq!(again, [Outcome::Duplicate { seq: 1 }]);
//! assert_eq!(journal.actor_events(&ann, None, 10)?.len(), 1);
//! # Ok(())
//! # }
//! ```

mod codec;
mod config;
mod disk;
mod entry;
mod error;
mod frame;
mod hash;
mod index;
mod journal;
mod maintain;
mod recover;
mod segment;
mod shared;
mod snapshot;
mod writer;

pub use config::{Indexing, JournalConfig};
pub use disk::{Disk, DiskFile, FolderDisk};
pub use entry::{Committed, Entry, Observer, Outcome};
pub use error::{Error, Problem, Result};
pub use journal::Journal;
pub use maintain::{Compacted, Compaction, Erased, Retained, Tombstones};
pub use snapshot::{Exported, JournalStats, Scan, Snapshot, Whose};
