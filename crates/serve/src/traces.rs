//! What single calls did, and when, for a collector of OpenTelemetry.
//!
//! A call is a span under the one that its client names in `traceparent`; the components of the request
//! path that ran for it are spans under that. Nothing about a viewer is in them: their attributes are
//! calls, codes, stages and components, all of them names of our own.

use std::time::{Duration, Instant};

use http::HeaderMap;
use marquee_pipeline::StageTiming;
use opentelemetry::{
    Context, KeyValue,
    propagation::{Extractor, TextMapPropagator},
    trace::{SpanKind, Status as SpanStatus, TraceContextExt, Tracer, TracerProvider},
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{Sampler, SdkTracer, SdkTracerProvider},
};
use tonic::Code;

use crate::{ServeError, clock::Anchor, config};

/// How long the last spans may take to leave when the server stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// Traces of a server, if it makes any.
#[derive(Debug)]
pub(crate) struct Traces(Option<Making>);

#[derive(Debug)]
struct Making {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    propagator: TraceContextPropagator,
    anchor: Anchor,
}

/// The trace of one call.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    tracer: SdkTracer,
    span: Context,
    anchor: Anchor,
}

impl Traces {
    /// Begins to send traces as `config` says; without it there are none. Must be called on the runtime
    /// that sends them. A collector that does not answer is no error: spans are dropped, and the log
    /// says so.
    ///
    /// # Errors
    ///
    /// [`ServeError::Collector`] when the endpoint is no URL.
    pub(crate) fn open(config: Option<&config::Traces>) -> Result<Self, ServeError> {
        let Some(config) = config else {
            return Ok(Self(None));
        };
        let exporter = SpanExporter::builder()
            .with_tonic()
            .with_endpoint(&config.endpoint)
            .build()
            .map_err(|source| ServeError::Collector {
                endpoint: config.endpoint.clone(),
                source: Box::new(source),
            })?;
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.share)));
        let resource = Resource::builder_empty()
            .with_service_name("marquee")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler)
            .with_resource(resource)
            .build();
        Ok(Self(Some(Making {
            tracer: provider.tracer("marquee"),
            provider,
            propagator: TraceContextPropagator::new(),
            anchor: Anchor::now(),
        })))
    }

    /// Begins the span of a call that arrived at `arrived`, if it is one of those that are traced.
    pub(crate) fn begin(
        &self,
        path: &'static str,
        headers: &HeaderMap,
        arrived: Instant,
    ) -> Option<Trace> {
        let making = self.0.as_ref()?;
        let before = Context::new();
        let parent = (making.propagator).extract_with_context(&before, &Headers(headers));
        let (service, method) = path.trim_start_matches('/').split_once('/')?;
        let span = making
            .tracer
            .span_builder(path.trim_start_matches('/'))
            .with_kind(SpanKind::Server)
            .with_start_time(making.anchor.time_of(arrived))
            .with_attributes([
                KeyValue::new("rpc.system", "grpc"),
                KeyValue::new("rpc.service", service),
                KeyValue::new("rpc.method", method),
            ])
            .start_with_context(&making.tracer, &parent);
        let span = parent.with_span(span);
        span.span().is_recording().then(|| Trace {
            tracer: making.tracer.clone(),
            span,
            anchor: making.anchor,
        })
    }

    /// Sends what is left. Blocks until it is gone, or for as long as that may take.
    pub(crate) fn stop(&self) {
        let Some(making) = &self.0 else { return };
        if let Err(error) = making.provider.shutdown_with_timeout(FAREWELL) {
            tracing::warn!(%error, "the last traces did not reach their collector");
        }
    }
}

impl Trace {
    /// Adds the components of the request path, which ran one after the other from `began` on.
    pub(crate) fn stages(&self, began: Instant, timings: &[StageTiming]) {
        let mut start = began;
        for timing in timings {
            let end = start + timing.took;
            let name = match timing.component {
                "" => timing.stage.to_owned(),
                component => format!("{} {component}", timing.stage),
            };
            let mut span = self
                .tracer
                .span_builder(name)
                .with_kind(SpanKind::Internal)
                .with_start_time(self.anchor.time_of(start))
                .with_attributes([
                    KeyValue::new("marquee.stage", timing.stage),
                    KeyValue::new("marquee.component", timing.component),
                ])
                .start_with_context(&self.tracer, &self.span);
            opentelemetry::trace::Span::end_with_timestamp(&mut span, self.anchor.time_of(end));
            start = end;
        }
    }

    /// Ends the span of the call.
    pub(crate) fn end(&self, code: Code) {
        let span = self.span.span();
        span.set_attribute(KeyValue::new(
            "rpc.grpc.status_code",
            i64::from(code as i32),
        ));
        // What the server answers for, not what its callers got wrong.
        let is_ours = matches!(
            code,
            Code::Unknown | Code::DeadlineExceeded | Code::Internal | Code::Unavailable
        );
        if is_ours {
            span.set_status(SpanStatus::error(format!("{code:?}")));
        }
        span.end_with_timestamp(self.anchor.time_of(Instant::now()));
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
