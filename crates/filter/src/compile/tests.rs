use std::sync::Arc;

use marquee_core::{Item, ItemId, ItemIdx, Timestamp};
use proptest::prelude::*;

use crate::{Columns, Error, Expr, Filter, Group, Limits, Passing, ViewerFields, samples};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// The direct evaluator is the twin of both compiled ways.
    #[test]
    fn bits_and_rows_agree_with_the_records(
        expr in samples::expr(),
        items in samples::items(),
        user in samples::user(),
        now in samples::now(),
    ) {
        let columns = samples::columns(&items);
        let viewer = ViewerFields::from(&user);
        let filter = Filter::compile(&expr, &columns, &viewer, now);
        let bits = filter.select(&Limits::default()).unwrap();
        let mut count = 0;
        for (row, item) in items.iter().enumerate() {
            let want = expr.holds(item, &viewer, now);
            let row = ItemIdx::from_usize(row);
            prop_assert_eq!(bits.contains(row), want, "bits of {:?} for {}", item, expr);
            prop_assert_eq!(filter.passes(row), want, "row of {:?} for {}", item, expr);
            count += usize::from(want);
        }
        prop_assert_eq!(bits.count(), count);
        prop_assert_eq!(bits.rows().count(), count);
        prop_assert!(!bits.contains(ItemIdx::from_usize(items.len())));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Columns of an older catalog, with what changed since put beside them, answer like new ones.
    #[test]
    fn records_that_are_put_count_like_those_of_the_columns(
        expr in samples::expr(),
        old in samples::items(),
        new in samples::items(),
        every in 1_usize..5,
        user in samples::user(),
        now in samples::now(),
    ) {
        let mut items = old;
        let mut columns = samples::columns(&items);
        for (row, mut item) in new.into_iter().enumerate().step_by(every) {
            let row = row.min(items.len());
            match items.get_mut(row) {
                Some(before) => {
                    item.id = before.id.clone();
                    *before = item.clone();
                }
                None => {
                    item.id = ItemId::new(format!("new {row}")).unwrap();
                    items.push(item.clone());
                }
            }
            columns.put(ItemIdx::from_usize(row), Arc::new(item));
        }
        let viewer = ViewerFields::from(&user);
        let filter = Filter::compile(&expr, &columns, &viewer, now);
        let bits = filter.select(&Limits::default()).unwrap();
        prop_assert_eq!(columns.n_rows(), items.len());
        let fresh = samples::columns(&items);
        for (row, item) in items.iter().enumerate() {
            let row = ItemIdx::from_usize(row);
            let want = expr.holds(item, &viewer, now);
            prop_assert_eq!(bits.contains(row), want, "bits of {:?} for {}", item, expr);
            prop_assert_eq!(filter.passes(row), want, "row of {:?} for {}", item, expr);
            prop_assert_eq!(columns.row(item.id.as_str()), Some(row));
            for by in Group::ALL {
                let names = |columns: &Columns| -> Vec<String> {
                    let groups = columns.groups(by, row).iter();
                    let mut names: Vec<String> = groups
                        .map(|&group| columns.group_name(by, group).to_owned())
                        .collect();
                    names.sort();
                    names
                };
                prop_assert_eq!(names(&columns), names(&fresh));
            }
        }
    }
}

/// Items of which each seventh is a drama.
fn many(count: usize) -> Vec<Item> {
    let ids = (0..count).map(|at| ItemId::new(format!("i{at}")).unwrap());
    let mut items: Vec<Item> = ids.map(Item::new).collect();
    for item in items.iter_mut().step_by(7) {
        item.genres = vec!["Drama".to_owned()];
    }
    items
}

/// The expression lives as long as the tests do.
fn compile<'c>(text: &str, columns: &'c Columns) -> Filter<'c> {
    let expr: &'static Expr = Box::leak(Box::new(text.parse().expect(text)));
    Filter::compile(expr, columns, &ViewerFields::default(), Timestamp::EPOCH)
}

#[test]
fn few_questions_are_answered_row_by_row_and_many_by_bits() {
    let columns = samples::columns(&many(10_000));
    let few = compile("genre = \"Drama\"", &columns).for_asking(10, &Limits::default());
    assert!(matches!(few, Ok(Passing::ByRow(_))));
    let many = compile("genre = \"Drama\"", &columns).for_asking(10_000, &Limits::default());
    let many = many.unwrap();
    assert!(matches!(many, Passing::Bits(_)));
    for row in (0..10_000).map(ItemIdx) {
        assert_eq!(many.contains(row), few.as_ref().unwrap().contains(row));
        assert_eq!(many.contains(row), row.0 % 7 == 0);
    }
}

#[test]
fn work_past_the_limit_is_refused_with_the_limit() {
    let columns = samples::columns(&many(1000));
    let limits = Limits {
        max_row_tests: 1999,
        ..Limits::default()
    };
    let filter = || compile("genre is set and title is missing", &columns);
    let too_costly = Error::TooCostly {
        leaves: 2,
        rows: 1000,
        limit: 1999,
    };
    assert_eq!(filter().select(&limits), Err(too_costly.clone()));
    assert!(matches!(
        filter().for_asking(10, &limits),
        Ok(Passing::ByRow(_))
    ));
    assert_eq!(filter().for_asking(5000, &limits).err(), Some(too_costly));
}

#[test]
fn tests_of_the_viewer_alone_cost_nothing_by_row() {
    let columns = samples::columns(&many(10));
    assert_eq!(
        compile("viewer.age > 3 and genre is set", &columns).constant(),
        Some(false)
    );
    assert_eq!(
        compile("not viewer.age > 3 or genre is set", &columns).constant(),
        Some(true)
    );
    assert_eq!(compile("genre is set", &columns).constant(), None);
}

#[test]
fn a_text_that_nobody_has_selects_nothing() {
    let columns = samples::columns(&many(100));
    let none = compile("genre = \"drama\"", &columns).select(&Limits::default());
    assert_eq!(none.unwrap().count(), 0);
}

#[test]
fn an_id_without_a_record_has_nothing_but_its_id() {
    let columns = Columns::new([("x", None), ("y", None)]);
    let rows = |text: &str| -> Vec<ItemIdx> {
        let selection = compile(text, &columns).select(&Limits::default());
        selection.unwrap().rows().collect()
    };
    assert_eq!(rows("id = \"y\""), [ItemIdx(1)]);
    assert_eq!(
        rows("available and kind = other and title is missing").len(),
        2
    );
}

#[test]
fn groups_are_named_by_their_texts() {
    let mut items = many(3);
    items[1].genres = vec!["Z".to_owned(), "Drama".to_owned(), "Z".to_owned()];
    let columns = samples::columns(&items);
    let groups = columns.groups(Group::Genre, ItemIdx(1));
    let names: Vec<&str> = groups
        .iter()
        .map(|&group| columns.group_name(Group::Genre, group))
        .collect();
    assert_eq!(names, ["Drama", "Z"]);
    assert!(columns.groups(Group::Series, ItemIdx(1)).is_empty());
}
