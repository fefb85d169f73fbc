//! The header: kind, metadata and the table of sections, as a small rkyv archive.
//!
//! The archive is validated in place and then copied into plain structs, so that nothing of it is
//! trusted twice. Its pointers are 32 bits wide and its alignment is one byte; arrays of a model
//! never go in here.

use rkyv::{Archive, Serialize, rancor::BoxedError};

use crate::{
    DType, Fault,
    layout::{MAX_DIMENSIONS, aligned},
};

/// The longest header that is read or written.
pub const MAX_HEADER_BYTES: u64 = 16 << 20;

/// The most sections of an artifact.
pub const MAX_SECTIONS: usize = 4096;

/// The most metadata pairs of an artifact.
pub const MAX_METAS: usize = 4096;

/// One row of the table of sections.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SectionInfo {
    /// Name, unique in the artifact.
    pub name: String,
    /// Type of the elements.
    pub dtype: DType,
    /// Extents, slowest first; no extent at all is a single number.
    pub shape: Vec<u64>,
    /// Position in the file, a multiple of 64.
    pub offset: u64,
    /// Length in bytes.
    pub bytes: u64,
    /// XXH3-64 of the bytes.
    pub checksum: u64,
}

/// The header, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: String,
    pub(crate) format_version: u32,
    pub(crate) metas: Vec<(String, String)>,
    pub(crate) sections: Vec<SectionInfo>,
}

/// The header as rkyv lays it out. The order of fields is part of the format.
#[derive(Debug, Archive, Serialize)]
struct HeaderRecord {
    kind: String,
    format_version: u32,
    metas: Vec<MetaRecord>,
    sections: Vec<SectionRecord>,
}

#[derive(Debug, Archive, Serialize)]
struct MetaRecord {
    key: String,
    value: String,
}

#[derive(Debug, Archive, Serialize)]
struct SectionRecord {
    name: String,
    dtype: u8,
    shape: Vec<u64>,
    offset: u64,
    bytes: u64,
    checksum: u64,
}

// Features of rkyv are shared by a whole build. If anything in it asked for wider pointers or for
// alignment, files would silently change; so that does not compile.
const _: () =
    assert!(size_of::<ArchivedHeaderRecord>() == 28 && align_of::<ArchivedHeaderRecord>() == 1);
const _: () =
    assert!(size_of::<ArchivedMetaRecord>() == 16 && align_of::<ArchivedMetaRecord>() == 1);
const _: () =
    assert!(size_of::<ArchivedSectionRecord>() == 41 && align_of::<ArchivedSectionRecord>() == 1);

impl Header {
    /// The archive. Its length does not depend on offsets and checksums.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, Fault> {
        self.check_limits()?;
        let bytes = rkyv::to_bytes::<BoxedError>(&self.to_record())
            .map_err(|source| Fault::HeaderMalformed { source })?;
        at_most("header bytes", bytes.len() as u64, MAX_HEADER_BYTES)?;
        Ok(bytes.into_vec())
    }

    /// Reads an archive. Memory: no more than the archive is long, and a fixed sum besides.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let record = rkyv::access::<ArchivedHeaderRecord, BoxedError>(bytes)
            .map_err(|source| Fault::HeaderMalformed { source })?;
        at_most(
            "sections",
            record.sections.len() as u64,
            MAX_SECTIONS as u64,
        )?;
        at_most(
            "metadata pairs",
            record.metas.len() as u64,
            MAX_METAS as u64,
        )?;
        let metas = record.metas.iter();
        let sections = record.sections.iter();
        Ok(Self {
            kind: record.kind.as_str().to_owned(),
            format_version: record.format_version.to_native(),
            metas: metas
                .map(|meta| (meta.key.as_str().to_owned(), meta.value.as_str().to_owned()))
                .collect(),
            sections: sections.map(decode_section).collect::<Result<_, _>>()?,
        })
    }

    /// Gives every section its place behind a header of `header_end` bytes and a preamble, and
    /// returns the length of the file.
    pub(crate) fn place_sections(&mut self, header_end: u64) -> Result<u64, Fault> {
        let mut end = header_end;
        for section in &mut self.sections {
            let next = aligned(end).and_then(|at| Some((at, at.checked_add(section.bytes)?)));
            let Some((offset, after)) = next else {
                return Err(Fault::Offset {
                    section: section.name.clone(),
                    found: end,
                    expected: u64::MAX,
                });
            };
            section.offset = offset;
            end = after;
        }
        Ok(end)
    }

    /// Checks what a reader would refuse, before rkyv's 32-bit pointers could overflow.
    fn check_limits(&self) -> Result<(), Fault> {
        at_most("sections", self.sections.len() as u64, MAX_SECTIONS as u64)?;
        at_most("metadata pairs", self.metas.len() as u64, MAX_METAS as u64)?;
        for section in &self.sections {
            at_most(
                "dimensions",
                section.shape.len() as u64,
                MAX_DIMENSIONS as u64,
            )?;
        }
        let metas = self.metas.iter();
        let pairs: usize = metas.map(|(key, value)| key.len() + value.len()).sum();
        let names: usize = self.sections.iter().map(|section| section.name.len()).sum();
        let text = pairs + names + self.kind.len();
        at_most("header bytes", text as u64, MAX_HEADER_BYTES)
    }

    fn to_record(&self) -> HeaderRecord {
        let metas = self.metas.iter().map(|(key, value)| MetaRecord {
            key: key.clone(),
            value: value.clone(),
        });
        let sections = self.sections.iter().map(|section| SectionRecord {
            name: section.name.clone(),
            dtype: section.dtype.code(),
            shape: section.shape.clone(),
            offset: section.offset,
            bytes: section.bytes,
            checksum: section.checksum,
        });
        HeaderRecord {
            kind: self.kind.clone(),
            format_version: self.format_version,
            metas: metas.collect(),
            sections: sections.collect(),
        }
    }
}

fn decode_section(record: &ArchivedSectionRecord) -> Result<SectionInfo, Fault> {
    let name = record.name.as_str();
    at_most(
        "dimensions",
        record.shape.len() as u64,
        MAX_DIMENSIONS as u64,
    )?;
    let dtype = DType::from_code(record.dtype).ok_or_else(|| Fault::ElementType {
        section: name.to_owned(),
        code: record.dtype,
    })?;
    Ok(SectionInfo {
        name: name.to_owned(),
        dtype,
        shape: record
            .shape
            .iter()
            .map(|extent| extent.to_native())
            .collect(),
        offset: record.offset.to_native(),
        bytes: record.bytes.to_native(),
        checksum: record.checksum.to_native(),
    })
}

fn at_most(what: &'static str, found: u64, limit: u64) -> Result<(), Fault> {
    if found > limit {
        return Err(Fault::Limit { what, found, limit });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
