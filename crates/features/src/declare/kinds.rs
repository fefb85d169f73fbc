//! The kinds of features.

mod parse;

pub(crate) use parse::kind;

use super::{Combine, Field, Owner, Place, Scale, Scope, Signal, Trait, Word, reader::Borders};
use crate::observed::Marks;

/// What a feature is made from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Raw {
        field: Field,
        scale: Scale,
    },
    Since {
        what: Since,
        unit_ms: i64,
        scale: Scale,
    },
    Bucketed {
        input: Word,
        borders: Borders,
        at: Place,
    },
    Hashed {
        field: Field,
        size: u32,
        /// Which of a list of texts, from 0.
        nth: u32,
    },
    Category {
        field: Field,
        /// Hashes of the texts.
        values: Vec<u64>,
    },
    Crossed {
        inputs: Vec<Word>,
        size: u32,
    },
    Counter {
        scope: Scope,
        signal: Signal,
        scale: Scale,
        combine: Combine,
    },
    Rate {
        scope: Scope,
        top: Signal,
        bottom: Signal,
        prior: Prior,
        combine: Combine,
    },
    Affinity {
        of: Trait,
        signal: Signal,
        prior: Prior,
        combine: Combine,
    },
    Tie {
        half_life_ms: i64,
    },
    Sequence {
        marks: Marks,
        last: u32,
        ids: Word,
    },
    Embedding {
        table: Vectors,
        of: Owner,
    },
    Similarity {
        items: Vectors,
        with: With,
        norm: Norm,
    },
    Overlap {
        list: Trait,
        marks: Marks,
        last: u32,
    },
    Position,
}

/// Since what time is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    Field(Field),
    /// The last such event of the viewer, or of the viewer with the candidate's trait.
    Event(Option<Trait>, Marks),
}

/// What a share is where nothing is known, and how many events that is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Prior {
    pub(crate) share: f64,
    pub(crate) weight: f64,
}

/// A table of vectors that is handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Vectors {
    pub(crate) name: String,
    pub(crate) dim: u32,
}

/// What a candidate's vector is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum With {
    /// A vector of the viewer.
    Viewer(Vectors),
    /// The mean of the vectors of the items of the viewer's last events.
    Recent { marks: Marks, last: u32 },
}

/// Whether lengths of vectors count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Norm {
    Dot,
    Cosine,
}
