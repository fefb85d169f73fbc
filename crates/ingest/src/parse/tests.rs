use proptest::prelude::{any, prop, prop_assert_eq, proptest};

use super::*;

#[track_caller]
fn check(text: &str, unit: TimeUnit, want_millis: i64) {
    let want = Some(Timestamp::from_millis(want_millis));
    assert_eq!(time(text.as_bytes(), unit), want, "{text}");
}

#[test]
fn seconds_and_milliseconds_are_told_apart_by_size() {
    check("881250949", TimeUnit::Detect, 881_250_949_000);
    check("881250949000", TimeUnit::Detect, 881_250_949_000);
    check("881250949000000", TimeUnit::Detect, 881_250_949_000);
    check("881250949000000000", TimeUnit::Detect, 881_250_949_000);
    check("0", TimeUnit::Detect, 0);
    check("-5", TimeUnit::Detect, -5000);
    check("1396860669.277", TimeUnit::Detect, 1_396_860_669_277);
}

#[test]
fn a_given_unit_is_obeyed() {
    check("5", TimeUnit::Millis, 5);
    check("5", TimeUnit::Seconds, 5000);
    check("0.5", TimeUnit::Seconds, 500);
    check("881250949000", TimeUnit::Seconds, 881_250_949_000_000);
    assert_eq!(time(b"5", TimeUnit::Iso8601), None);
    assert_eq!(time(b"2020-01-01", TimeUnit::Seconds), None);
}

#[test]
fn iso_times_are_utc_unless_they_say_otherwise() {
    check("1970-01-02", TimeUnit::Detect, 86_400_000);
    check("1970-01-01T00:00:01.5Z", TimeUnit::Detect, 1500);
    check("1970-01-01 01:00:00", TimeUnit::Iso8601, 3_600_000);
    check("1970-01-01T01:00:00+01:00", TimeUnit::Iso8601, 0);
}

#[test]
fn what_is_no_time_is_refused() {
    for text in [
        "",
        "x",
        "1970-13-01",
        "nan",
        "inf",
        "1e300",
        "12:00",
        "--1",
        "\u{ff11}",
    ] {
        assert_eq!(time(text.as_bytes(), TimeUnit::Detect), None, "{text}");
    }
    assert_eq!(time(b"\xff", TimeUnit::Detect), None);
}

#[test]
fn release_dates_come_in_many_forms() {
    let first_of_1995 = time(b"1995-01-01", TimeUnit::Iso8601);
    for text in [
        "1995",
        "1995.0",
        "01-Jan-1995",
        "1 Jan 1995",
        " 1995-01-01 ",
    ] {
        assert_eq!(release_date(text), first_of_1995, "{text}");
    }
    assert_eq!(year_of_title("Toy Story (1995)"), first_of_1995);
    assert_eq!(year_of_title("(500) Days of Summer"), None);
    for text in ["", "soon", "32-Jan-1995", "19955"] {
        assert_eq!(release_date(text), None, "{text}");
    }
}

#[test]
fn numbers_are_finite() {
    assert_eq!(number(b"3.5"), Some(3.5));
    assert_eq!(number(b"-1"), Some(-1.0));
    assert_eq!(number(b" 4 "), Some(4.0));
    assert_eq!(number(b".5"), Some(0.5));
    for text in ["", ".", "nan", "inf", "1e99", "3,5", "five"] {
        assert_eq!(number(text.as_bytes()), None, "{text}");
    }
}

proptest! {
    #[test]
    fn the_short_path_agrees_with_the_general_parser(text in "[0-9]{0,7}\\.?[0-9]{0,4}") {
        let general = text.parse::<f32>().ok().filter(|x| x.is_finite());
        prop_assert_eq!(number(text.as_bytes()), general);
    }

    #[test]
    fn whole_seconds_come_back(seconds in -99_999_999_999_i64..99_999_999_999) {
        let got = time(seconds.to_string().as_bytes(), TimeUnit::Detect);
        prop_assert_eq!(got, Some(Timestamp::from_seconds(seconds)));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let _ = number(&bytes);
        let _ = time(&bytes, TimeUnit::Detect);
        let _ = time(&bytes, TimeUnit::Seconds);
        let _ = release_date(&String::from_utf8_lossy(&bytes));
    }
}
