//! Gets MovieLens 100K from where it is published in small: inside a Python package.
//!
//! The data is for research use and must not be passed on, so it is neither in this repository nor
//! in a release. The package is only downloaded and unpacked, never installed.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};

use crate::{dist::hex, shell};

/// The package, its file and what that file must hash to.
const PACKAGE: &str = "recbole==1.2.1";
const WHEEL: &str = "recbole-1.2.1-py3-none-any.whl";
const WHEEL_SHA256: &str = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407";
/// Where the data lies in it, and what is taken.
const INSIDE: &str = "recbole/dataset_example/ml-100k";
const FILES: [&str; 3] = ["ml-100k.inter", "ml-100k.item", "ml-100k.user"];

/// Whether there is data now.
#[derive(Debug)]
pub(super) enum Fetched {
    /// In this folder.
    Ready(PathBuf),
    /// There is none, for a reason to be told: no Python, no network.
    Unavailable(String),
}

/// Makes sure that the data lies in `folder/ml-100k`; downloads once.
///
/// # Errors
///
/// When what was downloaded is not what it must be, or a file cannot be written.
pub(super) fn movielens(folder: &Path) -> anyhow::Result<Fetched> {
    let downloads = folder.join("download");
    let wheel = downloads.join(WHEEL);
    if !wheel.exists() {
        shell::say("Downloading MovieLens 100K (2 MB, once): GroupLens, University of Minnesota;");
        shell::say("for research use, not part of Marquee and not to be passed on.");
        if let Err(why) = download(&downloads) {
            return Ok(Fetched::Unavailable(format!("{why:#}")));
        }
    }
    let bytes = fs::read(&wheel).with_context(|| format!("cannot read {}", wheel.display()))?;
    let found = hex(&Sha256::digest(&bytes));
    if found != WHEEL_SHA256 {
        bail!(
            "{} has the SHA-256 {found}, expected {WHEEL_SHA256}: delete it and try again, \
             or use --synthetic",
            wheel.display()
        );
    }
    let target = folder.join("ml-100k");
    unpack(&bytes, &target)?;
    Ok(Fetched::Ready(target))
}

/// Lets pip download the package, and nothing that it depends on.
fn download(into: &Path) -> anyhow::Result<()> {
    let output = Command::new("python3")
        .args(["-m", "pip", "download", "--quiet", "--no-deps"])
        .args(["--disable-pip-version-check", "--only-binary=:all:"])
        .args(["--timeout=20", "--retries=1", "--dest"])
        .arg(into)
        .arg(PACKAGE)
        .stdin(Stdio::null())
        .output()
        .context("there is no python3")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rfind(|line| !line.trim().is_empty());
        bail!("pip says: {}", last.unwrap_or("nothing").trim());
    }
    Ok(())
}

fn unpack(wheel: &[u8], target: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(target).with_context(|| format!("cannot make {}", target.display()))?;
    let mut archive =
        zip::ZipArchive::new(std::io::Cursor::new(wheel)).context("the package is no archive")?;
    for name in FILES {
        let inside = format!("{INSIDE}/{name}");
        let mut bytes = Vec::new();
        archive
            .by_name(&inside)
            .with_context(|| format!("the package has no {inside}"))?
            .read_to_end(&mut bytes)
            .with_context(|| format!("cannot unpack {inside}"))?;
        let file = target.join(name);
        fs::write(&file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}
