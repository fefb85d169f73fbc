//! The example in `docs/journal-format.md` is what the journal writes.

use std::{fmt::Write, fs};

use marquee_core::{Action, Timestamp};
use marquee_journal::Entry;

use crate::common::{item, like, open, user};

const DOCUMENT: &str = include_str!("../../../../docs/journal-format.md");

#[test]
fn example_of_the_document_is_what_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut event = like("e-1", &user("ann"), "heat");
    event.action = Action::Like { item: item("heat") };
    event.time = Timestamp::from_seconds(1_000);
    let journal = open(dir.path());
    let received = Timestamp::from_seconds(1_001);
    journal.append(vec![Entry::Event(event)], received).unwrap();
    drop(journal);

    let bytes = fs::read(dir.path().join("00000000000000000001.log")).unwrap();
    let mut written = String::new();
    for (at, row) in bytes.chunks(16).enumerate() {
        write!(written, "{:04x} ", at * 16).unwrap();
        for byte in row {
            write!(written, " {byte:02x}").unwrap();
        }
        written.push('\n');
    }
    assert!(
        DOCUMENT.contains(&written),
        "the document should have\n{written}"
    );
}
