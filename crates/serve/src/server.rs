//! From connections to calls: accepting, TLS, HTTP, and an orderly end.

use std::{sync::Arc, time::Duration};

use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{
        conn::auto::Builder,
        graceful::{GracefulShutdown, Watcher},
    },
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tonic::service::Routes;
use tonic_web::GrpcWebService;

use crate::{
    config::ServeConfig,
    gate::{Gate, Gated},
    health::Health,
    web::Web,
};

/// How long to wait after the system refused a connection, which mostly means that this process has
/// no file handles left.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_millis(50);

/// Everything that handles a request, from the outside in.
pub(crate) type App = Web<GrpcWebService<Gated<Routes>>>;

/// Handles connections, each in a task of its own.
pub(crate) struct Server {
    app: App,
    tls: Option<TlsAcceptor>,
    http: Builder<TokioExecutor>,
    handshake: Duration,
    /// What a stop has to tell.
    ending: Ending,
    connections: Arc<Semaphore>,
}

/// What a server tells when it stops, and how long running calls then have.
pub(crate) struct Ending {
    pub(crate) gate: Arc<Gate>,
    pub(crate) health: Health,
    pub(crate) patience: Duration,
}

impl Server {
    pub(crate) fn new(
        app: App,
        tls: Option<TlsAcceptor>,
        ending: Ending,
        config: &ServeConfig,
    ) -> Self {
        Self {
            app,
            tls,
            http: http(config),
            handshake: config.times.handshake(),
            ending,
            connections: Arc::new(Semaphore::new(config.limits.connections)),
        }
    }

    /// Serves `listener` until `shutdown`, then lets running calls finish, for as long as patience
    /// lasts.
    pub(crate) async fn run(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let graceful = GracefulShutdown::new();
        let mut open = JoinSet::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(_) = open.join_next() => {}
                (stream, place) = self.accept(&listener) => {
                    open.spawn(self.connection(stream, graceful.watcher(), place));
                }
            }
        }
        // New connections are refused by the system from here on, and new calls by the gate.
        drop(listener);
        self.ending.gate.close();
        self.ending.health.down().await;
        if timeout(self.ending.patience, graceful.shutdown())
            .await
            .is_err()
        {
            tracing::warn!(
                connections = open.len(),
                "cutting off calls that did not finish in time"
            );
        }
        open.shutdown().await;
    }

    /// The next connection, once there is room for it.
    async fn accept(&self, listener: &TcpListener) -> (TcpStream, OwnedSemaphorePermit) {
        let connections = Arc::clone(&self.connections);
        let place = connections
            .acquire_owned()
            .await
            .expect("nothing closes the semaphore");
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return (stream, place),
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(PAUSE_AFTER_REFUSAL).await;
                }
            }
        }
    }

    /// What one connection runs; it owns all that it needs.
    fn connection(
        &self,
        stream: TcpStream,
        watcher: Watcher,
        place: OwnedSemaphorePermit,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (app, http, tls) = (self.app.clone(), self.http.clone(), self.tls.clone());
        let handshake = self.handshake;
        async move {
            let _place = place;
            // Answers are small and wanted at once.
            let _best_effort = stream.set_nodelay(true);
            let Some(tls) = tls else {
                // Whoever connects and says nothing must not keep the place.
                if timeout(handshake, stream.readable()).await.is_ok() {
                    serve(stream, http, (app, watcher)).await;
                }
                return;
            };
            match timeout(handshake, tls.accept(stream)).await {
                Ok(Ok(stream)) => serve(stream, http, (app, watcher)).await,
                Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
                Err(_) => tracing::debug!("TLS handshake took too long"),
            }
        }
    }
}

async fn serve<S>(stream: S, http: Builder<TokioExecutor>, (app, watcher): (App, Watcher))
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = TowerToHyperService::new(app);
    let connection = http
        .serve_connection(TokioIo::new(stream), service)
        .into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(error, "connection ended early");
    }
}

fn http(config: &ServeConfig) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(config.limits.streams_per_connection)
        .keep_alive_interval(config.times.keep_alive());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(config.times.keep_alive());
    builder
}
