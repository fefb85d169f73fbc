//! The whole service, over real connections, before a backend that each test scripts.

mod support;

mod edge;
mod ending;
mod errors;
mod traces;
