//! The kernels, in safe code over any instruction set.
//!
//! No closure holds vectors: it would be compiled for the baseline, and hand them over in memory.
//!
//! Matrices are padded to a multiple of [`BLOCK`] rows and columns. Only what stands on and above the
//! diagonal of a symmetric matrix means something; kernels may write garbage below it.

mod affine;
mod descend;
mod eigen;
mod factor;
mod few;
mod looks;
mod outer;
mod pairs;
mod rank;
mod vector;

pub(super) use affine::affine;
pub(crate) use affine::{Affine, Start};
pub(crate) use descend::{Descent, Halves, Singles};
pub(super) use descend::{descend as descend_singles, descend as descend_halves};
pub(crate) use eigen::{PANEL, Rotation, Update};
pub(super) use eigen::{reflect, rotate, update_and_dot};
pub(super) use factor::solve;
pub(crate) use few::Few;
pub(super) use few::few;
pub(crate) use looks::Looks;
pub(super) use looks::looks;
pub(crate) use outer::Outer;
pub(super) use outer::outer;
pub(crate) use pairs::{Begun, FIELDS, Pairs};
pub(super) use pairs::{pairs, pairs_begin, pairs_vectors, pairs_weights};
pub(super) use rank::rank_update;
pub(crate) use rank::{RankUpdate, Sign};
pub(crate) use vector::Pack;
pub(super) use vector::{axpy, combine, dot, dots, pack, transpose};
