//! How contenders are set on a data set; written beside it, so that those in other languages read the
//! same numbers.

use marquee_ranking::{
    NetworkConfig, TreesConfig,
    network::{Cross, HeadConfig, PositionBias},
};
use serde::{Deserialize, Serialize};

/// Settings of all contenders.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// Our network as it is best.
    pub(crate) network: NetworkConfig,
    /// The network that others build too.
    pub(crate) equal: Equal,
    /// Trees, ours and others'.
    pub(crate) trees: TreesConfig,
    /// What trees get of columns of ids.
    #[serde(default)]
    pub(crate) tree_ids: TreeIds,
}

/// What trees get of columns of ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TreeIds {
    /// Counts and means of the label, or categories.
    #[default]
    Encoded,
    /// Nothing: most ids are new by the time of the test, and what they did before is among the numbers.
    LeftOut,
}

/// A network that any library can build: embeddings, averaged where there is a list, cross layers of low rank,
/// rectified layers, and for each head a linear function of both.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Equal {
    /// Numbers of an embedding.
    pub(crate) embedding: usize,
    /// Number of cross layers.
    pub(crate) cross: usize,
    /// Their rank.
    pub(crate) rank: usize,
    /// Widths of the rectified layers.
    pub(crate) hidden: Vec<usize>,
    /// Rows of a step.
    pub(crate) batch: usize,
    /// Passes at most.
    pub(crate) epochs: usize,
    /// Passes without a better loss on the validation rows after which training ends.
    pub(crate) patience: usize,
    /// Step of Adam, for the layers.
    pub(crate) learning_rate: f64,
    /// Step of Adagrad, for the embeddings.
    pub(crate) embedding_rate: f64,
    /// Positions that are told apart.
    pub(crate) positions: usize,
}

impl Default for Equal {
    fn default() -> Self {
        Self {
            embedding: 16,
            cross: 2,
            rank: 32,
            hidden: vec![128, 64],
            batch: 2048,
            epochs: 3,
            patience: 1,
            learning_rate: 1e-3,
            embedding_rate: 0.05,
            positions: 16,
        }
    }
}

impl Equal {
    /// The same as one of our networks.
    pub(crate) fn network(&self) -> NetworkConfig {
        NetworkConfig {
            embedding: self.embedding,
            cross: vec![Cross::LowRank(self.rank); self.cross],
            hidden: self.hidden.clone(),
            attention: 0,
            batch: self.batch,
            epochs: self.epochs,
            patience: self.patience,
            learning_rate: self.learning_rate,
            embedding_rate: self.embedding_rate,
            positions: self.positions,
            ..NetworkConfig::default()
        }
    }
}

/// `config` with all heads learning what their positions do in this way.
pub(crate) fn with_positions(
    config: NetworkConfig,
    heads: &[String],
    position: PositionBias,
) -> NetworkConfig {
    let head = |head: &String| {
        let set = config.heads.get(head).copied().unwrap_or_default();
        (head.clone(), HeadConfig { position, ..set })
    };
    NetworkConfig {
        heads: heads.iter().map(head).collect(),
        ..config
    }
}
