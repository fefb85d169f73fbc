//! Putting an artifact together and writing it.

use std::{fmt, io::Write, path::Path};

use twox_hash::XxHash3_64;

use crate::{
    Element, Error, Fault, PREAMBLE_BYTES, Result, SectionInfo,
    header::Header,
    layout,
    preamble::Preamble,
    replace_file,
    strings::{offsets_section, text_section},
};

/// An artifact to be written.
///
/// Arrays are borrowed and go to the disk as they are, in the order in which they were added, so the
/// same calls make the same bytes. Mistakes of the caller, such as a shape that does not fit its
/// array or a name used twice, are told by [`ArtifactBuilder::write`].
#[derive(Debug)]
pub struct ArtifactBuilder<'a> {
    header: Header,
    /// Bytes of each section of the header.
    data: Vec<Data<'a>>,
}

/// Bytes of a section.
enum Data<'a> {
    Borrowed(&'a [u8]),
    Chunks(Vec<&'a [u8]>),
    Owned(Box<dyn OwnedBytes>),
}

/// A `Vec` of some [`Element`].
trait OwnedBytes: Send + Sync {
    fn bytes(&self) -> &[u8];
}

impl<T: Element> OwnedBytes for Vec<T> {
    fn bytes(&self) -> &[u8] {
        bytemuck::must_cast_slice(self)
    }
}

impl<'a> ArtifactBuilder<'a> {
    /// An artifact of `kind` without sections.
    ///
    /// - `kind`: what it holds; 1 to 128 letters, digits, `_`, `-`, `.` and `/`, as every name.
    /// - `format_version`: version of the kind's own format, from 1.
    pub fn new(kind: &str, format_version: u32) -> Self {
        Self {
            header: Header {
                kind: kind.to_owned(),
                format_version,
                metas: Vec::new(),
                sections: Vec::new(),
            },
            data: Vec::new(),
        }
    }

    /// Adds metadata; each key once.
    pub fn meta(&mut self, key: &str, value: impl fmt::Display) -> &mut Self {
        self.header.metas.push((key.to_owned(), value.to_string()));
        self
    }

    /// Adds a section.
    ///
    /// - `shape`: extents, slowest first; their product is the length of `data`.
    pub fn section<T: Element>(&mut self, name: &str, shape: &[u64], data: &'a [T]) -> &mut Self {
        let bytes = bytemuck::must_cast_slice(data);
        self.add::<T>(name, shape, Data::Borrowed(bytes))
    }

    /// Adds a section and keeps its array.
    pub fn section_owned<T: Element>(
        &mut self,
        name: &str,
        shape: &[u64],
        data: Vec<T>,
    ) -> &mut Self {
        self.add::<T>(name, shape, Data::Owned(Box::new(data)))
    }

    /// Adds a section whose array is the concatenation of `chunks`.
    pub fn section_from_chunks<T: Element>(
        &mut self,
        name: &str,
        shape: &[u64],
        chunks: impl IntoIterator<Item = &'a [T]>,
    ) -> &mut Self {
        let chunks = chunks.into_iter().map(bytemuck::must_cast_slice);
        self.add::<T>(name, shape, Data::Chunks(chunks.collect()))
    }

    /// Adds a table of strings: a section `name.offsets` and a section `name.text`.
    pub fn strings<S: AsRef<str>>(
        &mut self,
        name: &str,
        strings: impl IntoIterator<Item = S>,
    ) -> &mut Self {
        let mut offsets = vec![0_u64];
        let mut text = Vec::new();
        for string in strings {
            text.extend_from_slice(string.as_ref().as_bytes());
            offsets.push(text.len() as u64);
        }
        let shape = [offsets.len() as u64];
        self.section_owned(&offsets_section(name), &shape, offsets);
        let shape = [text.len() as u64];
        self.section_owned(&text_section(name), &shape, text)
    }

    /// Adds a whole artifact as a section of bytes, to be opened in place by
    /// [`Artifact::nested`](crate::Artifact::nested). Cost: a copy of it in memory.
    ///
    /// # Errors
    ///
    /// As [`ArtifactBuilder::to_bytes`] of the inner one.
    pub fn nest(&mut self, name: &str, inner: &ArtifactBuilder<'_>) -> Result<&mut Self> {
        let bytes = inner.to_bytes()?;
        Ok(self.section_owned(name, &[bytes.len() as u64], bytes))
    }

    /// Writes the artifact to `path`, as [`replace_file`] does: whole and durable, or not at all.
    ///
    /// Cost: two passes over the arrays, one for the checksums and one to the disk.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`] when what was added breaks a rule of the format, [`Error::Io`] when the
    /// disk is full or the folder cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let front = self.front().map_err(Error::artifact(path))?;
        replace_file(path, |file| self.write_parts(&front, file))
    }

    /// The artifact as bytes in memory.
    ///
    /// # Errors
    ///
    /// [`Error::Artifact`] when what was added breaks a rule of the format.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let path = Path::new("(memory)");
        let front = self.front().map_err(Error::artifact(path))?;
        let mut bytes = Vec::new();
        self.write_parts(&front, &mut bytes)
            .map_err(Error::io("write", path))?;
        Ok(bytes)
    }

    fn add<T: Element>(&mut self, name: &str, shape: &[u64], data: Data<'a>) -> &mut Self {
        self.header.sections.push(SectionInfo {
            name: name.to_owned(),
            dtype: T::DTYPE,
            shape: shape.to_vec(),
            offset: 0,
            bytes: data.parts().map(|part| part.len() as u64).sum(),
            checksum: 0,
        });
        self.data.push(data);
        self
    }

    /// Sums and places the sections, and makes what stands before them.
    fn front(&self) -> Result<Front, Fault> {
        let mut header = self.header.clone();
        // Offsets depend on the length of the header, but its length not on the offsets.
        let header_bytes = header.encode()?.len() as u64;
        let header_end = PREAMBLE_BYTES as u64 + header_bytes;
        let file_bytes = header.place_sections(header_end)?;
        layout::check(&header, header_end, file_bytes)?;
        for (section, data) in header.sections.iter_mut().zip(&self.data) {
            section.checksum = data.checksum();
        }
        let encoded = header.encode()?;
        let preamble = Preamble {
            header_bytes,
            header_checksum: XxHash3_64::oneshot(&encoded),
            file_bytes,
        };
        let mut bytes = preamble.encode().to_vec();
        bytes.extend_from_slice(&encoded);
        Ok(Front {
            bytes,
            sections: header.sections,
        })
    }

    fn write_parts(&self, front: &Front, to: &mut dyn Write) -> std::io::Result<()> {
        to.write_all(&front.bytes)?;
        let mut end = front.bytes.len() as u64;
        for (section, data) in front.sections.iter().zip(&self.data) {
            let padding = section.offset - end;
            std::io::copy(&mut std::io::Read::take(std::io::repeat(0), padding), to)?;
            for part in data.parts() {
                to.write_all(part)?;
            }
            end = section.offset + section.bytes;
        }
        Ok(())
    }
}

/// What stands before the sections, and where they go.
struct Front {
    /// Preamble and header.
    bytes: Vec<u8>,
    sections: Vec<SectionInfo>,
}

impl Data<'_> {
    fn parts(&self) -> impl Iterator<Item = &[u8]> {
        let (one, many): (&[u8], &[&[u8]]) = match self {
            Self::Borrowed(bytes) => (bytes, &[]),
            Self::Chunks(chunks) => (&[], chunks),
            Self::Owned(owned) => (owned.bytes(), &[]),
        };
        std::iter::once(one).chain(many.iter().copied())
    }

    fn checksum(&self) -> u64 {
        match self {
            Self::Borrowed(bytes) => XxHash3_64::oneshot(bytes),
            Self::Owned(owned) => XxHash3_64::oneshot(owned.bytes()),
            Self::Chunks(chunks) => {
                let mut hasher = XxHash3_64::new();
                for chunk in chunks {
                    std::hash::Hasher::write(&mut hasher, chunk);
                }
                std::hash::Hasher::finish(&hasher)
            }
        }
    }
}

impl fmt::Debug for Data<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: usize = self.parts().map(<[u8]>::len).sum();
        write!(f, "{bytes} bytes")
    }
}

#[cfg(test)]
mod tests;
