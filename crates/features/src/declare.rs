//! Features as they are declared in a TOML file: read into values, every mistake with its place.
//!
//! `docs/features.md` is the reference of the language. Here only what a declaration says by itself
//! is checked; how features are made from each other is a matter of the plan.

mod field;
mod kinds;
mod reader;

pub(crate) use field::{Field, FieldType, Owner};
pub(crate) use kinds::{Kind, Norm, Prior, Since, Vectors, With, kind};
pub(crate) use reader::{Borders, Place, Reader, Word};

use marquee_core::Seconds;
use toml::de::{DeTable, DeValue};

use crate::{DeclarationFault, Result, observed::Marks};

/// The features that suit the kinds of events and records that there are, as the crate ships them.
pub const DEFAULT_FEATURES: &str = include_str!("default.toml");

/// What a file says.
#[derive(Debug)]
pub(crate) struct Declarations {
    /// What is added to UTC to get the hour and the weekday.
    pub(crate) utc_offset: Seconds,
    pub(crate) limits: Limits,
    pub(crate) features: Vec<Declared>,
}

/// How much is kept of each viewer; older events go first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Latest impressions of a viewer that features read.
    pub shown: u32,
    /// Latest other events of a viewer that features read.
    pub deeds: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            shown: 256,
            deeds: 512,
        }
    }
}

/// One feature.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) name: Word,
    /// Only other features are made from it.
    pub(crate) visibility: Visibility,
    pub(crate) kind: Kind,
}

/// Whether a feature is a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visibility {
    Column,
    Hidden,
}

/// Whose counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Scope {
    Viewer,
    Item,
    Creator,
    /// A viewer and a trait of the candidate or, for hours, of the moment.
    Pair(Trait),
}

/// What a viewer's events are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Trait {
    Item,
    Creator,
    Genre,
    Tag,
    Language,
    Kind,
    /// Class of the length.
    Length,
    /// Hour of the day.
    Hour,
}

impl Trait {
    pub(crate) const ALL: [(&'static str, Self); 8] = [
        ("item", Self::Item),
        ("creator", Self::Creator),
        ("genre", Self::Genre),
        ("tag", Self::Tag),
        ("language", Self::Language),
        ("kind", Self::Kind),
        ("length", Self::Length),
        ("hour", Self::Hour),
    ];
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Signal {
    pub(crate) marks: Marks,
    pub(crate) measure: Measure,
    pub(crate) span: Span,
}

/// What an event adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Measure {
    /// One.
    Count,
    /// The seconds watched.
    Watched,
}

/// Which events count, and how much. Lengths in milliseconds, above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Span {
    /// All that ever happened.
    Ever,
    /// Those of the latest time, alike.
    Window(i64),
    /// Half as much for each half-life that has passed.
    HalfLife(i64),
}

/// What is done to a number before it stands in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    Linear,
    /// `ln(1 + x)`.
    Log1p,
}

/// How several traits of one candidate make one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Combine {
    Mean,
    Max,
    Sum,
}

/// Features that one file may declare.
const MOST_FEATURES: usize = 2000;

/// Reads a file.
///
/// # Errors
///
/// [`Error::Declaration`](crate::Error::Declaration) for the first mistake.
pub(crate) fn declarations(text: &str) -> Result<Declarations> {
    let document = DeTable::parse(text).map_err(|source| {
        let at = source.span().map_or(0, |span| span.start);
        Place(at).fault(text, DeclarationFault::Syntax { source })
    })?;
    let mut top = Reader::new(text, document.get_ref(), Place(0));
    if let Some((found, at)) = top.number("version")? {
        if (found - 1.0).abs() > 0.0 {
            return Err(at.fault(text, DeclarationFault::Version { found }));
        }
    } else {
        return Err(top.missing("version"));
    }
    let utc_offset = top.signed_length("utc_offset")?.unwrap_or(0);
    let limits = limits(&mut top)?;
    let mut features = Vec::new();
    let tables = top.tables("feature")?;
    if let Some((_, at)) = tables.get(MOST_FEATURES) {
        let found = tables.len() as f64;
        return Err(top.out_of_range("feature", found, *at, "at most 2000 features"));
    }
    for (table, at) in tables {
        features.push(declared(Reader::new(text, table, at))?);
    }
    top.finish()?;
    Ok(Declarations {
        utc_offset: Seconds::from_millis(utc_offset),
        limits,
        features,
    })
}

fn limits(top: &mut Reader<'_>) -> Result<Limits> {
    let mut limits = Limits::default();
    if let Some((table, at)) = top.table("limits")? {
        let mut reader = Reader::new(top.source(), table, at);
        if let Some(shown) = reader.whole("shown", 1, 1 << 16)? {
            limits.shown = shown;
        }
        if let Some(deeds) = reader.whole("deeds", 1, 1 << 16)? {
            limits.deeds = deeds;
        }
        reader.finish()?;
    }
    Ok(limits)
}

fn declared(mut reader: Reader<'_>) -> Result<Declared> {
    let name = reader.required("name")?;
    let visibility = match reader.flag("hidden")? {
        Some(true) => Visibility::Hidden,
        _ => Visibility::Column,
    };
    let kind = kind(&mut reader)?;
    reader.finish()?;
    Ok(Declared {
        name,
        visibility,
        kind,
    })
}

/// What a value is, for messages.
fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests;
