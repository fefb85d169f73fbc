//! Events over the wire: acknowledged, known to the next answer, known after a restart.

#![expect(clippy::unwrap_used, reason = "test code, where a panic is the report")]

use std::{path::Path, sync::Arc};

use marquee_engine::{Engine, EngineConfig, JournalConfig, Journaling};
use marquee_proto::v1::{
    self, EventOutcome, catalog_service_client::CatalogServiceClient, event::Action,
    event_service_client::EventServiceClient, get_viewer_state_request, recommend_request::Viewer,
    recommendation_service_client::RecommendationServiceClient,
    state_service_client::StateServiceClient,
};
use tokio_stream::StreamExt;
use tonic::transport::Channel;

mod support;
use support::{data_folder, serve, train};

fn open(data: &Path) -> Arc<Engine> {
    let config = EngineConfig {
        journaling: Journaling::Write(JournalConfig::default()),
        ..EngineConfig::default()
    };
    Arc::new(Engine::open(data, config).unwrap())
}

/// A trained data folder.
fn trained(folder: &Path) -> std::path::PathBuf {
    let data = data_folder(folder);
    let version = train(&data, "ials:factors=8,iterations=5");
    marquee_engine::training::activate(&data, &version).unwrap();
    data
}

fn play(id: &str, user: &str, film: &str) -> v1::Event {
    v1::Event {
        event_id: id.to_owned(),
        user_id: user.to_owned(),
        action: Some(Action::Play(v1::Play {
            item_id: film.to_owned(),
            watched: Some(prost_types::Duration {
                seconds: 60,
                nanos: 0,
            }),
            duration: None,
        })),
        ..v1::Event::default()
    }
}

fn retract(id: &str, user: &str, of: &str) -> v1::Event {
    v1::Event {
        action: Some(Action::Retract(v1::Retract {
            event_id: of.to_owned(),
        })),
        ..play(id, user, "film-00")
    }
}

async fn list(channel: &Channel, user: &str, token: &str) -> v1::RecommendResponse {
    let request = v1::RecommendRequest {
        viewer: Some(Viewer::UserId(user.to_owned())),
        k: 5,
        page_token: token.to_owned(),
        ..v1::RecommendRequest::default()
    };
    let mut client = RecommendationServiceClient::new(channel.clone());
    client.recommend(request).await.unwrap().into_inner()
}

fn ids(answer: &v1::RecommendResponse) -> Vec<(String, u32)> {
    let items = answer.items.iter();
    items
        .map(|item| (item.item_id.clone(), item.score.to_bits()))
        .collect()
}

async fn write(channel: &Channel, events: Vec<v1::Event>) -> v1::WriteEventsResponse {
    let mut client = EventServiceClient::new(channel.clone());
    let request = v1::WriteEventsRequest { events };
    client.write_events(request).await.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_event_has_a_status_and_counts_at_once_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = trained(folder.path());
    let server = serve(open(&data)).await;
    let channel = server.channel().await;
    let before = list(&channel, "u0", "").await;
    let first = before.items[0].item_id.clone();
    let events = vec![
        play("e1", "u0", &first),
        play("", "u0", "film-01"),
        play("e1", "u0", &first),
    ];
    let written = write(&channel, events).await;
    let outcomes: Vec<EventOutcome> = written.statuses.iter().map(|s| s.outcome()).collect();
    let want = [
        EventOutcome::Written,
        EventOutcome::Refused,
        EventOutcome::Duplicate,
    ];
    assert_eq!(outcomes, want);
    assert_eq!(written.statuses[1].field, "event_id");
    assert_eq!((written.durable_seq, written.visible_seq), (1, 1));
    let after = list(&channel, "u0", "").await;
    assert!(after.items.iter().all(|item| item.item_id != first));
    drop(server);
    // The folder is free again once the server is gone.
    let engine = loop {
        let config = EngineConfig {
            journaling: Journaling::Write(JournalConfig::default()),
            ..EngineConfig::default()
        };
        match Engine::open(&data, config) {
            Ok(engine) => break Arc::new(engine),
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    };
    let server = serve(engine).await;
    let channel = server.channel().await;
    assert_eq!(ids(&list(&channel, "u0", "").await), ids(&after));
    write(&channel, vec![retract("e2", "u0", "e1")]).await;
    assert_eq!(ids(&list(&channel, "u0", "").await), ids(&before));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_acknowledges_every_batch_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let data = trained(folder.path());
    let server = serve(open(&data)).await;
    let channel = server.channel().await;
    let batch = |number: u64| v1::StreamEventsRequest {
        batch: number,
        events: (0..20)
            .map(|event| {
                play(
                    &format!("{number}-{event}"),
                    "u1",
                    &format!("film-{event:02}"),
                )
            })
            .chain([play("", "u1", "film-01")])
            .collect(),
    };
    let batches: Vec<_> = (0..200).map(batch).collect();
    let mut client = EventServiceClient::new(channel.clone());
    let stream = client.stream_events(tokio_stream::iter(batches)).await;
    let mut answers = stream.unwrap().into_inner();
    let mut next = 0;
    while let Some(answer) = answers.next().await {
        let answer = answer.unwrap();
        assert_eq!((answer.batch, answer.written), (next, 20));
        assert_eq!(answer.exceptions[0].index, 20);
        assert!(answer.durable_seq >= (next + 1) * 20);
        assert!(answer.visible_seq <= answer.durable_seq);
        next += 1;
    }
    assert_eq!(next, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_is_written_recommended_and_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let data = trained(folder.path());
    let server = serve(open(&data)).await;
    let channel = server.channel().await;
    let mut catalog = CatalogServiceClient::new(channel.clone());
    let item = v1::Item {
        item_id: "new".to_owned(),
        title: "New".to_owned(),
        kind: v1::ItemKind::Movie.into(),
        genres: vec!["Comedy".to_owned()],
        ..v1::Item::default()
    };
    let request = v1::UpsertItemsRequest {
        items: vec![item.clone()],
    };
    catalog.upsert_items(request).await.unwrap();
    let found = catalog
        .get_item(v1::GetItemRequest {
            item_id: "new".to_owned(),
        })
        .await;
    assert_eq!(found.unwrap().into_inner().item, Some(item.clone()));
    let answer = list(&channel, "u0", "").await;
    let shown = answer.items.iter().find(|item| item.item_id == "new");
    assert_eq!(shown.unwrap().sources, ["new"]);
    let request = v1::DeleteItemRequest {
        item_id: "new".to_owned(),
    };
    catalog.delete_item(request.clone()).await.unwrap();
    let answer = list(&channel, "u0", "").await;
    assert!(answer.items.iter().all(|item| item.item_id != "new"));
    let again = catalog.delete_item(request).await.unwrap_err();
    assert_eq!(again.code(), tonic::Code::NotFound);
    let batches = (0..3).map(move |number| v1::StreamItemsRequest {
        items: vec![v1::Item {
            item_id: format!("new-{number}"),
            ..item.clone()
        }],
    });
    let streamed = catalog.stream_items(tokio_stream::iter(batches)).await;
    assert_eq!(streamed.unwrap().into_inner().items, 3);
    let user = v1::User {
        user_id: "ann".to_owned(),
        age: Some(7),
        ..v1::User::default()
    };
    let users = vec![user.clone()];
    catalog
        .upsert_users(v1::UpsertUsersRequest { users })
        .await
        .unwrap();
    let user_id = "ann".to_owned();
    let found = catalog.get_user(v1::GetUserRequest { user_id }).await;
    assert_eq!(found.unwrap().into_inner().user, Some(user));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_never_repeat_and_a_request_id_gets_its_answer_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = trained(folder.path());
    let server = serve(open(&data)).await;
    let channel = server.channel().await;
    let mut token = String::new();
    let mut all = std::collections::HashSet::new();
    for page in 0..3 {
        let answer = list(&channel, "u0", &token).await;
        for item in &answer.items {
            assert!(
                all.insert(item.item_id.clone()),
                "{} comes twice",
                item.item_id
            );
        }
        token = answer.next_page_token;
        let film = format!("film-{:02}", 2 * page + 1);
        write(&channel, vec![play(&format!("e{page}"), "u0", &film)]).await;
    }
    let ask = |id: &str| v1::RecommendRequest {
        viewer: Some(Viewer::UserId("u0".to_owned())),
        k: 5,
        request_id: id.to_owned(),
        ..v1::RecommendRequest::default()
    };
    let mut client = RecommendationServiceClient::new(channel.clone());
    let first = client.recommend(ask("a")).await.unwrap().into_inner();
    let seen = play("e9", "u0", &first.items[0].item_id);
    write(&channel, vec![seen]).await;
    let again = client.recommend(ask("a")).await.unwrap().into_inner();
    assert_eq!(again, first);
    let other = client.recommend(ask("b")).await.unwrap().into_inner();
    assert_ne!(other.items, first.items);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_signs_in_is_exported_and_erased() {
    let folder = tempfile::tempdir().unwrap();
    let data = trained(folder.path());
    let server = serve(open(&data)).await;
    let channel = server.channel().await;
    let mut events = EventServiceClient::new(channel.clone());
    let mut visit = play("e1", "", "film-01");
    visit.session_id = "s1".to_owned();
    write(&channel, vec![visit, play("e2", "ann", "film-03")]).await;
    let request = v1::SignInRequest {
        session_id: "s1".to_owned(),
        user_id: "ann".to_owned(),
    };
    events.sign_in(request).await.unwrap();
    let request = v1::ExportEventsRequest {
        actor: Some(v1::export_events_request::Actor::UserId("ann".to_owned())),
    };
    let mut export = events
        .export_events(request.clone())
        .await
        .unwrap()
        .into_inner();
    let mut lines = String::new();
    while let Some(part) = export.next().await {
        lines.push_str(&part.unwrap().lines);
    }
    assert_eq!(lines.lines().count(), 2);
    let user_id = "ann".to_owned();
    let erased = events
        .erase_person(v1::ErasePersonRequest { user_id })
        .await;
    assert_eq!(erased.unwrap().into_inner().events, 2);
    let mut export = events.export_events(request).await.unwrap().into_inner();
    assert!(export.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_only_answers_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let data = trained(folder.path());
    let server = serve(support::open(&data)).await;
    let channel = server.channel().await;
    let mut client = EventServiceClient::new(channel);
    let events = vec![play("e1", "u0", "film-01")];
    let refused = client.write_events(v1::WriteEventsRequest { events }).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::FailedPrecondition);
    let details = tonic_types::StatusExt::get_error_details(&refused);
    assert_eq!(details.error_info().unwrap().reason, "READ_ONLY");
}

/// The page of metrics at `address`, as a plain client reads it.
async fn page(address: std::net::SocketAddr, path: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_calls_stages_and_events() {
    let folder = tempfile::tempdir().unwrap();
    let data = trained(folder.path());
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let server = support::serve_with(open(&data), |config| config.metrics = Some(address)).await;
    let channel = server.channel().await;
    list(&channel, "u0", "").await;
    write(
        &channel,
        vec![play("e1", "u0", "film-01"), play("", "u0", "film-01")],
    )
    .await;
    let text = page(address, "/metrics").await;
    for line in [
        "marquee_call_duration_seconds_count{call=\"Recommend\",code=\"Ok\"} 1",
        "marquee_stage_duration_seconds_count{stage=\"source\",component=\"ials\"} 1",
        "marquee_events_total{outcome=\"written\"} 1",
        "marquee_events_total{outcome=\"refused\"} 1",
        "marquee_visible_seq 1",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("u0") && !text.contains("film-"));
    assert!(page(address, "/").await.starts_with("HTTP/1.1 404"));
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_what_answers_stand_on_and_trim_only_what_was_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = trained(folder.path());
    let server = serve(open(&data)).await;
    let channel = server.channel().await;
    let mut down = play("e2", "u0", "film-03");
    down.action = Some(Action::Hide(v1::Hide {
        item_id: "film-03".to_owned(),
    }));
    let events = vec![play("e1", "u0", "film-01"), down, retract("e3", "u0", "e1")];
    write(&channel, events).await;

    let mut client = StateServiceClient::new(channel.clone());
    let request = v1::GetViewerStateRequest {
        viewer: Some(get_viewer_state_request::Viewer::UserId("u0".to_owned())),
        k: 2,
    };
    let state = client.get_viewer_state(request).await.unwrap().into_inner();
    assert_eq!(state.user_id, "u0");
    assert!(state.trained_item_count > 0);
    assert_eq!(state.history_item_count, state.trained_item_count);
    assert_eq!(state.opposed_item_ids, ["film-03"]);
    assert_eq!(state.deed_count, 3);
    let kinds: Vec<_> = state
        .deeds
        .iter()
        .map(|deed| (&*deed.kind, deed.seq))
        .collect();
    assert_eq!(kinds, [("retract", 3), ("hide", 2)]);

    let request = v1::GetServerStateRequest {};
    let state = client.get_server_state(request).await.unwrap().into_inner();
    assert_eq!(state.active_model, "ials/000001");
    assert_eq!((state.item_count, state.visible_seq), (20, 3));
    assert_eq!(state.quality_percent, 100);
    assert_eq!(state.journal.unwrap().events, 3);

    // Events of now are not older than an hour, so there is nothing to drop, trained on or not.
    let keep = |seconds| v1::TrimJournalRequest {
        keep: Some(prost_types::Duration { seconds, nanos: 0 }),
    };
    let trimmed = client.trim_journal(keep(3600)).await.unwrap().into_inner();
    assert_eq!(trimmed.dropped_events, 0);
    let refused = client.trim_journal(keep(60)).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument);
}
