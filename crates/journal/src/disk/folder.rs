//! A folder of the file system.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use marquee_store::Artifact;

use super::{Disk, DiskFile};
use crate::{Error, Result};

/// A folder of the file system.
#[derive(Debug)]
pub struct FolderDisk {
    dir: PathBuf,
    /// Open for syncing; locked when writing.
    folder: File,
    access: Access,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

impl FolderDisk {
    /// Opens `dir` for writing, makes it where it is not there, and keeps other writers out for as
    /// long as this lives. The folder itself is locked, so no lock file stays behind.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] when another process writes to it, [`Error::Io`] when it cannot be made.
    pub fn lock(dir: impl AsRef<Path>) -> Result<Self> {
        let dir = dir.as_ref();
        make(dir)?;
        let disk = Self::new(dir, Access::Write)?;
        match disk.folder.try_lock() {
            Ok(()) => Ok(disk),
            Err(TryLockError::WouldBlock) => Err(Error::Locked {
                dir: dir.to_owned(),
            }),
            Err(TryLockError::Error(error)) => Err(Error::io("lock", dir)(error)),
        }
    }

    /// Opens `dir` for reading.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when it is not there.
    pub fn read(dir: impl AsRef<Path>) -> Result<Self> {
        Self::new(dir.as_ref(), Access::Read)
    }

    fn new(dir: &Path, access: Access) -> Result<Self> {
        let folder = File::open(dir).map_err(Error::io("open", dir))?;
        Ok(Self {
            dir: dir.to_owned(),
            folder,
            access,
        })
    }
}

/// Makes the folder, and its entry in the one above durable.
fn make(dir: &Path) -> Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
    let above = match dir.parent() {
        Some(above) if above != Path::new("") => above,
        _ => Path::new("."),
    };
    let synced = File::open(above).and_then(|above| above.sync_all());
    synced.map_err(Error::io("sync", above))
}

impl Disk for FolderDisk {
    fn path(&self) -> &Path {
        &self.dir
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let names = fs::read_dir(&self.dir)?.map(|entry| Ok(entry?.file_name()));
        let names: Vec<_> = names.collect::<io::Result<_>>()?;
        // What is not UTF-8 is not ours.
        Ok(names
            .into_iter()
            .filter_map(|name| name.into_string().ok())
            .collect())
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let write = self.access == Access::Write;
        let mut options = OpenOptions::new();
        let file = options.read(true).write(write).open(self.dir.join(name))?;
        Ok(Arc::new(FolderFile { file }))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        let file = options.open(self.dir.join(name))?;
        Ok(Arc::new(FolderFile { file }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.dir.join(from), self.dir.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.dir.join(name))
    }

    fn sync_folder(&self) -> io::Result<()> {
        self.folder.sync_all()
    }

    fn artifact(&self, name: &str) -> marquee_store::Result<Artifact> {
        Artifact::open(self.dir.join(name))
    }
}

#[derive(Debug)]
struct FolderFile {
    file: File,
}

impl DiskFile for FolderFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            let at = offset + filled as u64;
            match self.file.read_at(&mut buffer[filled..], at) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn cut(&self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}
