use super::*;
use crate::{convert::catalog::item as to_wire, refusal::Violation};

fn titled(id: &str) -> v1::Item {
    v1::Item {
        item_id: id.to_owned(),
        title: "Heat".to_owned(),
        kind: v1::ItemKind::Movie.into(),
        genres: vec!["Crime".to_owned()],
        creator_ids: vec!["mann".to_owned()],
        released: Some(prost_types::Timestamp {
            seconds: 800_000_000,
            nanos: 0,
        }),
        duration: Some(prost_types::Duration {
            seconds: 10_200,
            nanos: 500_000_000,
        }),
        minimum_age: Some(16),
        ..v1::Item::default()
    }
}

#[track_caller]
fn check_refused(wire: v1::Item, field: &str) {
    let Err(Refusal::InvalidFields(fields)) = items(&[wire]) else {
        panic!("nothing was refused");
    };
    let named: Vec<&str> = fields
        .iter()
        .map(|one: &Violation| one.field.as_str())
        .collect();
    assert_eq!(named, [field]);
}

#[test]
fn a_title_comes_back_as_it_was_sent() {
    let made = items(&[titled("m1")]).unwrap().remove(0);
    assert_eq!(made.minimum_age, Some(16));
    assert_eq!(to_wire(made), titled("m1"));
}

#[test]
fn each_limit_of_a_title_is_refused_by_its_path() {
    check_refused(
        v1::Item {
            kind: 0,
            ..titled("m")
        },
        "items[0].kind",
    );
    check_refused(titled(""), "items[0].item_id");
    let long = "x".repeat(1025);
    check_refused(
        v1::Item {
            title: long,
            ..titled("m")
        },
        "items[0].title",
    );
    let genres = vec![String::new()];
    check_refused(
        v1::Item {
            genres,
            ..titled("m")
        },
        "items[0].genres[0]",
    );
    let genres = vec!["g".to_owned(); 65];
    check_refused(
        v1::Item {
            genres,
            ..titled("m")
        },
        "items[0].genres",
    );
    let minimum_age = Some(256);
    check_refused(
        v1::Item {
            minimum_age,
            ..titled("m")
        },
        "items[0].minimum_age",
    );
    let moment = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    let window = v1::AvailabilityWindow {
        start: moment(20),
        end: moment(20),
    };
    let availability = vec![window];
    check_refused(
        v1::Item {
            availability,
            ..titled("m")
        },
        "items[0].availability[0].end",
    );
}

#[test]
fn lists_are_neither_empty_nor_double_nor_too_long() {
    assert!(items(&[]).is_err());
    assert!(items(&[titled("m1"), titled("m1")]).is_err());
    let many: Vec<v1::Item> = (0..501)
        .map(|number| titled(&format!("m{number}")))
        .collect();
    assert!(items(&many).is_err());
    assert_eq!(items(&many[..500]).unwrap().len(), 500);
}

#[test]
fn a_user_comes_back_as_it_was_sent() {
    let wire = v1::User {
        user_id: "ann".to_owned(),
        age: Some(40),
        country: "NL".to_owned(),
        ..v1::User::default()
    };
    let made = users(std::slice::from_ref(&wire)).unwrap().remove(0);
    assert_eq!((made.age, made.gender.as_ref()), (Some(40), None));
    assert_eq!(user_to_wire(made), wire);
}
