//! `cargo xtask tidy`: the rules that neither the compiler nor clippy can hold.
//!
//! Each rule is a plain function from what lies in the checkout to [`Problem`]s, with tests of its
//! own. A message says which rule is broken and what to do.

mod crates;
mod documents;
mod exceptions;
mod layers;
mod licenses;
mod masked;
mod sizes;
mod sources;
mod spdx;
mod tree;

use std::{fmt, fs, path::Path, process::Command};

use anyhow::{Context, bail};

use crate::{shell, workspace::Workspace};

use self::{exceptions::Exceptions, tree::Tree};

/// Where the measured exceptions from the size limits stand.
const EXCEPTIONS: &str = "xtask/tidy-exceptions.txt";

/// A place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    /// File, relative to the checkout.
    path: String,
    /// Line, counted from 1; 0 where the whole file is meant.
    line: usize,
    /// What is wrong, and what to do.
    message: String,
}

impl Problem {
    /// A problem of a whole file.
    fn of_file(path: &str, message: impl Into<String>) -> Self {
        Self::at(path, 0, message)
    }

    /// A problem of one line, counted from 1.
    fn at(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            line,
            message,
        } = self;
        if *line == 0 {
            write!(f, "{path}: {message}")
        } else {
            write!(f, "{path}:{line}: {message}")
        }
    }
}

/// Applies every rule and prints what breaks one.
///
/// # Errors
///
/// When a rule is broken or the checkout cannot be read.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let root = workspace.root();
    let tree = Tree::read(root)?;
    let metadata = workspace.metadata()?;
    let mut problems = Vec::new();

    problems.extend(sources::check(&tree.sources));
    let (exceptions, malformed) = Exceptions::parse(EXCEPTIONS, &read_or_empty(root, EXCEPTIONS)?);
    problems.extend(malformed);
    problems.extend(sizes::check(&tree.sources, &exceptions));

    problems.extend(layers::check(&metadata.members()));
    problems.extend(crates::check(root, &tree, &metadata)?);
    let policy = licenses::Policy::parse(&read_or_empty(root, licenses::POLICY)?)?;
    problems.extend(licenses::check(&metadata, &policy));

    problems.extend(documents::check(&tree.documents, |path| {
        root.join(path).exists()
    }));
    problems.extend(lock_file(root)?);
    conclude(problems)
}

/// Prints the problems in the order of files.
fn conclude(mut problems: Vec<Problem>) -> anyhow::Result<()> {
    problems.sort();
    problems.dedup();
    for problem in &problems {
        shell::say(problem);
    }
    if !problems.is_empty() {
        bail!("tidy found {} problems", problems.len());
    }
    shell::say("tidy: layers, sizes, sources, manifests, licenses and links are in order");
    Ok(())
}

/// `Cargo.lock` must be committed: it is what makes two builds of one commit the same.
fn lock_file(root: &Path) -> anyhow::Result<Vec<Problem>> {
    // An unpacked archive of the sources has no repository, and then there is nothing to compare.
    if !root.join(".git").exists() {
        return Ok(Vec::new());
    }
    let tracked =
        shell::read(
            Command::new("git")
                .current_dir(root)
                .args(["ls-files", "--", "Cargo.lock"]),
        )?;
    if tracked.trim().is_empty() {
        let message = "is not committed; add it, builds must be the same everywhere";
        return Ok(vec![Problem::of_file("Cargo.lock", message)]);
    }
    Ok(Vec::new())
}

/// A file's text, or nothing when there is no such file.
fn read_or_empty(root: &Path, path: &str) -> anyhow::Result<String> {
    match fs::read_to_string(root.join(path)) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {path}")),
    }
}
