use marquee_core::{Interaction, Repeats};
use marquee_ingest::Selection;

use super::*;

fn sample() -> Loaded {
    let users = Vocabulary::from_ids(["zoe", "ann", "bob"]).unwrap();
    let items = Vocabulary::from_ids(["m9", "m1", "é"]).unwrap();
    let one = |user, item, weight, seconds| Interaction {
        user: UserIdx(user),
        item: ItemIdx(item),
        weight,
        time: Timestamp::from_seconds(seconds),
    };
    let all = [one(0, 2, 1.0, 9), one(0, 1, 3.0, 5), one(1, 1, 1.0, 1)];
    let opposed = SparseRows {
        n_columns: 3,
        offsets: vec![0, 0, 2, 2],
        columns: vec![0, 2],
        weights: None,
        times: None,
    };
    Loaded {
        dataset: Dataset::from_interactions(3, 3, &all, Repeats::KeepLast).unwrap(),
        users,
        items,
        opposed,
        selection: Selection {
            min_rating: Some(3.5),
            ..Selection::default()
        },
        journal_seq: 12,
    }
}

#[test]
fn what_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("interactions.mqa");
    let loaded = sample();
    write(&path, &loaded).unwrap();
    let Loaded {
        dataset: data,
        users,
        items,
        ..
    } = loaded;
    let open = Interactions::open(&path).unwrap();
    for (row, id) in users.ids().enumerate() {
        assert_eq!(open.user(id), Some(UserIdx::from_usize(row)));
    }
    for (row, id) in items.ids().enumerate() {
        assert_eq!(open.item(id), Some(ItemIdx::from_usize(row)));
        assert_eq!(open.item_id(ItemIdx::from_usize(row)), Some(id));
    }
    assert_eq!(open.selection().min_rating, Some(3.5));
    assert_eq!(open.journal_seq(), 12);
    assert_eq!(open.user("nobody"), None);
    assert_eq!(open.item_counts(), [0.0, 2.0, 1.0]);
    assert_eq!(open.dataset().unwrap(), data);
    let history = open.history(UserIdx(0)).unwrap();
    assert_eq!(history, marquee_core::history_of(data.by_user().row(0)));
    assert!(open.history(UserIdx(2)).unwrap().is_empty());
    assert!(open.history(UserIdx(3)).unwrap().is_empty());
    let opposed = |user| open.opposed(UserIdx(user)).unwrap().to_vec();
    assert_eq!(opposed(1), [0, 2]);
    assert!(opposed(0).is_empty() && opposed(2).is_empty() && opposed(3).is_empty());
    open.verify().unwrap();
}

#[test]
fn damaged_histories_are_errors_not_panics() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("interactions.mqa");
    let Loaded {
        dataset: data,
        users,
        items,
        ..
    } = sample();
    let rows = data.by_user();
    let mut artifact = ArtifactBuilder::new(KIND, FORMAT);
    artifact.strings("user_ids", users.ids());
    artifact.strings("item_ids", items.ids());
    let order: Vec<u32> = vec![7, 7, 7];
    let offsets: Vec<u64> = vec![0, 99, 1, 3];
    let columns: Vec<u32> = vec![0, 1, 77];
    artifact.section("user_order", &[3], &order);
    artifact.section("item_order", &[3], &order);
    artifact.section("offsets", &[4], &offsets);
    artifact.section("columns", &[3], &columns);
    artifact.section("times", &[3], rows.times().unwrap());
    artifact.section("item_counts", &[3], &[0.0_f32; 3]);
    artifact.section("opposed_offsets", &[4], &[0_u64, 1, 2, 9]);
    artifact.section("opposed_columns", &[2], &[0_u32, 5]);
    artifact.write(&path).unwrap();
    let open = Interactions::open(&path).unwrap();
    assert_eq!(open.user("ann"), None);
    let shape_of = |user| match open.history(UserIdx(user)) {
        Err(EngineError::Shape { section, .. }) => section,
        other => panic!("{other:?}"),
    };
    assert_eq!(shape_of(0), "offsets");
    assert_eq!(shape_of(1), "offsets");
    assert_eq!(shape_of(2), "columns");
    assert!(open.dataset().is_err());
    let opposed = |user| match open.opposed(UserIdx(user)) {
        Err(EngineError::Shape { section, .. }) => section,
        other => panic!("{other:?}"),
    };
    assert_eq!(open.opposed(UserIdx(0)).unwrap(), [0]);
    assert_eq!(opposed(1), "opposed_columns");
    assert_eq!(opposed(2), "opposed_offsets");
}
