//! `grpc.health.v1`: whether the server answers, as a whole and by service.
//!
//! The whole server (the empty name) serves until it begins to shut down. `RecommendationService`
//! serves only while a model is active.

use marquee_proto::v1::{
    catalog_service_server::SERVICE_NAME as CATALOG, model_service_server::SERVICE_NAME as MODEL,
    recommendation_service_server::SERVICE_NAME as RECOMMENDATION,
};
use tonic_health::{ServingStatus, server::HealthReporter};

/// Tells probes how the services are.
#[derive(Debug, Clone)]
pub(crate) struct Health(HealthReporter);

/// Whether there is a model to answer with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Models {
    /// A model is active.
    Active,
    /// None is.
    Missing,
}

impl Health {
    pub(crate) fn new(reporter: HealthReporter) -> Self {
        Self(reporter)
    }

    /// The server has begun to answer.
    pub(crate) async fn up(&self, models: Models) {
        self.set(&["", CATALOG, MODEL], ServingStatus::Serving)
            .await;
        self.models(models).await;
    }

    /// A model became active, or none is.
    pub(crate) async fn models(&self, models: Models) {
        let status = match models {
            Models::Active => ServingStatus::Serving,
            Models::Missing => ServingStatus::NotServing,
        };
        self.set(&[RECOMMENDATION], status).await;
    }

    /// The server takes no more calls.
    pub(crate) async fn down(&self) {
        let all = ["", CATALOG, MODEL, RECOMMENDATION];
        self.set(&all, ServingStatus::NotServing).await;
    }

    async fn set(&self, services: &[&str], status: ServingStatus) {
        for service in services {
            self.0.set_service_status(*service, status).await;
        }
    }
}
