//! Session neighbors: what came next in past sessions that share items with the running one.
//!
//! ```text
//! s(n)     = Σ over the items i of both  exp(-age(i) / position_decay) · idf(i)^idf_power / |n|^length_power
//! score(j) = Σ over the `neighbors` sessions n with the largest s(n)
//!            s(n) · Σ over the places p of j in n  w(p - last place of the latest shared item in n)
//! w(Δ)     = exp(-(Δ - 1) / reach) after it,  backward · exp(-(|Δ| - 1) / reach) before it,  repeat at it
//! ```
//!
//! `age` counts the events since the item was last touched, from 0; only the `max_events` latest items
//! of the running session are looked at, and of each item only the `sessions_per_item` latest sessions
//! that hold it, so an answer costs the same however much data there is. `idf(i) = ln(1 + n_sessions /
//! sessions with i)`. Without shared items every score is zero.
//!
//! A session is a row of the data: a visit, or all that a viewer did. The items of the running session
//! are scored like all others; whether they may come again is the caller's business.
//!
//! Source: VMIS-kNN (Kersbergen, Sprangers & Schelter 2022) for the bound and the latest sessions, STAN
//! (Garg et al. 2019) for the decay around the shared item. Departures: decays of both kinds are
//! exponential, and what came before the shared item has a factor of its own.
//!
//! Training sorts sessions by time: one pass. Memory: 8 bytes an interaction.

mod artifact;
mod model;
mod score;
mod train;

pub use model::{SessionKnnModel, SessionKnnView};
pub use train::train;

use crate::{Result, check::Checks};

/// Name of the model in artifacts, errors and on the command line.
pub const NAME: &str = "session-knn";

/// What [`train`] is told.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct SessionKnnConfig {
    /// Sessions that speak for the running one; 1 to 2³² - 1.
    pub neighbors: usize,
    /// Latest sessions of each item that are looked at; 1 to 2³² - 1.
    pub sessions_per_item: usize,
    /// Latest items of the running session that are looked at; 1 to 2³² - 1.
    pub max_events: usize,
    /// Events after which an item of the running session counts `1/e`; above 0.
    pub position_decay: f64,
    /// How much rare items count more, 0 or more.
    pub idf_power: f64,
    /// How much the length of a past session holds it back, 0 or more.
    pub length_power: f64,
    /// Events from the shared item after which an item counts `1/e`; above 0.
    pub reach: f64,
    /// What stands before the shared item, against what stands after it; 0 or more.
    pub backward: f64,
    /// What the shared item itself gets; 0 or more.
    pub repeat: f64,
}

impl Default for SessionKnnConfig {
    fn default() -> Self {
        Self {
            neighbors: 500,
            sessions_per_item: 1000,
            max_events: 10,
            position_decay: 1.5,
            idf_power: 2.0,
            length_power: 0.2,
            reach: 3.0,
            backward: 0.4,
            repeat: 1.0,
        }
    }
}

impl SessionKnnConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) for the first field that is out of range.
    pub fn validate(&self) -> Result<()> {
        let checks = Checks(NAME);
        for (field, found) in [
            ("neighbors", self.neighbors),
            ("sessions_per_item", self.sessions_per_item),
            ("max_events", self.max_events),
        ] {
            let fits = (1..=u32::MAX as usize).contains(&found);
            checks.holds(field, found as f64, "1 to 4294967295", fits)?;
        }
        checks.positive("position_decay", self.position_decay)?;
        checks.not_negative("idf_power", self.idf_power)?;
        checks.not_negative("length_power", self.length_power)?;
        checks.positive("reach", self.reach)?;
        checks.not_negative("backward", self.backward)?;
        checks.not_negative("repeat", self.repeat)
    }
}

#[cfg(test)]
mod tests;
