//! `marquee inspect`: what is in a file or a folder.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::Parser;
use marquee_ingest::DataFolder;
use marquee_store::{Artifact, Registry};
use serde_json::{Value, json};

use crate::output;

/// Shows the kind, metadata and sections of an artifact (.mqa), or what a data folder holds.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// An artifact, a model version's folder, or a data folder
    path: PathBuf,
    /// Check every byte against its checksum
    #[arg(long)]
    verify: bool,
    /// Print one JSON object and nothing else
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let files = artifacts_in(&args.path)?;
    let mut report = serde_json::Map::new();
    if let Some(folder) = data_folder(&args.path)? {
        report.insert("folder".into(), folder);
    }
    let artifacts = files.iter().map(|path| artifact(path, args.verify));
    report.insert("artifacts".into(), artifacts.collect::<Result<Value>>()?);
    if args.json {
        return output::json(&report);
    }
    show(&report, args.verify)
}

/// The file itself, or every artifact below a folder, in the order of their paths.
fn artifacts_in(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if !path.is_dir() {
        bail!("{} is neither a file nor a folder", path.display());
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "mqa") {
                found.push(path);
            }
        }
    }
    if found.is_empty() {
        bail!("there is no artifact (.mqa) in {}", path.display());
    }
    found.sort();
    Ok(found)
}

fn data_folder(path: &Path) -> Result<Option<Value>> {
    if !path.join("imports.json").is_file() {
        return Ok(None);
    }
    let folder = DataFolder::open(path)?;
    let stats = folder.stats()?;
    let registry = Registry::open(path.join("models"))?;
    let active = registry.active()?.map(|version| version.to_string());
    let versions: Vec<String> = registry
        .versions()?
        .iter()
        .map(ToString::to_string)
        .collect();
    Ok(Some(json!({
        "stats": stats,
        "models": versions,
        "active": active,
    })))
}

fn artifact(path: &Path, verify: bool) -> Result<Value> {
    let artifact = Artifact::open(path)?;
    if verify {
        artifact.verify()?;
    }
    let metas: serde_json::Map<String, Value> = artifact
        .metas()
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect();
    let sections: Vec<Value> = artifact
        .sections()
        .iter()
        .map(|section| {
            json!({
                "name": section.name,
                "dtype": section.dtype.to_string(),
                "shape": section.shape,
                "offset": section.offset,
                "bytes": section.bytes,
                "xxh3": format!("{:016x}", section.checksum),
            })
        })
        .collect();
    Ok(json!({
        "path": path.display().to_string(),
        "kind": artifact.kind(),
        "format_version": artifact.format_version(),
        "bytes": std::fs::metadata(path)?.len(),
        "metadata": metas,
        "sections": sections,
    }))
}

fn show(report: &serde_json::Map<String, Value>, verified: bool) -> Result<()> {
    if let Some(folder) = report.get("folder") {
        output::line(serde_json::to_string_pretty(folder)?)?;
    }
    for artifact in report["artifacts"].as_array().into_iter().flatten() {
        let text = |key: &str| artifact[key].as_str().unwrap_or_default().to_owned();
        output::line(format_args!(
            "\n{}\n  {} format {}, {}{}",
            text("path"),
            text("kind"),
            artifact["format_version"],
            output::bytes(artifact["bytes"].as_u64().unwrap_or(0)),
            if verified {
                ", every byte verified"
            } else {
                ""
            },
        ))?;
        for (key, value) in artifact["metadata"].as_object().into_iter().flatten() {
            output::line(format_args!(
                "  {key} = {}",
                value.as_str().unwrap_or_default()
            ))?;
        }
        for section in artifact["sections"].as_array().into_iter().flatten() {
            output::line(format_args!(
                "  {:<24} {:<4} {:<20} {:>12} at {}",
                section["name"].as_str().unwrap_or_default(),
                section["dtype"].as_str().unwrap_or_default(),
                section["shape"].to_string(),
                output::bytes(section["bytes"].as_u64().unwrap_or(0)),
                section["offset"],
            ))?;
        }
    }
    Ok(())
}
