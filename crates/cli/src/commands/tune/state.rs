//! The state file: the settings of a search in its first line, then a line for each finished trial.
//!
//! A line counts once it is synced to the disk. A last line without its end was cut off by a crash and
//! is dropped; anything else that cannot be read is an error.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use marquee_engine::tune::Trial;
use serde::{Deserialize, Serialize};

use super::settings::Settings;
use crate::output;

/// Version of the form of these files.
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    marquee_tune: u32,
    settings: Settings,
}

/// An open state file, held against other searches.
#[derive(Debug)]
pub(super) struct State {
    path: PathBuf,
    file: File,
    trials: Vec<Trial>,
}

impl State {
    /// Opens the state at `path`, or begins one.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written, is used by another search, or is one of other settings.
    pub(super) fn open(path: &Path, settings: &Settings) -> Result<Self> {
        let shown = path.display();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .with_context(|| format!("{shown}"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("{shown} is used by another search"),
            // Where a file system has no locks, one search at a time is up to the caller.
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("{shown}"));
            }
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text)
            .with_context(|| format!("{shown}"))?;
        let whole = text.iter().rposition(|&byte| byte == b'\n');
        let whole = whole.map_or(0, |at| at + 1);
        if whole < text.len() {
            output::note(format_args!(
                "{shown}: the last line is not whole and is dropped; its trial is made again"
            ));
        }
        let trials = read(path, &text[..whole], settings)?;
        file.set_len(whole as u64)
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .with_context(|| format!("{shown}"))?;
        let mut state = Self {
            path: path.to_owned(),
            file,
            trials,
        };
        if whole == 0 {
            state.write(&Header {
                marquee_tune: VERSION,
                settings: settings.clone(),
            })?;
            state.sync_folder()?;
        }
        Ok(state)
    }

    /// The trials that were there, once.
    pub(super) fn take_trials(&mut self) -> Vec<Trial> {
        std::mem::take(&mut self.trials)
    }

    /// Adds a trial; when this returns it is on the disk.
    ///
    /// # Errors
    ///
    /// When the disk refuses.
    pub(super) fn append(&mut self, trial: &Trial) -> Result<()> {
        self.write(trial)
    }

    fn write(&mut self, value: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.file
            .write_all(&line)
            .and_then(|()| self.file.sync_data())
            .with_context(|| format!("{}", self.path.display()))
    }

    /// Lets the name of a new file survive a crash.
    fn sync_folder(&self) -> Result<()> {
        let folder = self
            .path
            .parent()
            .filter(|path| !path.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
        synced.with_context(|| format!("{}", folder.display()))
    }
}

/// The trials in whole lines, after the settings were found to be the same.
fn read(path: &Path, text: &[u8], settings: &Settings) -> Result<Vec<Trial>> {
    let shown = path.display();
    let mut lines = text.split_inclusive(|&byte| byte == b'\n');
    let Some(first) = lines.next() else {
        return Ok(Vec::new());
    };
    let header: Header = serde_json::from_slice(first)
        .with_context(|| format!("{shown}: line 1 is not the first line of a search's state"))?;
    if header.marquee_tune != VERSION {
        bail!(
            "{shown} has version {}, expected {VERSION}; give another --state",
            header.marquee_tune
        );
    }
    if let Some((what, found, wanted)) = settings.difference(&header.settings) {
        bail!(
            "{shown} is the state of another search: its {what} is {found}, not {wanted}; remove it, \
             or give another --state"
        );
    }
    lines
        .enumerate()
        .map(|(at, line)| {
            serde_json::from_slice(line)
                .with_context(|| format!("{shown}: line {} is no trial", at + 2))
        })
        .collect()
}

#[cfg(test)]
mod tests;
