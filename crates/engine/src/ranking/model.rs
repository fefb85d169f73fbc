//! A ranker together with the artifacts that it reads from.

use std::path::{Path, PathBuf};

use marquee_features::{FeatureRows, FeatureSchema, Head};
use marquee_ranking::{Link, NetworkView, Ranker, TreesModel};
use marquee_store::Artifact;
use self_cell::self_cell;

use crate::{EngineError, Result};

/// File of a network in a version directory.
pub(super) const RANKER_FILE: &str = "ranker.mqa";

/// File of the trees of one head.
pub(super) fn trees_file(folder: &Path, head: &Head) -> PathBuf {
    folder.join(format!("ranker-{head}.mqa").replace(':', "-"))
}

self_cell!(
    struct Network {
        owner: Artifact,

        #[covariant]
        dependent: NetworkView,
    }
);

/// A ranker that is open.
pub(super) enum OpenRanker {
    /// A network, read in place.
    Network(Box<NetworkCell>),
    /// Trees for each head, in their order.
    Trees {
        heads: Vec<Head>,
        trees: Vec<TreesModel>,
    },
}

/// Hides what a network borrows from.
pub(super) struct NetworkCell(Network);

impl OpenRanker {
    /// The ranker in `folder` that predicts `heads` from columns of `schema`.
    pub(super) fn open(folder: &Path, heads: &[Head], schema: &FeatureSchema) -> Result<Self> {
        let path = folder.join(RANKER_FILE);
        if path.exists() {
            let network = Network::try_new(Artifact::open(path)?, |artifact| {
                NetworkView::open(artifact)
            })?;
            let this = Self::Network(Box::new(NetworkCell(network)));
            return match this.ranker_heads() == heads {
                true => Ok(this),
                false => Err(EngineError::Shape {
                    file: RANKER_FILE,
                    section: "heads",
                }),
            };
        }
        let n_columns = schema.request.dense.len() + schema.row.dense.len();
        let trees = heads.iter().map(|head| {
            let artifact = Artifact::open(trees_file(folder, head))?;
            Ok(TreesModel::open(&artifact, n_columns)?)
        });
        Ok(Self::Trees {
            trees: trees.collect::<Result<_>>()?,
            heads: heads.to_vec(),
        })
    }

    /// Checks every byte of a network's file; trees are checked as they are read.
    ///
    /// # Errors
    ///
    /// [`EngineError::Store`] naming the part that is damaged.
    pub(super) fn verify(&self) -> Result<()> {
        match self {
            Self::Network(cell) => Ok(cell.0.borrow_owner().verify()?),
            Self::Trees { .. } => Ok(()),
        }
    }

    fn ranker_heads(&self) -> &[Head] {
        match self {
            Self::Network(cell) => cell.0.borrow_dependent().heads(),
            Self::Trees { heads, .. } => heads,
        }
    }
}

/// Trees of several heads answer as one ranker.
impl Ranker for OpenRanker {
    fn name(&self) -> &'static str {
        match self {
            Self::Network(_) => super::NAME,
            Self::Trees { .. } => super::TREES_NAME,
        }
    }

    fn heads(&self) -> &[Head] {
        self.ranker_heads()
    }

    fn link(&self, head: usize) -> Link {
        match self {
            Self::Network(cell) => cell.0.borrow_dependent().link(head),
            Self::Trees { trees, .. } => trees[head].link(0),
        }
    }

    fn score(&self, rows: &FeatureRows<'_>, values: &mut [f32]) -> marquee_ranking::Result<()> {
        match self {
            Self::Network(cell) => cell.0.borrow_dependent().score(rows, values),
            Self::Trees { trees, .. } => {
                let n_rows = rows.n_rows();
                for (trees, values) in trees.iter().zip(values.chunks_mut(n_rows.max(1))) {
                    trees.score(rows, values)?;
                }
                Ok(())
            }
        }
    }
}
