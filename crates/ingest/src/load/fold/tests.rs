use std::collections::BTreeMap;

use proptest::prelude::{Just, Strategy, prop, prop_assert_eq, prop_oneof, proptest};

use super::*;

fn touch(user: u32, item: u32, time: i64, effect: Effect) -> Touch {
    Touch {
        user,
        item,
        time,
        effect,
    }
}

/// Item, weight and time of each entry of user 0.
fn folded(touches: &[Touch], repeats: Repeats) -> Vec<(u32, f32, i64)> {
    let rows = fold(1, 10, touches, repeats);
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
        touch(0, 1, 10, Effect::Add(1.0)),
        touch(0, 2, 20, Effect::Add(1.0)),
        touch(0, 1, 30, Effect::Add(2.0)),
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
        touch(0, 1, 10, Effect::Rate(5.0)),
        touch(0, 1, 20, Effect::Add(1.0)),
        touch(0, 1, 30, Effect::Rate(2.0)),
    ];
    assert_eq!(folded(&touches, Repeats::Sum), [(1, 3.0, 30)]);
}

#[test]
fn what_is_spoken_against_is_gone_until_it_is_touched_again() {
    let mut touches = vec![
        touch(0, 1, 30, Effect::Cancel),
        touch(0, 1, 10, Effect::Add(1.0)),
        touch(0, 2, 20, Effect::Add(1.0)),
    ];
    assert_eq!(folded(&touches, Repeats::Sum), [(2, 1.0, 20)]);
    touches.push(touch(0, 1, 40, Effect::Thumb(2.0)));
    assert_eq!(folded(&touches, Repeats::Sum), [(2, 1.0, 20), (1, 2.0, 40)]);
}

#[test]
fn equal_times_keep_the_order_of_the_input() {
    let touches = [3, 1, 2].map(|item| touch(0, item, 0, Effect::Add(1.0)));
    let got: Vec<u32> = folded(&touches, Repeats::Sum)
        .iter()
        .map(|one| one.0)
        .collect();
    assert_eq!(got, [3, 1, 2]);
}

/// The same by hand: one user and item at a time, over a sorted copy of the events.
fn slow(user: u32, touches: &[Touch]) -> Vec<(u32, f32, i64)> {
    let mut mine: Vec<(usize, &Touch)> = touches
        .iter()
        .enumerate()
        .filter(|(_, t)| t.user == user)
        .collect();
    mine.sort_by_key(|(at, touch)| (touch.time, *at));
    let mut of_item: BTreeMap<u32, (f32, f32, f32, i64, usize)> = BTreeMap::new();
    for (order, (_, touch)) in mine.into_iter().enumerate() {
        if touch.effect == Effect::Cancel {
            of_item.remove(&touch.item);
            continue;
        }
        let entry = of_item.entry(touch.item).or_default();
        match touch.effect {
            Effect::Add(weight) => entry.0 += weight,
            Effect::Rate(weight) => entry.1 = weight,
            Effect::Thumb(weight) => entry.2 = weight,
            Effect::Nothing | Effect::Cancel => unreachable!(),
        }
        (entry.3, entry.4) = (touch.time, order);
    }
    let mut all: Vec<_> = of_item.into_iter().collect();
    all.sort_by_key(|(_, entry)| entry.4);
    all.into_iter()
        .map(|(item, e)| (item, e.0 + e.1 + e.2, e.3))
        .collect()
}

fn effects() -> impl Strategy<Value = Effect> {
    prop_oneof![
        (1_u8..4).prop_map(|w| Effect::Add(f32::from(w))),
        (1_u8..6).prop_map(|w| Effect::Rate(f32::from(w))),
        (1_u8..3).prop_map(|w| Effect::Thumb(f32::from(w))),
        Just(Effect::Cancel),
    ]
}

proptest! {
    #[test]
    fn agrees_with_one_item_at_a_time(
        touches in prop::collection::vec((0_u32..3, 0_u32..4, 0_i64..6, effects()), 0..40)
    ) {
        let touches: Vec<Touch> =
            touches.into_iter().map(|(user, item, time, effect)| touch(user, item, time, effect)).collect();
        let rows = fold(3, 4, &touches, Repeats::Sum);
        for user in 0..3 {
            prop_assert_eq!(entries(&rows, user as usize), slow(user, &touches));
        }
    }
}
