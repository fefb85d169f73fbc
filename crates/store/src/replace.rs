//! Writing a file so that it is there whole or not at all.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::{Error, Result};

/// Numbers the temporary names of this process.
static TEMPORARY: AtomicU64 = AtomicU64::new(0);

/// Writes the file at `path` anew: whoever opens it meets the old bytes or the new ones, also after
/// a crash or a power failure.
///
/// The bytes go to a temporary file in the same folder, which is synced and renamed; then the folder
/// is synced. When anything fails before the rename, the temporary file is removed and the file at
/// `path` is as it was; when only the last step fails, the new file stands but may not outlive a
/// power failure. Temporary names start with a dot and end with `.tmp`; one that a crash left behind
/// is never read.
///
/// # Errors
///
/// [`Error::Io`] with `path`, for example when the disk is full or `write` fails.
pub fn replace_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let (temporary, file) = create_beside(path)?;
    let outcome = fill(file, write).and_then(|()| fs::rename(&temporary, path));
    if let Err(source) = outcome {
        // The first failure is the one to tell.
        drop(fs::remove_file(&temporary));
        return Err(Error::io("write", path)(source));
    }
    sync_folder(folder_of(path))
}

/// Makes a rename or a new entry in `folder` durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(Error::io("sync", folder))
}

/// A number that no other temporary name of this process has.
pub(crate) fn next_temporary() -> u64 {
    TEMPORARY.fetch_add(1, Ordering::Relaxed)
}

fn fill(file: File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // Small parts are gathered; a large array passes the buffer and goes to the file as it is.
    let mut buffer = BufWriter::with_capacity(1 << 16, file);
    write(&mut buffer)?;
    let file = buffer
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    file.sync_all()
}

fn create_beside(path: &Path) -> Result<(PathBuf, File)> {
    loop {
        let temporary = temporary_name(path);
        let mut options = OpenOptions::new();
        match options.write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            // Left behind by a crashed process that had our number: not ours to touch.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::io("create", path)(error)),
        }
    }
}

fn temporary_name(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}-{}.tmp", process::id(), next_temporary()));
    folder_of(path).join(name)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests;
