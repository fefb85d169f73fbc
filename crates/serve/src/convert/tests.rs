use marquee_core::{Item, ItemKind, Seconds, Timestamp};
use marquee_engine::{Detail, Removals, SeenPolicy, Viewer};
use marquee_proto::v1::{self, recommend_request};

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

fn for_user(id: &str) -> v1::RecommendRequest {
    v1::RecommendRequest {
        viewer: Some(recommend_request::Viewer::UserId(id.to_owned())),
        ..v1::RecommendRequest::default()
    }
}

fn for_history(entries: Vec<v1::HistoryEntry>) -> v1::RecommendRequest {
    v1::RecommendRequest {
        viewer: Some(recommend_request::Viewer::History(v1::InlineHistory {
            entries,
        })),
        ..v1::RecommendRequest::default()
    }
}

fn entry(item_id: &str) -> v1::HistoryEntry {
    v1::HistoryEntry {
        item_id: item_id.to_owned(),
        ..v1::HistoryEntry::default()
    }
}

/// The paths of the fields that are refused.
fn paths<T: std::fmt::Debug>(got: Result<T, Refusal>) -> Vec<String> {
    match got {
        Err(Refusal::InvalidFields(fields)) => fields.into_iter().map(|f| f.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_refused(request: &v1::RecommendRequest, want: &[&str]) {
    assert_eq!(paths(recommend(request, NOW)), want);
}

#[test]
fn empty_request_is_twenty_items_for_nobody() {
    let got = recommend(&v1::RecommendRequest::default(), NOW).unwrap();
    assert_eq!((got.viewer, got.k), (Viewer::Anonymous, 20));
    assert_eq!((got.seen, got.detail), (SeenPolicy::Exclude, Detail::Plain));
    assert_eq!((got.now, got.removals), (NOW, Removals::Unnamed));
}

#[test]
fn borders_of_k() {
    for (k, want) in [(1, 1), (500, 500)] {
        let request = v1::RecommendRequest { k, ..for_user("u") };
        assert_eq!(recommend(&request, NOW).unwrap().k, want);
    }
    check_refused(
        &v1::RecommendRequest {
            k: 501,
            ..for_user("u")
        },
        &["k"],
    );
    check_refused(
        &v1::RecommendRequest {
            k: u32::MAX,
            ..for_user("u")
        },
        &["k"],
    );
}

#[test]
fn ids_have_1_to_256_bytes() {
    recommend(&for_user(&"é".repeat(128)), NOW).unwrap();
    check_refused(&for_user(""), &["user_id"]);
    check_refused(&for_user(&"é".repeat(129)), &["user_id"]);
}

#[test]
fn history_is_taken_with_its_weights_and_times() {
    let mut dated = entry("b");
    dated.weight = Some(0.5);
    dated.time = Some(prost_types::Timestamp {
        seconds: -1,
        nanos: 500_000_000,
    });
    let got = recommend(&for_history(vec![entry("a"), dated]), NOW).unwrap();
    let Viewer::WithHistory(past) = got.viewer else {
        panic!("{:?}", got.viewer);
    };
    let seen: Vec<_> = past
        .iter()
        .map(|p| (p.item.as_str(), p.weight, p.time.as_millis()))
        .collect();
    assert_eq!(seen, [("a", 1.0, 0), ("b", 0.5, -500)]);
}

#[test]
fn every_problem_is_told_at_once_and_by_path() {
    let mut weightless = entry("a");
    weightless.weight = Some(f32::NAN);
    let mut timeless = entry("b");
    timeless.time = Some(prost_types::Timestamp {
        seconds: 0,
        nanos: -1,
    });
    let request = v1::RecommendRequest {
        k: 900,
        seen: 9,
        filter: Some(v1::ItemFilter {
            include_genres: vec!["drama".into(), String::new()],
            exclude_genres: vec![String::new()],
            exclude_item_ids: vec!["x".repeat(257)],
            kinds: vec![2, 0, 99],
        }),
        ..for_history(vec![entry(""), weightless, timeless])
    };
    check_refused(
        &request,
        &[
            "history.entries[0].item_id",
            "history.entries[1].weight",
            "history.entries[2].time",
            "k",
            "filter.include_genres[1]",
            "filter.exclude_genres[0]",
            "filter.exclude_item_ids[0]",
            "filter.kinds[1]",
            "filter.kinds[2]",
            "seen",
        ],
    );
}

#[test]
fn weights_are_finite_and_above_zero() {
    for weight in [0.0, -1.0, f32::INFINITY, f32::NAN] {
        let mut bad = entry("a");
        bad.weight = Some(weight);
        check_refused(&for_history(vec![bad]), &["history.entries[0].weight"]);
    }
}

#[test]
fn lists_that_are_too_long_are_not_looked_into() {
    let long = vec![String::new(); MAX_EXCLUDED + 1];
    let request = v1::RecommendRequest {
        filter: Some(v1::ItemFilter {
            include_genres: long.clone(),
            exclude_genres: long.clone(),
            exclude_item_ids: long.clone(),
            kinds: vec![0; MAX_KINDS + 1],
        }),
        ..for_history(vec![entry(""); MAX_HISTORY + 1])
    };
    let want = [
        "history.entries",
        "filter.include_genres",
        "filter.exclude_genres",
        "filter.exclude_item_ids",
        "filter.kinds",
    ];
    check_refused(&request, &want);
    recommend(&for_history(vec![entry("a"); MAX_HISTORY]), NOW).unwrap();
}

#[test]
fn rank_wants_candidates_and_each_once() {
    let with = |item_ids: Vec<String>| v1::RankRequest {
        item_ids,
        ..v1::RankRequest::default()
    };
    let got = rank(&with(vec!["b".into(), "a".into()]), NOW).unwrap();
    assert_eq!(got.seen, SeenPolicy::Allow);
    assert_eq!(
        got.items.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
        ["b", "a"]
    );

    assert_eq!(paths(rank(&with(Vec::new()), NOW)), ["item_ids"]);
    let twice = vec!["a".into(), "b".into(), "a".into()];
    assert_eq!(paths(rank(&with(twice), NOW)), ["item_ids[2]"]);
    let long = (0..=MAX_CANDIDATES).map(|n| n.to_string()).collect();
    assert_eq!(paths(rank(&with(long), NOW)), ["item_ids"]);
}

#[test]
fn similar_wants_an_item() {
    let got = similar(&v1::SimilarItemsRequest::default(), NOW);
    assert_eq!(paths(got), ["item_id"]);
}

#[test]
fn pages_have_a_size_and_a_token() {
    let ask = |page_size, page_token: &str| {
        page_request(&v1::ListItemsRequest {
            page_size,
            page_token: page_token.to_owned(),
        })
    };
    assert_eq!(ask(0, ""), Ok((None, 100)));
    let token = crate::page_token::write("m1");
    assert_eq!(ask(1000, &token), Ok((ItemId::new("m1").ok(), 1000)));
    assert_eq!(ask(5, "m1"), Err(Refusal::InvalidPageToken));
    let long = "0".repeat(MAX_PAGE_TOKEN_BYTES + 1);
    assert_eq!(paths(ask(1001, &long)), ["page_size", "page_token"]);
}

#[test]
fn versions_are_written_one_way() {
    assert_eq!(
        version("version", "ials/000003").unwrap().to_string(),
        "ials/000003"
    );
    for text in [
        "",
        "ials",
        "ials/3",
        "ials/000000",
        "../000001",
        "ials/000001/x",
    ] {
        assert_eq!(paths(version("version", text)), ["version"], "{text}");
    }
    assert_eq!(expected(""), Ok(None));
    assert_eq!(paths(expected("ials")), ["expected_active"]);
}

#[test]
fn every_kind_has_a_number_and_comes_back() {
    for number in 1..=9 {
        let kind = catalog::kind_from_wire(number).unwrap();
        assert_eq!(catalog::kind_to_wire(kind) as i32, number);
    }
    assert_eq!(catalog::kind_from_wire(0), None);
    assert_eq!(catalog::kind_from_wire(10), None);
}

#[test]
fn times_before_the_epoch_keep_nanos_above_zero() {
    let time = catalog::timestamp(Timestamp::from_millis(-1));
    assert_eq!((time.seconds, time.nanos), (-1, 999_000_000));
    assert_eq!(catalog::millis_of(&time), Some(Timestamp::from_millis(-1)));
    let far = catalog::timestamp(Timestamp::from_millis(i64::MIN));
    assert!(
        catalog::millis_of(&far).is_some(),
        "stays in the years of the wire"
    );
}

#[test]
fn title_keeps_all_it_has() {
    let mut title = Item::new(ItemId::new("m1").unwrap());
    title.kind = ItemKind::Episode;
    title.duration = Some(Seconds(-1.5));
    title.series = ItemId::new("s1").ok();
    title.episode = Some(3);
    title.minimum_age = Some(0);
    let wire = item(title);
    assert_eq!(
        (wire.item_id.as_str(), wire.kind()),
        ("m1", v1::ItemKind::Episode)
    );
    let duration = wire.duration.unwrap();
    assert_eq!((duration.seconds, duration.nanos), (-1, -500_000_000));
    assert_eq!(
        (wire.series_id.as_deref(), wire.episode),
        (Some("s1"), Some(3))
    );
    assert_eq!(wire.minimum_age, Some(0));
}

mod any_bytes {
    use proptest::prelude::*;
    use prost::Message;

    use super::*;

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(any::<u8>(), 0..400)
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["\\PC{0,4}", "x{255,258}"]
    }

    prop_compose! {
        fn any_entry()(
            item_id in text(),
            weight in proptest::option::of(any::<f32>()),
            time in proptest::option::of(any::<(i64, i32)>()),
        ) -> v1::HistoryEntry {
            let time = time.map(|(seconds, nanos)| prost_types::Timestamp { seconds, nanos });
            v1::HistoryEntry { item_id, weight, time }
        }
    }

    prop_compose! {
        fn any_filter()(
            include_genres in proptest::collection::vec(text(), 0..3),
            exclude_genres in proptest::collection::vec(text(), 0..70),
            exclude_item_ids in proptest::collection::vec(text(), 0..3),
            kinds in proptest::collection::vec(-2..20_i32, 0..18),
        ) -> v1::ItemFilter {
            v1::ItemFilter { include_genres, exclude_genres, exclude_item_ids, kinds }
        }
    }

    prop_compose! {
        fn any_request()(
            user in proptest::option::of(text()),
            entries in proptest::collection::vec(any_entry(), 0..4),
            filter in proptest::option::of(any_filter()),
            k in prop_oneof![0..600_u32, any::<u32>()],
            seen in -1..4_i32,
            flags in any::<(bool, bool)>(),
        ) -> v1::RecommendRequest {
            use recommend_request::Viewer;
            let viewer = user.map_or(
                Viewer::History(v1::InlineHistory { entries }),
                Viewer::UserId,
            );
            v1::RecommendRequest {
                viewer: Some(viewer), k, filter, seen, explain: flags.0, count_removals: flags.1,
                ..v1::RecommendRequest::default()
            }
        }
    }

    proptest! {
        /// Whatever comes out keeps every limit that the engine relies on.
        #[test]
        fn converted_requests_keep_the_limits(request in any_request()) {
            if let Ok(got) = recommend(&request, NOW) {
                prop_assert!((1..=500).contains(&got.k));
                prop_assert!(got.filter.include_genres.len() <= MAX_GENRES);
                prop_assert!(got.filter.exclude_genres.len() <= MAX_GENRES);
                prop_assert_eq!(
                    got.filter.kinds.len(),
                    request.filter.map_or(0, |filter| filter.kinds.len())
                );
                if let Viewer::WithHistory(past) = got.viewer {
                    prop_assert!(past.iter().all(|p| p.weight.is_finite() && p.weight > 0.0));
                }
            }
        }

        /// A refusal always names at least one field, and its status can be made.
        #[test]
        fn refusals_name_fields(request in any_request()) {
            if let Err(refusal) = recommend(&request, NOW) {
                let status = tonic::Status::from(refusal.clone());
                prop_assert_eq!(status.code(), tonic::Code::InvalidArgument);
                let Refusal::InvalidFields(fields) = refusal else {
                    return Err(TestCaseError::fail("another refusal"));
                };
                prop_assert!(!fields.is_empty());
            }
        }

        #[test]
        fn any_bytes_are_converted_or_refused(bytes in bytes()) {
            if let Ok(message) = v1::RecommendRequest::decode(&bytes[..]) {
                let _ = recommend(&message, NOW);
            }
            if let Ok(message) = v1::RankRequest::decode(&bytes[..]) {
                let _ = rank(&message, NOW);
            }
            if let Ok(message) = v1::SimilarItemsRequest::decode(&bytes[..]) {
                let _ = similar(&message, NOW);
            }
            if let Ok(message) = v1::ListItemsRequest::decode(&bytes[..]) {
                let _ = page_request(&message);
            }
            if let Ok(message) = v1::PromoteModelRequest::decode(&bytes[..]) {
                let _ = version("version", &message.version);
                let _ = expected(&message.expected_active);
            }
        }
    }
}
