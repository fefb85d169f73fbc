//! The kernels, in safe code over any instruction set.
//!
//! No closure holds vectors: it would be compiled for the baseline, and hand them over in memory.
//!
//! Matrices are padded to a multiple of [`BLOCK`] rows and columns. Only what stands on and above the
//! diagonal of a symmetric matrix means something; kernels may write garbage below it.

mod affine;
mod eigen;
mod factor;
mod rank;
mod vector;

pub(crate) use affine::Affine;
pub(super) use affine::affine;
pub(crate) use eigen::{PANEL, Rotation, Update};
pub(super) use eigen::{reflect, rotate, update_and_dot};
pub(super) use factor::{factor, solve};
pub(super) use rank::rank_update;
pub(crate) use rank::{RankUpdate, Sign};
pub(crate) use vector::Pack;
pub(super) use vector::{axpy, combine, dot, dots, pack, transpose};
