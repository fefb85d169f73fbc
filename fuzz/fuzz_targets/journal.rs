//! Any bytes at all open as a journal or give an error, and no question about it panics.
//!
//! The first byte says what the others are: a segment as it is, or the payload of a frame whose
//! header and checksums are made right, so that the records are read; or the entries of records
//! whose checksums are made right too.

#![no_main]

use std::{collections::BTreeMap, io, path::Path, sync::Arc};

use libfuzzer_sys::fuzz_target;
use marquee_journal::{Disk, DiskFile, Entry, Error, Snapshot};
use marquee_store::Artifact;
use twox_hash::XxHash3_64;

const NAME: &str = "00000000000000000001.log";

fuzz_target!(|input: &[u8]| {
    let Some((mode, rest)) = input.split_first() else {
        return;
    };
    let file = match mode % 3 {
        0 => rest.to_vec(),
        1 => framed(rest, u32::from(mode / 3)),
        _ => recorded(rest),
    };
    match exercise(file) {
        Ok(_) | Err(Error::Damaged { .. } | Error::Missing { .. }) => {}
        Err(error) => panic!("bytes in memory have no file system: {error}"),
    }
});

/// Asks everything about a journal of one segment; gives the number of its entries.
fn exercise(file: Vec<u8>) -> Result<usize, Error> {
    let disk = Memory(BTreeMap::from([(NAME.to_owned(), Arc::new(Bytes(file)))]));
    let snapshot = Snapshot::open_on(&disk)?;
    let mut entries = 0;
    for committed in snapshot.scan(0) {
        entries += 1;
        if let Entry::Event(event) = committed?.entry {
            let found = snapshot.actor_events(&event.actor, None, 3)?;
            assert!(found.len() <= 3 && !found.is_empty());
            if let Some(item) = event.action.item() {
                assert!(!snapshot.item_events(item, None, 1)?.is_empty());
            }
            if let Some(id) = &event.id {
                assert!(snapshot.event(id)?.is_some());
            }
        }
    }
    assert_eq!(snapshot.stats().entries, entries as u64);
    snapshot.catalog()?.for_each(drop);
    Ok(entries)
}

/// A segment with one frame of this payload.
fn framed(payload: &[u8], count: u32) -> Vec<u8> {
    let mut file = b"\x89MQJ\r\n\x1a\n".to_vec();
    file.extend_from_slice(&1_u32.to_le_bytes());
    file.extend_from_slice(&[0; 4]);
    file.extend_from_slice(&1_u64.to_le_bytes());
    file.extend_from_slice(&[0; 32]);
    let front = XxHash3_64::oneshot(&file);
    file.extend_from_slice(&front.to_le_bytes());
    let mut header = b"MQJf".to_vec();
    let length = u32::try_from(payload.len()).expect("inputs are short");
    header.extend_from_slice(&length.to_le_bytes());
    header.extend_from_slice(&1_u64.to_le_bytes());
    header.extend_from_slice(&1_000_000_i64.to_le_bytes());
    header.extend_from_slice(&front.to_le_bytes());
    header.extend_from_slice(&count.to_le_bytes());
    header.extend_from_slice(&[0; 4]);
    let inner = XxHash3_64::oneshot_with_seed(64, payload);
    let checksum = XxHash3_64::oneshot_with_seed(inner, &header);
    file.extend_from_slice(&header);
    file.extend_from_slice(&checksum.to_le_bytes());
    file.extend_from_slice(payload);
    file
}

/// A segment of which each record is some bytes of the input, whose first says how many.
fn recorded(mut input: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    let mut count: u32 = 0;
    while let Some((&length, rest)) = input.split_first() {
        let (body, rest) = rest.split_at(rest.len().min(usize::from(length & 0x7f)));
        let seed = (1 + u64::from(count)) ^ 1_000_000_u64.rotate_left(32);
        let check = XxHash3_64::oneshot_with_seed(seed, body).to_le_bytes();
        payload.push(u8::try_from(body.len()).expect("at most 127 bytes"));
        payload.push(u8::try_from(count).expect("at most 127 records"));
        payload.push(0);
        payload.extend_from_slice(&check[..4]);
        payload.extend_from_slice(body);
        input = rest;
        count += 1;
        if count == 127 {
            break;
        }
    }
    framed(&payload, count)
}

/// A folder of files in memory that nobody writes to.
#[derive(Debug)]
struct Memory(BTreeMap<String, Arc<Bytes>>);

#[derive(Debug)]
struct Bytes(Vec<u8>);

impl Disk for Memory {
    fn path(&self) -> &Path {
        Path::new("(memory)")
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.0.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = self.0.get(name).cloned();
        let file = file.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(file)
    }

    fn create(&self, _name: &str) -> io::Result<Arc<dyn DiskFile>> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn rename(&self, _from: &str, _to: &str) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn remove(&self, _name: &str) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }

    fn artifact(&self, _name: &str) -> marquee_store::Result<Artifact> {
        Artifact::from_bytes(&[])
    }
}

impl DiskFile for Bytes {
    fn length(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = self.0.get(start..).unwrap_or_default();
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }

    fn write_at(&self, _bytes: &[u8], _offset: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn cut(&self, _length: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
