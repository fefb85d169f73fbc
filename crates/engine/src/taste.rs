//! What is known of a viewer's taste, for the viewer and for operators to read.

use marquee_core::{Actor, Seconds, Timestamp};
use marquee_features::{TasteProfile, Tie};

use crate::{Engine, EngineError, Result};

/// After which an event weighs half of what it did.
pub(crate) const HALF_LIFE: Seconds = Seconds(30.0 * 24.0 * 3600.0);

/// The taste of a viewer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Taste {
    /// Genres, creators, hours and so on, with counts and shares.
    pub profile: TasteProfile,
    /// Creators whom the viewer has the strongest ties to, the strongest first.
    pub ties: Vec<CreatorTie>,
}

/// The tie of a viewer to one creator.
#[derive(Debug, Clone, PartialEq)]
pub struct CreatorTie {
    /// The creator's id.
    pub creator: String,
    /// How strong it is, and what it is made of.
    pub tie: Tie,
}

impl Engine {
    /// The taste of `actor` at `now`, by the latest events that features keep of the viewer; an empty one
    /// for somebody of whom nothing is kept.
    ///
    /// - `most`: how many genres, creators and so on are named.
    ///
    /// # Errors
    ///
    /// [`EngineError::NoActiveModel`], [`EngineError::NoRanker`].
    pub fn taste(&self, actor: &Actor, now: Timestamp, most: usize) -> Result<Taste> {
        let state = self.state()?;
        let features = state.features.as_ref().ok_or(EngineError::NoRanker)?;
        let owner = self.shared.live.owner(actor);
        let inner = features.read();
        let entities = inner.state.entities();
        let Some(viewer) = entities.viewer_row(&owner) else {
            return Ok(Taste::default());
        };
        let ties = inner.state.strongest_ties(viewer, now, HALF_LIFE, most);
        let named = |(creator, tie)| CreatorTie {
            creator: entities.creator_id(creator).unwrap_or_default().to_owned(),
            tie,
        };
        Ok(Taste {
            profile: inner.state.taste_profile(viewer, now, HALF_LIFE, most),
            ties: ties.into_iter().map(named).collect(),
        })
    }
}
