//! A second stage over the wire: expected outcomes, what they are worth, and a viewer's taste.

#![expect(clippy::unwrap_used, reason = "test code, where a panic is the report")]

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use marquee_engine::{
    Engine, EngineConfig, JournalConfig, Journaling, RankerRun, train_ranker, training,
};
use marquee_ingest::{DataFolder, ImportRequest};
use marquee_proto::v1::{
    self, event::Action, event_service_client::EventServiceClient,
    explanation_service_client::ExplanationServiceClient, get_taste_profile_request,
    model_service_client::ModelServiceClient, recommend_request::Viewer,
    recommendation_service_client::RecommendationServiceClient,
};
use marquee_testkit::world::{WorldConfig, WorldFormat, write_world};
use tonic::Code;

mod support;
use support::{data_folder, open, serve, train};

const VIEWER: &str = "viewer-000004";

/// A data folder with a small synthetic service in it, whose active version has a ranker.
fn trained(folder: &Path) -> PathBuf {
    let raw = folder.join("raw");
    let config = WorldConfig {
        users: 40,
        items: 40,
        creators: 5,
        events: 5_000,
        days: 5,
        ..WorldConfig::default()
    };
    write_world(&config, &raw, WorldFormat::Jsonl, |_| {}).unwrap();
    let data = data_folder(folder);
    let mut opened = DataFolder::open(&data).unwrap();
    for file in ["events.jsonl", "items.jsonl", "users.jsonl"] {
        let request = ImportRequest::new(raw.join(file));
        opened.import(&request, &mut |_| {}).unwrap();
    }
    let run = RankerRun {
        spec: "ranker:epochs=1,embedding=4,hidden=[8],batch=256"
            .parse()
            .unwrap(),
        features: None,
        base: Some(train(&data, "popularity")),
        seed: 1,
        keep_every: Duration::from_mins(1),
    };
    let step = &mut |_: &marquee_engine::RankerStep| ControlFlow::Continue(());
    let (version, _) = train_ranker(&data, &run, step).unwrap();
    training::activate(&data, &version).unwrap();
    data
}

fn writing(data: &Path) -> Arc<Engine> {
    let config = EngineConfig {
        journaling: Journaling::Write(JournalConfig::default()),
        ..EngineConfig::default()
    };
    Arc::new(Engine::open(data, config).unwrap())
}

fn request() -> v1::RecommendRequest {
    v1::RecommendRequest {
        viewer: Some(Viewer::UserId(VIEWER.to_owned())),
        k: 10,
        tell_outcomes: true,
        device: "tv".to_owned(),
        ..v1::RecommendRequest::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcomes_are_told_and_their_worth_is_changed_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(open(&trained(folder.path()))).await;
    let channel = server.channel().await;
    let mut asks = RecommendationServiceClient::new(channel.clone());
    let mut models = ModelServiceClient::new(channel);
    let got = asks.recommend(request()).await.unwrap().into_inner();
    let info = got.info.unwrap();
    assert_eq!(info.model_versions, ["ranker/000001"]);
    let stages: Vec<&str> = info.timings.iter().map(|one| one.stage.as_str()).collect();
    assert!(stages.contains(&"hydrator") && stages.contains(&"ranker"));
    for item in &got.items {
        let open = item.outcomes.iter().find(|one| one.name == "open").unwrap();
        assert!(open.expected > 0.0 && open.expected < 1.0);
    }
    // Nobody asked for them here.
    let plain = v1::RecommendRequest {
        tell_outcomes: false,
        ..request()
    };
    let plain = asks.recommend(plain).await.unwrap().into_inner();
    assert!(plain.items.iter().all(|item| item.outcomes.is_empty()));
    assert_eq!(plain.items[0].score.to_bits(), got.items[0].score.to_bits());

    let wrong = v1::PutValueModelRequest {
        text: "[outcomes]\nopen = 1\nclap = 2\n".to_owned(),
    };
    let status = models.put_value_model(wrong).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("line 3, column 1"), "{status}");
    let text = "[outcomes]\nopen = 7.0\n".to_owned();
    let put = v1::PutValueModelRequest { text: text.clone() };
    models.put_value_model(put).await.unwrap();
    let told = models.get_value_model(v1::GetValueModelRequest {});
    assert_eq!(told.await.unwrap().into_inner().text, text);
    let got = asks.recommend(request()).await.unwrap().into_inner();
    for item in &got.items {
        let open = item.outcomes.iter().find(|one| one.name == "open").unwrap();
        assert!((item.score - 7.0 * open.expected).abs() < 1e-5);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_in_the_next_taste() {
    let folder = tempfile::tempdir().unwrap();
    let engine = writing(&trained(folder.path()));
    let film = engine.catalog().item("item-000000").unwrap().clone();
    let server = serve(engine).await;
    let channel = server.channel().await;
    let mut tastes = ExplanationServiceClient::new(channel.clone());
    let request = |user: &str| v1::GetTasteProfileRequest {
        viewer: Some(get_taste_profile_request::Viewer::UserId(user.to_owned())),
        k: 3,
    };
    let nobody = tastes.get_taste_profile(request("nobody")).await.unwrap();
    assert_eq!(nobody.into_inner().event_count, 0);
    let before = tastes.get_taste_profile(request(VIEWER)).await.unwrap();
    let before = before.into_inner();
    assert!(before.genres.len() <= 3 && before.event_count > 0);
    let like = v1::Event {
        event_id: "like-1".to_owned(),
        user_id: VIEWER.to_owned(),
        action: Some(Action::Like(v1::Like {
            item_id: film.id.as_str().to_owned(),
        })),
        ..v1::Event::default()
    };
    let mut events = EventServiceClient::new(channel);
    let write = v1::WriteEventsRequest { events: vec![like] };
    events.write_events(write).await.unwrap();
    let after = tastes.get_taste_profile(request(VIEWER)).await.unwrap();
    let after = after.into_inner();
    assert_eq!(after.event_count, before.event_count + 1);
    let creator = film.creators[0].as_str();
    let tie = after.ties.iter().find(|tie| tie.creator_id == creator);
    let parts = tie.map(|tie| tie.parts.iter().map(|part| part.kind.as_str()));
    assert!(parts.unwrap().any(|kind| kind == "like"));
    let missing = v1::GetTasteProfileRequest::default();
    let status = tastes.get_taste_profile(missing).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}
