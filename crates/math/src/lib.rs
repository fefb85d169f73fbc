//! Numbers without a domain: top-k selection, seeded randomness, matrix views and kernels.

pub mod affine;
pub mod bytes;
pub mod cholesky;
pub mod eigen;
pub mod elements;
pub mod exponential;
pub mod gemm;
mod half_rows;
pub mod halves;
pub mod looks;
pub mod matrix;
pub mod pairs;
pub mod random;
pub mod real;
pub mod ridge;
mod simd;
pub mod split;
pub mod topk;
pub mod vector;

pub use affine::{AFFINE_BLOCK, affine, affine_add, affine_few, outer_add};
pub use bytes::{ByteLayout, ByteQuery, ByteScores};
pub use cholesky::{Cholesky, NotPositiveDefinite};
pub use eigen::{Eigen, NoEigen, symmetric_eigen};
pub use gemm::{Scale, gemm, gram, mirror};
pub use half_rows::HalfRows;
pub use matrix::{MatrixView, MatrixViewMut};
pub use pairs::{PAIR_BLOCK, PairSums};
pub use random::{Rng, derive_seed, fill_normal, rng};
pub use real::Real;
pub use ridge::{NotFinite, Ridge, RidgeProblem};
pub use topk::{Scored, TopK, top_k};
pub use vector::{axpy, dot, dots};
