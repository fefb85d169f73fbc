use std::sync::Arc;

use marquee_core::{Dataset, HistoryEntry, SparseRows, Vocabulary};
use marquee_ingest::{Loaded, Selection};

use super::*;
use crate::interactions;

/// A model that knows `a`, `b` and `c`.
fn known(dir: &tempfile::TempDir) -> Interactions {
    let mut items = Vocabulary::default();
    let mut users = Vocabulary::default();
    for id in ["a", "b", "c"] {
        items.insert(id).unwrap();
    }
    users.insert("u").unwrap();
    let rows = |columns: Vec<u32>| SparseRows {
        n_columns: 3,
        offsets: vec![0, columns.len() as u64],
        columns,
        weights: None,
        times: None,
    };
    let loaded = Loaded {
        dataset: Dataset::from_rows(rows(vec![0, 1, 2])),
        users,
        items,
        opposed: rows(Vec::new()),
        selection: Selection::default(),
        journal_seq: 0,
    };
    let path = dir.path().join("interactions.mqa");
    interactions::write(&path, &loaded).unwrap();
    Interactions::open(&path).unwrap()
}

fn item(id: &str, genres: &[&str], tags: &[&str]) -> Arc<Item> {
    let mut item = Item::new(ItemId::new(id).unwrap());
    item.genres = genres.iter().map(|&genre| genre.to_owned()).collect();
    item.tags = tags.iter().map(|&tag| tag.to_owned()).collect();
    Arc::new(item)
}

fn shelf(known: &Interactions) -> Shelf {
    let mut catalog = Catalog::default();
    catalog.put_item(item("a", &["Crime", "Drama"], &[]));
    catalog.put_item(item("b", &["Crime"], &[]));
    catalog.put_item(item("unseen", &["Crime"], &[]));
    Shelf::new(known, &catalog)
}

#[test]
fn imported_titles_that_the_model_does_not_know_are_no_candidates() {
    let dir = tempfile::tempdir().unwrap();
    let known = known(&dir);
    let shelf = shelf(&known);
    assert_eq!((shelf.n_known(), shelf.n_items()), (3, 3));
    assert_eq!(shelf.row(&known, "unseen"), None);
    assert!(shelf.is_missing(ItemIdx(2)), "c is not in the catalog");
}

#[test]
fn written_titles_come_and_go() {
    let dir = tempfile::tempdir().unwrap();
    let known = known(&dir);
    let mut shelf = shelf(&known);
    shelf.put(&known, item("d", &["Drama"], &["slow"]));
    let row = shelf.row(&known, "d").unwrap();
    assert_eq!(row, ItemIdx(3));
    assert!(shelf.is_fresh(row) && !shelf.is_fresh(ItemIdx(0)));
    assert_eq!(shelf.id(&known, row), Some("d"));
    assert_eq!(shelf.fresh().collect::<Vec<_>>(), [row]);
    shelf.put(&known, item("c", &["Crime"], &[]));
    assert!(!shelf.is_missing(ItemIdx(2)));
    shelf.remove(&known, "d");
    assert!(shelf.is_missing(row));
    assert_eq!(shelf.fresh().count(), 0);
    shelf.put(&known, item("d", &["Crime"], &[]));
    assert!(!shelf.is_missing(row), "it comes back to its row");
}

#[test]
fn likeness_is_that_of_genres_by_how_rare_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let known = known(&dir);
    let mut shelf = shelf(&known);
    shelf.put(&known, item("c", &["Drama"], &[]));
    let like = |left: u32, right: u32| shelf.likeness(ItemIdx(left), ItemIdx(right));
    assert!((like(0, 0) - 1.0).abs() < 1e-6);
    assert!((like(0, 1) - like(1, 0)).abs() < 1e-9);
    assert!(like(1, 2).abs() < 1e-9, "nothing in common");
    // Drama is rarer than crime, of three titles at the start.
    assert!(like(0, 2) > like(0, 1));
}

#[test]
fn a_taste_fits_what_it_was_made_of() {
    let dir = tempfile::tempdir().unwrap();
    let known = known(&dir);
    let shelf = shelf(&known);
    let history = [HistoryEntry {
        item: ItemIdx(0),
        weight: 2.0,
        time: Timestamp::EPOCH,
    }];
    let (taste, length) = shelf.taste(&history);
    assert!((shelf.fits(ItemIdx(0), (&taste, length)) - 1.0).abs() < 1e-5);
    let other = shelf.fits(ItemIdx(1), (&taste, length));
    assert!((other - shelf.likeness(ItemIdx(0), ItemIdx(1))).abs() < 1e-5);
    assert!(shelf.fits(ItemIdx(2), (&taste, length)).abs() < 1e-9);
}

#[test]
fn filters_see_what_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let known = known(&dir);
    let mut shelf = shelf(&known);
    shelf.put(&known, item("d", &["Anime"], &[]));
    let filter = ItemFilter {
        include_genres: vec!["Anime".to_owned()],
        exclude_items: vec![ItemId::new("a").unwrap()],
        ..ItemFilter::default()
    };
    let compiled = shelf.compile(&filter, &known);
    let row = shelf.row(&known, "d").unwrap();
    assert_eq!(compiled.objection(row, &shelf), None);
    assert_eq!(compiled.objection(ItemIdx(1), &shelf), Some("other_genre"));
    assert_eq!(
        compiled.objection(ItemIdx(0), &shelf),
        Some("excluded_item")
    );
}
