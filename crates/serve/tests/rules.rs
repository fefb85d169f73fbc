//! Filter expressions, boosts, caps and pins over the wire.

#![expect(clippy::unwrap_used, reason = "test code, where a panic is the report")]

use std::fs;

use marquee_engine::training;
use marquee_ingest::{DataFolder, ImportRequest};
use marquee_proto::v1::{
    self, recommend_request::Viewer, recommendation_service_client::RecommendationServiceClient,
};
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt;

mod support;
use support::{Server, data_folder, open, serve, train};

/// A server over twenty films, the even ones comedies and the odd ones horror, where `u1` is 17.
async fn server(folder: &tempfile::TempDir) -> Server {
    let data = data_folder(folder.path());
    let users = folder.path().join("users.jsonl");
    fs::write(&users, "{\"id\":\"u1\",\"age\":17}\n").unwrap();
    let mut opened = DataFolder::open_or_create(&data).unwrap();
    opened
        .import(&ImportRequest::new(users), &mut |_| {})
        .unwrap();
    training::activate(&data, &train(&data, "ease")).unwrap();
    serve(open(&data)).await
}

/// What `u1`, or nobody, is asked for; five items with nothing left out for being seen.
fn request(user: Option<&str>) -> v1::RecommendRequest {
    v1::RecommendRequest {
        viewer: user.map(|user| Viewer::UserId(user.to_owned())),
        k: 5,
        seen: v1::SeenPolicy::Allow.into(),
        ..v1::RecommendRequest::default()
    }
}

async fn ask(
    channel: &Channel,
    request: v1::RecommendRequest,
) -> Result<v1::RecommendResponse, Status> {
    let mut client = RecommendationServiceClient::new(channel.clone());
    Ok(client.recommend(request).await?.into_inner())
}

fn ids(answer: &v1::RecommendResponse) -> Vec<&str> {
    answer
        .items
        .iter()
        .map(|item| item.item_id.as_str())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_passes_the_expression_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder).await;
    let channel = server.channel().await;
    let mut horror = request(Some("u2"));
    horror.filter_expression =
        r#"genre = "Horror" and not id in ["film-03", "film-05"]"#.to_owned();
    horror.count_removals = true;
    let got = ask(&channel, horror.clone()).await.unwrap();
    assert_eq!(got.items.len(), 5);
    assert!(
        got.items.iter().all(|item| item.genres == ["Horror"]),
        "{:?}",
        ids(&got)
    );
    assert!(!ids(&got).contains(&"film-03"));
    let counted = got
        .removal_counts
        .iter()
        .find(|count| count.rule == "filter_expression");
    assert_eq!(
        counted.map(|count| (count.stage.as_str(), count.count)),
        Some(("request", 12))
    );

    // The structured filter holds besides.
    horror.filter = Some(v1::ItemFilter {
        exclude_item_ids: vec!["film-07".to_owned()],
        ..v1::ItemFilter::default()
    });
    assert!(!ids(&ask(&channel, horror).await.unwrap()).contains(&"film-07"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields_of_the_viewer_are_those_of_the_record() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder).await;
    let channel = server.channel().await;
    let grown = |user| v1::RecommendRequest {
        filter_expression: "viewer.age >= 17".to_owned(),
        ..request(user)
    };
    assert_eq!(
        ask(&channel, grown(Some("u1"))).await.unwrap().items.len(),
        5
    );
    assert_eq!(
        ask(&channel, grown(Some("u2"))).await.unwrap().items.len(),
        0
    );
    assert_eq!(ask(&channel, grown(None)).await.unwrap().items.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_move_items_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder).await;
    let channel = server.channel().await;
    let plain = ask(&channel, request(Some("u2"))).await.unwrap();
    assert!(plain.moves.is_empty());

    // Somebody of the comedies: horror comes up only when it is lifted.
    let mut lifted = request(Some("u2"));
    lifted.boosts = vec![v1::Boost {
        what: "genre = \"Horror\"".to_owned(),
        weight: 50.0,
        ..v1::Boost::default()
    }];
    let got = ask(&channel, lifted.clone()).await.unwrap();
    assert!(
        got.items.iter().all(|item| item.genres == ["Horror"]),
        "{:?}",
        ids(&got)
    );
    let first = got
        .moves
        .iter()
        .find(|one| one.item_id == got.items[0].item_id)
        .unwrap();
    assert_eq!((first.rule.as_str(), first.to), ("boosts[0]", 1));

    let mut capped = lifted.clone();
    capped.caps = vec![v1::Cap {
        by: v1::CapBy::Genre.into(),
        at_most: 1,
        within: 2,
    }];
    let got = ask(&channel, capped).await.unwrap();
    let genres: Vec<&str> = got
        .items
        .iter()
        .map(|item| item.genres[0].as_str())
        .collect();
    assert_eq!(genres, ["Horror", "Comedy", "Horror", "Comedy", "Horror"]);
    assert!(got.moves.iter().any(|one| one.rule == "caps[0]"));

    // A pin stands where it was put, unless a filter removes its item.
    let last = ids(&plain)[4].to_owned();
    let mut pinned = request(Some("u2"));
    pinned.pins = vec![v1::Pin {
        item_id: last.clone(),
        place: 2,
        ..v1::Pin::default()
    }];
    let got = ask(&channel, pinned.clone()).await.unwrap();
    assert_eq!(ids(&got)[1], last);
    assert_eq!(
        (got.moves[0].rule.as_str(), got.moves[0].to),
        ("pins[0]", 2)
    );
    pinned.filter_expression = format!("id != \"{last}\"");
    assert!(!ids(&ask(&channel, pinned).await.unwrap()).contains(&last.as_str()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistake_is_refused_with_its_field_and_place() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(&folder).await;
    let channel = server.channel().await;
    let mut wrong = request(None);
    wrong.filter_expression = "genre = Anime".to_owned();
    wrong.caps = vec![v1::Cap::default()];
    let status = ask(&channel, wrong).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let details = status.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    let found: Vec<(&str, &str)> = violations
        .iter()
        .map(|one| (one.field.as_str(), one.description.as_str()))
        .collect();
    let expression = "byte 8, line 1, column 9: expected a text in quotes or a text field of the \
                      viewer for `genre`, found `Anime`; texts stand in quotes";
    let by = "expected a creator, genre or series, found the number 0";
    assert_eq!(
        found,
        [("filter_expression", expression), ("caps[0].by", by)]
    );
}
