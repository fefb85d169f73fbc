//! The bill of materials: which packages the binary is made from (CycloneDX 1.6, JSON).

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    shell,
    workspace::{Kind, Metadata, Package, Workspace},
};

/// Name and version, which tell packages of one lock file apart.
type Key = (String, String);

/// The packages that are built into `package` for `target`, itself first, then by name. What only
/// runs while building (build scripts, derive macros) is left out.
///
/// # Errors
///
/// When cargo cannot tell, or tells of a package that its metadata lacks.
pub(super) fn parts<'a>(
    workspace: &Workspace,
    metadata: &'a Metadata,
    package: &str,
    target: &str,
) -> anyhow::Result<Vec<&'a Package>> {
    let tree = shell::read(workspace.cargo().args([
        "tree",
        "--locked",
        "--edges=normal,no-proc-macro",
        "--prefix=none",
        "--package",
        package,
        "--target",
        target,
    ]))?;
    let names: BTreeSet<Key> = tree.lines().filter_map(parse_line).collect();
    let mut parts = Vec::new();
    for (name, version) in names {
        let found = metadata
            .packages
            .iter()
            .find(|package| package.name == name && package.version == version)
            .with_context(|| format!("cargo metadata has no {name} {version}"))?;
        parts.push(found);
    }
    parts.sort_by_key(|part| part.name != package);
    Ok(parts)
}

/// Name and version of a line like `serde v1.0.1 (proc-macro)`.
fn parse_line(line: &str) -> Option<Key> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let version = words.next()?.strip_prefix('v')?;
    Some((name.to_owned(), version.to_owned()))
}

/// SHA-256 of the package archives, as the lock file has them.
///
/// # Errors
///
/// When the lock file is not TOML of the known form.
pub(super) fn checksums(lock: &str) -> anyhow::Result<BTreeMap<Key, String>> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Locked>,
    }
    #[derive(Deserialize)]
    struct Locked {
        name: String,
        version: String,
        checksum: Option<String>,
    }
    let lock: Lock = toml::from_str(lock).context("cannot read Cargo.lock")?;
    let packages = lock.package.into_iter();
    Ok(packages
        .filter_map(|one| Some(((one.name, one.version), one.checksum?)))
        .collect())
}

/// The bill as JSON text. It holds no time and no serial number, so that equal inputs give equal
/// bytes. `parts` has the released package first.
///
/// # Errors
///
/// When there are no parts.
pub(super) fn bill(
    metadata: &Metadata,
    parts: &[&Package],
    checksums: &BTreeMap<Key, String>,
) -> anyhow::Result<String> {
    let (released, others) = parts.split_first().context("nothing is released")?;
    let components: Vec<Value> = others
        .iter()
        .map(|part| component("library", part, checksums))
        .collect();
    let bill = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": component("application", released, checksums) },
        "components": components,
        "dependencies": uses(metadata, parts),
    });
    Ok(serde_json::to_string_pretty(&bill)? + "\n")
}

fn component(kind: &str, package: &Package, checksums: &BTreeMap<Key, String>) -> Value {
    let address = address(package);
    let mut component = json!({
        "type": kind,
        "bom-ref": address,
        "name": package.name,
        "version": package.version,
        "purl": address,
    });
    if let Some(description) = &package.description {
        component["description"] = json!(description.trim());
    }
    if let Some(license) = &package.license {
        let expression = license.replace(" / ", " OR ").replace('/', " OR ");
        component["licenses"] = json!([{ "expression": expression }]);
    }
    let key = (package.name.clone(), package.version.clone());
    if let Some(checksum) = checksums.get(&key) {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    component
}

/// Package URL: `pkg:cargo/serde@1.0.1`; a `+` of a version is escaped.
fn address(package: &Package) -> String {
    let version = package.version.replace('+', "%2B");
    format!("pkg:cargo/{}@{version}", package.name)
}

/// Which part uses which.
fn uses(metadata: &Metadata, parts: &[&Package]) -> Vec<Value> {
    let by_id: BTreeMap<&str, &Package> =
        parts.iter().map(|part| (part.id.as_str(), *part)).collect();
    let nodes = metadata.resolve.nodes.iter();
    nodes
        .filter_map(|node| Some((by_id.get(node.id.as_str())?, node)))
        .map(|(part, node)| {
            let used: BTreeSet<String> = node
                .deps
                .iter()
                .filter(|used| used.dep_kinds.iter().any(|one| one.kind == Kind::Normal))
                .filter_map(|used| by_id.get(used.pkg.as_str()))
                .map(|used| address(used))
                .collect();
            json!({ "ref": address(part), "dependsOn": used })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata() -> Metadata {
        let package = |name: &str, license: &str| {
            json!({
                "id": name, "name": name, "version": "1.0.0+a", "license": license,
                "description": null, "dependencies": [], "manifest_path": "/x/Cargo.toml",
                "metadata": null,
            })
        };
        let used =
            |name: &str, kind: Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        serde_json::from_value(json!({
            "packages": [package("app", "MIT"), package("lib", "MIT/Apache-2.0"), package("dev", "MIT")],
            "workspace_members": ["app"],
            "resolve": { "nodes": [
                { "id": "app", "deps": [used("lib", Value::Null), used("dev", json!("dev"))] },
                { "id": "lib", "deps": [] },
                { "id": "dev", "deps": [] },
            ] },
        }))
        .unwrap()
    }

    #[test]
    fn bill_names_parts_their_licenses_and_uses() {
        let metadata = metadata();
        let parts: Vec<&Package> = metadata.packages[..2].iter().collect();
        let lock = "[[package]]\nname = \"lib\"\nversion = \"1.0.0+a\"\nchecksum = \"ab\"\n";
        let text = bill(&metadata, &parts, &checksums(lock).unwrap()).unwrap();
        let bill: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            bill["metadata"]["component"]["purl"],
            "pkg:cargo/app@1.0.0%2Ba"
        );
        let library = &bill["components"][0];
        assert_eq!(library["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(library["hashes"][0]["content"], "ab");
        let want = json!([
            { "ref": "pkg:cargo/app@1.0.0%2Ba", "dependsOn": ["pkg:cargo/lib@1.0.0%2Ba"] },
            { "ref": "pkg:cargo/lib@1.0.0%2Ba", "dependsOn": [] },
        ]);
        assert_eq!(bill["dependencies"], want);
    }

    #[test]
    fn lines_of_the_tree_are_read() {
        let key = |name: &str, version: &str| Some((name.to_owned(), version.to_owned()));
        assert_eq!(parse_line("serde v1.0.1"), key("serde", "1.0.1"));
        assert_eq!(
            parse_line("marquee-cf v0.1.0 (/a b/cf) (*)"),
            key("marquee-cf", "0.1.0")
        );
        assert_eq!(parse_line(""), None);
    }
}
