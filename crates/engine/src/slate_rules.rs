//! What a request says about its slate (an expression that items must pass, boosts, caps and pins) as
//! components of the path.

use marquee_core::{CandidateSource, Candidates, Filter, ItemIdx, Query, ScoredItem, StageError};
use marquee_filter::{Columns, Expr, Field, Filter as Expression, Limits, Passing, ViewerFields};
use marquee_pipeline::{Plan, Step};
use marquee_rerank::{BoostReranker, PlacementReranker};

use crate::{RecommendRequest, Result};

/// Rows that an expression is expected to be asked of, at first.
const ASKED: usize = 500;
/// Items that a boost names and lifts, and that are few enough to be proposed for it.
const MAX_PROPOSED: usize = 100;

/// The rules of one request, looked up.
pub(crate) struct SlateStages<'a> {
    expression: Option<ExpressionFilter<'a>>,
    boosts: BoostReranker<'a>,
    placement: PlacementReranker<'a>,
    chosen: ChosenSource,
    is_empty: bool,
}

impl<'a> SlateStages<'a> {
    /// Looks up what `request` says for the moment of `query`.
    ///
    /// # Errors
    ///
    /// [`crate::EngineError`] when a rule is out of its bounds or an expression too costly.
    pub(crate) fn new(
        request: &'a RecommendRequest,
        columns: &'a Columns,
        viewer: &ViewerFields<'a>,
        query: &Query<'_>,
    ) -> Result<Self> {
        let rules = &request.rules;
        rules.check()?;
        let limits = Limits::default();
        let expression = match &request.filter.expression {
            None => None,
            Some(expr) => {
                let filter = Expression::compile(expr, columns, viewer, query.now);
                Some(ExpressionFilter(filter.for_asking(ASKED, &limits)?))
            }
        };
        let placement = PlacementReranker::new(&rules.caps, &rules.pins, columns, query.now);
        let mut chosen = placement.pinned();
        let promoted = rules.boosts.iter().filter(|boost| {
            boost.weight > 0.0 && boost.during.contains(query.now) && names_items(&boost.what)
        });
        for boost in promoted {
            let filter = Expression::compile(&boost.what, columns, viewer, query.now);
            let selected = filter.select(&limits)?;
            if selected.count() <= MAX_PROPOSED {
                chosen.extend(selected.rows());
            }
        }
        chosen.sort_unstable();
        chosen.dedup();
        let asked = (ASKED, &limits);
        Ok(Self {
            expression,
            boosts: BoostReranker::new(&rules.boosts, columns, viewer, query, asked)?,
            placement,
            chosen: ChosenSource(chosen),
            is_empty: rules.is_empty(),
        })
    }

    /// Adds them to a plan that has its sources and other re-rankers.
    pub(crate) fn join<'p>(&'p self, plan: &mut Plan<'p>) {
        if let Some(expression) = &self.expression {
            plan.filters.push(Step::required(expression));
        }
        if self.is_empty {
            return;
        }
        if !self.chosen.0.is_empty() {
            plan.sources.push(Step::required(&self.chosen));
        }
        plan.rerankers.insert(0, Step::required(&self.boosts));
        plan.rerankers.push(Step::required(&self.placement));
    }

    /// Whether candidates beyond the best can come into the answer, so that more are worth asking for.
    pub(crate) fn looks_further(&self) -> bool {
        !self.is_empty
    }
}

/// Whether some expression of a request names a field of the viewer.
pub(crate) fn reads_viewer(request: &RecommendRequest) -> bool {
    let boosts = request.rules.boosts.iter().map(|boost| &boost.what);
    let mut all = request.filter.expression.iter().chain(boosts);
    all.any(|expr| expr.fields().iter().any(|field| field.is_of_viewer()))
}

/// Whether an expression speaks of single items or of a series, and not of what they are like.
fn names_items(expr: &Expr) -> bool {
    let fields = expr.fields();
    fields.contains(&Field::Id) || fields.contains(&Field::Series)
}

/// Removes what does not pass the request's expression.
struct ExpressionFilter<'a>(Passing<'a>);

impl Filter for ExpressionFilter<'_> {
    fn name(&self) -> &'static str {
        "request"
    }

    fn apply(
        &self,
        _: &Query<'_>,
        candidates: &mut Candidates,
    ) -> std::result::Result<(), StageError> {
        for place in 0..candidates.items().len() {
            let item = candidates.items()[place];
            if candidates.is_kept(place) && !self.0.contains(item) {
                candidates.remove(place, "request", "filter_expression");
            }
        }
        Ok(())
    }
}

/// Proposes what rules name: pins, and what a boost of few items lifts. However few the path asks for,
/// it gets all of them.
struct ChosenSource(Vec<ItemIdx>);

impl CandidateSource for ChosenSource {
    fn name(&self) -> &'static str {
        "chosen"
    }

    fn candidates(
        &self,
        _: &Query<'_>,
        _: usize,
    ) -> std::result::Result<Vec<ScoredItem>, StageError> {
        let scored = |&item: &ItemIdx| ScoredItem { item, score: 0.0 };
        Ok(self.0.iter().map(scored).collect())
    }
}

#[cfg(test)]
mod tests;
