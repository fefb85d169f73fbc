//! Trees as an artifact.

use marquee_features::Head;
use marquee_store::{Artifact, ArtifactBuilder};

use super::{LEAF, NAME, Node, Objective, TreesModel};
use crate::{Error, Result};

/// Kind of the artifact.
pub const TREES: &str = "ranker-trees";
const FORMAT_VERSION: u32 = 1;
const HEAD: &str = "head";
/// Fingerprint of the columns, number of columns, whether the objective is the order.
const SHAPE: &str = "shape";
const BASE: &str = "base";
const STARTS: &str = "starts";
const COLUMNS: &str = "columns";
const THRESHOLDS: &str = "thresholds";
/// The left place, and in the highest bit whether missing values go there.
const LEFTS: &str = "lefts";
const MISSING_LEFT: u32 = 1 << 31;

impl TreesModel {
    /// An artifact of kind [`TREES`].
    pub fn to_artifact(&self) -> ArtifactBuilder<'_> {
        let mut artifact = ArtifactBuilder::new(TREES, FORMAT_VERSION);
        let order = u64::from(self.objective == Objective::Order);
        let n = self.nodes.len() as u64;
        let missing = |node: &Node| if node.missing_left { MISSING_LEFT } else { 0 };
        let lefts: Vec<u32> = self
            .nodes
            .iter()
            .map(|node| node.left | missing(node))
            .collect();
        artifact.strings(HEAD, [self.head.to_string()]);
        artifact.section_owned(SHAPE, &[2], vec![self.schema, order]);
        artifact.section_owned(BASE, &[1], vec![self.base]);
        artifact.section(STARTS, &[self.starts.len() as u64], &self.starts);
        artifact.section_owned(
            COLUMNS,
            &[n],
            self.nodes.iter().map(|node| node.column).collect(),
        );
        artifact.section_owned(
            THRESHOLDS,
            &[n],
            self.nodes.iter().map(|node| node.threshold).collect(),
        );
        artifact.section_owned(LEFTS, &[n], lefts);
        artifact
    }

    /// Reads what [`to_artifact`](Self::to_artifact) wrote, for tables with `n_columns` dense columns on both
    /// sides together.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] when it is no such artifact, [`Error::SectionShape`] or [`Error::Contradiction`] when
    /// its parts do not make trees over these columns.
    pub fn open(artifact: &Artifact, n_columns: usize) -> Result<Self> {
        artifact.expect_kind(TREES, FORMAT_VERSION)?;
        let shape = artifact.section::<u64>(SHAPE)?.data;
        let base = artifact.section::<f32>(BASE)?.data;
        let starts = artifact.section::<u32>(STARTS)?.data;
        let columns = artifact.section::<u32>(COLUMNS)?.data;
        let thresholds = artifact.section::<f32>(THRESHOLDS)?.data;
        let lefts = artifact.section::<u32>(LEFTS)?.data;
        check_len(SHAPE, shape.len(), 2)?;
        check_len(BASE, base.len(), 1)?;
        check_len(THRESHOLDS, thresholds.len(), columns.len())?;
        check_len(LEFTS, lefts.len(), columns.len())?;
        let nodes = columns.iter().zip(thresholds).zip(lefts);
        let nodes: Vec<Node> = nodes
            .map(|((&column, &threshold), &left)| Node {
                column,
                threshold,
                left: left & !MISSING_LEFT,
                missing_left: left & MISSING_LEFT != 0,
            })
            .collect();
        for (at, node) in nodes.iter().enumerate() {
            let left = node.left as usize;
            // Places only rise, so every walk ends.
            let inside = left > at && left + 1 < nodes.len() && (node.column as usize) < n_columns;
            if node.column != LEAF && !inside {
                return Err(wrong("a node", at, nodes.len()));
            }
        }
        if let Some(&start) = starts.iter().find(|&&start| start as usize >= nodes.len()) {
            return Err(wrong("the start of a tree", start as usize, nodes.len()));
        }
        let name = artifact.strings(HEAD)?;
        let name = name.get(0).unwrap_or_default();
        Ok(Self {
            head: Head::from_name(name).map_err(marquee_features::Error::from)?,
            objective: if shape[1] == 1 {
                Objective::Order
            } else {
                Objective::Chance
            },
            schema: shape[0],
            base: base[0],
            starts: starts.to_vec(),
            nodes,
        })
    }
}

fn wrong(what: &'static str, found: usize, expected: usize) -> Error {
    Error::Contradiction {
        model: NAME,
        what,
        found,
        expected,
    }
}

fn check_len(section: &'static str, found: usize, expected: usize) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::SectionShape {
        model: NAME,
        section,
        found,
        expected,
    })
}
