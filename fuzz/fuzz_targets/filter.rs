//! Any text parses as an expression or says where it is wrong; what parses prints to a text that parses
//! to the same; and bits, rows and records give one answer for it.
//!
//! The first byte says whether the rest is the text itself or the pieces that it is put together from.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use marquee_core::{
    AvailabilityWindow, CreatorId, Item, ItemId, ItemIdx, ItemKind, Seconds, Timestamp,
};
use marquee_filter::{Columns, Expr, Field, Filter, Limits, ViewerFields};

/// Words and signs of the language, with values that the records have.
const PIECES: [&str; 48] = [
    "and", "or", "not", "in", "is", "set", "missing", "starts", "with", "contains", "(", ")", "[", "]",
    ",", "=", "!=", "<", "<=", ">", ">=", "+", "-", "now", "2020", "2020-03", "2020-03-31",
    "2020-03-31T20:15:00Z", "30m", "1h30m", "30d", "0s", "1", "12", "\"a\"", "\"Drama\"", "\"en\"",
    "\"\"", "\"The\"", "'A'", "movie", "other", "\"i1\"", "\"c\"", "viewer", "\\", "\"", "\n",
];

static ITEMS: LazyLock<Vec<Item>> = LazyLock::new(|| (0..70).map(item).collect());
static COLUMNS: LazyLock<Columns> =
    LazyLock::new(|| Columns::new(ITEMS.iter().map(|item| (item.id.as_str(), Some(item)))));

const NOW: Timestamp = Timestamp::from_seconds(1_590_000_000);
const VIEWER: ViewerFields<'_> = ViewerFields {
    age: Some(12),
    country: Some("a"),
    gender: None,
    joined: Some(Timestamp::from_seconds(1_580_000_000)),
    language: Some("EN"),
    occupation: Some(""),
};

/// Record number `at`; every field is missing in some.
fn item(at: u8) -> Item {
    let mut item = Item::new(ItemId::new(format!("i{at}")).expect("an id"));
    let has = |bit: u8| at >> bit & 1 == 1;
    let text = ["a", "A", "Drama", "The a"][usize::from(at % 4)];
    if has(0) {
        item.title = text.to_owned();
        item.kind = ItemKind::Movie;
    }
    if has(1) {
        item.genres = vec!["Drama".to_owned(), text.to_owned()];
        item.minimum_age = Some(at % 16);
    }
    if has(2) {
        item.language = Some(["en", "EN", "de"][usize::from(at % 3)].to_owned());
        item.creators = CreatorId::new("c").into_iter().collect();
    }
    if has(3) {
        item.released = Some(Timestamp::from_seconds(1_577_836_800 + i64::from(at) * 250_000));
        item.duration = Some(Seconds(f64::from(at) * 60.0));
    }
    if has(4) {
        item.series = ItemId::new("a").ok();
        item.episode = Some(u32::from(at % 3));
    }
    if has(5) {
        item.availability = vec![AvailabilityWindow {
            start: Some(Timestamp::from_seconds(1_589_999_990 + i64::from(at % 20))),
            end: None,
        }];
    }
    item
}

fuzz_target!(|input: &[u8]| {
    let Some((mode, rest)) = input.split_first() else {
        return;
    };
    let text = match mode % 2 {
        0 => String::from_utf8_lossy(rest).into_owned(),
        _ => pieced(rest),
    };
    match text.parse::<Expr>() {
        Ok(expr) => {
            assert_eq!(expr.to_string().parse().as_ref(), Ok(&expr));
            agree(&expr);
        }
        Err(error) => {
            assert!(text.get(error.start..error.end).is_some());
            assert!(!error.render(&text).to_string().is_empty());
        }
    }
});

/// The pieces that `numbers` name, with spaces between them.
fn pieced(numbers: &[u8]) -> String {
    let piece = |&number: &u8| {
        let at = usize::from(number);
        let field = Field::ALL.get(at.wrapping_sub(PIECES.len()));
        PIECES
            .get(at)
            .copied()
            .or(field.map(|field| field.name()))
            .unwrap_or("available")
    };
    numbers.iter().map(piece).collect::<Vec<_>>().join(" ")
}

/// Both compiled ways give what the records give.
fn agree(expr: &Expr) {
    let filter = Filter::compile(expr, &COLUMNS, &VIEWER, NOW);
    let bits = filter.select(&Limits::default()).expect("few rows");
    for (row, item) in ITEMS.iter().enumerate() {
        let want = expr.holds(item, &VIEWER, NOW);
        let row = ItemIdx::from_usize(row);
        assert_eq!(bits.contains(row), want, "bits for {expr}");
        assert_eq!(filter.passes(row), want, "row for {expr}");
    }
}
