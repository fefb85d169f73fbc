//! What every crate of ours states and has.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::Context;

use crate::workspace::Metadata;

use super::{
    Problem,
    tree::{Source, Tree, folders_in},
};

/// A crate with fewer lines of code than this has nothing in it yet: a `fn main() {}`, a re-export.
const MIN_CODE_LINES: usize = 5;

/// Checks the folders in `crates/` and the manifests of all our packages.
///
/// # Errors
///
/// When a manifest cannot be read.
pub(super) fn check(root: &Path, tree: &Tree, metadata: &Metadata) -> anyhow::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    let mut folders = BTreeSet::new();
    for package in metadata.members() {
        let path = package
            .manifest_path
            .strip_prefix(root)
            .unwrap_or(&package.manifest_path)
            .to_string_lossy()
            .replace('\\', "/");
        let text = fs::read_to_string(&package.manifest_path)
            .with_context(|| format!("cannot read {path}"))?;
        problems.extend(check_manifest(&path, &text)?);
        folders.insert(path.trim_end_matches("/Cargo.toml").to_owned());
    }
    for name in folders_in(root, "crates")? {
        let folder = format!("crates/{name}");
        if folders.contains(&folder) {
            problems.extend(check_code(&folder, &tree.sources));
        } else {
            problems.push(Problem::of_file(&folder, "has no Cargo.toml"));
        }
    }
    Ok(problems)
}

/// A manifest says what the crate is for and takes lints, license and edition from the workspace.
fn check_manifest(path: &str, text: &str) -> anyhow::Result<Vec<Problem>> {
    let manifest: toml::Table = text
        .parse()
        .with_context(|| format!("{path} is not TOML"))?;
    let get = |table: &str, key: &str| manifest.get(table)?.get(key);
    let inherits = |key: &str| {
        let value = get("package", key)?;
        value.get("workspace")?.as_bool()
    };
    let mut problems = Vec::new();
    let description = get("package", "description").and_then(toml::Value::as_str);
    if description.is_none_or(|text| text.trim().is_empty()) {
        problems.push(Problem::of_file(path, "has no `description`"));
    }
    for key in ["license", "edition", "rust-version", "version"] {
        if inherits(key) != Some(true) {
            let message = format!("does not inherit `{key}`: write `{key}.workspace = true`");
            problems.push(Problem::of_file(path, message));
        }
    }
    if get("lints", "workspace").and_then(toml::Value::as_bool) != Some(true) {
        let message = "does not take the lints of the workspace: `[lints] workspace = true`";
        problems.push(Problem::of_file(path, message));
    }
    Ok(problems)
}

/// A crate is made when its first real code lands.
fn check_code(folder: &str, sources: &[Source]) -> Option<Problem> {
    let prefix = format!("{folder}/src/");
    let n_lines: usize = sources
        .iter()
        .filter(|source| source.path.starts_with(&prefix) && !source.is_test())
        .map(|source| source.masked.n_code_lines())
        .sum();
    (n_lines < MIN_CODE_LINES).then(|| {
        let message = format!("has {n_lines} lines of code: a crate is made with its first code");
        Problem::of_file(folder, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: &str = "\
[package]
name = \"marquee-a\"
description = \"What it is for\"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true

[lints]
workspace = true
";

    #[track_caller]
    fn check_without(line: &str, want: &str) {
        assert!(COMPLETE.contains(line));
        let problems = check_manifest("crates/a/Cargo.toml", &COMPLETE.replace(line, "")).unwrap();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].message.contains(want), "{problems:?}");
    }

    #[test]
    fn each_line_of_a_manifest_is_missed() {
        assert_eq!(check_manifest("a", COMPLETE).unwrap(), []);
        check_without("description = \"What it is for\"\n", "`description`");
        check_without("license.workspace = true\n", "`license`");
        check_without("[lints]\nworkspace = true\n", "lints");
    }

    #[test]
    fn own_license_is_no_inherited_license() {
        let own = COMPLETE.replace("license.workspace = true", "license = \"GPL-3.0-only\"");
        assert_eq!(check_manifest("a", &own).unwrap().len(), 1);
    }

    #[test]
    fn empty_crate_is_found() {
        let empty = [Source::new(
            "crates/a/src/main.rs",
            "//! Doc.\n\nfn main() {}\n",
        )];
        assert!(check_code("crates/a", &empty).is_some());
        let text = "//! Doc.\nfn f() {\n    g();\n    h();\n    i();\n}\n";
        let filled = [Source::new("crates/a/src/lib.rs", text)];
        assert_eq!(check_code("crates/a", &filled), None);
    }
}
