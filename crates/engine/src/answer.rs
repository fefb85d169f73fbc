//! Requests in ids of the outside, turned into a plan over rows, run, and turned back.

use std::{
    collections::HashSet,
    sync::{Arc, OnceLock},
};

use marquee_core::{
    Actor, CandidateSource, Filter, HistoryEntry, ItemId, ItemIdx, ItemKind, Moved, Query,
    RecommendationId, Removal, Scorer, SessionId, User,
};
use marquee_filter::ViewerFields;
use marquee_ingest::{Values, event_id_hash};
use marquee_journal::Snapshot;
use marquee_math::derive_seed;
use marquee_pipeline::{Answer, Budget, Placed, Plan, Step, Width, run};

use crate::{
    CompiledFilter, Detail, EngineError, Generation, MovedItem, RankRequest, RecommendRequest,
    Recommendation, RecommendedItem, Removals, RemovedItem, Result, SeenPolicy, Shelf,
    SimilarRequest, Viewer,
    live::{Base, Crowd, Live, MAX_VIEWERS, Past, Rows, emphasize_session, past},
    request::MAX_K,
    slate_rules::{self, SlateStages},
    stages::{
        self, GivenSource, ModelStage, NotFoundFilter, PopularStage, RequestFilter, SeenFilter,
        ShownFilter, SimilarStage, UnavailableFilter,
    },
    viewer::{ExploreReranker, ExploredSource, FreshSource, ViewerStage},
};

/// Candidates at first for each item of the answer.
const SPARE: usize = 4;
/// Candidates at first however short the answer.
const LEAST_WIDTH: usize = 100;

/// What one request holds on to while it runs.
pub(crate) struct Context<'a> {
    pub(crate) generation: &'a Generation,
    pub(crate) shelf: &'a Shelf,
    pub(crate) live: &'a Live,
    /// The journal as it is now; none where there is none.
    pub(crate) journal: &'a (dyn Fn() -> Option<Snapshot> + Sync),
    /// What is known of a user besides events.
    pub(crate) users: &'a (dyn Fn(&str) -> Option<User> + Sync),
    pub(crate) width: Width,
    pub(crate) seed: u64,
    pub(crate) id: RecommendationId,
}

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
    let model = ModelStage::new(generation.model(), &name_of);
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
        plan.sources.push(Step::optional(new, 50));
        plan.rerankers.push(Step::optional(&explore, 90));
    }
    let n_out = past.history.len() + past.opposed.len() + request.shown.len();
    plan.width.start = first_width(context.width, request.k, n_out);
    if slate.looks_further() {
        plan.width.start = context.width.start;
    }
    slate.join(&mut plan);
    let answer = run(&plan, &query, budget)?;
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
    shown: ShownFilter<'a>,
    not_found: NotFoundFilter<'a>,
    unavailable: UnavailableFilter<'a>,
    request: RequestFilter<'a>,
    width: Width,
}

impl<'a> Filters<'a> {
    fn new(
        context: &'a Context<'_>,
        filter: &'a CompiledFilter,
        past: &'a Past,
        shown: &'a [u32],
    ) -> Self {
        let shelf = context.shelf;
        Self {
            seen: SeenFilter {
                opposed: &past.opposed,
                also_seen: &past.seen_fresh,
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
    fn plan<'p>(&'p self, seen: SeenPolicy, scorer: &'p dyn Scorer) -> Plan<'p> {
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
            rerankers: Vec::new(),
            visibility: Vec::new(),
            width: self.width,
        }
    }
}

impl Context<'_> {
    fn popular(&self) -> PopularStage<'_> {
        let counts = self.generation.interactions().item_counts();
        PopularStage::new(counts, self.generation.popular())
    }

    /// What is known of the viewer in rows; what nobody knows is passed over.
    fn past(&self, viewer: &Viewer, session: Option<&SessionId>) -> Result<Past> {
        match (viewer, session) {
            (Viewer::Known(id), _) => self.live_past(&Actor::User(id.clone()), session),
            (Viewer::Anonymous, Some(id)) => self.live_past(&Actor::Session(id.clone()), session),
            (Viewer::Anonymous, None) => Ok(Past::default()),
            (Viewer::WithHistory(past), _) => {
                let interactions = self.generation.interactions();
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
                    ..Past::default()
                })
            }
        }
    }

    /// What the model was trained on of an actor, and what the actor did since.
    fn live_past(&self, actor: &Actor, session: Option<&SessionId>) -> Result<Past> {
        let interactions = self.generation.interactions();
        let owner = self.live.owner(actor);
        let id = match &owner {
            Actor::User(id) => id.as_str(),
            Actor::Session(id) => id.as_str(),
        };
        let user = interactions.user(id);
        let history = user.map_or(Ok(Vec::new()), |user| interactions.history(user))?;
        let base = Base {
            history: &history,
            opposed: user.map_or(Ok(&[][..]), |user| interactions.opposed(user))?,
            seq: interactions.journal_seq(),
        };
        let log = self.live.log(&owner, self.journal)?;
        let deeds = log.deeds.as_slice();
        let row_of = |id: &str| self.shelf.row(interactions, id);
        let rows = Rows {
            of: &row_of,
            n_known: self.shelf.n_known(),
        };
        let selection = interactions.selection();
        let mut past = past(base, deeds, &rows, selection);
        if let Some(session) = session
            && selection.values == Values::KindWeight
        {
            let session = event_id_hash(session.as_str());
            emphasize_session(&mut past, deeds, session, &rows);
        }
        Ok(past)
    }

    /// Who touched a title that the model does not know, and what else they watched.
    fn crowd(&self, item: ItemIdx) -> Arc<Crowd> {
        let interactions = self.generation.interactions();
        let id = self.shelf.id(interactions, item);
        let Some(Ok(id)) = id.map(ItemId::new) else {
            return Arc::default();
        };
        self.live.crowd(&id, || {
            // A title whose viewers cannot be read is ranked by its description alone.
            let viewers = self.live.viewers_of(&id, self.journal, MAX_VIEWERS);
            let histories: Vec<Vec<HistoryEntry>> = viewers
                .unwrap_or_default()
                .iter()
                .filter_map(|viewer| Some(self.live_past(viewer, None).ok()?.history))
                .filter(|history| !history.is_empty())
                .collect();
            Crowd::of(&histories, interactions.item_counts())
        })
    }

    /// The record of somebody who is known.
    fn user(&self, viewer: &Viewer) -> Option<User> {
        match viewer {
            Viewer::Known(id) => (self.users)(id.as_str()),
            Viewer::Anonymous | Viewer::WithHistory(_) => None,
        }
    }

    fn viewer_seed(&self, viewer: &Viewer) -> u64 {
        match viewer {
            Viewer::Known(id) => derive_seed(self.seed, id.as_str().as_bytes()),
            Viewer::Anonymous | Viewer::WithHistory(_) => self.seed,
        }
    }

    fn title(&self, item: ItemIdx) -> String {
        let record = self.shelf.record(item);
        let title = record.map(|item| item.title.as_str()).unwrap_or_default();
        if title.is_empty() {
            let id = self.shelf.id(self.generation.interactions(), item);
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
            moved: answer
                .moved
                .iter()
                .map(|moved| self.moved(moved))
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
        let record = self.shelf.record(placed.item);
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

    fn moved(&self, moved: &Moved) -> Result<MovedItem> {
        Ok(MovedItem {
            item: self.id_of(moved.item)?,
            rule: moved.rule,
            from: moved.from,
            to: moved.to,
        })
    }

    fn id_of(&self, item: ItemIdx) -> Result<ItemId> {
        let text = self.shelf.id(self.generation.interactions(), item);
        let text = text.unwrap_or_default().to_owned();
        ItemId::new(&text).map_err(|source| EngineError::Id { text, source })
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
