use std::collections::HashSet;

use proptest::prelude::{Strategy, prop, prop_assert_eq, proptest};

use super::*;

fn touch(user: u32, item: u32, time: i64, (effect, weight): (Effect, f32)) -> Touch {
    Touch {
        user,
        item,
        time,
        weight,
        effect,
        kind: effect as u8,
    }
}

/// Item, weight and time of each entry of user 0.
fn folded(touches: &[Touch], repeats: Repeats) -> Vec<(u32, f32, i64)> {
    let rows = fold(1, 10, touches, repeats).rows;
    entries(&rows, 0)
}

fn entries(rows: &SparseRows, user: usize) -> Vec<(u32, f32, i64)> {
    let row = rows.view().row(user);
    let places = 0..row.len();
    places
        .map(|at| (row.columns[at], row.weight(at), row.time(at).as_millis()))
        .collect()
}

#[test]
fn plays_add_up_and_stand_at_the_last() {
    let touches = [
        touch(0, 1, 10, (Effect::Add, 1.0)),
        touch(0, 2, 20, (Effect::Add, 1.0)),
        touch(0, 1, 30, (Effect::Add, 2.0)),
    ];
    assert_eq!(folded(&touches, Repeats::Sum), [(2, 1.0, 20), (1, 3.0, 30)]);
    assert_eq!(
        folded(&touches, Repeats::KeepLast),
        [(2, 1.0, 20), (1, 2.0, 30)]
    );
}

#[test]
fn a_rating_takes_the_place_of_the_one_before() {
    let touches = [
        touch(0, 1, 10, (Effect::Rate, 5.0)),
        touch(0, 1, 20, (Effect::Add, 1.0)),
        touch(0, 1, 30, (Effect::Rate, 2.0)),
    ];
    assert_eq!(folded(&touches, Repeats::Sum), [(1, 3.0, 30)]);
}

#[test]
fn what_is_spoken_against_is_gone_until_it_is_touched_again() {
    let mut touches = vec![
        touch(0, 1, 30, (Effect::Cancel, 0.0)),
        touch(0, 1, 10, (Effect::Add, 1.0)),
        touch(0, 2, 20, (Effect::Add, 1.0)),
    ];
    assert_eq!(folded(&touches, Repeats::Sum), [(2, 1.0, 20)]);
    touches.push(touch(0, 1, 40, (Effect::Thumb, 2.0)));
    assert_eq!(folded(&touches, Repeats::Sum), [(2, 1.0, 20), (1, 2.0, 40)]);
}

#[test]
fn equal_times_keep_the_order_of_the_input() {
    let touches = [3, 1, 2].map(|item| touch(0, item, 0, (Effect::Add, 1.0)));
    let got: Vec<u32> = folded(&touches, Repeats::Sum)
        .iter()
        .map(|one| one.0)
        .collect();
    assert_eq!(got, [3, 1, 2]);
}

#[test]
fn the_same_kind_at_the_same_known_moment_counts_once() {
    let open = touch(0, 1, 10, (Effect::Add, 1.0));
    let play = Touch { kind: 9, ..open };
    assert_eq!(
        folded(&[open, play, open, play], Repeats::Sum),
        [(1, 2.0, 10)]
    );
    let later = Touch { time: 11, ..open };
    assert_eq!(folded(&[open, later, open], Repeats::Sum), [(1, 2.0, 11)]);
    let unknown = Touch { time: 0, ..open };
    assert_eq!(folded(&[unknown, unknown], Repeats::Sum), [(1, 2.0, 0)]);
}

/// The same by hand: one item at a time, over a sorted copy of the user's events.
fn slow(user: u32, touches: &[Touch]) -> Vec<(u32, f32, i64)> {
    let mine = touches
        .iter()
        .enumerate()
        .filter(|(_, touch)| touch.user == user);
    let mut mine: Vec<(usize, &Touch)> = mine.collect();
    mine.sort_by_key(|(at, touch)| (touch.time, *at));
    let mut all = Vec::new();
    for item in 0..10 {
        let (mut added, mut rating, mut thumb, mut last) = (0.0, 0.0, 0.0, None);
        let mut seen = HashSet::new();
        for (order, (_, touch)) in mine
            .iter()
            .enumerate()
            .filter(|(_, one)| one.1.item == item)
        {
            match touch.effect {
                Effect::Add if touch.time != 0 && !seen.insert(touch.time) => continue,
                Effect::Add => added += touch.weight,
                Effect::Rate => rating = touch.weight,
                Effect::Thumb => thumb = touch.weight,
                Effect::Nothing => unreachable!(),
                Effect::Cancel => {
                    (added, rating, thumb, last) = (0.0, 0.0, 0.0, None);
                    seen.clear();
                    continue;
                }
            }
            last = Some((order, touch.time));
        }
        if let Some((order, time)) = last {
            all.push((order, (item, added + rating + thumb, time)));
        }
    }
    all.sort_by_key(|(order, _)| *order);
    all.into_iter().map(|(_, entry)| entry).collect()
}

fn effects() -> impl Strategy<Value = (Effect, f32)> {
    let kinds = prop::sample::select(vec![
        Effect::Add,
        Effect::Rate,
        Effect::Thumb,
        Effect::Cancel,
    ]);
    (kinds, (1_u8..6).prop_map(f32::from))
}

/// Items whose last event of `user` speaks against them.
fn last_against(user: u32, touches: &[Touch]) -> Vec<u32> {
    let last = |item: u32| {
        let of_both = touches
            .iter()
            .filter(|one| one.user == user && one.item == item);
        // Of equal times the later one of the input.
        of_both.max_by_key(|one| one.time)
    };
    let is_against = |item: &u32| last(*item).is_some_and(|one| one.effect == Effect::Cancel);
    (0..4).filter(is_against).collect()
}

proptest! {
    #[test]
    fn agrees_with_one_item_at_a_time(
        touches in prop::collection::vec((0_u32..3, 0_u32..4, 0_i64..6, effects()), 0..40)
    ) {
        let touches: Vec<Touch> = touches
            .into_iter()
            .map(|(user, item, time, what)| touch(user, item, time, what))
            .collect();
        let folded = fold(3, 4, &touches, Repeats::Sum);
        for user in 0..3 {
            prop_assert_eq!(entries(&folded.rows, user as usize), slow(user, &touches));
            let opposed = folded.opposed.view().row(user as usize).columns;
            prop_assert_eq!(opposed, last_against(user, &touches));
        }
    }
}
