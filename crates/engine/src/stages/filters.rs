//! What is taken out of the candidates, and by which rule.

use marquee_core::{Candidates, Filter, ItemIdx, Query};

use super::StageResult;
use crate::{CompiledFilter, Interactions, Shelf, request::page_hash};

/// Removes what the viewer has in the history or spoke against.
pub(crate) struct SeenFilter<'a> {
    /// Items the viewer spoke against.
    pub(crate) opposed: &'a [ItemIdx],
    /// What the viewer has seen besides the history.
    pub(crate) also_seen: &'a [ItemIdx],
}

impl Filter for SeenFilter<'_> {
    fn name(&self) -> &'static str {
        "seen"
    }

    fn apply(&self, query: &Query<'_>, candidates: &mut Candidates) -> StageResult<()> {
        let history = query.history.iter().map(|entry| entry.item);
        for item in history.chain(self.also_seen.iter().copied()) {
            if let Some(place) = candidates.place(item) {
                candidates.remove(place, "seen", "in_history");
            }
        }
        for &item in self.opposed {
            if let Some(place) = candidates.place(item) {
                candidates.remove(place, "seen", "spoken_against");
            }
        }
        Ok(())
    }
}

/// Removes what earlier pages of the same list have shown.
pub(crate) struct ShownFilter<'a> {
    /// Hashes of their ids, rising.
    pub(crate) shown: &'a [u32],
    /// The ids of rows.
    pub(crate) shelf: &'a Shelf,
    /// The ids of the rows of the model.
    pub(crate) interactions: &'a Interactions,
}

impl Filter for ShownFilter<'_> {
    fn name(&self) -> &'static str {
        "shown"
    }

    fn apply(&self, _: &Query<'_>, candidates: &mut Candidates) -> StageResult<()> {
        remove_where(candidates, "shown", |item| {
            let id = self.shelf.id(self.interactions, item)?;
            let found = self.shown.binary_search(&page_hash(id));
            found.is_ok().then_some("on_an_earlier_page")
        });
        Ok(())
    }
}

/// Removes items that the catalog does not have.
pub(crate) struct NotFoundFilter<'a>(pub(crate) &'a Shelf);

impl Filter for NotFoundFilter<'_> {
    fn name(&self) -> &'static str {
        "not_found"
    }

    fn apply(&self, _: &Query<'_>, candidates: &mut Candidates) -> StageResult<()> {
        remove_where(candidates, "not_found", |item| {
            self.0.is_missing(item).then_some("not_in_catalog")
        });
        Ok(())
    }
}

/// Removes items that may not be shown now.
pub(crate) struct UnavailableFilter<'a>(pub(crate) &'a Shelf);

impl Filter for UnavailableFilter<'_> {
    fn name(&self) -> &'static str {
        "unavailable"
    }

    fn apply(&self, query: &Query<'_>, candidates: &mut Candidates) -> StageResult<()> {
        remove_where(candidates, "unavailable", |item| {
            let available = self.0.is_available(item, query.now);
            (!available).then_some("outside_its_windows")
        });
        Ok(())
    }
}

/// Removes what the request does not want.
pub(crate) struct RequestFilter<'a> {
    /// What it does not want.
    pub(crate) filter: &'a CompiledFilter,
    /// The catalog by row.
    pub(crate) shelf: &'a Shelf,
}

impl Filter for RequestFilter<'_> {
    fn name(&self) -> &'static str {
        "request"
    }

    fn apply(&self, _: &Query<'_>, candidates: &mut Candidates) -> StageResult<()> {
        if !self.filter.is_empty() {
            remove_where(candidates, "request", |item| {
                self.filter.objection(item, self.shelf)
            });
        }
        Ok(())
    }
}

fn remove_where(
    candidates: &mut Candidates,
    stage: &'static str,
    objection: impl Fn(ItemIdx) -> Option<&'static str>,
) {
    for place in 0..candidates.items().len() {
        if let Some(rule) = objection(candidates.items()[place]) {
            candidates.remove(place, stage, rule);
        }
    }
}
