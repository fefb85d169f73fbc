//! The journal as its users see it, on a real disk.

mod basics;
mod common;
mod maintain;
