//! Adjacency text: `user item item …`, one user a line.

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

/// Reads one event for each item of each line, in the order of the file and without times.
///
/// Blank lines are skipped; a user without items does nothing. A line with one bad id is refused
/// whole.
///
/// # Errors
///
/// [`crate::Error::Io`] when the file cannot be read, and what the sink gives.
pub(crate) fn read(path: &Path, kind: EventKind, sink: &mut dyn Sink) -> Result<()> {
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
                    Ok(()) => give(line, &fields, kind, sink)?,
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

fn give(line: &[u8], fields: &Fields, kind: EventKind, sink: &mut dyn Sink) -> Result<()> {
    let text = |at| std::str::from_utf8(fields.get(line, at)).unwrap_or_default();
    for at in 1..fields.len() {
        sink.event(&EventRow {
            actor: ActorRef::User(text(0)),
            kind,
            item: Some(text(at)),
            value: 1.0,
            time: Timestamp::EPOCH,
            id: None,
            retracts: None,
            extra: None,
        })?;
    }
    Ok(())
}
