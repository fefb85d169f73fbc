use std::{fs, path::Path, time::Duration};

use marquee_cf::silent;
use marquee_core::{
    Action, Event, EventId, Item, ItemId, Seconds, SessionId, ThumbDirection, Timestamp, UserId,
};
use marquee_ingest::{DataFolder, ImportRequest, Selection};
use marquee_pipeline::{Budget, MonotonicClock};
use proptest::prelude::*;

use super::*;
use crate::{
    Detail, EngineConfig, LiveLimits, RecommendRequest, Recommendation, Viewer, loading, training,
};

const NOW: Timestamp = Timestamp::from_seconds(2_000_000);

/// Two groups of viewers, of comedies (even films) and of horror (odd ones).
fn folder(model: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (mut csv, mut items) = (String::from("user_id,item_id,timestamp\n"), String::new());
    for film in 0..40 {
        for viewer in (0..24).filter(|viewer| viewer % 2 == film % 2 && (viewer + film) % 6 != 0) {
            csv.push_str(&format!("u{viewer},film-{film},{}\n", 1000 + film));
        }
        let genre = if film % 2 == 0 { "Comedy" } else { "Horror" };
        items.push_str(&format!(
            "{{\"id\":\"film-{film}\",\"title\":\"Film {film}\",\"genres\":[\"{genre}\"]}}\n"
        ));
    }
    fs::write(dir.path().join("events.csv"), csv).unwrap();
    fs::write(dir.path().join("items.jsonl"), items).unwrap();
    let data = dir.path().join("data");
    let mut opened = DataFolder::open_or_create(&data).unwrap();
    for file in ["events.csv", "items.jsonl"] {
        let request = ImportRequest::new(dir.path().join(file));
        opened.import(&request, &mut |_| {}).unwrap();
    }
    train(&dir, model);
    dir
}

fn train(dir: &tempfile::TempDir, model: &str) -> marquee_store::ModelVersion {
    let data = dir.path().join("data");
    let (loaded, _) = loading::load(&data, &Selection::default()).unwrap();
    let spec = model.parse().unwrap();
    let version = training::train(&data, &loaded, &spec, 1, &mut silent()).unwrap();
    training::activate(&data, &version).unwrap();
    version
}

fn open(dir: &tempfile::TempDir) -> Engine {
    let config = EngineConfig {
        journaling: Journaling::Write(JournalConfig::default()),
        ..EngineConfig::default()
    };
    Engine::open(&dir.path().join("data"), config).unwrap()
}

fn request(viewer: Viewer, k: usize) -> RecommendRequest {
    RecommendRequest {
        k,
        now: NOW,
        ..RecommendRequest::plain(viewer)
    }
}

fn ask(engine: &Engine, request: &RecommendRequest) -> Recommendation {
    let clock = MonotonicClock::start();
    let budget = Budget::new(&clock, Duration::from_secs(60));
    engine.recommend(request, budget).unwrap()
}

fn user(id: &str) -> Viewer {
    Viewer::Known(UserId::new(id).unwrap())
}

/// Items and the bits of their scores.
fn list(engine: &Engine, viewer: &str, k: usize) -> Vec<(String, u32)> {
    let answer = ask(engine, &request(user(viewer), k));
    let items = answer.items.iter();
    let one = |item: &crate::RecommendedItem| (item.item.to_string(), item.score.to_bits());
    items.map(one).collect()
}

fn item(id: &str) -> ItemId {
    ItemId::new(id).unwrap()
}

fn event(id: &str, actor: Actor, time: i64, action: Action) -> Entry {
    Entry::Event(Event {
        id: Some(EventId::new(id).unwrap()),
        actor,
        time: Timestamp::from_seconds(time),
        action,
        surface: None,
        device: None,
        session: None,
        recommendation: None,
    })
}

fn by(id: &str) -> Actor {
    Actor::User(UserId::new(id).unwrap())
}

fn visit(id: &str) -> Actor {
    Actor::Session(SessionId::new(id).unwrap())
}

fn play(film: &str) -> Action {
    Action::Play {
        item: item(film),
        watched: Seconds(60.0),
        duration: None,
    }
}

fn thumb(film: &str, direction: ThumbDirection) -> Action {
    Action::Thumb {
        item: item(film),
        direction,
    }
}

fn retract(id: &str) -> Action {
    Action::Retract {
        event: EventId::new(id).unwrap(),
    }
}

fn tell(engine: &Engine, entry: Entry) -> Outcome {
    engine.write(vec![entry], NOW).unwrap().outcomes[0]
}

fn titled(id: &str, genre: &str) -> Item {
    let mut item = Item::new(item(id));
    item.genres = vec![genre.to_owned()];
    item
}

#[test]
fn an_acknowledged_event_changes_the_next_answer_and_its_retraction_the_one_after() {
    let dir = folder("ials:factors=8,iterations=5");
    let engine = open(&dir);
    let before = list(&engine, "u0", 10);
    assert_eq!(before.len(), 10);
    let seen = before[0].0.clone();
    tell(&engine, event("e1", by("u0"), 5000, play(&seen)));
    let after = list(&engine, "u0", 10);
    assert!(after.iter().all(|(film, _)| *film != seen));
    assert_ne!(after, before);
    tell(&engine, event("e2", by("u0"), 5001, retract("e1")));
    assert_eq!(list(&engine, "u0", 10), before);
}

#[test]
fn somebody_new_is_known_from_the_first_event_on() {
    let dir = folder("ials:factors=8,iterations=5");
    let engine = open(&dir);
    let popular = list(&engine, "newcomer", 10);
    for (number, film) in ["film-1", "film-3", "film-5"].iter().enumerate() {
        let id = format!("e{number}");
        tell(&engine, event(&id, by("newcomer"), 5000, play(film)));
    }
    let answer = ask(&engine, &request(user("newcomer"), 10));
    assert!(answer.items.iter().all(|item| item.genres == ["Horror"]));
    assert_ne!(list(&engine, "newcomer", 10), popular);
}

#[test]
fn an_event_that_comes_again_counts_once() {
    let dir = folder("ials:factors=8,iterations=5");
    let engine = open(&dir);
    let first = tell(&engine, event("e1", by("u0"), 5000, play("film-1")));
    assert!(matches!(first, Outcome::Written { .. }));
    let once = list(&engine, "u0", 10);
    let second = tell(&engine, event("e1", by("u0"), 5000, play("film-1")));
    assert!(matches!(second, Outcome::Duplicate { .. }));
    assert_eq!(list(&engine, "u0", 10), once);
}

#[test]
fn a_restart_gives_the_same_answers() {
    let dir = folder("ials:factors=8,iterations=5");
    let engine = open(&dir);
    let down = thumb("film-2", ThumbDirection::Down);
    tell(&engine, event("e1", by("u0"), 5000, play("film-1")));
    tell(&engine, event("e2", by("u0"), 5001, down));
    tell(&engine, Entry::PutItem(titled("new", "Comedy")));
    let before = list(&engine, "u0", 20);
    drop(engine);
    let engine = open(&dir);
    assert_eq!(list(&engine, "u0", 20), before);
    drop(engine);
    // One that only reads knows the same.
    let reader = Engine::open(&dir.path().join("data"), EngineConfig::default()).unwrap();
    assert_eq!(list(&reader, "u0", 20), before);
    let refused = reader.write(vec![Entry::PutItem(titled("x", "y"))], NOW);
    assert!(matches!(refused, Err(EngineError::ReadOnly)));
}

/// Where horror stands in an answer, on average.
fn mean_rank(answer: &Recommendation) -> f64 {
    let ranks = answer.items.iter().enumerate();
    let ranks = ranks.filter(|(_, item)| item.genres == ["Horror"]);
    let ranks: Vec<usize> = ranks.map(|(rank, _)| rank).collect();
    ranks.iter().sum::<usize>() as f64 / ranks.len() as f64
}

#[test]
fn a_thumb_down_removes_the_item_and_puts_what_is_like_it_later() {
    let dir = folder("ials:factors=8,iterations=5");
    let engine = open(&dir);
    // Somebody who watches both kinds.
    for (number, film) in [0, 1, 2, 3, 4, 5].iter().enumerate() {
        let film = format!("film-{film}");
        tell(
            &engine,
            event(&format!("p{number}"), by("both"), 5000, play(&film)),
        );
    }
    let place_of_horror = |engine: &Engine| mean_rank(&ask(engine, &request(user("both"), 30)));
    let (before, places) = (list(&engine, "both", 30), place_of_horror(&engine));
    let down = thumb("film-7", ThumbDirection::Down);
    tell(&engine, event("down", by("both"), 5001, down));
    let after = list(&engine, "both", 30);
    assert!(after.iter().all(|(film, _)| film != "film-7"));
    assert!(place_of_horror(&engine) > places + 3.0);
    tell(&engine, event("undo", by("both"), 5002, retract("down")));
    assert_eq!(list(&engine, "both", 30), before);
}

#[test]
fn explanations_of_demoted_items_still_add_up() {
    let dir = folder("ials:factors=8,iterations=5");
    let engine = open(&dir);
    let down = thumb("film-1", ThumbDirection::Down);
    tell(&engine, event("down", by("u1"), 5001, down));
    tell(&engine, Entry::PutItem(titled("new", "Horror")));
    let explained = RecommendRequest {
        detail: Detail::Explained,
        ..request(user("u1"), 30)
    };
    let answer = ask(&engine, &explained);
    assert!(answer.items.iter().any(|item| item.item.as_str() == "new"));
    for item in answer.items {
        let tree = item.explanation.unwrap();
        assert!(
            (tree.value - f64::from(item.score)).abs() < 1e-5,
            "{tree:?}"
        );
        assert!(tree.largest_gap() < 1e-4, "{tree:?}");
    }
}

#[test]
fn a_new_title_is_recommended_by_what_it_is_and_then_by_who_watched_it() {
    let dir = folder("ials:factors=8,iterations=5");
    let engine = open(&dir);
    tell(&engine, Entry::PutItem(titled("new", "Comedy")));
    let rank = |viewer: &str| {
        let list = list(&engine, viewer, 40);
        list.iter().position(|(film, _)| film == "new")
    };
    // u0 watches comedies, u1 horror.
    assert!(rank("u0").is_some_and(|rank| rank < 20));
    assert!(rank("u0") < rank("u1"));
    // It turns out that those who watch horror watch it.
    for viewer in [3, 5, 7, 9, 11, 13] {
        let id = format!("e{viewer}");
        tell(
            &engine,
            event(&id, by(&format!("u{viewer}")), 5000, play("new")),
        );
    }
    assert!(rank("u1") < rank("u0"), "{:?} {:?}", rank("u1"), rank("u0"));
    // Deleted, it is gone at once.
    tell(&engine, Entry::DeleteItem(item("new")));
    assert_eq!((rank("u0"), rank("u1")), (None, None));
    assert!(engine.catalog().item("new").is_none());
}

#[test]
fn what_a_session_did_belongs_to_the_user_who_signs_in() {
    let dir = folder("ials:factors=8,iterations=5");
    let engine = open(&dir);
    for (number, film) in ["film-1", "film-3", "film-5"].iter().enumerate() {
        let id = format!("e{number}");
        tell(&engine, event(&id, visit("s1"), 5000, play(film)));
    }
    let of_session = RecommendRequest {
        session: Some(SessionId::new("s1").unwrap()),
        ..request(Viewer::Anonymous, 10)
    };
    let answer = ask(&engine, &of_session);
    assert!(answer.items.iter().all(|item| item.genres == ["Horror"]));
    let blank = list(&engine, "ann", 10);
    tell(&engine, sign_in("s1", "ann"));
    let mine = list(&engine, "ann", 10);
    assert_ne!(mine, blank);
    assert_eq!(mine[0].0, answer.items[0].item.as_str());
    // What the session does later is hers as well, and survives a restart.
    tell(&engine, event("e9", visit("s1"), 6000, play(&mine[0].0)));
    let later = list(&engine, "ann", 10);
    assert!(later.iter().all(|(film, _)| *film != mine[0].0));
    drop(engine);
    assert_eq!(list(&open(&dir), "ann", 10), later);
}

fn sign_in(session: &str, user: &str) -> Entry {
    Entry::SignIn {
        session: SessionId::new(session).unwrap(),
        user: UserId::new(user).unwrap(),
        time: NOW,
    }
}

#[test]
fn the_running_session_turns_the_answer() {
    let dir = folder("ials:factors=8,iterations=5");
    let engine = open(&dir);
    let session = SessionId::new("tonight").unwrap();
    for film in 0..6 {
        let (id, film) = (format!("old-{film}"), format!("film-{}", 2 * film));
        tell(&engine, event(&id, by("ann"), 4000, play(&film)));
    }
    for (number, film) in ["film-1", "film-3", "film-5"].iter().enumerate() {
        let Entry::Event(mut event) = event(&format!("e{number}"), by("ann"), 5000, play(film))
        else {
            unreachable!()
        };
        event.session = Some(session.clone());
        tell(&engine, Entry::Event(event));
    }
    // How far the best horror is ahead of the best comedy.
    let lead = |session: Option<SessionId>| {
        let asked = RecommendRequest {
            session,
            ..request(user("ann"), 40)
        };
        let answer = ask(&engine, &asked);
        let best = |genre: &str| {
            let items = answer.items.iter().filter(|item| item.genres == [genre]);
            items.map(|item| item.score).fold(f32::MIN, f32::max)
        };
        best("Horror") - best("Comedy")
    };
    let (with, without) = (lead(Some(session)), lead(None));
    assert!(with > without + 0.05, "{with} {without}");
}

#[test]
fn a_model_trained_with_the_journal_does_not_count_its_events_again() {
    let dir = folder("ials:factors=8,iterations=5");
    let engine = open(&dir);
    tell(&engine, event("e1", by("u0"), 5000, play("film-1")));
    tell(&engine, event("e2", by("u0"), 5001, play("film-3")));
    let version = train(&dir, "ials:factors=8,iterations=5");
    engine.promote(&version).unwrap();
    let trained = list(&engine, "u0", 20);
    assert!(trained.iter().all(|(film, _)| film != "film-1"));
    let history = |engine: &Engine| {
        let generation = engine.generation().unwrap();
        let known = generation.interactions();
        known.history(known.user("u0").unwrap()).unwrap().len()
    };
    assert_eq!(generation_seq(&engine), 2);
    // One event taken back that the model was trained on: its item may be shown again.
    let n_before = history(&engine);
    tell(&engine, event("e3", by("u0"), 5002, retract("e1")));
    let again = list(&engine, "u0", 30);
    assert!(again.iter().any(|(film, _)| film == "film-1"));
    assert!(again.iter().all(|(film, _)| film != "film-3"));
    assert_eq!(history(&engine), n_before);
}

fn generation_seq(engine: &Engine) -> u64 {
    let generation = engine.generation().unwrap();
    generation.interactions().journal_seq()
}

#[test]
fn only_events_that_the_model_was_trained_on_are_trimmed_and_answers_stay() {
    let dir = folder("ials:factors=8,iterations=8");
    let engine = open(&dir);
    for (number, film) in [1, 3, 5].into_iter().enumerate() {
        let action = play(&format!("film-{film}"));
        tell(
            &engine,
            event(&format!("e{number}"), by("new"), 100, action),
        );
    }
    tell(&engine, event("e3", by("new"), 101, retract("e0")));
    let later = NOW.plus(Seconds(60.0));
    let refused = engine.trim_journal(later);
    assert!(matches!(refused, Err(EngineError::Untrained { seq: 1 })));

    let version = train(&dir, "ials:factors=8,iterations=8");
    engine.promote(&version).unwrap();
    let before = list(&engine, "new", 10);
    let trimmed = engine.trim_journal(later).unwrap();
    assert_eq!(trimmed.events, 4);
    assert_eq!(list(&engine, "new", 10), before);
    assert_eq!(engine.viewer_state(&by("new"), 9).unwrap().n_deeds, 0);
    drop(engine);
    let engine = open(&dir);
    assert_eq!(list(&engine, "new", 10), before);
    assert_eq!(
        tell(&engine, event("e9", by("new"), 102, play("film-7"))),
        Outcome::Written { seq: 5 }
    );
}

#[test]
fn what_was_seen_long_ago_stays_out_until_it_is_taken_back() {
    let dir = folder("ials:factors=8,iterations=8");
    let config = EngineConfig {
        journaling: Journaling::Write(JournalConfig::default()),
        live: LiveLimits {
            viewer_events: 4,
            ..LiveLimits::default()
        },
        ..EngineConfig::default()
    };
    let data = dir.path().join("data");
    let check = |engine: &Engine, shown: &[&str]| {
        let list = list(engine, "new", 40);
        let films = list.iter().map(|(film, _)| film.as_str());
        let films: Vec<&str> = films.filter(|film| film.len() == 6).collect();
        let mut films: Vec<&str> = films;
        films.sort_unstable();
        assert_eq!(films, shown);
    };
    let engine = Engine::open(&data, config.clone()).unwrap();
    assert!(!list(&engine, "new", 40).is_empty());
    // Films 0 to 9 have ids of six letters.
    for film in 0..10 {
        let action = play(&format!("film-{film}"));
        tell(&engine, event(&format!("e{film}"), by("new"), film, action));
    }
    check(&engine, &[]);
    tell(&engine, event("r", by("new"), 11, retract("e1")));
    check(&engine, &["film-1"]);
    let before = list(&engine, "new", 40);
    drop(engine);
    let engine = Engine::open(&data, config).unwrap();
    check(&engine, &["film-1"]);
    assert_eq!(list(&engine, "new", 40), before);
}

#[test]
fn under_load_answers_are_simpler_and_say_so() {
    let dir = folder("ials:factors=8,iterations=8");
    let engine = open(&dir);
    engine
        .write(vec![Entry::PutItem(titled("new-film", "Comedy"))], NOW)
        .unwrap();
    let clock = MonotonicClock::start();
    let budget = Budget::new(&clock, Duration::from_secs(60));
    let at = |percent| {
        let budget = budget.with_quality(marquee_pipeline::Quality::of_percent(percent));
        engine.recommend(&request(user("u0"), 5), budget).unwrap()
    };
    assert!(at(80).degraded.is_empty());
    let names = |answer: &Recommendation| {
        let left_out = answer.degraded.iter();
        left_out.map(|one| one.component).collect::<Vec<_>>()
    };
    assert_eq!(names(&at(79)), ["ials"]);
    let simple = at(10);
    assert_eq!(simple.items.len(), 5);
    assert_eq!(names(&simple).len(), 3, "{:?}", names(&simple));
}

#[test]
fn pages_never_show_an_item_twice_while_events_arrive() {
    let dir = folder("ials:factors=8,iterations=5");
    let engine = open(&dir);
    let mut asked = request(user("u0"), 5);
    let mut all = Vec::new();
    for page in 0..6 {
        let answer = ask(&engine, &asked);
        let ids: Vec<String> = answer
            .items
            .iter()
            .map(|one| one.item.to_string())
            .collect();
        let hashes = ids.iter().map(|id| crate::request::page_hash(id));
        asked.shown.extend(hashes);
        asked.shown.sort_unstable();
        all.extend(ids);
        // The lists of the viewer change between any two pages.
        let film = format!("film-{}", 2 * page + 1);
        tell(
            &engine,
            event(&format!("e{page}"), by("u0"), 5000, play(&film)),
        );
    }
    let different: std::collections::HashSet<&String> = all.iter().collect();
    assert_eq!(different.len(), all.len());
    assert!(all.len() >= 20);
}

#[test]
fn an_erased_person_is_as_if_there_had_been_nobody() {
    let dir = folder("ials:factors=8,iterations=5");
    let zoe = "zoe-9f8e7d";
    let data = dir.path().join("data");
    let file = dir.path().join("zoe.csv");
    fs::write(
        &file,
        format!("user_id,item_id,timestamp\n{zoe},film-5,9\nu3,film-7,9\n"),
    )
    .unwrap();
    let mut opened = DataFolder::open(&data).unwrap();
    opened
        .import(&ImportRequest::new(file), &mut |_| {})
        .unwrap();
    let record = dir.path().join("users.jsonl");
    fs::write(
        &record,
        format!("{{\"id\":\"{zoe}\",\"country\":\"at\"}}\n"),
    )
    .unwrap();
    opened
        .import(&ImportRequest::new(record), &mut |_| {})
        .unwrap();

    let engine = open(&dir);
    let nobody = list(&engine, "nobody", 10);
    tell(&engine, sign_in("visit-4c3b2a", zoe));
    for (number, film) in ["film-1", "film-3"].iter().enumerate() {
        let id = format!("e{number}");
        tell(&engine, event(&id, by(zoe), 5000, play(film)));
    }
    tell(
        &engine,
        event("e9", visit("visit-4c3b2a"), 5001, play("film-9")),
    );
    let version = train(&dir, "ials:factors=8,iterations=5");
    engine.promote(&version).unwrap();
    let mut lines = Vec::new();
    let mut keep = |line: &str| {
        lines.push(line.to_owned());
        true
    };
    engine.export(&by(zoe), &mut keep).unwrap();
    assert_eq!(lines.len(), 3);
    assert!(holds(&data, zoe) && holds(&data, "visit-4c3b2a"));
    assert_ne!(list(&engine, zoe, 10), list(&engine, "nobody", 10));
    let others = list(&engine, "u3", 10);

    let id = UserId::new(zoe).unwrap();
    assert_eq!(engine.erase(&id).unwrap(), 4);
    assert!(!holds(&data, zoe) && !holds(&data, "visit-4c3b2a"));
    assert_eq!(engine.user(zoe), None);
    assert_eq!(list(&engine, zoe, 10), list(&engine, "nobody", 10));
    assert_eq!(list(&engine, "u3", 10), others);
    drop(engine);
    let engine = open(&dir);
    assert_eq!(list(&engine, "u3", 10), others);
    assert_eq!(engine.erase(&id).unwrap(), 0);
    let rolled_back = engine.roll_back().unwrap();
    assert_ne!(rolled_back, version);
    assert_eq!(list(&engine, zoe, 10), nobody);
}

/// Whether any file below `dir` holds `text`.
fn holds(dir: &Path, text: &str) -> bool {
    fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, text);
        }
        let bytes = fs::read(&path).unwrap();
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    })
}

/// What a property test does next.
#[derive(Debug, Clone)]
enum Step {
    Play(u8, u8),
    Down(u8, u8),
    Retract(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..3_u8, 0..40_u8).prop_map(|(who, film)| Step::Play(who, film)),
        (0..3_u8, 0..40_u8).prop_map(|(who, film)| Step::Down(who, film)),
        (0..30_u8).prop_map(Step::Retract),
    ]
}

fn entry_of(number: usize, step: &Step) -> Entry {
    let id = format!("e{number}");
    let time = 5000 + i64::try_from(number).unwrap();
    let who = |who: u8| by(&format!("u{who}"));
    match step {
        Step::Play(viewer, film) => event(&id, who(*viewer), time, play(&format!("film-{film}"))),
        Step::Down(viewer, film) => {
            let down = thumb(&format!("film-{film}"), ThumbDirection::Down);
            event(&id, who(*viewer), time, down)
        }
        Step::Retract(of) => event(&id, who(0), time, retract(&format!("e{of}"))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Whatever happened, what was seen or spoken against and not taken back is in no answer; a
    /// restart knows the same; and several writers at once come to what one after the other gives.
    #[test]
    fn what_is_seen_stays_out_in_any_order(steps in proptest::collection::vec(step(), 1..30)) {
        let dir = folder("item-knn");
        let engine = open(&dir);
        std::thread::scope(|scope| {
            for part in 0..3 {
                let (engine, steps) = (&engine, &steps);
                scope.spawn(move || {
                    for (number, step) in steps.iter().enumerate().skip(part).step_by(3) {
                        tell(engine, entry_of(number, step));
                        ask(engine, &request(user("u0"), 10));
                    }
                });
            }
        });
        let lists: Vec<_> = (0..3).map(|who| list(&engine, &format!("u{who}"), 40)).collect();
        for (number, step) in steps.iter().enumerate() {
            let (Step::Play(who, film) | Step::Down(who, film)) = step else { continue };
            // A retraction belongs to the log of whoever sent it, which is u0.
            let taken_back = *who == 0
                && steps.iter().any(|step| matches!(step, Step::Retract(of) if usize::from(*of) == number));
            if !taken_back {
                let film = format!("film-{film}");
                prop_assert!(lists[usize::from(*who)].iter().all(|(id, _)| *id != film));
            }
        }
        drop(engine);
        let engine = open(&dir);
        for (who, list_before) in lists.iter().enumerate() {
            prop_assert_eq!(&list(&engine, &format!("u{who}"), 40), list_before);
        }
    }
}
