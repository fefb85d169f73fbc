//! Rows know what was known, and outcomes what followed.

use std::sync::Arc;

use marquee_core::{
    Action, Actor, EventId, Item, ItemId, ItemIdx, RecommendationId, Surface, UserId, UserIdx,
};
use marquee_testkit::world::{World, tiny_world};

use super::*;

/// Events and records of a world.
fn played(world: &World) -> (Vec<Event>, Entities) {
    let mut entities = Entities::default();
    for row in 0..world.items().len() {
        entities
            .put_item(&world.item(ItemIdx::from_usize(row)))
            .unwrap();
    }
    for row in 0..world.viewers().len() {
        entities.put_user(&world.user(UserIdx::from_usize(row)));
    }
    let records: Vec<_> = world.days().flatten().collect();
    (
        records.iter().map(|record| world.event(record)).collect(),
        entities,
    )
}

fn rows(events: &[Event], entities: &Entities, options: &TrainingOptions) -> Joined {
    let plan = Arc::new(Plan::standard());
    training_rows(
        plan,
        entities.clone(),
        events,
        &VectorSet::default(),
        options,
    )
    .unwrap()
}

/// Every bit of the features of one request.
fn bits(table: &FeatureTable, request: usize) -> Vec<u32> {
    let one = table.view().slice(request..request + 1);
    let dense = one.request_dense().iter().chain(one.dense());
    let sparse = one.request_sparse().iter().chain(one.sparse());
    dense
        .map(|value| value.to_bits())
        .chain(sparse.copied())
        .chain(one.sequence(0, 0).to_vec())
        .collect()
}

#[test]
fn rows_are_what_a_state_of_earlier_events_computes() {
    let (events, entities) = played(&tiny_world());
    let joined = rows(&events, &entities, &TrainingOptions::default());
    let table = &joined.table;
    assert!(table.time.len() > 300);
    // A fresh state for each of some requests, fed with nothing but what came before.
    for request in (0..table.time.len()).step_by(61) {
        let time = table.time[request];
        let mut state = FeatureState::new(Arc::new(Plan::standard()), entities.clone());
        for (seq, event) in events
            .iter()
            .enumerate()
            .filter(|(_, event)| event.time < time)
        {
            state.apply(seq as u64, event).unwrap();
        }
        let range = table.features.view().rows_of(request);
        let shown = joined.impressions[range.start];
        let shown = &events[usize::try_from(shown).unwrap()];
        let asked = Asked {
            viewer: state.entities_mut().viewer(&shown.actor),
            time,
            device: shown.device.as_deref(),
            page: Some("home"),
            items: &table.item[range.clone()],
            positions: &table.position[range],
        };
        let mut alone = FeatureTable::new(state.plan().schema().clone()).unwrap();
        let mut scratch = Scratch::default();
        state
            .compute(&asked, &VectorSet::default(), &mut scratch, &mut alone)
            .unwrap();
        assert!(
            bits(&alone, 0) == bits(&table.features, request),
            "request {request}"
        );
    }
}

#[test]
fn another_future_changes_no_row_of_the_past() {
    let (events, entities) = played(&tiny_world());
    let options = TrainingOptions::default();
    let joined = rows(&events, &entities, &options);
    let before = &joined.table;
    let middle = before.time[before.time.len() / 2];
    // From the middle on everybody likes what they opened and opens what they saw, a bit earlier.
    let mut other = events.clone();
    for event in other.iter_mut().filter(|event| event.time > middle) {
        let shift = Seconds(-(event.time - middle).0 / 2.0);
        event.time = event.time.plus(shift);
        event.action = match &event.action {
            Action::Impression { item } => Action::Open { item: item.clone() },
            Action::Open { item } => Action::Like { item: item.clone() },
            action => action.clone(),
        };
    }
    let after = rows(&other, &entities, &options).table;
    // Requests whose last impression is of the past; the others have other candidates now.
    let view = before.features.view();
    let past = (0..view.n_requests()).take_while(|&request| {
        let last = joined.impressions[view.rows_of(request).end - 1];
        events[usize::try_from(last).unwrap()].time <= middle
    });
    let past = past.count();
    assert!(past > 100);
    for request in 0..past {
        assert_eq!(before.time[request], after.time[request]);
        let same = bits(&before.features, request) == bits(&after.features, request);
        assert!(same, "request {request}");
    }
}

#[test]
fn order_of_the_log_does_not_matter() {
    let (events, entities) = played(&tiny_world());
    let straight = rows(&events, &entities, &TrainingOptions::default()).table;
    // Events of one time keep their order, since that is all that tells them apart.
    let mut shuffled = events.clone();
    shuffled.sort_by_key(|event| (event.time.as_millis() / 60_000 * 7919 % 1009, event.time));
    let shuffled = rows(&shuffled, &entities, &TrainingOptions::default()).table;
    assert_eq!(straight.time.len(), shuffled.time.len());
    // Rows of viewers differ where two requests are of one moment; both have the same contents.
    let of = |table: &TrainingTable| {
        let mut all: Vec<_> = (0..table.time.len())
            .map(|request| (table.time[request], bits(&table.features, request)))
            .collect();
        all.sort();
        all
    };
    assert!(of(&straight) == of(&shuffled));
}

#[test]
fn outcomes_are_those_of_the_world() {
    let world = tiny_world();
    let (events, entities) = played(&world);
    let options = TrainingOptions {
        until: Some(events[events.len() - 1].time.plus(Seconds::DAY)),
        ..TrainingOptions::default()
    };
    let joined = rows(&events, &entities, &options);
    assert_eq!(joined.dropped_requests, 0);
    let view = joined.table.view().unwrap();
    let opens = view.place_of(&Head::Open).unwrap();
    let found: f32 = view.label(opens).iter().sum();
    let expected: f64 = world
        .days()
        .flatten()
        .filter_map(|record| match record.deed {
            marquee_testkit::world::Deed::Impression { truth, .. } => Some(f64::from(truth.open)),
            _ => None,
        })
        .sum();
    assert!(
        (f64::from(found) / expected - 1.0).abs() < 0.1,
        "{found} of {expected}"
    );
    // Places in slates are told.
    assert!(view.position().iter().all(|&position| position < 10));
}

const NOW: i64 = 1_736_169_600;

/// An event of one viewer `at` seconds.
fn event(at: i64, recommendation: Option<&str>, action: Action) -> Event {
    Event {
        id: Some(EventId::new(format!("{at}")).unwrap()),
        actor: Actor::User(UserId::new("v").unwrap()),
        time: Timestamp::from_seconds(NOW + at),
        action,
        surface: Some(Surface {
            page: "home".into(),
            position: u32::try_from(at % 10).unwrap(),
            ..Surface::default()
        }),
        device: None,
        session: None,
        recommendation: recommendation.map(|id| RecommendationId::new(id).unwrap()),
    }
}

fn item(id: &str) -> ItemId {
    ItemId::new(id).unwrap()
}

fn shown(at: i64, answer: Option<&str>, id: &str) -> Event {
    event(at, answer, Action::Impression { item: item(id) })
}

fn entities() -> Entities {
    let mut entities = Entities::default();
    for id in ["a", "b", "c"] {
        let item = Item {
            duration: Some(Seconds(100.0)),
            ..Item::new(item(id))
        };
        entities.put_item(&item).unwrap();
    }
    entities
}

/// The values of a head for the rows of `events`, the window being an hour and the log a day.
#[track_caller]
fn check(head: &Head, events: &[Event], want: &[f32]) {
    let options = TrainingOptions {
        attribution: Seconds(3600.0),
        until: Some(Timestamp::from_seconds(NOW + 86_400)),
        ..TrainingOptions::default()
    };
    let joined = rows(events, &entities(), &options);
    let view = joined.table.view().unwrap();
    assert_eq!(view.label(view.place_of(head).unwrap()), want);
}

#[test]
fn outcome_is_credited_to_the_answer_it_names_or_to_the_latest() {
    let open = |at, answer| event(at, answer, Action::Open { item: item("a") });
    let log = [
        shown(0, Some("x"), "a"),
        shown(60, Some("y"), "a"),
        open(90, Some("x")),
    ];
    check(&Head::Open, &log, &[1.0, 0.0]);
    let log = [
        shown(0, Some("x"), "a"),
        shown(60, Some("y"), "a"),
        open(90, None),
    ];
    check(&Head::Open, &log, &[0.0, 1.0]);
}

#[test]
fn outcome_after_the_window_or_before_the_impression_is_nobodys() {
    let open = |at| event(at, None, Action::Open { item: item("a") });
    check(&Head::Open, &[shown(0, None, "a"), open(3600)], &[1.0]);
    check(&Head::Open, &[shown(0, None, "a"), open(3601)], &[0.0]);
    check(&Head::Open, &[open(0), shown(1, None, "a")], &[0.0]);
}

#[test]
fn watch_fraction_adds_up_and_ends_at_one() {
    let play = |at, watched, duration| {
        let (item, watched) = (item("a"), Seconds(watched));
        event(
            at,
            None,
            Action::Play {
                item,
                watched,
                duration,
            },
        )
    };
    let log = [
        shown(0, None, "a"),
        play(1, 25.0, None),
        play(2, 25.0, None),
        shown(3, None, "b"),
    ];
    check(&Head::WatchFraction, &log, &[0.5, 0.0]);
    check(&Head::Finish, &log, &[0.0, 0.0]);
    // The player knows the length better than the record.
    let log = [shown(0, None, "a"), play(1, 45.0, Some(Seconds(50.0)))];
    check(&Head::WatchFraction, &log, &[0.9]);
    check(&Head::Finish, &log, &[1.0]);
    let log = [shown(0, None, "a"), play(1, 500.0, None)];
    check(&Head::WatchFraction, &log, &[1.0]);
}

#[test]
fn outcome_that_is_taken_back_within_the_window_did_not_happen() {
    let like = event(10, None, Action::Like { item: item("a") });
    let back = |at, of: &str| {
        let event_ = EventId::new(of).unwrap();
        event(at, None, Action::Retract { event: event_ })
    };
    let log = |last: Event| [shown(0, None, "a"), like.clone(), last];
    check(&Head::Like, &log(back(20, "10")), &[0.0]);
    check(&Head::Like, &log(back(3601, "10")), &[1.0]);
    let undone = [
        shown(0, None, "a"),
        like.clone(),
        back(20, "10"),
        back(30, "20"),
    ];
    check(&Head::Like, &undone, &[1.0]);
}

#[test]
fn impressions_without_an_answer_are_grouped_by_moment() {
    let log = [
        shown(0, None, "a"),
        shown(5, None, "b"),
        shown(6, None, "c"),
        shown(90, Some("x"), "a"),
        shown(300, Some("x"), "b"),
    ];
    let joined = rows(
        &log,
        &entities(),
        &TrainingOptions {
            until: Some(Timestamp::from_seconds(NOW + 90_000)),
            ..TrainingOptions::default()
        },
    );
    let view = joined.table.features.view();
    let sizes: Vec<_> = (0..view.n_requests())
        .map(|request| view.rows_of(request).len())
        .collect();
    assert_eq!(sizes, [2, 1, 2]);
    assert_eq!(joined.impressions, [0, 1, 2, 3, 4]);
}

#[test]
fn open_windows_are_dropped_or_masked() {
    let log = [
        shown(0, None, "a"),
        shown(100_000, None, "b"),
        event(100_001, None, Action::Open { item: item("b") }),
    ];
    let joined = rows(&log, &entities(), &TrainingOptions::default());
    assert_eq!((joined.table.time.len(), joined.dropped_requests), (1, 1));
    let mask = TrainingOptions {
        open_windows: OpenWindows::Mask,
        ..TrainingOptions::default()
    };
    let joined = rows(&log, &entities(), &mask);
    assert_eq!(joined.dropped_requests, 0);
    for column in &joined.table.labels {
        assert!(
            !column.values[0].is_nan() && column.values[1].is_nan(),
            "{}",
            column.head
        );
    }
}

#[test]
fn answers_know_events_only_after_the_lag() {
    let open = event(0, None, Action::Open { item: item("c") });
    let log = [open, shown(30, None, "a"), shown(100, None, "a")];
    let text = "version = 1\n[[feature]]\nname = \"f\"\nkind = \"counter\"\nof = \"viewer\"\nevents = [\"open\"]";
    let options = TrainingOptions {
        lag: Seconds(60.0),
        until: Some(Timestamp::from_seconds(NOW + 90_000)),
        ..TrainingOptions::default()
    };
    let plan = Arc::new(Plan::parse(text).unwrap());
    let joined = training_rows(plan, entities(), &log, &VectorSet::default(), &options).unwrap();
    assert_eq!(joined.table.features.view().request_dense(), [0.0, 1.0]);
    let late = TrainingOptions {
        from: Some(Timestamp::from_seconds(NOW + 50)),
        ..options
    };
    let plan = Arc::new(Plan::parse(text).unwrap());
    let joined = training_rows(plan, entities(), &log, &VectorSet::default(), &late).unwrap();
    assert_eq!(joined.table.features.view().request_dense(), [1.0]);
}

#[test]
fn request_is_dropped_when_its_last_window_is_open() {
    let until = |at: i64| TrainingOptions {
        attribution: Seconds(3600.0),
        until: Some(Timestamp::from_seconds(NOW + at)),
        ..TrainingOptions::default()
    };
    let log = [shown(0, Some("x"), "a"), shown(60, Some("x"), "b")];
    assert_eq!(rows(&log, &entities(), &until(3659)).dropped_requests, 1);
    assert_eq!(rows(&log, &entities(), &until(3660)).dropped_requests, 0);
    let mask = TrainingOptions {
        open_windows: OpenWindows::Mask,
        ..until(3659)
    };
    let opens = rows(&log, &entities(), &mask)
        .table
        .labels
        .swap_remove(0)
        .values;
    assert!(opens[0].abs() < 1e-9 && opens[1].is_nan());
}
