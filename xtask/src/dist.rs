//! `cargo xtask dist`: a release as one archive.
//!
//! Writes into `target/dist`: the archive `marquee-VERSION-TARGET.tar.gz`, its checksum in the form
//! that `sha256sum --check` reads, and the bill of materials (CycloneDX), which lies in the archive
//! too. The archive is the same byte for byte when the binary is.

mod archive;
mod licenses;
mod sbom;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};
use clap::Args;
use sha2::{Digest, Sha256};

use crate::{
    shell,
    workspace::{Metadata, Workspace},
};

use self::archive::Entry;

/// The package that is released, and its binary.
const PACKAGE: &str = "marquee-cli";
const BINARY: &str = "marquee";
/// Files of the checkout that go into the archive as they are.
const DOCUMENTS: [&str; 5] = [
    "README.md",
    "CHANGELOG.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "config/marquee.toml",
];

/// Where to put the release.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Folder to write into; made when it is not there [default: target/dist]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Builds the release.
///
/// # Errors
///
/// When something does not compile, `Cargo.lock` is out of date, or a file cannot be written.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let out = options
        .out
        .clone()
        .unwrap_or_else(|| workspace.target().join("dist"));
    fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;

    shell::heading("build");
    let binary = build(workspace, &out)?;

    shell::heading("archive");
    let metadata = workspace.metadata()?;
    let target = host_target()?;
    let parts = sbom::parts(workspace, &metadata, PACKAGE, &target)?;
    let lock = read(&workspace.root().join("Cargo.lock"))?;
    let checksums = sbom::checksums(&String::from_utf8_lossy(&lock))?;
    let bill = sbom::bill(&metadata, &parts, &checksums)?;

    let name = format!("{BINARY}-{}-{target}", version(&metadata)?);
    let mut entries = vec![Entry::program(BINARY, read(&binary)?)];
    for path in DOCUMENTS {
        let file = workspace.root().join(path);
        if file.exists() {
            let name = path.rsplit('/').next().unwrap_or(path);
            entries.push(Entry::document(name, read(&file)?));
        }
    }
    entries.push(Entry::document(
        "THIRD-PARTY-LICENSES.txt",
        licenses::collect(&parts)?.into_bytes(),
    ));
    entries.push(Entry::document(
        "marquee.cdx.json",
        bill.clone().into_bytes(),
    ));
    let packed = archive::pack(&name, &entries)?;

    let archive = out.join(format!("{name}.tar.gz"));
    let checksum = format!("{}  {name}.tar.gz\n", hex(&Sha256::digest(&packed)));
    write(&archive, &packed)?;
    write(
        &out.join(format!("{name}.tar.gz.sha256")),
        checksum.as_bytes(),
    )?;
    write(&out.join(format!("{name}.cdx.json")), bill.as_bytes())?;
    report(&entries, &archive, packed.len(), parts.len());
    Ok(())
}

/// Builds the binary, takes its symbols out and checks that it still starts.
fn build(workspace: &Workspace, out: &Path) -> anyhow::Result<PathBuf> {
    shell::run(
        workspace
            .cargo()
            .args(["build", "--release", "--locked", "--package", PACKAGE]),
    )?;
    let file = format!("{BINARY}{}", std::env::consts::EXE_SUFFIX);
    let built = workspace.target().join("release").join(&file);
    let stripped = out.join(&file);
    fs::copy(&built, &stripped).with_context(|| format!("cannot copy {}", built.display()))?;
    shell::run(Command::new("strip").arg(&stripped))?;
    let version = shell::read(Command::new(&stripped).arg("--version"))?;
    shell::say(format_args!("built {}", version.trim()));
    Ok(stripped)
}

/// The platform that this machine builds for: `x86_64-unknown-linux-gnu`.
fn host_target() -> anyhow::Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let about = shell::read(Command::new(rustc).arg("-vV"))?;
    about
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("rustc does not say what it builds for")
}

fn version(metadata: &Metadata) -> anyhow::Result<&str> {
    let members = metadata.members();
    let Some(package) = members.iter().find(|package| package.name == PACKAGE) else {
        bail!("the workspace has no package {PACKAGE}");
    };
    Ok(&package.version)
}

fn report(entries: &[Entry], archive: &Path, n_bytes: usize, n_parts: usize) {
    for entry in entries {
        let size = readable_size(entry.bytes.len());
        shell::say(format_args!("{size:>10}  {}", entry.name));
    }
    shell::say(format_args!(
        "\n{}\n  {}, made from {n_parts} packages; its checksum and bill of materials lie beside it",
        archive.display(),
        readable_size(n_bytes),
    ));
}

/// Bytes as a person reads them.
fn readable_size(n_bytes: usize) -> String {
    let kib = n_bytes as f64 / 1024.0;
    if kib < 1024.0 {
        format!("{kib:.1} KiB")
    } else {
        format!("{:.1} MiB", kib / 1024.0)
    }
}

/// Bytes in hexadecimal, lower case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string never fails");
        text
    })
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_digests_are_readable() {
        assert_eq!(readable_size(1_536), "1.5 KiB");
        assert_eq!(readable_size(3 << 20), "3.0 MiB");
        assert_eq!(hex(&[0, 255, 16]), "00ff10");
    }
}
