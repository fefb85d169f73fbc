//! Orders candidates by their score and what lifts them.

use marquee_core::{Moved, Query, Reranker, Rule, ScoredItem, StageError};
use marquee_filter::{Columns, Filter, Limits, Passing, ViewerFields};

use crate::{Boost, Error, Result};

/// Ranks by score plus, for each boost that an item passes, its weight times the spread of the
/// candidates' scores. Scores stay as they are; equal sums keep the smaller row first.
#[derive(Debug)]
pub struct BoostReranker<'c> {
    /// Those of the moment, each with its number.
    boosts: Vec<(usize, f64, Passing<'c>)>,
}

impl<'c> BoostReranker<'c> {
    /// Looks up the expressions of the boosts that hold at the moment of `query`; about `n_candidates`
    /// items are going to be ranked.
    ///
    /// # Errors
    ///
    /// [`Error::Expression`] when one would test more items than `limits` allow.
    pub fn new(
        boosts: &'c [Boost],
        columns: &'c Columns,
        viewer: &ViewerFields<'c>,
        query: &Query<'_>,
        (n_candidates, limits): (usize, &Limits),
    ) -> Result<Self> {
        let now = query.now;
        let running = boosts.iter().enumerate();
        let running = running.filter(|(_, boost)| boost.during.contains(now));
        let bound = running.map(|(number, boost)| {
            let filter = Filter::compile(&boost.what, columns, viewer, now);
            let passing =
                filter
                    .for_asking(n_candidates, limits)
                    .map_err(|source| Error::Expression {
                        rule: Rule::boost(number),
                        source,
                    })?;
            Ok((number, f64::from(boost.weight), passing))
        });
        Ok(Self {
            boosts: bound.collect::<Result<_>>()?,
        })
    }

    /// What lifts an item, in spreads, and the boost that does most; `None` if nothing does.
    fn lift(&self, scored: ScoredItem) -> Option<(f64, usize)> {
        let passed = self.boosts.iter();
        let mut passed = passed.filter(|(_, _, what)| what.contains(scored.item));
        let &(number, weight, _) = passed.next()?;
        let first = (weight, (number, weight));
        let (sum, (most, _)) = passed.fold(first, |(sum, most), &(number, weight, _)| {
            let stronger = weight.abs() > most.1.abs();
            (sum + weight, if stronger { (number, weight) } else { most })
        });
        Some((sum, most))
    }
}

impl Reranker for BoostReranker<'_> {
    fn name(&self) -> &'static str {
        "boosts"
    }

    fn rerank(
        &self,
        query: &Query<'_>,
        slate: &mut Vec<ScoredItem>,
        moved: &mut Vec<Moved>,
    ) -> std::result::Result<(), StageError> {
        if self.boosts.is_empty() {
            return Ok(());
        }
        let spread = spread(slate);
        let mut ranked: Vec<Ranked> = slate
            .iter()
            .enumerate()
            .map(|(from, &scored)| {
                let lift = self.lift(scored);
                let add = lift.map_or(0.0, |(weight, _)| weight * spread);
                Ranked {
                    value: f64::from(scored.score) + add,
                    scored,
                    from,
                    by: lift.map(|(_, number)| number),
                }
            })
            .collect();
        ranked.sort_by(|left, right| {
            let by_value = right.value.total_cmp(&left.value);
            by_value.then(left.scored.item.cmp(&right.scored.item))
        });
        for (to, one) in ranked.iter().enumerate() {
            slate[to] = one.scored;
            if let Some(number) = one.by
                && one.from != to
                && one.from.min(to) < query.k
            {
                moved.push(Moved {
                    item: one.scored.item,
                    rule: Rule::boost(number),
                    from: one.from,
                    to: Some(to),
                });
            }
        }
        Ok(())
    }
}

/// A candidate with what it is ranked by.
struct Ranked {
    value: f64,
    scored: ScoredItem,
    from: usize,
    /// The boost that does most for it.
    by: Option<usize>,
}

/// The standard deviation of the scores, or 1 where there is none.
fn spread(slate: &[ScoredItem]) -> f64 {
    let count = slate.len() as f64;
    let scores = || slate.iter().map(|scored| f64::from(scored.score));
    let mean = scores().sum::<f64>() / count;
    let squares: f64 = scores().map(|score| (score - mean).powi(2)).sum();
    let spread = (squares / count).sqrt();
    if spread.is_finite() && spread > 0.0 {
        spread
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests;
