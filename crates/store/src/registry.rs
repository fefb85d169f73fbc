//! Numbered versions of models in a folder, and which one is served.
//!
//! ```text
//! models/ACTIVE              served version on the first line, those before it below
//! models/ials/000003/        a published version: never changed, only removed
//! models/ials/LAST           highest number that was ever removed, so that it is not used again
//! models/value.toml          a text that operators change, such as this one, if there is any
//! models/.left-ranker-000002.mqa   what a server made of events since that version was trained
//! models/.staging-ials-…/    a version that is being written, locked by its writer
//! models/.unfinished-ials.mqa   state of a training that was interrupted, to go on from
//! models/.lock               held while one of these is renamed or replaced
//! ```
//!
//! Every change is one rename: a crash leaves the state before or after it. What a crashed writer
//! left behind is known by its lock being free, and is removed when the registry is next opened.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use crate::{Error, Result, replace::sync_folder, replace_file};

mod active;
mod staged;
mod version;

pub use staged::Staged;
pub use version::ModelVersion;

/// A folder of model versions. Any number of processes may use it at once.
#[derive(Debug, Clone)]
pub struct Registry {
    root: PathBuf,
}

impl Registry {
    /// Opens the registry in folder `root`, makes the folder if it is not there, and removes what
    /// crashed writers left behind.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the folder cannot be made or read.
    pub fn open(root: impl AsRef<Path>) -> Result<Self> {
        let root = root.as_ref().to_owned();
        fs::create_dir_all(&root).map_err(Error::io("create", &root))?;
        let registry = Self { root };
        let _lock = registry.lock()?;
        staged::remove_abandoned(&registry.root)?;
        Ok(registry)
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Starts a new version of model `name`: an empty folder to be filled and then published.
    ///
    /// # Errors
    ///
    /// [`Error::ModelName`] when `name` is not 1 to 64 of `a-z`, `0-9` and `-`, [`Error::Io`] when
    /// the folder cannot be made.
    pub fn stage(&self, name: &str) -> Result<Staged> {
        version::check_name(name)?;
        let _lock = self.lock()?;
        Staged::create(self.clone(), name)
    }

    /// The file that keeps the state of an unfinished training of model `name`, whether it exists or
    /// not.
    ///
    /// # Errors
    ///
    /// [`Error::ModelName`] when `name` cannot be one.
    pub fn unfinished(&self, name: &str) -> Result<PathBuf> {
        version::check_name(name)?;
        Ok(self.root.join(format!(".unfinished-{name}.mqa")))
    }

    /// Removes the state of an unfinished training, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::ModelName`] when `name` cannot be one, [`Error::Io`] when it cannot be removed.
    pub fn forget_unfinished(&self, name: &str) -> Result<()> {
        let path = self.unfinished(name)?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other.map_err(Error::io("remove", &path)),
        }
    }

    /// Folder of `version`, whether it exists or not.
    pub fn path_of(&self, version: &ModelVersion) -> PathBuf {
        self.root.join(version.to_string())
    }

    /// All published versions, by name and then by number.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the folder cannot be read.
    pub fn versions(&self) -> Result<Vec<ModelVersion>> {
        let mut versions = Vec::new();
        for name in folders_in(&self.root)? {
            if version::check_name(&name).is_ok() {
                versions.extend(self.versions_of(&name)?);
            }
        }
        versions.sort();
        Ok(versions)
    }

    /// The published versions of model `name`, by number.
    ///
    /// # Errors
    ///
    /// [`Error::ModelName`] when `name` cannot be one, [`Error::Io`] when the folder cannot be read.
    pub fn versions_of(&self, name: &str) -> Result<Vec<ModelVersion>> {
        version::check_name(name)?;
        let numbers = folders_in(&self.root.join(name))?;
        let versions = numbers
            .iter()
            .filter_map(|number| format!("{name}/{number}").parse().ok());
        let mut versions: Vec<ModelVersion> = versions.collect();
        versions.sort();
        Ok(versions)
    }

    /// The version that is served, or `None` before the first activation.
    ///
    /// # Errors
    ///
    /// [`Error::RegistryFile`] when the pointer cannot be read, [`Error::VersionMissing`] when it
    /// leads nowhere.
    pub fn active(&self) -> Result<Option<ModelVersion>> {
        let Some(version) = active::read(&self.root)?.into_iter().next() else {
            return Ok(None);
        };
        self.check_exists(&version)?;
        Ok(Some(version))
    }

    /// The versions that were activated and not rolled back, the served one first.
    ///
    /// # Errors
    ///
    /// [`Error::RegistryFile`] when the pointer cannot be read.
    pub fn history(&self) -> Result<Vec<ModelVersion>> {
        active::read(&self.root)
    }

    /// Makes `version` the served one and remembers the one before it for [`Registry::roll_back`].
    ///
    /// # Errors
    ///
    /// [`Error::VersionMissing`] when it was not published, [`Error::RegistryFile`] when the
    /// pointer cannot be read.
    pub fn activate(&self, version: &ModelVersion) -> Result<()> {
        let _lock = self.lock()?;
        self.check_exists(version)?;
        let mut history = active::read(&self.root)?;
        history.insert(0, version.clone());
        active::write(&self.root, history)
    }

    /// Goes back to the version that was served before, and returns it. Versions that were deleted
    /// by hand are passed over.
    ///
    /// # Errors
    ///
    /// [`Error::NothingEarlier`] when there is none; the served version then stays.
    pub fn roll_back(&self) -> Result<ModelVersion> {
        let _lock = self.lock()?;
        let mut earlier = active::read(&self.root)?
            .into_iter()
            .skip(1)
            .collect::<Vec<_>>();
        earlier.retain(|version| self.path_of(version).is_dir());
        let Some(version) = earlier.first().cloned() else {
            return Err(Error::NothingEarlier {
                path: active::path(&self.root),
            });
        };
        active::write(&self.root, earlier)?;
        Ok(version)
    }

    /// Deletes `version`. Its number is not used again. Who has mapped its files keeps them.
    ///
    /// # Errors
    ///
    /// [`Error::VersionActive`] when it is served, [`Error::VersionMissing`] when it does not exist.
    pub fn remove(&self, version: &ModelVersion) -> Result<()> {
        let _lock = self.lock()?;
        self.check_exists(version)?;
        let mut history = active::read(&self.root)?;
        if history.first() == Some(version) {
            return Err(Error::VersionActive {
                version: version.clone(),
            });
        }
        history.retain(|other| other != version);
        active::write(&self.root, history)?;
        staged::remember_removed(&self.root, version)?;
        let left = self.left_of(version);
        match fs::remove_file(&left) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::io("remove", &left)(error));
            }
            _ => {}
        }
        staged::discard(&self.root, &self.path_of(version))
    }

    fn check_exists(&self, version: &ModelVersion) -> Result<()> {
        let path = self.path_of(version);
        if path.is_dir() {
            return Ok(());
        }
        Err(Error::VersionMissing {
            version: version.clone(),
            path,
        })
    }

    /// The file in which a server leaves for the next one what it made of events since `version` was
    /// trained, whether it exists or not. It goes with the version.
    pub fn left_of(&self, version: &ModelVersion) -> PathBuf {
        let name = version.to_string().replace('/', "-");
        self.root.join(format!(".left-{name}.mqa"))
    }

    /// The text that stands beside the models under `name`, if there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when it cannot be read or is no UTF-8.
    pub fn text(&self, name: &str) -> Result<Option<String>> {
        let path = self.text_path(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io("read", &path)(error)),
        }
    }

    /// Puts a text beside the models in place of the one under `name`, whole and durable or not at all;
    /// `None` removes it.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the disk refuses.
    pub fn put_text(&self, name: &str, text: Option<&str>) -> Result<()> {
        let _lock = self.lock()?;
        let path = self.text_path(name);
        match text {
            Some(text) => replace_file(&path, |file| file.write_all(text.as_bytes())),
            None => match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(Error::io("remove", &path)(error))
                }
                _ => sync_folder(&self.root),
            },
        }
    }

    /// Where the text under `name` lies, whether it is there or not.
    pub fn text_path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Waits until no other process changes the registry. Held until the file is dropped.
    fn lock(&self) -> Result<File> {
        let path = self.root.join(".lock");
        let mut options = File::options();
        let options = options.create(true).truncate(false).write(true);
        let file = options.open(&path).map_err(Error::io("open", &path))?;
        file.lock().map_err(Error::io("lock", &path))?;
        Ok(file)
    }
}

/// Names of the folders in `folder`; none where it does not exist.
fn folders_in(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("read", folder)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::io("read", folder))?;
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if let (true, Some(name)) = (is_folder, entry.file_name().to_str()) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// Makes `folder` unless it is there, durably.
fn ensure_folder(parent: &Path, folder: &Path) -> Result<()> {
    match fs::create_dir(folder) {
        Ok(()) => sync_folder(parent),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::io("create", folder)(error)),
    }
}

#[cfg(test)]
mod tests;
