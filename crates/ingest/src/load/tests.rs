use std::fs;

use super::*;
use crate::ImportRequest;

/// A folder with these files, imported one after the other.
fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, DataFolder) {
    let tmp = tempfile::tempdir().unwrap();
    let mut folder = DataFolder::open_or_create(tmp.path().join("data")).unwrap();
    for (name, text) in files {
        let path = tmp.path().join(name);
        fs::write(&path, text).unwrap();
        folder
            .import(&ImportRequest::new(path), &mut |_| {})
            .unwrap();
    }
    (tmp, folder)
}

/// User, item and weight of every entry, user after user in the order of time.
fn entries(folder: &DataFolder, selection: &Selection) -> Vec<(String, String, f32)> {
    let loaded = folder.load_interactions(selection).unwrap();
    let mut all = Vec::new();
    for (user, row) in loaded.dataset.by_user().rows().enumerate() {
        for (at, &item) in row.columns.iter().enumerate() {
            let user = loaded.users.id(u32::try_from(user).unwrap()).unwrap();
            let item = loaded.items.id(item).unwrap();
            all.push((user.to_owned(), item.to_owned(), row.weight(at)));
        }
    }
    all
}

#[track_caller]
fn check(folder: &DataFolder, selection: &Selection, want: &[(&str, &str, f32)]) {
    let want: Vec<_> = want
        .iter()
        .map(|(user, item, weight)| ((*user).to_owned(), (*item).to_owned(), *weight))
        .collect();
    assert_eq!(entries(folder, selection), want);
}

const RATINGS: &str = "user,item,rating,timestamp\na,x,5,10\na,y,2,20\nb,x,4,30\na,x,1,40\n";

#[test]
fn ratings_count_once_and_the_last_stands() {
    let (_tmp, folder) = folder(&[("r.csv", RATINGS)]);
    check(
        &folder,
        &Selection::default(),
        &[("a", "y", 1.0), ("a", "x", 1.0), ("b", "x", 1.0)],
    );
    let rated = Selection {
        values: Values::Rating,
        ..Selection::default()
    };
    check(
        &folder,
        &rated,
        &[("a", "y", 2.0), ("a", "x", 1.0), ("b", "x", 4.0)],
    );
}

#[test]
fn a_rating_below_the_least_takes_back_the_one_before() {
    let (_tmp, folder) = folder(&[("r.csv", RATINGS)]);
    let mut selection = Selection {
        min_rating: Some(4.0),
        ..Selection::default()
    };
    check(&folder, &selection, &[("b", "x", 1.0)]);
    selection.opposition = Opposition::Ignored;
    check(&folder, &selection, &[("a", "x", 1.0), ("b", "x", 1.0)]);
}

#[test]
fn as_of_leaves_out_what_came_later() {
    let (_tmp, folder) = folder(&[("r.csv", RATINGS)]);
    let selection = Selection {
        values: Values::Rating,
        as_of: Some(Timestamp::from_seconds(30)),
        ..Selection::default()
    };
    check(
        &folder,
        &selection,
        &[("a", "x", 5.0), ("a", "y", 2.0), ("b", "x", 4.0)],
    );
}

#[test]
fn imports_meet_by_id_and_time() {
    let (_tmp, folder) = folder(&[
        ("late.csv", "user,item,timestamp\nb,x,50\na,z,60\n"),
        ("early.csv", "user,item,timestamp\na,x,10\nb,z,20\n"),
    ]);
    check(
        &folder,
        &Selection::default(),
        &[
            ("b", "z", 1.0),
            ("b", "x", 1.0),
            ("a", "x", 1.0),
            ("a", "z", 1.0),
        ],
    );
}

#[test]
fn too_few_interactions_are_pruned_until_both_limits_hold() {
    let text = "user,item\na,x\na,y\nb,x\nb,y\nc,y\nc,z\nd,z\n";
    let (_tmp, folder) = folder(&[("r.csv", text)]);
    let selection = Selection {
        min_per_user: 2,
        min_per_item: 2,
        ..Selection::default()
    };
    // d falls, so z has one user and falls, so c has one item and falls.
    check(
        &folder,
        &selection,
        &[
            ("a", "x", 1.0),
            ("a", "y", 1.0),
            ("b", "x", 1.0),
            ("b", "y", 1.0),
        ],
    );
}

fn event(id: &str, time: i64, action: &str) -> String {
    format!(
        "{{\"id\":\"{id}\",\"actor\":{{\"user\":\"u\"}},\"time\":{time},\"action\":{action}}}\n"
    )
}

#[test]
fn kinds_have_their_weights_and_the_rest_does_not_count() {
    let lines = [
        event("1", 1, r#"{"kind":"open","item":"open"}"#),
        event("2", 2, r#"{"kind":"play","item":"play","watched":3.5}"#),
        event("3", 3, r#"{"kind":"like","item":"like"}"#),
        event("4", 4, r#"{"kind":"thumb","item":"up","direction":"up"}"#),
        event(
            "5",
            5,
            r#"{"kind":"thumb","item":"double","direction":"double_up"}"#,
        ),
        event(
            "6",
            6,
            r#"{"kind":"thumb","item":"down","direction":"down"}"#,
        ),
        event("7", 7, r#"{"kind":"impression","item":"shown"}"#),
        event("8", 8, r#"{"kind":"pause","item":"paused","position":1.0}"#),
        event("9", 9, r#"{"kind":"search","query":"x"}"#),
        event("10", 10, r#"{"kind":"follow","creator":"c"}"#),
        event("11", 11, r#"{"kind":"hide","item":"hidden"}"#),
        event(
            "12",
            12,
            r#"{"kind":"report","item":"reported","reason":"spam"}"#,
        ),
    ];
    let (_tmp, folder) = folder(&[("events.jsonl", &lines.concat())]);
    check(
        &folder,
        &Selection::default(),
        &[
            ("u", "open", 1.0),
            ("u", "play", 1.0),
            ("u", "like", 2.0),
            ("u", "up", 2.0),
            ("u", "double", 3.0),
        ],
    );
    let plays = Selection {
        weights: EventWeights {
            play: 0.5,
            ..EventWeights::NONE
        },
        ..Selection::default()
    };
    check(&folder, &plays, &[("u", "play", 0.5)]);
}

#[test]
fn a_hide_takes_the_play_before_it_away_until_it_is_retracted() {
    let play = event("1", 1, r#"{"kind":"play","item":"x","watched":3.5}"#);
    let hide = event("2", 2, r#"{"kind":"hide","item":"x"}"#);
    let undo = event("3", 3, r#"{"kind":"retract","event":"2"}"#);
    let redo = event("4", 4, r#"{"kind":"retract","event":"3"}"#);
    let file = |lines: &[&String]| lines.iter().map(|line| line.as_str()).collect::<String>();
    let (_tmp, one) = folder(&[("events.jsonl", &file(&[&play, &hide]))]);
    check(&one, &Selection::default(), &[]);
    // The retraction comes in another import than what it takes back.
    let (_tmp, two) = folder(&[
        ("events.jsonl", &file(&[&play, &hide])),
        ("events2.jsonl", &undo),
    ]);
    check(&two, &Selection::default(), &[("u", "x", 1.0)]);
    let before = Selection {
        as_of: Some(Timestamp::from_millis(2)),
        ..Selection::default()
    };
    check(&two, &before, &[]);
    let (_tmp, three) = folder(&[
        ("events.jsonl", &file(&[&undo, &redo])),
        ("events2.jsonl", &file(&[&hide, &play])),
    ]);
    check(&three, &Selection::default(), &[]);
}

#[test]
fn bad_weights_are_refused() {
    let (_tmp, folder) = folder(&[("r.csv", RATINGS)]);
    for weight in [f32::NAN, -1.0, f32::INFINITY] {
        let selection = Selection {
            weights: EventWeights {
                like: weight,
                ..EventWeights::default()
            },
            ..Selection::default()
        };
        let error = folder.load_interactions(&selection).unwrap_err();
        assert!(
            matches!(error, Error::Weight { kind: "like", .. }),
            "{error}"
        );
    }
}

#[test]
fn stats_count_what_is_there() {
    let (_tmp, folder) = folder(&[
        ("r.csv", RATINGS),
        ("s.csv", "session_id,item,timestamp\nv1,x,5\n"),
        ("items.csv", "item,title\nx,X\n"),
    ]);
    let stats = folder.stats().unwrap();
    assert_eq!((stats.imports, stats.events), (3, 5));
    assert_eq!((stats.users, stats.sessions, stats.items), (2, 1, 2));
    assert_eq!(stats.first, Some(Timestamp::from_seconds(5)));
    assert_eq!(stats.last, Some(Timestamp::from_seconds(40)));
    assert_eq!(stats.events_by_kind[&"rate"], 4);
    assert_eq!((stats.item_records, stats.user_records), (1, 0));
}

/// Every byte of a segment is wrong once: loading gives an error or a dataset, and never panics.
#[test]
fn a_damaged_segment_never_panics() {
    let (_tmp, folder) = folder(&[("r.csv", RATINGS)]);
    let (_, segment) = folder.manifest().segments().next().unwrap();
    let path = folder.dir().join(&segment.file);
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x81;
        fs::write(&path, &damaged).unwrap();
        drop(folder.load_interactions(&Selection::default()));
        drop(folder.stats());
    }
    for length in (0..whole.len()).step_by(13) {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(folder.load_interactions(&Selection::default()).is_err());
    }
}
