//! The rules that a header has to follow, for the writer as for the reader: names, sizes, and
//! sections that tile the file.

use crate::{ALIGNMENT, Fault, SectionInfo, header::Header};

/// The longest name of a kind, a section or a metadata key, in bytes.
pub const MAX_NAME_BYTES: usize = 128;

/// The most dimensions of a section.
pub const MAX_DIMENSIONS: usize = 8;

/// The next multiple of [`ALIGNMENT`]; `None` past the end of the numbers.
pub(crate) fn aligned(offset: u64) -> Option<u64> {
    offset.checked_next_multiple_of(ALIGNMENT)
}

/// Checks everything that the header claims, against the file it stands in.
///
/// - `header_end`: first byte behind the header.
/// - `file_bytes`: length of the file.
pub(crate) fn check(header: &Header, header_end: u64, file_bytes: u64) -> Result<(), Fault> {
    check_names(header)?;
    let mut end = header_end;
    for section in &header.sections {
        check_size(section)?;
        end = check_place(section, end)?;
    }
    if end == file_bytes {
        Ok(())
    } else {
        Err(Fault::End {
            expected: end,
            found: file_bytes,
        })
    }
}

fn check_names(header: &Header) -> Result<(), Fault> {
    check_name("kind", &header.kind, is_plain)?;
    for section in &header.sections {
        check_name("section", &section.name, is_plain)?;
    }
    for (key, _) in &header.metas {
        check_name("metadata key", key, |_| true)?;
    }
    let sections = header.sections.iter().map(|section| &*section.name);
    check_unique("section", sections.collect())?;
    let keys = header.metas.iter().map(|(key, _)| &**key);
    check_unique("metadata key", keys.collect())
}

fn check_name(what: &'static str, name: &str, accepts: impl Fn(char) -> bool) -> Result<(), Fault> {
    let right_length = (1..=MAX_NAME_BYTES).contains(&name.len());
    if right_length && name.chars().all(accepts) {
        return Ok(());
    }
    Err(Fault::Name {
        what,
        name: name.to_owned(),
    })
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.' | '/')
}

fn check_unique(what: &'static str, mut names: Vec<&str>) -> Result<(), Fault> {
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(Fault::Repeated {
            what,
            name: pair[0].to_owned(),
        }),
        None => Ok(()),
    }
}

fn check_size(section: &SectionInfo) -> Result<(), Fault> {
    let elements = section
        .shape
        .iter()
        .try_fold(1_u64, |product, &extent| product.checked_mul(extent));
    let bytes = elements.and_then(|n| n.checked_mul(section.dtype.width()));
    if bytes == Some(section.bytes) {
        return Ok(());
    }
    Err(Fault::Size {
        section: section.name.clone(),
        bytes: section.bytes,
        shape: section.shape.clone(),
        dtype: section.dtype,
    })
}

/// Checks that the section is the next one behind `end`, and returns its own end.
fn check_place(section: &SectionInfo, end: u64) -> Result<u64, Fault> {
    let wrong = |expected| Fault::Offset {
        section: section.name.clone(),
        found: section.offset,
        expected,
    };
    let expected = aligned(end).ok_or_else(|| wrong(u64::MAX))?;
    if section.offset != expected {
        return Err(wrong(expected));
    }
    expected
        .checked_add(section.bytes)
        .ok_or_else(|| wrong(expected))
}

#[cfg(test)]
mod tests;
