//! The whole request path in one function, and below it the steps it takes.

use std::time::Duration;

use marquee_core::{Candidates, Filter, ItemIdx, Query, ScoredItem, SourceSet, StageError};

use crate::{
    Answer, Budget, Degradation, DegradedReason, OnFailure, PipelineError, Placed, Plan, Result,
    StageTiming, Step,
};

/// Answers one request: sources, filters, scorer, selection, re-rankers, visibility.
///
/// Sources are asked for `plan.width.start` items each, and for more when filters leave fewer than
/// `query.k` although a source had more to give. The answer holds at most `query.k` items; what was
/// removed, left out and spent is in it.
///
/// # Errors
///
/// [`PipelineError`] when a required component fails, or time runs out before one begins.
pub fn run(plan: &Plan<'_>, query: &Query<'_>, budget: &Budget<'_>) -> Result<Answer> {
    let mut path = Path::new(budget);
    let mut candidates = gather_and_filter(plan, query, &mut path)?;
    candidates.compact();
    score(plan, query, &mut candidates, &mut path)?;
    let mut slate = select(&candidates, &mut path);
    path.is_ranked = rank(plan, query, &mut slate, &mut path)?;
    rerank(plan, query, &mut slate, &mut path)?;
    let slate = show(plan, query, &candidates, (slate, &mut path))?;
    Ok(path.finish(slate, &candidates))
}

/// Asks the sources and filters what they propose, wider while too little is left.
fn gather_and_filter(
    plan: &Plan<'_>,
    query: &Query<'_>,
    path: &mut Path<'_>,
) -> Result<Candidates> {
    let mut width = plan.width.start.min(plan.width.limit);
    loop {
        let attempt = path.degraded.len();
        let (mut candidates, more) = gather(plan, query, width, path)?;
        filter(&plan.filters, "filter", query, (&mut candidates, path))?;
        let enough = candidates.n_kept() >= query.k;
        if enough || !more || width >= plan.width.limit {
            return Ok(candidates);
        }
        path.degraded.truncate(attempt);
        width = width.saturating_mul(4).min(plan.width.limit);
    }
}

/// The items that the sources propose, and whether one of them may have more.
fn gather(
    plan: &Plan<'_>,
    query: &Query<'_>,
    width: usize,
    path: &mut Path<'_>,
) -> Result<(Candidates, bool)> {
    let mut candidates = Candidates::default();
    let mut more = false;
    for (number, step) in plan.sources.iter().enumerate() {
        let name = step.component.name();
        let proposed = path.step("source", name, step, || {
            step.component.candidates(query, width)
        })?;
        let Some(proposed) = proposed else { continue };
        more |= proposed.len() >= width;
        for scored in proposed {
            candidates.propose(scored.item, SourceSet::only(number));
        }
    }
    Ok((candidates, more))
}

fn filter(
    steps: &[Step<'_, dyn Filter + '_>],
    stage: &'static str,
    query: &Query<'_>,
    (candidates, path): (&mut Candidates, &mut Path<'_>),
) -> Result<()> {
    for step in steps {
        let name = step.component.name();
        path.step(stage, name, step, || {
            step.component.apply(query, candidates)
        })?;
    }
    Ok(())
}

fn score(
    plan: &Plan<'_>,
    query: &Query<'_>,
    candidates: &mut Candidates,
    path: &mut Path<'_>,
) -> Result<()> {
    let step = &plan.scorer;
    let name = step.component.name();
    path.step("scorer", name, step, || {
        let (items, scores) = candidates.items_and_scores_mut();
        step.component.score(query, items, scores)?;
        check_finite(name, items, scores)
    })?;
    Ok(())
}

/// NaN stops here: behind this border every score can be compared.
fn check_finite(
    stage: &'static str,
    items: &[ItemIdx],
    scores: &[f32],
) -> std::result::Result<(), StageError> {
    match scores.iter().position(|score| !score.is_finite()) {
        Some(place) => Err(StageError::NotFinite {
            stage,
            item: items[place],
        }),
        None => Ok(()),
    }
}

/// All candidates, best first, equal scores by the smaller row. The list stays whole until the end,
/// so that re-rankers and visibility have something to fill up with.
fn select(candidates: &Candidates, path: &mut Path<'_>) -> Vec<ScoredItem> {
    path.time("select", "", || {
        let mut slate: Vec<ScoredItem> = candidates
            .items()
            .iter()
            .zip(candidates.scores())
            .map(|(&item, &score)| ScoredItem { item, score })
            .collect();
        best_first(&mut slate);
        slate
    })
}

fn best_first(slate: &mut [ScoredItem]) {
    slate.sort_unstable_by(|left, right| {
        let by_score = right.score.total_cmp(&left.score);
        by_score.then(left.item.cmp(&right.item))
    });
}

/// Orders the best of the slate anew and drops the others; false where the slate stays as it was.
fn rank(
    plan: &Plan<'_>,
    query: &Query<'_>,
    slate: &mut Vec<ScoredItem>,
    path: &mut Path<'_>,
) -> Result<bool> {
    let Some(ranking) = &plan.ranking else {
        return Ok(false);
    };
    let best = slate.iter().take(ranking.depth);
    let items: Vec<ItemIdx> = best.map(|scored| scored.item).collect();
    let step = &ranking.hydrator;
    let name = step.component.name();
    let hydrated = path.step("hydrator", name, step, || {
        step.component.hydrate(query, &items)
    })?;
    if hydrated.is_none() {
        return Ok(false);
    }
    let step = &ranking.scorer;
    let name = step.component.name();
    let scores = path.step("ranker", name, step, || {
        let mut scores = vec![0.0; items.len()];
        step.component.score(query, &items, &mut scores)?;
        check_finite(name, &items, &scores).map(|()| scores)
    })?;
    let Some(scores) = scores else {
        return Ok(false);
    };
    let scored = items.into_iter().zip(scores);
    *slate = scored
        .map(|(item, score)| ScoredItem { item, score })
        .collect();
    best_first(slate);
    Ok(true)
}

fn rerank(
    plan: &Plan<'_>,
    query: &Query<'_>,
    slate: &mut Vec<ScoredItem>,
    path: &mut Path<'_>,
) -> Result<()> {
    for step in &plan.rerankers {
        let name = step.component.name();
        let mut moved = Vec::new();
        path.step("reranker", name, step, || {
            step.component.rerank(query, slate, &mut moved)
        })?;
        path.moved.append(&mut moved);
    }
    Ok(())
}

/// Takes out what must not be seen and cuts the list to `k`.
fn show(
    plan: &Plan<'_>,
    query: &Query<'_>,
    candidates: &Candidates,
    (mut slate, path): (Vec<ScoredItem>, &mut Path<'_>),
) -> Result<Vec<Placed>> {
    if !plan.visibility.is_empty() {
        let mut last = Candidates::default();
        for scored in &slate {
            last.propose(scored.item, SourceSet::default());
        }
        filter(&plan.visibility, "visibility", query, (&mut last, path))?;
        path.removals.extend_from_slice(last.removals());
        slate.retain(|scored| last.place(scored.item).is_some_and(|at| last.is_kept(at)));
    }
    let sources_of = |item| {
        let place = candidates.place(item);
        place.map_or(SourceSet::default(), |at| candidates.sources()[at])
    };
    let places = slate.iter().take(query.k).map(|scored| Placed {
        item: scored.item,
        score: scored.score,
        sources: sources_of(scored.item),
    });
    Ok(places.collect())
}

/// The account of one request while it is under way.
struct Path<'a> {
    budget: &'a Budget<'a>,
    timings: Vec<StageTiming>,
    degraded: Vec<Degradation>,
    removals: Vec<marquee_core::Removal>,
    moved: Vec<marquee_core::Moved>,
    is_ranked: bool,
}

impl<'a> Path<'a> {
    fn new(budget: &'a Budget<'a>) -> Self {
        Self {
            budget,
            timings: Vec::with_capacity(16),
            degraded: Vec::new(),
            removals: Vec::new(),
            moved: Vec::new(),
            is_ranked: false,
        }
    }

    /// Runs one component under its policy: `None` when the answer goes on without it.
    fn step<C: ?Sized, T>(
        &mut self,
        stage: &'static str,
        component: &'static str,
        step: &Step<'_, C>,
        work: impl FnOnce() -> std::result::Result<T, StageError>,
    ) -> Result<Option<T>> {
        let may_go = step.on_failure == OnFailure::Open;
        let reason = if may_go && self.budget.quality().percent() < step.least_quality_percent {
            DegradedReason::Load
        } else if self.budget.is_spent(step.start_before_percent) {
            if step.on_failure == OnFailure::Closed {
                return Err(self.out_of_time(stage));
            }
            DegradedReason::OutOfTime
        } else {
            match self.time(stage, component, work) {
                Ok(done) => return Ok(Some(done)),
                Err(source) if step.on_failure == OnFailure::Closed => {
                    return Err(PipelineError::Stage { stage, source });
                }
                Err(_) => DegradedReason::Failed,
            }
        };
        self.degraded.push(Degradation { component, reason });
        Ok(None)
    }

    fn time<T>(
        &mut self,
        stage: &'static str,
        component: &'static str,
        work: impl FnOnce() -> T,
    ) -> T {
        let before = self.budget.elapsed();
        let done = work();
        let took: Duration = self.budget.elapsed().saturating_sub(before);
        self.timings.push(StageTiming {
            stage,
            component,
            took,
        });
        done
    }

    fn out_of_time(&self, stage: &'static str) -> PipelineError {
        let budget_us = self.budget.limit().as_micros();
        PipelineError::Deadline {
            stage,
            budget_us: u64::try_from(budget_us).unwrap_or(u64::MAX),
        }
    }

    fn finish(mut self, slate: Vec<Placed>, candidates: &Candidates) -> Answer {
        let mut removals = candidates.removals().to_vec();
        removals.append(&mut self.removals);
        Answer {
            n_candidates: candidates.items().len() + candidates.removals().len(),
            slate,
            removals,
            is_ranked: self.is_ranked,
            moved: self.moved,
            degraded: self.degraded,
            timings: self.timings,
        }
    }
}

#[cfg(test)]
mod tests;
