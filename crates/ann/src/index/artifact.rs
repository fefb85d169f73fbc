//! An index in a file.
//!
//! Kind `lists`, or part of a larger artifact whose section names then begin with `index.`. Sections `centroids` (`[blocks, bytes]` of `u8`), `offsets` (`[n_lists + 1]` of `u64`),
//! `codes` (`[blocks, bytes]` of `u8`), `rows` (`[blocks, 16]` of `u32`), `ranking` (`[1]` of `f32`, the
//! weight of radii) and `recall` (`[widths, 2]` of `f64`: lists read, share found).
//! The table's own numbers are not part of it: they stand in the model that they belong to.

use marquee_math::bytes::BLOCK_ROWS;
use marquee_store::{Artifact, ArtifactBuilder, Section};

use super::{Index, IndexView, NO_ROW, Parts, build::position, means::part_of};
use crate::{Error, Result, Table};

const KIND: &str = "lists";
const FORMAT_VERSION: u32 = 1;
const CENTROIDS: &str = "centroids";
const OFFSETS: &str = "offsets";
const CODES: &str = "codes";
const ROWS: &str = "rows";
const RANKING: &str = "ranking";
const RECALL: &str = "recall";

/// Places whose codes are compared with the table when an index is opened.
const COMPARED: usize = 64;

impl Index {
    /// The index as an artifact that is still to be written.
    pub fn to_artifact(&self) -> ArtifactBuilder<'_> {
        let mut artifact = ArtifactBuilder::new(KIND, FORMAT_VERSION);
        artifact
            .meta("n_rows", self.parts.n_rows)
            .meta("n_factors", self.parts.d)
            .section(CENTROIDS, &self.centroid_extents(), &self.centroids)
            .section(OFFSETS, &[self.offsets.len() as u64], &self.offsets)
            .section(CODES, &self.code_extents(), &self.codes)
            .section(ROWS, &self.row_extents(), &self.rows)
            .section_owned(RANKING, &[1], vec![self.parts.radius_weight])
            .section(RECALL, &[(self.recalls.len() / 2) as u64, 2], &self.recalls);
        artifact
    }

    /// Hands the index over to an artifact that holds its table, and more.
    pub fn join(self, artifact: &mut ArtifactBuilder<'_>) {
        let (centroids, codes) = (self.centroid_extents(), self.code_extents());
        let (rows, n_offsets) = (self.row_extents(), self.offsets.len() as u64);
        let n_recalls = (self.recalls.len() / 2) as u64;
        artifact
            .section_owned(&within(CENTROIDS), &centroids, self.centroids.to_vec())
            .section_owned(&within(OFFSETS), &[n_offsets], self.offsets)
            .section_owned(&within(CODES), &codes, self.codes.to_vec())
            .section_owned(&within(ROWS), &rows, self.rows)
            .section_owned(&within(RANKING), &[1], vec![self.parts.radius_weight])
            .section_owned(&within(RECALL), &[n_recalls, 2], self.recalls);
    }

    fn centroid_extents(&self) -> [u64; 2] {
        extents(&self.centroids, self.parts.centroid_layout().block_bytes())
    }

    fn code_extents(&self) -> [u64; 2] {
        extents(&self.codes, self.parts.row_layout().block_bytes())
    }

    fn row_extents(&self) -> [u64; 2] {
        [(self.rows.len() / BLOCK_ROWS) as u64, BLOCK_ROWS as u64]
    }
}

fn extents(bytes: &[u8], block: usize) -> [u64; 2] {
    [(bytes.len() / block) as u64, block as u64]
}

/// The name of a section of an index that is part of a larger artifact.
fn within(section: &str) -> String {
    format!("index.{section}")
}

impl<'a> IndexView<'a> {
    /// Borrows the index of `table` from `artifact`.
    ///
    /// Cost: one pass over the numbers of rows (4 bytes a row), which are what a search trusts; some
    /// rows of the table are compared with their bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when the artifact holds something else, [`Error::SectionShape`] and
    /// [`Error::SectionValue`] when sections do not fit each other, [`Error::OtherTable`] when the index
    /// was made of another table.
    pub fn open(artifact: &'a Artifact, table: Table<'a>) -> Result<Self> {
        artifact.expect_kind(KIND, FORMAT_VERSION)?;
        Self::of_sections(artifact, str::to_owned, table)
    }

    /// Borrows the index that [`Index::join`] put into a larger artifact; `None` where there is none.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn within(artifact: &'a Artifact, table: Table<'a>) -> Result<Option<Self>> {
        if !artifact.has(&within(OFFSETS)) {
            return Ok(None);
        }
        Self::of_sections(artifact, within, table).map(Some)
    }

    fn of_sections(
        artifact: &'a Artifact,
        name: impl Fn(&str) -> String,
        table: Table<'a>,
    ) -> Result<Self> {
        let offsets = artifact.section::<u64>(&name(OFFSETS))?;
        let [n_offsets] = offsets.dims()?;
        let ranking = artifact.section::<f32>(&name(RANKING))?;
        let [n_weights] = ranking.dims()?;
        check_extent(RANKING, n_weights, 1)?;
        check_extent(OFFSETS, n_offsets.min(1), 1)?;
        let parts = Parts {
            d: table.d(),
            n_rows: table.n_rows(),
            n_lists: n_offsets - 1,
            radius_weight: ranking.data[0],
        };
        let centroids = artifact.section::<u8>(&name(CENTROIDS))?;
        let layout = parts.centroid_layout();
        let n_blocks = layout.n_blocks(parts.n_lists);
        check_blocks(CENTROIDS, &centroids, (n_blocks, layout.block_bytes()))?;
        let rows = artifact.section::<u32>(&name(ROWS))?;
        let [n_blocks, n_places] = rows.dims()?;
        check_extent(ROWS, n_places, BLOCK_ROWS)?;
        let codes = artifact.section::<u8>(&name(CODES))?;
        check_blocks(CODES, &codes, (n_blocks, parts.row_layout().block_bytes()))?;
        let recalls = artifact.section::<f64>(&name(RECALL))?;
        let [_, n_columns] = recalls.dims()?;
        check_extent(RECALL, n_columns, 2)?;
        check_offsets(offsets.data, n_blocks)?;
        check_rows(rows.data, parts.n_rows)?;
        let view = Self {
            parts,
            table,
            centroids: centroids.data,
            offsets: offsets.data,
            codes: codes.data,
            rows: rows.data,
            recalls: recalls.data,
        };
        view.check_table()?;
        Ok(view)
    }

    /// Compares some rows of the table with their bytes.
    fn check_table(&self) -> Result<()> {
        let layout = self.parts.row_layout();
        let mut stored = vec![0.0; self.parts.d];
        for part in 0..COMPARED.min(self.rows.len()) {
            let place = part_of(self.rows.len(), part, COMPARED.min(self.rows.len())).start;
            let row = self.rows[place];
            if row == NO_ROW {
                continue;
            }
            let block =
                &self.codes[place / BLOCK_ROWS * layout.block_bytes()..][..layout.block_bytes()];
            layout.read(block, place % BLOCK_ROWS, &mut stored);
            let step = layout.get(block, (0, place % BLOCK_ROWS));
            let mut pairs = stored.iter().zip(self.table.row(row as usize));
            // What is not a number is not near, either.
            if !pairs.all(|(a, b)| (a - b).abs() <= 0.51 * step + f32::MIN_POSITIVE * 256.0) {
                return Err(Error::OtherTable {
                    section: CODES,
                    row: row as usize,
                });
            }
        }
        Ok(())
    }
}

fn check_extent(section: &'static str, found: usize, expected: usize) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::SectionShape {
        section,
        found,
        expected,
    })
}

fn check_blocks(
    name: &'static str,
    section: &Section<'_, u8>,
    (n_blocks, bytes): (usize, usize),
) -> Result<()> {
    let [found_blocks, found_bytes] = section.dims()?;
    check_extent(name, found_bytes, bytes)?;
    check_extent(name, found_blocks, n_blocks)
}

/// Lists must lie one behind the other, from the first block to the last.
fn check_offsets(offsets: &[u64], n_blocks: usize) -> Result<()> {
    let refuse = |place: usize, expected| {
        Err(Error::SectionValue {
            section: OFFSETS,
            place,
            found: offsets[place],
            expected,
        })
    };
    if offsets[0] != 0 {
        return refuse(0, "0");
    }
    if let Some(place) = offsets.windows(2).position(|pair| pair[0] > pair[1]) {
        return refuse(place + 1, "no less than the one before");
    }
    if usize::try_from(offsets[offsets.len() - 1]) != Ok(n_blocks) {
        return refuse(offsets.len() - 1, "the number of blocks");
    }
    // Now every offset is a position in memory.
    debug_assert!(offsets.iter().all(|&offset| position(offset) <= n_blocks));
    Ok(())
}

/// Every place holds a row of the table, or none.
fn check_rows(rows: &[u32], n_rows: usize) -> Result<()> {
    let wrong = |&row: &u32| row != NO_ROW && row as usize >= n_rows;
    match rows.iter().position(wrong) {
        None => Ok(()),
        Some(place) => Err(Error::SectionValue {
            section: ROWS,
            place,
            found: rows[place].into(),
            expected: "a row of the table",
        }),
    }
}
