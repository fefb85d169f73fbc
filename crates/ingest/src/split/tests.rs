use std::fs;

use super::*;
use crate::Reason;

fn split(train: (&str, &str), test: (&str, &str), valid: Option<(&str, &str)>) -> Result<Split> {
    let tmp = tempfile::tempdir().unwrap();
    let file = |(name, text): (&str, &str)| {
        let path = tmp.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let mut files = SplitFiles::new(file(train), file(test));
    files.valid = valid.map(file);
    read_split(&files)
}

fn row(held: &HeldOut, user: u32) -> Vec<u32> {
    held.rows.view().row(user as usize).columns.to_vec()
}

#[test]
fn adjacency_pairs() {
    let split = split(
        ("train.txt", "10 5 3 4\n11 3\n"),
        ("test.txt", "11 4 5 4\n10 6\n"),
        None,
    )
    .unwrap();
    assert_eq!(split.users.ids().collect::<Vec<_>>(), ["10", "11"]);
    assert_eq!(split.items.ids().collect::<Vec<_>>(), ["5", "3", "4", "6"]);
    assert_eq!((split.n_catalog, split.train.n_items()), (3, 3));
    assert_eq!(split.train.by_user().row(0).columns, [0, 1, 2]);
    assert_eq!(split.train.by_user().weights(), None);
    assert_eq!(
        (row(&split.test, 0), row(&split.test, 1)),
        (vec![3], vec![2, 0])
    );
    let counts = SplitCounts {
        users: 2,
        items: 3,
        train: 4,
        test: 3,
        test_users: 2,
        unknown_test_items: 1,
        unreachable_test: 1,
        ..SplitCounts::default()
    };
    assert_eq!(split.counts, counts);
}

#[test]
fn files_of_different_formats_meet_and_validation_belongs_to_the_catalog() {
    let split = split(
        (
            "train.csv",
            "user,item,rating,timestamp\na,x,4,20\na,y,3,10\nb,x,5,1\n",
        ),
        (
            "test.inter",
            "user_id:token\titem_id:token\nc\tz\nb\tx\na\tw\n",
        ),
        Some(("valid.tsv", "user\titem\na\tz\n")),
    )
    .unwrap();
    assert_eq!(split.items.ids().collect::<Vec<_>>(), ["x", "y", "z", "w"]);
    assert_eq!(split.n_catalog, 3);
    // Times order the history: y before x.
    assert_eq!(split.train.by_user().row(0).columns, [1, 0]);
    assert_eq!(split.train.n_users(), 3);
    assert_eq!(row(split.valid.as_ref().unwrap(), 0), [2]);
    assert_eq!(split.counts.test_users_without_history, 1);
    assert_eq!(
        (split.counts.unreachable_test, split.counts.known_test),
        (1, 1)
    );
}

#[test]
fn ratings_are_weights_where_they_are_asked_for() {
    let tmp = tempfile::tempdir().unwrap();
    let path = tmp.path().join("r.csv");
    fs::write(&path, "user,item,rating\na,x,4\na,y,3\n").unwrap();
    let mut files = SplitFiles::new(&path, &path);
    let ones = read_split(&files).unwrap();
    assert_eq!(ones.train.by_user().weights(), None);
    assert_eq!(ones.test.rows.weights.as_deref(), Some(&[4.0, 3.0][..]));
    files.values = Values::Rating;
    let rated = read_split(&files).unwrap();
    assert_eq!(rated.train.by_user().weights(), Some(&[4.0, 3.0][..]));
}

#[test]
fn a_bad_row_is_an_error_that_names_it() {
    let error = split(
        ("train.csv", "user,item,rating\na,x,5\na,,4\n"),
        ("test.txt", "a x\n"),
        None,
    )
    .unwrap_err();
    let Error::SplitRow(rejection) = error else {
        panic!("{error}")
    };
    assert_eq!((rejection.line, rejection.reason), (3, Reason::EmptyId));
    let empty = split(("train.csv", "user,item\n"), ("test.txt", "a x\n"), None);
    assert!(matches!(empty, Err(Error::Empty { .. })));
}

#[test]
fn one_file_is_a_dataset() {
    let tmp = tempfile::tempdir().unwrap();
    let path = tmp.path().join("beauty.txt");
    fs::write(&path, "1 1 2 3\n2 3 4\n").unwrap();
    let loaded = read_interactions(&path, &ReadOptions::default(), Values::KindWeight).unwrap();
    assert_eq!(loaded.dataset.by_user().row(1).columns, [2, 3]);
    assert_eq!(loaded.users.len(), 2);
}
