//! What must not stand in a Rust file, and what must stand first.

use super::{Problem, tree::Source};

/// Crates whose business is files or the network; all others take values and give values.
const MAY_TOUCH_FILES: [&str; 6] = ["ingest", "journal", "store", "serve", "console", "cli"];
/// Worlds are written for other programs to read; nothing that ships uses this.
const WRITES_WORLDS: &str = "crates/testkit/src/world/write";
/// Modules that may hold unsafe code, each block with its proof.
const MAY_BE_UNSAFE: [&str; 3] = [
    "crates/store/src/map.rs",
    "crates/math/src/simd.rs",
    "crates/math/src/simd/",
];
/// Marks of something unfinished or switched off, and what to do instead.
const UNFINISHED: [(&str, &str); 3] = [
    (
        "#[ignore",
        "a test that does not run proves nothing: mend it or remove it",
    ),
    ("todo!", "finish it, or leave it out"),
    ("unimplemented!", "finish it, or leave it out"),
];

/// Checks every file.
pub(super) fn check(sources: &[Source]) -> Vec<Problem> {
    sources.iter().flat_map(check_one).collect()
}

fn check_one(source: &Source) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(starts_with_docs(source));
    problems.extend(unfinished(source));
    problems.extend(files_and_network(source));
    problems.extend(unsafe_code(source));
    problems
}

/// A reader who opens a file learns from its first line what it is for. The tests of a file are
/// explained by the file they test.
fn starts_with_docs(source: &Source) -> Option<Problem> {
    if source.is_test() || source.text.starts_with("//!") {
        return None;
    }
    let message = "starts without `//!`: say in a sentence what the module is for";
    Some(Problem::at(&source.path, 1, message))
}

fn unfinished(source: &Source) -> Vec<Problem> {
    let masked = &source.masked;
    UNFINISHED
        .iter()
        .flat_map(|(mark, advice)| {
            masked.places_of(mark).map(move |at| {
                let message = format!("`{mark}` stands here; {advice}");
                Problem::at(&source.path, masked.line_of(at), message)
            })
        })
        .collect()
}

/// Finds `std::fs` and `std::net`, written out or in a group of imports.
fn files_and_network(source: &Source) -> Vec<Problem> {
    let forbidden = source
        .crate_name()
        .is_some_and(|name| !MAY_TOUCH_FILES.contains(&name));
    if !forbidden || source.is_test() || source.path.starts_with(WRITES_WORLDS) {
        return Vec::new();
    }
    let masked = &source.masked;
    let mut problems = Vec::new();
    for at in masked.places_of("std::") {
        if masked.is_in_tests(at) {
            continue;
        }
        for module in modules_used(&masked.text()[at + "std::".len()..]) {
            if matches!(module, "fs" | "net") {
                let message = format!(
                    "uses std::{module}; only {} may: take values, give values",
                    MAY_TOUCH_FILES.join(", ")
                );
                problems.push(Problem::at(&source.path, masked.line_of(at), message));
            }
        }
    }
    problems
}

/// The modules right below `std::` that `rest` names: one, or those of a group in braces.
fn modules_used(rest: &str) -> Vec<&str> {
    let Some(group) = rest.strip_prefix('{') else {
        return vec![first_word(rest)];
    };
    let mut depth = 1_usize;
    let mut starts = vec![0];
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => starts.push(at + 1),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    starts.iter().map(|&at| first_word(&group[at..])).collect()
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start();
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_'));
    &text[..end.unwrap_or(text.len())]
}

fn unsafe_code(source: &Source) -> Vec<Problem> {
    let is_below = |place: &&str| source.path.starts_with(*place);
    if MAY_BE_UNSAFE.iter().any(is_below) {
        return Vec::new();
    }
    let masked = &source.masked;
    masked
        .places_of("unsafe")
        .map(|at| {
            let message = format!("unsafe code stands only in {}", MAY_BE_UNSAFE.join(", "));
            Problem::at(&source.path, masked.line_of(at), message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_lines(path: &str, text: &str, want: &[usize]) {
        let problems = check_one(&Source::new(path, text));
        let lines: Vec<usize> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, want, "{problems:?}");
    }

    const CF: &str = "crates/cf/src/als.rs";

    #[test]
    fn file_without_module_docs_is_found() {
        check_lines(CF, "use std::cmp;\n", &[1]);
        check_lines(CF, "//! Docs.\nuse std::cmp;\n", &[]);
        check_lines("crates/cf/src/als/tests.rs", "use super::*;\n", &[]);
    }

    #[test]
    fn unfinished_code_is_found_but_not_its_name_in_a_text() {
        check_lines(CF, "//! Docs.\nfn f() { todo!() }\n", &[2]);
        check_lines(CF, "//! Docs.\n#[ignore = \"slow\"]\n", &[2]);
        check_lines(CF, "//! No todo!.\nconst A: &str = \"todo!\";\n", &[]);
    }

    #[test]
    fn files_are_found_in_every_form_of_import() {
        check_lines(CF, "//! D.\nuse std::fs::File;\n", &[2]);
        check_lines(CF, "//! D.\nuse std::{cmp, fs};\n", &[2]);
        check_lines(CF, "//! D.\nuse std::{io::{self, net}, cmp};\n", &[]);
        check_lines(CF, "//! D.\nfn f() { std::net::lookup() }\n", &[2]);
    }

    #[test]
    fn files_are_fine_in_tests_and_where_they_belong() {
        let text = "//! D.\nuse std::fs;\n";
        check_lines("crates/store/src/lib.rs", text, &[]);
        check_lines("crates/cf/tests/golden.rs", text, &[]);
        check_lines(CF, "//! D.\n#[cfg(test)]\nmod t { use std::fs; }\n", &[]);
    }

    #[test]
    fn unsafe_code_has_two_places() {
        let text = "//! D.\nfn f() { unsafe { g() } }\n";
        check_lines(CF, text, &[2]);
        check_lines("crates/math/src/simd/dot.rs", text, &[]);
    }
}
