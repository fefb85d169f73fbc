//! Between wire and engine: the one place where a request's fields are checked and an answer's are
//! written.
//!
//! Checking goes on after the first problem, so that a caller sees all of them at once. A problem
//! names the field by its path and the limit it breaks.

use marquee_core::{ItemId, UserId, id::IdError};

use crate::refusal::{Refusal, Violation};

mod answer;
mod catalog;
mod event;
mod model;
mod record;
mod request;
mod rules;
mod state;
mod taste;

pub(crate) use answer::{continue_item, rank_response, recommend_response, similar_response};
pub(crate) use catalog::{item, item_id, page_request};
pub(crate) use event::{Border, batch_length, event, exported, sign_in};
pub(crate) use model::{expected, value_model, version};
pub(crate) use record::{items, one_item_id, one_user_id, user_to_wire, users};
pub(crate) use request::{continue_watching, rank, recommend, similar};
pub(crate) use state::{duration, journal_state, keep, viewer, viewer_state};
pub(crate) use taste::{taste, whose};

/// Items of an answer when the request does not say.
pub(crate) const DEFAULT_K: u32 = 20;
/// Most items of an answer.
pub(crate) const MAX_K: u32 = 500;
/// Most entries of a history that comes with a request.
pub(crate) const MAX_HISTORY: usize = 2000;
/// Most candidates of one `Rank`.
pub(crate) const MAX_CANDIDATES: usize = 2000;
/// Most ids that a filter excludes.
pub(crate) const MAX_EXCLUDED: usize = 2000;
/// Most genres that a filter names, in each of its lists.
pub(crate) const MAX_GENRES: usize = 64;
/// Most kinds that a filter names.
pub(crate) const MAX_KINDS: usize = 16;
/// Titles of a page when the request does not say.
pub(crate) const DEFAULT_PAGE: u32 = 100;
/// Most titles of a page.
pub(crate) const MAX_PAGE: u32 = 1000;
/// Longest page token of a list in the order of ids, in bytes.
pub(crate) const MAX_PAGE_TOKEN_BYTES: usize = 1024;
/// Longest page token of a ranked list, in bytes.
pub(crate) const MAX_SHOWN_TOKEN_BYTES: usize = 8192;
/// Longest request id, in bytes.
const MAX_REQUEST_ID_BYTES: usize = 256;

/// What is wrong with the fields of one request.
#[derive(Debug, Default)]
struct Fields(Vec<Violation>);

impl Fields {
    fn fail(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        self.0.push(Violation {
            field: field.into(),
            problem: problem.into(),
        });
    }

    /// `value`, if nothing was wrong.
    fn finish<T>(self, value: Option<T>) -> Result<T, Refusal> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(Refusal::InvalidFields(self.0)),
        }
    }

    fn item_id(&mut self, field: impl Into<String>, text: &str) -> Option<ItemId> {
        let made = ItemId::new(text);
        self.id(field, made)
    }

    fn user_id(&mut self, field: impl Into<String>, text: &str) -> Option<UserId> {
        let made = UserId::new(text);
        self.id(field, made)
    }

    fn id<T>(&mut self, field: impl Into<String>, made: Result<T, IdError>) -> Option<T> {
        made.map_err(|error| self.fail(field, error.to_string()))
            .ok()
    }

    /// Item ids of a list with at most `most`.
    fn item_ids(&mut self, field: &str, texts: &[String], most: usize) -> Vec<ItemId> {
        if !self.is_short(field, texts.len(), most) {
            return Vec::new();
        }
        let ids = texts.iter().enumerate();
        ids.filter_map(|(place, text)| self.item_id(format!("{field}[{place}]"), text))
            .collect()
    }

    /// Whether a list has at most `most` elements; a longer one is not looked into.
    fn is_short(&mut self, field: &str, found: usize, most: usize) -> bool {
        let short = found <= most;
        if !short {
            self.fail(
                field,
                format!("expected at most {most} elements, found {found}"),
            );
        }
        short
    }

    /// A number of which zero means `default`.
    fn length(&mut self, field: &str, found: u32, (default, most): (u32, u32)) -> usize {
        if found > most {
            self.fail(field, format!("expected at most {most}, found {found}"));
        }
        let length = if found == 0 { default } else { found };
        length as usize
    }
}

#[cfg(test)]
mod tests;
