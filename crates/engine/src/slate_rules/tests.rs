use std::{fs, path::Path, time::Duration};

use marquee_cf::silent;
use marquee_core::{AvailabilityWindow, Item, ItemId, Timestamp};
use marquee_ingest::{DataFolder, ImportRequest, Selection};
use marquee_journal::{Entry, JournalConfig};
use marquee_pipeline::{Budget, MonotonicClock};
use marquee_rerank::{Boost, Pin, SlateRules};

use super::*;
use crate::{
    Engine, EngineConfig, ItemFilter, Journaling, Recommendation, SeenPolicy, Viewer, training,
};

const NOW: Timestamp = Timestamp::from_seconds(1_000_000_000);

/// 200 films of which each is watched by fewer than the one before; every tenth is an anime.
fn engine(folder: &Path) -> Engine {
    let mut events = String::from("user_id,item_id,timestamp\n");
    let mut items = String::new();
    for film in 0..200 {
        for viewer in 0..(200 - film) / 4 + 1 {
            events.push_str(&format!("u{viewer},f{film:03},1000\n"));
        }
        let genre = if film % 10 == 0 { "Anime" } else { "Drama" };
        items.push_str(&format!(
            "{{\"id\":\"f{film:03}\",\"genres\":[\"{genre}\"]}}\n"
        ));
    }
    fs::write(folder.join("events.csv"), events).unwrap();
    fs::write(folder.join("items.jsonl"), items).unwrap();
    let data = folder.join("data");
    let mut opened = DataFolder::open_or_create(&data).unwrap();
    for file in ["events.csv", "items.jsonl"] {
        let request = ImportRequest::new(folder.join(file));
        opened.import(&request, &mut |_| {}).unwrap();
    }
    let loaded = opened.load_interactions(&Selection::default()).unwrap();
    let spec = "popularity".parse().unwrap();
    let version = training::train(&data, &loaded, &spec, 1, &mut silent()).unwrap();
    training::activate(&data, &version).unwrap();
    let config = EngineConfig {
        journaling: Journaling::Write(JournalConfig::default()),
        ..EngineConfig::default()
    };
    Engine::open(&data, config).unwrap()
}

fn request(expression: Option<&str>, rules: SlateRules) -> RecommendRequest {
    RecommendRequest {
        k: 5,
        filter: ItemFilter {
            expression: expression.map(|text| text.parse().unwrap()),
            ..ItemFilter::default()
        },
        rules,
        seen: SeenPolicy::Allow,
        now: NOW,
        ..RecommendRequest::plain(Viewer::Anonymous)
    }
}

fn ask(engine: &Engine, request: &RecommendRequest) -> Recommendation {
    let clock = MonotonicClock::start();
    let budget = Budget::new(&clock, Duration::from_secs(60));
    engine.recommend(request, budget).unwrap()
}

fn ids(answer: &Recommendation) -> Vec<&str> {
    answer.items.iter().map(|item| item.item.as_str()).collect()
}

fn pin(id: &str, place: usize) -> SlateRules {
    SlateRules {
        pins: vec![Pin {
            item: ItemId::new(id).unwrap(),
            place,
            during: AvailabilityWindow::ALWAYS,
        }],
        ..SlateRules::default()
    }
}

fn boost(what: &str, weight: f32) -> SlateRules {
    SlateRules {
        boosts: vec![Boost {
            what: what.parse().unwrap(),
            weight,
            during: AvailabilityWindow::ALWAYS,
        }],
        ..SlateRules::default()
    }
}

#[test]
fn sources_are_asked_for_more_until_enough_passes() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path());
    let got = ask(
        &engine,
        &request(Some("genre = \"Anime\""), SlateRules::default()),
    );
    assert_eq!(ids(&got), ["f000", "f010", "f020", "f030", "f040"]);
    let last = r#"id in ["f199", "f198", "nothing"]"#;
    let got = ask(&engine, &request(Some(last), SlateRules::default()));
    assert_eq!(ids(&got), ["f198", "f199"]);
}

#[test]
fn a_pin_is_proposed_although_no_source_would() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path());
    let got = ask(&engine, &request(None, pin("f199", 2)));
    assert_eq!(ids(&got), ["f000", "f199", "f001", "f002", "f003"]);
    assert_eq!(got.items[1].sources.last(), Some(&"chosen"));
    let [moved] = &got.moved[..] else {
        panic!("{:?}", got.moved);
    };
    assert_eq!(
        (
            moved.item.as_str(),
            moved.rule.to_string().as_str(),
            moved.to
        ),
        ("f199", "pins[0]", Some(1))
    );
    let filtered = request(Some("id != \"f199\""), pin("f199", 2));
    assert!(!ids(&ask(&engine, &filtered)).contains(&"f199"));
}

#[test]
fn a_boost_of_named_items_proposes_them() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path());
    let got = ask(&engine, &request(None, boost(r#"id = "f150""#, 100.0)));
    assert_eq!(ids(&got)[0], "f150");
    // The score is still the model's: nobody watched it more than what stands below.
    assert!(got.items[0].score < got.items[1].score);
}

#[test]
fn titles_that_the_model_does_not_know_are_filtered_like_others() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path());
    let mut item = Item::new(ItemId::new("new").unwrap());
    item.genres = vec!["Noir".to_owned()];
    let noir = request(Some("genre = \"Noir\""), pin("new", 1));
    assert!(ids(&ask(&engine, &noir)).is_empty());
    engine
        .write(vec![Entry::PutItem(item.clone())], NOW)
        .unwrap();
    assert_eq!(ids(&ask(&engine, &noir)), ["new"]);
    item.genres = vec!["Drama".to_owned()];
    engine.write(vec![Entry::PutItem(item)], NOW).unwrap();
    assert!(ids(&ask(&engine, &noir)).is_empty());
}

#[test]
fn rules_out_of_bounds_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let engine = engine(folder.path());
    let clock = MonotonicClock::start();
    let budget = Budget::new(&clock, Duration::from_secs(60));
    let refused = engine.recommend(&request(None, boost("available", 0.0)), budget);
    assert!(matches!(refused, Err(crate::EngineError::Rules(_))));
}
