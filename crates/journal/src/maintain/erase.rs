//! Erasing a person.

use std::{collections::HashSet, io, sync::Arc};

use marquee_core::{Action, Actor, EventId, SessionId, UserId};
use twox_hash::XxHash3_64;

use super::{
    rewrite::{Fate, remove, rewrite},
    sealed,
};
use crate::{
    Committed, Entry, Error, Problem, Result,
    codec::{Decoder, put_varint},
    recover::replace,
    segment::Segment,
    shared::Shared,
};

/// Name of the file that lists the entries that are being erased. It is removed when that is done.
const INTENT: &str = "erasing";
/// What the file begins with.
const MAGIC: [u8; 8] = *b"\x89MQJe\r\n1";

/// What was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Erased {
    /// Events of the person and of sessions from which they signed in.
    pub events: u64,
    /// Retractions, by anybody, of these events.
    pub retractions: u64,
    /// Sign-ins, records and deletions of the person.
    pub records: u64,
    /// Sessions from which they signed in.
    pub sessions: u64,
    /// Segments that were written anew.
    pub segments: u64,
}

/// Erases what stands up to `through_seq`, which is all in sealed segments.
///
/// The numbers of all entries that go are written down first: once the first of them are gone, it
/// could not be found out any more which others belong to them.
pub(super) fn erase(shared: &Shared, user: &UserId, through_seq: u64) -> Result<Erased> {
    let mut segments = sealed(shared);
    segments.retain(|segment| segment.last_seq() <= through_seq);
    let (mut erased, goes) = find(user, &segments)?;
    if goes.is_empty() {
        return Ok(erased);
    }
    replace(&*shared.disk, INTENT, &encode(&goes))?;
    (shared.disk.sync_folder()).map_err(Error::io("sync", shared.disk.path()))?;
    erased.segments = drop_all(shared, &goes)?;
    Ok(erased)
}

/// Finishes an erasure that has begun, if there is one.
///
/// # Errors
///
/// [`Error::Damaged`] when the file that lists the entries is not as it was written, and what the
/// disk says.
pub(crate) fn finish(shared: &Shared) -> Result<()> {
    let path = shared.disk.path().join(INTENT);
    let file = match shared.disk.open(INTENT) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io("open", &path)(error)),
    };
    let length = file.length().map_err(Error::io("read", &path))?;
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
    let n = (file.read_at(&mut bytes, 0)).map_err(Error::io("read", &path))?;
    let goes = decode(&bytes[..n]).map_err(Error::damaged(&path, 0))?;
    drop_all(shared, &goes).map(drop)
}

/// Rewrites every segment that has one of these entries; gives the number of segments.
///
/// - `goes`: sequence numbers, rising.
fn drop_all(shared: &Shared, goes: &[u64]) -> Result<u64> {
    let mut rewritten = 0;
    for segment in sealed(shared) {
        let next = goes.partition_point(|&seq| seq < segment.header.first_seq);
        if (goes.get(next)).is_none_or(|&seq| seq > segment.last_seq()) {
            continue;
        }
        rewrite(
            shared,
            &[segment],
            0,
            &mut |committed| match goes.binary_search(&committed.seq) {
                Ok(_) => Fate::Drop,
                Err(_) => Fate::Keep,
            },
        )?;
        rewritten += 1;
    }
    remove(shared, INTENT)?;
    (shared.disk.sync_folder()).map_err(Error::io("sync", shared.disk.path()))?;
    Ok(rewritten)
}

/// Sequence numbers of all that belongs to `user`, rising. Every entry is looked at: what an index
/// says is not relied on.
fn find(user: &UserId, segments: &[Arc<Segment>]) -> Result<(Erased, Vec<u64>)> {
    let sessions = sessions_of(user, segments)?;
    let mut erased = Erased {
        sessions: sessions.len() as u64,
        ..Erased::default()
    };
    let did = |actor: &Actor| match actor {
        Actor::User(who) => who == user,
        Actor::Session(session) => sessions.contains(session),
    };
    let mut goes = Vec::new();
    let mut events: HashSet<EventId> = HashSet::new();
    let mut retractions: Vec<(u64, EventId)> = Vec::new();
    let mut look = |Committed { seq, entry, .. }| match entry {
        Entry::Event(event) if did(&event.actor) => {
            goes.push(seq);
            erased.events += 1;
            events.extend(event.id);
        }
        Entry::Event(event) => {
            if let Action::Retract { event } = event.action {
                retractions.push((seq, event));
            }
        }
        Entry::PutUser(marquee_core::User { id, .. })
        | Entry::DeleteUser(id)
        | Entry::SignIn { user: id, .. } => {
            if id == *user {
                goes.push(seq);
                erased.records += 1;
            }
        }
        Entry::PutItem(_) | Entry::DeleteItem(_) => {}
    };
    for segment in segments {
        segment.each(&mut look)?;
    }
    // Some stand before the event that they take back.
    for (seq, target) in retractions {
        if events.contains(&target) {
            goes.push(seq);
            erased.retractions += 1;
        }
    }
    goes.sort_unstable();
    Ok((erased, goes))
}

/// Sessions from which `user` signed in.
fn sessions_of(user: &UserId, segments: &[Arc<Segment>]) -> Result<HashSet<SessionId>> {
    let mut sessions = HashSet::new();
    for segment in segments {
        for record in segment.index.catalog() {
            if let Entry::SignIn {
                session, user: who, ..
            } = segment.entry(record)?.entry
                && who == *user
            {
                sessions.insert(session);
            }
        }
    }
    Ok(sessions)
}

fn encode(goes: &[u64]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    put_varint(&mut bytes, goes.len() as u64);
    let mut last = 0;
    for &seq in goes {
        put_varint(&mut bytes, seq - last);
        last = seq;
    }
    let checksum = XxHash3_64::oneshot(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Result<Vec<u64>, Problem> {
    let (front, checksum) = bytes.split_last_chunk().ok_or(Problem::Short)?;
    let (found, expected) = (XxHash3_64::oneshot(front), u64::from_le_bytes(*checksum));
    if found != expected {
        return Err(Problem::Checksum { found, expected });
    }
    let mut from = Decoder::new(front);
    let magic: [u8; 8] = from.array()?;
    if magic != MAGIC {
        return Err(Problem::Unknown {
            what: "form of a list of entries to erase",
            found: u64::from_le_bytes(magic),
        });
    }
    let n = from.varint()?;
    let mut goes = Vec::new();
    let mut last: u64 = 0;
    for _ in 0..n {
        last = last.saturating_add(from.varint()?);
        goes.push(last);
    }
    Ok(goes)
}
