//! How large a world is, and how it behaves.

use marquee_core::Timestamp;
use serde::{Deserialize, Serialize};

use super::WorldError;

/// Settings of a world; the same settings give the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WorldConfig {
    /// Number of viewers, at least 1.
    pub users: u32,
    /// Number of items, at least four times [`slate_length`](Self::slate_length).
    pub items: u32,
    /// Number of creators, at least 1.
    pub creators: u32,
    /// Events to aim for; what comes out differs by a percent or so, less in a long world. At most
    /// 100 a viewer and day in the mean, which bounds the memory of a day.
    pub events: u64,
    /// Days that the world lasts, 1 to 10,000.
    pub days: u32,
    /// Everything random is derived from it.
    pub seed: u64,
    /// Midnight before the first day.
    pub start: Timestamp,
    /// Items shown at once, 1 to 64.
    pub slate_length: u32,
    /// Angle in radians by which a taste turns in a day, about; it adds up like a random walk. 0 to 1.
    pub drift: f64,
    /// How steeply attention falls: the item at position `p` is looked at with probability
    /// `(p + 1)^-position_bias`. 0 to 5.
    pub position_bias: f64,
    /// Share of places that the logging policy fills uniformly, in `(0, 1]`: no propensity is zero.
    pub exploration: f64,
    /// Share of places filled from genres that suit the viewer.
    pub personalization: f64,
    /// Share of places filled from creators that the viewer follows, if any. What the three shares
    /// leave goes by popularity.
    pub following: f64,
}

impl Default for WorldConfig {
    fn default() -> Self {
        Self {
            users: 10_000,
            items: 2_000,
            creators: 200,
            events: 1_000_000,
            days: 30,
            seed: 42,
            // 2025-01-06, a Monday.
            start: Timestamp::from_seconds(1_736_121_600),
            slate_length: 10,
            drift: 0.05,
            position_bias: 0.7,
            exploration: 0.15,
            personalization: 0.4,
            following: 0.1,
        }
    }
}

impl WorldConfig {
    /// Checks every field.
    ///
    /// # Errors
    ///
    /// [`WorldError::Config`] for the first field that is out of range.
    pub fn check(&self) -> Result<(), WorldError> {
        let viewer_days = f64::from(self.users) * f64::from(self.days);
        let rest = 1.0 - self.personalization - self.following;
        let least_items = 4.0 * f64::from(self.slate_length);
        let start = self.start.as_millis() as f64;
        // Within 10,000 years of the epoch no time of the world can overflow.
        let far = 3.2e14;
        let all = f64::INFINITY;
        within("users", f64::from(self.users), 1.0, 1e9)?;
        within("creators", f64::from(self.creators), 1.0, 1e9)?;
        within("days", f64::from(self.days), 1.0, 1e4)?;
        within("slate_length", f64::from(self.slate_length), 1.0, 64.0)?;
        within("items", f64::from(self.items), least_items, all)?;
        within("events", self.events as f64, 1.0, 100.0 * viewer_days)?;
        within("start", start, -far, far)?;
        within("drift", self.drift, 0.0, 1.0)?;
        within("position_bias", self.position_bias, 0.0, 5.0)?;
        within("personalization", self.personalization, 0.0, 1.0)?;
        within("following", self.following, 0.0, 1.0)?;
        within("exploration", self.exploration, f64::MIN_POSITIVE, rest)
    }
}

fn within(field: &'static str, found: f64, smallest: f64, largest: f64) -> Result<(), WorldError> {
    // Written so that not-a-number is refused too.
    if found >= smallest && found <= largest {
        return Ok(());
    }
    Err(WorldError::Config {
        field,
        found,
        smallest,
        largest,
    })
}
