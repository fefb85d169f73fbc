//! The pointer to the served version: a text file, newest activation first.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::ModelVersion;
use crate::{Error, Result, replace_file};

/// How many activations are remembered.
const MAX_HISTORY: usize = 100;

/// The pointer file of the registry in `root`.
pub(super) fn path(root: &Path) -> PathBuf {
    root.join("ACTIVE")
}

/// The activations, newest first; none where there is no pointer yet.
pub(super) fn read(root: &Path) -> Result<Vec<ModelVersion>> {
    let path = path(root);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("read", &path)(error)),
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut history = Vec::new();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        // A line without its end was cut off, and may name another version than was meant.
        let version = line.strip_suffix('\n').and_then(|line| line.parse().ok());
        history.push(version.ok_or_else(|| Error::RegistryFile {
            path: path.clone(),
            line: index + 1,
            expected: "a model version such as ials/000003",
            found: line.to_owned(),
        })?);
    }
    Ok(history)
}

/// Replaces the pointer. A version that follows itself is written once.
pub(super) fn write(root: &Path, mut history: Vec<ModelVersion>) -> Result<()> {
    history.dedup();
    history.truncate(MAX_HISTORY);
    let text: String = history
        .iter()
        .map(|version| format!("{version}\n"))
        .collect();
    replace_file(&path(root), |file| file.write_all(text.as_bytes()))
}
