//! Hides comments and the contents of strings and characters, byte for byte.

/// `source` with comments turned into spaces and contents of literals into underscores.
///
/// Line breaks and byte positions stay; an unclosed comment or literal reaches to the end.
pub(super) fn blanked(source: &str) -> String {
    let mut output = String::with_capacity(source.len());
    while output.len() < source.len() {
        let rest = &source[output.len()..];
        let previous = output.chars().next_back();
        let piece = Piece::first_of(rest, previous);
        piece.write(rest, &mut output);
    }
    output
}

/// A stretch of source that is treated alike; the numbers are bytes.
#[derive(Debug, Clone, Copy)]
enum Piece {
    /// Code, to be kept.
    Code(usize),
    /// A comment.
    Comment(usize),
    /// A literal: its opening, contents and closing.
    Literal {
        opening: usize,
        contents: usize,
        closing: usize,
    },
}

impl Piece {
    /// The piece that `rest` starts with; `previous` is the character before it.
    fn first_of(rest: &str, previous: Option<char>) -> Self {
        let first = rest.chars().next().expect("there is a rest");
        let starts_word = !previous.is_some_and(|c| c.is_alphanumeric() || c == '_');
        if rest.starts_with("//") {
            Self::Comment(rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            Self::Comment(block_comment(rest))
        } else if first == '"' {
            Self::literal(rest, 1, "\"", Escapes::Yes)
        } else if first == '\'' {
            Self::character_or_lifetime(rest)
        } else if starts_word && let Some(n_hashes) = raw_string(rest) {
            let closing = format!("\"{}", "#".repeat(n_hashes));
            let opening = rest.find('"').expect("a raw string opens with a quote") + 1;
            Self::literal(rest, opening, &closing, Escapes::No)
        } else {
            Self::Code(first.len_utf8())
        }
    }

    fn literal(rest: &str, opening: usize, closing: &str, escapes: Escapes) -> Self {
        let contents = contents(&rest[opening..], closing, escapes);
        let left = rest.len() - opening - contents;
        Self::Literal {
            opening,
            contents,
            closing: closing.len().min(left),
        }
    }

    /// `'a'` and `'\n'` are characters, `'a` in front of anything else is a lifetime.
    fn character_or_lifetime(rest: &str) -> Self {
        let mut following = rest.chars().skip(1);
        let (second, third) = (following.next(), following.next());
        if second == Some('\\') || third == Some('\'') {
            Self::literal(rest, 1, "'", Escapes::Yes)
        } else {
            Self::Code(1)
        }
    }

    fn write(self, rest: &str, output: &mut String) {
        match self {
            Self::Code(n_bytes) => output.push_str(&rest[..n_bytes]),
            Self::Comment(n_bytes) => fill(&rest[..n_bytes], b' ', output),
            Self::Literal {
                opening,
                contents,
                closing,
            } => {
                let end = opening + contents;
                output.push_str(&rest[..opening]);
                fill(&rest[opening..end], b'_', output);
                output.push_str(&rest[end..end + closing]);
            }
        }
    }
}

/// Whether a backslash hides the character after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escapes {
    Yes,
    No,
}

/// Bytes before `closing`.
fn contents(text: &str, closing: &str, escapes: Escapes) -> usize {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if text[at..].starts_with(closing) {
            return at;
        }
        at += c.len_utf8();
        if c == '\\' && escapes == Escapes::Yes {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    at
}

/// Length of the comment that `text` starts with; comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// Number of `#` when `text` starts a raw string: `r"`, `br#"`, `cr##"`.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix(['b', 'c']).unwrap_or(text);
    let hashes = after.strip_prefix('r')?;
    let quote = hashes.find(|c| c != '#')?;
    hashes[quote..].starts_with('"').then_some(quote)
}

/// Writes as many `filler` as `hidden` has bytes, but keeps line breaks.
fn fill(hidden: &str, filler: u8, output: &mut String) {
    let kept = |byte| if byte == b'\n' { byte } else { filler };
    output.extend(hidden.bytes().map(|byte| char::from(kept(byte))));
}
