//! The data folder: what was imported, and where it lies.
//!
//! ```text
//! DIR/imports.json           what is imported (see `manifest`); replaced at once by a rename
//! DIR/events/000001-ids.mqa  users, sessions and items of import 1
//! DIR/events/000001-0001.mqa its first events (see `segment`)
//! DIR/catalog/000001-0001.mqa its first catalog records (see `catalog`)
//! ```
//!
//! Where a person was erased from an import, its files are written anew and called `000001r1-…`.
//!
//! Files are written under names that no manifest mentions yet, then the manifest is replaced. An
//! import that is killed before that leaves files that nobody reads; the next import removes them.

use std::{
    collections::HashSet,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use crate::{
    Error, Result,
    manifest::{MANIFEST_FILE, Manifest},
};

/// Folder of event segments and id tables in a data folder.
pub(crate) const EVENTS_DIR: &str = "events";
/// Folder of catalog segments in a data folder.
pub(crate) const CATALOG_DIR: &str = "catalog";

/// A data folder.
///
/// Opening reads the manifest; what it names is mapped when it is asked for. Reading needs no lock:
/// what a manifest names is never changed. [`import`](Self::import) locks out other imports.
#[derive(Debug)]
pub struct DataFolder {
    dir: PathBuf,
    manifest: Manifest,
}

impl DataFolder {
    /// Opens a data folder for reading.
    ///
    /// # Errors
    ///
    /// [`Error::NotADataFolder`] when there is no manifest in `dir`, and [`Error::Io`],
    /// [`Error::Manifest`] or [`Error::ManifestVersion`] when it cannot be read.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self> {
        let dir = dir.into();
        match Manifest::read(&dir)? {
            Some(manifest) => Ok(Self { dir, manifest }),
            None => Err(Error::NotADataFolder { dir }),
        }
    }

    /// Opens a data folder, an empty one where there is none yet.
    ///
    /// Nothing is created before the first import. Files that an interrupted import left behind are
    /// removed, unless another import is running.
    ///
    /// # Errors
    ///
    /// [`Error::Io`], [`Error::Manifest`] or [`Error::ManifestVersion`] when the folder or its
    /// manifest cannot be read.
    pub fn open_or_create(dir: impl Into<PathBuf>) -> Result<Self> {
        let dir = dir.into();
        let manifest = Manifest::read(&dir)?.unwrap_or_default();
        let mut this = Self { dir, manifest };
        if this.dir.is_dir() {
            match Lock::take(&this.dir) {
                Ok(_lock) => {
                    this.reload()?;
                    this.remove_leftovers()?;
                }
                // The files of a running import look like leftovers.
                Err(Error::Locked { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(this)
    }

    /// Where it lies.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What was imported.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Reads the manifest again: another process may have imported since.
    ///
    /// # Errors
    ///
    /// As [`DataFolder::open`], but a folder without manifest is empty.
    pub fn reload(&mut self) -> Result<()> {
        self.manifest = Manifest::read(&self.dir)?.unwrap_or_default();
        Ok(())
    }

    /// Writes a new manifest and goes on with it.
    pub(crate) fn publish(&mut self, manifest: Manifest) -> Result<()> {
        manifest.write(&self.dir)?;
        self.manifest = manifest;
        Ok(())
    }

    /// Removes files of interrupted imports; the caller holds the lock.
    pub(crate) fn remove_leftovers(&self) -> Result<()> {
        let known: HashSet<PathBuf> = self.manifest.files().collect();
        for name in [EVENTS_DIR, CATALOG_DIR] {
            let entries = match fs::read_dir(self.dir.join(name)) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Error::io("read", self.dir.join(name))(error)),
            };
            for entry in entries {
                let path = entry
                    .map_err(Error::io("read", self.dir.join(name)))?
                    .path();
                let inside = Path::new(name).join(path.file_name().unwrap_or_default());
                if is_ours(&path) && !known.contains(&inside) {
                    fs::remove_file(&path).map_err(Error::io("remove", &path))?;
                }
            }
        }
        self.remove_temporary_manifests()
    }

    /// A killed process may leave the manifest's temporary copy.
    fn remove_temporary_manifests(&self) -> Result<()> {
        let entries = fs::read_dir(&self.dir).map_err(Error::io("read", &self.dir))?;
        for entry in entries {
            let path = entry.map_err(Error::io("read", &self.dir))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.contains(MANIFEST_FILE) && name.starts_with('.') && name.ends_with(".tmp") {
                fs::remove_file(&path).map_err(Error::io("remove", &path))?;
            }
        }
        Ok(())
    }
}

/// Whether a file is one that imports write: a segment, or its temporary copy.
fn is_ours(path: &Path) -> bool {
    let suffix = path.extension().unwrap_or_default();
    path.is_file() && (suffix == "mqa" || suffix == "tmp")
}

/// Keeps other imports out as long as it lives; the system gives it back when a process dies.
///
/// It is the folder itself that is locked, so that no lock file stays behind.
#[derive(Debug)]
pub(crate) struct Lock {
    _dir: File,
}

impl Lock {
    /// Locks `dir`, which must be there.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] when another import holds it.
    pub(crate) fn take(dir: &Path) -> Result<Self> {
        let file = File::open(dir).map_err(Error::io("open", dir))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _dir: file }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked {
                dir: dir.to_owned(),
            }),
            Err(TryLockError::Error(error)) => Err(Error::io("lock", dir)(error)),
        }
    }
}

#[cfg(test)]
mod tests;
