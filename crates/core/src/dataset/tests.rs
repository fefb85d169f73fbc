use super::*;

fn interaction(user: u32, item: u32, weight: f32, seconds: i64) -> Interaction {
    Interaction {
        user: UserIdx(user),
        item: ItemIdx(item),
        weight,
        time: Timestamp::from_seconds(seconds),
    }
}

fn dataset(all: &[Interaction], repeats: Repeats) -> Dataset {
    Dataset::from_interactions(3, 4, all, repeats).unwrap()
}

#[test]
fn rows_are_histories_in_the_order_of_time() {
    let all = [
        interaction(1, 3, 1.0, 30),
        interaction(0, 2, 1.0, 5),
        interaction(1, 0, 1.0, 10),
        interaction(1, 2, 1.0, 20),
    ];
    let got = dataset(&all, Repeats::KeepLast);
    assert_eq!(got.by_user().row(1).columns, [0, 2, 3]);
    assert_eq!(got.by_item().row(2).columns, [0, 1]);
    assert_eq!(got.by_user().row(2).columns, [0_u32; 0]);
    assert_eq!(got.by_user().weights(), None);
}

#[test]
fn equal_times_keep_the_order_of_the_input() {
    let all = [interaction(0, 3, 1.0, 0), interaction(0, 1, 1.0, 0)];
    let got = dataset(&all, Repeats::KeepLast);
    assert_eq!(got.by_user().row(0).columns, [3, 1]);
    assert_eq!(got.by_user().times(), None);
}

#[test]
fn repeats_are_kept_once() {
    let all = [
        interaction(0, 1, 2.0, 10),
        interaction(0, 2, 1.0, 20),
        interaction(0, 1, 5.0, 30),
        interaction(1, 1, 7.0, 1),
    ];
    let last = dataset(&all, Repeats::KeepLast);
    assert_eq!(last.by_user().row(0).columns, [2, 1]);
    assert_eq!(last.by_user().weights(), Some(&[1.0, 5.0, 7.0][..]));
    let sum = dataset(&all, Repeats::Sum);
    assert_eq!(sum.by_user().weights(), Some(&[1.0, 7.0, 7.0][..]));
    assert_eq!(sum.by_user().row(0).time(1), Timestamp::from_seconds(30));
}

#[test]
fn what_is_out_of_range_is_refused() {
    let bad = Dataset::from_interactions(1, 1, &[interaction(0, 1, 1.0, 0)], Repeats::Sum);
    assert!(matches!(
        bad,
        Err(DatasetError::OutOfRange {
            position: 0,
            item: 1,
            ..
        })
    ));
    let nan = Dataset::from_interactions(1, 1, &[interaction(0, 0, f32::NAN, 0)], Repeats::Sum);
    assert!(matches!(nan, Err(DatasetError::Weight { .. })));
}

#[test]
fn sequences_keep_every_touch_in_the_order_of_time() {
    let touch = |user, item, seconds| Interaction {
        user: UserIdx(user),
        item: ItemIdx(item),
        weight: 1.0,
        time: Timestamp::from_seconds(seconds),
    };
    let all = [
        touch(1, 2, 5),
        touch(0, 0, 3),
        touch(0, 1, 2),
        touch(0, 0, 1),
        touch(0, 0, 3),
    ];
    let data = Dataset::from_sequences(2, 3, &all).unwrap();
    assert!(data.has_repeats());
    assert_eq!(data.by_user().row(0).columns, [0, 1, 0, 0]);
    assert_eq!(data.by_user().row(1).columns, [2]);
    assert_eq!(data.n_interactions(), 5);
    let lasting = data.without_repeats();
    assert!(!lasting.has_repeats());
    assert_eq!(lasting.by_user().row(0).columns, [1, 0]);
    let want = Dataset::from_interactions(2, 3, &all, Repeats::KeepLast).unwrap();
    assert_eq!(lasting, want);
    let outside = Dataset::from_sequences(1, 3, &all);
    assert!(matches!(outside, Err(DatasetError::OutOfRange { .. })));
}
