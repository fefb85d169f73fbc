//! Links between documents lead somewhere, and the map stays short enough to be read.

use super::{Problem, tree::Document};

/// The map of the code.
const MAP: &str = "docs/ARCHITECTURE.md";
/// Lines it may have.
const MAX_MAP_LINES: usize = 200;

/// Checks the documents; `exists` tells whether there is something at a path of the checkout.
pub(super) fn check(documents: &[Document], exists: impl Fn(&str) -> bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    for document in documents {
        let folder = document
            .path
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        for (line, target) in links(&document.text) {
            if let Some(message) = check_link(documents, document, (folder, &target), &exists) {
                problems.push(Problem::at(&document.path, line, message));
            }
        }
        let n_lines = document.text.lines().count();
        if document.path == MAP && n_lines >= MAX_MAP_LINES {
            let message = format!("has {n_lines} lines: keep it under {MAX_MAP_LINES}");
            problems.push(Problem::of_file(MAP, message));
        }
    }
    problems
}

/// What is wrong with a link of `document` to `target`, as seen from `folder`.
fn check_link(
    documents: &[Document],
    document: &Document,
    (folder, target): (&str, &str),
    exists: impl Fn(&str) -> bool,
) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let Some(path) = resolve(folder, file) else {
        return Some(format!("link leads out of the checkout: {target}"));
    };
    let path = if file.is_empty() {
        document.path.clone()
    } else {
        path
    };
    if !path.is_empty() && !exists(&path) {
        return Some(format!("link leads nowhere: {target}"));
    }
    let linked = documents.iter().find(|other| other.path == path)?;
    let has_anchor = anchor.is_empty() || anchors(&linked.text).any(|one| one == anchor);
    (!has_anchor).then(|| format!("{path} has no heading #{anchor}"))
}

/// `file`, named from `folder`, as a path of the checkout; none when it lies outside.
fn resolve(folder: &str, file: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in file.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Lines outside of code blocks, with their numbers from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    })
}

/// Targets of `[text](target)` and `[label]: target`, with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (number, line) in prose(text) {
        let visible = without_code_spans(line);
        for (at, _) in visible.match_indices("](") {
            let rest = &visible[at + 2..];
            let end = rest.find([')', ' ']).unwrap_or(rest.len());
            links.push((number, rest[..end].to_owned()));
        }
        if let Some((label, target)) = visible.split_once("]: ")
            && label.starts_with('[')
            && !label.starts_with("[^")
        {
            links.push((number, target.trim().to_owned()));
        }
    }
    links
}

/// The line with what stands between backquotes left out.
fn without_code_spans(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("``")
}

/// Anchors of the headings, as the usual renderers make them.
fn anchors(text: &str) -> impl Iterator<Item = String> {
    prose(text)
        .filter(|(_, line)| line.starts_with('#'))
        .map(|(_, line)| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_text(text: &str, want: &[&str]) {
        let documents = [
            Document {
                path: "docs/a.md".to_owned(),
                text: text.to_owned(),
            },
            Document {
                path: "README.md".to_owned(),
                text: "# Marquee: what it is\n".to_owned(),
            },
        ];
        let problems = check(&documents, |path| {
            ["README.md", "docs/a.md", "docs"].contains(&path)
        });
        let got: Vec<&str> = problems.iter().map(|one| one.message.as_str()).collect();
        assert_eq!(got, want);
    }

    #[test]
    fn links_resolve_from_their_own_folder() {
        check_text("[a](../README.md) [b](a.md) [c](../docs)\n", &[]);
        check_text("[a](README.md)\n", &["link leads nowhere: README.md"]);
        check_text("[a]: ../gone.md\n", &["link leads nowhere: ../gone.md"]);
        check_text(
            "[a](../../x.md)\n",
            &["link leads out of the checkout: ../../x.md"],
        );
    }

    #[test]
    fn code_and_addresses_are_no_links_to_files() {
        check_text("```text\n[a](gone.md)\n```\n", &[]);
        check_text("`[a](gone.md)` [b](https://example.org/c)\n", &[]);
    }

    #[test]
    fn anchors_are_headings() {
        check_text("[a](../README.md#marquee-what-it-is)\n", &[]);
        check_text("# Here\n[a](#here)\n", &[]);
        check_text("[a](#gone)\n", &["docs/a.md has no heading #gone"]);
    }

    #[test]
    fn map_has_a_limit() {
        let map = |n: usize| {
            let text = "line\n".repeat(n);
            let path = MAP.to_owned();
            check(&[Document { path, text }], |_| true).len()
        };
        assert_eq!((map(199), map(200)), (0, 1));
    }
}
