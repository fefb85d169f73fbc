use proptest::prelude::*;

use crate::{Expr, Limits, Problem, samples};

/// `text` is refused at byte `start` with `message`.
#[track_caller]
fn refused(text: &str, start: usize, message: &str) {
    let error = text.parse::<Expr>().expect_err(text);
    assert_eq!(error.problem.to_string(), message);
    assert_eq!(error.start, start, "{error}");
}

/// `text` parses to the same as `canonical`, which is how it prints.
#[track_caller]
fn prints(text: &str, canonical: &str) {
    match text.parse::<Expr>() {
        Ok(expr) => assert_eq!(expr.to_string(), canonical),
        Err(error) => panic!("{}", error.render(text)),
    }
}

#[test]
fn and_binds_closer_than_or_and_not_closest() {
    prints(
        r#"not available and kind = movie or tag = "a""#,
        r#"not available and kind = movie or tag = "a""#,
    );
    prints("(available)", "available");
    prints(
        "(available or available) and not (available and available)",
        "(available or available) and not (available and available)",
    );
    prints(
        "(available and available) or available",
        "available and available or available",
    );
    prints(
        "available or (available or available)",
        "available or (available or available)",
    );
}

#[test]
fn values_have_one_form_when_printed() {
    prints("genre in ['A', \"B\"]", r#"genre in ["A", "B"]"#);
    prints("genre in [\"A\"]", r#"genre = "A""#);
    prints("episode not in [3]", "episode != 3");
    prints("duration<1.5h", "duration < 1h30m");
    prints("duration <= 90m", "duration <= 1h30m");
    prints("released > NOW - 2w", "released > now - 14d");
    prints(
        "released >= viewer.joined + 0s",
        "released >= viewer.joined",
    );
    prints(
        "released in [2020, 2020-03, 2020-03-04]",
        "released in [2020, 2020-03, 2020-03-04]",
    );
    prints(
        "released < 2020-03-04T05:06:07+01:00",
        "released < 2020-03-04T04:06:07Z",
    );
    prints("minimum_age > -3", "minimum_age > -3");
    prints("kind in [\"movie\", clip]", "kind in [movie, clip]");
    prints("title STARTS WITH \"The\"", r#"title starts with "The""#);
    prints(r#"title = "a \"b\" \\""#, r#"title = "a \"b\" \\""#);
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let any = "a field, `not` or `(`";
    refused("", 0, &format!("expected {any}, found the end"));
    refused(
        "available and",
        13,
        &format!("expected {any}, found the end"),
    );
    refused(
        "available, kind = movie",
        9,
        "expected `and`, `or` or the end, found `,`",
    );
    refused(
        "(available",
        10,
        "expected `and`, `or` or `)`, found the end",
    );
    refused(
        "genres = \"A\"",
        0,
        "there is no field `genres`; did you mean `genre`?",
    );
    refused(
        "available adn kind = movie",
        10,
        "expected `and`, `or` or the end, found `adn`; did you mean `and`?",
    );
    refused(
        "2020 < released",
        0,
        &format!("expected {any}, found `2020`"),
    );
}

#[test]
fn signs_of_other_languages_and_words_that_lack_their_second_are_named() {
    let any = "a field, `not` or `(`";
    refused(
        "! available",
        0,
        &format!("expected {any}, found `!`; did you mean `not`?"),
    );
    refused(
        "available && available",
        10,
        "expected `and`, `or` or the end, found `&&`; did you mean `and`?",
    );
    refused(
        "title starts \"A\"",
        13,
        "expected `with` after `starts`, found `\"A\"`",
    );
    refused(
        "title is empty",
        9,
        "expected `set` or `missing` after `is`, found `empty`",
    );
    refused(
        "genre in \"A\"",
        9,
        "expected a list that begins with `[`, found `\"A\"`",
    );
    refused(
        "genre in [\"A\" \"B\"]",
        14,
        "expected `,` or `]`, found `\"B\"`",
    );
    refused(
        "genre in []",
        10,
        "expected a text in quotes for `genre`, found `]`",
    );
    refused(
        "genre = \"A",
        8,
        "the text that begins here has no closing quote",
    );
    refused(
        "genre = 'a\\n'",
        10,
        "expected a quote or a backslash after a backslash, found `n`",
    );
    refused(
        "genre ~ 'a'",
        6,
        "expected `=`, `!=`, `in`, `not in`, `starts with`, `contains`, `is set` or `is missing` after `genre`, found `~`",
    );
}

#[test]
fn values_of_another_type_are_refused() {
    let text = "a text in quotes or a text field of the viewer";
    refused(
        "genre = Anime",
        8,
        &format!("expected {text} for `genre`, found `Anime`; texts stand in quotes"),
    );
    refused(
        "language = viewer.langauge",
        11,
        &format!(
            "expected {text} for `language`, found `viewer.langauge`; did you mean `viewer.language`?"
        ),
    );
    refused(
        "language = viewer.age",
        11,
        &format!("expected {text} for `language`, found `viewer.age`"),
    );
    refused(
        "genre < \"A\"",
        6,
        "expected `=`, `!=`, `in`, `not in`, `starts with`, `contains`, `is set` or `is missing` after `genre`, found `<`",
    );
    refused(
        "minimum_age == 3",
        12,
        "expected `=`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `not in`, `is set` or `is missing` after `minimum_age`, found `==`; did you mean `=`?",
    );
    refused(
        "minimum_age <= \"12\"",
        15,
        "expected a whole number or `viewer.age` for `minimum_age`, found `\"12\"`",
    );
    refused(
        "minimum_age <= 12.5",
        15,
        "expected a whole number or `viewer.age` for `minimum_age`, found `12.5`",
    );
}

#[test]
fn times_and_kinds_that_are_none_are_refused() {
    refused(
        "duration < 30",
        11,
        "expected a duration such as `90s`, `30m` or `1h30m` for `duration`, found `30`",
    );
    refused(
        "duration < now",
        11,
        "expected a duration such as `90s`, `30m` or `1h30m` for `duration`, found `now`",
    );
    refused(
        "released > now - 3",
        17,
        "expected a duration such as `30d`, found `3`",
    );
    refused(
        "released > yesterday",
        11,
        "expected a date, a moment, `now` or `viewer.joined` for `released`, found `yesterday`",
    );
    refused(
        "released in [now]",
        13,
        "expected a date such as `2020`, `2020-03` or `2020-03-31`, or a moment such as `2020-03-31T20:15:00Z` for `released`, found `now`",
    );
    refused(
        "released = 2021-02-29",
        11,
        "expected a date of the calendar in the years 1 to 9999, found `2021-02-29`",
    );
    refused(
        "kind = film",
        7,
        "expected `movie`, `series`, `episode`, `clip`, `post`, `music`, `book`, `product` or `other` for `kind`, found `film`",
    );
    refused(
        "kind = moive",
        7,
        "expected `movie`, `series`, `episode`, `clip`, `post`, `music`, `book`, `product` or `other` for `kind`, found `moive`; did you mean `movie`?",
    );
    refused(
        "episode = 99999999999999999999",
        10,
        "expected a whole number of at most 9223372036854775807, found `99999999999999999999`",
    );
    refused(
        "episode = -99999999999999999999",
        10,
        "expected a whole number of at most 9223372036854775807, found `-99999999999999999999`",
    );
}

#[test]
fn lines_and_columns_are_counted_in_characters() {
    let text = "title = \"öö\"\n  and größe = 3";
    let error = text.parse::<Expr>().unwrap_err();
    assert_eq!((error.line, error.column), (2, 7));
    assert_eq!(&text[error.start..error.end], "größe");
}

#[test]
fn carets_stand_under_what_is_wrong() {
    let text = "available\n and genre = Anime and available";
    let shown = text.parse::<Expr>().unwrap_err().render(text).to_string();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[1], "  |  and genre = Anime and available");
    assert_eq!(lines[2], "  |              ^^^^^");
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let text = format!(
        "{}x = 3 {}",
        "available and ".repeat(100),
        "and available ".repeat(100)
    );
    let shown = text.parse::<Expr>().unwrap_err().render(&text).to_string();
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[1].chars().count() < 140, "{}", lines[1]);
    let caret = lines[2].chars().position(|letter| letter == '^').unwrap();
    assert_eq!(lines[1].chars().nth(caret), Some('x'));
}

#[test]
fn every_limit_names_itself() {
    let limits = Limits {
        max_bytes: 60,
        max_leaves: 2,
        max_depth: 2,
        max_values: 3,
        ..Limits::default()
    };
    let problem = |text: &str| Expr::parse(text, &limits).map_err(|error| error.problem);
    assert!(problem("not (available and available)").is_ok());
    assert!(problem("episode in [1, 2, 3]").is_ok());
    assert_eq!(
        problem(&" ".repeat(61)),
        Err(Problem::TooLong {
            limit: 60,
            found: 61
        })
    );
    assert_eq!(
        problem("available or available or available"),
        Err(Problem::TooManyLeaves { limit: 2 })
    );
    assert_eq!(
        problem("not not not available"),
        Err(Problem::TooDeep { limit: 2 })
    );
    assert_eq!(problem("((( available"), Err(Problem::TooDeep { limit: 2 }));
    assert_eq!(
        problem("episode in [1, 2] or episode in [3, 4]"),
        Err(Problem::TooManyValues { limit: 3 })
    );
}

#[test]
fn deep_nesting_is_refused_before_the_stack_ends() {
    for open in ["(", "not "] {
        let text = open.repeat(10_000);
        let error = text.parse::<Expr>().unwrap_err();
        assert_eq!(error.problem, Problem::TooDeep { limit: 32 });
    }
}

#[test]
fn fields_of_both_sides_are_listed_once() {
    let expr: Expr = "language = viewer.language and released > viewer.joined - 1d \
                      and (minimum_age < viewer.age or kind = movie) and language is set"
        .parse()
        .unwrap();
    let names: Vec<&str> = expr.fields().iter().map(|field| field.name()).collect();
    assert_eq!(
        names,
        [
            "kind",
            "language",
            "minimum_age",
            "released",
            "viewer.age",
            "viewer.joined",
            "viewer.language"
        ]
    );
}

/// Texts that come close to expressions.
fn nearly() -> impl Strategy<Value = String> {
    let pieces = [
        "genre",
        "released",
        "available",
        "viewer.age",
        "now",
        "and",
        "or",
        "not",
        "in",
        "is",
        "set",
        "starts",
        "with",
        "(",
        ")",
        "[",
        "]",
        ",",
        "=",
        "<=",
        "-",
        "2020-01-01",
        "30m",
        "3",
        "\"a",
        "\"b\"",
        "kind",
        "movie",
        "\\",
        "é",
        "\n",
        "minimum_age",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..24)
        .prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #[test]
    fn any_text_parses_or_says_where_it_is_wrong(text in prop_oneof![any::<String>(), nearly()]) {
        if let Err(error) = text.parse::<Expr>() {
            prop_assert!(text.get(error.start..error.end).is_some());
            prop_assert!(!error.render(&text).to_string().is_empty());
        }
    }

    #[test]
    fn printing_and_parsing_is_the_identity(expr in samples::expr()) {
        let text = expr.to_string();
        match text.parse::<Expr>() {
            Ok(again) => prop_assert_eq!(again, expr),
            Err(error) => prop_assert!(false, "{}", error.render(&text)),
        }
    }
}
