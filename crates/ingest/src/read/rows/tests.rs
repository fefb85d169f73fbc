use std::io::Cursor;

use proptest::prelude::{any, prop, proptest};

use super::*;
use crate::read::table::{EventForm, Records};

fn table(names: &[&str], delimiter: Delimiter, encoding: Encoding) -> Table {
    Table {
        path: "x".into(),
        delimiter,
        encoding,
        header_lines: 0,
        names: names.iter().map(|&name| name.to_owned()).collect(),
        columns: Columns::default(),
        records: Records::Events(EventForm {
            kind: marquee_core::EventKind::Rate,
            unit: crate::TimeUnit::Detect,
        }),
    }
}

/// Line and first two columns of each row, or line and reason.
fn rows(text: &[u8], table: &Table) -> Vec<(u64, Result<[String; 2], Reason>)> {
    let mut rows = Rows::new(Box::new(Cursor::new(text.to_vec())), table);
    let mut all = Vec::new();
    while let Some(outcome) = rows.advance().unwrap() {
        let text = |at| String::from_utf8_lossy(rows.row().bytes(at)).into_owned();
        let got = outcome.map(|()| [text(0), text(1)]);
        all.push((rows.line(), got.map_err(|fault| fault.reason)));
    }
    all
}

#[track_caller]
fn check(text: &str, want: &[(u64, Result<[&str; 2], Reason>)]) {
    let table = table(&["a", "b"], Delimiter::Quoted(b','), Encoding::Utf8);
    let want: Vec<_> = want
        .iter()
        .map(|(line, row)| (*line, row.map(|cells| cells.map(str::to_owned))))
        .collect();
    assert_eq!(rows(text.as_bytes(), &table), want);
}

#[test]
fn blank_lines_are_passed_over_and_counted() {
    check(
        "1,2\n\n\n3,4\r\n",
        &[(1, Ok(["1", "2"])), (4, Ok(["3", "4"]))],
    );
}

#[test]
fn wrong_widths_are_refused_unless_what_is_too_many_is_empty() {
    check(
        "1,2,\n1\n1,2,3\n5,6",
        &[
            (1, Ok(["1", "2"])),
            (2, Err(Reason::ColumnCount)),
            (3, Err(Reason::ColumnCount)),
            (4, Ok(["5", "6"])),
        ],
    );
}

#[test]
fn a_quoted_field_may_run_over_lines() {
    check(
        "1,\"two\nlines, \"\"quoted\"\"\n\"\n3,4\n",
        &[
            (1, Ok(["1", "two\nlines, \"quoted\"\n"])),
            (4, Ok(["3", "4"])),
        ],
    );
}

#[test]
fn a_stray_quote_costs_one_row() {
    check(
        "1,\"open\n3,4\n5,\"six\"\n7,8\n",
        &[
            (1, Err(Reason::OpenQuote)),
            (2, Ok(["3", "4"])),
            (3, Ok(["5", "six"])),
            (4, Ok(["7", "8"])),
        ],
    );
}

#[test]
fn a_stray_quote_near_the_end_is_found_out_at_the_end() {
    check(
        "1,\"open\n3,4",
        &[(1, Err(Reason::OpenQuote)), (2, Ok(["3", "4"]))],
    );
    check("1,\"open", &[(1, Err(Reason::OpenQuote))]);
}

#[test]
fn header_lines_are_skipped() {
    let mut table = table(&["a", "b"], Delimiter::Plain(b'\t'), Encoding::Utf8);
    table.header_lines = 1;
    let got = rows(b"a\tb\n1\t2\n", &table);
    assert_eq!(got, [(2, Ok(["1".to_owned(), "2".to_owned()]))]);
}

#[test]
fn latin_1_lines_become_utf_8_and_utf_8_lines_stay() {
    let table = table(&["a", "b"], Delimiter::Plain(b'|'), Encoding::Latin1);
    let got = rows(b"1|Mis\xe9rables\n2|Mis\xc3\xa9rables\n", &table);
    let title = "Misérables".to_owned();
    let want = [
        (1, Ok(["1".to_owned(), title.clone()])),
        (2, Ok(["2".to_owned(), title])),
    ];
    assert_eq!(got, want);
}

#[test]
fn a_line_past_the_limit_costs_one_row() {
    let long = "x".repeat(crate::lines::MAX_LINE_BYTES + 1);
    check(
        &format!("1,2\n{long}\n3,4\n"),
        &[
            (1, Ok(["1", "2"])),
            (2, Err(Reason::LongLine)),
            (3, Ok(["3", "4"])),
        ],
    );
}

proptest! {
    #[test]
    fn any_bytes_end_and_every_line_is_seen(
        bytes in prop::collection::vec(prop::sample::select(b"a,\"\n\r\t\xff|".to_vec()), 0..200),
        noise in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let text = [bytes, noise].concat();
        for delimiter in [Delimiter::Quoted(b','), Delimiter::Plain(b'|'), Delimiter::Blanks] {
            for encoding in [Encoding::Utf8, Encoding::Latin1] {
                let all = rows(&text, &table(&["a", "b"], delimiter, encoding));
                assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0), "{all:?}");
            }
        }
    }
}
