use proptest::prelude::{any, prop, prop_assert_eq, proptest};

use super::*;

fn cut(line: &str, delimiter: Delimiter) -> Option<Vec<String>> {
    let mut fields = Fields::default();
    if fields.cut(line.as_bytes(), delimiter) == Cut::OpenQuote {
        return None;
    }
    let texts = (0..fields.len()).map(|at| fields.get(line.as_bytes(), at).to_vec());
    Some(texts.map(|text| String::from_utf8(text).unwrap()).collect())
}

#[track_caller]
fn check(line: &str, delimiter: Delimiter, want: &[&str]) {
    assert_eq!(cut(line, delimiter).unwrap(), want, "{line}");
}

#[test]
fn plain_fields() {
    check("a,b,,", Delimiter::Quoted(b','), &["a", "b", "", ""]);
    check("", Delimiter::Quoted(b','), &[""]);
    check("a\tb c", Delimiter::Plain(b'\t'), &["a", "b c"]);
    check(
        "1::Toy Story: x::y",
        Delimiter::DoubleColon,
        &["1", "Toy Story: x", "y"],
    );
    check("  1 2\t 3 ", Delimiter::Blanks, &["1", "2", "3"]);
    check("", Delimiter::Blanks, &[]);
}

#[test]
fn quotes_hold_delimiters_and_quotes() {
    let comma = Delimiter::Quoted(b',');
    check(r#"1,"Heat, The",x"#, comma, &["1", "Heat, The", "x"]);
    check(r#""say ""hi""",2"#, comma, &[r#"say "hi""#, "2"]);
    check(r#""",a"#, comma, &["", "a"]);
    check(r#"5" disk,a"#, comma, &[r#"5" disk"#, "a"]);
    assert_eq!(cut(r#"1,"open"#, comma), None);
}

#[test]
fn quotes_mean_nothing_where_they_are_plain() {
    check(
        "\"a\t5\" disk",
        Delimiter::Plain(b'\t'),
        &["\"a", "5\" disk"],
    );
}

#[test]
fn a_field_that_is_not_there_is_empty() {
    let mut fields = Fields::default();
    fields.cut(b"a", Delimiter::Plain(b','));
    assert_eq!(fields.get(b"a", 3), b"");
}

proptest! {
    /// The csv crate writes any fields, and they come back as they were.
    #[test]
    fn what_the_csv_crate_writes_is_read_back(
        want in prop::collection::vec("[^\r\n]{0,12}", 1..6)
    ) {
        let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
        writer.write_record(&want).unwrap();
        let line = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let got = cut(line.trim_end_matches('\n'), Delimiter::Quoted(b','));
        prop_assert_eq!(got, Some(want));
    }

    #[test]
    fn any_closed_line_is_cut_as_the_csv_crate_does(line in "[ab,\"]{1,20}") {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(line.as_bytes());
        let want = reader.records().next().unwrap().unwrap();
        if let Some(got) = cut(&line, Delimiter::Quoted(b',')) {
            prop_assert_eq!(got, want.iter().map(str::to_owned).collect::<Vec<_>>());
        }
    }

    #[test]
    fn no_bytes_panic(line in prop::collection::vec(any::<u8>(), 0..60)) {
        let mut fields = Fields::default();
        for delimiter in [
            Delimiter::Quoted(b','),
            Delimiter::Plain(b'|'),
            Delimiter::DoubleColon,
            Delimiter::Blanks,
        ] {
            fields.cut(&line, delimiter);
            for at in 0..=fields.len() {
                let _ = fields.get(&line, at);
            }
        }
    }
}
