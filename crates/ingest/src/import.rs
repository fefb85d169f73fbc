//! Importing files into a data folder: all of it or nothing.

mod erase;
mod pending;
mod report;
mod staged;
mod writer;

use std::path::{Path, PathBuf};

pub use erase::ErasedImports;
pub use report::{FileOutcome, FileReport, ImportReport};
use staged::Staged;
use writer::Writer;

use crate::{
    DataFolder, Error, Result,
    folder::Lock,
    manifest::{Import, SourceFile},
    plan::{Input, ReadOptions, plan},
    read::table::Records,
    source::{self, Content},
};

/// What an import does with rows that cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BadRows {
    /// Leaves them out, counts them, and takes the others.
    #[default]
    Skip,
    /// Refuses the whole import at its end, when all of them are counted.
    Refuse,
}

/// What to import.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportRequest {
    /// Files or folders, read in this order.
    pub paths: Vec<PathBuf>,
    /// How to read them.
    pub options: ReadOptions,
    /// What to do with rows that cannot be taken.
    pub bad_rows: BadRows,
}

impl ImportRequest {
    /// An import of one path whose format is found out, bad rows left out.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            paths: vec![path.into()],
            ..Self::default()
        }
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// The file that is read.
    pub file: &'a Path,
    /// Its unpacked bytes read so far.
    pub bytes: u64,
    /// All of its unpacked bytes.
    pub total_bytes: u64,
    /// Rows of the import so far, bad ones among them.
    pub rows: u64,
}

/// One file of an import, and what it holds.
struct Source {
    input: Input,
    file: SourceFile,
}

impl DataFolder {
    /// Imports files; `progress` hears of it every few thousand rows.
    ///
    /// A file whose unpacked bytes were imported before, under whatever name and packing, is left
    /// out; so is an event whose id was. Records of an id that is there already replace the old ones.
    ///
    /// Cost: one pass over each file to hash it and one to read it. Memory: the ids of the import
    /// once, and one segment of at most four million events, whatever the size of the files.
    ///
    /// # Errors
    ///
    /// - [`Error::UnknownFormat`], [`Error::MissingFile`], [`Error::Column`], [`Error::NoInput`]: what
    ///   was asked for cannot be read.
    /// - [`Error::Refused`]: there are bad rows, and they are to be refused.
    /// - [`Error::NothingGood`], [`Error::Empty`]: there is not one good row.
    /// - [`Error::Locked`]: another import is running.
    /// - [`Error::Io`], [`Error::Artifact`]: a file cannot be read or written.
    ///
    /// After an error the folder is as it was.
    pub fn import(
        &mut self,
        request: &ImportRequest,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<ImportReport> {
        let sources = sources(request)?;
        let mut staged = Staged::in_folder(self.dir())?;
        let _lock = Lock::take(self.dir())?;
        self.reload()?;
        let number = self.manifest().next_number();
        let mut report = ImportReport::default();
        let mut writer = Writer::new(self, &mut staged, number, progress);
        let mut taken: Vec<SourceFile> = Vec::new();
        for source in sources {
            let content = &source.file.content;
            let known = self.manifest().import_of(content);
            let repeated = taken.iter().any(|file| file.content == *content);
            if let Some(import) = known.or(repeated.then_some(number)) {
                report
                    .files
                    .push(FileReport::known(source.input.path(), &source.file, import));
                continue;
            }
            let counts = writer.read(&source.input, source.file.bytes)?;
            report
                .files
                .push(FileReport::read(source.input.path(), &source.file, counts));
            taken.push(source.file);
        }
        let written = writer.finish()?;
        report.counts = written.counts;
        report.rejections = written.rejections;
        if taken.is_empty() {
            return Ok(report);
        }
        check(&report, request)?;
        let mut manifest = self.manifest().clone();
        manifest.imports.push(Import {
            number,
            sources: taken,
            ids: written.ids,
            segments: written.segments,
            catalog: written.catalog,
            counts: report.counts.clone(),
        });
        staged.commit()?;
        self.publish(manifest)?;
        staged.keep();
        report.number = Some(number);
        Ok(report)
    }
}

/// Plans and hashes all files before anything is written.
fn sources(request: &ImportRequest) -> Result<Vec<Source>> {
    if request.paths.is_empty() {
        return Err(Error::NoInput);
    }
    let mut sources = Vec::new();
    for path in &request.paths {
        let plan = plan(path, &request.options)?;
        for input in plan.inputs {
            let content = content_of(&input)?;
            let name = input.path().file_name().unwrap_or_default();
            let file = SourceFile {
                name: name.to_string_lossy().into_owned(),
                format: input.format(plan.format),
                content: format!("{:032x}", content.hash),
                bytes: content.bytes,
            };
            sources.push(Source { input, file });
        }
    }
    Ok(sources)
}

/// Items that take their tags from another file are new when that file is.
fn content_of(input: &Input) -> Result<Content> {
    let mut content = source::content(input.path())?;
    if let Input::Table(table) = input
        && let Records::Items(form) = &table.records
        && let Some(tags) = &form.tags
    {
        content.hash ^= source::content(&tags.path)?.hash.rotate_left(1);
    }
    Ok(content)
}

/// Whether what was read may be published.
fn check(report: &ImportReport, request: &ImportRequest) -> Result<()> {
    let rejected = report.rejections.total();
    let rows = report.counts.good() + rejected;
    if rows == 0 {
        return Err(Error::Empty {
            path: request.paths[0].clone(),
        });
    }
    if rejected == 0 {
        return Ok(());
    }
    let rejections = Box::new(report.rejections.clone());
    if request.bad_rows == BadRows::Refuse {
        return Err(Error::Refused {
            rejected,
            rows,
            rejections,
        });
    }
    if report.counts.good() == 0 {
        return Err(Error::NothingGood { rows, rejections });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
