//! What the journal holds, and what it tells about it.

use marquee_core::{Event, Item, ItemId, SessionId, Timestamp, User, UserId};

/// One thing that is written down.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// Somebody did something.
    Event(Event),
    /// The record of an item, which replaces any earlier one.
    PutItem(Item),
    /// The record of an item is taken away.
    DeleteItem(ItemId),
    /// The record of a user, which replaces any earlier one.
    PutUser(User),
    /// The record of a user is taken away. What they did stays: see
    /// [`Journal::erase`](crate::Journal::erase).
    DeleteUser(UserId),
    /// What an anonymous session did belongs to a user from now on.
    SignIn {
        /// The session.
        session: SessionId,
        /// Who signed in.
        user: UserId,
        /// When, by the clock of the app.
        time: Timestamp,
    },
}

/// An entry that is on the disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Committed {
    /// Its sequence number: 1 for the first entry of the journal, then one more for each. Numbers
    /// are never used again, also when the entry is dropped or erased.
    pub seq: u64,
    /// When it arrived, as the caller of [`Journal::append`](crate::Journal::append) said.
    pub received: Timestamp,
    /// What was written.
    pub entry: Entry,
}

/// What became of one entry of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is on the disk.
    Written {
        /// Its sequence number.
        seq: u64,
    },
    /// An event with this id is there already; this one was not written.
    Duplicate {
        /// Sequence number of the first.
        seq: u64,
    },
}

impl Outcome {
    /// Sequence number of the entry, or of the one that it repeats.
    pub const fn seq(self) -> u64 {
        match self {
            Self::Written { seq } | Self::Duplicate { seq } => seq,
        }
    }
}

/// Sees every entry once it is durable.
pub trait Observer: Send + 'static {
    /// Takes a batch, in the order of sequence numbers and without gaps between calls.
    ///
    /// Called by the thread that writes, after the batch is on the disk and can be read, and before
    /// anybody is told: whoever waits for this batch, waits for this call. It must not wait for the
    /// journal itself.
    fn committed(&mut self, batch: &[Committed]);
}

/// Observes nothing.
impl Observer for () {
    fn committed(&mut self, _batch: &[Committed]) {}
}
