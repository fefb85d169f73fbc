//! What is taken out of the candidates of every request.

use marquee_core::{Filter, Scorer};
use marquee_pipeline::{Plan, Step, Width};

use super::Context;
use crate::{
    CompiledFilter, SeenPolicy,
    live::Past,
    stages::{NotFoundFilter, RequestFilter, SeenFilter, ShownFilter, UnavailableFilter},
};

/// The filters of a request; they live as long as the plan that borrows them.
pub(super) struct Filters<'a> {
    seen: SeenFilter<'a>,
    shown: ShownFilter<'a>,
    not_found: NotFoundFilter<'a>,
    unavailable: UnavailableFilter<'a>,
    request: RequestFilter<'a>,
    width: Width,
}

impl<'a> Filters<'a> {
    pub(super) fn new(
        context: &'a Context<'_>,
        filter: &'a CompiledFilter,
        past: &'a Past,
        shown: &'a [u32],
    ) -> Self {
        let shelf = context.shelf;
        Self {
            seen: SeenFilter {
                opposed: &past.opposed,
                also_seen: &past.also_seen,
            },
            shown: ShownFilter {
                shown,
                shelf,
                interactions: context.generation.interactions(),
            },
            not_found: NotFoundFilter(shelf),
            unavailable: UnavailableFilter(shelf),
            request: RequestFilter { filter, shelf },
            width: context.width,
        }
    }

    /// A plan without sources.
    pub(super) fn plan<'p>(&'p self, seen: SeenPolicy, scorer: &'p dyn Scorer) -> Plan<'p> {
        let mut filters: Vec<Step<'p, dyn Filter + 'p>> = Vec::with_capacity(5);
        if seen == SeenPolicy::Exclude {
            filters.push(Step::required(&self.seen));
        }
        if !self.shown.shown.is_empty() {
            filters.push(Step::required(&self.shown));
        }
        filters.push(Step::required(&self.not_found));
        filters.push(Step::required(&self.unavailable));
        filters.push(Step::required(&self.request));
        Plan {
            sources: Vec::new(),
            filters,
            scorer: Step::required(scorer),
            ranking: None,
            rerankers: Vec::new(),
            visibility: Vec::new(),
            width: self.width,
        }
    }
}
