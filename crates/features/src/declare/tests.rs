//! Mistakes of a file, each with its place.

use crate::{DeclarationFault, Error, Plan};

/// Reads `text` and tells line, column and fault.
#[track_caller]
fn fault(text: &str) -> (usize, usize, DeclarationFault) {
    match Plan::parse(text) {
        Err(Error::Declaration {
            line,
            column,
            source,
        }) => (line, column, *source),
        other => panic!("{other:?}"),
    }
}

/// The message for a feature with these keys, with line and column.
#[track_caller]
fn check(keys: &str, want: &str) {
    let (line, column, fault) = fault(&format!("version = 1\n[[feature]]\nname = \"f\"\n{keys}"));
    let got = format!("{line}:{column} {fault}");
    assert!(got.contains(want), "{got}, expected {want}");
}

const COUNTER: &str = "kind = \"counter\"\nof = \"item\"\nevents = [\"open\"]\n";

#[test]
fn window_without_a_unit() {
    check(
        &format!("{COUNTER}window = 7"),
        "7:10 \"window\" = \"7\" is no length of time; write 30s",
    );
    check(
        &format!("{COUNTER}window = \"7\""),
        "7:10 \"window\" = \"7\" is no length",
    );
    check(
        &format!("{COUNTER}window = \"7 days\""),
        "7:10 \"window\" = \"7 days\" is no length",
    );
}

#[test]
fn lengths_of_zero_and_less() {
    check(
        &format!("{COUNTER}half_life = \"0d\""),
        "7:13 \"half_life\" is 0, expected a length of time above",
    );
    check(
        &format!("{COUNTER}window = \"-1d\""),
        "7:10 \"window\" is -86400",
    );
    check(
        &format!("{COUNTER}window = \"20s\""),
        "\"window\" is 20, expected one minute",
    );
}

#[test]
fn window_and_half_life_exclude_each_other() {
    let keys = format!("{COUNTER}window = \"7d\"\nhalf_life = \"1d\"");
    check(&keys, "\"window\" and \"half_life\" exclude each other");
}

#[test]
fn unknown_words_name_what_is_known() {
    check(
        "kind = \"count\"",
        "4:8 \"count\" is no kind of feature; expected raw, since, bucketed",
    );
    check(
        &COUNTER.replace("open", "opened"),
        "6:11 \"opened\" is no event; expected impression, open",
    );
    check(
        &COUNTER.replace("\"item\"", "\"items\""),
        "5:6 \"items\" is no thing with events; expected viewer, item",
    );
    check(
        "kind = \"raw\"\nfield = \"item.length\"",
        "5:9 \"item.length\" is no field of that type; expected viewer.age",
    );
    check(
        "kind = \"raw\"\nfield = \"item.id\"",
        "5:9 \"item.id\" is no field of that type",
    );
}

#[test]
fn key_that_says_nothing() {
    check(
        &format!("{COUNTER}prior = 1"),
        "7:1 \"prior\" says nothing here; expected name, hidden, kind, of",
    );
}

#[test]
fn what_has_to_be_said() {
    check(
        "kind = \"hashed\"\nfield = \"item.id\"",
        "2:1 \"size\" is missing",
    );
    check("kind = \"tie\"", "\"half_life\" is missing");
    let rate = COUNTER.replace("counter", "rate");
    check(
        &format!("{rate}per = [\"impression\"]\nprior = 0.1"),
        "\"prior_weight\" is missing",
    );
}

#[test]
fn wrong_types_and_ranges() {
    check(
        "kind = \"hashed\"\nfield = \"item.id\"\nsize = \"big\"",
        "6:8 \"size\" is a text, expected a whole number",
    );
    check(
        "kind = \"hashed\"\nfield = \"item.id\"\nsize = 1",
        "6:8 \"size\" is 1, expected a whole number within",
    );
    check(
        "kind = \"counter\"\nof = \"item\"\nevents = []",
        "6:10 \"events\" is 0, expected one word",
    );
}

#[test]
fn since_an_event_of_an_item_is_not_kept() {
    let keys = "kind = \"since\"\nof = \"item\"\nevents = [\"open\"]\nunit = \"days\"";
    check(keys, "\"of\" is kept in counts without times");
}

const BEFORE: &str = "version = 1
[[feature]]
name = \"a\"
kind = \"since\"
field = \"viewer.joined\"
unit = \"days\"
[[feature]]
name = \"b\"
kind = \"raw\"
field = \"viewer.age\"
";

#[test]
fn borders_of_times_have_units_and_others_have_none() {
    let bucketed = |from: &str, borders: &str| {
        format!(
            "{BEFORE}[[feature]]\nname = \"f\"\nkind = \"bucketed\"\nfrom = \"{from}\"\nborders = {borders}"
        )
    };
    let (line, column, fault_) = fault(&bucketed("a", "[1, 7]"));
    assert_eq!((line, column), (15, 11));
    assert!(
        fault_
            .to_string()
            .contains("\"a\" is a length of time, expected borders with units")
    );
    let (.., fault_) = fault(&bucketed("b", "[\"1d\"]"));
    assert!(
        fault_
            .to_string()
            .contains("\"b\" is a plain number, expected borders without units")
    );
    let (line, column, fault_) = fault(&bucketed("b", "[3, 3]"));
    assert_eq!((line, column), (15, 15));
    assert!(matches!(fault_, DeclarationFault::Range { .. }));
    assert!(Plan::parse(&bucketed("a", "[\"1h\", \"2d\"]")).is_ok());
}

#[test]
fn crossing_what_is_no_id() {
    let text =
        format!("{BEFORE}[[feature]]\nname = \"f\"\nkind = \"crossed\"\nfrom = [\"b\"]\nsize = 9");
    let (line, column, fault) = fault(&text);
    assert_eq!((line, column), (14, 9));
    assert!(fault.to_string().contains("\"b\" is no id"));
}

#[test]
fn cycle_is_spelled_out() {
    let crossed = |name: &str, from: &str| {
        format!(
            "[[feature]]\nname = \"{name}\"\nkind = \"crossed\"\nfrom = [\"{from}\"]\nsize = 9\n"
        )
    };
    let text = format!(
        "version = 1\n{}{}{}",
        crossed("x", "y"),
        crossed("y", "z"),
        crossed("z", "x")
    );
    let (line, column, fault) = fault(&text);
    assert_eq!((line, column), (15, 9));
    assert_eq!(
        fault.to_string(),
        "features are made from each other: x from y from z from x"
    );
}

#[test]
fn feature_that_is_not_there() {
    let text =
        "version = 1\n[[feature]]\nname = \"f\"\nkind = \"crossed\"\nfrom = [\"g\"]\nsize = 9";
    let (line, column, fault) = fault(text);
    assert_eq!((line, column), (5, 9));
    assert!(matches!(
        fault,
        DeclarationFault::Unknown {
            what: "feature",
            ..
        }
    ));
}

#[test]
fn name_that_stands_twice() {
    let (line, column, fault) = fault(&format!(
        "{BEFORE}[[feature]]\nname = \"a\"\nkind = \"position\""
    ));
    assert_eq!((line, column), (12, 8));
    assert_eq!(
        fault.to_string(),
        "feature \"a\" stands twice, first in line 3"
    );
}

#[test]
fn versions_and_syntax() {
    assert!(matches!(
        fault("").2,
        DeclarationFault::Missing { key: "version" }
    ));
    assert!(matches!(
        fault("version = 2").2,
        DeclarationFault::Version { .. }
    ));
    let (line, column, fault_) = fault("version = 1\nfeature = [");
    assert!(matches!(fault_, DeclarationFault::Syntax { .. }));
    assert_eq!(line, 2);
    assert!(column > 1);
    assert!(matches!(
        fault("version = 1\nfeatures = 3").2,
        DeclarationFault::UnknownKey { .. }
    ));
}

#[test]
fn limits_and_offset_are_read() {
    let plan =
        Plan::parse("version = 1\nutc_offset = \"-5h\"\n[limits]\nshown = 10\ndeeds = 20").unwrap();
    assert_eq!((plan.limits().shown, plan.limits().deeds), (10, 20));
    assert!((plan.utc_offset.0 + 5.0 * 3600.0).abs() < 1e-9);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    /// Any change of a byte of the file that is shipped is read or refused, never a panic.
    #[test]
    fn any_file_is_read_or_refused(at in 0..crate::DEFAULT_FEATURES.len(), byte in 1_u8..127) {
        let mut bytes = crate::DEFAULT_FEATURES.as_bytes().to_vec();
        bytes[at] = byte;
        if let Ok(text) = String::from_utf8(bytes) {
            let _ = Plan::parse(&text);
        }
    }
}
