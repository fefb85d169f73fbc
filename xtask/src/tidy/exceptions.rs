//! The list of files and functions that are over a size limit, each with its measured size.
//!
//! One a line: `path lines` for a file, `path::function lines` for a function; `#` starts a comment.
//! The list may only shrink: a number must be the real one, so that it goes down with the code, and
//! what no longer needs an entry must not have one.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use super::Problem;

/// Sizes that are let through.
#[derive(Debug, Default)]
pub(super) struct Exceptions {
    path: String,
    entries: BTreeMap<String, Entry>,
    used: RefCell<BTreeSet<String>>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    n_lines: usize,
    /// Where it stands in the list, counted from 1.
    line: usize,
}

impl Exceptions {
    /// Reads the list at `path`; lines that do not parse come back as problems.
    pub(super) fn parse(path: &str, text: &str) -> (Self, Vec<Problem>) {
        let mut exceptions = Self {
            path: path.to_owned(),
            ..Self::default()
        };
        let mut problems = Vec::new();
        for (line, content) in (1..).zip(text.lines()) {
            let content = content.split('#').next().unwrap_or_default().trim();
            if content.is_empty() {
                continue;
            }
            let parsed = content
                .split_once(' ')
                .and_then(|(what, number)| Some((what, number.trim().parse().ok()?)));
            match parsed {
                Some((what, n_lines)) => {
                    let entry = Entry { n_lines, line };
                    exceptions.entries.insert(what.to_owned(), entry);
                }
                None => problems.push(Problem::at(path, line, "expected `path lines`")),
            }
        }
        (exceptions, problems)
    }

    /// Decides about `what`, which has `n_lines` where `limit` are allowed: a problem's message, or
    /// nothing when it is in order.
    pub(super) fn judge(&self, what: &str, n_lines: usize, limit: usize) -> Option<String> {
        if n_lines <= limit {
            return None;
        }
        let Some(entry) = self.entries.get(what) else {
            return Some(format!(
                "has {n_lines} lines, {limit} are allowed: divide it"
            ));
        };
        self.used.borrow_mut().insert(what.to_owned());
        (entry.n_lines != n_lines).then(|| {
            format!(
                "has {n_lines} lines where {} says {}: {}",
                self.path,
                entry.n_lines,
                if n_lines < entry.n_lines {
                    "lower the number"
                } else {
                    "it must not grow"
                }
            )
        })
    }

    /// Entries that [`judge`](Self::judge) was never asked for in need.
    pub(super) fn unneeded(&self) -> Vec<Problem> {
        let used = self.used.borrow();
        self.entries
            .iter()
            .filter(|(what, _)| !used.contains(*what))
            .map(|(what, entry)| {
                let message = format!("{what} needs no exception: remove the line");
                Problem::at(&self.path, entry.line, message)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_judgment(list: &str, n_lines: usize, want: Option<&str>) {
        let (exceptions, problems) = Exceptions::parse("list", list);
        assert!(problems.is_empty());
        let got = exceptions.judge("a.rs", n_lines, 400);
        match want {
            None => assert_eq!(got, None),
            Some(part) => assert!(got.clone().is_some_and(|m| m.contains(part)), "{got:?}"),
        }
    }

    #[test]
    fn only_the_measured_size_is_let_through() {
        check_judgment("", 400, None);
        check_judgment("", 401, Some("divide it"));
        check_judgment("a.rs 450 # why\n", 450, None);
        check_judgment("a.rs 450\n", 449, Some("lower the number"));
        check_judgment("a.rs 450\n", 451, Some("must not grow"));
    }

    #[test]
    fn entry_without_need_is_a_problem() {
        let (exceptions, _) = Exceptions::parse("list", "# head\na.rs 450\nb.rs 500\n");
        exceptions.judge("a.rs", 450, 400);
        exceptions.judge("b.rs", 300, 400);
        let unneeded = exceptions.unneeded();
        assert_eq!(unneeded.len(), 1);
        assert_eq!(unneeded[0].line, 3);
    }

    #[test]
    fn line_without_a_number_is_a_problem() {
        let (_, problems) = Exceptions::parse("list", "a.rs\nb.rs many\n");
        assert_eq!(problems.len(), 2);
    }
}
