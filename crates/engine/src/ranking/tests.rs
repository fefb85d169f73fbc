use std::{fs, path::Path, time::Duration};

use marquee_cf::silent;
use marquee_core::{Action, Actor, Event, EventId, ItemId, SessionId, Timestamp, UserId};
use marquee_features::{Asked, FeatureTable, Plan, Scratch, TrainingOptions, VectorSet};
use marquee_features::{FeatureState, training_rows};
use marquee_ingest::{DataFolder, ImportRequest, Selection};
use marquee_journal::JournalConfig;
use marquee_pipeline::{Budget, MonotonicClock, Quality};
use marquee_testkit::world::{WorldConfig, WorldFormat, write_world};

use super::{live::entities, *};
use crate::{
    Detail, Engine, EngineConfig, EngineError, Entry, Journaling, Outcomes, RankRequest,
    RecommendRequest, Recommendation, SeenPolicy, Surroundings, Viewer, loading, training,
};

/// A synthetic service whose first events are imported, and the others.
struct Service {
    dir: tempfile::TempDir,
    later: Vec<Event>,
    /// After all events.
    now: Timestamp,
}

const SMALL: &str = "ranker:epochs=2,embedding=4,hidden=[16],batch=256";

impl Service {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let raw = dir.path().join("raw");
        let config = WorldConfig {
            users: 60,
            items: 50,
            creators: 6,
            events: 8_000,
            days: 6,
            ..WorldConfig::default()
        };
        write_world(&config, &raw, WorldFormat::Jsonl, |_| {}).unwrap();
        let text = fs::read_to_string(raw.join("events.jsonl")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let (early, late) = lines.split_at(lines.len() * 3 / 4);
        fs::write(raw.join("early.jsonl"), early.join("\n")).unwrap();
        let mut data = DataFolder::open_or_create(dir.path().join("data")).unwrap();
        for file in [
            "early.jsonl",
            "items.jsonl",
            "users.jsonl",
            "creators.jsonl",
        ] {
            let request = ImportRequest::new(raw.join(file));
            data.import(&request, &mut |_| {}).unwrap();
        }
        let read = |line: &&str| serde_json::from_str::<Event>(line).unwrap();
        let later: Vec<Event> = late.iter().map(read).collect();
        let now = later.last().unwrap().time.plus(marquee_core::Seconds(60.0));
        Self { dir, later, now }
    }

    fn data(&self) -> std::path::PathBuf {
        self.dir.path().join("data")
    }

    fn train(&self, model: &str) -> (marquee_store::ModelVersion, Option<RankerReport>) {
        let data = self.data();
        let spec: crate::ModelSpec = model.parse().unwrap();
        let (version, report) = if is_ranker(spec.name()) {
            let run = RankerRun {
                spec,
                features: None,
                base: None,
                seed: 1,
                keep_every: Duration::from_secs(60),
            };
            let step = &mut |_: &marquee_ranking::Step| std::ops::ControlFlow::Continue(());
            let (version, report) = train_ranker(&data, &run, step).unwrap();
            (version, Some(report))
        } else {
            let (loaded, _) = loading::load(&data, &Selection::default()).unwrap();
            let trained = training::train(&data, &loaded, &spec, 1, &mut silent()).unwrap();
            (trained, None)
        };
        training::activate(&data, &version).unwrap();
        (version, report)
    }

    fn open(&self) -> Engine {
        let config = EngineConfig {
            journaling: Journaling::Write(JournalConfig::default()),
            ..EngineConfig::default()
        };
        Engine::open(&self.data(), config).unwrap()
    }

    fn write(&self, engine: &Engine, entries: Vec<Entry>) {
        engine.write(entries, self.now).unwrap();
    }

    fn request(&self, viewer: &str) -> RecommendRequest {
        RecommendRequest {
            k: 15,
            outcomes: Outcomes::Told,
            detail: Detail::Explained,
            now: self.now,
            ..RecommendRequest::plain(Viewer::Known(UserId::new(viewer).unwrap()))
        }
    }
}

fn ask(engine: &Engine, request: &RecommendRequest) -> Recommendation {
    let clock = MonotonicClock::start();
    let budget = Budget::new(&clock, Duration::from_secs(60));
    engine.recommend(request, budget).unwrap()
}

fn user(id: &str) -> Actor {
    Actor::User(UserId::new(id).unwrap())
}

/// Every bit of every feature of some viewers and all items, in the order of ids.
fn bits(state: &FeatureState, viewers: &[Actor], now: Timestamp) -> Vec<u32> {
    let entities = state.entities();
    let mut items: Vec<u32> = (0..50)
        .filter_map(|number| entities.item_row(&format!("item-{number:06}")))
        .collect();
    assert_eq!(items.len(), 50);
    items.dedup();
    let mut table = FeatureTable::new(state.plan().schema().clone()).unwrap();
    let mut scratch = Scratch::default();
    for viewer in viewers {
        let asked = Asked {
            viewer: entities.viewer_row(viewer).unwrap(),
            time: now,
            device: Some("tv"),
            page: Some("home"),
            items: &items,
            positions: &[],
        };
        let vectors = VectorSet::default();
        state
            .compute(&asked, &vectors, &mut scratch, &mut table)
            .unwrap();
    }
    let view = table.view();
    let mut bits = Vec::new();
    for request in 0..view.n_requests() {
        bits.extend(
            view.request_dense_of(request)
                .iter()
                .map(|value| value.to_bits()),
        );
        bits.extend(view.request_sparse_of(request));
        bits.extend(view.sequence(request, 0));
        for row in view.rows_of(request) {
            bits.extend(view.dense_of(row).iter().map(|value| value.to_bits()));
            bits.extend(view.sparse_of(row));
        }
    }
    bits
}

/// The state of a batch job over everything that is in the folder.
fn replayed(data: &Path) -> FeatureState {
    let happened = loading::everything(data).unwrap();
    let entities = entities(&happened.catalog, happened.catalog.users().iter()).unwrap();
    let plan = std::sync::Arc::new(Plan::standard());
    let options = TrainingOptions::default();
    let vectors = VectorSet::default();
    training_rows(plan, entities, &happened.events, &vectors, &options)
        .unwrap()
        .state
}

fn by_visit(visit: &str, id: &str, time: Timestamp, action: Action) -> Entry {
    Entry::Event(Event {
        id: Some(EventId::new(id).unwrap()),
        actor: Actor::Session(SessionId::new(visit).unwrap()),
        time,
        action,
        surface: None,
        device: None,
        session: None,
        recommendation: None,
    })
}

#[test]
fn features_of_a_server_are_bit_for_bit_those_of_a_batch_over_its_journal() {
    let service = Service::new();
    service.train("ials:factors=8,iterations=3");
    service.train(SMALL);
    let engine = service.open();
    let mut entries: Vec<Entry> = service.later.iter().cloned().map(Entry::Event).collect();
    // One who looks around before signing in, and one event that is taken back.
    let item = |number: usize| ItemId::new(format!("item-{number:06}")).unwrap();
    let signs_in = UserId::new("viewer-000003").unwrap();
    let at = |seconds: f64| service.now.plus(marquee_core::Seconds(seconds - 50.0));
    entries.push(by_visit(
        "v1",
        "x1",
        at(1.0),
        Action::Like { item: item(4) },
    ));
    entries.push(Entry::SignIn {
        session: SessionId::new("v1").unwrap(),
        user: signs_in,
        time: at(2.0),
    });
    entries.push(by_visit(
        "v1",
        "x2",
        at(3.0),
        Action::Open { item: item(5) },
    ));
    entries.push(by_visit(
        "v1",
        "x3",
        at(4.0),
        Action::Hide { item: item(6) },
    ));
    let event = EventId::new("x3").unwrap();
    entries.push(by_visit("v1", "x4", at(5.0), Action::Retract { event }));
    for batch in entries.chunks(97) {
        service.write(&engine, batch.to_vec());
    }
    let viewers: Vec<Actor> = (0..8).map(|n| user(&format!("viewer-{n:06}"))).collect();
    let wanted = bits(&replayed(&service.data()), &viewers, service.now);
    let found = |engine: &Engine| {
        let state = engine.state().unwrap();
        let features = state.features.as_ref().unwrap().read();
        bits(&features.state, &viewers, service.now)
    };
    assert_eq!(found(&engine), wanted);
    // The next server reads the journal, and the one after it what this one leaves.
    drop(engine);
    let engine = service.open();
    assert_eq!(found(&engine), wanted);
    let version = engine.generation().unwrap().version().clone();
    let left = engine.registry().left_of(&version);
    engine
        .state()
        .unwrap()
        .features
        .as_ref()
        .unwrap()
        .leave(&left)
        .unwrap();
    drop(engine);
    let engine = service.open();
    assert_eq!(
        engine
            .state()
            .unwrap()
            .features
            .as_ref()
            .unwrap()
            .n_behind(),
        0
    );
    assert_eq!(found(&engine), wanted);
}

fn slices_hold_all_rows(report: &RankerReport) {
    // Every slice of a kind has its rows, together all of them.
    for head in &report.heads {
        for by in [SliceBy::Age, SliceBy::Activity, SliceBy::Genre] {
            let slices = head.slices.iter().filter(|slice| slice.by == by);
            let rows: usize = slices.map(|slice| slice.calibration.rows).sum();
            assert_eq!(rows, head.calibration.rows, "{by:?}");
        }
        let all = match head.places {
            Places::All => report.test_rows,
            // A slate has ten places.
            Places::First => report.test_rows / 5,
        };
        assert!(head.calibration.rows > 0 && head.calibration.rows <= all);
    }
}

#[test]
fn answers_are_ordered_by_what_is_expected_and_say_so() {
    let service = Service::new();
    service.train("ials:factors=8,iterations=3");
    let (version, report) = service.train(SMALL);
    let report = report.unwrap();
    assert_eq!(report.base, "ials/000001");
    let open = report
        .heads
        .iter()
        .find(|head| head.head == "open")
        .unwrap();
    // Two hundred rows say no more than that it is no nonsense.
    let (found, base) = (open.log_loss.unwrap(), open.base_log_loss.unwrap());
    assert!(open.auc.is_some() && found < 1.3 * base, "{open:?}");
    slices_hold_all_rows(&report);
    let kept = service.data().join("models").join(version.to_string());
    let kept = fs::read_to_string(kept.join(report::REPORT_FILE)).unwrap();
    assert_eq!(kept, serde_json::to_string_pretty(&report).unwrap());
    let engine = service.open();
    let answer = ask(&engine, &service.request("viewer-000007"));
    assert_eq!(answer.model, version.to_string());
    assert!(answer.degraded.is_empty());
    assert!(
        answer
            .items
            .is_sorted_by(|left, right| left.score >= right.score)
    );
    for item in &answer.items {
        let tree = item.explanation.as_ref().unwrap();
        assert!(
            (tree.value - f64::from(item.score)).abs() < 1e-4,
            "{tree:?}"
        );
        assert!(tree.largest_gap() < 1e-6);
        let chances = item.outcomes.iter().map(|one| one.expected);
        assert!(
            chances
                .into_iter()
                .all(|chance| (0.0..=1.0).contains(&chance))
        );
        assert_eq!(item.outcomes.len(), report.heads.len());
    }
    let stages: Vec<&str> = answer.timings.iter().map(|one| one.stage).collect();
    assert!(stages.contains(&"hydrator") && stages.contains(&"ranker"));

    // The caller's own candidates get the very same values.
    let ranked = RankRequest {
        viewer: Viewer::Known(UserId::new("viewer-000007").unwrap()),
        items: answer
            .items
            .iter()
            .rev()
            .map(|one| one.item.clone())
            .collect(),
        seen: SeenPolicy::Allow,
        detail: Detail::Plain,
        outcomes: Outcomes::Told,
        surroundings: Surroundings::default(),
        session: None,
        now: service.now,
    };
    let clock = MonotonicClock::start();
    let budget = Budget::new(&clock, Duration::from_secs(60));
    let again = engine.rank(&ranked, budget).unwrap();
    let told = |answer: &Recommendation| {
        let items = answer.items.iter();
        items
            .map(|one| (one.item.clone(), one.score.to_bits(), one.outcomes.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&again), told(&answer));
}

#[test]
fn an_answer_of_little_quality_is_that_of_the_first_stage() {
    let service = Service::new();
    service.train("popularity");
    service.train(SMALL);
    let engine = service.open();
    let clock = MonotonicClock::start();
    let budget = Budget::new(&clock, Duration::from_secs(60));
    let hurried = budget.with_quality(Quality::of_percent(10));
    let plain = engine
        .recommend(&service.request("viewer-000007"), hurried)
        .unwrap();
    assert!(plain.degraded.iter().any(|one| one.component == "features"));
    assert!(plain.items.iter().all(|one| one.outcomes.is_empty()));
}

#[test]
fn what_outcomes_are_worth_changes_without_training_and_never_to_nonsense() {
    let service = Service::new();
    service.train("popularity");
    service.train(SMALL);
    let engine = service.open();
    let request = service.request("viewer-000011");
    let before = ask(&engine, &request);
    assert!(engine.value_model().unwrap().contains("open = 1.0"));
    let wrong = [
        ("[outcomes]\nopen = many\n", "line 2"),
        ("[outcomes]\ncustom = 1\n", "line 2, column 1"),
        (
            "[outcomes]\n\"custom:x\" = 1\n",
            "does not predict custom:x",
        ),
    ];
    for (text, told) in wrong {
        let error = engine.put_value_model(Some(text)).unwrap_err();
        let EngineError::Value(fault) = &error else {
            panic!("{error}");
        };
        assert!(fault.to_string().contains(told), "{fault}");
    }
    assert_eq!(ask(&engine, &request).items, before.items);
    engine
        .put_value_model(Some("[outcomes]\nsave = 1.0\n"))
        .unwrap();
    let hidden = ask(&engine, &request);
    for item in &hidden.items {
        let save = item.outcomes.iter().find(|one| one.name == "save");
        assert_eq!(save.unwrap().expected.to_bits(), item.score.to_bits());
    }
    drop(engine);
    let engine = service.open();
    assert_eq!(ask(&engine, &request).items, hidden.items);
    engine.put_value_model(None).unwrap();
    assert_eq!(ask(&engine, &request).items, before.items);
}

#[test]
fn trees_order_answers_as_networks_do() {
    let service = Service::new();
    service.train("popularity");
    let (version, _) = service.train("ranker-trees:trees=10,leaves=7");
    let engine = service.open();
    let answer = ask(&engine, &service.request("viewer-000002"));
    assert_eq!(answer.model, version.to_string());
    assert!(answer.timings.iter().any(|one| one.component == TREES_NAME));
    assert!(
        answer.items[0]
            .outcomes
            .iter()
            .any(|one| one.name == "open")
    );
}

#[test]
fn thumbs_down_lower_what_is_like_the_title_also_behind_a_ranker() {
    let service = Service::new();
    service.train("ials:factors=8,iterations=3");
    service.train(SMALL);
    let engine = service.open();
    let request = service.request("viewer-000020");
    let before = ask(&engine, &request);
    let unwanted = before.items[0].item.clone();
    let hide = Action::Hide {
        item: unwanted.clone(),
    };
    let mut hides = by_visit("none", "h1", service.now, hide);
    if let Entry::Event(event) = &mut hides {
        event.actor = user("viewer-000020");
    }
    service.write(&engine, vec![hides]);
    let after = ask(&engine, &request);
    assert!(after.items.iter().all(|one| one.item != unwanted));
    let costs = |answer: &Recommendation| {
        let trees = answer
            .items
            .iter()
            .filter_map(|one| one.explanation.as_ref());
        let parts = trees.flat_map(|tree| &tree.parts);
        parts
            .filter(|part| part.label.contains("do not want"))
            .count()
    };
    assert_eq!(costs(&before), 0);
    assert!(costs(&after) > 0);
    let taste = engine
        .taste(&user("viewer-000020"), service.now, 5)
        .unwrap();
    assert!(taste.profile.against >= 1 && taste.profile.events > 0);
    assert!(
        taste
            .ties
            .is_sorted_by(|left, right| left.tie.strength >= right.tie.strength)
    );
}

#[test]
fn erased_people_are_in_no_file_of_features() {
    let service = Service::new();
    service.train("popularity");
    let gone = "viewer-000005";
    service.train(SMALL);
    let engine = service.open();
    let mut entries: Vec<Entry> = service.later.iter().cloned().map(Entry::Event).collect();
    entries.truncate(500);
    service.write(&engine, entries);
    let version = engine.generation().unwrap().version().clone();
    let left = engine.registry().left_of(&version);
    engine
        .state()
        .unwrap()
        .features
        .as_ref()
        .unwrap()
        .leave(&left)
        .unwrap();
    let held = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        bytes
            .windows(gone.len())
            .any(|window| window == gone.as_bytes())
    };
    let beside = engine.path_of(&version).join(file::STATE_FILE);
    assert!(held(&left) && held(&beside));
    engine.erase(&UserId::new(gone).unwrap()).unwrap();
    assert!(!held(&left) && !held(&beside));
    let taste = engine.taste(&user(gone), service.now, 5).unwrap();
    assert_eq!(taste, crate::Taste::default());
    drop(engine);
    let taste = service.open().taste(&user(gone), service.now, 5).unwrap();
    assert_eq!(taste, crate::Taste::default());
}

#[test]
fn without_impressions_there_is_nothing_to_learn() {
    let dir = tempfile::tempdir().unwrap();
    let ratings = dir.path().join("ratings.csv");
    fs::write(&ratings, "user_id,item_id,rating\na,x,5\nb,y,4\na,y,3\n").unwrap();
    let data = dir.path().join("data");
    let mut folder = DataFolder::open_or_create(&data).unwrap();
    folder
        .import(&ImportRequest::new(ratings), &mut |_| {})
        .unwrap();
    let run = RankerRun {
        spec: "ranker".parse().unwrap(),
        features: None,
        base: None,
        seed: 1,
        keep_every: Duration::ZERO,
    };
    let step = &mut |_: &marquee_ranking::Step| std::ops::ControlFlow::Continue(());
    let error = train_ranker(&data, &run, step).unwrap_err();
    assert!(matches!(error, EngineError::NoActiveModel), "{error}");
    let (loaded, _) = loading::load(&data, &Selection::default()).unwrap();
    let spec = "popularity".parse().unwrap();
    let version = training::train(&data, &loaded, &spec, 1, &mut silent()).unwrap();
    training::activate(&data, &version).unwrap();
    let error = train_ranker(&data, &run, step).unwrap_err();
    assert!(matches!(error, EngineError::NoImpressions), "{error}");
    let wrong = RankerRun {
        spec: "ranker:embeding=4".parse().unwrap(),
        ..run.clone()
    };
    let error = train_ranker(&data, &wrong, step).unwrap_err();
    assert!(matches!(error, EngineError::Params { .. }), "{error}");
}

#[test]
fn room_of_viewers_is_bounded_and_the_latest_stay() {
    let mut state = FeatureState::new(
        std::sync::Arc::new(Plan::standard()),
        marquee_features::Entities::default(),
    );
    let day = |number: f64| Timestamp::EPOCH.plus(marquee_core::Seconds(86_400.0 * number));
    for number in 0..200_u32 {
        let opens = by_visit(
            &format!("visit-{number}"),
            &format!("e{number}"),
            day(f64::from(number)),
            Action::Open {
                item: ItemId::new("a").unwrap(),
            },
        );
        let Entry::Event(event) = opens else {
            unreachable!("made above");
        };
        state.apply(u64::from(number), &event).unwrap();
    }
    let all = state.bytes()[0];
    live::forget_idle(&mut state, all, day(200.0));
    assert_eq!(state.bytes()[0], all);
    live::forget_idle(&mut state, all / 2, day(200.0));
    assert!(state.bytes()[0] <= all / 2);
    let kept = |visit: &str| {
        let actor = Actor::Session(SessionId::new(visit).unwrap());
        let row = state.entities().viewer_row(&actor).unwrap();
        has_opened(&state, row, day(200.0))
    };
    assert!(kept("visit-199") && !kept("visit-0"));
}

/// Whether features know that a viewer opened anything.
fn has_opened(state: &FeatureState, viewer: u32, now: Timestamp) -> bool {
    let mut table = FeatureTable::new(state.plan().schema().clone()).unwrap();
    let asked = Asked {
        viewer,
        time: now,
        device: None,
        page: None,
        items: &[],
        positions: &[],
    };
    let vectors = VectorSet::default();
    let mut scratch = Scratch::default();
    state
        .compute(&asked, &vectors, &mut scratch, &mut table)
        .unwrap();
    let view = table.view();
    let names = &state.plan().schema().request.dense;
    let since = names
        .iter()
        .position(|name| name == "viewer.hours_since_open");
    !view.request_dense_of(0)[since.unwrap()].is_nan()
}
