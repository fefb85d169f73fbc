//! Requests in ids of the outside, turned into a plan over rows, run, and turned back.

use std::sync::OnceLock;

use marquee_core::{CandidateSource, ItemId, ItemIdx, Query};
use marquee_filter::ViewerFields;
use marquee_pipeline::{Budget, Degradation, DegradedReason, Quality, Step, Width, run};

use crate::{
    CompiledFilter, EngineError, Outcomes, RankRequest, RecommendRequest, Recommendation, Removals,
    RemovedItem, Result, SeenPolicy, SimilarRequest, Viewer,
    live::Past,
    request::MAX_K,
    slate_rules::{self, SlateStages},
    stages::{self, GivenSource, ModelStage, RecentSource, Retrieval, SimilarStage},
    viewer::{ExploreReranker, ExploredSource, FreshSource, ViewerStage},
};

mod context;
mod filters;
mod sources;

pub(crate) use context::Context;
use context::Told;
use filters::Filters;
use sources::{Asked, Sources, besides, lay_out, rank_by, ranking_stage, second_stage};

/// Quality in percent below which the best items are looked for without going through all.
const NEAR_BELOW: u32 = 80;
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
    let retrieval = retrieval(context, &request.viewer, budget.quality());
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
    let aversion = |query: &Query<'_>, items: &[ItemIdx]| viewer.aversion(query, items);
    let asked = Asked {
        viewer: &request.viewer,
        session: request.session.as_ref(),
        surroundings: &request.surroundings,
    };
    let ranking = ranking_stage(context, asked, &aversion);
    let (fresh, explored) = (FreshSource { viewer: &viewer }, ExploredSource(shelf));
    let new: &dyn CandidateSource = if past.is_blank() { &explored } else { &fresh };
    let recent = RecentSource(context.recent);
    let sources = Sources {
        first: if past.is_blank() { &popular } else { &model },
        besides: besides((!past.is_blank()).then_some(&popular), &recent),
        new: (shelf.n_items() > shelf.n_known()).then_some(new),
        explore: &ExploreReranker(shelf),
    };
    let query = Query {
        history: &past.history,
        now: request.now,
        seed: context.viewer_seed(&request.viewer),
        k: request.k,
    };
    let reads_viewer = slate_rules::reads_viewer(request);
    let user = reads_viewer.then(|| context.user(&request.viewer));
    let user = user.flatten();
    let fields = user.as_ref().map(ViewerFields::from).unwrap_or_default();
    let slate = SlateStages::new(request, shelf.columns(), &fields, &query)?;
    let filters = Filters::new(context, &filter, &past, &request.shown);
    let mut plan = filters.plan(request.seen, &viewer);
    sources.join(&mut plan, ranking.as_ref());
    let n_out = past.history.len() + past.opposed.len() + request.shown.len();
    let bounds = (context.width, budget.quality());
    lay_out(&mut plan, ranking.as_ref(), (request.k, n_out), bounds);
    if slate.looks_further() {
        let least = plan.width.start;
        plan.width.start = budget.quality().of(context.width.start).max(least);
    }
    slate.join(&mut plan);
    let mut answer = run(&plan, &query, budget)?;
    if budget.quality().percent() < NEAR_BELOW && !past.is_blank() {
        answer.degraded.push(Degradation {
            component: generation.model().name(),
            reason: DegradedReason::Load,
        });
    }
    let told = Told {
        detail: request.detail,
        removals: request.removals,
        outcomes: ranking.as_ref().filter(|_| tells(request.outcomes)),
    };
    context.finish(&plan, &query, answer, told)
}

fn tells(outcomes: Outcomes) -> bool {
    outcomes == Outcomes::Told
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
    let aversion = |query: &Query<'_>, items: &[ItemIdx]| viewer.aversion(query, items);
    let asked = Asked {
        viewer: &request.viewer,
        session: request.session.as_ref(),
        surroundings: &request.surroundings,
    };
    let ranking = ranking_stage(context, asked, &aversion);
    let everything = CompiledFilter::default();
    let filters = Filters::new(context, &everything, &past, &[]);
    let mut plan = filters.plan(request.seen, &viewer);
    plan.ranking = ranking.as_ref().map(|stage| rank_by(stage, known.len()));
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
    let told = Told {
        detail: request.detail,
        removals: Removals::Named,
        outcomes: ranking.as_ref().filter(|_| tells(request.outcomes)),
    };
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
    context.finish(&plan, &query, answer, Told::default())
}

/// A second stage orders what the first one proposes anew, and does not miss the few of its last places
/// that an index overlooks.
fn retrieval(context: &Context<'_>, viewer: &Viewer, quality: Quality) -> Retrieval {
    if second_stage(context, viewer).is_some() || quality.percent() < NEAR_BELOW {
        Retrieval::Near
    } else {
        Retrieval::Exact
    }
}

fn check_length(k: usize) -> Result<()> {
    if (1..=MAX_K).contains(&k) {
        return Ok(());
    }
    Err(EngineError::ListLength { found: k })
}
