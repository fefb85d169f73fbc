//! Text into words, literals and signs.

use crate::{
    ParseError,
    error::{Found, Problem},
};

/// Signs, the longer of two that begin alike first. Some are no operators here; they are read as one
/// so that an error can say what is written instead.
const SIGNS: [&str; 18] = [
    "!=", "<=", ">=", "<>", "==", "&&", "||", "=", "<", ">", "(", ")", "[", "]", ",", "+", "-", "!",
];

/// A piece of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token<'t> {
    /// A name or keyword.
    Word(&'t str),
    /// Something that begins with a digit: a number, duration or date.
    Digits(&'t str),
    /// A text in quotes, without them.
    Text(String),
    /// One of [`SIGNS`].
    Sign(&'static str),
    /// A character that belongs nowhere.
    Other,
    /// Nothing is left.
    End,
}

/// A token with the bytes it stands at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed<'t> {
    pub(crate) token: Token<'t>,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The token that begins at or behind byte `from`, spaces skipped.
///
/// # Errors
///
/// [`ParseError`] for a text in quotes that does not end or has an unknown escape.
pub(crate) fn next(text: &str, from: usize) -> Result<Placed<'_>, ParseError> {
    let rest = text[from..].trim_start();
    let start = text.len() - rest.len();
    let of_length = |token, bytes: usize| Placed {
        token,
        start,
        end: start + bytes,
    };
    let Some(first) = rest.chars().next() else {
        return Ok(of_length(Token::End, 0));
    };
    if first == '"' || first == '\'' {
        return quoted(text, start, first);
    }
    if first.is_alphabetic() || first == '_' {
        let bytes = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
            .unwrap_or(rest.len());
        return Ok(of_length(Token::Word(&rest[..bytes]), bytes));
    }
    if first.is_ascii_digit() {
        let bytes = length_of_digits(rest);
        return Ok(of_length(Token::Digits(&rest[..bytes]), bytes));
    }
    if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
        return Ok(of_length(Token::Sign(sign), sign.len()));
    }
    Ok(of_length(Token::Other, first.len_utf8()))
}

/// Bytes of a number, duration or date at the start of `rest`. A minus, plus or colon belongs to it
/// only before another digit.
fn length_of_digits(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let belongs = |at: usize| match bytes[at] {
        b'-' | b'+' | b':' => bytes.get(at + 1).is_some_and(u8::is_ascii_digit),
        byte => byte.is_ascii_alphanumeric() || byte == b'.',
    };
    (0..bytes.len())
        .find(|&at| !belongs(at))
        .unwrap_or(bytes.len())
}

/// The text in quotes that begins at `start`.
fn quoted(text: &str, start: usize, quote: char) -> Result<Placed<'_>, ParseError> {
    let mut content = String::new();
    let mut letters = text[start + 1..].char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == quote {
            return Ok(Placed {
                token: Token::Text(content),
                start,
                end: start + 1 + at + 1,
            });
        }
        if letter != '\\' {
            content.push(letter);
            continue;
        }
        let at = start + 1 + at;
        match letters.next() {
            Some((_, escaped @ ('"' | '\'' | '\\'))) => content.push(escaped),
            Some((_, other)) => {
                let found = Found::new(other.encode_utf8(&mut [0; 4]));
                let end = at + 1 + other.len_utf8();
                return Err(ParseError::new(text, (at, end), Problem::Escape { found }));
            }
            None => break,
        }
    }
    Err(ParseError::new(text, (start, start + 1), Problem::OpenText))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        let mut from = 0;
        let mut found = Vec::new();
        loop {
            let placed = next(text, from).expect("tokens");
            from = placed.end;
            if placed.token == Token::End {
                return found;
            }
            found.push(placed.token);
        }
    }

    #[test]
    fn a_minus_belongs_to_a_date_but_not_to_a_sum() {
        assert_eq!(
            tokens("now - 30d -1d 2020-01-01T10:00:00+02:00"),
            [
                Token::Word("now"),
                Token::Sign("-"),
                Token::Digits("30d"),
                Token::Sign("-"),
                Token::Digits("1d"),
                Token::Digits("2020-01-01T10:00:00+02:00"),
            ]
        );
    }

    #[test]
    fn signs_need_no_spaces() {
        assert_eq!(
            tokens("a<=1)"),
            [
                Token::Word("a"),
                Token::Sign("<="),
                Token::Digits("1"),
                Token::Sign(")"),
            ]
        );
    }

    #[test]
    fn quotes_of_both_kinds_and_escapes() {
        assert_eq!(
            tokens(r#""a\"b'" 'c"\'\\'"#),
            [
                Token::Text("a\"b'".to_owned()),
                Token::Text("c\"'\\".to_owned())
            ]
        );
    }

    #[test]
    fn texts_that_are_none_say_where() {
        let open = next("  \"abc", 0).unwrap_err();
        assert_eq!((open.start, open.problem), (2, Problem::OpenText));
        let escape = next(r#""a\nb""#, 0).unwrap_err();
        assert_eq!((escape.start, escape.end), (2, 4));
        assert!(matches!(escape.problem, Problem::Escape { .. }));
        assert_eq!(next("\"a\\", 0).unwrap_err().problem, Problem::OpenText);
    }
}
