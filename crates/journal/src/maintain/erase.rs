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

/// Name of the file that says which erasure has begun. It is removed when that is done.
pub(crate) const INTENT: &str = "erasing";
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
    /// Sessions whose events were erased.
    pub sessions: u64,
    /// Segments that were written anew.
    pub segments: u64,
}

/// What belongs to a person.
struct Person {
    user: UserId,
    sessions: HashSet<SessionId>,
    /// Ids of their events.
    events: HashSet<EventId>,
}

/// In what way an entry belongs to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tie {
    None,
    Event,
    Retraction,
    Record,
}

/// Erases what stands up to `through_seq`, which is all in sealed segments.
pub(super) fn erase(shared: &Shared, user: &UserId, through_seq: u64) -> Result<Erased> {
    let path = shared.disk.path().join(INTENT);
    replace(&*shared.disk, INTENT, &encode(user, through_seq))?;
    (shared.disk.sync_folder()).map_err(Error::io("sync", &path))?;
    erase_through(shared, user, through_seq)
}

/// Finishes an erasure that has begun, if there is one.
///
/// # Errors
///
/// [`Error::Damaged`] when the file that says which is not as it was written, and what the disk
/// says.
pub(crate) fn finish(shared: &Shared) -> Result<()> {
    let path = shared.disk.path().join(INTENT);
    let file = match shared.disk.open(INTENT) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io("open", &path)(error)),
    };
    // An id and three numbers.
    let mut bytes = [0; 512];
    let n = (file.read_at(&mut bytes, 0)).map_err(Error::io("read", &path))?;
    let (user, through_seq) = decode(&bytes[..n]).map_err(Error::damaged(&path, 0))?;
    erase_through(shared, &user, through_seq).map(drop)
}

fn erase_through(shared: &Shared, user: &UserId, through_seq: u64) -> Result<Erased> {
    let mut segments = sealed(shared);
    segments.retain(|segment| segment.last_seq() <= through_seq);
    let mut person = Person {
        user: user.clone(),
        sessions: sessions_of(user, &segments)?,
        events: HashSet::new(),
    };
    let touched = touched(&mut person, &segments)?;
    let mut erased = Erased {
        sessions: person.sessions.len() as u64,
        segments: touched.len() as u64,
        ..Erased::default()
    };
    for segment in touched {
        rewrite(shared, &[segment], 0, &mut |committed| {
            match person.tie(committed) {
                Tie::None => return Fate::Keep,
                Tie::Event => erased.events += 1,
                Tie::Retraction => erased.retractions += 1,
                Tie::Record => erased.records += 1,
            }
            Fate::Drop
        })?;
    }
    remove(shared, INTENT)?;
    let dir = shared.disk.path();
    (shared.disk.sync_folder()).map_err(Error::io("sync", dir))?;
    Ok(erased)
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

/// Segments with something of the person. Every entry is looked at: what an index says is not relied
/// on.
fn touched(person: &mut Person, segments: &[Arc<Segment>]) -> Result<Vec<Arc<Segment>>> {
    let mut hit = vec![false; segments.len()];
    let mut retractions: Vec<(usize, EventId)> = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        segment.each(|committed| {
            if person.tie(&committed) != Tie::None {
                hit[at] = true;
            }
            if let Entry::Event(event) = committed.entry {
                if person.did(&event.actor) {
                    person.events.extend(event.id);
                } else if let Action::Retract { event } = event.action {
                    retractions.push((at, event));
                }
            }
        })?;
    }
    // Some stand before the event that they take back.
    for (at, target) in retractions {
        hit[at] |= person.events.contains(&target);
    }
    let hits = segments.iter().zip(hit).filter(|&(_, hit)| hit);
    Ok(hits.map(|(segment, _)| Arc::clone(segment)).collect())
}

impl Person {
    fn did(&self, actor: &Actor) -> bool {
        match actor {
            Actor::User(user) => *user == self.user,
            Actor::Session(session) => self.sessions.contains(session),
        }
    }

    fn tie(&self, committed: &Committed) -> Tie {
        let is = |id: &UserId| {
            if *id == self.user {
                Tie::Record
            } else {
                Tie::None
            }
        };
        match &committed.entry {
            Entry::Event(event) if self.did(&event.actor) => Tie::Event,
            Entry::Event(event) => match &event.action {
                Action::Retract { event } if self.events.contains(event) => Tie::Retraction,
                _ => Tie::None,
            },
            Entry::PutUser(user) => is(&user.id),
            Entry::DeleteUser(user) | Entry::SignIn { user, .. } => is(user),
            Entry::PutItem(_) | Entry::DeleteItem(_) => Tie::None,
        }
    }
}

fn encode(user: &UserId, through_seq: u64) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&through_seq.to_le_bytes());
    put_varint(&mut bytes, user.as_str().len() as u64);
    bytes.extend_from_slice(user.as_str().as_bytes());
    let checksum = XxHash3_64::oneshot(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Result<(UserId, u64), Problem> {
    let (front, checksum) = bytes.split_last_chunk().ok_or(Problem::Short)?;
    let (found, expected) = (XxHash3_64::oneshot(front), u64::from_le_bytes(*checksum));
    if found != expected {
        return Err(Problem::Checksum { found, expected });
    }
    let mut from = Decoder::new(front);
    if from.array::<8>()? != MAGIC {
        return Err(Problem::Unknown {
            what: "version of an erasure, which begins with",
            found: front[0].into(),
        });
    }
    let through_seq = u64::from_le_bytes(from.array()?);
    let length = from.limited("length of an id", 256)?;
    let id = str::from_utf8(from.bytes(length)?).map_err(|_| Problem::Text)?;
    Ok((UserId::new(id)?, through_seq))
}
