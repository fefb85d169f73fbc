//! Curves know what happens at the first place.

use std::sync::Arc;

use marquee_features::{
    FeatureRows, FeatureSchema, FeatureTable, Head, LabelColumn, RequestValues, TrainingTable,
};
use marquee_ranking::Link;

use super::*;

/// Says the same of every row.
struct Flat;

impl Ranker for Flat {
    fn name(&self) -> &'static str {
        "flat"
    }

    fn heads(&self) -> &[Head] {
        &[Head::Open]
    }

    fn link(&self, _head: usize) -> Link {
        Link::Logit
    }

    fn score(&self, _rows: &FeatureRows<'_>, values: &mut [f32]) -> marquee_ranking::Result<()> {
        values.fill(0.0);
        Ok(())
    }
}

/// `n` requests of two rows: at the first place two of four are opened, at the second one of four.
fn feed(n: usize, first: u32) -> TrainingTable {
    let mut features = FeatureTable::new(Arc::new(FeatureSchema::default())).unwrap();
    for _ in 0..n {
        features.push_request(RequestValues::default()).unwrap();
        features.push_row(&[], &[]).unwrap();
        features.push_row(&[], &[]).unwrap();
    }
    let mut table = TrainingTable::of(features);
    table.position = [first, 1].repeat(n);
    let opens = (0..2 * n).map(|row| match (row % 2, row / 2 % 4) {
        (0, 0 | 1) | (1, 0) => 1.0,
        _ => 0.0,
    });
    table.labels.push(LabelColumn {
        head: Head::Open,
        values: opens.collect(),
    });
    table
}

#[track_caller]
fn check(table: &TrainingTable, places: Places, chance: f32) {
    let curves = Curves::fit(&Flat, &table.view().unwrap()).unwrap();
    assert_eq!(curves.places, [places]);
    let mut said = [0.0];
    curves.calibration.apply(1, &mut said).unwrap();
    assert!((said[0] - chance).abs() < 1e-3, "{said:?}");
}

#[test]
fn curve_promises_what_happens_at_the_first_place() {
    check(&feed(4 * ENOUGH, 0), Places::First, 0.5);
    // Where nobody knows places, rows are taken as they come.
    check(&feed(4 * ENOUGH, NONE), Places::First, 0.5);
}

#[test]
fn curve_is_of_all_places_where_too_little_happened_at_the_first() {
    // Half of the first rows are opened: one fewer than enough of each.
    check(&feed(2 * ENOUGH - 4, 0), Places::All, 0.375);
    check(&feed(2 * ENOUGH, 0), Places::First, 0.5);
    // Nothing stood at the first place.
    check(&feed(4 * ENOUGH, 2), Places::All, 0.375);
}

#[test]
fn rows_that_count_nothing_are_not_counted() {
    let mut table = feed(4 * ENOUGH, 0);
    for (row, weight) in table.weight.iter_mut().enumerate() {
        *weight = f32::from(u8::from(row % 2 == 1 || row < 20));
    }
    // Six of the ten first ones, and a fourth of the second ones.
    check(&table, Places::All, 56.0 / 210.0);
}
