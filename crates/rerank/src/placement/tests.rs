use marquee_core::{AvailabilityWindow, CreatorId, Item, ItemId};
use marquee_filter::Group;
use proptest::{collection::vec, option, prelude::*};

use super::*;

/// Items `i0`, `i1`, … each with genres and a creator, best first.
fn items(of: &[(&[u8], u8)]) -> Vec<Item> {
    let item = |(row, &(genres, creator)): (usize, &(&[u8], u8))| {
        let mut item = Item::new(ItemId::new(format!("i{row}")).unwrap());
        item.genres = genres.iter().map(|genre| format!("g{genre}")).collect();
        item.creators = vec![CreatorId::new(format!("c{creator}")).unwrap()];
        item
    };
    of.iter().enumerate().map(item).collect()
}

/// Items of no genre.
fn plain(count: usize) -> Vec<Item> {
    items(&vec![(&[][..], 0); count])
}

fn pin(row: usize, place: usize) -> Pin {
    Pin {
        item: ItemId::new(format!("i{row}")).unwrap(),
        place,
        during: AvailabilityWindow::ALWAYS,
    }
}

fn cap(by: Group, at_most: usize, within: Option<usize>) -> Cap {
    Cap {
        by,
        at_most,
        within,
    }
}

const NOW: Timestamp = Timestamp::from_seconds(100);

/// Rows in their new order, and what was moved.
fn run(items: &[Item], caps: &[Cap], pins: &[Pin], k: usize) -> (Vec<usize>, Vec<Moved>) {
    let columns = Columns::new(items.iter().map(|item| (item.id.as_str(), Some(item))));
    let reranker = PlacementReranker::new(caps, pins, &columns, NOW);
    let mut slate: Vec<ScoredItem> = (0..items.len())
        .map(|row| ScoredItem {
            item: ItemIdx::from_usize(row),
            score: -(row as f32),
        })
        .collect();
    let query = Query {
        history: &[],
        now: NOW,
        seed: 0,
        k,
    };
    let mut moved = Vec::new();
    reranker.rerank(&query, &mut slate, &mut moved).unwrap();
    (
        slate.iter().map(|scored| scored.item.index()).collect(),
        moved,
    )
}

fn moved(row: u32, rule: Rule, from: usize, to: Option<usize>) -> Moved {
    Moved {
        item: ItemIdx(row),
        rule,
        from,
        to,
    }
}

#[test]
fn a_pin_stands_at_its_place_and_the_others_keep_their_order() {
    let items = plain(5);
    let (order, told) = run(&items, &[], &[pin(4, 2)], 3);
    assert_eq!(order, [0, 4, 1, 2, 3]);
    assert_eq!(told, [moved(4, Rule::pin(0), 4, Some(1))]);
}

#[test]
fn pins_that_meet_stand_one_behind_the_other() {
    let items = plain(5);
    let pins = [pin(4, 1), pin(3, 1), pin(2, 2), pin(4, 5)];
    assert_eq!(run(&items, &[], &pins, 5).0, [4, 3, 2, 0, 1]);
}

#[test]
fn a_pin_behind_the_end_stands_last_and_one_nobody_proposed_nowhere() {
    let items = plain(3);
    assert_eq!(run(&items, &[], &[pin(0, 9), pin(77, 1)], 3).0, [1, 2, 0]);
}

#[test]
fn a_pin_holds_in_its_window_only() {
    let items = plain(3);
    let ended = Pin {
        during: AvailabilityWindow {
            start: None,
            end: Some(NOW),
        },
        ..pin(2, 1)
    };
    assert_eq!(run(&items, &[], &[ended], 3).0, [0, 1, 2]);
}

#[test]
fn a_cap_of_the_whole_answer_drops_the_rest() {
    let items = items(&[(&[], 1), (&[], 1), (&[], 1), (&[], 2)]);
    let (order, told) = run(&items, &[cap(Group::Creator, 2, None)], &[], 4);
    assert_eq!(order, [0, 1, 3]);
    assert_eq!(told, [moved(2, Rule::cap(0), 2, None)]);
}

#[test]
fn a_cap_of_a_window_spreads_them_out() {
    let items = items(&[(&[1], 0), (&[1], 0), (&[1], 0), (&[2], 0), (&[2], 0)]);
    let (order, told) = run(&items, &[cap(Group::Genre, 1, Some(2))], &[], 5);
    assert_eq!(order, [0, 3, 1, 4, 2]);
    assert_eq!(
        told,
        [
            moved(1, Rule::cap(0), 1, Some(2)),
            moved(2, Rule::cap(0), 2, Some(4))
        ]
    );
}

#[test]
fn a_cap_looks_ahead_to_pins() {
    // Place 1 may not hold a `g1`, since one is pinned behind it.
    let items = items(&[(&[1], 0), (&[1], 0), (&[2], 0)]);
    let pins = [pin(1, 2)];
    assert_eq!(
        run(&items, &[cap(Group::Genre, 1, Some(2))], &pins, 3).0,
        [2, 1]
    );
}

#[test]
fn items_of_no_group_are_not_capped() {
    let items = items(&[(&[], 0), (&[], 0), (&[], 0)]);
    let caps = [cap(Group::Genre, 1, None), cap(Group::Series, 1, Some(2))];
    assert_eq!(run(&items, &caps, &[], 3).0, [0, 1, 2]);
}

#[test]
fn without_rules_nothing_is_touched() {
    let items = plain(3);
    assert_eq!(run(&items, &[], &[], 1), (vec![0, 1, 2], vec![]));
}

/// The twin: one list of places, tried candidate by candidate, every window looked at whole.
fn by_trying(items: &[Item], caps: &[Cap], pins: &[(usize, usize)], k: usize) -> Vec<usize> {
    let mut fixed: Vec<Option<usize>> = vec![None; 600];
    let mut sorted: Vec<(usize, usize, usize)> = Vec::new();
    for (number, &(row, place)) in pins.iter().enumerate() {
        let is_first = pins[..number].iter().all(|&(other, _)| other != row);
        if is_first && row < items.len() {
            sorted.push((place, number, row));
        }
    }
    sorted.sort_unstable();
    for &(place, _, row) in &sorted {
        let free = (place - 1..).find(|&at| fixed[at].is_none()).unwrap();
        fixed[free] = Some(row);
    }
    let pinned: Vec<usize> = sorted.iter().map(|&(_, _, row)| row).collect();
    let mut left: Vec<usize> = (0..items.len())
        .filter(|row| !pinned.contains(row))
        .collect();
    let n_places = match caps.is_empty() {
        true => items.len(),
        false => items.len().min(2 * k),
    };
    let mut done = 0;
    while done < n_places {
        if fixed[done].is_none() {
            let fits = |&row: &usize| {
                let mut tried = fixed.clone();
                tried[done] = Some(row);
                caps.iter().all(|cap| holds(cap, &tried, done, items))
            };
            if let Some(nth) = left.iter().position(fits) {
                fixed[done] = Some(left.remove(nth));
            } else if let Some(next) = (done..600).find(|&at| fixed[at].is_some()) {
                fixed[done] = fixed[next].take();
            } else {
                break;
            }
        }
        done += 1;
    }
    fixed[..done].iter().map(|row| row.unwrap()).collect()
}

/// Whether a cap holds for the groups of what stands at `place`, in every window that has it.
fn holds(cap: &Cap, places: &[Option<usize>], place: usize, items: &[Item]) -> bool {
    let groups = |row: usize| -> Vec<String> {
        match cap.by {
            Group::Genre => items[row].genres.clone(),
            _ => items[row]
                .creators
                .iter()
                .map(|id| id.as_str().to_owned())
                .collect(),
        }
    };
    let width = cap.within.unwrap_or(places.len());
    let first = (place + 1).saturating_sub(width);
    (first..=place).all(|start| {
        let window = &places[start..(start + width).min(places.len())];
        groups(places[place].unwrap()).iter().all(|group| {
            let count = window
                .iter()
                .flatten()
                .filter(|&&row| groups(row).contains(group))
                .count();
            count <= cap.at_most
        })
    })
}

fn caps() -> impl Strategy<Value = Vec<Cap>> {
    let one = (any::<bool>(), 1_usize..4, option::of(1_usize..5));
    vec(one, 0..3).prop_map(|caps| {
        let cap = |(genre, at_most, more): (bool, usize, Option<usize>)| Cap {
            by: if genre { Group::Genre } else { Group::Creator },
            at_most,
            within: more.map(|more| at_most + more),
        };
        caps.into_iter().map(cap).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_layout_is_the_one_found_by_trying(
        of in vec((vec(0_u8..4, 0..3), 0_u8..4), 0..24),
        caps in caps(),
        pins in vec((0_usize..26, 1_usize..30), 0..5),
        k in 1_usize..24,
    ) {
        let borrowed: Vec<(&[u8], u8)> = of.iter().map(|(genres, creator)| (&genres[..], *creator)).collect();
        let items = items(&borrowed);
        let set: Vec<Pin> = pins.iter().map(|&(row, place)| pin(row, place)).collect();
        let (order, told) = run(&items, &caps, &set, k);
        prop_assert_eq!(&order, &by_trying(&items, &caps, &pins, k));
        for one in told {
            prop_assert_ne!(one.to, Some(one.from));
            prop_assert!(one.from < k || one.to.is_some_and(|to| to < k));
            prop_assert_eq!(one.to, order.iter().position(|&row| row == one.item.index()));
            prop_assert_eq!(one.from, one.item.index());
        }
    }

    /// Without pins no window of the answer breaks a cap.
    #[test]
    fn caps_hold_everywhere(
        of in vec((vec(0_u8..4, 0..3), 0_u8..4), 0..40),
        caps in caps(),
    ) {
        let borrowed: Vec<(&[u8], u8)> = of.iter().map(|(genres, creator)| (&genres[..], *creator)).collect();
        let items = items(&borrowed);
        let order = run(&items, &caps, &[], 20).0;
        let places: Vec<Option<usize>> = order.iter().copied().map(Some).collect();
        for place in 0..places.len() {
            prop_assert!(caps.iter().all(|cap| holds(cap, &places, place, &items)));
        }
    }
}
