//! What a call costs over loopback, one after the other on one connection.
//!
//! `health` passes the gate and no worker; `get_item` has a worker look something up; `recommend`
//! answers for a viewer of a model of twenty items. The distance between the first two is what it
//! costs to compute off the threads that move bytes.

#![expect(missing_docs, reason = "criterion makes public functions without docs")]

use criterion::{Criterion, criterion_group, criterion_main};
use marquee_engine::training;
use marquee_proto::v1::{
    GetItemRequest, RecommendRequest, catalog_service_client::CatalogServiceClient,
    recommend_request::Viewer, recommendation_service_client::RecommendationServiceClient,
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

#[path = "../tests/support/mod.rs"]
mod support;

fn calls(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let data = support::data_folder(folder.path());
    training::activate(&data, &support::train(&data, "ease")).unwrap();
    let server = runtime.block_on(support::serve(&data));
    let channel = runtime.block_on(server.channel());

    let health = HealthClient::new(channel.clone());
    criterion.bench_function("health", |bencher| {
        bencher.iter(|| {
            let mut health = health.clone();
            let check = HealthCheckRequest::default();
            runtime.block_on(async move { health.check(check).await.unwrap() })
        });
    });
    let catalog = CatalogServiceClient::new(channel.clone());
    criterion.bench_function("get_item", |bencher| {
        bencher.iter(|| {
            let mut catalog = catalog.clone();
            let item_id = "film-03".to_owned();
            runtime.block_on(async move { catalog.get_item(GetItemRequest { item_id }).await })
        });
    });
    let recommendation = RecommendationServiceClient::new(channel);
    let request = RecommendRequest {
        viewer: Some(Viewer::UserId("u1".to_owned())),
        ..RecommendRequest::default()
    };
    criterion.bench_function("recommend", |bencher| {
        bencher.iter(|| {
            let (mut client, request) = (recommendation.clone(), request.clone());
            runtime.block_on(async move { client.recommend(request).await.unwrap() })
        });
    });
}

criterion_group!(benches, calls);
criterion_main!(benches);
