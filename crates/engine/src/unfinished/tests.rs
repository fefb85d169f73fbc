use super::*;

fn deed(seq: u64, kind: EventKind, item: &str, value: f32) -> Deed {
    Deed {
        seq,
        time: Timestamp::from_seconds(i64::try_from(seq).unwrap()),
        kind,
        value,
        length_s: 0.0,
        item: Some(ItemId::new(item).unwrap()),
        id: u128::from(seq),
        target: 0,
        session: 0,
    }
}

fn film(id: &str) -> Item {
    let mut item = Item::new(ItemId::new(id).unwrap());
    item.duration = Some(Seconds(1000.0));
    item
}

fn episode(number: u32) -> Item {
    let mut item = film(&format!("e{number}"));
    item.series = Some(ItemId::new("series").unwrap());
    item.episode = Some(number);
    item
}

fn catalog() -> Catalog {
    let mut catalog = Catalog::default();
    for item in [film("a"), film("b"), episode(1), episode(2), episode(3)] {
        catalog.put_item(Arc::new(item));
    }
    catalog
}

#[track_caller]
fn check(deeds: &[Deed], want: &[(&str, Unfinished)]) {
    let found = unfinished(deeds, &catalog());
    let found: Vec<(&str, Unfinished)> = found
        .iter()
        .map(|one| (one.item.id.as_str(), one.why))
        .collect();
    assert_eq!(found, want);
}

fn resume(seconds: f64) -> Unfinished {
    Unfinished::Resume {
        position: Seconds(seconds),
    }
}

#[test]
fn the_latest_comes_first_and_trials_and_finished_films_do_not_come() {
    let deeds = [
        deed(1, EventKind::Play, "a", 500.0),
        deed(2, EventKind::Pause, "b", 300.0),
    ];
    check(&deeds, &[("b", resume(300.0)), ("a", resume(500.0))]);
    check(&[deed(1, EventKind::Play, "a", 20.0)], &[]);
    check(&[deed(1, EventKind::Play, "a", 950.0)], &[]);
    check(&[deed(1, EventKind::Play, "gone", 500.0)], &[]);
}

#[test]
fn a_finished_episode_leads_to_the_next_and_a_series_comes_once() {
    let deeds = [
        deed(1, EventKind::Play, "e1", 990.0),
        deed(2, EventKind::Play, "e2", 990.0),
    ];
    check(&deeds, &[("e3", Unfinished::NextEpisode)]);
    let in_the_middle = [deeds[0].clone(), deed(3, EventKind::Play, "e2", 400.0)];
    check(&in_the_middle, &[("e2", resume(400.0))]);
    check(&[deed(1, EventKind::Play, "e3", 990.0)], &[]);
}

#[test]
fn what_was_spoken_against_or_taken_back_does_not_come() {
    let play = deed(1, EventKind::Play, "a", 500.0);
    let down = deed(2, EventKind::Thumb, "a", -1.0);
    check(&[play.clone(), down.clone()], &[]);
    let again = deed(3, EventKind::Play, "a", 600.0);
    check(&[play.clone(), down, again], &[("a", resume(600.0))]);
    let retract = Deed {
        kind: EventKind::Retract,
        item: None,
        target: 1,
        ..deed(4, EventKind::Retract, "a", 1.0)
    };
    check(&[play, retract], &[]);
}

#[test]
fn without_a_length_half_a_minute_is_a_beginning() {
    let mut catalog = Catalog::default();
    catalog.put_item(Arc::new(Item::new(ItemId::new("clip").unwrap())));
    let found = |value| unfinished(&[deed(1, EventKind::Play, "clip", value)], &catalog).len();
    assert_eq!((found(10.0), found(40.0)), (0, 1));
    let with_length = Deed {
        length_s: 41.0,
        ..deed(1, EventKind::Play, "clip", 40.0)
    };
    assert!(unfinished(&[with_length], &catalog).is_empty());
}
