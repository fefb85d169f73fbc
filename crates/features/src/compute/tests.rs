//! Each kind of feature, worked by hand on a small catalog.

use std::sync::Arc;

use marquee_core::{
    Action, Actor, CreatorId, Event, EventId, Item, ItemId, ItemKind, Seconds, ThumbDirection,
    User, UserId,
};

use super::*;
use crate::{Entities, NONE, Plan};

mod kept;
mod twin;

/// 2025-01-06, a Monday, at 13:20 UTC.
pub(crate) const NOW: i64 = 1_736_169_600;

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
pub(crate) const DAY: i64 = 86_400;

/// Four items: `a` and `b` by ann, `c` by bob, `d` without anything.
pub(crate) fn items() -> Vec<Item> {
    let item = |id: &str, kind, genres: &[&str], tags: &[&str], creator: &str, minutes: f64| Item {
        kind,
        genres: genres.iter().map(|&text| text.into()).collect(),
        tags: tags.iter().map(|&text| text.into()).collect(),
        creators: vec![CreatorId::new(creator).unwrap()],
        language: Some("en".into()),
        released: Some(Timestamp::from_seconds(NOW - 10 * DAY)),
        duration: Some(Seconds(minutes * 60.0)),
        ..Item::new(ItemId::new(id).unwrap())
    };
    vec![
        item(
            "a",
            ItemKind::Movie,
            &["drama"],
            &["sad", "long"],
            "ann",
            100.0,
        ),
        item(
            "b",
            ItemKind::Clip,
            &["drama", "comedy"],
            &["short"],
            "ann",
            5.0,
        ),
        item(
            "c",
            ItemKind::Clip,
            &["comedy"],
            &["short", "sad"],
            "bob",
            2.0,
        ),
        Item::new(ItemId::new("d").unwrap()),
    ]
}

pub(crate) fn entities() -> Entities {
    let mut entities = Entities::default();
    for item in items() {
        entities.put_item(&item).unwrap();
    }
    entities.put_user(&User {
        age: Some(40),
        country: Some("de".into()),
        joined: Some(Timestamp::from_seconds(NOW - 3 * DAY)),
        ..User::new(UserId::new("v").unwrap())
    });
    entities
}

/// An event of viewer `v`, `ago` seconds before now.
pub(crate) fn event(ago: i64, action: Action) -> Event {
    Event {
        id: Some(EventId::new(format!("{ago}-{}", action.kind().name())).unwrap()),
        actor: Actor::User(UserId::new("v").unwrap()),
        time: Timestamp::from_seconds(NOW - ago),
        action,
        surface: None,
        device: None,
        session: None,
        recommendation: None,
    }
}

fn id(item: &str) -> ItemId {
    ItemId::new(item).unwrap()
}

pub(crate) fn shown(ago: i64, item: &str) -> Event {
    event(ago, Action::Impression { item: id(item) })
}

pub(crate) fn opened(ago: i64, item: &str) -> Event {
    event(ago, Action::Open { item: id(item) })
}

pub(crate) fn liked(ago: i64, item: &str) -> Event {
    event(ago, Action::Like { item: id(item) })
}

pub(crate) fn played(ago: i64, item: &str, watched: f64) -> Event {
    let (item, watched) = (id(item), Seconds(watched));
    let duration = None;
    event(
        ago,
        Action::Play {
            item,
            watched,
            duration,
        },
    )
}

/// The plan of one feature, `f`, with others before it.
fn plan(before: &str, keys: &str) -> Plan {
    let text = format!("version = 1\n{before}\n[[feature]]\nname = \"f\"\n{keys}");
    Plan::parse(&text).unwrap()
}

/// The standard state after `events`.
pub(crate) fn state_after(events: &[Event]) -> FeatureState {
    let mut state = FeatureState::new(Arc::new(Plan::standard()), entities());
    for (seq, event) in events.iter().enumerate() {
        state.apply(seq as u64, event).unwrap();
    }
    state
}

/// The table for viewer `v` and candidates a, b, c, d after `events`.
fn table_of(plan: Plan, vectors: &VectorSet, events: &[Event]) -> FeatureTable {
    let mut state = FeatureState::new(Arc::new(plan), entities());
    for (seq, event) in events.iter().enumerate() {
        state.apply(seq as u64, event).unwrap();
    }
    let asked = Asked {
        viewer: 0,
        time: Timestamp::from_seconds(NOW),
        device: Some("tv"),
        page: None,
        items: &[0, 1, 2, 3],
        positions: &[3, 2, NONE, 0],
    };
    let mut table = FeatureTable::new(state.plan.schema.clone()).unwrap();
    let mut scratch = Scratch::default();
    state
        .compute(&asked, vectors, &mut scratch, &mut table)
        .unwrap();
    table
}

#[track_caller]
fn close(found: &[f32], want: &[f64]) {
    assert_eq!(found.len(), want.len());
    for (found, want) in found.iter().zip(want) {
        let same = found.is_nan() && want.is_nan();
        let near = (f64::from(*found) - want).abs() <= 1e-6 * want.abs().max(1.0);
        assert!(same || near, "{found}, expected {want}");
    }
}

/// The numbers that feature `keys` gives candidates a, b, c, d.
#[track_caller]
fn check_rows(keys: &str, events: &[Event], want: &[f64]) {
    let table = table_of(plan("", keys), &VectorSet::default(), events);
    close(table.view().dense(), want);
}

/// The number that feature `keys` gives the request.
#[track_caller]
fn check_request(keys: &str, events: &[Event], want: f64) {
    let table = table_of(plan("", keys), &VectorSet::default(), events);
    close(table.view().request_dense(), &[want]);
}

#[test]
fn raw_field_of_an_item() {
    let want = [6000.0, 300.0, 120.0, f64::NAN];
    check_rows("kind = \"raw\"\nfield = \"item.duration\"", &[], &want);
}

#[test]
fn raw_field_of_a_viewer_and_the_moment() {
    check_request("kind = \"raw\"\nfield = \"viewer.age\"", &[], 40.0);
    check_request("kind = \"raw\"\nfield = \"context.hour\"", &[], 13.0);
    check_request("kind = \"raw\"\nfield = \"context.weekday\"", &[], 0.0);
}

#[test]
fn time_since_a_field_in_its_unit() {
    let keys = "kind = \"since\"\nfield = \"viewer.joined\"\nunit = \"hours\"";
    check_request(keys, &[], 72.0);
    let keys = "kind = \"since\"\nfield = \"item.released\"\nunit = \"days\"\nscale = \"log1p\"";
    check_rows(
        keys,
        &[],
        &[11_f64.ln(), 11_f64.ln(), 11_f64.ln(), f64::NAN],
    );
}

#[test]
fn time_since_an_event_of_the_viewer() {
    let keys = "kind = \"since\"\nof = \"viewer\"\nevents = [\"open\"]\nunit = \"minutes\"";
    check_request(
        keys,
        &[opened(2 * HOUR, "a"), opened(HOUR, "b"), liked(MINUTE, "a")],
        60.0,
    );
    check_request(keys, &[], f64::NAN);
}

#[test]
fn time_since_an_event_with_the_candidate_or_its_genre() {
    let keys = "kind = \"since\"\nof = \"viewer_item\"\nevents = [\"open\"]\nunit = \"hours\"";
    let events = [
        opened(2 * HOUR, "a"),
        opened(HOUR, "a"),
        opened(5 * HOUR, "c"),
    ];
    check_rows(keys, &events, &[1.0, f64::NAN, 5.0, f64::NAN]);
    let keys = "kind = \"since\"\nof = \"viewer_genre\"\nevents = [\"open\"]\nunit = \"hours\"";
    // b is a drama like a and a comedy like c; the latest of both counts.
    check_rows(keys, &events, &[1.0, 1.0, 5.0, f64::NAN]);
}

#[test]
fn window_counts_whole_tiles() {
    let keys = "kind = \"counter\"\nof = \"item\"\nevents = [\"open\"]\nwindow = \"32h\"";
    // Tiles of an hour; now is 20 minutes into the 32nd and latest of them.
    let events = [
        opened(MINUTE, "a"),
        opened(31 * HOUR + 19 * MINUTE, "a"),
        opened(31 * HOUR + 21 * MINUTE, "a"),
        opened(HOUR, "b"),
    ];
    check_rows(keys, &events, &[2.0, 1.0, 0.0, 0.0]);
}

#[test]
fn counts_of_all_time_and_of_time_watched() {
    let keys = "kind = \"counter\"\nof = \"creator\"\nevents = [\"play\"]";
    let events = [
        played(900 * DAY, "a", 60.4),
        played(DAY, "b", 59.7),
        played(DAY, "c", 1.0),
    ];
    check_rows(keys, &events, &[2.0, 2.0, 1.0, f64::NAN]);
    // In whole seconds, each rounded.
    check_rows(
        &format!("{keys}\nmeasure = \"watched\""),
        &events,
        &[120.0, 120.0, 1.0, f64::NAN],
    );
}

#[test]
fn decay_halves_by_quarters_of_a_half_life() {
    let keys = "kind = \"counter\"\nof = \"viewer\"\nevents = [\"open\"]\nhalf_life = \"4h\"";
    // Tiles of an hour: one and eight of them ago, and past the last of 32.
    let events = [
        opened(HOUR, "a"),
        opened(8 * HOUR, "a"),
        opened(33 * HOUR, "a"),
    ];
    check_request(keys, &events, 0.5_f64.powf(0.25) + 0.25);
}

#[test]
fn rate_leans_on_its_prior() {
    let keys = "kind = \"rate\"\nof = \"item\"\nevents = [\"open\"]\nper = [\"impression\"]\n\
                prior = 0.5\nprior_weight = 2";
    let events = [
        shown(3 * HOUR, "a"),
        shown(2 * HOUR, "a"),
        opened(HOUR, "a"),
        shown(HOUR, "b"),
    ];
    check_rows(keys, &events, &[2.0 / 4.0, 1.0 / 3.0, 0.5, 0.5]);
}

#[test]
fn rate_without_prior_and_without_events_is_not_known() {
    let keys = "kind = \"rate\"\nof = \"item\"\nevents = [\"open\"]\nper = [\"impression\"]";
    check_rows(
        keys,
        &[shown(HOUR, "a")],
        &[0.0, f64::NAN, f64::NAN, f64::NAN],
    );
}

#[test]
fn rate_of_genres_is_their_mean() {
    let keys = "kind = \"rate\"\nof = \"viewer_genre\"\nevents = [\"open\"]\nper = [\"impression\"]\n\
                prior = 0.5\nprior_weight = 1";
    let events = [
        shown(3 * HOUR, "a"),
        opened(2 * HOUR, "a"),
        shown(HOUR, "c"),
    ];
    let (drama, comedy) = (1.5 / 2.0, 0.5 / 2.0);
    check_rows(
        keys,
        &events,
        &[drama, f64::midpoint(drama, comedy), comedy, f64::NAN],
    );
    let largest = [drama, drama, comedy, f64::NAN];
    check_rows(&format!("{keys}\ncombine = \"max\""), &events, &largest);
}

#[test]
fn pair_windows_are_exact() {
    let keys =
        "kind = \"counter\"\nof = \"viewer_item\"\nevents = [\"impression\"]\nwindow = \"24h\"";
    let events = [
        shown(24 * HOUR, "a"),
        shown(24 * HOUR - 1, "a"),
        shown(0, "b"),
    ];
    check_rows(keys, &events, &[1.0, 1.0, 0.0, 0.0]);
}

#[test]
fn affinity_is_the_share_of_events_with_the_trait() {
    let keys = "kind = \"affinity\"\nto = \"genre\"\nevents = [\"like\"]\nhalf_life = \"1h\"\n\
                prior = 0.25\nprior_weight = 2";
    // Weights 1/2 for drama, 1/4 for drama and comedy; 3/4 events in all.
    let events = [liked(HOUR, "a"), liked(2 * HOUR, "b"), liked(HOUR, "d")];
    let (drama, comedy) = ((0.75 + 0.5) / 2.75, (0.25 + 0.5) / 2.75);
    check_rows(
        keys,
        &events,
        &[drama, f64::midpoint(drama, comedy), comedy, f64::NAN],
    );
}

#[test]
fn affinity_to_kinds_lengths_and_languages() {
    let events = [
        liked(HOUR, "a"),
        liked(HOUR, "b"),
        liked(HOUR, "c"),
        liked(HOUR, "c"),
    ];
    let of = |to: &str| format!("kind = \"affinity\"\nto = \"{to}\"\nevents = [\"like\"]");
    check_rows(&of("kind"), &events, &[0.25, 0.75, 0.75, 0.0]);
    // 100 minutes; 5 and 2 minutes.
    check_rows(&of("length"), &events, &[0.25, 0.75, 0.75, f64::NAN]);
    check_rows(&of("language"), &events, &[1.0, 1.0, 1.0, f64::NAN]);
    check_rows(&of("creator"), &events, &[0.5, 0.5, 0.5, f64::NAN]);
    check_rows(&of("item"), &events, &[0.25, 0.25, 0.5, 0.0]);
}

#[test]
fn affinity_to_the_hour_belongs_to_the_request() {
    let keys = "kind = \"affinity\"\nto = \"hour\"\nevents = [\"open\"]";
    let events = [
        opened(10 * MINUTE, "a"),
        opened(DAY, "a"),
        opened(HOUR, "a"),
        opened(2 * HOUR, "a"),
    ];
    check_request(keys, &events, 0.5);
}

#[test]
fn tie_is_one_minus_a_half_to_the_points() {
    let keys = "kind = \"tie\"\nhalf_life = \"1d\"";
    let follow = Action::Follow {
        creator: CreatorId::new("bob").unwrap(),
    };
    // A like a day ago is worth an eighth, an open then a thirty-second; a follow does not fade.
    let events = [liked(DAY, "a"), opened(DAY, "b"), event(50 * DAY, follow)];
    let ann = 1.0 - 0.5_f64.powf(0.125 + 1.0 / 32.0);
    check_rows(keys, &events, &[ann, ann, 0.5, f64::NAN]);
}

#[test]
fn tie_names_its_parts_and_a_thumb_down_takes_away() {
    let mut state = FeatureState::new(Arc::new(plan("", "kind = \"position\"")), entities());
    let down = Action::Thumb {
        item: id("a"),
        direction: ThumbDirection::Down,
    };
    let events = [
        liked(0, "a"),
        liked(DAY, "b"),
        event(DAY, down),
        liked(0, "c"),
    ];
    for (seq, event) in events.iter().enumerate() {
        state.apply(seq as u64, event).unwrap();
    }
    let ann = state.entities().creator_row("ann").unwrap();
    let tie = state.tie(0, ann, Timestamp::from_seconds(NOW), Seconds::DAY);
    let part = |kind, count, points| TiePart {
        kind,
        count,
        points,
    };
    assert_eq!(
        tie.parts,
        [part("like", 2, 0.375), part("thumb_down", 1, -0.25)]
    );
    assert!((tie.strength - (1.0 - 0.5_f64.powf(0.125))).abs() < 1e-12);
    assert_eq!(tie.last, Some(Timestamp::from_seconds(NOW)));
}

#[test]
fn overlap_is_the_share_of_the_candidates_tags() {
    let keys = "kind = \"overlap\"\nof = \"tag\"\nevents = [\"like\"]\nlast = 1";
    let events = [liked(2 * HOUR, "a"), liked(HOUR, "c")];
    // The last item, c, is short and sad.
    check_rows(keys, &events, &[0.5, 1.0, 1.0, f64::NAN]);
    check_rows(keys, &[], &[0.0, 0.0, 0.0, f64::NAN]);
}

#[test]
fn play_is_a_finish_by_the_length_the_player_told_or_else_the_record() {
    let keys = "kind = \"counter\"\nof = \"item\"\nevents = [\"finish\"]";
    // Records: b has 300 s, c has 120 s, d none.
    let events = [
        played(HOUR, "b", 269.9),
        played(HOUR, "c", 108.0),
        played(HOUR, "d", 999.0),
    ];
    check_rows(keys, &events, &[0.0, 0.0, 1.0, 0.0]);
    let told = |item, watched, length| {
        let (item, watched) = (id(item), Seconds(watched));
        let duration = Some(Seconds(length));
        event(
            HOUR,
            Action::Play {
                item,
                watched,
                duration,
            },
        )
    };
    check_rows(
        keys,
        &[told("b", 90.0, 100.0), told("c", 119.0, 200.0)],
        &[0.0, 1.0, 0.0, 0.0],
    );
}

#[test]
fn genre_that_a_record_names_twice_counts_once() {
    let mut entities = Entities::default();
    let item = Item {
        genres: vec!["drama".into(), "drama".into(), "comedy".into()],
        ..Item::new(id("a"))
    };
    entities.put_item(&item).unwrap();
    assert_eq!(*entities.item_record(0).unwrap().genres, [0, 1]);
    // A changed record takes the place of the old one.
    let item = Item {
        genres: vec!["comedy".into()],
        ..Item::new(id("a"))
    };
    assert_eq!(entities.put_item(&item).unwrap(), 0);
    assert_eq!(*entities.item_record(0).unwrap().genres, [1]);
}

#[test]
fn lists_stand_in_the_order_of_the_file_wherever_their_ids_stand() {
    let list = |name: &str, event: &str, ids: &str| {
        format!(
            "[[feature]]\nname = \"{name}\"\nkind = \"sequence\"\nevents = [\"{event}\"]\nlast = 2\nids = \"{ids}\"\n"
        )
    };
    let hashed = |name: &str, field: &str| {
        format!(
            "[[feature]]\nname = \"{name}\"\nkind = \"hashed\"\nfield = \"{field}\"\nsize = 500\n"
        )
    };
    // What y is made from comes before x in the plan, since z asks for it first.
    let text = [
        "version = 1\n".to_owned(),
        "[[feature]]\nname = \"z\"\nkind = \"crossed\"\nfrom = [\"g\"]\nsize = 9\n".to_owned(),
        list("x", "open", "i"),
        list("y", "like", "g"),
        hashed("g", "item.creator"),
        hashed("i", "item.id"),
    ];
    let plan = Plan::parse(&text.concat()).unwrap();
    let events = [
        opened(3 * HOUR, "a"),
        opened(2 * HOUR, "c"),
        liked(HOUR, "b"),
    ];
    let table = table_of(plan, &VectorSet::default(), &events);
    let view = table.view();
    let names: Vec<_> = view
        .schema()
        .sequences
        .iter()
        .map(|list| &*list.name)
        .collect();
    assert_eq!(names, ["x", "y"]);
    let column = |name: &str| {
        let fields = &view.schema().row.sparse;
        fields.iter().position(|field| field.name == name).unwrap()
    };
    let (creator, item) = (column("g"), column("i"));
    assert_eq!(
        view.sequence(0, 0),
        [view.sparse_of(0)[item], view.sparse_of(2)[item]]
    );
    assert_eq!(view.sequence(0, 1), [view.sparse_of(1)[creator]]);
}

#[test]
fn position_is_what_was_asked_with() {
    check_rows("kind = \"position\"", &[], &[3.0, 2.0, f64::NAN, 0.0]);
}

const DURATION: &str =
    "[[feature]]\nname = \"d\"\nkind = \"raw\"\nfield = \"item.duration\"\nhidden = true";

#[test]
fn bucket_is_one_and_the_borders_reached() {
    let keys = "kind = \"bucketed\"\nfrom = \"d\"\nborders = [120, 301]";
    let table = table_of(plan(DURATION, keys), &VectorSet::default(), &[]);
    assert_eq!(table.view().sparse(), [3, 2, 2, 0]);
    assert_eq!(table.schema().row.sparse[0].size, 4);
    assert!(table.schema().row.dense.is_empty());
}

#[test]
fn bucket_of_a_time_has_borders_with_units() {
    let age =
        "[[feature]]\nname = \"d\"\nkind = \"since\"\nfield = \"viewer.joined\"\nunit = \"days\"";
    let keys = "kind = \"bucketed\"\nfrom = \"d\"\nborders = [\"1h\", \"72h\", \"1w\"]";
    let table = table_of(plan(age, keys), &VectorSet::default(), &[]);
    assert_eq!(table.view().request_sparse(), [3]);
}

#[test]
fn category_is_the_place_in_its_list() {
    let keys = "kind = \"category\"\nfield = \"item.kind\"\nvalues = [\"clip\", \"movie\"]";
    let table = table_of(plan("", keys), &VectorSet::default(), &[]);
    assert_eq!(table.view().sparse(), [2, 1, 1, 0]);
}

#[test]
fn hashed_ids_are_equal_for_equal_texts_only() {
    let keys = "kind = \"hashed\"\nfield = \"item.genres\"\nsize = 1000";
    let table = table_of(plan("", keys), &VectorSet::default(), &[]);
    let ids = table.view().sparse();
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
    assert_eq!(ids[3], 0);
    let second = format!("{keys}\nnth = 2");
    let second = table_of(plan("", &second), &VectorSet::default(), &[]);
    assert_eq!(second.view().sparse(), [0, ids[2], 0, 0]);
    // Stored in models: a change of this number gives every text another vector.
    assert_eq!(
        ids[0],
        1 + u32::try_from(twox_hash::XxHash3_64::oneshot(b"drama") % 999).unwrap()
    );
}

#[test]
fn crossed_ids_tell_combinations_apart() {
    let before = "[[feature]]\nname = \"x\"\nkind = \"category\"\nfield = \"item.kind\"\nvalues = [\"clip\", \"movie\"]\n\
                  [[feature]]\nname = \"y\"\nkind = \"category\"\nfield = \"context.device\"\nvalues = [\"tv\"]";
    let keys = "kind = \"crossed\"\nfrom = [\"x\", \"y\"]\nsize = 100000";
    let table = table_of(plan(before, keys), &VectorSet::default(), &[]);
    let crossed: Vec<u32> = (0..4).map(|row| table.view().sparse_of(row)[1]).collect();
    assert_eq!(crossed[1], crossed[2]);
    assert_ne!(crossed[0], crossed[1]);
    assert_eq!(crossed[3], 0);
}

#[test]
fn sequence_has_the_last_items_oldest_first() {
    let ids = "[[feature]]\nname = \"i\"\nkind = \"hashed\"\nfield = \"item.id\"\nsize = 1000";
    let keys = "kind = \"sequence\"\nevents = [\"open\", \"like\"]\nlast = 3\nids = \"i\"";
    let events = [
        opened(9 * HOUR, "d"),
        opened(5 * HOUR, "c"),
        opened(4 * HOUR, "a"),
        liked(3 * HOUR, "a"),
        opened(2 * HOUR, "b"),
        shown(HOUR, "d"),
    ];
    let table = table_of(plan(ids, keys), &VectorSet::default(), &events);
    let own: Vec<u32> = (0..4).map(|row| table.view().sparse_of(row)[0]).collect();
    // The like of a follows its opening and stands once with it.
    assert_eq!(table.view().sequence(0, 0), [own[2], own[0], own[1]]);
    assert_eq!(table.schema().sequences[0].shares.as_deref(), Some("i"));
}

#[test]
fn sequence_of_impressions_and_deeds_is_in_the_order_of_time() {
    let ids = "[[feature]]\nname = \"i\"\nkind = \"hashed\"\nfield = \"item.id\"\nsize = 1000";
    let keys = "kind = \"sequence\"\nevents = [\"open\", \"impression\"]\nlast = 9\nids = \"i\"";
    let events = [
        shown(5 * HOUR, "a"),
        opened(4 * HOUR, "b"),
        shown(3 * HOUR, "c"),
        opened(2 * HOUR, "a"),
    ];
    let table = table_of(plan(ids, keys), &VectorSet::default(), &events);
    let own: Vec<u32> = (0..4).map(|row| table.view().sparse_of(row)[0]).collect();
    assert_eq!(
        table.view().sequence(0, 0),
        [own[0], own[1], own[2], own[0]]
    );
}

/// Features of a viewer's latest events.
const LATEST: &str = include_str!("tests/latest.toml");

#[test]
fn tiles_after_now_do_not_count() {
    let keys = "kind = \"counter\"\nof = \"item\"\nevents = [\"open\"]\nwindow = \"32h\"";
    // Tiles of an hour; the event in an hour's time is in a later one.
    check_rows(
        keys,
        &[opened(3 * HOUR, "a"), opened(-HOUR, "a")],
        &[1.0, 0.0, 0.0, 0.0],
    );
    let keys = "kind = \"counter\"\nof = \"item\"\nevents = [\"open\"]\nhalf_life = \"4h\"";
    check_rows(
        keys,
        &[opened(4 * HOUR, "a"), opened(-HOUR, "a")],
        &[0.5, 0.0, 0.0, 0.0],
    );
}

#[test]
fn what_is_dated_after_now_does_not_count() {
    let past = [
        shown(5 * HOUR, "a"),
        opened(4 * HOUR, "a"),
        liked(3 * HOUR, "c"),
    ];
    let later = [
        shown(-60, "b"),
        opened(-61, "b"),
        liked(-62, "a"),
        played(-HOUR, "a", 9000.0),
    ];
    let all: Vec<Event> = past.iter().chain(&later).cloned().collect();
    let bits = |events: &[Event]| {
        let plan = Plan::parse(LATEST).unwrap();
        let table = table_of(plan, &vectors(), events);
        let view = table.view();
        let numbers = view.request_dense().iter().chain(view.dense());
        let numbers = numbers.map(|value| value.to_bits()).collect::<Vec<_>>();
        (numbers, view.sequence(0, 0).to_vec())
    };
    assert!(bits(&all) == bits(&past));
}

fn vectors() -> VectorSet {
    let mut vectors = VectorSet::default();
    vectors
        .insert("items", 2, vec![1.0, 0.0, 0.0, 2.0, 3.0, 4.0])
        .unwrap();
    vectors.insert("viewers", 2, vec![3.0, 4.0]).unwrap();
    vectors
}

#[test]
fn embeddings_are_columns() {
    let keys = "kind = \"embedding\"\nof = \"item\"\ntable = \"items\"\ndim = 2";
    let table = table_of(plan("", keys), &vectors(), &[]);
    assert_eq!(table.schema().row.dense, ["f.0", "f.1"]);
    let none = f64::NAN;
    close(
        table.view().dense(),
        &[1.0, 0.0, 0.0, 2.0, 3.0, 4.0, none, none],
    );
    let keys = "kind = \"embedding\"\nof = \"viewer\"\ntable = \"viewers\"\ndim = 2";
    let table = table_of(plan("", keys), &vectors(), &[]);
    close(table.view().request_dense(), &[3.0, 4.0]);
}

#[test]
fn similarity_to_the_viewers_vector_and_to_the_last_items() {
    let keys = "kind = \"similarity\"\ntable = \"items\"\ndim = 2\nviewer_table = \"viewers\"";
    let table = table_of(plan("", keys), &vectors(), &[]);
    close(table.view().dense(), &[0.6, 0.8, 1.0, f64::NAN]);
    let keys = "kind = \"similarity\"\ntable = \"items\"\ndim = 2\nevents = [\"like\"]\nlast = 2\nnorm = \"dot\"";
    let events = [liked(3 * HOUR, "c"), liked(2 * HOUR, "a"), liked(HOUR, "b")];
    let table = table_of(plan("", keys), &vectors(), &events);
    // The mean of a and b is (0.5, 1).
    close(table.view().dense(), &[0.5, 2.0, 5.5, f64::NAN]);
}

#[test]
fn vectors_that_are_missing_or_shorter_are_refused() {
    let keys = "kind = \"embedding\"\nof = \"item\"\ntable = \"items\"\ndim = 3";
    let state = FeatureState::new(Arc::new(plan("", keys)), entities());
    let mut table = FeatureTable::new(state.plan.schema.clone()).unwrap();
    let asked = Asked {
        viewer: 0,
        time: Timestamp::EPOCH,
        device: None,
        page: None,
        items: &[0],
        positions: &[],
    };
    for (vectors, found) in [(vectors(), 2), (VectorSet::default(), 0)] {
        let error = state.compute(&asked, &vectors, &mut Scratch::default(), &mut table);
        let got = match error {
            Err(crate::Error::Vectors { found, .. }) => found,
            other => panic!("{other:?}"),
        };
        assert_eq!((got, table.n_requests()), (found, 0));
    }
}

#[test]
fn nobody_and_nothing_have_unknown_features_and_no_panic() {
    let mut state = FeatureState::new(Arc::new(Plan::standard()), entities());
    state.apply(0, &opened(HOUR, "a")).unwrap();
    let mut table = FeatureTable::new(state.plan.schema.clone()).unwrap();
    let asked = Asked {
        viewer: NONE,
        time: Timestamp::from_seconds(NOW),
        device: None,
        page: None,
        items: &[NONE, 0, 99],
        positions: &[],
    };
    let mut scratch = Scratch::default();
    state
        .compute(&asked, &VectorSet::default(), &mut scratch, &mut table)
        .unwrap();
    assert_eq!(table.n_rows(), 3);
    // What was computed in place obeys the columns, as what is pushed does.
    let view = table.view();
    let mut again = FeatureTable::new(state.plan.schema.clone()).unwrap();
    let lists: Vec<&[u32]> = (0..view.schema().sequences.len())
        .map(|at| view.sequence(0, at))
        .collect();
    let values = crate::RequestValues {
        dense: view.request_dense_of(0),
        sparse: view.request_sparse_of(0),
        sequences: &lists,
    };
    again.push_request(values).unwrap();
    for row in 0..3 {
        again
            .push_row(view.dense_of(row), view.sparse_of(row))
            .unwrap();
    }
}

#[test]
fn a_row_does_not_depend_on_the_other_candidates() {
    let mut state = FeatureState::new(Arc::new(Plan::standard()), entities());
    for (seq, event) in [shown(DAY, "a"), opened(DAY, "a"), liked(HOUR, "b")]
        .iter()
        .enumerate()
    {
        state.apply(seq as u64, event).unwrap();
    }
    let bits = |items: &[u32]| {
        let mut table = FeatureTable::new(state.plan.schema.clone()).unwrap();
        let asked = Asked {
            viewer: 0,
            time: Timestamp::from_seconds(NOW),
            device: None,
            page: None,
            items,
            positions: &[],
        };
        let mut scratch = Scratch::default();
        state
            .compute(&asked, &VectorSet::default(), &mut scratch, &mut table)
            .unwrap();
        let view = table.view();
        let row = |row: usize| {
            let dense = view.dense_of(row).iter().map(|value| value.to_bits());
            (dense.collect::<Vec<_>>(), view.sparse_of(row).to_vec())
        };
        (0..items.len()).map(row).collect::<Vec<_>>()
    };
    let together = bits(&[2, 0, 1]);
    assert_eq!(bits(&[0])[0], together[1]);
    assert_eq!(bits(&[1, 2]), [together[2].clone(), together[0].clone()]);
}

#[test]
fn positions_of_some_candidates_and_other_tables_are_refused() {
    let state = state_after(&[]);
    let mut table = FeatureTable::new(state.plan.schema.clone()).unwrap();
    let asked = Asked {
        viewer: 0,
        time: Timestamp::EPOCH,
        device: None,
        page: None,
        items: &[0, 1],
        positions: &[0],
    };
    let (vectors, mut scratch) = (VectorSet::default(), Scratch::default());
    let got = state.compute(&asked, &vectors, &mut scratch, &mut table);
    assert!(matches!(
        got,
        Err(crate::Error::Table {
            source: TableFault::Length {
                found: 1,
                expected: 2,
                ..
            }
        })
    ));
    let other = plan("", "kind = \"position\"").schema.clone();
    let mut other = FeatureTable::new(other).unwrap();
    let asked = Asked {
        positions: &[],
        ..asked
    };
    let got = state.compute(&asked, &vectors, &mut scratch, &mut other);
    assert!(matches!(
        got,
        Err(crate::Error::Table {
            source: TableFault::Fingerprint { .. }
        })
    ));
    assert_eq!((table.n_requests(), other.n_requests()), (0, 0));
}
