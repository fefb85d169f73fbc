use http::{HeaderName, HeaderValue};

use super::*;
use crate::calls;

/// SHA-256 of `abc`, as FIPS 180-2 states it.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
/// SHA-256 of the empty text.
const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn keys() -> Keys {
    Keys::Listed(parse(&format!("app:{ABC}\nops:{}:admin", sha256("root"))).unwrap())
}

fn sha256(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[track_caller]
fn check(
    path: &str,
    headers: &[(&'static str, &'static str)],
    want: Result<&'static str, Refusal>,
) {
    let mut map = HeaderMap::new();
    for &(name, value) in headers {
        map.append(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    let got = keys().admit(calls::find(path).unwrap(), &map);
    assert_eq!(
        got.map(|caller| caller.name().to_owned()),
        want.map(str::to_owned)
    );
}

const RECOMMEND: &str = "/marquee.v1.RecommendationService/Recommend";
const PROMOTE: &str = "/marquee.v1.ModelService/PromoteModel";
const HEALTH: &str = "/grpc.health.v1.Health/Check";

#[test]
fn key_is_read_from_either_header() {
    check(RECOMMEND, &[("authorization", "Bearer abc")], Ok("app"));
    check(RECOMMEND, &[("authorization", "bearer abc")], Ok("app"));
    check(RECOMMEND, &[("x-api-key", "abc")], Ok("app"));
    check(
        RECOMMEND,
        &[("authorization", "Basic eDp5"), ("x-api-key", "abc")],
        Ok("app"),
    );
}

#[test]
fn missing_and_unknown_keys_are_told_apart() {
    check(RECOMMEND, &[], Err(Refusal::CredentialsMissing));
    check(
        RECOMMEND,
        &[("authorization", "abc")],
        Err(Refusal::CredentialsMissing),
    );
    check(
        RECOMMEND,
        &[("authorization", "Bearer abd")],
        Err(Refusal::CredentialsInvalid),
    );
    check(
        RECOMMEND,
        &[("authorization", "Bearer ")],
        Err(Refusal::CredentialsInvalid),
    );
    check(
        RECOMMEND,
        &[("x-api-key", "")],
        Err(Refusal::CredentialsInvalid),
    );
    // The digest is not the key.
    check(
        RECOMMEND,
        &[("x-api-key", ABC)],
        Err(Refusal::CredentialsInvalid),
    );
}

#[test]
fn admin_includes_read_and_not_the_other_way() {
    let needed = Role::Admin;
    check(
        PROMOTE,
        &[("x-api-key", "abc")],
        Err(Refusal::RoleMissing { needed }),
    );
    check(PROMOTE, &[("x-api-key", "root")], Ok("ops"));
    check(RECOMMEND, &[("x-api-key", "root")], Ok("ops"));
}

#[test]
fn probes_need_no_key() {
    check(HEALTH, &[], Ok(""));
}

#[test]
fn comments_and_empty_lines_say_nothing() {
    let keys = parse(&format!("# people\n\n  app : {ABC} : read \r\n")).unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!((&*keys[0].name, keys[0].role), ("app", Role::Read));
}

#[test]
fn upper_case_digests_are_the_same() {
    assert_eq!(digest_of_hex(&ABC.to_uppercase()), digest_of_hex(ABC));
}

#[track_caller]
fn check_refused(text: &str, want: KeysProblem) {
    assert_eq!(parse(text), Err(want));
}

#[test]
fn lines_that_are_no_keys_are_refused_by_number() {
    check_refused("", KeysProblem::Empty);
    check_refused("# nobody\n", KeysProblem::Empty);
    check_refused("\napp", KeysProblem::Parts { line: 2, parts: 1 });
    check_refused(
        &format!("app:{ABC}:read:x"),
        KeysProblem::Parts { line: 1, parts: 4 },
    );
    check_refused(&format!(":{ABC}"), KeysProblem::Name { line: 1 });
    check_refused("app:secret", KeysProblem::Digest { line: 1 });
    check_refused(
        &format!("app:{}", &ABC[1..]),
        KeysProblem::Digest { line: 1 },
    );
    check_refused(&format!("app:{ABC}0"), KeysProblem::Digest { line: 1 });
    let found = "root".to_owned();
    check_refused(
        &format!("app:{ABC}:root"),
        KeysProblem::Role { line: 1, found },
    );
    let again = KeysProblem::Repeated { line: 2, first: 1 };
    check_refused(&format!("app:{ABC}\napp:{NOTHING}"), again.clone());
    check_refused(&format!("app:{ABC}\nops:{ABC}:admin"), again);
}

#[test]
fn debug_output_tells_no_digest() {
    let text = format!("{:?}", keys());
    assert!(text.contains("app") && !text.contains("186"), "{text}");
}
