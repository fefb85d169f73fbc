//! Versions on their way in and out: staging, publishing, discarding.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    process,
};

use rustix::{
    fs::{CWD, RenameFlags, renameat_with},
    io::Errno,
};

use super::{ModelVersion, Registry, ensure_folder, folders_in};
use crate::{
    Error, Result,
    replace::{next_temporary, sync_folder},
    replace_file,
};

/// How names of staging folders start. A model's name cannot start with a dot.
const PREFIX: &str = ".staging-";

/// Name of the file that keeps the highest number ever removed.
const LAST: &str = "LAST";

/// A version that is being written. Dropping it without publishing deletes it.
#[derive(Debug)]
pub struct Staged {
    registry: Registry,
    name: String,
    path: PathBuf,
    /// Held while the writer lives; a free lock marks a folder that a crash left behind.
    _lock: File,
    published: bool,
}

impl Staged {
    /// Makes and locks a staging folder. The caller holds the registry's lock, so nobody can take
    /// the folder for abandoned before it is locked.
    pub(super) fn create(registry: Registry, name: &str) -> Result<Self> {
        let path = fresh_path(registry.root(), name);
        fs::create_dir(&path).map_err(Error::io("create", &path))?;
        let lock = File::open(&path).map_err(Error::io("open", &path))?;
        lock.lock().map_err(Error::io("lock", &path))?;
        Ok(Self {
            registry,
            name: name.to_owned(),
            path,
            _lock: lock,
            published: false,
        })
    }

    /// The folder to write files into.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes a file of another version in under `name`: the same bytes on the disk where the file system
    /// can share them, a copy otherwise. Files of versions are never changed, only replaced, so sharing
    /// does no harm.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the file cannot be read or the disk refuses.
    pub fn take_in(&self, file: &Path, name: &str) -> Result<()> {
        let target = self.path.join(name);
        fs::hard_link(file, &target)
            .or_else(|_| fs::copy(file, &target).map(drop))
            .map_err(Error::io("copy", file))
    }

    /// Removes the file `name`, which was of use on the way and is not to be published.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when there is none or the disk refuses.
    pub fn leave_out(&self, name: &str) -> Result<()> {
        let path = self.path.join(name);
        fs::remove_file(&path).map_err(Error::io("remove", &path))
    }

    /// Makes the folder durable and gives it the model's next number. It is not served before
    /// [`Registry::activate`].
    ///
    /// # Errors
    ///
    /// [`Error::VersionEmpty`] when the folder holds no file, [`Error::FileType`] when it holds
    /// something else than files and folders, [`Error::Io`] when the disk fails. The staged files
    /// are then deleted.
    pub fn publish(mut self) -> Result<ModelVersion> {
        if sync_tree(&self.path)? == 0 {
            return Err(Error::VersionEmpty {
                path: self.path.clone(),
            });
        }
        let root = self.registry.root().to_owned();
        let _lock = self.registry.lock()?;
        let models = root.join(&self.name);
        ensure_folder(&root, &models)?;
        let version = self.rename_to_next()?;
        self.published = true;
        sync_folder(&models)?;
        sync_folder(&root)?;
        Ok(version)
    }

    fn rename_to_next(&self) -> Result<ModelVersion> {
        let exhausted = || Error::VersionsExhausted {
            name: self.name.clone(),
        };
        let mut number = highest_number(&self.registry, &self.name)?;
        loop {
            number = number.checked_add(1).ok_or_else(exhausted)?;
            let version = ModelVersion::new(&self.name, number)?;
            let target = self.registry.path_of(&version);
            match rename_to_new(&self.path, &target) {
                Ok(()) => return Ok(version),
                // Something that does not take the lock was faster, or left a file of that name.
                Err(Errno::EXIST) => {}
                Err(error) => return Err(Error::io("rename", &self.path)(error.into())),
            }
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.published {
            // What cannot be deleted now is removed when the registry is next opened.
            drop(fs::remove_dir_all(&self.path));
        }
    }
}

/// Renames `from` to `to`, which must not exist.
fn rename_to_new(from: &Path, to: &Path) -> Result<(), Errno> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Not every network file system knows the flag. The registry's lock, which the caller holds,
        // then keeps the answer of `exists` true.
        Err(Errno::INVAL | Errno::NOSYS) if to.exists() => Err(Errno::EXIST),
        Err(Errno::INVAL | Errno::NOSYS) => rustix::fs::rename(from, to),
        outcome => outcome,
    }
}

/// Removes staging folders whose writer is gone. The caller holds the registry's lock.
pub(super) fn remove_abandoned(root: &Path) -> Result<()> {
    let names = folders_in(root)?;
    for name in names.iter().filter(|name| name.starts_with(PREFIX)) {
        let path = root.join(name);
        let folder = match File::open(&path) {
            Ok(folder) => folder,
            // Its writer gave it up in between.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(Error::io("open", &path)(error)),
        };
        match folder.try_lock() {
            Ok(()) => remove_tree(&path)?,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", &path)(error)),
        }
    }
    Ok(())
}

/// Keeps the number of a version that is about to be removed from being used again.
pub(super) fn remember_removed(root: &Path, version: &ModelVersion) -> Result<()> {
    let path = root.join(version.name()).join(LAST);
    let last = read_last(&path)?.max(version.number());
    replace_file(&path, |file| writeln!(file, "{last}"))
}

/// Removes the folder at `path`: first out of sight by one rename, then file by file.
pub(super) fn discard(root: &Path, path: &Path) -> Result<()> {
    let doomed = fresh_path(root, "removed");
    fs::rename(path, &doomed).map_err(Error::io("rename", path))?;
    path.parent().map_or(Ok(()), sync_folder)?;
    remove_tree(&doomed)
}

fn remove_tree(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}

/// A path for a staging folder that nothing else has.
fn fresh_path(root: &Path, name: &str) -> PathBuf {
    loop {
        let number = next_temporary();
        let path = root.join(format!("{PREFIX}{name}-{}-{number}", process::id()));
        if !path.exists() {
            return path;
        }
    }
}

/// The highest number that model `name` has or had.
fn highest_number(registry: &Registry, name: &str) -> Result<u32> {
    let last = read_last(&registry.root().join(name).join(LAST))?;
    let versions = registry.versions_of(name)?;
    Ok(versions.last().map_or(0, ModelVersion::number).max(last))
}

/// The number in the file at `path`; zero where there is none.
fn read_last(path: &Path) -> Result<u32> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(Error::io("read", path)(error)),
    };
    let number = text.strip_suffix('\n').and_then(|line| line.parse().ok());
    number.ok_or_else(|| Error::RegistryFile {
        path: path.to_owned(),
        line: 1,
        expected: "a version number",
        found: text,
    })
}

/// Syncs every file and folder under `folder`, and returns how many files there are.
fn sync_tree(folder: &Path) -> Result<u64> {
    let mut n_files = 0;
    for entry in fs::read_dir(folder).map_err(Error::io("read", folder))? {
        let path = entry.map_err(Error::io("read", folder))?.path();
        let kind = fs::symlink_metadata(&path).map_err(Error::io("read", &path))?;
        if kind.is_dir() {
            n_files += sync_tree(&path)?;
        } else if kind.is_file() {
            let synced = File::open(&path).and_then(|file| file.sync_all());
            synced.map_err(Error::io("sync", &path))?;
            n_files += 1;
        } else {
            return Err(Error::FileType { path });
        }
    }
    sync_folder(folder)?;
    Ok(n_files)
}
