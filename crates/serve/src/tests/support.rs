//! A scripted backend, a server in front of it, and clients.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, Sender},
    },
    time::Duration,
};

use marquee_core::{Actor, Item, ItemId, RecommendationId, Timestamp, User, UserId};
use marquee_engine::{
    ContinueItem, Done, EngineError, Entry, JournalState, ModelInfo, Outcome, RankRequest,
    RecommendRequest, Recommendation, SimilarRequest, Trimmed, Viewer, ViewerState, Written,
};
use marquee_pipeline::StageTiming;
use marquee_proto::v1::{self, recommendation_service_client::RecommendationServiceClient};
use marquee_store::{Error as StoreError, ModelVersion};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    task::JoinHandle,
};
use tonic::{Status, transport::Channel};
use tonic_types::{ErrorDetails, StatusExt};

use crate::{
    ServeConfig, ServeError, backend::Backend, run_backend, telemetry::Holdings, workers::Allowance,
};

/// Longer than anything here may take.
pub(super) const LONG: Duration = Duration::from_secs(60);

/// The defaults, but for a machine that has other things to do as well.
pub(super) fn patient() -> ServeConfig {
    let mut config = ServeConfig::default();
    config.times.call_ms = 60_000;
    config.times.queue_ms = 60_000;
    config
}

/// A backend that does what the id of the user says: `slow` waits to be released, `panic` panics,
/// `broken` fails with what a caller must not read, `late` says that its budget ran out; everybody
/// else gets an answer whose id is the budget in milliseconds.
#[derive(Debug)]
pub(super) struct Script {
    /// Versions that were active, the one that is last.
    active: Mutex<Vec<ModelVersion>>,
    /// Takes one message for each `slow` call, before that call answers.
    release: Mutex<Receiver<()>>,
    /// Told when a `slow` call has begun.
    began: Sender<()>,
}

/// The other ends of a [`Script`].
pub(super) struct Strings {
    pub(super) release: Sender<()>,
    began: Arc<Mutex<Receiver<()>>>,
}

impl Strings {
    /// Waits until a `slow` call computes.
    pub(super) async fn slow_call_began(&self) {
        let began = Arc::clone(&self.began);
        let wait = move || began.lock().unwrap().recv_timeout(LONG).unwrap();
        tokio::task::spawn_blocking(wait).await.unwrap();
    }
}

pub(super) fn script(active: &[&str]) -> (Arc<Script>, Strings) {
    let (release, releases) = mpsc::channel();
    let (begins, began) = mpsc::channel();
    let script = Script {
        active: Mutex::new(active.iter().map(|text| text.parse().unwrap()).collect()),
        release: Mutex::new(releases),
        began: begins,
    };
    let began = Arc::new(Mutex::new(began));
    (Arc::new(script), Strings { release, began })
}

fn timing(stage: &'static str, component: &'static str, micros: u64) -> StageTiming {
    StageTiming {
        stage,
        component,
        took: Duration::from_micros(micros),
    }
}

impl Script {
    fn answer(&self, who: &str, limit: Duration) -> Result<Recommendation, EngineError> {
        let active = self.active().ok_or(EngineError::NoActiveModel)?;
        match who {
            "slow" => {
                self.began.send(()).unwrap();
                self.release.lock().unwrap().recv_timeout(LONG).unwrap();
            }
            "panic" => panic!("secret of a panic"),
            "broken" => return Err(EngineError::ListLength { found: 7_654_321 }),
            "late" => {
                let deadline = marquee_pipeline::PipelineError::Deadline {
                    stage: "scorer",
                    budget_us: 1,
                };
                return Err(deadline.into());
            }
            _ => {}
        }
        Ok(Recommendation {
            id: RecommendationId::new(limit.as_millis().to_string()).unwrap(),
            model: active.to_string(),
            items: Vec::new(),
            removals: Vec::new(),
            moved: Vec::new(),
            degraded: Vec::new(),
            timings: vec![timing("source", "scripted", 80), timing("select", "", 5)],
            n_candidates: 3,
        })
    }
}

impl Backend for Script {
    fn continue_watching(
        &self,
        _: &Actor,
        _: usize,
        _: Timestamp,
    ) -> Result<Vec<ContinueItem>, EngineError> {
        Ok(Vec::new())
    }

    fn user(&self, _: &str) -> Option<User> {
        None
    }

    fn knows_item(&self, id: &str) -> bool {
        id.starts_with("known")
    }

    /// Writes everything at once, but for a full queue while nobody is active.
    fn submit(&self, entries: Vec<Entry>, _: Timestamp, done: Done) -> Result<(), EngineError> {
        if self.active().is_none() {
            return Err(marquee_journal::Error::Full {
                waiting: 2,
                limit: 1,
            }
            .into());
        }
        let written = entries.iter().map(|_| Outcome::Written { seq: 7 });
        done(Ok(Written {
            outcomes: written.collect(),
            ..self.written()
        }));
        Ok(())
    }

    fn written(&self) -> Written {
        Written {
            outcomes: Vec::new(),
            durable_seq: 7,
            visible_seq: 7,
        }
    }

    fn export(&self, _: &Actor, each: &mut dyn FnMut(&str) -> bool) -> Result<(), EngineError> {
        let _ = (0..3).all(|_| each("{}"));
        Ok(())
    }

    fn warm_up(&self) {}

    fn viewer_state(&self, actor: &Actor, _: usize) -> Result<ViewerState, EngineError> {
        Ok(ViewerState {
            owner: actor.clone(),
            sessions: Vec::new(),
            n_trained: 3,
            n_history: 4,
            opposed: Vec::new(),
            deeds: Vec::new(),
            n_deeds: 5,
        })
    }

    fn journal_state(&self) -> Option<JournalState> {
        None
    }

    fn trim_journal(&self, _: Timestamp) -> Result<Trimmed, EngineError> {
        Err(EngineError::Untrained { seq: 8 })
    }

    fn taste(
        &self,
        _: &Actor,
        _: Timestamp,
        _: usize,
    ) -> Result<marquee_engine::Taste, EngineError> {
        Err(EngineError::NoRanker)
    }

    fn value_model(&self) -> Result<String, EngineError> {
        Ok("[outcomes]\nopen = 1.0\n".to_owned())
    }

    fn put_value_model(&self, _: Option<&str>) -> Result<(), EngineError> {
        Ok(())
    }

    fn n_items(&self) -> usize {
        5
    }

    fn holdings(&self) -> Holdings {
        Holdings::default()
    }

    fn erase(&self, _: &UserId) -> Result<u64, EngineError> {
        Err(EngineError::ReadOnly)
    }

    fn recommend(
        &self,
        request: &RecommendRequest,
        may: Allowance,
    ) -> Result<Recommendation, EngineError> {
        let who = match &request.viewer {
            Viewer::Known(id) => id.as_str(),
            _ => "",
        };
        self.answer(who, may.limit)
    }

    fn rank(&self, _: &RankRequest, may: Allowance) -> Result<Recommendation, EngineError> {
        self.answer("", may.limit)
    }

    fn similar_items(
        &self,
        request: &SimilarRequest,
        _: Allowance,
    ) -> Result<Recommendation, EngineError> {
        let item = request.item.as_str().to_owned();
        Err(EngineError::UnknownItem { item })
    }

    fn item(&self, id: &str) -> Option<Item> {
        self.items_after("", 9)
            .into_iter()
            .find(|item| item.id.as_str() == id)
    }

    fn items_after(&self, after: &str, limit: usize) -> Vec<Item> {
        let ids = ["m1", "m2", "m3", "m4", "m5"].into_iter();
        ids.filter(|id| *id > after)
            .take(limit)
            .map(|id| Item::new(ItemId::new(id).unwrap()))
            .collect()
    }

    fn models(&self) -> Result<Vec<ModelInfo>, EngineError> {
        let active = self.active();
        let versions = ["ease/000001", "ials/000001"].into_iter();
        Ok(versions
            .map(|text| ModelInfo {
                version: text.parse().unwrap(),
                active: active == text.parse().ok(),
            })
            .collect())
    }

    fn active(&self) -> Option<ModelVersion> {
        self.active.lock().unwrap().last().cloned()
    }

    fn promote(&self, version: &ModelVersion) -> Result<(), EngineError> {
        if version.number() > 1 {
            let version = version.clone();
            let path = "/secret".into();
            return Err(StoreError::VersionMissing { version, path }.into());
        }
        self.active.lock().unwrap().push(version.clone());
        Ok(())
    }

    fn roll_back(&self) -> Result<ModelVersion, EngineError> {
        let mut active = self.active.lock().unwrap();
        if active.len() < 2 {
            let path = "/secret".into();
            return Err(StoreError::NothingEarlier { path }.into());
        }
        active.pop();
        Ok(active[active.len() - 1].clone())
    }
}

/// A server on a free port of this machine.
pub(super) struct Running {
    pub(super) address: SocketAddr,
    pub(super) strings: Strings,
    stop: oneshot::Sender<()>,
    done: JoinHandle<Result<(), ServeError>>,
}

pub(super) async fn start(config: ServeConfig) -> Running {
    start_with(config, &["ease/000001"]).await
}

pub(super) async fn start_with(mut config: ServeConfig, active: &[&str]) -> Running {
    config.listen.set_port(0);
    let (script, strings) = script(active);
    let (stop, stopped) = oneshot::channel();
    let (ready, is_ready) = oneshot::channel();
    let shutdown = async {
        let _ = stopped.await;
    };
    let done = tokio::spawn(run_backend(script, config, shutdown, move |address| {
        ready.send(address).unwrap();
    }));
    Running {
        address: is_ready.await.unwrap(),
        strings,
        stop,
        done,
    }
}

impl Running {
    pub(super) async fn channel(&self) -> Channel {
        let endpoint = Channel::from_shared(format!("http://{}", self.address)).unwrap();
        endpoint.connect().await.unwrap()
    }

    pub(super) async fn client(&self) -> RecommendationServiceClient<Channel> {
        RecommendationServiceClient::new(self.channel().await)
    }

    /// Tells the server to stop; what it then returns comes from the handle.
    pub(super) fn stop(self) -> JoinHandle<Result<(), ServeError>> {
        self.stop.send(()).unwrap();
        self.done
    }
}

pub(super) fn for_user(id: &str) -> v1::RecommendRequest {
    v1::RecommendRequest {
        viewer: Some(v1::recommend_request::Viewer::UserId(id.to_owned())),
        ..v1::RecommendRequest::default()
    }
}

/// The details of a failed call, after checking its code and reason.
#[track_caller]
pub(super) fn check_failed<T: std::fmt::Debug>(
    got: Result<T, Status>,
    code: tonic::Code,
    reason: &str,
) -> (Status, ErrorDetails) {
    let status = got.unwrap_err();
    let details = status.get_error_details();
    let info = details.error_info();
    let info = info.map(|info| (info.domain.as_str(), info.reason.as_str()));
    assert_eq!(
        (status.code(), info),
        (code, Some(("marquee", reason))),
        "{status:?}"
    );
    (status, details)
}

/// What a bare HTTP/1.1 client sends and gets: status line and headers, then the body.
pub(super) async fn http1(address: SocketAddr, head: &str, body: &[u8]) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "{head}\r\nhost: localhost\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut got = Vec::new();
    stream.read_to_end(&mut got).await.unwrap();
    let end = got.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let body = got.split_off(end + 4);
    let head = String::from_utf8(got).unwrap().to_lowercase();
    let body = if head.contains("transfer-encoding: chunked") {
        unchunk(&body)
    } else {
        body
    };
    (head, body)
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = std::str::from_utf8(&rest[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return body;
        }
        rest = &rest[end + 2..];
        body.extend(&rest[..size]);
        rest = &rest[size + 2..];
    }
}

/// One frame of gRPC-Web: flags, length, payload.
pub(super) fn frame(flags: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap();
    let length = [24, 16, 8, 0].map(|shift| (length >> shift).to_le_bytes()[0]);
    [&[flags], &length[..], payload].concat()
}

/// The frames of a body, as flags and payload.
pub(super) fn frames(mut body: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut all = Vec::new();
    while let [flags, a, b, c, d, rest @ ..] = body {
        let length = [a, b, c, d]
            .iter()
            .fold(0, |sum, &&byte| sum << 8 | usize::from(byte));
        all.push((*flags, rest[..length].to_vec()));
        body = &rest[length..];
    }
    all
}
