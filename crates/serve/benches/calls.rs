//! What a call costs over loopback, one after the other on one connection.
//!
//! `get_item` looks a title up where the call arrives; `list_one` has a worker look one up, so the
//! distance between the two is what handing work over costs. `recommend` answers for a viewer of a
//! model of twenty items.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark, where a panic is the report"
)]

use criterion::{Criterion, criterion_group, criterion_main};
use marquee_engine::training;
use marquee_proto::v1::{
    GetItemRequest, ListItemsRequest, RecommendRequest,
    catalog_service_client::CatalogServiceClient, recommend_request::Viewer,
    recommendation_service_client::RecommendationServiceClient,
};

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
    let server = runtime.block_on(support::serve(support::open(&data)));
    let channel = runtime.block_on(server.channel());

    let catalog = CatalogServiceClient::new(channel.clone());
    criterion.bench_function("get_item", |bencher| {
        bencher.iter(|| {
            let mut catalog = catalog.clone();
            let item_id = "film-03".to_owned();
            runtime.block_on(
                async move { catalog.get_item(GetItemRequest { item_id }).await.unwrap() },
            )
        });
    });
    let catalog_lists = CatalogServiceClient::new(channel.clone());
    criterion.bench_function("list_one", |bencher| {
        let request = ListItemsRequest {
            page_size: 1,
            ..ListItemsRequest::default()
        };
        bencher.iter(|| {
            let (mut catalog, request) = (catalog_lists.clone(), request.clone());
            runtime.block_on(async move { catalog.list_items(request).await.unwrap() })
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
