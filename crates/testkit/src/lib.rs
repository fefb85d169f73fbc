//! Development only: synthetic worlds with known answers, and suites that every model must pass.

pub mod blocks;
pub mod conformance;
mod draw;
pub mod interactions;
pub mod world;
