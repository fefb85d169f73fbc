use marquee_core::{HistoryEntry, ItemIdx, SparseRows, Timestamp};
use marquee_store::{Artifact, ArtifactBuilder};

use super::*;
use crate::{Error, Recommender};

const NAME: &str = "item-knn";

/// Rows 0: {1: 0.5, 2: 0.5}, 1: {0: 0.25}, 2: {}.
fn model() -> SparseItemModel {
    SparseItemModel {
        name: NAME,
        weights: SparseRows {
            n_columns: 3,
            offsets: vec![0, 2, 3, 3],
            columns: vec![1, 2, 0],
            weights: Some(vec![0.5, 0.5, 0.25]),
            times: None,
        },
    }
}

fn entry(item: u32, weight: f32) -> HistoryEntry {
    HistoryEntry {
        item: ItemIdx(item),
        weight,
        time: Timestamp::EPOCH,
    }
}

#[test]
fn rows_of_the_history_add_up() {
    let mut scores = [f32::NAN; 3];
    let history = [entry(0, 2.0), entry(1, -1.0)];
    model().view().score_all(&history, &mut scores).unwrap();
    assert_eq!(
        scores.map(f32::to_bits),
        [-0.25_f32, 1.0, 1.0].map(f32::to_bits)
    );
}

#[test]
fn equal_likeness_is_ordered_by_row() {
    let similar = model().view().similar_items(ItemIdx(0), 1).unwrap();
    assert_eq!(similar[0].item, ItemIdx(1));
}

#[test]
fn best_prefers_the_smaller_column_among_equals() {
    let got = best([(7, 1.0), (3, 1.0), (5, 2.0)].into_iter(), 2);
    let columns: Vec<u32> = got.iter().map(|scored| scored.index).collect();
    assert_eq!(columns, [5, 3]);
}

#[test]
fn rows_come_out_in_order_whatever_the_number_of_threads() {
    let rows = build_rows(
        200,
        200,
        || (),
        |(), row, entries| {
            let columns = (0..row % 5).rev().filter_map(|c| u32::try_from(c).ok());
            entries.extend(columns.map(|index| marquee_math::Scored { index, score: 1.0 }));
        },
    );
    let view = rows.view();
    assert_eq!(view.n_rows(), 200);
    for (index, row) in view.rows().enumerate() {
        let want: Vec<u32> = (0..).take(index % 5).collect();
        assert_eq!(row.columns, want);
    }
}

#[track_caller]
fn check_refused(offsets: &[u64], columns: &[u32], fits: impl Fn(&Error) -> bool) {
    let values = vec![1.0_f32; columns.len()];
    let mut builder = ArtifactBuilder::new(NAME, 1);
    let entries = columns.len() as u64;
    builder.section("weights.offsets", &[offsets.len() as u64], offsets);
    builder.section("weights.columns", &[entries], columns);
    builder.section("weights.values", &[entries], &values);
    let artifact = Artifact::from_bytes(&builder.to_bytes().unwrap()).unwrap();
    let error = SparseItemView::open(&artifact, NAME).unwrap_err();
    assert!(fits(&error), "{error:?}");
}

#[test]
fn sections_that_make_no_matrix_are_refused() {
    let no_matrix = |error: &Error| matches!(error, Error::SparseSections { .. });
    check_refused(&[], &[], no_matrix);
    check_refused(&[0, 2], &[0], no_matrix);
    check_refused(&[0, 1], &[1], no_matrix);
}

#[test]
fn columns_out_of_order_are_refused() {
    let disordered = |error: &Error| matches!(error, Error::ColumnOrder { row: 1, .. });
    check_refused(&[0, 0, 2], &[1, 0], disordered);
    check_refused(&[0, 0, 2], &[1, 1], disordered);
}

#[test]
fn another_kind_is_refused() {
    let bytes = model().to_artifact().to_bytes().unwrap();
    let artifact = Artifact::from_bytes(&bytes).unwrap();
    let got = SparseItemView::open(&artifact, "slim");
    assert!(matches!(got, Err(Error::Store(_))));
}
