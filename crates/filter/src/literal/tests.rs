use super::*;

/// A span in milliseconds as two moments, for people.
fn shown(word: &str) -> (String, String) {
    let Span { first, last } = time(word).expect("a literal").span();
    let text = |millis| Timestamp::from_millisecond(millis).unwrap().to_string();
    (text(first), text(last))
}

#[test]
fn a_date_stands_for_all_its_milliseconds() {
    let pair = |first: &str, last: &str| (first.to_owned(), last.to_owned());
    assert_eq!(
        shown("2020"),
        pair("2020-01-01T00:00:00Z", "2020-12-31T23:59:59.999Z")
    );
    assert_eq!(
        shown("2020-02"),
        pair("2020-02-01T00:00:00Z", "2020-02-29T23:59:59.999Z")
    );
    assert_eq!(
        shown("1969-12"),
        pair("1969-12-01T00:00:00Z", "1969-12-31T23:59:59.999Z")
    );
    assert_eq!(
        shown("2020-02-29"),
        pair("2020-02-29T00:00:00Z", "2020-02-29T23:59:59.999Z")
    );
    assert_eq!(
        shown("2020-02-29T12:00:00.250+02:00"),
        pair("2020-02-29T10:00:00.25Z", "2020-02-29T10:00:00.25Z")
    );
}

#[test]
fn the_last_year_is_open_at_its_end() {
    assert_eq!(time("9999").unwrap().span().last, i64::MAX);
    assert_eq!(time("9999-12-31").unwrap().span().last, i64::MAX);
    assert!(time("9998").unwrap().span().last < i64::MAX);
}

#[test]
fn dates_that_the_calendar_does_not_have_are_refused() {
    for word in ["2021-02-29", "2020-13", "0000", "2020-00-01"] {
        assert!(matches!(time(word), Err(Fault::Range(_))), "{word}");
    }
    for word in [
        "20",
        "20200",
        "2020-1-1",
        "2020-01-01-01",
        "2020-",
        "T",
        "2020-01-01T",
    ] {
        assert_eq!(time(word), Err(Fault::Form), "{word}");
    }
    assert!(matches!(
        time("2020-01-01T00:00:00.0001Z"),
        Err(Fault::Range(_))
    ));
}

#[test]
fn durations_add_up() {
    assert_eq!(duration("90s"), Ok(90_000));
    assert_eq!(duration("1h30m"), Ok(5_400_000));
    assert_eq!(duration("1.5h"), Ok(5_400_000));
    assert_eq!(duration("2w"), Ok(14 * 86_400_000));
    assert_eq!(duration("250ms"), Ok(250));
    assert_eq!(duration("0s"), Ok(0));
}

#[test]
fn durations_that_are_none_are_refused() {
    for word in ["", "30", "m", "1x", "1.2.3s", ".5h", "5.h", "1hm", "1h30"] {
        assert_eq!(duration(word), Err(Fault::Form), "{word}");
    }
    for word in [
        "0.0001s",
        "99999999999999999999d",
        "99999999999d",
        "1.00000000000000000000s",
    ] {
        assert!(matches!(duration(word), Err(Fault::Range(_))), "{word}");
    }
}

#[test]
fn a_duration_is_written_in_its_longest_units() {
    let written = |millis| Written(millis).to_string();
    assert_eq!(written(0), "0s");
    assert_eq!(written(5_400_000), "1h30m");
    assert_eq!(written(30 * 86_400_000), "30d");
    assert_eq!(written(61_001), "1m1s1ms");
}
