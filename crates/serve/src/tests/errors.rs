//! Every documented reason, as a client sees it.

use std::time::Duration;

use marquee_proto::v1::{
    self, catalog_service_client::CatalogServiceClient, model_service_client::ModelServiceClient,
};
use prost::Message;
use tonic::{Code, Request, transport::Channel};

use super::support::{Running, check_failed, for_user, frame, http1, patient, start, start_with};

async fn catalog(server: &Running) -> CatalogServiceClient<Channel> {
    CatalogServiceClient::new(server.channel().await)
}

async fn models(server: &Running) -> ModelServiceClient<Channel> {
    ModelServiceClient::new(server.channel().await)
}

fn promote(version: &str, expected_active: &str) -> v1::PromoteModelRequest {
    v1::PromoteModelRequest {
        version: version.to_owned(),
        expected_active: expected_active.to_owned(),
    }
}

#[tokio::test]
async fn invalid_field_names_its_path_and_not_its_value() {
    let server = start(patient()).await;
    let request = v1::RecommendRequest {
        k: 501,
        ..for_user(&"secret".repeat(99))
    };
    let got = server.client().await.recommend(request).await;
    let (status, details) = check_failed(got, Code::InvalidArgument, "INVALID_FIELD");
    let fields = &details.bad_request().unwrap().field_violations;
    let fields: Vec<_> = fields.iter().map(|field| field.field.as_str()).collect();
    assert_eq!(fields, ["user_id", "k"]);
    assert!(!format!("{status:?}").contains("secret"));
}

#[tokio::test]
async fn bytes_that_are_no_message_are_malformed() {
    let server = start(patient()).await;
    // Field 1 as a number, where an id is expected.
    let time = prost_types::Timestamp {
        seconds: 5,
        nanos: 0,
    };
    let mut raw = tonic::client::Grpc::new(server.channel().await);
    raw.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<_, v1::GetItemResponse>::default();
    let path = http::uri::PathAndQuery::from_static("/marquee.v1.CatalogService/GetItem");
    let got = raw.unary(Request::new(time), path, codec).await;
    check_failed(got, Code::InvalidArgument, "MALFORMED_MESSAGE");
}

#[tokio::test]
async fn unknown_methods_and_services_are_refused() {
    let server = start(patient()).await;
    for path in [
        "/marquee.v1.CatalogService/Forget",
        "/marquee.v2.Other/Call",
        "/",
    ] {
        let mut raw = tonic::client::Grpc::new(server.channel().await);
        raw.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<v1::GetItemRequest, v1::GetItemResponse>::default();
        let path = http::uri::PathAndQuery::try_from(path).unwrap();
        let request = Request::new(v1::GetItemRequest::default());
        let got = raw.unary(request, path, codec).await;
        check_failed(got, Code::Unimplemented, "METHOD_UNKNOWN");
    }
}

#[tokio::test]
async fn compression_that_is_not_read_is_refused() {
    let server = start(patient()).await;
    let head = "POST /marquee.v1.CatalogService/GetItem HTTP/1.1\r\n\
                content-type: application/grpc-web+proto\r\ngrpc-encoding: br";
    let (head, _) = http1(server.address, head, &frame(1, b"anything")).await;
    assert!(head.contains("grpc-status: 12"), "{head}");
    assert!(head.contains("compressed"), "{head}");
}

#[tokio::test]
async fn pages_lead_through_the_catalog_and_foreign_tokens_do_not() {
    let server = start(patient()).await;
    let mut catalog = catalog(&server).await;
    let mut request = v1::ListItemsRequest {
        page_size: 2,
        page_token: String::new(),
    };
    let mut pages = Vec::new();
    loop {
        let page = catalog
            .list_items(request.clone())
            .await
            .unwrap()
            .into_inner();
        pages.push(
            page.items
                .into_iter()
                .map(|item| item.item_id)
                .collect::<Vec<_>>(),
        );
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(pages, [vec!["m1", "m2"], vec!["m3", "m4"], vec!["m5"]]);

    request.page_token = "m2".to_owned();
    let got = catalog.list_items(request).await;
    check_failed(got, Code::InvalidArgument, "INVALID_PAGE_TOKEN");
}

#[tokio::test]
async fn long_messages_are_refused_and_say_the_limit() {
    let mut config = patient();
    config.limits.message_bytes = 100;
    let server = start(config).await;
    let got = server
        .client()
        .await
        .recommend(for_user(&"x".repeat(101)))
        .await;
    let (_, details) = check_failed(got, Code::ResourceExhausted, "MESSAGE_TOO_LARGE");
    assert_eq!(details.error_info().unwrap().metadata["limit_bytes"], "100");

    // A small message that is large once it is unpacked.
    let packed = server
        .client()
        .await
        .send_compressed(tonic::codec::CompressionEncoding::Gzip);
    let got = packed.clone().recommend(for_user(&"x".repeat(9000))).await;
    check_failed(got, Code::ResourceExhausted, "MESSAGE_TOO_LARGE");
    packed.clone().recommend(for_user("anna")).await.unwrap();
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let server = start(patient()).await;
    let mut catalog = catalog(&server).await;
    let ask = |item_id: &str| v1::GetItemRequest {
        item_id: item_id.to_owned(),
    };
    let found = catalog.get_item(ask("m3")).await.unwrap().into_inner();
    assert_eq!(found.item.unwrap().item_id, "m3");
    let got = catalog.get_item(ask("m9")).await;
    let (_, details) = check_failed(got, Code::NotFound, "ITEM_NOT_FOUND");
    assert_eq!(details.error_info().unwrap().metadata["item_id"], "m9");

    let similar = v1::SimilarItemsRequest {
        item_id: "m9".to_owned(),
        k: 0,
    };
    let got = server.client().await.similar_items(similar).await;
    check_failed(got, Code::NotFound, "ITEM_NOT_FOUND");

    let got = models(&server)
        .await
        .promote_model(promote("ials/000009", ""))
        .await;
    let (status, _) = check_failed(got, Code::NotFound, "MODEL_NOT_FOUND");
    assert!(!format!("{status:?}").contains("secret"), "{status:?}");
}

#[tokio::test]
async fn models_are_promoted_and_rolled_back_only_from_where_expected() {
    let server = start_with(patient(), &[]).await;
    let got = server.client().await.recommend(for_user("anna")).await;
    check_failed(got, Code::FailedPrecondition, "NO_ACTIVE_MODEL");

    let mut models = models(&server).await;
    let got = models
        .promote_model(promote("ease/000001", ""))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (got.active_version.as_str(), got.previous_version.as_str()),
        ("ease/000001", "")
    );
    let got = models
        .promote_model(promote("ials/000001", "ials/000001"))
        .await;
    let (_, details) = check_failed(got, Code::FailedPrecondition, "ACTIVE_MODEL_CHANGED");
    assert_eq!(
        details.error_info().unwrap().metadata["active_version"],
        "ease/000001"
    );
    models
        .promote_model(promote("ials/000001", "ease/000001"))
        .await
        .unwrap();

    let listed = models
        .list_models(v1::ListModelsRequest {})
        .await
        .unwrap()
        .into_inner();
    let listed: Vec<_> = listed
        .models
        .iter()
        .map(|m| (m.version.as_str(), m.active))
        .collect();
    assert_eq!(listed, [("ease/000001", false), ("ials/000001", true)]);

    let back = v1::RollBackModelRequest {
        expected_active: "ials/000001".to_owned(),
    };
    let got = models
        .roll_back_model(back.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(got.active_version, "ease/000001");
    assert_eq!(got.previous_version, "ials/000001");
    // The same request sent again does not go back twice.
    let got = models.roll_back_model(back).await;
    check_failed(got, Code::FailedPrecondition, "ACTIVE_MODEL_CHANGED");
    let got = models
        .roll_back_model(v1::RollBackModelRequest::default())
        .await;
    check_failed(got, Code::FailedPrecondition, "NO_EARLIER_MODEL");
}

#[tokio::test]
async fn work_gets_what_is_left_of_the_callers_time() {
    let server = start(patient()).await;
    let mut request = Request::new(for_user("anna"));
    request.set_timeout(Duration::from_secs(30));
    let got = server.client().await.recommend(request).await.unwrap();
    let budget = budget_ms(got);
    assert!((1..=28_500).contains(&budget), "{budget} ms of 30,000");

    // Without a deadline the server's own holds, less a twentieth.
    let got = server
        .client()
        .await
        .recommend(for_user("anna"))
        .await
        .unwrap();
    let budget = budget_ms(got);
    assert!((28_501..=57_000).contains(&budget), "{budget} ms of 60,000");
}

/// The budget that the scripted backend was given.
fn budget_ms(answer: tonic::Response<v1::RecommendResponse>) -> u64 {
    let info = answer.into_inner().info.unwrap();
    info.recommendation_id.parse().unwrap()
}

#[tokio::test]
async fn calls_end_at_the_servers_own_limit() {
    let mut config = patient();
    config.times.call_ms = 30;
    let server = start(config).await;
    let got = server.client().await.recommend(for_user("slow")).await;
    check_failed(got, Code::DeadlineExceeded, "OUT_OF_TIME");
    server.strings.release.send(()).unwrap();
    let got = server.client().await.recommend(for_user("late")).await;
    check_failed(got, Code::DeadlineExceeded, "OUT_OF_TIME");
}

#[tokio::test]
async fn deadlines_that_cannot_be_read_are_refused() {
    let server = start(patient()).await;
    let mut request = Request::new(for_user("anna"));
    request
        .metadata_mut()
        .insert("grpc-timeout", "soon".parse().unwrap());
    let got = server.client().await.recommend(request).await;
    check_failed(got, Code::InvalidArgument, "INVALID_FIELD");
}

#[tokio::test]
async fn full_server_refuses_at_once_and_recovers() {
    let mut config = patient();
    config.limits.calls = 1;
    let server = start(config).await;
    let mut client = server.client().await;
    let running = tokio::spawn({
        let mut client = client.clone();
        async move { client.recommend(for_user("slow")).await }
    });
    server.strings.slow_call_began().await;

    let got = client.recommend(for_user("anna")).await;
    let (_, details) = check_failed(got, Code::ResourceExhausted, "OVERLOADED");
    assert!(details.retry_info().unwrap().retry_delay.is_some());

    server.strings.release.send(()).unwrap();
    running.await.unwrap().unwrap();
    client.recommend(for_user("anna")).await.unwrap();
}

#[tokio::test]
async fn waiting_for_a_worker_ends_at_the_deadline() {
    let mut config = patient();
    config.limits.workers = 1;
    let server = start(config).await;
    let mut client = server.client().await;
    let running = tokio::spawn(async move { client.recommend(for_user("slow")).await });
    server.strings.slow_call_began().await;

    // A bare client, since those of gRPC keep the deadline themselves.
    let head = "POST /marquee.v1.RecommendationService/Recommend HTTP/1.1\r\n\
                content-type: application/grpc-web+proto\r\ngrpc-timeout: 20m";
    let body = frame(0, &for_user("anna").encode_to_vec());
    let (head, _) = http1(server.address, head, &body).await;
    assert!(head.contains("grpc-status: 4"), "{head}");
    server.strings.release.send(()).unwrap();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn failures_of_ours_tell_a_number_and_nothing_else() {
    let server = start(patient()).await;
    let mut client = server.client().await;
    for (who, secret) in [("broken", "7654321"), ("panic", "secret")] {
        let got = client.recommend(for_user(who)).await;
        let (status, details) = check_failed(got, Code::Internal, "INTERNAL");
        let incident = &details.error_info().unwrap().metadata["incident"];
        assert!(status.message().ends_with(incident.as_str()), "{status:?}");
        assert!(!format!("{status:?}").contains(secret), "{status:?}");
    }
    // A panic takes nothing else with it.
    client.recommend(for_user("anna")).await.unwrap();
}
