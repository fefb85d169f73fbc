//! What is kept with items and creators is what would be worked out anew.

use proptest::prelude::*;

use super::*;

/// What happens to a state between two requests.
#[derive(Debug, Clone)]
enum Step {
    /// An event of kind and item, so many seconds before the first request.
    Event(usize, usize, i64),
    /// A retraction of the event of this number.
    TakeBack(usize),
    /// A record with another genre, creator and length.
    Record(usize, usize),
    /// A request so many seconds later than the first.
    Ask(i64),
}

fn some_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..5_usize, 0..4_usize, 0..3 * DAY).prop_map(|(kind, item, ago)| Step::Event(kind, item, ago)),
        1 => (0..40_usize).prop_map(Step::TakeBack),
        1 => (0..4_usize, 0..6_usize).prop_map(|(item, n)| Step::Record(item, n)),
        4 => prop_oneof![Just(0), Just(10), -DAY..DAY].prop_map(Step::Ask),
    ]
}

fn name(item: usize) -> &'static str {
    ["a", "b", "c", "d"][item]
}

fn to_event(seq: usize, (kind, item, ago): (usize, usize, i64)) -> Event {
    let item = id(name(item));
    let action = match kind {
        0 => Action::Open { item },
        1 => Action::Like { item },
        2 => Action::Follow {
            creator: CreatorId::new("ann").unwrap(),
        },
        3 => Action::Play {
            item,
            watched: Seconds(120.0),
            duration: None,
        },
        _ => Action::Impression { item },
    };
    Event {
        id: Some(EventId::new(format!("e{seq}")).unwrap()),
        ..event(ago, action)
    }
}

/// A record with more genres and tags than most, up to more than an entry has room for.
fn record(item: usize, n: usize) -> Item {
    let words = |stem: &str, n: usize| (0..n).map(|at| format!("{stem}{at}")).collect();
    Item {
        genres: words("genre", n),
        tags: words("tag", 2 * n),
        creators: vec![CreatorId::new(["ann", "bob", "new"][n % 3]).unwrap()],
        released: n
            .is_multiple_of(2)
            .then(|| Timestamp::from_seconds(NOW - 5 * DAY)),
        duration: Some(Seconds(60.0 * n as f64)),
        ..Item::new(id(name(item)))
    }
}

fn bits(state: &FeatureState, later_s: i64) -> (Vec<u32>, Vec<u32>) {
    let items = [2, 0, NONE, 1, 3, 0, 99];
    let asked = Asked {
        viewer: 0,
        time: Timestamp::from_seconds(NOW + later_s),
        device: None,
        page: None,
        items: &items,
        positions: &[],
    };
    let mut table = FeatureTable::new(state.plan().schema().clone()).unwrap();
    let vectors = VectorSet::default();
    let mut scratch = Scratch::default();
    // Twice, so that the second time is read from what the first one kept.
    for _ in 0..2 {
        state
            .compute(&asked, &vectors, &mut scratch, &mut table)
            .unwrap();
    }
    let view = table.view();
    let dense: Vec<u32> = view.dense().iter().map(|value| value.to_bits()).collect();
    let half = dense.len() / 2;
    assert_eq!(dense[..half], dense[half..]);
    (dense, view.sparse().to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_kept_is_what_is_worked_out_anew(steps in prop::collection::vec(some_step(), 1..60)) {
        let mut state = FeatureState::new(Arc::new(Plan::standard()), entities());
        for (seq, step) in steps.into_iter().enumerate() {
            match step {
                Step::Event(kind, item, ago) => {
                    state.apply(seq as u64, &to_event(seq, (kind, item, ago))).unwrap();
                }
                Step::TakeBack(target) => {
                    let target = EventId::new(format!("e{target}")).unwrap();
                    let action = Action::Retract { event: target };
                    state.apply(seq as u64, &event(0, action)).unwrap();
                }
                Step::Record(item, n) => {
                    state.put_item(&record(item, n)).unwrap();
                }
                Step::Ask(later_s) => {
                    prop_assert_eq!(bits(&state, later_s), bits(&state.clone(), later_s));
                }
            }
        }
    }
}

#[test]
fn requests_that_fill_entries_at_once_agree() {
    let mut state = FeatureState::new(Arc::new(Plan::standard()), entities());
    for seq in 0..40 {
        let step = (seq % 5, seq % 4, i64::try_from(seq).unwrap() * HOUR);
        state.apply(seq as u64, &to_event(seq, step)).unwrap();
    }
    // Half of them ask for another day, so that entries are void again and again.
    let wanted = [0, DAY].map(|later| bits(&state.clone(), later));
    std::thread::scope(|scope| {
        for thread in 0..4_u8 {
            let (state, wanted) = (&state, &wanted);
            scope.spawn(move || {
                for round in 0..20 {
                    let at = usize::from((thread + round) % 2);
                    let later = if at == 0 { 0 } else { DAY };
                    assert_eq!(bits(state, later), wanted[at]);
                }
            });
        }
    });
}
