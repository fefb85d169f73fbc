//! Declarations compiled: features in an order in which each comes after those it is made from, split
//! into what is computed once a request and what is computed for each row, and the counts that the
//! state has to keep for them.

mod build;
mod compile;
mod kept;
mod layout;

use std::sync::Arc;

use marquee_core::Seconds;

pub use crate::declare::Limits;
pub(crate) use build::Sum;
pub(crate) use kept::{KeptAt, KeptLayout, TRAIT_WORDS};
pub(crate) use layout::{
    Entity, Fading, HALF_LIFE_TILES, PairLayout, PairSlot, Ring, TILES, TileLayout, TileRead,
};

use crate::{
    FeatureSchema, Result,
    declare::{Combine, DEFAULT_FEATURES, Field, Norm, Prior, Scale, Trait, declarations},
    observed::Marks,
};

/// What is computed and kept, from a file of declarations.
///
/// Two plans of one file are alike, and a state or a model that was made with one works with the
/// other.
#[derive(Debug)]
pub struct Plan {
    pub(crate) schema: Arc<FeatureSchema>,
    /// In an order in which inputs come first.
    pub(crate) nodes: Vec<Node>,
    /// What is counted of viewers, items and creators.
    pub(crate) tiles: [TileLayout; 3],
    /// What is counted of a viewer's events by trait.
    pub(crate) pairs: Vec<PairLayout>,
    pub(crate) limits: Limits,
    pub(crate) utc_offset: Seconds,
    /// Tables of vectors that features name, with the length of a vector.
    pub(crate) vectors: Vec<(String, u32)>,
    /// Lists that are columns, in their order.
    pub(crate) sequences: Vec<usize>,
    /// What is kept with items and creators.
    pub(crate) kept: KeptLayout,
}

/// Dense columns of rows that say how a viewer stands to an item, by their places; those that the file
/// does not declare are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standings {
    /// Strength of the tie to the creator: the first feature of kind `tie`.
    pub tie: Option<usize>,
    /// Share of the item's genres in what the viewer did: the first `affinity` to genres.
    pub genre_share: Option<usize>,
}

/// One feature.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) side: Side,
    pub(crate) op: Op,
    pub(crate) output: Output,
    /// Where it stands in the table: the first dense column, the sparse column, or the sequence.
    pub(crate) column: Option<usize>,
    /// Where its value is kept, where that is the same whoever asks.
    pub(crate) kept: Option<KeptAt>,
}

/// Whether a feature is the same for all rows of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    Row,
}

/// What a feature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// So many numbers.
    Dense(u32),
    /// An id below the size.
    Sparse(u32),
    /// A list of ids.
    Sequence,
}

/// How a feature is computed. Inputs are places in the list of nodes.
#[derive(Debug)]
pub(crate) enum Op {
    Number(Field, Scale),
    SinceField(Field, Time),
    /// Since the viewer's last such event.
    SinceDeed(Marks, Time),
    /// Since the viewer's last such event with the trait.
    SincePair(Sum, Time),
    Bucket {
        input: usize,
        borders: Vec<f32>,
    },
    Hash {
        field: Field,
        size: u32,
        nth: u32,
    },
    Category {
        field: Field,
        values: Vec<u64>,
    },
    Cross {
        inputs: Vec<usize>,
        size: u32,
    },
    Tile(Entity, TileRead, Scale),
    TileRate {
        of: Entity,
        top: TileRead,
        bottom: TileRead,
        prior: Prior,
    },
    Pair(Sum, Scale, Combine),
    PairRate {
        top: Sum,
        bottom: Sum,
        prior: Prior,
        combine: Combine,
    },
    Share {
        of: Sum,
        prior: Prior,
        combine: Combine,
    },
    Tie {
        half_life_ms: i64,
    },
    Sequence {
        marks: Marks,
        last: u32,
        ids: usize,
    },
    ViewerVector {
        table: String,
    },
    ItemVector {
        table: String,
    },
    Similarity {
        items: String,
        with: VectorOf,
        norm: Norm,
    },
    Overlap {
        list: Trait,
        marks: Marks,
        last: u32,
    },
    Position,
}

/// What candidates' vectors are compared with.
#[derive(Debug)]
pub(crate) enum VectorOf {
    Viewer { table: String },
    Recent { marks: Marks, last: u32 },
}

/// How a length of time becomes a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Time {
    pub(crate) unit_ms: i64,
    pub(crate) scale: Scale,
}

impl Plan {
    /// Compiles the declarations in `text`; `docs/features.md` describes them.
    ///
    /// # Errors
    ///
    /// [`Error::Declaration`](crate::Error::Declaration) with line and column of the first mistake.
    pub fn parse(text: &str) -> Result<Self> {
        compile::compile(text, &declarations(text)?)
    }

    /// The plan of [`DEFAULT_FEATURES`].
    ///
    /// # Panics
    ///
    /// Never: a test compiles that file.
    pub fn standard() -> Self {
        Self::parse(DEFAULT_FEATURES).expect("the file that is shipped is right")
    }

    /// The columns of the tables that are computed.
    pub const fn schema(&self) -> &Arc<FeatureSchema> {
        &self.schema
    }

    /// How much is kept of each viewer.
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// Columns of a row that say how a viewer stands to it, for a value model.
    pub fn standings(&self) -> Standings {
        let to_genre =
            |op: &Op| matches!(op, Op::Share { of, .. } if self.pairs[of.pair].of == Trait::Genre);
        let first = |is: &dyn Fn(&Op) -> bool| self.nodes.iter().find(|node| is(&node.op))?.column;
        Standings {
            tie: first(&|op| matches!(op, Op::Tie { .. })),
            genre_share: first(&to_genre),
        }
    }

    /// The feature of a name, hidden or not.
    pub(crate) fn node(&self, place: usize) -> &Node {
        &self.nodes[place]
    }

    /// A hash of what a state of this plan counts: a checkpoint with another one is refused.
    pub(crate) fn layout_fingerprint(&self) -> u64 {
        layout::fingerprint(&self.tiles, self.limits)
    }
}

impl Scale {
    /// The number as it stands in its column.
    pub(crate) fn of(self, value: f32) -> f32 {
        match self {
            Self::Linear => value,
            Self::Log1p => value.max(0.0).ln_1p(),
        }
    }
}

impl Time {
    /// The number for a length of time; what lies in the future is as if it were now.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a feature keeps 24 bits of any number"
    )]
    pub(crate) fn of(self, millis: i64) -> f32 {
        let units = millis.max(0) as f64 / self.unit_ms as f64;
        self.scale.of(units as f32)
    }
}

impl Prior {
    /// `top / bottom` pulled to the prior; NaN where there is nothing to divide by.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a feature keeps 24 bits of any number"
    )]
    pub(crate) fn share_of(self, top: f64, bottom: f64) -> f32 {
        let all = bottom + self.weight;
        if all <= 0.0 {
            // Not the quotient, whose sign is another on other machines.
            return f32::NAN;
        }
        ((top + self.share * self.weight) / all) as f32
    }
}

#[cfg(test)]
mod tests;
