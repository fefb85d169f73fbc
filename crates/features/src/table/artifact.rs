//! Training tables in files: written once, mapped and checked, read in place every epoch.
//!
//! Sections of kind `training-table`, format version 1 (`docs/features.md`): names and sizes of the
//! columns, then the arrays of the table as they are in memory, labels a column after the other.

use std::path::Path;

use marquee_store::{Artifact, ArtifactBuilder, Section};

use super::{
    FeatureRows, FeatureSchema, Head, SequenceField, SideSchema, SparseField, TrainingRows,
    TrainingTable, check,
    training::{self, Labels, Times},
};
use crate::{Error, Result, TableFault};

/// Kind of the artifact.
pub const KIND: &str = "training-table";

/// Newest version of its format.
const FORMAT: u32 = 1;

/// A training table in a mapped file.
#[derive(Debug)]
pub struct TrainingFile {
    artifact: Artifact,
    schema: FeatureSchema,
    heads: Vec<Head>,
}

impl TrainingTable {
    /// Writes the table to `path`, whole and durable or not at all.
    ///
    /// # Errors
    ///
    /// [`Error::Table`] when it breaks a rule ([`check`](Self::check)), [`Error::Store`] when the
    /// file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        self.check()?;
        Ok(self.artifact().write(path)?)
    }

    /// The sections, whatever they hold.
    pub(super) fn artifact(&self) -> ArtifactBuilder<'_> {
        let table = &self.features;
        let (n_requests, n_rows) = (self.time.len() as u64, self.position.len() as u64);
        let mut to = ArtifactBuilder::new(KIND, FORMAT);
        let schema = &*table.schema;
        to.meta("fingerprint", format_args!("{:016x}", schema.fingerprint()));
        to.strings(
            "heads",
            self.labels.iter().map(|column| column.head.to_string()),
        );
        write_schema(&mut to, schema);
        let width = |side: &SideSchema| (side.dense.len() as u64, side.sparse.len() as u64);
        let ((request_dense, request_sparse), (dense, sparse)) =
            (width(&schema.request), width(&schema.row));
        to.section("starts", &[table.starts.len() as u64], &table.starts);
        to.section(
            "request_dense",
            &[n_requests, request_dense],
            &table.request_dense,
        );
        to.section(
            "request_sparse",
            &[n_requests, request_sparse],
            &table.request_sparse,
        );
        let lists = table.sequence_starts.len() as u64;
        to.section("sequence_starts", &[lists], &table.sequence_starts);
        let ids = table.sequence_ids.len() as u64;
        to.section("sequence_ids", &[ids], &table.sequence_ids);
        to.section("dense", &[n_rows, dense], &table.dense);
        to.section("sparse", &[n_rows, sparse], &table.sparse);
        let columns = self.labels.iter().map(|column| &*column.values);
        to.section_from_chunks("labels", &[self.labels.len() as u64, n_rows], columns);
        to.section("position", &[n_rows], &self.position);
        to.section("propensity", &[n_rows], &self.propensity);
        to.section("weight", &[n_rows], &self.weight);
        to.section("item", &[n_rows], &self.item);
        let times = self.time.iter().map(|time| time.as_millis()).collect();
        to.section_owned::<i64>("time_ms", &[n_requests], times);
        to.section("viewer", &[self.viewer.len() as u64], &self.viewer);
        to
    }
}

fn write_schema(to: &mut ArtifactBuilder<'_>, schema: &FeatureSchema) {
    for (name, side) in [("request", &schema.request), ("row", &schema.row)] {
        to.strings(&format!("{name}.dense"), &side.dense);
        to.strings(
            &format!("{name}.sparse"),
            side.sparse.iter().map(|field| &field.name),
        );
        let sizes: Vec<u32> = side.sparse.iter().map(|field| field.size).collect();
        to.section_owned(&format!("{name}.sizes"), &[sizes.len() as u64], sizes);
    }
    let lists = &schema.sequences;
    to.strings("sequences", lists.iter().map(|field| &field.name));
    let shares = lists
        .iter()
        .map(|field| field.shares.as_deref().unwrap_or_default());
    to.strings("sequences.shares", shares);
    let sizes = lists.iter().map(|field| field.size).collect();
    to.section_owned::<u32>("sequences.sizes", &[lists.len() as u64], sizes);
    let longest = lists.iter().map(|field| field.max_len).collect();
    to.section_owned::<u32>("sequences.max_len", &[lists.len() as u64], longest);
}

impl TrainingFile {
    /// Maps the table at `path` and checks every value of it.
    ///
    /// Cost: a pass over the file; memory: the names of its columns.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when it is no artifact of this kind or damaged, [`Error::File`] when its
    /// sections do not make a table.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let artifact = Artifact::open(path)?;
        artifact.expect_kind(KIND, FORMAT)?;
        artifact.verify()?;
        let in_file = |source| Error::File {
            path: artifact.path().to_owned(),
            source,
        };
        let schema = read_schema(&artifact)?;
        schema.check().map_err(in_file)?;
        let heads = artifact.strings("heads")?.iter().map(Head::from_name);
        let heads = heads.collect::<Result<Vec<_>, _>>().map_err(in_file)?;
        let sections = Sections::of(&artifact)?;
        sections.check(&schema, &heads).map_err(in_file)?;
        Ok(Self {
            artifact,
            schema,
            heads,
        })
    }

    /// Its columns.
    pub const fn schema(&self) -> &FeatureSchema {
        &self.schema
    }

    /// The whole table, in place. Cost: some look-ups of sections by name.
    ///
    /// # Errors
    ///
    /// [`Error::Store`]; never, since the file was checked when it was opened and does not change.
    pub fn view(&self) -> Result<TrainingRows<'_>> {
        Ok(Sections::of(&self.artifact)?.rows(&self.schema, &self.heads))
    }
}

fn read_schema(from: &Artifact) -> Result<FeatureSchema> {
    let lists = from.strings("sequences")?;
    let shares = from.strings("sequences.shares")?;
    let sizes = from.section::<u32>("sequences.sizes")?;
    let longest = from.section::<u32>("sequences.max_len")?;
    for found in [shares.len(), sizes.data.len(), longest.data.len()] {
        check::count("columns of sequences", found, lists.len()).map_err(|source| Error::File {
            path: from.path().to_owned(),
            source,
        })?;
    }
    let rest = shares.iter().zip(sizes.data).zip(longest.data);
    let sequences = lists
        .iter()
        .zip(rest)
        .map(|(name, ((shares, &size), &max_len))| SequenceField {
            name: name.to_owned(),
            size,
            max_len,
            shares: Some(shares)
                .filter(|name| !name.is_empty())
                .map(str::to_owned),
        });
    Ok(FeatureSchema {
        request: read_side(from, "request")?,
        row: read_side(from, "row")?,
        sequences: sequences.collect(),
    })
}

fn read_side(from: &Artifact, side: &str) -> Result<SideSchema> {
    let dense = from.strings(&format!("{side}.dense"))?;
    let names = from.strings(&format!("{side}.sparse"))?;
    let sizes = from.section::<u32>(&format!("{side}.sizes"))?;
    check::count("sizes of sparse columns", sizes.data.len(), names.len()).map_err(|source| {
        Error::File {
            path: from.path().to_owned(),
            source,
        }
    })?;
    let sparse = names
        .iter()
        .zip(sizes.data)
        .map(|(name, &size)| SparseField {
            name: name.to_owned(),
            size,
        });
    Ok(SideSchema {
        dense: dense.iter().map(str::to_owned).collect(),
        sparse: sparse.collect(),
    })
}

/// The arrays of a file.
struct Sections<'a> {
    fingerprint: &'a str,
    starts: &'a [u64],
    request_dense: Section<'a, f32>,
    request_sparse: Section<'a, u32>,
    sequence_starts: &'a [u64],
    sequence_ids: &'a [u32],
    dense: Section<'a, f32>,
    sparse: Section<'a, u32>,
    labels: Section<'a, f32>,
    position: &'a [u32],
    propensity: &'a [f32],
    weight: &'a [f32],
    item: &'a [u32],
    time_ms: &'a [i64],
    viewer: &'a [u32],
}

impl<'a> Sections<'a> {
    fn of(from: &'a Artifact) -> Result<Self> {
        Ok(Self {
            fingerprint: from.expect_meta("fingerprint")?,
            starts: from.section("starts")?.data,
            request_dense: from.section("request_dense")?,
            request_sparse: from.section("request_sparse")?,
            sequence_starts: from.section("sequence_starts")?.data,
            sequence_ids: from.section("sequence_ids")?.data,
            dense: from.section("dense")?,
            sparse: from.section("sparse")?,
            labels: from.section("labels")?,
            position: from.section("position")?.data,
            propensity: from.section("propensity")?.data,
            weight: from.section("weight")?.data,
            item: from.section("item")?.data,
            time_ms: from.section("time_ms")?.data,
            viewer: from.section("viewer")?.data,
        })
    }

    /// Checks lengths first, then offsets, then every value.
    fn check(&self, schema: &FeatureSchema, heads: &[Head]) -> Result<(), TableFault> {
        let found = u64::from_str_radix(self.fingerprint, 16).unwrap_or_default();
        let expected = schema.fingerprint();
        if found != expected {
            return Err(TableFault::Fingerprint { found, expected });
        }
        let (n_requests, n_rows) = (self.time_ms.len(), self.position.len());
        let (request, row) = (&schema.request, &schema.row);
        shape(
            "request_dense",
            &self.request_dense,
            n_requests,
            request.dense.len(),
        )?;
        shape(
            "request_sparse",
            &self.request_sparse,
            n_requests,
            request.sparse.len(),
        )?;
        shape("dense", &self.dense, n_rows, row.dense.len())?;
        shape("sparse", &self.sparse, n_rows, row.sparse.len())?;
        shape("labels", &self.labels, heads.len(), n_rows)?;
        check::count("propensity", self.propensity.len(), n_rows)?;
        check::count("weight", self.weight.len(), n_rows)?;
        check::count("item", self.item.len(), n_rows)?;
        check::count("viewer", self.viewer.len(), n_requests)?;
        check::offsets("starts", self.starts, n_requests as u64, n_rows)?;
        let lists = (n_requests as u64).saturating_mul(schema.sequences.len() as u64);
        let ids = self.sequence_ids.len();
        check::offsets("sequence_starts", self.sequence_starts, lists, ids)?;
        let rows = self.rows(schema, heads);
        check::values(&rows.features)?;
        for (place, head) in heads.iter().enumerate() {
            if heads[..place].contains(head) {
                let name = head.to_string();
                return Err(TableFault::Repeated { name });
            }
            training::label(head, rows.label(place))?;
        }
        check::column("propensity", self.propensity, check::Range::Propensity)?;
        check::column("weight", self.weight, check::Range::Weight)
    }

    fn rows(&self, schema: &'a FeatureSchema, heads: &'a [Head]) -> TrainingRows<'a> {
        TrainingRows {
            features: FeatureRows {
                schema,
                starts: self.starts,
                request_dense: self.request_dense.data,
                request_sparse: self.request_sparse.data,
                sequence_starts: self.sequence_starts,
                sequence_ids: self.sequence_ids,
                dense: self.dense.data,
                sparse: self.sparse.data,
            },
            labels: Labels::Flat {
                heads,
                values: self.labels.data,
                n_rows: self.position.len(),
            },
            first_row: 0,
            position: self.position,
            propensity: self.propensity,
            weight: self.weight,
            item: self.item,
            time: Times::Millis(self.time_ms),
            viewer: self.viewer,
        }
    }
}

/// A matrix has as many rows and columns as it should; neither product can overflow, since the
/// store has compared the section's length with its shape, unless an extent is zero.
fn shape<T>(
    part: &'static str,
    section: &Section<'_, T>,
    n_rows: usize,
    width: usize,
) -> Result<(), TableFault> {
    let expected = n_rows as u64 * width as u64;
    if *section.shape == [n_rows as u64, width as u64] && section.data.len() as u64 == expected {
        return Ok(());
    }
    Err(TableFault::Length {
        part,
        found: section.data.len() as u64,
        expected,
    })
}
