use std::collections::{BTreeMap, HashSet};

use marquee_core::{Action, Actor, Creator, Event, Item, User};
use tempfile::TempDir;

use super::super::tiny_world;
use super::*;

fn written(format: WorldFormat) -> (TempDir, WorldReport) {
    let folder = TempDir::new().unwrap();
    let config = tiny_world().config().clone();
    let report = write_world(&config, folder.path(), format, |_| {}).unwrap();
    (folder, report)
}

fn lines<T: serde::de::DeserializeOwned>(folder: &TempDir, name: &str) -> Vec<T> {
    let text = fs::read_to_string(folder.path().join(name)).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Cells of a CSV file without its first line, by the names in that line.
fn table(folder: &TempDir, name: &str) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(folder.path().join(name)).unwrap();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    lines
        .map(|line| {
            let cells: Vec<&str> = line.splitn(names.len(), ',').collect();
            assert_eq!(cells.len(), names.len(), "{line}");
            let pairs = names.iter().zip(cells);
            pairs
                .map(|(a, b)| ((*a).to_owned(), b.to_owned()))
                .collect()
        })
        .collect()
}

/// Contents of every file of a world.
fn bytes(threads: usize, format: WorldFormat) -> Vec<Vec<u8>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let (folder, _) = pool.unwrap().install(|| written(format));
    let mut files = Vec::new();
    for part in [folder.path().to_owned(), folder.path().join("truth")] {
        let mut paths: Vec<_> = fs::read_dir(part)
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        paths.sort();
        paths.retain(|path| path.is_file());
        files.extend(paths.iter().map(|path| fs::read(path).unwrap()));
    }
    files
}

#[test]
fn bytes_are_the_same_on_one_and_two_threads() {
    for format in [WorldFormat::Jsonl, WorldFormat::Csv] {
        let files = bytes(1, format);
        assert_eq!(files.len(), 10);
        assert!(files == bytes(2, format), "{format:?}");
    }
}

#[test]
fn json_lines_are_the_events_of_the_world() {
    let (folder, report) = written(WorldFormat::Jsonl);
    let events: Vec<Event> = lines(&folder, "events.jsonl");
    let world = tiny_world();
    let want: Vec<Event> = world
        .days()
        .flatten()
        .map(|one| world.event(&one))
        .collect();
    assert_eq!(report.events, events.len() as u64);
    assert!(events == want);
}

#[test]
fn every_id_leads_somewhere() {
    let (folder, _) = written(WorldFormat::Jsonl);
    let items: Vec<Item> = lines(&folder, "items.jsonl");
    let users: Vec<User> = lines(&folder, "users.jsonl");
    let creators: Vec<Creator> = lines(&folder, "creators.jsonl");
    let item_ids: HashSet<_> = items.iter().map(|one| &one.id).collect();
    let user_ids: HashSet<_> = users.iter().map(|one| &one.id).collect();
    let creator_ids: HashSet<_> = creators.iter().map(|one| &one.id).collect();
    assert!(
        items
            .iter()
            .flat_map(|one| &one.creators)
            .all(|id| creator_ids.contains(id))
    );
    let mut seen = HashSet::new();
    for event in lines::<Event>(&folder, "events.jsonl") {
        let Actor::User(user) = &event.actor else {
            panic!("every viewer is known");
        };
        assert!(user_ids.contains(user));
        assert!(event.action.item().is_none_or(|id| item_ids.contains(id)));
        match &event.action {
            Action::Follow { creator } => assert!(creator_ids.contains(creator)),
            Action::Retract { event } => assert!(seen.contains(event), "{event}"),
            _ => {}
        }
        assert!(seen.insert(event.id.unwrap()), "no event id twice");
    }
}

#[test]
fn truth_goes_with_the_impressions() {
    let (folder, report) = written(WorldFormat::Csv);
    let truth = table(&folder, "truth/impressions.csv");
    assert_eq!(report.impressions, truth.len() as u64);
    let events = table(&folder, "events.csv");
    assert_eq!(report.events, events.len() as u64);
    let shown = events.iter().filter(|row| row["kind"] == "impression");
    for (event, truth) in shown.zip(&truth) {
        assert_eq!(event["event_id"], truth["event"]);
        assert_eq!(event["item"], truth["item"]);
        assert_eq!(event["propensity"], truth["propensity"]);
    }
    let comments = table(&folder, "truth/comments.csv");
    let written = events.iter().filter(|row| row["kind"] == "comment");
    assert!(!comments.is_empty() && written.count() == comments.len());
    assert_eq!(table(&folder, "truth/viewers.csv").len(), 120);
    assert_eq!(table(&folder, "truth/items.csv").len(), 80);
    assert_eq!(table(&folder, "truth/examination.csv").len(), 10);
}

#[test]
fn report_is_written_and_progress_rises_to_it() {
    let folder = TempDir::new().unwrap();
    let config = tiny_world().config().clone();
    let mut told = Vec::new();
    let tell = |events| told.push(events);
    let report = write_world(&config, folder.path(), WorldFormat::Csv, tell).unwrap();
    assert_eq!(told.len(), 5);
    assert!(told.is_sorted() && told.last() == Some(&report.events));
    let text = fs::read(folder.path().join("world.json")).unwrap();
    assert_eq!(
        serde_json::from_slice::<WorldReport>(&text).unwrap(),
        report
    );
    let length = |name: &str| fs::metadata(folder.path().join(name)).unwrap().len();
    let all = [
        "events.csv",
        "items.jsonl",
        "users.jsonl",
        "creators.jsonl",
        "truth/impressions.csv",
        "truth/comments.csv",
        "truth/items.csv",
        "truth/viewers.csv",
        "truth/examination.csv",
    ];
    assert_eq!(
        report.bytes,
        all.iter().map(|name| length(name)).sum::<u64>()
    );
}

#[test]
fn folder_that_cannot_be_made_is_named() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("taken");
    fs::write(&file, "").unwrap();
    let config = tiny_world().config().clone();
    let got = write_world(&config, &file, WorldFormat::Csv, |_| {});
    assert!(matches!(got, Err(WorldError::Write { path, .. }) if path.starts_with(&file)));
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_holds_what_csv_holds() {
    use ::parquet::{
        file::reader::{FileReader, SerializedFileReader},
        record::Field,
    };
    let rows = |folder: &TempDir, name: &str| -> Vec<Vec<(String, String)>> {
        let file = fs::File::open(folder.path().join(name)).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let rows = reader.get_row_iter(None).unwrap();
        rows.map(|row| {
            row.unwrap()
                .get_column_iter()
                .map(|(name, value)| {
                    let text = match value {
                        Field::Null => String::new(),
                        Field::Str(text) => text.clone(),
                        Field::Double(number) => number.to_string(),
                        Field::Float(number) => number.to_string(),
                        Field::Int(number) => number.to_string(),
                        Field::TimestampMillis(number) => number.to_string(),
                        other => panic!("unexpected {other:?}"),
                    };
                    (name.clone(), text)
                })
                .collect()
        })
        .collect()
    };
    let (csv, csv_report) = written(WorldFormat::Csv);
    let (parquet, report) = written(WorldFormat::Parquet);
    assert_eq!(
        (report.events, report.impressions),
        (csv_report.events, csv_report.impressions)
    );
    for name in ["events", "truth/impressions"] {
        let want = table(&csv, &format!("{name}.csv"));
        let found = rows(&parquet, &format!("{name}.parquet"));
        assert_eq!(found.len(), want.len());
        for (found, want) in found.iter().zip(&want) {
            assert_eq!(found.len(), want.len());
            for (name, text) in found {
                let cell = want[name].trim_matches('"');
                assert_eq!(text, cell, "{name}");
            }
        }
    }
}
