//! Requests in ids of the outside, turned into a plan over rows, run, and turned back.

use std::sync::OnceLock;

use marquee_core::{CandidateSource, ItemId, ItemIdx, Query, Reranker};
use marquee_filter::ViewerFields;
use marquee_pipeline::{Budget, Degradation, DegradedReason, Quality, Step, Width, run};

use crate::{
    CompiledFilter, Detail, EngineError, RankRequest, RecommendRequest, Recommendation, Removals,
    RemovedItem, Result, SeenPolicy, SimilarRequest,
    live::Past,
    request::MAX_K,
    slate_rules::{self, SlateStages},
    stages::{self, GivenSource, ModelStage, Retrieval, SimilarStage},
    viewer::{ExploreReranker, ExploredSource, FreshSource, ViewerStage},
};

mod context;
mod filters;

pub(crate) use context::Context;
use filters::Filters;

/// Candidates at first for each item of the answer.
const SPARE: usize = 4;
/// Candidates at first however short the answer.
const LEAST_WIDTH: usize = 100;
/// Quality in percent below which the best items are looked for without going through all.
const NEAR_BELOW: u32 = 80;
/// Quality in percent below which new titles are not looked for.
const SHED_BELOW: u32 = 40;

pub(crate) fn recommend(
    context: &Context<'_>,
    request: &RecommendRequest,
    budget: &Budget<'_>,
) -> Result<Recommendation> {
    check_length(request.k)?;
    let (generation, shelf) = (context.generation, context.shelf);
    let filter = shelf.compile(&request.filter, generation.interactions());
    let name_of = |item| context.title(item);
    let crowd = |item| context.crowd(item);
    let past = context.past(&request.viewer, request.session.as_ref())?;
    let retrieval = retrieval(budget.quality());
    let model = ModelStage::new(generation.model(), &name_of).by(retrieval);
    let popular = context.popular();
    let base: &dyn stages::Base = if past.is_blank() { &popular } else { &model };
    let viewer = ViewerStage {
        base,
        recommender: (!past.is_blank()).then(|| generation.model()),
        shelf,
        disliked: &past.disliked,
        crowd: &crowd,
        name_of: &name_of,
        known: OnceLock::new(),
    };
    let (fresh, explored) = (FreshSource { viewer: &viewer }, ExploredSource(shelf));
    let explore = ExploreReranker(shelf);
    let query = Query {
        history: &past.history,
        now: request.now,
        seed: context.viewer_seed(&request.viewer),
        k: request.k,
    };
    let reads_viewer = slate_rules::reads_viewer(request);
    let user = reads_viewer
        .then(|| context.user(&request.viewer))
        .flatten();
    let fields = user.as_ref().map(ViewerFields::from).unwrap_or_default();
    let slate = SlateStages::new(request, shelf.columns(), &fields, &query)?;
    let filters = Filters::new(context, &filter, &past, &request.shown);
    let mut plan = filters.plan(request.seen, &viewer);
    // The model ranks everything, so for somebody it knows anything of there is no need to fill up.
    if past.is_blank() {
        plan.sources = vec![Step::required(&popular)];
    } else {
        plan.sources = vec![Step::required(&model)];
    }
    if shelf.n_items() > shelf.n_known() {
        let new: &dyn CandidateSource = if past.is_blank() { &explored } else { &fresh };
        let new = Step::optional(new, 50).from_quality(SHED_BELOW);
        plan.sources.push(new);
        let explore = Step::optional(&explore as &dyn Reranker, 90).from_quality(SHED_BELOW);
        plan.rerankers.push(explore);
    }
    let n_out = past.history.len() + past.opposed.len() + request.shown.len();
    plan.width.start = first_width(context.width, request.k, n_out);
    if slate.looks_further() {
        let least = plan.width.start;
        plan.width.start = budget.quality().of(context.width.start).max(least);
    }
    slate.join(&mut plan);
    let mut answer = run(&plan, &query, budget)?;
    if retrieval == Retrieval::Near && !past.is_blank() {
        answer.degraded.push(Degradation {
            component: generation.model().name(),
            reason: DegradedReason::Load,
        });
    }
    context.finish(&plan, &query, answer, (request.detail, request.removals))
}

pub(crate) fn rank(
    context: &Context<'_>,
    request: &RankRequest,
    budget: &Budget<'_>,
) -> Result<Recommendation> {
    let (generation, shelf) = (context.generation, context.shelf);
    let row_of = |id: &ItemId| shelf.row(generation.interactions(), id.as_str());
    let known: Vec<ItemIdx> = request.items.iter().filter_map(row_of).collect();
    let given = GivenSource(&known);
    let name_of = |item| context.title(item);
    let crowd = |item| context.crowd(item);
    let model = ModelStage::new(generation.model(), &name_of);
    let popular = context.popular();
    let past = context.past(&request.viewer, request.session.as_ref())?;
    let base: &dyn stages::Base = if past.is_blank() { &popular } else { &model };
    let viewer = ViewerStage {
        base,
        recommender: (!past.is_blank()).then(|| generation.model()),
        shelf,
        disliked: &past.disliked,
        crowd: &crowd,
        name_of: &name_of,
        known: OnceLock::new(),
    };
    let everything = CompiledFilter::default();
    let filters = Filters::new(context, &everything, &past, &[]);
    let mut plan = filters.plan(request.seen, &viewer);
    plan.sources = vec![Step::required(&given)];
    plan.width = Width {
        start: known.len().max(1),
        limit: known.len().max(1),
    };
    let query = Query {
        history: &past.history,
        now: request.now,
        seed: context.viewer_seed(&request.viewer),
        k: known.len(),
    };
    let answer = run(&plan, &query, budget)?;
    let told = (request.detail, Removals::Named);
    let mut recommendation = context.finish(&plan, &query, answer, told)?;
    let unknown = request.items.iter().filter(|id| row_of(id).is_none());
    recommendation
        .removals
        .extend(unknown.map(|id| RemovedItem {
            item: id.clone(),
            stage: "request",
            rule: "unknown_item",
        }));
    Ok(recommendation)
}

pub(crate) fn similar_items(
    context: &Context<'_>,
    request: &SimilarRequest,
    budget: &Budget<'_>,
) -> Result<Recommendation> {
    check_length(request.k)?;
    let generation = context.generation;
    let to = generation.interactions().item(request.item.as_str());
    let to = to.ok_or_else(|| EngineError::UnknownItem {
        item: request.item.as_str().to_owned(),
    })?;
    let limit = (4 * MAX_K).min(generation.interactions().n_items());
    let similar = SimilarStage::new(generation.model(), to, limit);
    let everything = CompiledFilter::default();
    let nobody = Past::default();
    let filters = Filters::new(context, &everything, &nobody, &[]);
    let mut plan = filters.plan(SeenPolicy::Allow, &similar);
    plan.sources = vec![Step::required(&similar)];
    plan.width = Width {
        start: request.k.min(limit),
        limit,
    };
    let query = Query {
        history: &[],
        now: request.now,
        seed: context.seed,
        k: request.k,
    };
    let answer = run(&plan, &query, budget)?;
    context.finish(&plan, &query, answer, (Detail::Plain, Removals::Unnamed))
}

fn retrieval(quality: Quality) -> Retrieval {
    if quality.percent() < NEAR_BELOW {
        Retrieval::Near
    } else {
        Retrieval::Exact
    }
}

/// What each source is asked for at first: enough for the filters to take most of it, and all that the
/// viewer has seen besides.
fn first_width(width: Width, k: usize, n_seen: usize) -> usize {
    let enough = (SPARE * k).max(LEAST_WIDTH).saturating_add(n_seen);
    enough.min(width.start)
}

fn check_length(k: usize) -> Result<()> {
    if (1..=MAX_K).contains(&k) {
        return Ok(());
    }
    Err(EngineError::ListLength { found: k })
}
