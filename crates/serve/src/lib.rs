//! The gRPC service `marquee.v1`: what `proto/` declares, answered by an
//! [`Engine`].
//!
//! A call passes, from the outside in: the connection (`server`), pages in browsers (`web`), the
//! gate (`gate`: key, room, deadline, log), its service (`services`), which checks and converts the
//! request (`convert`), has a worker compute (`workers`) and converts the answer. Whatever fails
//! becomes a `Refusal` (`refusal`), and from there the one status that `errors.proto` documents.
//!
//! Wire types stop here: everything below takes and gives types of the engine.

use std::{net::SocketAddr, sync::Arc};

use marquee_engine::Engine;
use marquee_proto::v1::{
    catalog_service_server::CatalogServiceServer, event_service_server::EventServiceServer,
    explanation_service_server::ExplanationServiceServer, model_service_server::ModelServiceServer,
    recommendation_service_server::RecommendationServiceServer,
    state_service_server::StateServiceServer,
};
use tonic::{codec::CompressionEncoding, service::Routes};
use tonic_web::GrpcWebLayer;
use tower::Layer;

mod access;
mod backend;
mod bind;
mod calls;
mod clock;
pub mod config;
mod convert;
mod deadline;
pub mod error;
mod gate;
mod health;
mod incident;
mod page_token;
mod refusal;
mod server;
mod services;
mod telemetry;
mod tls;
mod traces;
mod web;
mod workers;

pub use access::{KeysProblem, Role};
pub use config::{
    Events, Limits, Plaintext, ServeConfig, Times, TlsFiles, Traces as TracesConfig, UnknownItems,
};
pub use error::ServeError;

use backend::Backend;
use gate::{Gate, Gated, Watching};
use health::{Health, Models};
use incident::Incidents;
use server::{Ending, Server};
use services::{Services, Surroundings};
use telemetry::{Telemetry, page::Watched};
use traces::Traces;
use web::{Origins, Web};
use workers::Workers;

/// Serves `engine` until `shutdown` completes and the calls that run then have finished, for as long
/// as [`Times::shutdown_ms`] lets them.
///
/// `ready` is called once, with the address that is listened on, when calls can come in. Runs on the
/// tokio runtime of the caller, which should have several threads.
///
/// # Errors
///
/// [`ServeError`] when the configuration makes no sense, a file of it cannot be read, or the address
/// cannot, or must not, be listened on.
pub async fn run(
    engine: Arc<Engine>,
    config: ServeConfig,
    shutdown: impl Future<Output = ()>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    run_backend(engine, config, shutdown, ready).await
}

async fn run_backend(
    backend: Arc<dyn Backend>,
    config: ServeConfig,
    shutdown: impl Future<Output = ()>,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    config.check()?;
    let keys = access::open(config.keys.as_ref())?;
    let origins = Origins::new(&config.allowed_origins)?;
    let tls = config.tls.as_ref().map(tls::acceptor).transpose()?;
    let listener = bind::listen(&config, &keys).await?;
    let address = listener.local_addr().map_err(|source| ServeError::Bind {
        address: config.listen,
        source,
    })?;

    let (reporter, health_server) = tonic_health::server::health_reporter();
    let health = Health::new(reporter);
    backend.warm_up();
    health.up(models_of(&*backend)).await;
    let incidents = Arc::new(Incidents::new());
    let workers = Workers::new(config.limits.workers, config.times.queue(), incidents);
    let telemetry = Arc::new(Telemetry::new());
    let metrics = bind::metrics(&config).await?;
    let page = metrics.map(|listener| {
        let watched = Watched {
            telemetry: Arc::clone(&telemetry),
            backend: Arc::clone(&backend),
            workers: workers.clone(),
        };
        tokio::spawn(telemetry::page::serve(listener, watched))
    });
    let traces = Arc::new(Traces::open(config.traces.as_ref())?);
    let watching = Watching {
        telemetry: Arc::clone(&telemetry),
        traces: Arc::clone(&traces),
    };
    let gate = Arc::new(Gate::new(&config, keys, workers.clone(), watching));
    let surroundings = Surroundings {
        workers,
        health: health.clone(),
        closing: gate.closing(),
        telemetry,
    };
    let services = Services::new(backend, surroundings, &config);
    let routes = routes(services, &config)?.add_service(health_server);
    let gated = Gated::new(Arc::clone(&gate), routes.prepare());
    let app = Web::new(origins, GrpcWebLayer::new().layer(gated));
    let ending = Ending {
        gate,
        health,
        patience: config.times.shutdown(),
    };
    ready(address);
    Server::new(app, tls, ending, &config)
        .run(listener, shutdown)
        .await;
    if let Some(page) = page {
        page.abort();
    }
    // It waits for the collector, which must not hold up the runtime that sends.
    let _ = tokio::task::spawn_blocking(move || traces.stop()).await;
    Ok(())
}

fn models_of(backend: &dyn Backend) -> Models {
    match backend.active() {
        Some(_) => Models::Active,
        None => Models::Missing,
    }
}

/// Our services and reflection, with the limits that each message must keep.
fn routes(services: Services, config: &ServeConfig) -> Result<Routes, ServeError> {
    let longest = config.limits.message_bytes;
    let gzip = CompressionEncoding::Gzip;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(marquee_proto::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()
        .map_err(ServeError::Descriptors)?;
    let recommendation = RecommendationServiceServer::new(services.clone())
        .accept_compressed(gzip)
        .max_decoding_message_size(longest);
    let catalog = CatalogServiceServer::new(services.clone())
        .accept_compressed(gzip)
        .max_decoding_message_size(longest);
    let event = EventServiceServer::new(services.clone())
        .accept_compressed(gzip)
        .max_decoding_message_size(longest);
    let model = ModelServiceServer::new(services.clone())
        .accept_compressed(gzip)
        .max_decoding_message_size(longest);
    let explanation = ExplanationServiceServer::new(services.clone())
        .accept_compressed(gzip)
        .max_decoding_message_size(longest);
    let state = StateServiceServer::new(services)
        .accept_compressed(gzip)
        .max_decoding_message_size(longest);
    Ok(Routes::new(recommendation)
        .add_service(catalog)
        .add_service(event)
        .add_service(model)
        .add_service(explanation)
        .add_service(state)
        .add_service(reflection))
}

#[cfg(test)]
mod tests;
