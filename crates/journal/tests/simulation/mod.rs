//! A journal on a disk that loses power, compared with a model of what it must hold.
//!
//! Shared by the tests and by the example `powercuts`, which runs many seeds.

mod disk;
mod life;
mod model;
mod random;

pub(crate) use life::{Report, run};
