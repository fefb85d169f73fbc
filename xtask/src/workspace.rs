//! The checkout this task runs in, and what cargo knows of it.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

use crate::shell;

/// A checkout.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Finds the checkout that this program was built from.
    ///
    /// # Errors
    ///
    /// When its folder is gone.
    pub(crate) fn locate() -> anyhow::Result<Self> {
        // Cargo sets the variable for `cargo run`; the path at build time serves a binary started by hand.
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest
            .parent()
            .context("xtask lies in a folder of the workspace")?
            .canonicalize()
            .with_context(|| format!("cannot open the checkout of {}", manifest.display()))?;
        Ok(Self { root })
    }

    /// Its folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// `target`, or wherever cargo was told to build.
    pub(crate) fn target(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.root.join("target"), |dir| self.root.join(dir))
    }

    /// Cargo, to be run in the checkout.
    pub(crate) fn cargo(&self) -> std::process::Command {
        let mut command = shell::cargo();
        command.current_dir(&self.root);
        command
    }

    /// What cargo knows of the workspace and of everything it depends on, on all platforms.
    ///
    /// # Errors
    ///
    /// When the manifests do not parse or `Cargo.lock` does not fit them.
    pub(crate) fn metadata(&self) -> anyhow::Result<Metadata> {
        let text = shell::read(self.cargo().args([
            "metadata",
            "--format-version=1",
            "--all-features",
            "--locked",
        ]))
        .context("cargo cannot describe the workspace; is Cargo.lock up to date?")?;
        serde_json::from_str(&text).context("cannot read the output of `cargo metadata`")
    }
}

/// The part of `cargo metadata` that tasks use.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    /// Every package, ours and others'.
    pub(crate) packages: Vec<Package>,
    /// Ids of ours.
    pub(crate) workspace_members: Vec<String>,
    /// Who uses whom, features and lock file applied.
    pub(crate) resolve: Resolve,
}

/// A package.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Package {
    /// Unique name of this version from this source.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// SPDX expression, if it states one.
    pub(crate) license: Option<String>,
    /// What it is for.
    pub(crate) description: Option<String>,
    /// What its manifest asks for.
    pub(crate) dependencies: Vec<Dependency>,
    /// What is built from it.
    #[serde(default)]
    pub(crate) targets: Vec<Target>,
    /// Where its manifest lies.
    pub(crate) manifest_path: PathBuf,
    /// `[package.metadata]`.
    #[serde(default)]
    pub(crate) metadata: serde_json::Value,
}

/// A library, program, test or benchmark.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Target {
    /// Its name.
    pub(crate) name: String,
    /// What it is: `lib`, `bin`, `bench`.
    pub(crate) kind: Vec<String>,
}

/// A line of `[dependencies]`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Dependency {
    /// The package's name.
    pub(crate) name: String,
    /// What it is used for.
    #[serde(default, deserialize_with = "kind_or_normal")]
    pub(crate) kind: Kind,
}

/// What a dependency is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// By the code itself.
    #[default]
    Normal,
    /// By tests, examples and benchmarks.
    Dev,
    /// By a build script.
    Build,
}

/// Who uses whom.
#[derive(Debug, Deserialize)]
pub(crate) struct Resolve {
    /// One node a package.
    pub(crate) nodes: Vec<Node>,
}

/// A package and what it uses.
#[derive(Debug, Deserialize)]
pub(crate) struct Node {
    /// The package.
    pub(crate) id: String,
    /// What it uses.
    pub(crate) deps: Vec<NodeDependency>,
}

/// One use of a package.
#[derive(Debug, Deserialize)]
pub(crate) struct NodeDependency {
    /// The package used.
    pub(crate) pkg: String,
    /// What for; one entry a kind and platform.
    pub(crate) dep_kinds: Vec<DependencyKind>,
}

/// What a package is used for, on which platforms.
#[derive(Debug, Deserialize)]
pub(crate) struct DependencyKind {
    /// What it is used for.
    #[serde(default, deserialize_with = "kind_or_normal")]
    pub(crate) kind: Kind,
}

/// Cargo writes `null` for an ordinary dependency.
fn kind_or_normal<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Kind, D::Error> {
    Ok(Option::<Kind>::deserialize(from)?.unwrap_or_default())
}

impl Metadata {
    /// Our packages, in the order of their names.
    pub(crate) fn members(&self) -> Vec<&Package> {
        let mut members: Vec<&Package> = self
            .packages
            .iter()
            .filter(|package| self.workspace_members.contains(&package.id))
            .collect();
        members.sort_by(|a, b| a.name.cmp(&b.name));
        members
    }
}

impl Package {
    /// Layer that its manifest states under `[package.metadata.marquee]`.
    pub(crate) fn layer(&self) -> Option<u64> {
        self.metadata.get("marquee")?.get("layer")?.as_u64()
    }

    /// Names of its benchmarks.
    pub(crate) fn benchmarks(&self) -> impl Iterator<Item = &str> {
        let is_benchmark = |target: &&Target| target.kind.iter().any(|kind| kind == "bench");
        let benchmarks = self.targets.iter().filter(is_benchmark);
        benchmarks.map(|target| target.name.as_str())
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        self.manifest_path
            .parent()
            .expect("a manifest lies in a folder")
    }
}
