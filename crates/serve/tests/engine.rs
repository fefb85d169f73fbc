//! The service before a real engine: import, train, serve, ask, swap.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use marquee_core::UserId;
use marquee_engine::{Detail, RecommendRequest, Removals, Viewer, training};
use marquee_pipeline::{Budget, MonotonicClock};
use marquee_proto::v1::{
    self, catalog_service_client::CatalogServiceClient, model_service_client::ModelServiceClient,
    recommend_request, recommendation_service_client::RecommendationServiceClient,
};
use tokio::task::JoinSet;

mod support;

use support::{data_folder, open, serve, train};

fn for_user(id: &str, k: u32) -> v1::RecommendRequest {
    v1::RecommendRequest {
        viewer: Some(recommend_request::Viewer::UserId(id.to_owned())),
        k,
        ..v1::RecommendRequest::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wire_says_what_the_engine_says() {
    let folder = tempfile::tempdir().unwrap();
    let data = data_folder(folder.path());
    training::activate(&data, &train(&data, "ease")).unwrap();
    let engine = open(&data);
    let server = serve(Arc::clone(&engine)).await;
    let mut client = RecommendationServiceClient::new(server.channel().await);

    let mut request = for_user("u1", 3);
    request.explain = true;
    request.count_removals = true;
    let got = client.recommend(request).await.unwrap().into_inner();
    let asked = RecommendRequest {
        k: 3,
        detail: Detail::Explained,
        removals: Removals::Named,
        ..RecommendRequest::plain(Viewer::Known(UserId::new("u1").unwrap()))
    };
    let clock = MonotonicClock::start();
    let budget = Budget::new(&clock, Duration::from_secs(60));
    let want = engine.recommend(&asked, budget).unwrap();

    assert_eq!(got.items.len(), 3);
    for (wire, item) in got.items.iter().zip(&want.items) {
        assert_eq!(wire.item_id, item.item.as_str());
        assert_eq!(wire.score.to_bits(), item.score.to_bits());
        assert_eq!((&wire.title, &wire.genres), (&item.title, &item.genres));
        assert_eq!(wire.kind(), v1::ItemKind::Movie);
        let tree = wire.explanation.as_ref().unwrap();
        assert!(
            (tree.value - f64::from(item.score)).abs() < 1e-4,
            "{tree:?}"
        );
        assert!(!tree.parts.is_empty() && !wire.sources.is_empty());
    }
    let removed: u64 = got.removal_counts.iter().map(|count| count.count).sum();
    assert_eq!(removed, want.removals.len() as u64);
    let info = got.info.unwrap();
    assert_eq!(info.model_versions, ["ease/000001"]);
    assert_ne!(info.recommendation_id, want.id.as_str());
    assert_eq!(info.candidate_count, want.n_candidates as u64);
    assert!(info.timings.iter().any(|timing| timing.stage == "scorer"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_candidates_neighbors_and_titles_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let data = data_folder(folder.path());
    training::activate(&data, &train(&data, "ease")).unwrap();
    let server = serve(open(&data)).await;
    let mut client = RecommendationServiceClient::new(server.channel().await);

    // Somebody who watched two comedies gets comedies.
    let entries = ["film-02", "film-04"].map(|id| v1::HistoryEntry {
        item_id: id.to_owned(),
        ..v1::HistoryEntry::default()
    });
    let history = v1::InlineHistory {
        entries: entries.to_vec(),
    };
    let stranger = v1::RecommendRequest {
        viewer: Some(recommend_request::Viewer::History(history)),
        k: 3,
        ..v1::RecommendRequest::default()
    };
    let got = client.recommend(stranger).await.unwrap().into_inner();
    assert!(
        got.items.iter().all(|item| item.genres == ["Comedy"]),
        "{:?}",
        got.items
    );

    let rank = v1::RankRequest {
        item_ids: ["film-01", "nothing", "film-03"]
            .map(str::to_owned)
            .to_vec(),
        viewer: Some(v1::rank_request::Viewer::UserId("u1".to_owned())),
        ..v1::RankRequest::default()
    };
    let got = client.rank(rank).await.unwrap().into_inner();
    assert_eq!(got.items.len(), 2);
    let [missing] = &got.removals[..] else {
        panic!("{:?}", got.removals);
    };
    assert_eq!(
        (missing.item_id.as_str(), missing.rule.as_str()),
        ("nothing", "unknown_item")
    );

    let similar = v1::SimilarItemsRequest {
        item_id: "film-03".to_owned(),
        k: 4,
    };
    let got = client.similar_items(similar).await.unwrap().into_inner();
    assert_eq!(got.items.len(), 4);
    assert!(got.items.iter().all(|item| item.item_id != "film-03"));

    let mut catalog = CatalogServiceClient::new(server.channel().await);
    let mut ids = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = v1::ListItemsRequest {
            page_size: 7,
            page_token,
        };
        let page = catalog.list_items(request).await.unwrap().into_inner();
        ids.extend(page.items.into_iter().map(|item| item.item_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let want: Vec<String> = (0..20).map(|film| format!("film-{film:02}")).collect();
    assert_eq!(ids, want);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn swapping_models_under_load_drops_no_call() {
    const SWAPS: usize = 40;
    let folder = tempfile::tempdir().unwrap();
    let data = data_folder(folder.path());
    let versions = [train(&data, "ease"), train(&data, "popularity")];
    training::activate(&data, &versions[0]).unwrap();
    let server = serve(open(&data)).await;

    let over = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for caller in 0..4 {
        let mut client = RecommendationServiceClient::new(server.channel().await);
        let (over, answered) = (Arc::clone(&over), Arc::clone(&answered));
        callers.spawn(async move {
            let mut seen = std::collections::BTreeSet::new();
            while !over.load(Ordering::Relaxed) {
                let request = for_user(&format!("u{caller}"), 5);
                let answer = client.recommend(request).await.unwrap().into_inner();
                assert!(!answer.items.is_empty());
                seen.extend(answer.info.unwrap().model_versions);
                answered.fetch_add(1, Ordering::Relaxed);
            }
            seen
        });
    }
    let mut models = ModelServiceClient::new(server.channel().await);
    for swap in 0..SWAPS {
        let before = answered.load(Ordering::Relaxed);
        if swap % 2 == 0 {
            let version = versions[1].to_string();
            let request = v1::PromoteModelRequest {
                version,
                ..v1::PromoteModelRequest::default()
            };
            models.promote_model(request).await.unwrap();
        } else {
            models
                .roll_back_model(v1::RollBackModelRequest::default())
                .await
                .unwrap();
        }
        // Calls go on between two swaps.
        while answered.load(Ordering::Relaxed) < before + 4 {
            tokio::task::yield_now().await;
        }
    }
    over.store(true, Ordering::Relaxed);
    let mut seen = std::collections::BTreeSet::new();
    while let Some(by_one) = callers.join_next().await {
        seen.extend(by_one.unwrap());
    }
    assert!(answered.load(Ordering::Relaxed) >= 4 * SWAPS);
    assert_eq!(seen.len(), 2, "both versions answered: {seen:?}");
}
