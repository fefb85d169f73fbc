//! How training tells how far it is, and how it is told to stop.

use std::{ops::ControlFlow, time::Instant};

use crate::{Error, Result};

/// Called after each step of a training; [`ControlFlow::Break`] stops it with
/// [`Error::Stopped`].
pub type Progress<'a> = dyn FnMut(&Step) -> ControlFlow<()> + 'a;

/// One finished step of a training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// What the step did: `iteration`, `gram matrix`, `inverse`.
    pub phase: &'static str,
    /// The step, counted from 1.
    pub iteration: usize,
    /// Number of steps of the whole training.
    pub total: usize,
    /// The model's loss after the step, where it is known.
    pub loss: Option<f64>,
    /// Wall time of this step alone.
    pub seconds: f64,
    /// Interactions a second in this step; each counts once, however often it was read.
    pub rate: f64,
}

/// A callback that does nothing and never stops.
///
/// # Example
///
/// ```
/// use marquee_cf::{Step, silent};
///
/// let step = Step { phase: "inverse", iteration: 1, total: 1, loss: None, seconds: 0.1, rate: 1e6 };
/// assert!(silent()(&step).is_continue());
/// ```
pub fn silent() -> impl FnMut(&Step) -> ControlFlow<()> {
    |_| ControlFlow::Continue(())
}

/// Counts and times the steps of one training.
pub(crate) struct Steps<'p, 'a> {
    model: &'static str,
    total: usize,
    n_interactions: usize,
    done: usize,
    started: Instant,
    progress: &'p mut Progress<'a>,
}

impl<'p, 'a> Steps<'p, 'a> {
    /// Starts the clock of the first of `total` steps, each over `n_interactions`.
    pub(crate) fn new(
        model: &'static str,
        total: usize,
        n_interactions: usize,
        progress: &'p mut Progress<'a>,
    ) -> Self {
        Self {
            model,
            total,
            n_interactions,
            done: 0,
            started: Instant::now(),
            progress,
        }
    }

    /// Reports that a step is done and starts the clock of the next one.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`] when the callback asks for it, [`Error::NotFinite`] when `loss` is not
    /// finite.
    pub(crate) fn finish(&mut self, phase: &'static str, loss: Option<f64>) -> Result<()> {
        self.done += 1;
        if loss.is_some_and(|loss| !loss.is_finite()) {
            return Err(Error::NotFinite {
                model: self.model,
                iteration: self.done,
            });
        }
        let seconds = self.started.elapsed().as_secs_f64();
        let step = Step {
            phase,
            iteration: self.done,
            total: self.total,
            loss,
            seconds,
            rate: self.n_interactions as f64 / seconds.max(1e-9),
        };
        let flow = (self.progress)(&step);
        self.started = Instant::now();
        match flow {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Stopped {
                model: self.model,
                iteration: self.done,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callback_sees_each_step_and_can_stop() {
        let mut seen = Vec::new();
        let mut progress = |step: &Step| {
            seen.push((step.iteration, step.total, step.loss));
            if step.iteration == 2 {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        let mut steps = Steps::new("m", 3, 10, &mut progress);
        assert!(steps.finish("iteration", Some(2.0)).is_ok());
        let stopped = steps.finish("iteration", None);
        assert!(matches!(stopped, Err(Error::Stopped { iteration: 2, .. })));
        assert_eq!(seen, [(1, 3, Some(2.0)), (2, 3, None)]);
    }

    #[test]
    fn loss_that_is_not_finite_ends_training() {
        let mut progress = silent();
        let mut steps = Steps::new("m", 3, 10, &mut progress);
        let got = steps.finish("iteration", Some(f64::NAN));
        assert!(matches!(got, Err(Error::NotFinite { iteration: 1, .. })));
    }
}
