//! Traces as a collector receives them.

use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    trace::v1::Span,
};
use prost::Message;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, async_trait};

use super::support::{for_user, patient, start};
use crate::{ServeError, config::Traces};

/// What the collector was sent.
#[derive(Debug, Clone, Default)]
struct Collector(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

#[async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().unwrap().push(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    fn spans(&self) -> Vec<Span> {
        let sent = self.0.lock().unwrap();
        let resources = sent.iter().flat_map(|request| &request.resource_spans);
        let scopes = resources.flat_map(|resource| &resource.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A collector on a free port, and its URL.
async fn collector() -> (Collector, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let collector = Collector::default();
    let service = TraceServiceServer::new(collector.clone());
    let incoming = TcpListenerStream::new(listener);
    let server = tonic::transport::Server::builder().add_service(service);
    tokio::spawn(server.serve_with_incoming(incoming));
    (collector, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_a_span_with_its_stages_below_and_no_viewer_in_it() {
    let (collector, endpoint) = collector().await;
    let mut config = patient();
    let share = 0.0;
    config.traces = Some(Traces { endpoint, share });
    let server = start(config).await;
    let mut client = server.client().await;
    // Of this call its client says that it is traced; the other one is not, by the share.
    let mut request = Request::new(for_user("anna-the-viewer"));
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let value = parent.parse().unwrap();
    request.metadata_mut().insert("traceparent", value);
    client.recommend(request).await.unwrap();
    client.recommend(for_user("anna-the-viewer")).await.unwrap();
    server.stop().await.unwrap().unwrap();

    let spans = collector.spans();
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    let call = "marquee.v1.RecommendationService/Recommend";
    assert_eq!(names, ["source scripted", "select", call]);
    let of_call = &spans[2];
    assert_eq!(hex(&of_call.parent_span_id), &parent[36..52]);
    for span in &spans {
        assert_eq!(hex(&span.trace_id), &parent[3..35]);
        assert!(span.start_time_unix_nano >= of_call.start_time_unix_nano);
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
    }
    assert!(
        spans[..2]
            .iter()
            .all(|span| span.parent_span_id == of_call.span_id)
    );
    for sent in collector.0.lock().unwrap().iter() {
        let bytes = sent.encode_to_vec();
        let viewer = b"anna-the-viewer";
        assert!(!bytes.windows(viewer.len()).any(|part| part == viewer));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_not_there_holds_nothing_up() {
    let mut config = patient();
    let (endpoint, share) = ("http://127.0.0.1:1".to_owned(), 1.0);
    config.traces = Some(Traces { endpoint, share });
    let server = start(config).await;
    server
        .client()
        .await
        .recommend(for_user("anna"))
        .await
        .unwrap();
    server.stop().await.unwrap().unwrap();
}

#[tokio::test]
async fn an_endpoint_that_is_no_url_and_a_share_above_one_are_refused() {
    let traces = Traces {
        endpoint: "not a url".to_owned(),
        share: 0.5,
    };
    let got = crate::traces::Traces::open(Some(&traces));
    assert!(matches!(got, Err(ServeError::Collector { .. })));
    let mut config = patient();
    let endpoint = "http://127.0.0.1:1".to_owned();
    config.traces = Some(Traces {
        endpoint,
        share: 1.5,
    });
    assert!(matches!(
        config.check(),
        Err(ServeError::TracesShare { .. })
    ));
}
