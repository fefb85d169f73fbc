use proptest::prelude::*;
use prost::Message;

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_000_000_000);

fn wire(action: Wire) -> v1::Event {
    v1::Event {
        event_id: "e1".to_owned(),
        user_id: "ann".to_owned(),
        action: Some(action),
        ..v1::Event::default()
    }
}

fn like() -> v1::Event {
    wire(Wire::Like(v1::Like {
        item_id: "m1".to_owned(),
    }))
}

fn at(seconds: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds, nanos: 0 })
}

fn seconds(seconds: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos: 0 })
}

fn convert(wire: &v1::Event, allowed: &Events) -> Result<Event, Violation> {
    event(wire, Border { now: NOW, allowed })
}

#[track_caller]
fn check_refused(wire: &v1::Event, field: &str) {
    let allowed = Events {
        oldest_days: 10,
        ..Events::default()
    };
    let refused = convert(wire, &allowed);
    assert_eq!(refused.unwrap_err().field, field);
}

#[test]
fn an_event_without_a_time_happened_when_it_came() {
    let made = convert(&like(), &Events::default()).unwrap();
    assert_eq!(made.time, NOW);
    assert_eq!(made.actor, Actor::User(UserId::new("ann").unwrap()));
    assert_eq!(made.session, None);
}

#[test]
fn a_visit_without_a_user_is_its_own_actor() {
    let mut event = like();
    event.user_id.clear();
    event.session_id = "s1".to_owned();
    let made = convert(&event, &Events::default()).unwrap();
    assert_eq!(made.actor, Actor::Session(SessionId::new("s1").unwrap()));
    assert_eq!(made.session, None);
    event.user_id = "ann".to_owned();
    let made = convert(&event, &Events::default()).unwrap();
    assert_eq!(made.session, Some(SessionId::new("s1").unwrap()));
}

#[test]
fn each_limit_is_refused_by_its_path() {
    check_refused(&v1::Event::default(), "event_id");
    let mut nobody = like();
    nobody.user_id.clear();
    check_refused(&nobody, "user_id");
    let mut nothing = like();
    nothing.action = None;
    check_refused(&nothing, "action");
    let mut late = like();
    late.time = at(1_000_000_000 + 301);
    check_refused(&late, "time");
    late.time = at(1_000_000_000 - 11 * 86_400);
    check_refused(&late, "time");
    let mut device = like();
    device.device = "d".repeat(65);
    check_refused(&device, "device");
    check_refused(&wire(Wire::Like(v1::Like::default())), "like.item_id");
    let play = v1::Play {
        item_id: "m".to_owned(),
        watched: None,
        duration: None,
    };
    check_refused(&wire(Wire::Play(play.clone())), "play.watched");
    let negative = v1::Play {
        watched: seconds(-1),
        ..play
    };
    check_refused(&wire(Wire::Play(negative)), "play.watched");
    let rate = |rating| {
        wire(Wire::Rate(v1::Rate {
            item_id: "m".to_owned(),
            rating,
        }))
    };
    check_refused(&rate(f32::NAN), "rate.rating");
    check_refused(&rate(f32::INFINITY), "rate.rating");
    check_refused(&rate(-2e6), "rate.rating");
    let thumb = v1::Thumb {
        item_id: "m".to_owned(),
        direction: 0,
    };
    check_refused(&wire(Wire::Thumb(thumb)), "thumb.direction");
    let comment = v1::Comment {
        item_id: "m".to_owned(),
        text: "x".repeat(8193),
    };
    check_refused(&wire(Wire::Comment(comment)), "comment.text");
    check_refused(
        &wire(Wire::Retract(v1::Retract::default())),
        "retract.event_id",
    );
}

#[test]
fn a_thumb_keeps_its_direction() {
    for (number, want) in [
        (1, ThumbDirection::Down),
        (2, ThumbDirection::Up),
        (3, ThumbDirection::DoubleUp),
    ] {
        let thumb = v1::Thumb {
            item_id: "m".to_owned(),
            direction: number,
        };
        let made = convert(&wire(Wire::Thumb(thumb)), &Events::default()).unwrap();
        let Action::Thumb { direction, .. } = made.action else {
            panic!("{made:?}");
        };
        assert_eq!(direction, want);
    }
}

#[test]
fn too_many_events_are_refused_together() {
    assert!(batch_length(&vec![like(); 1000]).is_ok());
    assert!(batch_length(&vec![like(); 1001]).is_err());
}

proptest! {
    #[test]
    fn any_bytes_that_are_an_event_are_taken_or_refused(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        if let Ok(wire) = v1::Event::decode(bytes.as_slice()) {
            let _ = convert(&wire, &Events::default());
        }
    }
}
