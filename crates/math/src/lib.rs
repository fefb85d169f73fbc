//! Numbers without a domain: top-k selection, seeded randomness, matrix views and kernels.

pub mod random;
pub mod topk;

pub use random::{Rng, derive_seed, rng};
pub use topk::{Scored, TopK, top_k};
