//! Bytes of a file, unpacked: plain, gzip or Zstandard, told apart by their first bytes.

mod ahead;

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

use ahead::Ahead;
use flate2::read::MultiGzDecoder;
use twox_hash::XxHash3_128;

use crate::{Error, Result};

/// Bytes read at once.
const CHUNK_BYTES: usize = 256 * 1024;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zstandard,
}

/// Opens `path`; what is packed is unpacked by a thread of its own while the caller works on what
/// came before.
///
/// # Errors
///
/// [`Error::Io`] when it cannot be opened or its first bytes cannot be read.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read + Send>> {
    match unpacked(path)? {
        (Packing::Plain, reader) => Ok(reader),
        (Packing::Gzip | Packing::Zstandard, reader) => {
            let ahead = Ahead::start(reader).map_err(Error::io("unpack", path))?;
            Ok(Box::new(ahead))
        }
    }
}

/// Opens `path` and unpacks it as it is read.
fn unpacked(path: &Path) -> Result<(Packing, Box<dyn Read + Send>)> {
    let mut file = File::open(path).map_err(Error::io("open", path))?;
    if file.metadata().map_err(Error::io("open", path))?.is_dir() {
        return Err(Error::io("read", path)(io::ErrorKind::IsADirectory.into()));
    }
    let mut head = [0_u8; 4];
    let n = read_full(&mut file, &mut head).map_err(Error::io("read", path))?;
    let all = io::Cursor::new(head).take(n as u64).chain(file);
    let packed = BufReader::with_capacity(CHUNK_BYTES, all);
    Ok(if head[..n].starts_with(&GZIP) {
        (Packing::Gzip, Box::new(MultiGzDecoder::new(packed)))
    } else if head[..n].starts_with(&ZSTD) {
        let reader = zstd::stream::read::Decoder::with_buffer(packed);
        let reader = reader.map_err(Error::io("unpack", path))?;
        (Packing::Zstandard, Box::new(reader))
    } else {
        (Packing::Plain, Box::new(packed))
    })
}

/// What a file holds, for recognizing it when it comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content {
    /// XXH3-128 of the unpacked bytes.
    pub(crate) hash: u128,
    /// Number of unpacked bytes.
    pub(crate) bytes: u64,
}

/// Hashes the unpacked bytes of `path`: a file and its gzip copy are the same content.
///
/// # Errors
///
/// [`Error::Io`] when it cannot be read or unpacked.
pub(crate) fn content(path: &Path) -> Result<Content> {
    let (_, mut reader) = unpacked(path)?;
    let mut hasher = XxHash3_128::new();
    let mut buffer = vec![0; CHUNK_BYTES];
    let mut bytes = 0;
    loop {
        let n = read_full(&mut reader, &mut buffer).map_err(Error::io("read", path))?;
        if n == 0 {
            break;
        }
        hasher.write(&buffer[..n]);
        bytes += n as u64;
    }
    Ok(Content {
        hash: hasher.finish_128(),
        bytes,
    })
}

/// The first `limit` unpacked bytes of `path`, fewer if it is shorter.
///
/// # Errors
///
/// [`Error::Io`] when it cannot be read or unpacked.
pub(crate) fn head(path: &Path, limit: usize) -> Result<Vec<u8>> {
    let (_, mut reader) = unpacked(path)?;
    let mut buffer = vec![0; limit];
    let n = read_full(&mut reader, &mut buffer).map_err(Error::io("read", path))?;
    buffer.truncate(n);
    Ok(buffer)
}

/// Fills `buffer` as far as there are bytes.
pub(crate) fn read_full(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests;
