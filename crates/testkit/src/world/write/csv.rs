//! Events as comma-separated values.

use std::io::Write;

use super::{
    super::{Record, World},
    columns::Columns,
};

/// First line of `events.csv`.
pub(super) const HEADER: &str = "user,item,kind,rating,timestamp,event_id,session,device,slate,position,\
    duration,propensity,text\n";

/// Appends `record` as a line.
pub(super) fn event_line(world: &World, record: &Record, text: &mut Vec<u8>) {
    let columns = Columns::of(world, record);
    let written = write_line(world, record, &columns, text);
    written.expect("writing to memory does not fail");
}

fn write_line(
    world: &World,
    record: &Record,
    columns: &Columns,
    text: &mut Vec<u8>,
) -> std::io::Result<()> {
    let item = columns.item.as_deref().unwrap_or_default();
    let kind = record.deed.kind().name();
    let time = record.time.as_millis();
    write!(text, "{},{item},{kind},", world.user_id(record.viewer))?;
    optional(columns.rating, text)?;
    let event = world.event_id(record.viewer, record.number);
    let device = world.device(record.viewer);
    write!(
        text,
        "{time},{event},{},{device},",
        world.session_id(record)
    )?;
    write!(text, "{},{},", record.slate, record.position)?;
    optional(columns.duration, text)?;
    optional(columns.propensity, text)?;
    quoted(columns.text.as_deref().unwrap_or_default(), text);
    writeln!(text)
}

/// The value, if any, and a comma.
fn optional(value: Option<impl std::fmt::Display>, text: &mut Vec<u8>) -> std::io::Result<()> {
    match value {
        Some(value) => write!(text, "{value},"),
        None => write!(text, ","),
    }
}

/// `value` between quotes where it needs them (RFC 4180).
fn quoted(value: &str, text: &mut Vec<u8>) {
    if !value.contains([',', '"', '\n', '\r']) {
        text.extend_from_slice(value.as_bytes());
        return;
    }
    text.push(b'"');
    text.extend_from_slice(value.replace('"', "\"\"").as_bytes());
    text.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, want: &str) {
        let mut text = Vec::new();
        quoted(value, &mut text);
        assert_eq!(String::from_utf8(text).unwrap(), want);
    }

    #[test]
    fn values_are_quoted_where_they_need_it() {
        check("plain text?", "plain text?");
        check("one, two", "\"one, two\"");
        check("a \"b\"", "\"a \"\"b\"\"\"");
        check("a\nb", "\"a\nb\"");
    }
}
