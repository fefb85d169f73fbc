use std::{collections::BTreeSet, fs, time::Duration};

use marquee_cf::silent;
use marquee_core::{ItemId, Timestamp, UserId};
use marquee_ingest::{ImportRequest, Selection};
use marquee_pipeline::MonotonicClock;

use super::*;
use crate::{Detail, Outcomes, PastItem, Removals, SeenPolicy, Surroundings, Viewer, training};

/// Two groups of viewers: `a…` watch the even films, which are comedies, `b…` the odd ones, horror.
/// Film 0 is seen by everybody, film 18 is not in the catalog, film 16 is not available before 2000.
fn data_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut csv = String::from("user_id,item_id,timestamp\n");
    for viewer in 0..12 {
        for film in 0..20 {
            let own = film % 2 == viewer % 2 && (film + viewer) % 5 != 0;
            if own || film == 0 {
                let group = if viewer % 2 == 0 { 'a' } else { 'b' };
                csv.push_str(&format!("{group}{viewer},film-{film},{}\n", 1000 + film));
            }
        }
    }
    let mut items = String::new();
    for film in (0..20).filter(|film| *film != 18) {
        let genre = if film % 2 == 0 { "Comedy" } else { "Horror" };
        let window = if film == 16 {
            r#","availability":[{"start":946684800000}]"#
        } else {
            ""
        };
        items.push_str(&format!(
            "{{\"id\":\"film-{film}\",\"title\":\"Film {film}\",\"kind\":\"movie\",\"genres\":[\"{genre}\"]{window}}}\n"
        ));
    }
    let events = folder.path().join("events.csv");
    let catalog = folder.path().join("items.jsonl");
    fs::write(&events, csv).unwrap();
    fs::write(&catalog, items).unwrap();
    let mut data = DataFolder::open_or_create(folder.path().join("data")).unwrap();
    for path in [events, catalog] {
        data.import(&ImportRequest::new(path), &mut |_| {}).unwrap();
    }
    folder
}

fn train(folder: &tempfile::TempDir, spec: &str) -> ModelVersion {
    let data = folder.path().join("data");
    let loaded = DataFolder::open(&data).unwrap();
    let loaded = loaded.load_interactions(&Selection::default()).unwrap();
    let spec = spec.parse().unwrap();
    let version = training::train(&data, &loaded, &spec, 1, &mut silent()).unwrap();
    training::activate(&data, &version).unwrap();
    version
}

fn open(folder: &tempfile::TempDir) -> Engine {
    Engine::open(&folder.path().join("data"), EngineConfig::default()).unwrap()
}

fn request(viewer: Viewer) -> RecommendRequest {
    RecommendRequest {
        k: 5,
        removals: Removals::Named,
        now: Timestamp::from_seconds(1_000_000_000),
        ..RecommendRequest::plain(viewer)
    }
}

fn known(id: &str) -> Viewer {
    Viewer::Known(UserId::new(id).unwrap())
}

fn ask(engine: &Engine, request: &RecommendRequest) -> Recommendation {
    let clock = MonotonicClock::start();
    let budget = Budget::new(&clock, Duration::from_secs(60));
    engine.recommend(request, budget).unwrap()
}

fn ids(answer: &Recommendation) -> Vec<&str> {
    answer.items.iter().map(|item| item.item.as_str()).collect()
}

#[test]
fn viewers_get_what_their_group_watches_and_nothing_they_have_seen() {
    let folder = data_folder();
    train(&folder, "item-knn");
    let engine = open(&folder);
    let answer = ask(&engine, &request(known("b3")));
    assert_eq!(answer.model, "item-knn/000001");
    let first = &answer.items[0];
    assert_eq!(first.genres, ["Horror"]);
    assert!(first.title.starts_with("Film"));
    let seen: BTreeSet<&str> = ["film-1", "film-3", "film-5"].into();
    assert!(ids(&answer).iter().all(|id| !seen.contains(id)));
    let in_history = answer
        .removals
        .iter()
        .filter(|one| one.rule == "in_history");
    assert!(in_history.count() >= 3);
    assert!(answer.degraded.is_empty());
}

#[test]
fn what_was_rated_low_is_neither_a_sign_of_liking_nor_shown_again() {
    let folder = data_folder();
    let data = folder.path().join("data");
    let low = folder.path().join("low.csv");
    let rows = "user_id,item_id,rating,timestamp\nb3,film-9,1.0,9000\nb3,film-11,5.0,9001\n";
    fs::write(&low, rows).unwrap();
    let mut open_data = DataFolder::open(&data).unwrap();
    open_data
        .import(&ImportRequest::new(low), &mut |_| {})
        .unwrap();
    let selection = Selection {
        min_rating: Some(4.0),
        ..Selection::default()
    };
    let loaded = open_data.load_interactions(&selection).unwrap();
    let spec = "item-knn".parse().unwrap();
    let version = training::train(&data, &loaded, &spec, 1, &mut silent()).unwrap();
    training::activate(&data, &version).unwrap();
    let engine = open(&folder);
    let mut wanted = request(known("b3"));
    wanted.k = 20;
    let answer = ask(&engine, &wanted);
    let rule_of = |id: &str| {
        let found = answer.removals.iter().find(|one| one.item.as_str() == id);
        found.map(|one| one.rule)
    };
    assert_eq!(rule_of("film-9"), Some("spoken_against"));
    assert_eq!(rule_of("film-11"), Some("in_history"));
    wanted.seen = SeenPolicy::Allow;
    assert!(ids(&ask(&engine, &wanted)).contains(&"film-9"));
}

#[test]
fn seen_items_come_back_when_they_are_allowed() {
    let folder = data_folder();
    train(&folder, "ease:regularization=5");
    let engine = open(&folder);
    let again = RecommendRequest {
        seen: SeenPolicy::Allow,
        k: 20,
        ..request(known("a0"))
    };
    assert!(ids(&ask(&engine, &again)).contains(&"film-2"));
    assert!(!ids(&ask(&engine, &request(known("a0")))).contains(&"film-2"));
}

#[test]
fn catalog_rules_hold_for_everybody() {
    let folder = data_folder();
    train(&folder, "item-knn");
    let engine = open(&folder);
    let all = |now| RecommendRequest {
        k: 20,
        now,
        ..request(Viewer::Anonymous)
    };
    let early = ask(&engine, &all(Timestamp::from_seconds(1)));
    let late = ask(&engine, &all(Timestamp::from_seconds(1_000_000_000)));
    assert!(!ids(&early).contains(&"film-16") && ids(&late).contains(&"film-16"));
    assert!(!ids(&late).contains(&"film-18"));
    let reason = |answer: &Recommendation, id: &str| {
        let found = answer.removals.iter().find(|one| one.item.as_str() == id);
        found.map(|one| (one.stage, one.rule))
    };
    assert_eq!(
        reason(&early, "film-16"),
        Some(("unavailable", "outside_its_windows"))
    );
    assert_eq!(
        reason(&late, "film-18"),
        Some(("not_found", "not_in_catalog"))
    );
}

#[test]
fn filters_of_the_request_hold() {
    let folder = data_folder();
    train(&folder, "item-knn");
    let engine = open(&folder);
    let mut wanted = request(known("b3"));
    wanted.filter.include_genres = vec!["Comedy".into()];
    wanted.filter.exclude_items = vec![ItemId::new("film-2").unwrap()];
    let answer = ask(&engine, &wanted);
    assert!(!answer.items.is_empty());
    assert!(answer.items.iter().all(|item| item.genres == ["Comedy"]));
    assert!(!ids(&answer).contains(&"film-2"));
    wanted.filter.include_genres = vec!["no such genre".into()];
    assert!(ask(&engine, &wanted).items.is_empty());
}

#[test]
fn a_history_in_the_request_answers_like_the_same_history_in_the_data() {
    let folder = data_folder();
    train(&folder, "ease:regularization=5");
    let engine = open(&folder);
    let generation = engine.generation().unwrap();
    let interactions = generation.interactions();
    let row = interactions.user("b3").unwrap();
    let past = interactions.history(row).unwrap();
    let past = past.iter().map(|entry| PastItem {
        item: ItemId::new(interactions.item_id(entry.item).unwrap()).unwrap(),
        weight: entry.weight,
        time: entry.time,
    });
    let from_data = ask(&engine, &request(known("b3")));
    let inline = ask(&engine, &request(Viewer::WithHistory(past.collect())));
    assert_eq!(inline.items, from_data.items);
}

#[test]
fn nobody_known_gets_what_is_popular() {
    let folder = data_folder();
    train(&folder, "item-knn");
    let engine = open(&folder);
    let answer = ask(&engine, &request(Viewer::Anonymous));
    assert_eq!(ids(&answer)[0], "film-0");
    assert_eq!(answer.items[0].sources, ["popular"]);
    let stranger = ask(&engine, &request(known("never seen")));
    assert_eq!(stranger.items, answer.items);
    assert_ne!(stranger.id, answer.id);
}

#[test]
fn explanations_name_titles_and_add_up() {
    let folder = data_folder();
    train(&folder, "item-knn");
    let engine = open(&folder);
    let explained = RecommendRequest {
        detail: Detail::Explained,
        ..request(known("b3"))
    };
    for item in ask(&engine, &explained).items {
        let tree = item.explanation.unwrap();
        assert!((tree.value - f64::from(item.score)).abs() < 1e-6);
        assert!(tree.largest_gap() < 1e-5);
        assert!(
            tree.parts
                .iter()
                .all(|part| part.label.starts_with("Film "))
        );
    }
}

#[test]
fn given_candidates_are_ranked_and_strangers_named() {
    let folder = data_folder();
    train(&folder, "item-knn");
    let engine = open(&folder);
    let clock = MonotonicClock::start();
    let budget = Budget::new(&clock, Duration::from_secs(60));
    let wanted = ["film-2", "film-7", "film-999"];
    let request = RankRequest {
        viewer: known("b3"),
        items: wanted.map(|id| ItemId::new(id).unwrap()).to_vec(),
        seen: SeenPolicy::Allow,
        detail: Detail::Plain,
        outcomes: Outcomes::Untold,
        surroundings: Surroundings::default(),
        session: None,
        now: Timestamp::EPOCH,
    };
    let answer = engine.rank(&request, budget).unwrap();
    assert_eq!(ids(&answer), ["film-7", "film-2"]);
    assert_eq!(answer.removals[0].rule, "unknown_item");
    assert_eq!(answer.removals[0].item.as_str(), "film-999");
}

#[test]
fn similar_items_are_of_the_same_kind() {
    let folder = data_folder();
    train(&folder, "item-knn");
    let engine = open(&folder);
    let clock = MonotonicClock::start();
    let similar = |id: &str| {
        let request = SimilarRequest {
            item: ItemId::new(id).unwrap(),
            k: 3,
            now: Timestamp::from_seconds(1_000_000_000),
        };
        engine.similar_items(&request, Budget::new(&clock, Duration::from_secs(60)))
    };
    let answer = similar("film-7").unwrap();
    assert_eq!(answer.items.len(), 3);
    assert_eq!(answer.items[0].genres, ["Horror"]);
    assert!(!ids(&answer).contains(&"film-7"));
    let missing = similar("film-999");
    assert!(matches!(missing, Err(EngineError::UnknownItem { item }) if item == "film-999"));
}

#[test]
fn versions_are_promoted_and_rolled_back_while_it_runs() {
    let folder = data_folder();
    let first = train(&folder, "popularity");
    let engine = open(&folder);
    let second = train(&folder, "item-knn");
    let model = || ask(&engine, &request(known("a0"))).model;
    assert_eq!(model(), first.to_string());
    assert_eq!(engine.promote(&second).unwrap(), Some(second.clone()));
    assert_eq!(model(), second.to_string());
    assert_eq!(engine.roll_back().unwrap(), first);
    assert_eq!(model(), first.to_string());
    let versions = engine.models().unwrap();
    let active: Vec<_> = versions.iter().filter(|info| info.active).collect();
    assert_eq!(active.len(), 1);
    assert_eq!(active[0].version, first);
    let missing = ModelVersion::new("ease", 9).unwrap();
    assert!(engine.promote(&missing).is_err());
    assert_eq!(model(), first.to_string());
}

#[test]
fn a_damaged_version_is_refused_and_the_old_one_goes_on() {
    let folder = data_folder();
    let first = train(&folder, "popularity");
    let data = folder.path().join("data");
    let second = train(&folder, "item-knn");
    training::activate(&data, &first).unwrap();
    let config = EngineConfig {
        check: Check::EveryByte,
        ..EngineConfig::default()
    };
    let engine = Engine::open(&data, config).unwrap();
    let path = data
        .join("models")
        .join("item-knn")
        .join("000001")
        .join("model.mqa");
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert!(engine.promote(&second).is_err());
    let answer = ask(&engine, &request(known("a0")));
    assert_eq!(answer.model, first.to_string());
}

#[test]
fn without_a_model_there_is_no_answer() {
    let folder = data_folder();
    let engine = open(&folder);
    let clock = MonotonicClock::start();
    let budget = Budget::new(&clock, Duration::from_secs(1));
    let got = engine.recommend(&request(Viewer::Anonymous), budget);
    assert!(matches!(got, Err(EngineError::NoActiveModel)));
}

#[test]
fn lists_of_no_or_too_many_items_are_refused() {
    let folder = data_folder();
    train(&folder, "popularity");
    let engine = open(&folder);
    let clock = MonotonicClock::start();
    for k in [0, 501] {
        let wrong = RecommendRequest {
            k,
            ..request(Viewer::Anonymous)
        };
        let got = engine.recommend(&wrong, Budget::new(&clock, Duration::from_secs(1)));
        assert!(matches!(got, Err(EngineError::ListLength { found }) if found == k));
    }
}
