//! An expression language over catalog and viewer fields: what may be in an answer, and what is to be
//! lifted in it.
//!
//! [`Expr`] is a text, parsed and checked; an error says where, what was expected and what was found.
//! [`Expr::holds`] asks it of one record. For a whole catalog, [`Columns`] are made once and
//! [`Filter::compile`] looks an expression up in them; [`Filter::for_asking`] then chooses between bits
//! for all rows and a test for each row that is asked.
//!
//! The language is described in `docs/filters.md`.
//!
//! # Example
//!
//! ```
//! use marquee_core::{Item, ItemId, ItemIdx, Timestamp};
//! use marquee_filter::{Columns, Expr, Filter, Limits, ViewerFields};
//!
//! let mut film = Item::new(ItemId::new("film")?);
//! film.genres = vec!["Drama".to_owned()];
//! let columns = Columns::new([("film", Some(&film)), ("unknown", None)]);
//!
//! let expr: Expr = r#"genre = "Drama""#.parse()?;
//! let filter = Filter::compile(&expr, &columns, &ViewerFields::default(), Timestamp::EPOCH);
//! let selection = filter.select(&Limits::default())?;
//! assert_eq!(selection.rows().collect::<Vec<_>>(), [ItemIdx(0)]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod columns;
mod compile;
mod direct;
mod error;
mod expr;
mod field;
mod fold;
mod kind;
mod lex;
mod limits;
mod literal;
mod parse;
mod print;
mod render;
mod selection;
mod viewer;

pub use columns::{Columns, Group};
pub use compile::{Filter, Passing};
pub use error::{Error, Expected, Found, Help, ParseError, Problem, Result};
pub use expr::Expr;
pub use field::{Field, Type};
pub use limits::Limits;
pub use selection::Selection;
pub use viewer::ViewerFields;

#[cfg(test)]
mod samples;
