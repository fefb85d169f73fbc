//! The reference page says what is true: its examples parse, it names every field and every limit.

use marquee_filter::{Expr, Field, Limits};

/// The page that operators read.
const PAGE: &str = include_str!("../../../docs/filters.md");

/// The lines of all blocks of code that are marked with `language`.
fn blocks(language: &str) -> Vec<&'static str> {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in PAGE.lines() {
        match line.strip_prefix("```") {
            Some(mark) => inside = !inside && mark == language,
            None if inside => lines.push(line),
            None => {}
        }
    }
    lines
}

#[test]
fn every_example_parses_and_prints_as_it_stands_or_shorter() {
    let examples = blocks("filter");
    assert!(examples.len() >= 20, "{} examples", examples.len());
    for text in examples {
        match text.parse::<Expr>() {
            Ok(expr) => assert_eq!(expr.to_string().parse::<Expr>().unwrap(), expr),
            Err(error) => panic!("{}", error.render(text)),
        }
    }
}

#[test]
fn the_error_that_is_shown_is_the_one_that_is_given() {
    let text = "genres = \"Anime\"";
    let shown = text.parse::<Expr>().unwrap_err().render(text).to_string();
    assert!(PAGE.contains(&format!("```text\n{shown}\n```")), "{shown}");
}

#[test]
fn every_field_is_in_the_table_and_in_an_example() {
    let examples = blocks("filter").join("\n");
    for field in Field::ALL {
        assert!(PAGE.contains(&format!("`{}`", field.name())), "{field:?}");
        let of_viewer_only = field.is_of_viewer() && !examples.contains(field.name());
        let rare = ["viewer.gender", "viewer.occupation"].contains(&field.name());
        assert!(!of_viewer_only || rare, "{field:?} has no example");
    }
}

#[test]
fn limits_are_the_ones_stated() {
    let limits = Limits::default();
    let stated = |number: u64| {
        let digits = number.to_string();
        let groups: Vec<&str> = digits
            .as_bytes()
            .rchunks(3)
            .rev()
            .map(|group| std::str::from_utf8(group).unwrap())
            .collect();
        assert!(
            PAGE.contains(&format!("| {} |", groups.join(","))),
            "{number}"
        );
    };
    stated(limits.max_bytes as u64);
    stated(limits.max_leaves as u64);
    stated(limits.max_depth as u64);
    stated(limits.max_values as u64);
    stated(limits.max_row_tests);
}
