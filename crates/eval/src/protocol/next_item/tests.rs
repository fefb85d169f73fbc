use marquee_core::{Interaction, ItemIdx, Timestamp};

use super::*;
use crate::{Evaluator, Seen, rank_case};

fn sessions(n_items: usize, rows: &[&[u32]]) -> Dataset {
    let mut all = Vec::new();
    for (user, row) in rows.iter().enumerate() {
        all.extend(row.iter().map(|&item| Interaction {
            user: UserIdx::from_usize(user),
            item: ItemIdx(item),
            weight: 1.0,
            time: Timestamp::EPOCH,
        }));
    }
    Dataset::from_sequences(rows.len(), n_items, &all).unwrap()
}

fn cases(which: NextItem) -> Vec<(u32, Vec<u32>, Vec<u32>)> {
    let train = sessions(4, &[&[0, 1], &[2, 3]]);
    // The second session has an item that training does not know, the third nothing to find.
    let test = sessions(5, &[&[1, 1, 2], &[0, 4, 3], &[2]]);
    let fold = next_item_fold(train, &test, which).unwrap();
    assert_eq!(fold.test().n_items(), 4);
    assert!(fold.validation().is_empty());
    let cases = fold.test().iter().map(|case| {
        assert_eq!((case.train_row, case.seen), (None, Seen::Ranked));
        let columns = |row: marquee_core::Row<'_>| row.columns.to_vec();
        (case.user.0, columns(case.history), columns(case.relevant))
    });
    cases.collect()
}

#[test]
fn every_event_but_the_first_is_found_from_those_before() {
    let want = [
        (0, vec![1], vec![1]),
        (0, vec![1, 1], vec![2]),
        (1, vec![0], vec![4]),
        (1, vec![0], vec![3]),
    ];
    assert_eq!(cases(NextItem::Every), want);
}

#[test]
fn last_events_are_found_from_all_before() {
    let want = [(0, vec![1, 1], vec![2]), (1, vec![0], vec![3])];
    assert_eq!(cases(NextItem::Last), want);
}

#[test]
fn what_was_seen_may_be_right_again() {
    let train = sessions(3, &[&[0, 1, 2]]);
    let test = sessions(3, &[&[1, 1], &[1, 2]]);
    let fold = next_item_fold(train, &test, NextItem::Every).unwrap();
    let evaluator = Evaluator::new(fold.test(), &"1,2".parse().unwrap());
    for (number, case) in fold.test().iter().enumerate() {
        let ranked = rank_case(&mut [0.1, 0.9, 0.5], &case, 2);
        assert_eq!(ranked, [ItemIdx(1), ItemIdx(2)]);
        evaluator.record(number, &ranked).unwrap();
    }
    let summary = evaluator.finish().unwrap().summary();
    let mean = |name: &str| summary.get(name.parse().unwrap()).unwrap().mean;
    // Found at the first place, and at the second.
    assert!((mean("mrr@2") - 0.75).abs() < 1e-12);
    assert!((mean("recall@2") - 1.0).abs() < 1e-12);
    assert!((mean("recall@1") - 0.5).abs() < 1e-12);
}

#[test]
fn sessions_that_tell_nothing_are_refused() {
    let train = || sessions(3, &[&[0, 1, 2]]);
    let got = next_item_fold(train(), &sessions(3, &[&[1], &[]]), NextItem::Every);
    assert_eq!(
        got,
        Err(Error::NoCases {
            protocol: "next-item"
        })
    );
    let got = next_item_fold(train(), &sessions(2, &[&[1, 0]]), NextItem::Every);
    assert!(matches!(
        got,
        Err(Error::Shape {
            part: "sessions",
            ..
        })
    ));
    assert_eq!("last".parse(), Ok(NextItem::Last));
    assert!("first".parse::<NextItem>().is_err());
}
