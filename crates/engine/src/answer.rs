//! Requests in ids of the outside, turned into a plan over rows, run, and turned back.

use std::{collections::HashSet, sync::Arc};

use marquee_core::{HistoryEntry, ItemIdx, ItemKind, Query, RecommendationId, Removal, Scorer};
use marquee_ingest::Catalog;
use marquee_math::derive_seed;
use marquee_pipeline::{Answer, Budget, Placed, Plan, Step, Width, run};

use crate::{
    CompiledFilter, Detail, EngineError, Generation, RankRequest, RecommendRequest, Recommendation,
    RecommendedItem, Removals, RemovedItem, Result, SeenPolicy, SimilarRequest, Viewer,
    request::MAX_K,
    stages::{
        GivenSource, ModelStage, NotFoundFilter, PopularStage, RequestFilter, SeenFilter,
        SimilarStage, UnavailableFilter,
    },
};

/// Candidates at first for each item of the answer.
const SPARE: usize = 4;
/// Candidates at first however short the answer.
const LEAST_WIDTH: usize = 100;

/// What one request holds on to while it runs.
pub(crate) struct Context {
    pub(crate) generation: Arc<Generation>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) width: Width,
    pub(crate) seed: u64,
    pub(crate) id: RecommendationId,
}

/// What is known of a viewer.
#[derive(Default)]
struct Past<'a> {
    /// Oldest first.
    history: Vec<HistoryEntry>,
    /// Rows of what he spoke against last.
    opposed: &'a [u32],
}

pub(crate) fn recommend(
    context: &Context,
    request: &RecommendRequest,
    budget: &Budget<'_>,
) -> Result<Recommendation> {
    check_length(request.k)?;
    let generation = &*context.generation;
    let filter = generation
        .columns()
        .compile(&request.filter, generation.interactions());
    let name_of = |item| context.title(item);
    let model = ModelStage::new(generation.model(), &name_of);
    let Past { history, opposed } = context.past(&request.viewer)?;
    let popular = context.popular();
    let filters = Filters::new(context, &filter, opposed);
    // The model ranks everything, so for somebody it knows anything of there is no need to fill up.
    let mut plan = if history.is_empty() {
        let mut plan = filters.plan(request.seen, &popular);
        plan.sources = vec![Step::required(&popular)];
        plan
    } else {
        let mut plan = filters.plan(request.seen, &model);
        plan.sources = vec![Step::required(&model)];
        plan
    };
    plan.width.start = first_width(context.width, request.k, history.len() + opposed.len());
    let query = Query {
        history: &history,
        now: request.now,
        seed: context.viewer_seed(&request.viewer),
        k: request.k,
    };
    let answer = run(&plan, &query, budget)?;
    context.finish(&plan, &query, answer, (request.detail, request.removals))
}

pub(crate) fn rank(
    context: &Context,
    request: &RankRequest,
    budget: &Budget<'_>,
) -> Result<Recommendation> {
    let generation = &*context.generation;
    let interactions = generation.interactions();
    let row_of = |id: &marquee_core::ItemId| interactions.item(id.as_str());
    let known: Vec<ItemIdx> = request.items.iter().filter_map(row_of).collect();
    let given = GivenSource(&known);
    let name_of = |item| context.title(item);
    let model = ModelStage::new(generation.model(), &name_of);
    let popular = context.popular();
    let Past { history, opposed } = context.past(&request.viewer)?;
    let scorer: &dyn Scorer = if history.is_empty() { &popular } else { &model };
    let everything = CompiledFilter::default();
    let filters = Filters::new(context, &everything, opposed);
    let mut plan = filters.plan(request.seen, scorer);
    plan.sources = vec![Step::required(&given)];
    plan.width = Width {
        start: known.len().max(1),
        limit: known.len().max(1),
    };
    let query = Query {
        history: &history,
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
    context: &Context,
    request: &SimilarRequest,
    budget: &Budget<'_>,
) -> Result<Recommendation> {
    check_length(request.k)?;
    let generation = &*context.generation;
    let to = generation.interactions().item(request.item.as_str());
    let to = to.ok_or_else(|| EngineError::UnknownItem {
        item: request.item.as_str().to_owned(),
    })?;
    let limit = (4 * MAX_K).min(generation.interactions().n_items());
    let similar = SimilarStage::new(generation.model(), to, limit);
    let everything = CompiledFilter::default();
    let filters = Filters::new(context, &everything, &[]);
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

/// The filters of a request; they live as long as the plan that borrows them.
struct Filters<'a> {
    seen: SeenFilter<'a>,
    not_found: NotFoundFilter<'a>,
    unavailable: UnavailableFilter<'a>,
    request: RequestFilter<'a>,
    width: Width,
}

impl<'a> Filters<'a> {
    fn new(context: &'a Context, filter: &'a CompiledFilter, opposed: &'a [u32]) -> Self {
        let columns = context.generation.columns();
        Self {
            seen: SeenFilter { opposed },
            not_found: NotFoundFilter(columns),
            unavailable: UnavailableFilter {
                columns,
                catalog: &context.catalog,
            },
            request: RequestFilter { filter, columns },
            width: context.width,
        }
    }

    /// A plan without sources.
    fn plan<'p>(&'p self, seen: SeenPolicy, scorer: &'p dyn Scorer) -> Plan<'p> {
        let mut plan = Plan {
            sources: Vec::new(),
            filters: vec![
                Step::required(&self.not_found),
                Step::required(&self.unavailable),
                Step::required(&self.request),
            ],
            scorer: Step::required(scorer),
            rerankers: Vec::new(),
            visibility: Vec::new(),
            width: self.width,
        };
        if seen == SeenPolicy::Exclude {
            plan.filters.insert(0, Step::required(&self.seen));
        }
        plan
    }
}

impl Context {
    fn popular(&self) -> PopularStage<'_> {
        let counts = self.generation.interactions().item_counts();
        PopularStage::new(counts, self.generation.popular())
    }

    /// What is known of the viewer in rows; what the model does not know is passed over.
    fn past(&self, viewer: &Viewer) -> Result<Past<'_>> {
        let interactions = self.generation.interactions();
        match viewer {
            Viewer::Anonymous => Ok(Past::default()),
            Viewer::Known(id) => match interactions.user(id.as_str()) {
                Some(user) => Ok(Past {
                    history: interactions.history(user)?,
                    opposed: interactions.opposed(user)?,
                }),
                None => Ok(Past::default()),
            },
            Viewer::WithHistory(past) => {
                let entry = |one: &crate::PastItem| {
                    Some(HistoryEntry {
                        item: interactions.item(one.item.as_str())?,
                        weight: one.weight,
                        time: one.time,
                    })
                };
                let mut history: Vec<HistoryEntry> = past.iter().filter_map(entry).collect();
                history.sort_by_key(|entry| entry.time);
                keep_last_of_each(&mut history);
                Ok(Past {
                    history,
                    opposed: &[],
                })
            }
        }
    }

    fn viewer_seed(&self, viewer: &Viewer) -> u64 {
        match viewer {
            Viewer::Known(id) => derive_seed(self.seed, id.as_str().as_bytes()),
            Viewer::Anonymous | Viewer::WithHistory(_) => self.seed,
        }
    }

    fn title(&self, item: ItemIdx) -> String {
        let record = self.generation.columns().record(item);
        let title = record.and_then(|at| self.catalog.items().get(at));
        let title = title.map(|item| item.title.as_str()).unwrap_or_default();
        if title.is_empty() {
            let id = self.generation.interactions().item_id(item);
            return id.unwrap_or_default().to_owned();
        }
        title.to_owned()
    }

    fn finish(
        &self,
        plan: &Plan<'_>,
        query: &Query<'_>,
        answer: Answer,
        (detail, removals): (Detail, Removals),
    ) -> Result<Recommendation> {
        let items = answer.slate.iter();
        let items = items.map(|placed| self.item(plan, query, placed, detail));
        let named = match removals {
            Removals::Unnamed => &[],
            Removals::Named => answer.removals.as_slice(),
        };
        Ok(Recommendation {
            id: self.id.clone(),
            model: self.generation.version().to_string(),
            items: items.collect::<Result<_>>()?,
            removals: named
                .iter()
                .map(|removal| self.removal(removal))
                .collect::<Result<_>>()?,
            degraded: answer.degraded,
            timings: answer.timings,
            n_candidates: answer.n_candidates,
        })
    }

    fn item(
        &self,
        plan: &Plan<'_>,
        query: &Query<'_>,
        placed: &Placed,
        detail: Detail,
    ) -> Result<RecommendedItem> {
        let record = self.generation.columns().record(placed.item);
        let record = record.and_then(|at| self.catalog.items().get(at));
        let explanation = match detail {
            Detail::Plain => None,
            Detail::Explained => Some(explain(plan.scorer.component, query, placed.item)?),
        };
        let names = plan.sources.iter().enumerate();
        Ok(RecommendedItem {
            item: self.id_of(placed.item)?,
            score: placed.score,
            title: record.map(|item| item.title.clone()).unwrap_or_default(),
            genres: record.map(|item| item.genres.clone()).unwrap_or_default(),
            kind: record.map_or(ItemKind::Other, |item| item.kind),
            sources: names
                .filter(|(number, _)| placed.sources.contains(*number))
                .map(|(_, step)| step.component.name())
                .collect(),
            explanation,
        })
    }

    fn removal(&self, removal: &Removal) -> Result<RemovedItem> {
        Ok(RemovedItem {
            item: self.id_of(removal.item)?,
            stage: removal.stage,
            rule: removal.rule,
        })
    }

    fn id_of(&self, item: ItemIdx) -> Result<marquee_core::ItemId> {
        let text = self.generation.interactions().item_id(item);
        let text = text.unwrap_or_default().to_owned();
        marquee_core::ItemId::new(&text).map_err(|source| EngineError::Id { text, source })
    }
}

fn explain(
    scorer: &dyn Scorer,
    query: &Query<'_>,
    item: ItemIdx,
) -> Result<marquee_core::Explanation> {
    let explained = scorer.explain(query, item);
    explained.map_err(|source| {
        marquee_pipeline::PipelineError::Stage {
            stage: "scorer",
            source,
        }
        .into()
    })
}

/// An item twice in a history that came with a request counts once, as it was last.
fn keep_last_of_each(history: &mut Vec<HistoryEntry>) {
    let mut seen = HashSet::with_capacity(history.len());
    history.reverse();
    history.retain(|entry| seen.insert(entry.item));
    history.reverse();
}
