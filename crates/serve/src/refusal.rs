//! Why a call fails, and how the wire says it: one code, one reason, details to act on.

use std::time::Duration;

use marquee_proto::v1::ErrorReason;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

use crate::access::Role;

/// Domain of every `google.rpc.ErrorInfo` that this service sends.
pub(crate) const DOMAIN: &str = "marquee";

/// Most fields that one refusal names. Details travel in a header, and clients commonly stop reading
/// headers at 8 KiB.
const MAX_VIOLATIONS: usize = 16;

/// When to try again after the server was at its limit.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// When to try again after the disk was full.
const RETRY_AFTER_ROOM: Duration = Duration::from_secs(10);

/// A field that breaks a limit of its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Path from the root of the request: `history.entries[3].item_id`.
    pub(crate) field: String,
    /// What was expected and what was found; never the value of an id.
    pub(crate) problem: String,
}

impl Violation {
    pub(crate) fn new(field: String, problem: String) -> Self {
        Self { field, problem }
    }
}

/// Why a call fails. The text of each case is the message that people read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// Fields break limits; at least one.
    #[error("{}", told(.0))]
    InvalidFields(Vec<Violation>),
    /// The bytes are no message of the expected type.
    #[error("the request is not a valid message of this call's type")]
    MalformedMessage,
    /// A page token is not ours.
    #[error("the page token is not one that this server made for this call")]
    InvalidPageToken,
    /// The message is too long.
    #[error("a request message has at most {limit_bytes} bytes")]
    MessageTooLarge {
        /// What the server accepts.
        limit_bytes: usize,
    },
    /// No API key.
    #[error("this call needs an API key, as `authorization: Bearer KEY` or `x-api-key: KEY`")]
    CredentialsMissing,
    /// An API key that nobody has.
    #[error("the API key is not known")]
    CredentialsInvalid,
    /// A key whose role is too small.
    #[error("this call needs a key with the role `{}`", needed.name())]
    RoleMissing {
        /// The role that would do.
        needed: Role,
    },
    /// No such item.
    #[error("no item has this id")]
    ItemNotFound {
        /// The id that was asked for.
        item_id: String,
    },
    /// No such model version.
    #[error("no model version has this name")]
    ModelNotFound {
        /// The version that was asked for.
        version: String,
    },
    /// Nothing answers.
    #[error("no model is active: train one, then promote it")]
    NoActiveModel,
    /// Nothing to go back to.
    #[error("there is no earlier model to go back to")]
    NoEarlierModel,
    /// The caller expected another active model.
    #[error("another model is active than expected")]
    ActiveModelChanged {
        /// The version that is active; empty if there is none.
        active: String,
    },
    /// The deadline passed.
    #[error("time ran out before there was an answer")]
    OutOfTime,
    /// Too many calls at once.
    #[error("the server works at its limit")]
    Overloaded,
    /// No new calls.
    #[error("the server is shutting down")]
    ShuttingDown,
    /// Answers only.
    #[error("this server takes no events and no changes of the catalog")]
    ReadOnly,
    /// No room for the journal.
    #[error("the disk is full; nothing of the call is written")]
    DiskFull,
    /// The active model does not know what is to be dropped.
    #[error("the active model was not trained on events that are to be dropped")]
    EventsUntrained,
    /// No features are kept.
    #[error("the active model has no ranker, so nothing is kept of anybody's taste")]
    NoRanker,
    /// No such user.
    #[error("no user has this id")]
    UserNotFound,
    /// No such call.
    #[error("there is no such method")]
    MethodUnknown,
    /// A compression we do not read.
    #[error("the message is compressed in a way that this server does not read")]
    CompressionUnsupported,
    /// Our fault; the log tells more under this number.
    #[error("the server failed; its log has the incident {incident}")]
    Internal {
        /// The number in the log.
        incident: String,
    },
}

impl Refusal {
    /// The canonical code and the documented reason.
    fn kind(&self) -> (Code, ErrorReason) {
        match self {
            Self::InvalidFields(_) => (Code::InvalidArgument, ErrorReason::InvalidField),
            Self::MalformedMessage => (Code::InvalidArgument, ErrorReason::MalformedMessage),
            Self::InvalidPageToken => (Code::InvalidArgument, ErrorReason::InvalidPageToken),
            Self::MessageTooLarge { .. } => (Code::ResourceExhausted, ErrorReason::MessageTooLarge),
            Self::CredentialsMissing => (Code::Unauthenticated, ErrorReason::CredentialsMissing),
            Self::CredentialsInvalid => (Code::Unauthenticated, ErrorReason::CredentialsInvalid),
            Self::RoleMissing { .. } => (Code::PermissionDenied, ErrorReason::RoleMissing),
            Self::ItemNotFound { .. } => (Code::NotFound, ErrorReason::ItemNotFound),
            Self::ModelNotFound { .. } => (Code::NotFound, ErrorReason::ModelNotFound),
            Self::NoActiveModel => (Code::FailedPrecondition, ErrorReason::NoActiveModel),
            Self::EventsUntrained => (Code::FailedPrecondition, ErrorReason::EventsUntrained),
            Self::NoRanker => (Code::FailedPrecondition, ErrorReason::NoRanker),
            Self::NoEarlierModel => (Code::FailedPrecondition, ErrorReason::NoEarlierModel),
            Self::ActiveModelChanged { .. } => {
                (Code::FailedPrecondition, ErrorReason::ActiveModelChanged)
            }
            Self::OutOfTime => (Code::DeadlineExceeded, ErrorReason::OutOfTime),
            Self::Overloaded => (Code::ResourceExhausted, ErrorReason::Overloaded),
            Self::ShuttingDown => (Code::Unavailable, ErrorReason::ShuttingDown),
            Self::ReadOnly => (Code::FailedPrecondition, ErrorReason::ReadOnly),
            Self::DiskFull => (Code::ResourceExhausted, ErrorReason::DiskFull),
            Self::UserNotFound => (Code::NotFound, ErrorReason::UserNotFound),
            Self::MethodUnknown => (Code::Unimplemented, ErrorReason::MethodUnknown),
            Self::CompressionUnsupported => {
                (Code::Unimplemented, ErrorReason::CompressionUnsupported)
            }
            Self::Internal { .. } => (Code::Internal, ErrorReason::Internal),
        }
    }

    /// The reason as it stands in the details and in logs.
    pub(crate) fn reason(&self) -> &'static str {
        let name = self.kind().1.as_str_name();
        name.strip_prefix("ERROR_REASON_").unwrap_or(name)
    }

    /// Facts for programs, in the details.
    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::ItemNotFound { item_id } => vec![("item_id", item_id.clone())],
            Self::ModelNotFound { version } => vec![("version", version.clone())],
            Self::ActiveModelChanged { active } => vec![("active_version", active.clone())],
            Self::RoleMissing { needed } => vec![("role", needed.name().to_owned())],
            Self::Internal { incident } => vec![("incident", incident.clone())],
            Self::MessageTooLarge { limit_bytes } => {
                vec![("limit_bytes", limit_bytes.to_string())]
            }
            _ => Vec::new(),
        }
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let (code, _) = refusal.kind();
        let metadata: std::collections::HashMap<String, String> = refusal
            .metadata()
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        let mut details = ErrorDetails::with_error_info(refusal.reason(), DOMAIN, metadata);
        if let Refusal::InvalidFields(violations) = &refusal {
            let named = violations.iter().take(MAX_VIOLATIONS);
            let fields: Vec<FieldViolation> = named
                .map(|violation| FieldViolation::new(&violation.field, &violation.problem))
                .collect();
            details.set_bad_request(fields);
        }
        match refusal {
            Refusal::Overloaded => details.set_retry_info(Some(RETRY_AFTER)),
            Refusal::DiskFull => details.set_retry_info(Some(RETRY_AFTER_ROOM)),
            _ => &mut details,
        };
        Self::with_error_details(code, refusal.to_string(), details)
    }
}

/// How many fields are refused, and the first of them.
fn told(violations: &[Violation]) -> String {
    match violations {
        [] => "the request is invalid".to_owned(),
        [one] => format!("{}: {}", one.field, one.problem),
        [first, ..] => {
            let count = violations.len();
            format!(
                "{count} fields are invalid, first {}: {}",
                first.field, first.problem
            )
        }
    }
}

#[cfg(test)]
mod tests;
