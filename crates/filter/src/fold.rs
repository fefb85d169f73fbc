//! Texts without the difference of upper and lower case.

/// `text` in lower case, each character by itself.
///
/// `str::to_lowercase` looks at neighbors (a sigma at the end of a word becomes another letter), with
/// which the start of a text would not fold to the start of the folded text.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Appends `text` in lower case.
pub(crate) fn fold_into(text: &str, to: &mut String) {
    to.extend(text.chars().flat_map(char::to_lowercase));
}
