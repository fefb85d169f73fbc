//! A journal on a disk that loses power, compared with a model of what it must hold.
//!
//! Shared by the tests and by the example `powercuts`, which runs many seeds.

mod disk;
mod life;
mod model;
mod random;

#[cfg(test)]
pub(crate) use disk::{Fault, SimDisk};
pub(crate) use life::{Report, run};
#[cfg(test)]
pub(crate) use random::Random;
