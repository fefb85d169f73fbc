//! What an app asks and what it gets, in ids of the outside.

use marquee_core::{
    Explanation, ItemId, ItemKind, RecommendationId, Rule, SessionId, Timestamp, UserId,
};
use marquee_filter::Expr;
use marquee_ingest::event_id_hash;
use marquee_pipeline::{Degradation, StageTiming};
use marquee_rerank::SlateRules;

/// Most items that one answer holds.
pub const MAX_K: usize = 500;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Viewer {
    /// Nobody known.
    #[default]
    Anonymous,
    /// Somebody the model may know; without a history if it does not.
    Known(UserId),
    /// Somebody whose history comes with the request.
    WithHistory(Vec<PastItem>),
}

/// One item of a history that comes with a request.
#[derive(Debug, Clone, PartialEq)]
pub struct PastItem {
    /// The item; passed over if the model does not know it.
    pub item: ItemId,
    /// How much it counts; for explicit ratings the rating. Finite.
    pub weight: f32,
    /// When it happened last; [`Timestamp::EPOCH`] where it is not known.
    pub time: Timestamp,
}

/// What becomes of items that are in the viewer's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SeenPolicy {
    /// They are left out.
    #[default]
    Exclude,
    /// They are ranked like any other item.
    Allow,
}

/// How much an answer tells about each item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// What is needed to show it.
    #[default]
    Plain,
    /// The tree that its score is made of, too.
    Explained,
}

/// Whether an answer names the candidates that it left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Removals {
    /// It does not: there may be thousands of them.
    #[default]
    Unnamed,
    /// It does, each with the component and rule that removed it.
    Named,
}

/// Whether an answer tells what is expected to follow when an item is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outcomes {
    /// It does not.
    #[default]
    Untold,
    /// It does, where a ranker ordered the answer.
    Told,
}

/// Where an answer will be seen, as events of the app name it; rankers may go by it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// Kind of device.
    pub device: Option<String>,
    /// The page.
    pub page: Option<String>,
}

/// Which items may be in an answer: those that every field that is not empty lets pass.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ItemFilter {
    /// Only items with one of these genres.
    pub include_genres: Vec<String>,
    /// No item with any of these genres.
    pub exclude_genres: Vec<String>,
    /// None of these items.
    pub exclude_items: Vec<ItemId>,
    /// Only items of these kinds.
    pub kinds: Vec<ItemKind>,
    /// Only items that pass this.
    pub expression: Option<Expr>,
}

/// The best items for one viewer.
#[derive(Debug, Clone, PartialEq)]
pub struct RecommendRequest {
    /// Who asks.
    pub viewer: Viewer,
    /// How many items, 1 to [`MAX_K`].
    pub k: usize,
    /// Which items may be in the answer.
    pub filter: ItemFilter,
    /// What is lifted, capped and pinned.
    pub rules: SlateRules,
    /// What becomes of items the viewer has seen.
    pub seen: SeenPolicy,
    /// How much to tell about each item.
    pub detail: Detail,
    /// Whether to name what is left out.
    pub removals: Removals,
    /// Whether to tell what is expected of each item.
    pub outcomes: Outcomes,
    /// Where the answer will be seen.
    pub surroundings: Surroundings,
    /// The visit in which the viewer asks: what happened in it counts more than what is long past, and
    /// is all that is known of somebody who has not signed in.
    pub session: Option<SessionId>,
    /// [`page_hash`]es of what earlier pages have shown, rising: none of it comes again.
    pub shown: Vec<u32>,
    /// The moment of the request.
    pub now: Timestamp,
}

impl RecommendRequest {
    /// Twenty items for `viewer`, nothing else asked for.
    pub fn plain(viewer: Viewer) -> Self {
        Self {
            viewer,
            k: 20,
            filter: ItemFilter::default(),
            rules: SlateRules::default(),
            seen: SeenPolicy::default(),
            detail: Detail::default(),
            removals: Removals::default(),
            outcomes: Outcomes::default(),
            surroundings: Surroundings::default(),
            session: None,
            shown: Vec::new(),
            now: Timestamp::EPOCH,
        }
    }
}

/// What stands for an item in the memory of a list that goes on over pages.
///
/// Two items that share one are never both shown, which of a thousand shown and a hundred thousand
/// others leaves out one in forty lists; no item is shown twice.
pub fn page_hash(id: &str) -> u32 {
    let bytes = event_id_hash(id).to_le_bytes();
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// The caller's own candidates, ordered for one viewer.
#[derive(Debug, Clone, PartialEq)]
pub struct RankRequest {
    /// Who asks.
    pub viewer: Viewer,
    /// What to rank.
    pub items: Vec<ItemId>,
    /// What becomes of items the viewer has seen.
    pub seen: SeenPolicy,
    /// How much to tell about each item.
    pub detail: Detail,
    /// Whether to tell what is expected of each item.
    pub outcomes: Outcomes,
    /// Where the answer will be seen.
    pub surroundings: Surroundings,
    /// As [`RecommendRequest::session`].
    pub session: Option<SessionId>,
    /// The moment of the request.
    pub now: Timestamp,
}

/// The items most like one item.
#[derive(Debug, Clone, PartialEq)]
pub struct SimilarRequest {
    /// What the others are to be like.
    pub item: ItemId,
    /// How many items, 1 to [`MAX_K`].
    pub k: usize,
    /// The moment of the request.
    pub now: Timestamp,
}

/// An answer, and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Recommendation {
    /// Names this answer.
    pub id: RecommendationId,
    /// The model version that gave it, `ials/000003`.
    pub model: String,
    /// Best first, each item once.
    pub items: Vec<RecommendedItem>,
    /// Candidates that are not in it, with the component and rule that removed them, where the request
    /// wanted them named.
    pub removals: Vec<RemovedItem>,
    /// Items that a rule of the request moved into, within or out of it.
    pub moved: Vec<MovedItem>,
    /// What it had to do without; empty when it is whole.
    pub degraded: Vec<Degradation>,
    /// Time spent in each component, in the order in which they ran.
    pub timings: Vec<StageTiming>,
    /// How many different items were considered.
    pub n_candidates: usize,
}

/// One place of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct RecommendedItem {
    /// The item.
    pub item: ItemId,
    /// Its score, comparable within this answer only.
    pub score: f32,
    /// Its title; empty where the catalog has none.
    pub title: String,
    /// Its genres, in the catalog's words.
    pub genres: Vec<String>,
    /// What sort of thing it is.
    pub kind: ItemKind,
    /// Names of the sources that proposed it.
    pub sources: Vec<&'static str>,
    /// What the score is made of, when asked for.
    pub explanation: Option<Explanation>,
    /// What is expected to follow when it is shown at the top, when asked for and a ranker ordered the
    /// answer.
    pub outcomes: Vec<ExpectedOutcome>,
}

/// What is expected to follow when an item is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedOutcome {
    /// What: `open`, `watch_fraction`, `hide`.
    pub name: String,
    /// Its chance; for the share watched its mean.
    pub expected: f32,
}

/// An item that a rule of the request put elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedItem {
    /// The item.
    pub item: ItemId,
    /// The rule.
    pub rule: Rule,
    /// Its place before the rules of that sort, from 0.
    pub from: usize,
    /// Its place after them, from 0; `None` if it was dropped.
    pub to: Option<usize>,
}

/// A candidate that is not in an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct RemovedItem {
    /// The candidate.
    pub item: ItemId,
    /// The component that removed it.
    pub stage: &'static str,
    /// By which of its rules.
    pub rule: &'static str,
}
