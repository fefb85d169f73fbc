//! A server that is killed at random moments under mixed load, and what is there afterwards.
//!
//! Writers write events, by calls and by a stream, and titles; readers ask for answers. After each kill
//! the folder is looked at from outside: every acknowledged event is in the journal once and as it was
//! sent, no other than those that were sent is, every acknowledged title is in the catalog, and no answer
//! shows a viewer what an acknowledged play says was seen. `MARQUEE_KILLS` says how often, three times
//! when not set.

#![cfg(test)]

use std::{
    collections::{HashMap, HashSet},
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use marquee_proto::v1::{
    self, EventOutcome, catalog_service_client::CatalogServiceClient, event::Action,
    event_service_client::EventServiceClient, recommend_request::Viewer,
    recommendation_service_client::RecommendationServiceClient,
};
use serde_json::Value;
use tokio::{runtime::Runtime, sync::mpsc, task::JoinSet};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, transport::Channel};
use tonic_types::StatusExt;

/// Writers by calls; one more writes by a stream.
const WRITERS: u64 = 3;
/// Viewers whose plays are written.
const VIEWERS: u64 = 8;
const FILMS: u64 = 400;

/// What clients sent and were told.
#[derive(Debug, Default)]
struct Model {
    /// User and item of every event that was sent, by its id.
    sent: HashMap<String, (String, String)>,
    acknowledged: HashSet<String>,
    /// What each viewer has seen by them.
    seen: HashMap<String, HashSet<String>>,
    titles: HashSet<String>,
    answers: u64,
}

type Shared = Arc<Mutex<Model>>;

/// The `number`-th draw of `stream`: the finalizer of splitmix64.
fn draw(stream: u64, number: u64) -> u64 {
    let mut z = (stream << 32 | number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn play(id: &str, viewer: u64, film: u64) -> v1::Event {
    v1::Event {
        event_id: id.to_owned(),
        user_id: format!("v{viewer}"),
        action: Some(Action::Play(v1::Play {
            item_id: format!("f{film}"),
            watched: Some(prost_types::Duration {
                seconds: 60,
                nanos: 0,
            }),
            duration: None,
        })),
        ..v1::Event::default()
    }
}

/// A batch of 1 to 20 plays; a fifth of them repeats an earlier event.
fn batch(model: &Shared, (life, writer, number): (u64, u64, u64)) -> Vec<v1::Event> {
    let random = draw(life * 16 + writer, number);
    let events = (0..1 + random % 20).map(|at| {
        let random = draw(random >> 8, at);
        let (viewer, film) = (random % VIEWERS, random / VIEWERS % FILMS);
        play(&format!("{life}-{writer}-{number}-{at}"), viewer, film)
    });
    let mut events: Vec<v1::Event> = events.collect();
    let mut model = model.lock().unwrap();
    for event in &events {
        let Some(Action::Play(play)) = &event.action else {
            continue;
        };
        let what = (event.user_id.clone(), play.item_id.clone());
        model.sent.insert(event.event_id.clone(), what);
    }
    if random.is_multiple_of(5) && events.len() > 1 {
        let again = events[0].clone();
        events.push(again);
    }
    events
}

/// Notes what became of a batch.
fn acknowledge(model: &Shared, ids: &[String], statuses: &[v1::EventStatus]) {
    assert_eq!(ids.len(), statuses.len());
    let mut model = model.lock().unwrap();
    for (id, status) in ids.iter().zip(statuses) {
        let outcome = status.outcome();
        let there = matches!(outcome, EventOutcome::Written | EventOutcome::Duplicate);
        assert!(there, "{id}: {status:?}");
        let (user, item) = model.sent[id].clone();
        model.seen.entry(user).or_default().insert(item);
        model.acknowledged.insert(id.clone());
    }
}

fn ids_of(events: &[v1::Event]) -> Vec<String> {
    events.iter().map(|event| event.event_id.clone()).collect()
}

async fn write_calls(
    channel: Channel,
    model: Shared,
    life: u64,
    writer: u64,
) -> Result<(), Status> {
    let mut client = EventServiceClient::new(channel);
    for number in 0.. {
        let events = batch(&model, (life, writer, number));
        let ids = ids_of(&events);
        let request = v1::WriteEventsRequest { events };
        let answer = client.write_events(request).await?.into_inner();
        acknowledge(&model, &ids, &answer.statuses);
    }
    Ok(())
}

async fn write_stream(channel: Channel, model: Shared, life: u64) -> Result<(), Status> {
    let (sender, receiver) = mpsc::channel(4);
    let waiting = Arc::new(Mutex::new(std::collections::VecDeque::new()));
    let (sent, made) = (Arc::clone(&waiting), Arc::clone(&model));
    let send = async move {
        for number in 0.. {
            let events = batch(&made, (life, WRITERS, number));
            sent.lock().unwrap().push_back(ids_of(&events));
            let request = v1::StreamEventsRequest {
                events,
                ..v1::StreamEventsRequest::default()
            };
            if sender.send(request).await.is_err() {
                return;
            }
        }
    };
    tokio::spawn(send);
    let mut client = EventServiceClient::new(channel);
    let mut acks = client
        .stream_events(ReceiverStream::new(receiver))
        .await?
        .into_inner();
    while let Some(ack) = acks.message().await? {
        let ids = waiting.lock().unwrap().pop_front().unwrap();
        let mut statuses = vec![v1::EventStatus::default(); ids.len()];
        statuses
            .iter_mut()
            .for_each(|status| status.set_outcome(EventOutcome::Written));
        for exception in ack.exceptions {
            statuses[exception.index as usize] = exception.status.unwrap();
        }
        acknowledge(&model, &ids, &statuses);
    }
    Ok(())
}

async fn write_titles(channel: Channel, model: Shared, life: u64) -> Result<(), Status> {
    let mut client = CatalogServiceClient::new(channel);
    for number in 0.. {
        let item = v1::Item {
            item_id: format!("title-{life}-{number}"),
            title: "A new one".to_owned(),
            kind: v1::ItemKind::Movie.into(),
            ..v1::Item::default()
        };
        let id = item.item_id.clone();
        let request = v1::UpsertItemsRequest { items: vec![item] };
        client.upsert_items(request).await?;
        model.lock().unwrap().titles.insert(id);
    }
    Ok(())
}

/// Asks, and checks that nothing is shown that was acknowledged as seen before the question.
async fn read(channel: Channel, model: Shared) -> Result<(), Status> {
    let mut client = RecommendationServiceClient::new(channel);
    for number in 0.. {
        let user = format!("v{}", number % VIEWERS);
        let seen = model.lock().unwrap().seen.get(&user).cloned();
        let seen = seen.unwrap_or_default();
        let request = v1::RecommendRequest {
            viewer: Some(Viewer::UserId(user)),
            k: 20,
            ..v1::RecommendRequest::default()
        };
        let answer = client.recommend(request).await?.into_inner();
        let shown = answer
            .items
            .iter()
            .find(|item| seen.contains(&item.item_id));
        assert_eq!(shown, None, "was seen");
        model.lock().unwrap().answers += 1;
    }
    Ok(())
}

struct Server {
    process: Child,
    url: String,
}

fn start(data: &Path) -> Server {
    let mut process = Command::new(env!("CARGO_BIN_EXE_marquee"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let line = lines.next().expect("it opens the folder again").unwrap();
    let address = line.strip_prefix("listening on ").unwrap();
    Server {
        url: format!("http://{address}"),
        process,
    }
}

impl Server {
    /// Lets clients work until it is killed after `time`.
    fn live(mut self, runtime: &Runtime, model: &Shared, life: u64, time: Duration) {
        runtime.block_on(async {
            let endpoint = Channel::from_shared(self.url.clone()).unwrap();
            let channel = endpoint.connect().await.unwrap();
            let mut clients = JoinSet::new();
            for writer in 0..WRITERS {
                let (channel, model) = (channel.clone(), Arc::clone(model));
                clients.spawn(write_calls(channel, model, life, writer));
            }
            clients.spawn(write_stream(channel.clone(), Arc::clone(model), life));
            clients.spawn(write_titles(channel.clone(), Arc::clone(model), life));
            clients.spawn(read(channel, Arc::clone(model)));
            tokio::time::sleep(time).await;
            self.process.kill().unwrap();
            self.process.wait().unwrap();
            while let Some(ended) = clients.join_next().await {
                // A client ends because its server is gone, and for no other reason.
                let status = ended.unwrap().expect_err("the server was killed");
                let refusal = status.get_details_error_info();
                assert!(refusal.is_none(), "{status:?}");
            }
        });
    }
}

/// Compares the journal with what was sent and acknowledged.
fn compare(data: &Path, model: &Model) {
    let exported = Command::new(env!("CARGO_BIN_EXE_marquee"))
        .args(["journal", "--data"])
        .arg(data)
        .arg("export")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&exported.stderr);
    assert!(exported.status.success(), "{errors}");
    let mut found = HashSet::new();
    for line in exported.stdout.split(|&byte| byte == b'\n') {
        if line.is_empty() {
            continue;
        }
        let event: Value = serde_json::from_slice(line).unwrap();
        let id = event["id"].as_str().unwrap();
        let (user, item) = model.sent.get(id).expect("nobody sent it");
        assert_eq!(event["actor"]["user"], user.as_str(), "{event}");
        assert_eq!(event["action"]["item"], item.as_str(), "{event}");
        assert!(found.insert(id.to_owned()), "{id} is there twice");
    }
    let lost = model.acknowledged.difference(&found).next();
    assert_eq!(lost, None, "was acknowledged");
}

async fn titles_are_there(url: &str, model: &Model) -> Result<(), Status> {
    let endpoint = Channel::from_shared(url.to_owned()).unwrap();
    let mut client = CatalogServiceClient::new(endpoint.connect().await.unwrap());
    for id in &model.titles {
        let item_id = id.clone();
        client.get_item(v1::GetItemRequest { item_id }).await?;
    }
    Ok(())
}

/// A trained data folder.
fn trained(folder: &Path) -> PathBuf {
    let mut plays = String::from("user_id,item_id,timestamp\n");
    for viewer in 0..60 {
        for at in 0..12 {
            let film = draw(viewer, at) % FILMS;
            plays.push_str(&format!("w{viewer},f{film},{}\n", 1000 + at));
        }
    }
    fs::write(folder.join("plays.csv"), plays).unwrap();
    let data = folder.join("data");
    for arguments in [
        &["import", "plays.csv"][..],
        &["train", "--model", "ials:factors=8"],
    ] {
        let done = Command::new(env!("CARGO_BIN_EXE_marquee"))
            .current_dir(folder)
            .args([arguments[0], "--data"])
            .arg(&data)
            .args(&arguments[1..])
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{errors}");
    }
    data
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_invented() {
    let kills = std::env::var("MARQUEE_KILLS").ok();
    let kills: u64 = kills.map_or(3, |kills| kills.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let data = trained(folder.path());
    let runtime = Runtime::new().unwrap();
    let model = Shared::default();
    for life in 0..kills {
        let server = start(&data);
        runtime
            .block_on(titles_are_there(&server.url, &model.lock().unwrap()))
            .unwrap();
        let time = Duration::from_millis(20 + draw(99, life) % 300);
        server.live(&runtime, &model, life, time);
        compare(&data, &model.lock().unwrap());
    }
    let model = model.lock().unwrap();
    writeln!(
        std::io::stdout(),
        "{kills} kills: {} events and {} titles acknowledged, {} sent, {} answers",
        model.acknowledged.len(),
        model.titles.len(),
        model.sent.len(),
        model.answers
    )
    .unwrap();
    assert!(model.acknowledged.len() > 10 && model.titles.len() > 1 && model.answers > 0);
}
