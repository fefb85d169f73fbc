//! Reading on another thread, some blocks ahead.

use std::{
    io::{self, Read},
    sync::mpsc::{Receiver, sync_channel},
    thread,
};

use super::{CHUNK_BYTES, read_full};

/// Blocks that may wait to be taken.
const BLOCKS_AHEAD: usize = 4;

/// Gives the bytes of a reader that another thread reads, at most [`BLOCKS_AHEAD`] blocks ahead.
///
/// The thread ends with the reader, at its first error, or when this is dropped.
pub(super) struct Ahead {
    blocks: Receiver<io::Result<Vec<u8>>>,
    block: Vec<u8>,
    taken: usize,
}

impl Ahead {
    /// # Errors
    ///
    /// What the system says when it has no thread left.
    pub(super) fn start(mut reader: impl Read + Send + 'static) -> io::Result<Self> {
        let (give, blocks) = sync_channel(BLOCKS_AHEAD);
        let read = move || {
            loop {
                let mut block = vec![0; CHUNK_BYTES];
                let outcome = read_full(&mut reader, &mut block).map(|n| {
                    block.truncate(n);
                    block
                });
                let is_last = outcome.as_ref().map_or(true, Vec::is_empty);
                if give.send(outcome).is_err() || is_last {
                    return;
                }
            }
        };
        thread::Builder::new()
            .name("unpack".to_owned())
            .spawn(read)?;
        Ok(Self {
            blocks,
            block: Vec::new(),
            taken: 0,
        })
    }
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.block.len() {
            // After the last block or an error the other thread is gone, which is the end.
            self.block = self.blocks.recv().unwrap_or_else(|_| Ok(Vec::new()))?;
            self.taken = 0;
        }
        let n = buffer.len().min(self.block.len() - self.taken);
        buffer[..n].copy_from_slice(&self.block[self.taken..self.taken + n]);
        self.taken += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_same_bytes() {
        let bytes: Vec<u8> = (0..3 * CHUNK_BYTES + 17)
            .map(|at| at.to_le_bytes()[0])
            .collect();
        let mut got = Vec::new();
        Ahead::start(io::Cursor::new(bytes.clone()))
            .unwrap()
            .read_to_end(&mut got)
            .unwrap();
        assert!(got == bytes);
    }

    #[test]
    fn an_error_comes_after_the_bytes_before_it() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::InvalidData.into())
            }
        }
        let start = vec![7; CHUNK_BYTES];
        let mut ahead = Ahead::start(io::Cursor::new(start.clone()).chain(Broken)).unwrap();
        let mut got = Vec::new();
        let error = ahead.read_to_end(&mut got).unwrap_err();
        assert_eq!((error.kind(), got), (io::ErrorKind::InvalidData, start));
    }

    #[test]
    fn a_reader_that_is_left_alone_stops() {
        let mut ahead = Ahead::start(io::repeat(1)).unwrap();
        ahead.read_exact(&mut [0; 10]).unwrap();
        drop(ahead);
    }
}
