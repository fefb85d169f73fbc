//! Adjacency text: `user item item …`, one user a line; and sequences: `item item …`, one session a line.

use std::path::Path;

use marquee_core::{EventKind, Timestamp};

use crate::{
    Result,
    fields::{Delimiter, Fields},
    lines::{Lines, Step, too_long},
    read::PROGRESS_ROWS,
    reject::Fault,
    row::{ActorRef, EventRow, Sink, id},
    source,
};

/// Who acts in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Actors {
    /// The user that the first field names.
    First,
    /// A session of its own, called after the line's number and the file: all fields are items.
    Line,
}

/// Characters of a file's name in the name of a session; an id has at most 256 bytes.
const NAME_CHARACTERS: usize = 48;

/// Reads one event for each item of each line, in the order of the file and without times.
///
/// Blank lines are skipped; a user without items does nothing. A line with one bad id is refused
/// whole.
///
/// # Errors
///
/// [`crate::Error::Io`] when the file cannot be read, and what the sink gives.
pub(crate) fn read(
    path: &Path,
    kind: EventKind,
    actors: Actors,
    sink: &mut dyn Sink,
) -> Result<()> {
    let mut lines = Lines::new(source::open(path)?, path);
    let mut fields = Fields::default();
    loop {
        match lines.advance()? {
            Step::End => return sink.progress(lines.bytes()),
            Step::TooLong => sink.reject(too_long().at(path, lines.number()))?,
            Step::Line => {
                let line = lines.text();
                fields.cut(line, Delimiter::Blanks);
                match check(line, &fields) {
                    Ok(()) => match actors {
                        Actors::First => {
                            let user = text(line, &fields, 0);
                            give(line, &fields, 1, (ActorRef::User(user), kind), sink)?;
                        }
                        Actors::Line => {
                            let session = session(lines.number(), path);
                            give(line, &fields, 0, (ActorRef::Session(&session), kind), sink)?;
                        }
                    },
                    Err(fault) => sink.reject(fault.at(path, lines.number()))?,
                }
            }
        }
        if lines.number().is_multiple_of(PROGRESS_ROWS) {
            sink.progress(lines.bytes())?;
        }
    }
}

/// Checks the ids of a line.
pub(crate) fn check(line: &[u8], fields: &Fields) -> Result<(), Fault> {
    for at in 0..fields.len() {
        id(fields.get(line, at), if at == 0 { "user" } else { "item" })?;
    }
    Ok(())
}

/// Name of the session in line `number` of `path`: the same whenever the file is read.
fn session(number: u64, path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name: String = name.chars().take(NAME_CHARACTERS).collect();
    format!("{name}#{number}")
}

/// A field as text; [`check`] found that it is.
fn text<'a>(line: &'a [u8], fields: &'a Fields, at: usize) -> &'a str {
    std::str::from_utf8(fields.get(line, at)).unwrap_or_default()
}

/// Gives an event for each item from field `first` on.
fn give(
    line: &[u8],
    fields: &Fields,
    first: usize,
    (actor, kind): (ActorRef<'_>, EventKind),
    sink: &mut dyn Sink,
) -> Result<()> {
    for at in first..fields.len() {
        sink.event(&EventRow {
            actor,
            kind,
            item: Some(text(line, fields, at)),
            value: 1.0,
            time: Timestamp::EPOCH,
            id: None,
            retracts: None,
            extra: None,
        })?;
    }
    Ok(())
}
