//! Files and folders that are not part of the data yet.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    Error, Result,
    folder::{CATALOG_DIR, EVENTS_DIR},
};

/// What an import has put into the data folder; removed again unless it is [kept](Self::keep).
#[derive(Debug)]
pub(super) struct Staged {
    dir: PathBuf,
    files: Vec<PathBuf>,
    /// Folders that were not there, outer before inner.
    folders: Vec<PathBuf>,
}

impl Staged {
    /// Makes the data folder if it is not there.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when it cannot be made.
    pub(super) fn in_folder(dir: &Path) -> Result<Self> {
        let mut this = Self {
            dir: dir.to_owned(),
            files: Vec::new(),
            folders: Vec::new(),
        };
        let mut missing: Vec<PathBuf> = Vec::new();
        let mut at = dir;
        while !at.as_os_str().is_empty() && !at.exists() {
            missing.push(at.to_owned());
            let Some(parent) = at.parent() else { break };
            at = parent;
        }
        for folder in missing.into_iter().rev() {
            this.make(folder)?;
        }
        Ok(this)
    }

    /// A new file of the events folder.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the folder cannot be made.
    pub(super) fn event_file(&mut self, name: &str) -> Result<String> {
        self.file(EVENTS_DIR, name)
    }

    /// A new file of the catalog folder.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the folder cannot be made.
    pub(super) fn catalog_file(&mut self, name: &str) -> Result<String> {
        self.file(CATALOG_DIR, name)
    }

    /// The file as a path of the system.
    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.dir.join(file)
    }

    /// Makes the new folders themselves durable.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the system cannot.
    pub(super) fn commit(&self) -> Result<()> {
        for folder in &self.folders {
            let parent = folder
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty());
            let parent = parent.unwrap_or(Path::new("."));
            let synced = fs::File::open(parent).and_then(|parent| parent.sync_all());
            synced.map_err(Error::io("sync", parent))?;
        }
        Ok(())
    }

    /// Keeps everything: the manifest names it now.
    pub(super) fn keep(mut self) {
        self.files.clear();
        self.folders.clear();
    }

    fn file(&mut self, folder: &str, name: &str) -> Result<String> {
        let path = self.dir.join(folder);
        if !path.is_dir() {
            self.make(path.clone())?;
        }
        self.files.push(path.join(name));
        Ok(format!("{folder}/{name}"))
    }

    fn make(&mut self, folder: PathBuf) -> Result<()> {
        match fs::create_dir(&folder) {
            Ok(()) => self.folders.push(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::io("create", folder)(error)),
        }
        Ok(())
    }
}

impl Drop for Staged {
    /// What cannot be removed is left to the next import, which removes what the manifest does not
    /// name.
    fn drop(&mut self) {
        for file in &self.files {
            drop(fs::remove_file(file));
        }
        for folder in self.folders.iter().rev() {
            drop(fs::remove_dir(folder));
        }
    }
}
