use super::*;

/// One of each, with the code and reason that `errors.proto` documents.
fn every() -> Vec<(Refusal, Code, &'static str)> {
    use Code as C;
    use Refusal as R;
    let text = String::new;
    let field = Violation {
        field: "k".into(),
        problem: "expected at most 500, found 501".into(),
    };
    vec![
        (
            R::InvalidFields(vec![field]),
            C::InvalidArgument,
            "INVALID_FIELD",
        ),
        (R::MalformedMessage, C::InvalidArgument, "MALFORMED_MESSAGE"),
        (
            R::InvalidPageToken,
            C::InvalidArgument,
            "INVALID_PAGE_TOKEN",
        ),
        (
            R::MessageTooLarge { limit_bytes: 9 },
            C::ResourceExhausted,
            "MESSAGE_TOO_LARGE",
        ),
        (
            R::CredentialsMissing,
            C::Unauthenticated,
            "CREDENTIALS_MISSING",
        ),
        (
            R::CredentialsInvalid,
            C::Unauthenticated,
            "CREDENTIALS_INVALID",
        ),
        (
            R::RoleMissing {
                needed: Role::Admin,
            },
            C::PermissionDenied,
            "ROLE_MISSING",
        ),
        (
            R::ItemNotFound { item_id: text() },
            C::NotFound,
            "ITEM_NOT_FOUND",
        ),
        (
            R::ModelNotFound { version: text() },
            C::NotFound,
            "MODEL_NOT_FOUND",
        ),
        (R::NoActiveModel, C::FailedPrecondition, "NO_ACTIVE_MODEL"),
        (R::NoEarlierModel, C::FailedPrecondition, "NO_EARLIER_MODEL"),
        (
            R::ActiveModelChanged { active: text() },
            C::FailedPrecondition,
            "ACTIVE_MODEL_CHANGED",
        ),
        (R::OutOfTime, C::DeadlineExceeded, "OUT_OF_TIME"),
        (R::Overloaded, C::ResourceExhausted, "OVERLOADED"),
        (R::ShuttingDown, C::Unavailable, "SHUTTING_DOWN"),
        (R::MethodUnknown, C::Unimplemented, "METHOD_UNKNOWN"),
        (
            R::CompressionUnsupported,
            C::Unimplemented,
            "COMPRESSION_UNSUPPORTED",
        ),
        (R::Internal { incident: text() }, C::Internal, "INTERNAL"),
    ]
}

/// Those that only calls which write, or ask for what was written, can get.
fn of_writing() -> [(Refusal, Code, &'static str); 5] {
    [
        (Refusal::ReadOnly, Code::FailedPrecondition, "READ_ONLY"),
        (Refusal::DiskFull, Code::ResourceExhausted, "DISK_FULL"),
        (Refusal::UserNotFound, Code::NotFound, "USER_NOT_FOUND"),
        (
            Refusal::EventsUntrained,
            Code::FailedPrecondition,
            "EVENTS_UNTRAINED",
        ),
        (Refusal::NoRanker, Code::FailedPrecondition, "NO_RANKER"),
    ]
}

#[test]
fn every_refusal_has_its_code_and_reason() {
    for (refusal, code, reason) in every().into_iter().chain(of_writing()) {
        let status = Status::from(refusal);
        assert_eq!(status.code(), code, "{reason}");
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(
            (info.domain.as_str(), info.reason.as_str()),
            ("marquee", reason)
        );
    }
}

#[test]
fn every_documented_reason_is_used_with_the_code_that_its_comment_begins_with() {
    let proto = include_str!("../../../../proto/marquee/v1/errors.proto");
    let mut comment = "";
    let mut documented = Vec::new();
    for line in proto.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("// ") {
            let code = text.split_once(". ").map_or(text, |(first, _)| first);
            let is_code = code
                .bytes()
                .all(|letter| letter.is_ascii_uppercase() || letter == b'_');
            comment = if is_code { code } else { comment };
        } else if let Some((name, _)) = line.split_once(" = ")
            && let Some(reason) = name.strip_prefix("ERROR_REASON_")
            && reason != "UNSPECIFIED"
        {
            documented.push((reason.to_owned(), comment.replace('_', "").to_lowercase()));
        }
    }
    let used: Vec<_> = every()
        .into_iter()
        .chain(of_writing())
        .map(|(_, code, reason)| (reason.to_owned(), format!("{code:?}").to_lowercase()))
        .collect();
    assert_eq!(documented, used);
}

#[test]
fn fields_are_named_and_their_number_is_bounded() {
    let fields = (0..2000).map(|place| Violation {
        field: format!("history.entries[{place}].item_id"),
        problem: "an id has 1 to 256 bytes, found none".into(),
    });
    let status = Status::from(Refusal::InvalidFields(fields.collect()));
    let details = status.get_error_details();
    let named = &details.bad_request().unwrap().field_violations;
    assert_eq!(named.len(), MAX_VIOLATIONS);
    assert_eq!(named[3].field, "history.entries[3].item_id");
    assert!(status.message().starts_with("2000 fields are invalid"));
    // Base64 makes four letters of three bytes; clients commonly take 8 KiB of headers.
    assert!(
        status.details().len() * 4 / 3 < 6 << 10,
        "{}",
        status.details().len()
    );
}

#[test]
fn overload_says_when_to_come_back() {
    let details = Status::from(Refusal::Overloaded).get_error_details();
    assert_eq!(details.retry_info().unwrap().retry_delay, Some(RETRY_AFTER));
}

#[test]
fn facts_for_programs_are_in_the_details() {
    let refusal = Refusal::ItemNotFound {
        item_id: "m1".into(),
    };
    let details = Status::from(refusal).get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(info.metadata.get("item_id").map(String::as_str), Some("m1"));
}
