//! Checks that trainings share.

use crate::{Error, Result};

/// Checks configuration values of the model it names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Checks(pub(crate) &'static str);

impl Checks {
    /// At least 1.
    pub(crate) fn count(self, field: &'static str, found: usize) -> Result<()> {
        self.holds(field, found as f64, "at least 1", found >= 1)
    }

    /// Finite and 0 or more.
    pub(crate) fn not_negative(self, field: &'static str, found: f64) -> Result<()> {
        let fits = found.is_finite() && found >= 0.0;
        self.holds(field, found, "a number of at least 0", fits)
    }

    /// Finite and above 0.
    pub(crate) fn positive(self, field: &'static str, found: f64) -> Result<()> {
        let fits = found.is_finite() && found > 0.0;
        self.holds(field, found, "a number above 0", fits)
    }

    /// Whatever `fits` says.
    pub(crate) fn holds(
        self,
        field: &'static str,
        found: f64,
        expected: &'static str,
        fits: bool,
    ) -> Result<()> {
        if fits {
            return Ok(());
        }
        Err(Error::Config {
            model: self.0,
            field,
            found,
            expected,
        })
    }
}

/// Fails where a trained number is not finite.
pub(crate) fn check_finite(model: &'static str, iteration: usize, values: &[f32]) -> Result<()> {
    if values.iter().all(|value| value.is_finite()) {
        return Ok(());
    }
    Err(Error::NotFinite { model, iteration })
}

/// Rounds to the 32 bits that models are kept in; what does not fit becomes infinite.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "callers refuse what is not finite"
)]
pub(crate) fn narrow(value: f64) -> f32 {
    value as f32
}

/// A row or id as 32 bits.
pub(crate) fn row(index: usize) -> u32 {
    u32::try_from(index).expect("rows fit 32 bits")
}
