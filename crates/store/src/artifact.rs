//! Opening, reading and verifying an artifact.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use twox_hash::XxHash3_64;

use crate::{
    Element, Error, Fault, PREAMBLE_BYTES, Part, Result, SectionInfo, StringsView,
    header::Header,
    layout,
    map::{Bytes, position},
    preamble::Preamble,
    strings::{offsets_section, text_section},
};

/// An artifact that is open for reading.
///
/// `Send` and `Sync`; sections are borrowed from it. Opening maps the file and reads the preamble
/// and the header; pages of sections are read by the kernel when they are first touched. It stays
/// valid when the file is replaced or removed, as this crate does it; a program that cuts the file
/// short in place takes the pages away from under every reader, which the system punishes with a
/// signal.
#[derive(Debug)]
pub struct Artifact {
    path: PathBuf,
    bytes: Arc<Bytes>,
    /// Where in `bytes` this artifact lies: all of it, unless it is nested in another one.
    span: Range<usize>,
    header: Header,
}

/// A section of an artifact: an array of numbers with its shape.
#[derive(Debug, Clone, Copy)]
pub struct Section<'a, T> {
    /// Extents, slowest first; their product is the length of `data`. Where one extent is zero the
    /// others may be anything: compare them with what is known before trusting them.
    pub shape: &'a [u64],
    /// The elements, row after row.
    pub data: &'a [T],
    name: &'a str,
    path: &'a Path,
}

impl Artifact {
    /// Maps the file at `path`, and reads and checks its preamble and header.
    ///
    /// Cost: some microseconds, and the pages of the header if they are not in memory. Memory: about
    /// as much as the header is long, whatever the file claims.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the file cannot be mapped and [`Error::Artifact`] when it is not a whole
    /// artifact of a known version or its header breaks a rule.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = Bytes::map(path)?;
        // Or else a first touch from a cold disk would read megabytes ahead.
        bytes.random();
        let artifact = Self::whole(bytes, path)?;
        artifact.bytes.normal();
        Ok(artifact)
    }

    /// The same over a copy of `bytes`, for what came from no file.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`] as for [`Artifact::open`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Self::whole(Bytes::copy(bytes), Path::new("(memory)"))
    }

    /// The artifact in section `name`, as [`ArtifactBuilder::nest`](crate::ArtifactBuilder::nest)
    /// put it there. It shares the mapping of this one and lives as long as it needs to.
    ///
    /// Errors of it name this file and the part of the inner artifact.
    ///
    /// # Errors
    ///
    /// As [`Artifact::section`] and [`Artifact::open`].
    pub fn nested(&self, name: &str) -> Result<Self> {
        let part = self.section::<u8>(name)?.data;
        let start = part.as_ptr().addr() - self.bytes.as_slice().as_ptr().addr();
        let span = start..start + part.len();
        Self::read(Arc::clone(&self.bytes), span, &self.path.join(name))
    }

    fn whole(bytes: Bytes, path: &Path) -> Result<Self> {
        let span = 0..bytes.as_slice().len();
        Self::read(Arc::new(bytes), span, path)
    }

    fn read(bytes: Arc<Bytes>, span: Range<usize>, path: &Path) -> Result<Self> {
        let part = &bytes.as_slice()[span.clone()];
        let header = read_header(part).map_err(Error::artifact(path))?;
        Ok(Self {
            path: path.to_owned(),
            bytes,
            span,
            header,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the artifact holds, for example `ials`.
    pub fn kind(&self) -> &str {
        &self.header.kind
    }

    /// Version of the kind's own format: which sections there are and what they mean.
    pub fn format_version(&self) -> u32 {
        self.header.format_version
    }

    /// Checks that this is a `kind` of format version 1 to `newest`, and returns the version.
    ///
    /// # Errors
    ///
    /// [`Fault::Kind`] or [`Fault::FormatVersion`].
    pub fn expect_kind(&self, kind: &str, newest: u32) -> Result<u32> {
        let found = self.format_version();
        if self.kind() != kind {
            return Err(self.fault(Fault::Kind {
                found: self.kind().to_owned(),
                expected: kind.to_owned(),
            }));
        }
        if !(1..=newest).contains(&found) {
            return Err(self.fault(Fault::FormatVersion {
                kind: kind.to_owned(),
                found,
                newest,
            }));
        }
        Ok(found)
    }

    /// The metadata under `key`, if there is any.
    pub fn meta(&self, key: &str) -> Option<&str> {
        let pair = self.header.metas.iter().find(|pair| pair.0 == key)?;
        Some(&pair.1)
    }

    /// The metadata under `key`.
    ///
    /// # Errors
    ///
    /// [`Fault::MetaMissing`] when there is none.
    pub fn expect_meta(&self, key: &str) -> Result<&str> {
        self.meta(key).ok_or_else(|| {
            self.fault(Fault::MetaMissing {
                key: key.to_owned(),
            })
        })
    }

    /// All metadata, in the order in which it was written.
    pub fn metas(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.header
            .metas
            .iter()
            .map(|(key, value)| (&**key, &**value))
    }

    /// The table of sections, in the order of the file. A string table is two sections.
    pub fn sections(&self) -> &[SectionInfo] {
        &self.header.sections
    }

    /// Whether there is a section or a string table `name`.
    pub fn has(&self, name: &str) -> bool {
        self.info(name).is_some() || self.info(&offsets_section(name)).is_some()
    }

    /// Section `name`, without copying it or touching its pages.
    ///
    /// Whether its bytes are those that were written is a matter of [`Artifact::verify`].
    ///
    /// # Errors
    ///
    /// [`Fault::SectionMissing`] when there is none, [`Fault::SectionType`] when it does not hold
    /// `T`.
    pub fn section<T: Element>(&self, name: &str) -> Result<Section<'_, T>> {
        self.typed_section(name).map_err(|fault| self.fault(fault))
    }

    /// String table `name`. Cost: one pass over it, since its text has to be UTF-8.
    ///
    /// # Errors
    ///
    /// As [`Artifact::section`], and [`Fault::StringOffset`] or [`Fault::StringText`] when the
    /// table is damaged.
    pub fn strings(&self, name: &str) -> Result<StringsView<'_>> {
        let offsets = self.section::<u64>(&offsets_section(name))?;
        let text = self.section::<u8>(&text_section(name))?;
        StringsView::new(name, offsets.data, text.data).map_err(|fault| self.fault(fault))
    }

    /// Checks every byte of the file: preamble, header and sections against their checksums, and
    /// padding against zero.
    ///
    /// Cost: reads the whole file, at about 10 GB/s where it is in memory.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`] that names the first part found to be damaged.
    pub fn verify(&self) -> Result<()> {
        self.bytes.sequential();
        let outcome = self.verify_parts();
        self.bytes.normal();
        outcome.map_err(|fault| self.fault(fault))
    }

    /// Asks the kernel to read the whole file into memory soon, and returns at once.
    pub fn prefetch(&self) {
        self.bytes.will_need();
    }

    fn verify_parts(&self) -> Result<(), Fault> {
        let file = self.as_slice();
        // Again, because the pages may have been read from the disk anew since the file was opened.
        let preamble = check_header_bytes(file)?;
        let mut end = PREAMBLE_BYTES as u64 + preamble.header_bytes;
        for section in &self.header.sections {
            check_padding(file, end, section)?;
            end = section.offset + section.bytes;
            let found = XxHash3_64::oneshot(slice_of(file, section));
            if found != section.checksum {
                return Err(Fault::Checksum {
                    part: Part::Section {
                        name: section.name.clone(),
                    },
                    found,
                    expected: section.checksum,
                });
            }
        }
        Ok(())
    }

    fn typed_section<T: Element>(&self, name: &str) -> Result<Section<'_, T>, Fault> {
        let Some(info) = self.info(name) else {
            return Err(Fault::SectionMissing {
                section: name.to_owned(),
            });
        };
        if info.dtype != T::DTYPE {
            return Err(Fault::SectionType {
                section: name.to_owned(),
                found: info.dtype,
                expected: T::DTYPE,
            });
        }
        Ok(Section {
            shape: &info.shape,
            // Sections start at multiples of 64 and are whole elements long, so this never panics.
            data: bytemuck::cast_slice(slice_of(self.as_slice(), info)),
            name: &info.name,
            path: &self.path,
        })
    }

    fn as_slice(&self) -> &[u8] {
        &self.bytes.as_slice()[self.span.clone()]
    }

    fn info(&self, name: &str) -> Option<&SectionInfo> {
        self.header.sections.iter().find(|info| info.name == name)
    }

    fn fault(&self, fault: Fault) -> Error {
        Error::artifact(&self.path)(fault)
    }
}

impl<T> Section<'_, T> {
    /// The extents, if there are exactly `N` of them.
    ///
    /// # Errors
    ///
    /// [`Fault::Dimensions`] when there are more or fewer.
    pub fn dims<const N: usize>(&self) -> Result<[usize; N]> {
        let extents = self.shape.iter().map(|&extent| usize::try_from(extent));
        let extents: Option<Vec<usize>> = extents.collect::<Result<_, _>>().ok();
        let dims = extents.and_then(|extents| extents.try_into().ok());
        dims.ok_or_else(|| {
            Error::artifact(self.path)(Fault::Dimensions {
                section: self.name.to_owned(),
                found: self.shape.to_vec(),
                expected: N,
            })
        })
    }
}

/// Reads and checks everything that stands before the sections.
fn read_header(file: &[u8]) -> Result<Header, Fault> {
    let preamble = check_header_bytes(file)?;
    let header = Header::decode(header_bytes(file, &preamble))?;
    let end = PREAMBLE_BYTES as u64 + preamble.header_bytes;
    layout::check(&header, end, preamble.file_bytes)?;
    Ok(header)
}

fn check_header_bytes(file: &[u8]) -> Result<Preamble, Fault> {
    let preamble = Preamble::decode(file)?;
    let found = XxHash3_64::oneshot(header_bytes(file, &preamble));
    if found != preamble.header_checksum {
        return Err(Fault::Checksum {
            part: Part::Header,
            found,
            expected: preamble.header_checksum,
        });
    }
    Ok(preamble)
}

fn check_padding(file: &[u8], end: u64, section: &SectionInfo) -> Result<(), Fault> {
    let start = position(end);
    let padding = &file[start..position(section.offset)];
    match padding.iter().position(|&byte| byte != 0) {
        None => Ok(()),
        Some(at) => Err(Fault::Padding {
            part: Part::Padding {
                before: section.name.clone(),
            },
            offset: end + at as u64,
        }),
    }
}

fn header_bytes<'a>(file: &'a [u8], preamble: &Preamble) -> &'a [u8] {
    &file[PREAMBLE_BYTES..][..position(preamble.header_bytes)]
}

fn slice_of<'a>(file: &'a [u8], section: &SectionInfo) -> &'a [u8] {
    &file[position(section.offset)..][..position(section.bytes)]
}

#[cfg(test)]
mod tests;
