//! The tag files of MovieLens: who gave which film which tag.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use crate::{
    Error, Result,
    fields::{Cut, Delimiter, Fields},
    lines::{Lines, Step},
    mapping::{ColumnMapping, Columns, Field},
    source,
};

/// Most tags that one item keeps.
const MAX_TAGS: usize = 50;

/// A file of tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TagFile {
    pub(crate) path: PathBuf,
    pub(crate) form: TagForm,
}

/// How a file of tags is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TagForm {
    /// `tags.csv`, with a header.
    Csv,
    /// `tags.dat`: `user::item::tag::timestamp`.
    Dat,
}

/// Tags of each item, the most often given first (by text among equals), at most [`MAX_TAGS`].
///
/// Rows that cannot be read are left out: tags are an addition to a catalog, not its substance.
///
/// # Errors
///
/// [`Error::Io`] when the file cannot be read, [`Error::Column`] when it has no item or tag column.
pub(crate) fn of_items(file: &TagFile) -> Result<HashMap<String, Vec<String>>> {
    let path = &file.path;
    let mut lines = Lines::new(source::open(path)?, path);
    let mut fields = Fields::default();
    let (delimiter, mut places) = match file.form {
        TagForm::Csv => (Delimiter::Quoted(b','), None),
        TagForm::Dat => (Delimiter::DoubleColon, Some((1, 2))),
    };
    let mut counts: HashMap<String, BTreeMap<String, u32>> = HashMap::new();
    loop {
        match lines.advance()? {
            Step::End => break,
            Step::TooLong => continue,
            Step::Line => {}
        }
        let line = lines.text();
        if fields.cut(line, delimiter) == Cut::OpenQuote {
            continue;
        }
        let text = |at| std::str::from_utf8(fields.get(line, at)).unwrap_or_default();
        let Some((item, tag)) = places else {
            let names: Vec<String> = (0..fields.len()).map(|at| text(at).to_owned()).collect();
            places = Some(find(path, names)?);
            continue;
        };
        let (item, tag) = (text(item), text(tag).trim());
        if item.is_empty() || tag.is_empty() {
            continue;
        }
        let of_item = counts.entry(item.to_owned()).or_default();
        *of_item.entry(tag.to_owned()).or_default() += 1;
    }
    Ok(counts
        .into_iter()
        .map(|(item, tags)| (item, most_given(tags)))
        .collect())
}

fn find(path: &Path, names: Vec<String>) -> Result<(usize, usize)> {
    let found = Columns::find(&names, &ColumnMapping::default()).ok();
    let item = found.and_then(|columns| columns.get(Field::Item));
    let tag = names.iter().position(|name| name == "tag");
    item.zip(tag).ok_or_else(|| Error::Column {
        path: path.to_owned(),
        wanted: "item and tag".to_owned(),
        columns: names,
    })
}

fn most_given(tags: BTreeMap<String, u32>) -> Vec<String> {
    let mut tags: Vec<_> = tags.into_iter().collect();
    tags.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    tags.truncate(MAX_TAGS);
    tags.into_iter().map(|(tag, _)| tag).collect()
}
