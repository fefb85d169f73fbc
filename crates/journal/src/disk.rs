//! The only way to files: one folder of files with plain names.
//!
//! The journal itself never calls the system, so that a test can stand in for the disk and lose what
//! was not synced. [`FolderDisk`] is the real one.

mod folder;

use std::{fmt, io, path::Path, sync::Arc};

use marquee_store::Artifact;

pub use folder::FolderDisk;

/// A folder of files.
///
/// What is created, renamed or removed is only sure to outlive a power failure after
/// [`sync_folder`](Self::sync_folder), what is written to a file after its
/// [`sync`](DiskFile::sync).
pub trait Disk: fmt::Debug + Send + Sync + 'static {
    /// The folder, for messages.
    fn path(&self) -> &Path;

    /// Names of all files, in any order.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Opens a file that is there, for reading and writing where that is allowed.
    ///
    /// # Errors
    ///
    /// What the system says; [`io::ErrorKind::NotFound`] when there is none.
    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Makes a file without bytes, in place of any that has the name.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn create(&self, name: &str) -> io::Result<Arc<dyn DiskFile>>;

    /// Gives a file another name, in place of any that has it.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file. Who has it open can go on reading.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes names durable.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn sync_folder(&self) -> io::Result<()>;

    /// Opens an artifact.
    ///
    /// # Errors
    ///
    /// When it is not there or its front is damaged.
    fn artifact(&self, name: &str) -> marquee_store::Result<Artifact>;
}

/// An open file. Stays the same file when its name is given to another.
pub trait DiskFile: fmt::Debug + Send + Sync {
    /// Its length in bytes.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn length(&self) -> io::Result<u64>;

    /// Reads from `offset` on until `buffer` is full or the file ends; gives the number of bytes.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes` at `offset`. On failure a part may be written.
    ///
    /// # Errors
    ///
    /// What the system says, [`io::ErrorKind::StorageFull`] when there is no room.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Cuts the file to `length` bytes.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn cut(&self, length: u64) -> io::Result<()>;

    /// Makes bytes and length durable. After a failure nobody knows which of them are, also when a
    /// later call succeeds.
    ///
    /// # Errors
    ///
    /// What the system says.
    fn sync(&self) -> io::Result<()>;
}
