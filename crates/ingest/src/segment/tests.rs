use marquee_core::{EventKind, Timestamp};

use super::*;
use crate::row::{ActorRef, EventRow};

fn row<'a>(id: Option<&'a str>, value: f32) -> EventRow<'a> {
    EventRow {
        actor: ActorRef::User("u"),
        kind: EventKind::Rate,
        item: Some("i"),
        value,
        time: Timestamp::from_millis(7),
        id,
        retracts: None,
        extra: None,
    }
}

fn build(rows: &[EventRow<'_>]) -> SegmentBuilder {
    let mut builder = SegmentBuilder::default();
    for row in rows {
        builder.push(0, Some(0), row);
    }
    builder
}

#[test]
fn columns_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s.mqa");
    let mut rich = row(Some("e1"), 2.5);
    rich.extra = Some("{\"device\":\"tv\"}");
    rich.retracts = Some("e0");
    let written = build(&[row(None, 1.0), rich]).write(&path, &[]).unwrap();
    assert_eq!(
        (written.rows, written.repeated, written.has_ids),
        (2, 0, true)
    );

    let segment = Segment::open(&path).unwrap();
    let columns = segment.columns().unwrap();
    assert_eq!(columns.actor, [0, 0]);
    assert_eq!(columns.kind, [EventKind::Rate.number(); 2]);
    assert_eq!(columns.value, [1.0, 2.5]);
    assert_eq!(columns.time, [7, 7]);
    let (hashes, rows) = segment.id_hashes().unwrap();
    assert_eq!(
        (hashes.len(), hashes.get(0), rows),
        (1, hash_of("e1"), &[1][..])
    );
    let (hashes, rows) = segment.retractions().unwrap();
    assert_eq!((hashes.get(0), rows), (hash_of("e0"), &[1][..]));
    let (rows, texts) = segment.texts("extra", "extra_row").unwrap().unwrap();
    assert_eq!(
        (rows, texts.get(0)),
        (&[1][..], Some("{\"device\":\"tv\"}"))
    );
}

#[test]
fn the_first_event_of_an_id_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (dir.path().join("1.mqa"), dir.path().join("2.mqa"));
    let written = build(&[
        row(Some("a"), 1.0),
        row(Some("b"), 2.0),
        row(Some("a"), 3.0),
    ])
    .write(&first, &[])
    .unwrap();
    assert_eq!((written.rows, written.repeated), (2, 1));
    let columns = Segment::open(&first).unwrap();
    assert_eq!(columns.columns().unwrap().value, [1.0, 2.0]);

    let mut extra = row(Some("c"), 6.0);
    extra.extra = Some("{}");
    let builder = build(&[
        row(Some("b"), 4.0),
        row(None, 5.0),
        extra,
        row(Some("b"), 7.0),
    ]);
    let written = builder.write(&second, &[first]).unwrap();
    assert_eq!((written.rows, written.repeated), (2, 2));
    let segment = Segment::open(&second).unwrap();
    assert_eq!(segment.columns().unwrap().value, [5.0, 6.0]);
    let (rows, texts) = segment.texts("id", "id_row").unwrap().unwrap();
    assert_eq!((rows, texts.get(0)), (&[1][..], Some("c")));
    let (rows, _) = segment.texts("extra", "extra_row").unwrap().unwrap();
    assert_eq!(rows, [1]);
    assert_eq!(segment.id_hashes().unwrap().1, [1]);
}

#[test]
fn a_segment_of_nothing_new_is_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let (first, second) = (dir.path().join("1.mqa"), dir.path().join("2.mqa"));
    build(&[row(Some("a"), 1.0)]).write(&first, &[]).unwrap();
    let written = build(&[row(Some("a"), 1.0)])
        .write(&second, &[first])
        .unwrap();
    assert_eq!(
        (written.rows, written.repeated, written.has_ids),
        (0, 1, false)
    );
    assert!(!second.exists());
}

#[test]
fn other_artifacts_are_no_segments() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ids.mqa");
    let none = crate::intern::Interner::default();
    write_ids(&path, &none, &none, &none).unwrap();
    assert!(matches!(
        Segment::open(&path),
        Err(crate::Error::Artifact { .. })
    ));
}
