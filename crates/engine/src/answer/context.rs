//! What a request stands on, and its answer in the words of the outside.

use std::{collections::HashSet, sync::Arc};

use marquee_core::{
    Actor, HistoryEntry, ItemId, ItemIdx, ItemKind, Moved, Query, RecommendationId, Removal,
    Scorer, SessionId, Timestamp, User,
};
use marquee_ingest::{Values, event_id_hash};
use marquee_journal::Snapshot;
use marquee_math::derive_seed;
use marquee_pipeline::{Answer, Placed, Plan, Width};

use crate::{
    Detail, EngineError, Generation, MovedItem, Recommendation, RecommendedItem, Removals,
    RemovedItem, Result, Shelf, Viewer,
    live::{Base, Crowd, Live, MAX_VIEWERS, Past, Rows, emphasize_session, past, remember},
    ranking::{RankingStage, live::LiveFeatures},
    stages::PopularStage,
    writing::id_of,
};

/// What one request holds on to while it runs.
pub(crate) struct Context<'a> {
    pub(crate) generation: &'a Generation,
    /// What the ranker is asked with, if there is one.
    pub(crate) features: Option<&'a LiveFeatures>,
    /// Items with a date of release, the latest first; none where nothing is ranked.
    pub(crate) recent: &'a [(Timestamp, ItemIdx)],
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

/// What an answer tells besides its items.
#[derive(Clone, Copy, Default)]
pub(super) struct Told<'a> {
    pub(super) detail: Detail,
    pub(super) removals: Removals,
    /// What knows the expected outcomes, where they are told.
    pub(super) outcomes: Option<&'a RankingStage<'a>>,
}

impl Context<'_> {
    /// Whose events a ranker goes by: those of nobody for somebody who is not known.
    pub(super) fn actor(&self, viewer: &Viewer, session: Option<&SessionId>) -> Option<Actor> {
        let actor = match (viewer, session) {
            (Viewer::Known(id), _) => Actor::User(id.clone()),
            (Viewer::Anonymous, Some(id)) => Actor::Session(id.clone()),
            (Viewer::Anonymous, None) | (Viewer::WithHistory(_), _) => return None,
        };
        Some(self.live.owner(&actor))
    }

    pub(super) fn popular(&self) -> PopularStage<'_> {
        let counts = self.generation.interactions().item_counts();
        PopularStage::new(counts, self.generation.popular())
    }

    /// What is known of the viewer in rows; what nobody knows is passed over.
    pub(super) fn past(&self, viewer: &Viewer, session: Option<&SessionId>) -> Result<Past> {
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
    pub(crate) fn live_past(&self, actor: &Actor, session: Option<&SessionId>) -> Result<Past> {
        let interactions = self.generation.interactions();
        let owner = self.live.owner(actor);
        let user = interactions.user(id_of(&owner));
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
        remember(&mut past, &log.faded, deeds, &rows);
        if let Some(session) = session
            && selection.values == Values::KindWeight
        {
            let session = event_id_hash(session.as_str());
            emphasize_session(&mut past, deeds, session, &rows);
        }
        Ok(past)
    }

    /// Who touched a title that the model does not know, and what else they watched.
    pub(super) fn crowd(&self, item: ItemIdx) -> Arc<Crowd> {
        let interactions = self.generation.interactions();
        let id = self.shelf.id(interactions, item);
        let Some(Ok(id)) = id.map(ItemId::new) else {
            return Arc::default();
        };
        let gather = || self.gather(&id);
        let crowd = self.live.crowd(&id, gather);
        // A request that began before the model was changed still answers with the one before.
        if crowd.version.as_ref() == Some(self.generation.version()) {
            return crowd;
        }
        Arc::new(gather())
    }

    fn gather(&self, id: &ItemId) -> Crowd {
        let interactions = self.generation.interactions();
        // A title whose viewers cannot be read is ranked by its description alone.
        let viewers = self.live.viewers_of(id, self.journal, MAX_VIEWERS);
        let histories: Vec<Vec<HistoryEntry>> = viewers
            .unwrap_or_default()
            .iter()
            .filter_map(|viewer| Some(self.live_past(viewer, None).ok()?.history))
            .filter(|history| !history.is_empty())
            .collect();
        let viewers: Vec<&[HistoryEntry]> = histories.iter().map(Vec::as_slice).collect();
        // A model that takes nothing in is asked by what these viewers watched.
        let exposure = self.generation.exposure(viewers.len());
        let taken_in = self.generation.model().new_item(&viewers, exposure);
        Crowd {
            taken_in: taken_in.ok().flatten(),
            version: Some(self.generation.version().clone()),
            ..Crowd::of(&histories, interactions.item_counts())
        }
    }

    /// The record of somebody who is known.
    pub(super) fn user(&self, viewer: &Viewer) -> Option<User> {
        match viewer {
            Viewer::Known(id) => (self.users)(id.as_str()),
            Viewer::Anonymous | Viewer::WithHistory(_) => None,
        }
    }

    pub(super) fn viewer_seed(&self, viewer: &Viewer) -> u64 {
        match viewer {
            Viewer::Known(id) => derive_seed(self.seed, id.as_str().as_bytes()),
            Viewer::Anonymous | Viewer::WithHistory(_) => self.seed,
        }
    }

    pub(super) fn title(&self, item: ItemIdx) -> String {
        let record = self.shelf.record(item);
        let title = record.map(|item| item.title.as_str()).unwrap_or_default();
        if title.is_empty() {
            let id = self.shelf.id(self.generation.interactions(), item);
            return id.unwrap_or_default().to_owned();
        }
        title.to_owned()
    }

    pub(super) fn finish(
        &self,
        plan: &Plan<'_>,
        query: &Query<'_>,
        answer: Answer,
        told: Told<'_>,
    ) -> Result<Recommendation> {
        let ranked = plan.ranking.as_ref().filter(|_| answer.is_ranked);
        let scorer = ranked.map_or(plan.scorer.component, |ranking| ranking.scorer.component);
        let items = answer.slate.iter();
        let items = items.map(|placed| {
            let mut item = self.item(plan, placed)?;
            if told.detail == Detail::Explained {
                item.explanation = Some(explain(scorer, query, placed.item)?);
            }
            if let Some(stage) = told.outcomes.filter(|_| answer.is_ranked) {
                item.outcomes = stage.outcomes(placed.item);
            }
            Ok(item)
        });
        let named = match told.removals {
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

    fn item(&self, plan: &Plan<'_>, placed: &Placed) -> Result<RecommendedItem> {
        let record = self.shelf.record(placed.item);
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
            explanation: None,
            outcomes: Vec::new(),
        })
    }

    pub(super) fn removal(&self, removal: &Removal) -> Result<RemovedItem> {
        Ok(RemovedItem {
            item: self.id_of(removal.item)?,
            stage: removal.stage,
            rule: removal.rule,
        })
    }

    pub(super) fn moved(&self, moved: &Moved) -> Result<MovedItem> {
        Ok(MovedItem {
            item: self.id_of(moved.item)?,
            rule: moved.rule,
            from: moved.from,
            to: moved.to,
        })
    }

    pub(crate) fn id_of(&self, item: ItemIdx) -> Result<ItemId> {
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
