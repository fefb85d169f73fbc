//! Names of model versions from the wire.

use marquee_proto::v1;
use marquee_store::ModelVersion;

use super::{Fields, event::short};
use crate::refusal::Refusal;

/// Longest text that says what outcomes are worth, in bytes.
const MAX_VALUE_BYTES: usize = 65_536;

/// What outcomes are to be worth; nothing for an empty text.
///
/// # Errors
///
/// [`Refusal::InvalidFields`] when it is too long.
pub(crate) fn value_model(request: v1::PutValueModelRequest) -> Result<Option<String>, Refusal> {
    let mut fields = Fields::default();
    let text = request.text;
    short(&mut fields, "text", &text, MAX_VALUE_BYTES);
    fields.finish(Some((!text.is_empty()).then_some(text)))
}

/// A version that must be named.
///
/// # Errors
///
/// [`Refusal::InvalidFields`] when `text` is not `NAME/NUMBER`.
pub(crate) fn version(field: &str, text: &str) -> Result<ModelVersion, Refusal> {
    let mut fields = Fields::default();
    let version = text.parse::<ModelVersion>().ok();
    if version.is_none() {
        fields.fail(field, "expected a version such as ials/000003");
    }
    fields.finish(version)
}

/// A version that the caller may leave out.
///
/// # Errors
///
/// As [`version`].
pub(crate) fn expected(text: &str) -> Result<Option<ModelVersion>, Refusal> {
    match text {
        "" => Ok(None),
        text => version("expected_active", text).map(Some),
    }
}
