//! Who proposes candidates, and how many.

use marquee_core::{CandidateSource, Hydrator, Reranker, Scorer, SessionId};
use marquee_pipeline::{Plan, Quality, Ranking, Step, Width};

use super::Context;
use crate::{
    Surroundings, Viewer,
    ranking::{Aversion, RankingStage, SecondStage, live::LiveFeatures},
    stages::{FewOf, RecentSource},
};

/// Candidates at first for each item of the answer.
const SPARE: usize = 4;
/// Candidates at first however short the answer.
const LEAST_WIDTH: usize = 100;
/// Candidates of the model that a ranker is given, if the answer does not need more.
const PROPOSED: usize = 300;
/// Candidates of each other source that it is given.
const BESIDES: usize = 100;
/// Candidates that it orders, if the answer does not need more.
const RANKED: usize = 500;
/// Quality in percent below which nothing is ranked anew.
const RANK_FROM: u32 = 30;
/// Quality in percent below which new titles are not looked for.
const SHED_BELOW: u32 = 40;

/// Who can propose candidates for a viewer.
pub(super) struct Sources<'a> {
    /// The model, or what is popular where nothing is known of the viewer.
    pub(super) first: &'a dyn CandidateSource,
    /// What a ranker is given besides.
    pub(super) besides: [Option<FewOf<'a>>; 2],
    /// Titles that the model does not know, where there are any.
    pub(super) new: Option<&'a dyn CandidateSource>,
    pub(super) explore: &'a dyn Reranker,
}

impl<'a> Sources<'a> {
    /// Has them propose in `plan`.
    pub(super) fn join(&'a self, plan: &mut Plan<'a>, ranking: Option<&'a RankingStage<'_>>) {
        plan.sources = vec![Step::required(self.first)];
        if ranking.is_some() {
            let besides = self.besides.iter().flatten();
            let step = |few| Step::optional(few as &dyn CandidateSource, 50);
            plan.sources.extend(besides.map(step));
        }
        if let Some(new) = self.new {
            let new = Step::optional(new, 50).from_quality(SHED_BELOW);
            plan.sources.push(new);
            let explore = Step::optional(self.explore, 90).from_quality(SHED_BELOW);
            plan.rerankers.push(explore);
        }
    }
}

/// What a ranker is given besides the candidates of the model.
pub(super) fn besides<'a>(
    popular: Option<&'a dyn CandidateSource>,
    recent: &'a RecentSource<'_>,
) -> [Option<FewOf<'a>>; 2] {
    let few = |source| FewOf {
        source,
        most: BESIDES,
    };
    let recent: &dyn CandidateSource = recent;
    [popular, Some(recent)].map(|source| source.map(few))
}

/// How wide a request looks, and what orders what it finds.
pub(super) fn lay_out<'a>(
    plan: &mut Plan<'a>,
    ranking: Option<&'a RankingStage<'_>>,
    (k, n_out): (usize, usize),
    (width, quality): (Width, Quality),
) {
    plan.width.start = first_width(width, k, n_out);
    if let Some(stage) = ranking {
        plan.ranking = Some(rank_by(stage, quality.of(RANKED).max(k)));
        plan.width.start = (quality.of(PROPOSED) + n_out).max(plan.width.start);
    }
}

/// What each source is asked for at first: enough for the filters to take most of it, and all that the
/// viewer has seen besides.
fn first_width(width: Width, k: usize, n_seen: usize) -> usize {
    let enough = (SPARE * k).max(LEAST_WIDTH).saturating_add(n_seen);
    enough.min(width.start)
}

/// Orders the best `depth` candidates by `stage`.
pub(super) fn rank_by<'a>(stage: &'a RankingStage<'_>, depth: usize) -> Ranking<'a> {
    let hydrator: &dyn Hydrator = stage;
    let scorer: &dyn Scorer = stage;
    Ranking {
        hydrator: Step::optional(hydrator, 50).from_quality(RANK_FROM),
        scorer: Step::optional(scorer, 70).from_quality(RANK_FROM),
        depth,
    }
}

/// Who asks a ranker, and where.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) viewer: &'a Viewer,
    pub(super) session: Option<&'a SessionId>,
    pub(super) surroundings: &'a Surroundings,
}

/// The second stage of the active model and its features, if it has one that can order what this viewer sees.
/// A history that comes with a request is no events, which features are made of, so that it is answered by
/// the model alone.
pub(super) fn second_stage<'a>(
    context: &'a Context<'_>,
    viewer: &Viewer,
) -> Option<(&'a SecondStage, &'a LiveFeatures)> {
    let stages = context.generation.ranking().zip(context.features);
    stages.filter(|_| !matches!(viewer, Viewer::WithHistory(_)))
}

/// The same as a stage of the request path.
pub(super) fn ranking_stage<'a>(
    context: &'a Context<'_>,
    asked: Asked<'a>,
    aversion: &'a Aversion<'a>,
) -> Option<RankingStage<'a>> {
    let stages = second_stage(context, asked.viewer)?;
    let actor = context.actor(asked.viewer, asked.session);
    let (shelf, known) = (context.shelf, context.generation.interactions());
    let who = (actor, asked.surroundings);
    Some(RankingStage::new(stages, (shelf, known), who, aversion))
}
