//! Rust source as rules look at it: comments gone, contents of strings hidden, tests marked.
//!
//! A rule that searched the raw text would trip over its own name in a doc comment or a message.
//! This is no parser: it knows comments, strings, characters and brackets, and nothing else.

mod blank;

use std::ops::Range;

/// Masked source. Lines and bytes stand where they stand in the file.
#[derive(Debug)]
pub(super) struct Masked {
    text: String,
    /// Byte ranges of `#[cfg(test)]` items, in order, their attribute included.
    tests: Vec<Range<usize>>,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Function {
    /// Its name.
    pub(super) name: String,
    /// Line of its `fn`, counted from 1.
    pub(super) line: usize,
    /// Lines with code in its body, the two braces left out, as clippy counts them.
    pub(super) n_lines: usize,
}

impl Masked {
    /// Masks `source`.
    pub(super) fn new(source: &str) -> Self {
        let text = blank::blanked(source);
        let tests = test_items(&text);
        Self { text, tests }
    }

    /// The masked text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Line of a byte, counted from 1.
    pub(super) fn line_of(&self, byte: usize) -> usize {
        1 + self.text[..byte].matches('\n').count()
    }

    /// Whether a byte lies in a `#[cfg(test)]` item.
    pub(super) fn is_in_tests(&self, byte: usize) -> bool {
        self.tests.iter().any(|test| test.contains(&byte))
    }

    /// Number of lines of the file that no test takes up, comments and empty ones included.
    pub(super) fn n_lines_without_tests(&self) -> usize {
        let in_tests: usize = self
            .tests
            .iter()
            .map(|test| self.line_of(test.end.saturating_sub(1)) + 1 - self.line_of(test.start))
            .sum();
        self.text.lines().count() - in_tests
    }

    /// Number of lines with code.
    pub(super) fn n_code_lines(&self) -> usize {
        n_code_lines(&self.text)
    }

    /// Bytes at which `word` stands as a word of its own.
    pub(super) fn places_of<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        places_of(&self.text, word)
    }

    /// The functions with a body, in the order of the file.
    pub(super) fn functions(&self) -> Vec<Function> {
        let mut functions = Vec::new();
        for at in self.places_of("fn") {
            let rest = self.text[at + 2..].trim_start();
            let name: String = rest.chars().take_while(|&c| is_word(c)).collect();
            // A pointer type `fn(..)` has no name, a trait's required method no body.
            let Some(body) = item_body(&self.text, at) else {
                continue;
            };
            if !name.is_empty() {
                functions.push(Function {
                    name,
                    line: self.line_of(at),
                    n_lines: n_code_lines(&self.text[body.start + 1..body.end - 1]),
                });
            }
        }
        functions
    }
}

fn n_code_lines(text: &str) -> usize {
    text.lines().filter(|line| !line.trim().is_empty()).count()
}

/// Whether `c` can stand in the middle of an identifier.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Bytes at which `word` stands as a word of its own.
fn places_of<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |&at| {
            let before = text[..at].chars().next_back();
            let after = text[at + word.len()..].chars().next();
            let closed = |neighbor: Option<char>| !neighbor.is_some_and(is_word);
            let starts_word = word.starts_with(is_word);
            let ends_word = word.ends_with(is_word);
            (!starts_word || closed(before)) && (!ends_word || closed(after))
        })
}

/// Ranges of the items that only exist under test.
fn test_items(text: &str) -> Vec<Range<usize>> {
    let mut items: Vec<Range<usize>> = Vec::new();
    for start in places_of(text, "#[cfg(test)]") {
        let is_nested = items.last().is_some_and(|item| item.contains(&start));
        if !is_nested {
            let item = skip_attributes(text, start);
            let end = item_body(text, item).map_or_else(
                || {
                    text[item..]
                        .find(';')
                        .map_or(text.len(), |at| item + at + 1)
                },
                |body| body.end,
            );
            items.push(start..end);
        }
    }
    items
}

/// The first byte after the attributes that start at `at`.
fn skip_attributes(text: &str, mut at: usize) -> usize {
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        if !text[at..].starts_with("#[") {
            return at;
        }
        at = closing(text, at + 1).unwrap_or(text.len());
    }
}

/// The braces, and what they enclose, of the item that starts at `at`; none when it ends in `;`.
fn item_body(text: &str, at: usize) -> Option<Range<usize>> {
    let mut place = at;
    while let Some(c) = text[place..].chars().next() {
        match c {
            ';' => return None,
            '{' => return Some(place..closing(text, place)?),
            '(' | '[' => place = closing(text, place)?,
            // `fn` of a pointer type inside a parameter list: its list ends before any body.
            ')' | ']' | '}' => return None,
            _ => place += c.len_utf8(),
        }
    }
    None
}

/// The byte after the bracket that closes the one at `open`.
fn closing(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text[open..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(open + at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests;
