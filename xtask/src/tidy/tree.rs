//! The files of the checkout that rules look at, read once.

use std::{fs, path::Path};

use anyhow::Context;

use super::masked::Masked;

/// Folders with Rust code.
const SOURCE_FOLDERS: [&str; 3] = ["crates", "xtask", "fuzz"];
/// Written by `cargo xtask codegen`, so it follows the generator's style and not ours.
const GENERATED: &str = "crates/proto/src/generated";

/// Sources and documents.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// Rust files, generated ones left out, in the order of their paths.
    pub(super) sources: Vec<Source>,
    /// Markdown files of the root and of `docs/`, in the order of their paths.
    pub(super) documents: Vec<Document>,
}

/// A Rust file.
#[derive(Debug)]
pub(super) struct Source {
    /// Relative to the checkout, with `/`.
    pub(super) path: String,
    /// As it stands.
    pub(super) text: String,
    /// Without comments and contents of strings, tests marked.
    pub(super) masked: Masked,
}

/// A Markdown file.
#[derive(Debug)]
pub(super) struct Document {
    /// Relative to the checkout, with `/`.
    pub(super) path: String,
    /// As it stands.
    pub(super) text: String,
}

impl Source {
    /// Reads `text` as the file at `path`.
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            masked: Masked::new(text),
        }
    }

    /// Whether nothing of it ends up in a library or binary: tests, benchmarks, examples.
    pub(super) fn is_test(&self) -> bool {
        let mut parts = self.path.split('/').rev();
        parts.next() == Some("tests.rs")
            || parts.any(|part| matches!(part, "tests" | "benches" | "examples" | "fuzz"))
    }

    /// Folder name of its crate: `cf` for `crates/cf/src/lib.rs`; none outside `crates/`.
    pub(super) fn crate_name(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }
}

impl Tree {
    /// Reads the checkout at `root`.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or is not UTF-8.
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let mut tree = Self::default();
        for folder in SOURCE_FOLDERS {
            for path in files_below(root, folder, "rs")? {
                if !path.starts_with(GENERATED) {
                    tree.sources.push(Source::new(&path, &read(root, &path)?));
                }
            }
        }
        let mut documents = files_in(root, ".", "md")?;
        documents.extend(files_below(root, "docs", "md")?);
        for path in documents {
            let text = read(root, &path)?;
            tree.documents.push(Document { path, text });
        }
        Ok(tree)
    }
}

fn read(root: &Path, path: &str) -> anyhow::Result<String> {
    fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))
}

/// Names of the folders in `folder`, sorted; none when it does not exist.
pub(super) fn folders_in(root: &Path, folder: &str) -> anyhow::Result<Vec<String>> {
    Ok(entries(root, folder)?
        .into_iter()
        .filter(|(_, is_folder)| *is_folder)
        .map(|(name, _)| name)
        .collect())
}

/// Paths of the files in `folder` itself that end in `.extension`, sorted.
fn files_in(root: &Path, folder: &str, extension: &str) -> anyhow::Result<Vec<String>> {
    Ok(entries(root, folder)?
        .into_iter()
        .filter(|(name, is_folder)| !is_folder && has_extension(name, extension))
        .map(|(name, _)| join(folder, &name))
        .collect())
}

/// Paths of the files at any depth below `folder` that end in `.extension`, sorted by folder.
fn files_below(root: &Path, folder: &str, extension: &str) -> anyhow::Result<Vec<String>> {
    let mut found = files_in(root, folder, extension)?;
    for name in folders_in(root, folder)? {
        if name != "target" && !name.starts_with('.') {
            found.extend(files_below(root, &join(folder, &name), extension)?);
        }
    }
    Ok(found)
}

/// Names in a folder and whether each is a folder, sorted; none when there is no such folder.
fn entries(root: &Path, folder: &str) -> anyhow::Result<Vec<(String, bool)>> {
    let folder = root.join(folder);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let unreadable = || format!("cannot list {}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(unreadable)? {
        let entry = entry.with_context(unreadable)?;
        let is_folder = entry.file_type().with_context(unreadable)?.is_dir();
        names.push((entry.file_name().to_string_lossy().into_owned(), is_folder));
    }
    names.sort();
    Ok(names)
}

fn has_extension(name: &str, extension: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|found| found == extension)
}

fn join(folder: &str, name: &str) -> String {
    if folder == "." {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_benchmarks_are_told_from_code() {
        for path in [
            "crates/cf/src/als/tests.rs",
            "crates/cf/tests/golden.rs",
            "crates/cf/benches/als.rs",
            "fuzz/fuzz_targets/open.rs",
        ] {
            assert!(Source::new(path, "").is_test(), "{path}");
        }
        for path in ["crates/testkit/src/world.rs", "crates/cf/src/als.rs"] {
            assert!(!Source::new(path, "").is_test(), "{path}");
        }
    }
}
