//! A small data folder, models trained on it, and the service before them.

#![expect(clippy::unwrap_used, reason = "test code, where a panic is the report")]

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use marquee_engine::{Engine, EngineConfig, training};
use marquee_ingest::{DataFolder, ImportRequest, Selection};
use marquee_serve::ServeConfig;
use tokio::sync::oneshot;
use tonic::transport::Channel;

/// Twelve viewers in two groups that watch even or odd films, and a catalog of all twenty films.
pub(crate) fn data_folder(folder: &Path) -> PathBuf {
    let mut events = String::from("user_id,item_id,timestamp\n");
    for viewer in 0..12 {
        for film in 0..20 {
            let own = film % 2 == viewer % 2 && (film + viewer) % 5 != 0;
            if own || film == 0 {
                events.push_str(&format!("u{viewer},film-{film:02},{}\n", 1000 + film));
            }
        }
    }
    let mut items = String::new();
    for film in 0..20 {
        let genre = if film % 2 == 0 { "Comedy" } else { "Horror" };
        items.push_str(&format!(
            "{{\"id\":\"film-{film:02}\",\"title\":\"Film {film}\",\"kind\":\"movie\",\"genres\":[\"{genre}\"]}}\n"
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
    data
}

/// Trains `spec` and gives its version, which is not active yet.
pub(crate) fn train(data: &Path, spec: &str) -> marquee_store::ModelVersion {
    let loaded = DataFolder::open(data).unwrap();
    let loaded = loaded.load_interactions(&Selection::default()).unwrap();
    let spec = spec.parse().unwrap();
    training::train(data, &loaded, &spec, 1, &mut marquee_cf::silent()).unwrap()
}

/// A running service; it stops when this is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
}

/// The engine over `data`.
pub(crate) fn open(data: &Path) -> Arc<Engine> {
    Arc::new(Engine::open(data, EngineConfig::default()).unwrap())
}

/// Serves `engine` on a free port.
pub(crate) async fn serve(engine: Arc<Engine>) -> Server {
    serve_with(engine, |_| {}).await
}

/// As [`serve`], with other settings.
pub(crate) async fn serve_with(
    engine: Arc<Engine>,
    change: impl FnOnce(&mut ServeConfig),
) -> Server {
    let mut config = ServeConfig::default();
    change(&mut config);
    config.listen.set_port(0);
    // For a machine that has other things to do as well.
    config.times.call_ms = 60_000;
    let (stop, stopped) = oneshot::channel::<()>();
    let (ready, is_ready) = oneshot::channel();
    let shutdown = async {
        let _ = stopped.await;
    };
    tokio::spawn(async move {
        let ready = move |address| ready.send(address).unwrap();
        marquee_serve::run(engine, config, shutdown, ready)
            .await
            .unwrap();
    });
    Server {
        address: is_ready.await.unwrap(),
        _stop: stop,
    }
}

impl Server {
    /// A connection of its own.
    pub(crate) async fn channel(&self) -> Channel {
        let endpoint = Channel::from_shared(format!("http://{}", self.address)).unwrap();
        endpoint.connect().await.unwrap()
    }
}
