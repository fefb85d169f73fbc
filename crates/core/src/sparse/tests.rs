use proptest::prelude::*;

use super::*;

fn small() -> SparseRows {
    SparseRows {
        n_columns: 3,
        offsets: vec![0, 2, 2, 3],
        columns: vec![2, 0, 2],
        weights: Some(vec![1.0, 2.0, 3.0]),
        times: None,
    }
}

#[test]
fn transposed_by_hand() {
    let got = small().view().transposed();
    assert_eq!(got.offsets, [0, 1, 1, 3]);
    assert_eq!(got.columns, [0, 0, 2]);
    assert_eq!(got.weights, Some(vec![2.0, 1.0, 3.0]));
}

#[test]
fn arrays_that_do_not_fit_are_refused() {
    let check = |offsets: &[u64], columns: &[u32]| {
        SparseView::new(3, offsets, columns, None, None).map(|_| ())
    };
    assert!(matches!(check(&[], &[]), Err(SparseError::Offsets { .. })));
    assert!(matches!(
        check(&[0, 2, 1], &[0]),
        Err(SparseError::Offsets { row: 1, .. })
    ));
    assert!(matches!(
        check(&[0, 5], &[0]),
        Err(SparseError::Offsets { .. })
    ));
    assert!(matches!(
        check(&[0, 1], &[3]),
        Err(SparseError::Column { column: 3, .. })
    ));
    assert_eq!(check(&[0, 1], &[2]), Ok(()));
}

fn any_rows() -> impl Strategy<Value = SparseRows> {
    let row = prop::collection::btree_set(0_u32..7, 0..7);
    prop::collection::vec(row, 0..9).prop_map(|rows| {
        let mut offsets = vec![0];
        let mut columns = Vec::new();
        for row in rows {
            columns.extend(row);
            offsets.push(columns.len() as u64);
        }
        let weights = (0..columns.len()).map(|n| n as f32).collect();
        SparseRows {
            n_columns: 7,
            offsets,
            columns,
            weights: Some(weights),
            times: None,
        }
    })
}

proptest! {
    #[test]
    fn transposing_twice_is_the_identity(rows in any_rows()) {
        let once = rows.view().transposed();
        prop_assert_eq!(once.view().transposed(), rows);
    }
}
