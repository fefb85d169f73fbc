//! Rules over a whole slate: what is lifted, how often one creator, genre or series may stand in it,
//! and what stands at a place chosen by hand.
//!
//! [`SlateRules`] says them in the words of the outside; [`BoostReranker`] and [`PlacementReranker`]
//! are made from them for one request and run one after the other. Both tell what they moved and by
//! which rule ([`Moved`](marquee_core::Moved)).

mod boost;
mod error;
mod placement;
mod rules;

pub use boost::BoostReranker;
pub use error::{Error, Result};
pub use placement::PlacementReranker;
pub use rules::{Boost, Cap, Pin, SlateRules};
