//! Event segments: immutable columns of up to four million events.
//!
//! | section | type | what |
//! |---|---|---|
//! | `actor` | u32 | row of the import's users, or of its sessions with [`SESSION_BIT`] set |
//! | `item` | u32 | row of the import's items, or [`NO_ITEM`] |
//! | `kind` | u8 | [`EventKind::number`](marquee_core::EventKind::number) |
//! | `value` | f32 | rating, seconds watched, position, thumb; one for other kinds |
//! | `time` | i64 | milliseconds since the epoch |
//! | `id_row`, `id` | u32, strings | rows that have an event id, rising, and the id |
//! | `id_hash`, `id_hash_row` | u64 x 2, u32 | XXH3-128 of the ids, rising (high half first), and their rows |
//! | `retract_row`, `retract_hash` | u32, u64 x 2 | rows that take an event back, and the hash of its id |
//! | `extra_row`, `extra` | u32, strings | rows that have more than columns hold, and that as JSON |
//!
//! The last three groups are there only where some row needs them.

mod build;
mod dedup;
mod ids;
mod view;

pub(crate) use build::{SegmentBuilder, Written as WrittenSegment};
pub(crate) use ids::{IdTable, IdView, StoredActor, write_ids};
pub(crate) use view::{Columns, Segment};

/// Kind of the artifacts that hold events.
pub(crate) const SEGMENT_KIND: &str = "event-segment";
/// Version of the artifacts that hold events and of those that hold their ids.
pub(crate) const SEGMENT_VERSION: u32 = 1;

/// Set in `actor` where the actor is a session.
pub(crate) const SESSION_BIT: u32 = 1 << 31;
/// In `item` where the event has none.
pub(crate) const NO_ITEM: u32 = u32::MAX;

/// The hash that stands for an event id.
pub fn hash_of(id: &str) -> u128 {
    twox_hash::XxHash3_128::oneshot(id.as_bytes())
}

#[cfg(test)]
mod tests;
