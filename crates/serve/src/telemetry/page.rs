//! The page that Prometheus reads: `GET /metrics`, on an address of its own.

use std::{convert::Infallible, sync::Arc, time::Duration};

use http::{Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore, time::timeout};

use super::Telemetry;
use crate::{backend::Backend, workers::Workers};

/// What the text is.
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Readers at once; others wait.
const READERS: usize = 8;
/// Longest time of one connection.
const LONGEST: Duration = Duration::from_secs(30);

/// What the page tells of.
#[derive(Clone)]
pub(crate) struct Watched {
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) workers: Workers,
}

/// Answers on `listener` for as long as the future is polled.
pub(crate) async fn serve(listener: TcpListener, watched: Watched) {
    let readers = Arc::new(Semaphore::new(READERS));
    loop {
        let place = Arc::clone(&readers).acquire_owned().await;
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let watched = watched.clone();
        tokio::spawn(async move {
            let _place = place;
            let page = tower::service_fn(move |request: Request<_>| {
                let response = answer(&request, &watched);
                std::future::ready(Ok::<_, Infallible>(response))
            });
            let builder = Builder::new(TokioExecutor::new());
            let service = TowerToHyperService::new(page);
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            // A reader that hangs or breaks off is its own loss.
            let _ = timeout(LONGEST, connection).await;
        });
    }
}

fn answer<B>(request: &Request<B>, watched: &Watched) -> Response<String> {
    let found = request.method() == Method::GET && request.uri().path() == "/metrics";
    if !found {
        let mut response = Response::new("only GET /metrics is here\n".to_owned());
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    }
    let holdings = watched.backend.holdings();
    let text = watched.telemetry.text(holdings, &watched.workers);
    let mut response = Response::new(text);
    let text = http::HeaderValue::from_static(TEXT);
    response.headers_mut().insert(CONTENT_TYPE, text);
    response
}
