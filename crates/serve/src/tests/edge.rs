//! Keys, TLS, gRPC-Web, health and reflection.

use marquee_proto::v1::{
    self, model_service_client::ModelServiceClient,
    recommendation_service_client::RecommendationServiceClient,
};
use prost::Message;
use tonic::{
    Code, Request,
    transport::{Certificate, Channel, ClientTlsConfig},
};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use super::support::{
    Running, check_failed, for_user, frame, frames, http1, patient, script, start, start_with,
};
use crate::{ServeConfig, ServeError, TlsFiles, run_backend};

/// SHA-256 of `abc`, then of `root`.
const KEYS: &str = "app:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n\
    ops:4813494d137e1631bba301d5acab6e7bb7aa74ce1185d456565ef51d737677b2:admin\n";

fn with_key<T>(message: T, key: &str) -> Request<T> {
    let mut request = Request::new(message);
    let value = format!("Bearer {key}").parse().unwrap();
    request.metadata_mut().insert("authorization", value);
    request
}

#[tokio::test]
async fn keys_decide_who_may_do_what() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    std::fs::write(&keys, KEYS).unwrap();
    let server = start(ServeConfig {
        keys: Some(keys),
        ..patient()
    })
    .await;
    let mut client = server.client().await;
    let got = client.recommend(for_user("anna")).await;
    check_failed(got, Code::Unauthenticated, "CREDENTIALS_MISSING");
    let got = client.recommend(with_key(for_user("anna"), "abd")).await;
    check_failed(got, Code::Unauthenticated, "CREDENTIALS_INVALID");
    client
        .recommend(with_key(for_user("anna"), "abc"))
        .await
        .unwrap();

    let mut models = ModelServiceClient::new(server.channel().await);
    let promote = v1::PromoteModelRequest {
        version: "ials/000001".to_owned(),
        ..v1::PromoteModelRequest::default()
    };
    let got = models.promote_model(with_key(promote.clone(), "abc")).await;
    check_failed(got, Code::PermissionDenied, "ROLE_MISSING");
    let got = models
        .roll_back_model(with_key(v1::RollBackModelRequest::default(), "abc"))
        .await;
    check_failed(got, Code::PermissionDenied, "ROLE_MISSING");
    models
        .promote_model(with_key(promote, "root"))
        .await
        .unwrap();

    // Probes carry no key.
    let mut health = HealthClient::new(server.channel().await);
    health.check(HealthCheckRequest::default()).await.unwrap();
    let got = services(&server).await;
    assert_eq!(got.unwrap_err().code(), Code::Unauthenticated);
}

async fn refused(config: ServeConfig) -> ServeError {
    let (script, _strings) = script(&[]);
    let never = std::future::pending();
    run_backend(script, config, never, |address| {
        panic!("listens on {address}")
    })
    .await
    .unwrap_err()
}

#[tokio::test]
async fn open_addresses_are_not_listened_on_without_keys() {
    let config = ServeConfig {
        listen: "0.0.0.0:0".parse().unwrap(),
        ..patient()
    };
    let error = refused(config).await;
    assert!(matches!(error, ServeError::NoKeys { .. }), "{error:?}");
}

#[tokio::test]
async fn files_that_are_not_there_are_named() {
    let config = ServeConfig {
        keys: Some("/nowhere/keys".into()),
        ..patient()
    };
    assert_eq!(
        refused(config).await.to_string(),
        "cannot read /nowhere/keys"
    );
    let config = ServeConfig {
        tls: Some(TlsFiles {
            certificate: "/nowhere/pem".into(),
            key: "/nowhere/key".into(),
        }),
        ..patient()
    };
    assert_eq!(
        refused(config).await.to_string(),
        "cannot read PEM of /nowhere/pem"
    );
}

/// A certificate for `localhost` in files, and what its clients must trust.
fn certificate(folder: &std::path::Path) -> (TlsFiles, String) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let files = TlsFiles {
        certificate: folder.join("server.pem"),
        key: folder.join("server.key"),
    };
    std::fs::write(&files.certificate, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    (files, made.cert.pem())
}

#[tokio::test]
async fn tls_is_spoken_and_plain_text_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (files, trusted) = certificate(folder.path());
    let server = start(ServeConfig {
        tls: Some(files),
        ..patient()
    })
    .await;
    let endpoint = |trusted: String| {
        let tls = ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(trusted))
            .domain_name("localhost");
        let address = format!("https://{}", server.address);
        Channel::from_shared(address)
            .unwrap()
            .tls_config(tls)
            .unwrap()
    };
    let channel = endpoint(trusted).connect().await.unwrap();
    let mut client = RecommendationServiceClient::new(channel);
    client.recommend(for_user("anna")).await.unwrap();

    let (_, another) = certificate(folder.path());
    endpoint(another).connect().await.unwrap_err();
    let plain = Channel::from_shared(format!("http://{}", server.address)).unwrap();
    let plain = plain.connect_lazy();
    let got = RecommendationServiceClient::new(plain)
        .recommend(for_user("anna"))
        .await;
    got.unwrap_err();
}

#[tokio::test]
async fn key_of_another_certificate_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (mut files, _) = certificate(folder.path());
    let other = tempfile::tempdir().unwrap();
    files.key = certificate(other.path()).0.key;
    let error = refused(ServeConfig {
        tls: Some(files),
        ..patient()
    })
    .await;
    assert!(matches!(error, ServeError::Tls { .. }), "{error:?}");
}

#[tokio::test]
async fn browsers_call_over_http_1() {
    let server = start(ServeConfig {
        allowed_origins: vec!["https://app.example".to_owned()],
        ..patient()
    })
    .await;
    let head = "POST /marquee.v1.RecommendationService/Recommend HTTP/1.1\r\n\
                content-type: application/grpc-web+proto\r\norigin: https://app.example";
    let body = frame(0, &for_user("anna").encode_to_vec());
    let (head, body) = http1(server.address, head, &body).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(
        head.contains("access-control-allow-origin: https://app.example"),
        "{head}"
    );
    let [(0, message), (0x80, trailers)] = &frames(&body)[..] else {
        panic!("{body:?}");
    };
    let answer = v1::RecommendResponse::decode(&message[..]).unwrap();
    assert_eq!(answer.info.unwrap().model_versions, ["ease/000001"]);
    assert!(
        String::from_utf8_lossy(trailers).contains("grpc-status:0"),
        "{trailers:?}"
    );
}

#[tokio::test]
async fn failures_reach_browsers_in_the_headers() {
    let server = start(patient()).await;
    let head = "POST /marquee.v1.RecommendationService/Recommend HTTP/1.1\r\n\
                content-type: application/grpc-web+proto";
    let body = frame(0, &for_user("").encode_to_vec());
    let (head, _) = http1(server.address, head, &body).await;
    assert!(head.contains("grpc-status: 3"), "{head}");
    assert!(head.contains("grpc-status-details-bin: "), "{head}");

    let plain = "GET / HTTP/1.1";
    let (head, _) = http1(server.address, plain, b"").await;
    assert!(head.starts_with("http/1.1 400"), "{head}");
}

#[tokio::test]
async fn cut_and_false_frames_end_their_call_only() {
    let server = start(patient()).await;
    let head = "POST /marquee.v1.CatalogService/GetItem HTTP/1.1\r\n\
                content-type: application/grpc-web+proto";
    let whole = frame(0, &[0x0a, 2, b'm', b'1']);
    let bodies: [&[u8]; 6] = [
        b"",
        &whole[..3],
        &whole[..7],
        &frame(0, &[0xff; 40]),
        &frame(7, b"flags"),
        &[0, 0xff, 0xff, 0xff, 0xff],
    ];
    for body in bodies {
        let (head, body_back) = http1(server.address, head, body).await;
        let all = format!("{head}{}", String::from_utf8_lossy(&body_back));
        assert!(
            all.contains("grpc-status: ") || all.contains("grpc-status:"),
            "{body:?}: {all}"
        );
        assert!(
            !all.contains("grpc-status: 0") && !all.contains("grpc-status: 13"),
            "{body:?}: {all}"
        );
    }
    let (head, _) = http1(server.address, head, &whole).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
}

#[tokio::test]
async fn health_follows_the_models() {
    let server = start_with(patient(), &[]).await;
    let mut health = HealthClient::new(server.channel().await);
    let mut status = async |service: &str| {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        health
            .check(request)
            .await
            .map(|answer| answer.into_inner().status())
    };
    let recommend = "marquee.v1.RecommendationService";
    assert_eq!(status("").await.unwrap(), ServingStatus::Serving);
    assert_eq!(
        status("marquee.v1.CatalogService").await.unwrap(),
        ServingStatus::Serving
    );
    assert_eq!(status(recommend).await.unwrap(), ServingStatus::NotServing);
    assert_eq!(
        status("marquee.v1.Nothing").await.unwrap_err().code(),
        Code::NotFound
    );

    let promote = v1::PromoteModelRequest {
        version: "ials/000001".to_owned(),
        ..v1::PromoteModelRequest::default()
    };
    let mut models = ModelServiceClient::new(server.channel().await);
    models.promote_model(promote).await.unwrap();
    assert_eq!(status(recommend).await.unwrap(), ServingStatus::Serving);
}

/// The names of the services, by reflection.
async fn services(server: &Running) -> Result<Vec<String>, tonic::Status> {
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut client = ServerReflectionClient::new(server.channel().await);
    let requests = tokio_stream::once(request);
    let mut answers = client.server_reflection_info(requests).await?.into_inner();
    let answer = answers.message().await?.unwrap();
    match answer.message_response.unwrap() {
        MessageResponse::ListServicesResponse(list) => Ok(list
            .service
            .into_iter()
            .map(|service| service.name)
            .collect()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn reflection_lists_every_service() {
    let server = start(patient()).await;
    let mut names = services(&server).await.unwrap();
    names.sort();
    assert_eq!(
        names,
        [
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "marquee.v1.CatalogService",
            "marquee.v1.EventService",
            "marquee.v1.ExplanationService",
            "marquee.v1.ModelService",
            "marquee.v1.RecommendationService",
            "marquee.v1.StateService",
        ]
    );
}
