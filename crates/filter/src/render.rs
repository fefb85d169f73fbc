//! An error under the text that it is about, for a terminal.

use std::fmt;

use crate::{ParseError, error::visible};

/// Most characters of a line that are shown before and after the first one that is wrong.
const AROUND: usize = 60;

impl ParseError {
    /// The error as lines of text: the message, the line of the expression, and carets under what is
    /// wrong. `text` is the expression that was parsed.
    ///
    /// # Example
    ///
    /// ```
    /// use marquee_filter::Expr;
    ///
    /// let text = "genres = \"Anime\"";
    /// let error = text.parse::<Expr>().unwrap_err();
    /// assert_eq!(
    ///     error.render(text).to_string(),
    ///     "line 1, column 1: there is no field `genres`; did you mean `genre`?\n  \
    ///      | genres = \"Anime\"\n  \
    ///      | ^^^^^^"
    /// );
    /// ```
    pub fn render<'e>(&'e self, text: &'e str) -> impl fmt::Display + 'e {
        Rendered { error: self, text }
    }
}

struct Rendered<'e> {
    error: &'e ParseError,
    text: &'e str,
}

impl fmt::Display for Rendered<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ParseError { line, column, .. } = *self.error;
        write!(f, "{}", self.error)?;
        let Some(shown) = self.text.split('\n').nth(line - 1) else {
            return Ok(());
        };
        let letters: Vec<char> = shown.chars().map(visible).collect();
        let at = (column - 1).min(letters.len());
        let from = at.saturating_sub(AROUND);
        let until = (at + AROUND).min(letters.len());
        let cut = if from > 0 { "… " } else { "" };
        let rest = if until < letters.len() { " …" } else { "" };
        let window: String = letters[from..until].iter().collect();
        let indent = " ".repeat(cut.chars().count() + at - from);
        // What is wrong may reach past the line, or past the window.
        let wrong = self.text.get(self.error.start..self.error.end);
        let width = wrong.map_or(1, |wrong| {
            wrong.split('\n').next().unwrap_or("").chars().count()
        });
        let carets = "^".repeat(width.clamp(1, (until - at).max(1)));
        write!(f, "\n  | {cut}{window}{rest}\n  | {indent}{carets}")
    }
}
