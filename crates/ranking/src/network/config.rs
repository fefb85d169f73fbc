//! What the training of a network is told.

use std::collections::BTreeMap;

use marquee_math::split::{Parts, has_tiles};
use serde::{Deserialize, Serialize};

use super::NAME;
use crate::{Result, check::Checks};

/// One cross layer: `c' = x ⊙ (M c + b) + c`, with `x` the inputs and `c` the layer before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Cross {
    /// `M` is any matrix.
    Full,
    /// `M` is the product of two thin ones of this rank.
    LowRank(usize),
}

/// How the step of an embedding row is sized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmbeddingOptimizer {
    /// By the sum of squares of all gradients so far (Duchi, Hazan & Singer 2011).
    #[default]
    Adagrad,
    /// By running moments, which stand still while a row is not touched.
    Adam,
}

/// What the place of a row on the screen does to a label, in training only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PositionBias {
    /// Nothing.
    #[default]
    None,
    /// A learned number for each position is added to the logit; 0 at the first position. Of a share nothing is
    /// learned so.
    Shift,
    /// The chance is that of looking there, learned for each position and 1 at the first, times the
    /// chance of acting once looked at. A share is nothing where nobody looked.
    Examination,
}

/// What is learned of one head.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HeadConfig {
    /// Factor of its loss; 0 leaves it out of training.
    pub loss_weight: f64,
    /// What the position does.
    pub position: PositionBias,
}

impl Default for HeadConfig {
    fn default() -> Self {
        Self {
            loss_weight: 1.0,
            position: PositionBias::None,
        }
    }
}

/// How heads begin to share what embeddings tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// All of them draw on all numbers of an embedding.
    #[default]
    Together,
    /// Each begins with a part of its own, and learns what it can use of the others'. A part should be as long
    /// as an embedding for that head alone.
    Apart,
    /// Each has a part of its own, which heads of rarer outcomes read too, and nobody else changes: a frequent
    /// outcome is learned as if it were alone, a rare one stands on what frequent ones found. A part should be as
    /// long as an embedding for that head alone.
    Ordered,
}

/// How exactly layers that are wide enough are multiplied where the machine has tiles for it (AMX), in training and
/// in scoring. Elsewhere, and for all others, numbers are whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layers {
    /// In single precision: the same bits on all machines that multiply and add with one rounding.
    #[default]
    Whole,
    /// With 16 bits of each number.
    Split,
    /// With 8 bits of each number (bfloat16), sums in single precision.
    Half,
}

impl Layers {
    /// What counts of each number where tiles multiply; none where they do not.
    pub(crate) fn parts(self) -> Option<Parts> {
        match self {
            Self::Whole => None,
            _ if !has_tiles() => None,
            Self::Split => Some(Parts::Both),
            Self::Half => Some(Parts::High),
        }
    }
}

/// What a pass is judged by, on the validation table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judge {
    /// The weighted loss of all heads.
    #[default]
    Loss,
    /// The mean over heads of their losses, each in proportion to that of the best answer that is the same for
    /// all rows: rare outcomes count as much as frequent ones.
    Relative,
    /// The mean over heads with outcomes of the area under the ROC curve.
    Auc,
}

/// What [`train`](super::train) is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkConfig {
    /// Numbers of an embedding.
    pub embedding: usize,
    /// How heads begin to share embeddings, where they draw on them directly or by pairs.
    pub sharing: Sharing,
    /// Columns of ids that are told by their records in place of embeddings: the logarithm of how many training rows
    /// had the id, and the mean of each head's label in them, smoothed towards that of all rows. A training row is told
    /// what the requests outside of its fold say (of five, by the place of the request), later ones what all say.
    /// Lists of such ids keep embeddings of their own. Tables of a training that are taken in turn are told apart by
    /// the places of their requests alone.
    pub records: Vec<String>,
    /// Columns of ids, and lists, that are left out; none of those that have records.
    pub left_out: Vec<String>,
    /// Quantiles of a dense column between which an embedding of its value is interpolated; 0 for no
    /// such embedding, otherwise at least 2.
    pub knots: usize,
    /// Cross layers, in order.
    pub cross: Vec<Cross>,
    /// Sums over pairs of embeddings, each pair with a learned weight, that all outputs draw on: 0 for none, 1
    /// is enough for one head. They cost least and tell most where many columns are ids.
    pub pairs: usize,
    /// Widths of the layers of each expert; empty for no deep part.
    pub hidden: Vec<usize>,
    /// Experts that all heads draw on.
    pub shared_experts: usize,
    /// Experts that each head has for itself.
    pub own_experts: usize,
    /// Widths of the layers of each head's own tower, above the experts.
    pub tower: Vec<usize>,
    /// How exactly layers are multiplied.
    pub layers: Layers,
    /// Numbers of the hidden layer by which a candidate looks at a sequence; 0 for sequences that are averaged evenly.
    pub attention: usize,
    /// Values of a share (as of a length watched) that are told apart: a distribution over so many
    /// evenly spaced values from 0 to 1 is learned; at least 2.
    pub bins: usize,
    /// What is learned of each head, by name; heads that are not named have the defaults.
    pub heads: BTreeMap<String, HeadConfig>,
    /// Positions that are told apart; later ones count as the last.
    pub positions: usize,
    /// The largest inverse propensity that a row is weighted with; 0 does not weight.
    pub largest_inverse_propensity: f64,
    /// Rows of a step.
    pub batch: usize,
    /// Passes over the data, at most.
    pub epochs: usize,
    /// Passes without a better judgment after which training ends; the best one is kept. Without a
    /// validation table all passes are run and the last one is kept.
    pub patience: usize,
    /// What a pass is judged by.
    pub judge: Judge,
    /// Size of a step of Adam for all but embeddings.
    pub learning_rate: f64,
    /// Factor of the learning rates from pass to pass.
    pub rate_decay: f64,
    /// Passes over which parameters are averaged, the older the less; the mean is what is judged and kept. 0 keeps
    /// parameters as they are after a pass.
    pub averaging: f64,
    /// Share of each weight that is taken off in a step, times the learning rate.
    pub weight_decay: f64,
    /// How steps of embeddings are sized.
    pub embedding_optimizer: EmbeddingOptimizer,
    /// Size of a step of an embedding.
    pub embedding_rate: f64,
    /// Factor of the square of an embedding in the loss, for each row it takes part in.
    pub embedding_regularization: f64,
    /// Standard deviation of a new embedding's numbers.
    pub embedding_deviation: f64,
    /// Share of numbers of hidden layers dropped in training, 0 to 0.9.
    pub dropout: f64,
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            embedding: 16,
            sharing: Sharing::Together,
            records: Vec::new(),
            left_out: Vec::new(),
            knots: 0,
            cross: vec![Cross::LowRank(32); 2],
            pairs: 0,
            hidden: vec![128, 64],
            shared_experts: 1,
            own_experts: 0,
            tower: Vec::new(),
            layers: Layers::Whole,
            attention: 16,
            bins: 11,
            heads: BTreeMap::new(),
            positions: 64,
            largest_inverse_propensity: 0.0,
            batch: 2048,
            epochs: 4,
            patience: 2,
            judge: Judge::Loss,
            learning_rate: 1e-3,
            rate_decay: 1.0,
            averaging: 0.0,
            weight_decay: 0.0,
            embedding_optimizer: EmbeddingOptimizer::Adagrad,
            embedding_rate: 0.05,
            embedding_regularization: 0.0,
            embedding_deviation: 0.02,
            dropout: 0.0,
        }
    }
}

/// The widest layer that is accepted.
const LARGEST: usize = 1 << 16;

impl NetworkConfig {
    /// Logistic regression, the baseline: a number for each id and knot, a weight for each scaled number, and
    /// nothing that multiplies or bends them.
    pub fn logistic() -> Self {
        Self {
            embedding: 1,
            cross: Vec::new(),
            hidden: Vec::new(),
            ..Self::default()
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) for the first field that is out of range.
    pub fn validate(&self) -> Result<()> {
        let checks = Checks(NAME);
        let width = |field, found: usize| {
            let fits = (1..=LARGEST).contains(&found);
            checks.holds(field, found as f64, "1 to 65536", fits)
        };
        width("embedding", self.embedding)?;
        let fits = self.knots != 1 && self.knots <= LARGEST;
        checks.holds("knots", self.knots as f64, "0, or 2 to 65536", fits)?;
        for cross in &self.cross {
            if let Cross::LowRank(rank) = cross {
                width("cross", *rank)?;
            }
        }
        let fits = self.pairs <= 64;
        checks.holds("pairs", self.pairs as f64, "0 to 64", fits)?;
        self.hidden
            .iter()
            .try_for_each(|&found| width("hidden", found))?;
        self.tower
            .iter()
            .try_for_each(|&found| width("tower", found))?;
        let experts = self.shared_experts + self.own_experts;
        let fits = (1..=64).contains(&experts);
        checks.holds(
            "shared_experts and own_experts",
            experts as f64,
            "1 to 64",
            fits,
        )?;
        let fits = self.attention <= LARGEST;
        checks.holds("attention", self.attention as f64, "0 to 65536", fits)?;
        let fits = (2..=LARGEST).contains(&self.bins);
        checks.holds("bins", self.bins as f64, "2 to 65536", fits)?;
        for head in self.heads.values() {
            checks.not_negative("loss_weight", head.loss_weight)?;
        }
        width("positions", self.positions)?;
        self.validate_training(checks)
    }

    fn validate_training(&self, checks: Checks) -> Result<()> {
        let found = self.largest_inverse_propensity;
        checks.not_negative("largest_inverse_propensity", found)?;
        checks.count("batch", self.batch)?;
        checks.count("epochs", self.epochs)?;
        checks.count("patience", self.patience)?;
        checks.positive("learning_rate", self.learning_rate)?;
        checks.positive("rate_decay", self.rate_decay)?;
        checks.not_negative("averaging", self.averaging)?;
        checks.not_negative("weight_decay", self.weight_decay)?;
        checks.positive("embedding_rate", self.embedding_rate)?;
        checks.not_negative("embedding_regularization", self.embedding_regularization)?;
        checks.positive("embedding_deviation", self.embedding_deviation)?;
        let fits = (0.0..=0.9).contains(&self.dropout);
        checks.holds("dropout", self.dropout, "a number from 0 to 0.9", fits)
    }

    /// What is learned of the head of this name.
    pub(crate) fn head(&self, name: &str) -> HeadConfig {
        self.heads.get(name).copied().unwrap_or_default()
    }
}
