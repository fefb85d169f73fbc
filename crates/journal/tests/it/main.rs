//! The journal as its users see it: on a real disk, and on one that fails.

mod basics;
mod common;
mod damage;
mod document;
mod killed;
#[path = "../kills/mod.rs"]
mod kills;
mod maintain;
mod power;
#[path = "../simulation/mod.rs"]
mod simulation;
