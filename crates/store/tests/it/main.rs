//! The file format, from outside: damage, hostility, old versions and the document.

mod common;
mod compat;
mod damage;
mod document;
mod properties;
