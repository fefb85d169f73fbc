use super::*;
use crate::Values;

fn entry(item: u32, weight: f32, time: i64) -> HistoryEntry {
    HistoryEntry {
        item: ItemIdx(item),
        weight,
        time: Timestamp::from_millis(time),
    }
}

fn signal(item: u32, time: i64, kind: EventKind, value: f32) -> Signal {
    Signal {
        item: ItemIdx(item),
        time: Timestamp::from_millis(time),
        kind,
        value,
    }
}

#[track_caller]
fn check(
    (history, opposed): (&[HistoryEntry], &[u32]),
    signals: &[Signal],
    want: (&[HistoryEntry], &[u32]),
) {
    let opposed: Vec<ItemIdx> = opposed.iter().copied().map(ItemIdx).collect();
    let got = fold_viewer(history, &opposed, signals, &Selection::default());
    assert_eq!(got.history, want.0);
    let got: Vec<u32> = got.opposed.iter().map(|item| item.0).collect();
    assert_eq!(got, want.1);
}

#[test]
fn without_signals_everything_stays() {
    let history = [entry(7, 2.0, 0), entry(3, 1.0, 0), entry(9, 1.5, 50)];
    check((&history, &[4]), &[], (&history, &[4]));
}

#[test]
fn an_item_that_comes_again_counts_more_and_moves_to_the_end() {
    let history = [entry(7, 1.0, 10), entry(3, 1.0, 20)];
    let play = signal(7, 30, EventKind::Play, 60.0);
    let want = [entry(3, 1.0, 20), entry(7, 2.0, 30)];
    check((&history, &[]), &[play], (&want, &[]));
}

#[test]
fn a_rating_replaces_what_the_history_holds() {
    let history = [entry(7, 1.0, 10)];
    let rate = signal(7, 30, EventKind::Rate, 4.0);
    check((&history, &[]), &[rate], (&[entry(7, 1.0, 30)], &[]));
}

#[test]
fn a_thumb_down_takes_an_item_out_and_a_later_play_brings_it_back() {
    let history = [entry(7, 1.0, 10), entry(8, 1.0, 11)];
    let down = signal(7, 30, EventKind::Thumb, -1.0);
    check((&history, &[]), &[down], (&[entry(8, 1.0, 11)], &[7]));
    let play = signal(7, 40, EventKind::Play, 60.0);
    let want = [entry(8, 1.0, 11), entry(7, 1.0, 40)];
    check((&history, &[]), &[down, play], (&want, &[]));
    check((&[], &[7]), &[play], (&[entry(7, 1.0, 40)], &[]));
}

#[test]
fn signals_are_gone_through_by_their_time_whatever_their_order() {
    let late = signal(1, 90, EventKind::Play, 1.0);
    let early = signal(2, 10, EventKind::Play, 1.0);
    let want = [entry(2, 1.0, 10), entry(1, 1.0, 90)];
    check((&[], &[]), &[late, early], (&want, &[]));
}

#[test]
fn what_has_no_weight_changes_nothing() {
    let seen = signal(1, 90, EventKind::Impression, 1.0);
    let paused = signal(2, 10, EventKind::Pause, 30.0);
    check(
        (&[entry(5, 1.0, 1)], &[]),
        &[seen, paused],
        (&[entry(5, 1.0, 1)], &[]),
    );
}

#[test]
fn ratings_count_as_themselves_where_they_are_what_is_learned() {
    let selection = Selection {
        values: Values::Rating,
        ..Selection::default()
    };
    let rate = signal(7, 30, EventKind::Rate, 2.0);
    let got = fold_viewer(&[entry(7, 5.0, 10)], &[], &[rate], &selection);
    assert_eq!(got.history, [entry(7, 2.0, 30)]);
}
