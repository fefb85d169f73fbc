//! One state, however it came about.

use marquee_core::{Action, Actor, CreatorId, EventId, ItemId, Seconds, Timestamp, UserId};
use proptest::prelude::*;

use super::*;
use crate::{
    Asked, FeatureTable, Scratch, VectorSet,
    compute::tests::{DAY, NOW, entities, state_after},
};

const ITEMS: [&str; 4] = ["a", "b", "c", "d"];

/// An event that is drawn; its number in the list is its id.
#[derive(Debug, Clone)]
struct Drawn {
    viewer: usize,
    item: usize,
    ago_s: i64,
    kind: usize,
}

fn some_drawn() -> impl Strategy<Value = Drawn> {
    (0..2_usize, 0..4_usize, 0..90 * DAY, 0..7_usize).prop_map(|(viewer, item, ago_s, kind)| {
        Drawn {
            viewer,
            item,
            ago_s,
            kind,
        }
    })
}

fn event_id(number: usize) -> EventId {
    EventId::new(format!("e{number}")).unwrap()
}

fn to_event(number: usize, drawn: &Drawn) -> Event {
    let item = ItemId::new(ITEMS[drawn.item]).unwrap();
    let action = match drawn.kind {
        0 => Action::Open { item },
        1 => Action::Play {
            item,
            watched: Seconds(drawn.ago_s as f64 % 600.0),
            duration: Some(Seconds(500.0)),
        },
        2 => Action::Like { item },
        3 => Action::Follow {
            creator: CreatorId::new(["ann", "bob", "cleo", "ann"][drawn.item]).unwrap(),
        },
        4 => Action::Hide { item },
        _ => Action::Impression { item },
    };
    by(drawn.viewer, drawn.ago_s, Some(event_id(number)), action)
}

fn by(viewer: usize, ago_s: i64, id: Option<EventId>, action: Action) -> Event {
    Event {
        id,
        actor: Actor::User(UserId::new(["v", "w"][viewer]).unwrap()),
        time: Timestamp::from_seconds(NOW - ago_s),
        action,
        surface: None,
        device: None,
        session: None,
        recommendation: None,
    }
}

fn retraction(viewer: usize, of: EventId, id: &str) -> Event {
    let id = Some(EventId::new(id).unwrap());
    by(viewer, 0, id, Action::Retract { event: of })
}

/// Every bit of every feature of both viewers.
fn bits(state: &FeatureState) -> Vec<u32> {
    let mut table = FeatureTable::new(state.plan.schema.clone()).unwrap();
    let mut scratch = Scratch::default();
    let items: Vec<u32> = ITEMS
        .iter()
        .map(|id| state.entities.item_row(id).unwrap())
        .collect();
    for viewer in ["v", "w"] {
        let actor = Actor::User(UserId::new(viewer).unwrap());
        let asked = Asked {
            viewer: state.entities.viewer_row(&actor).unwrap_or(NONE),
            time: Timestamp::from_seconds(NOW),
            device: Some("tv"),
            page: None,
            items: &items,
            positions: &[],
        };
        state
            .compute(&asked, &VectorSet::default(), &mut scratch, &mut table)
            .unwrap();
    }
    let view = table.view();
    let dense = view.request_dense().iter().chain(view.dense());
    let sparse = view.request_sparse().iter().chain(view.sparse());
    let lists = (0..2).flat_map(|request| view.sequence(request, 0));
    dense
        .map(|value| value.to_bits())
        .chain(sparse.copied())
        .chain(lists.copied())
        .collect()
}

fn fresh() -> FeatureState {
    state_after(&[])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// In the order of time, in any other order, and with a restart at any place: one state.
    #[test]
    fn replay_is_arrival_is_checkpoint_and_rest(
        drawn in prop::collection::vec(some_drawn(), 1..150),
        cut in any::<prop::sample::Index>(),
    ) {
        let events: Vec<Event> = drawn.iter().enumerate().map(|(at, one)| to_event(at, one)).collect();
        let mut arrival = fresh();
        let cut = cut.index(events.len());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.mqa");
        let mut resumed = fresh();
        for (seq, event) in events.iter().enumerate() {
            arrival.apply(seq as u64, event).unwrap();
            resumed.apply(seq as u64, event).unwrap();
            if seq == cut {
                resumed.write(&path).unwrap();
                // Records that met their items in another order, and an item the state never saw.
                let mut others = crate::Entities::default();
                for item in crate::compute::tests::items().iter().rev() {
                    others.put_item(item).unwrap();
                }
                let user = marquee_core::User {
                    age: Some(40),
                    country: Some("de".into()),
                    joined: Some(Timestamp::from_seconds(NOW - 3 * DAY)),
                    ..marquee_core::User::new(UserId::new("v").unwrap())
                };
                others.put_user(&user);
                resumed = FeatureState::open(&path, resumed.plan.clone(), others).unwrap();
            }
        }
        let mut order: Vec<usize> = (0..events.len()).collect();
        order.sort_by_key(|&at| (events[at].time, at));
        let mut replay = fresh();
        for at in order {
            replay.apply(at as u64, &events[at]).unwrap();
        }
        prop_assert!(bits(&arrival) == bits(&replay));
        prop_assert!(bits(&arrival) == bits(&resumed));
        prop_assert_eq!(arrival.progress, resumed.progress);
    }

    /// What is taken back never happened, whether by an event or by the event itself.
    #[test]
    fn what_is_taken_back_never_happened(
        drawn in prop::collection::vec((some_drawn(), any::<bool>()), 1..120),
    ) {
        let (mut all, mut by_value, mut without) = (fresh(), fresh(), fresh());
        let events: Vec<Event> =
            drawn.iter().enumerate().map(|(at, (one, _))| to_event(at, one)).collect();
        for (seq, event) in events.iter().enumerate() {
            all.apply(seq as u64, event).unwrap();
            by_value.apply(seq as u64, event).unwrap();
            if !drawn[seq].1 {
                without.apply(seq as u64, event).unwrap();
            }
        }
        for (seq, (one, taken)) in drawn.iter().enumerate() {
            if *taken {
                let event = retraction(one.viewer, event_id(seq), &format!("r{seq}"));
                all.apply((drawn.len() + seq) as u64, &event).unwrap();
                let observed = Observed::new(seq as u64, &events[seq], &mut by_value.entities).unwrap();
                by_value.retract(&observed);
            }
        }
        prop_assert_eq!(all.progress.missed_retractions, 0);
        prop_assert!(bits(&all) == bits(&without));
        prop_assert!(bits(&by_value) == bits(&without));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// What a session did is the person's once they are one.
    #[test]
    fn merged_viewers_are_one_who_did_both(
        drawn in prop::collection::vec(some_drawn(), 1..120),
    ) {
        let (mut both, mut one) = (fresh(), fresh());
        for (seq, drawn) in drawn.iter().enumerate() {
            both.apply(seq as u64, &to_event(seq, drawn)).unwrap();
            let drawn = Drawn { viewer: 0, ..drawn.clone() };
            one.apply(seq as u64, &to_event(seq, &drawn)).unwrap();
        }
        let row = |name| both.entities.viewer_row(&Actor::User(UserId::new(name).unwrap()));
        if let (Some(from), Some(into)) = (row("w"), row("v")) {
            both.merge_viewers(from, into);
            prop_assert!(bits(&both) == bits(&one));
        }
    }
}

#[test]
fn idle_viewers_are_forgotten_and_others_are_not() {
    let open = |viewer, ago_s| {
        let item = ItemId::new("a").unwrap();
        by(viewer, ago_s, None, Action::Open { item })
    };
    let mut state = state_after(&[open(0, DAY), open(1, 9 * DAY)]);
    let kept = state_after(&[open(0, DAY)]);
    let items = state.tiles[1].clone();
    let before = Timestamp::from_seconds(NOW - 2 * DAY);
    assert_eq!(state.forget_idle(before), 1);
    assert_eq!(state.forget_idle(before), 0);
    assert_eq!(state.logs[0], kept.logs[0]);
    assert_eq!(state.tiles[0].blocks[0], kept.tiles[0].blocks[0]);
    assert_eq!(state.tiles[0].blocks[1], None);
    assert_eq!(state.tiles[1], items);
}

fn liked(number: usize) -> Event {
    let item = ItemId::new("a").unwrap();
    by(0, DAY, Some(event_id(number)), Action::Like { item })
}

#[test]
fn retraction_can_be_taken_back() {
    let mut state = state_after(&[liked(0)]);
    let before = bits(&state);
    state.apply(1, &retraction(0, event_id(0), "r1")).unwrap();
    assert_eq!(bits(&state), bits(&fresh()));
    state
        .apply(2, &retraction(0, EventId::new("r1").unwrap(), "r2"))
        .unwrap();
    assert_eq!(bits(&state), before);
    // And that one too, which takes the like back again? No: r1 is gone, so there is nothing to undo.
    state.apply(3, &retraction(0, event_id(0), "r3")).unwrap();
    assert_eq!(bits(&state), bits(&fresh()));
}

#[test]
fn event_that_two_retractions_name_counts_when_both_are_gone() {
    let mut state = state_after(&[liked(0)]);
    let before = bits(&state);
    state.apply(1, &retraction(0, event_id(0), "r1")).unwrap();
    state.apply(2, &retraction(0, event_id(0), "r2")).unwrap();
    state
        .apply(3, &retraction(0, EventId::new("r1").unwrap(), "r3"))
        .unwrap();
    assert_eq!(bits(&state), bits(&fresh()));
    state
        .apply(4, &retraction(0, EventId::new("r2").unwrap(), "r4"))
        .unwrap();
    assert_eq!(bits(&state), before);
}

#[test]
fn others_cannot_take_back_what_a_viewer_did() {
    let mut state = state_after(&[liked(0)]);
    let before = bits(&state);
    state.apply(1, &retraction(1, event_id(0), "r1")).unwrap();
    assert_eq!(bits(&state), before);
    assert_eq!(state.progress().missed_retractions, 1);
}

#[test]
fn as_many_as_are_spare_can_be_taken_back_past_the_limit() {
    let limit = crate::Limits::default().deeds as usize;
    let number = limit + 300;
    let event = |at: usize| {
        let item = ItemId::new(ITEMS[at % 4]).unwrap();
        let ago_s = i64::try_from(number - at).unwrap() * 60;
        by(0, ago_s, Some(event_id(at)), Action::Like { item })
    };
    let (mut all, mut without) = (fresh(), fresh());
    for at in 0..number {
        all.apply(at as u64, &event(at)).unwrap();
        if at < number - SPARE {
            without.apply(at as u64, &event(at)).unwrap();
        }
    }
    assert_ne!(bits(&all), bits(&without));
    for at in number - SPARE..number {
        all.apply(
            (number + at) as u64,
            &retraction(0, event_id(at), &format!("r{at}")),
        )
        .unwrap();
    }
    assert_eq!(bits(&all), bits(&without));
}

#[test]
fn viewer_is_forgotten() {
    let mut state = state_after(&[liked(0)]);
    let viewer = state.entities.viewer_row(&liked(0).actor).unwrap();
    state.forget_viewer(viewer);
    assert_eq!(state.log(viewer).unwrap().deeds(state.plan.limits), []);
    assert_eq!(state.tiles[0], fresh_tiles_like(&state));
}

/// Tiles of viewers, where viewers have rows but no counts.
fn fresh_tiles_like(state: &FeatureState) -> Tiles {
    let mut tiles = fresh().tiles[0].clone();
    tiles.blocks.resize(state.tiles[0].blocks.len(), None);
    tiles
}

#[test]
fn checkpoint_of_another_plan_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.mqa");
    state_after(&[liked(0)]).write(&path).unwrap();
    let text = "version = 1\n[[feature]]\nname = \"f\"\nkind = \"counter\"\nof = \"item\"\nevents = [\"open\"]";
    let plan = Arc::new(Plan::parse(text).unwrap());
    let error = FeatureState::open(&path, plan, entities()).unwrap_err();
    assert!(matches!(
        error,
        crate::Error::File {
            source: crate::TableFault::Fingerprint { .. },
            ..
        }
    ));
}

#[test]
fn forgotten_viewer_is_not_named_in_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.mqa");
    let mut state = state_after(&[]);
    for viewer in 0..2 {
        let item = ItemId::new("a").unwrap();
        let liked = by(viewer, 60, None, Action::Like { item });
        state.apply(viewer as u64, &liked).unwrap();
    }
    let gone = Actor::User(UserId::new("v").unwrap());
    state.forget_viewer(state.entities().viewer_row(&gone).unwrap());
    state.write(&path).unwrap();
    let plan = Arc::clone(state.plan());
    let reopened = FeatureState::open(&path, plan, Entities::default()).unwrap();
    assert_eq!(reopened.entities().viewer_row(&gone), None);
    let stays = Actor::User(UserId::new("w").unwrap());
    assert!(reopened.entities().viewer_row(&stays).is_some());
}

#[test]
fn damaged_checkpoint_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.mqa");
    let state = state_after(&[liked(0)]);
    state.write(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(whole.len() / 60) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x41;
        std::fs::write(&path, bytes).unwrap();
        assert!(FeatureState::open(&path, state.plan.clone(), entities()).is_err());
    }
}

#[test]
fn times_at_the_border_do_not_panic() {
    let mut state = fresh();
    for (seq, millis) in [i64::MIN, -1, 0, i64::MAX].into_iter().enumerate() {
        let time = Timestamp::from_millis(millis);
        let event = Event { time, ..liked(seq) };
        state.apply(seq as u64, &event).unwrap();
    }
    assert!(!bits(&state).is_empty());
    assert_eq!(state.progress().events, 4);
}

/// A checkpoint as a hostile writer would put it together: right in form, wrong in what it says.
#[track_caller]
fn refused(want: &str, change: impl Fn(&mut FeatureState)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.mqa");
    let mut state = state_after(&[liked(0), liked(1)]);
    change(&mut state);
    state.write(&path).unwrap();
    let error = FeatureState::open(&path, state.plan.clone(), entities()).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains(want), "{source}, expected {want}");
}

#[test]
fn checkpoints_that_lie_are_refused() {
    refused("\"item\" at 0: id 77", |state| {
        state.logs[0].deeds[0].item = 77
    });
    refused("\"creator\" at 1: id 88", |state| {
        state.logs[0].deeds[1].creator = 88
    });
    refused("times of viewers' events", |state| {
        state.logs[0].deeds[0].time_ms = i64::MAX
    });
    refused("starts of viewers' events", |state| {
        let entry = state.logs[0].deeds[0];
        state.logs[0].deeds = vec![entry; 2000];
    });
    refused("\"items\" at 1: id 50", |state| {
        let block = state.tiles[1].blocks[0].clone();
        state.tiles[1].blocks.resize(51, None);
        state.tiles[1].blocks[50] = block;
    });
}

#[test]
fn checkpoint_knows_what_was_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.mqa");
    let mut state = state_after(&[liked(0)]);
    let before = bits(&state);
    state.apply(1, &retraction(0, event_id(0), "r1")).unwrap();
    state.write(&path).unwrap();
    let mut opened = FeatureState::open(&path, state.plan.clone(), entities()).unwrap();
    assert_eq!(bits(&opened), bits(&state));
    opened
        .apply(2, &retraction(0, EventId::new("r1").unwrap(), "r2"))
        .unwrap();
    assert_eq!(bits(&opened), before);
}
