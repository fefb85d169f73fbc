//! Names of model versions from the wire.

use marquee_store::ModelVersion;

use super::Fields;
use crate::refusal::Refusal;

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
