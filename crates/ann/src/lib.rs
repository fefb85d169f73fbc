//! Which rows of a table of vectors have the largest inner products with a query.
//!
//! [`exact`] reads every row, at the speed of memory, and is never wrong: [`ByteTable`] keeps a copy of
//! a byte a number and proves from its error bounds which rows it need not look at again.
//! [`Index`] reads a few percent of the rows and misses some, how many being measured when it is built.
//! Both end in products of the table's own `f32`, so their scores agree bit for bit.
//!
//! Rows are positions in the table; equal scores are ordered by row, smaller first. Where only some
//! rows are wanted, an [`Allowed`] bitmap says which.

mod allowed;
mod error;
pub mod exact;
pub mod index;
mod shortlist;
mod table;

pub use allowed::Allowed;
pub use error::{Error, Result};
pub use exact::{ByteTable, HalfTable};
pub use index::{Index, IndexConfig, IndexView, Searcher, Width};
pub use table::Table;
