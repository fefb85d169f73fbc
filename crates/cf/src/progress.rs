//! How training tells how far it is, and how it is told to stop.

use std::{ops::ControlFlow, time::Instant};

use marquee_store::{Artifact, ArtifactBuilder};

use crate::{Error, Recommender, Result};

/// Who watches a training.
pub type Progress<'a> = dyn Watch + 'a;

/// What a training tells, and what it asks: any callback that takes a [`Step`] will do, which then
/// neither judges nor keeps anything.
pub trait Watch {
    /// Called after each step; [`ControlFlow::Break`] stops the training with [`Error::Stopped`].
    fn step(&mut self, step: &Step) -> ControlFlow<()>;

    /// Whether there is something to judge by, such as interactions that were set aside. A training of
    /// several passes then asks after each of them, and keeps the pass that was judged best.
    fn judges(&self) -> bool {
        false
    }

    /// How good a model is, higher is better; `None` when it cannot be judged.
    ///
    /// # Errors
    ///
    /// What the model says.
    fn judge(&mut self, _model: &dyn Recommender) -> Result<Option<f64>> {
        Ok(None)
    }

    /// The state that an interrupted training of the same data, configuration and seed left behind.
    /// Asked for once, before the first step.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    fn resume(&mut self) -> Result<Option<Artifact>> {
        Ok(None)
    }

    /// Whether the state should be kept now; asked after each pass.
    fn wants_state(&mut self) -> bool {
        false
    }

    /// Keeps the state, in place of an earlier one.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn keep_state(&mut self, _state: ArtifactBuilder<'_>) -> Result<()> {
        Ok(())
    }
}

impl<F: FnMut(&Step) -> ControlFlow<()>> Watch for F {
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        self(step)
    }
}

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
    /// How good the model was judged after the step, where it was: higher is better.
    pub judged: Option<f64>,
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
/// let step = Step {
///     phase: "inverse",
///     iteration: 1,
///     total: 1,
///     loss: None,
///     judged: None,
///     seconds: 0.1,
///     rate: 1e6,
/// };
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

    /// Goes on after step `done` of a training that was interrupted.
    pub(crate) fn skip_to(&mut self, done: usize) {
        self.done = done;
        self.started = Instant::now();
    }

    /// Who is told.
    pub(crate) fn watch(&mut self) -> &mut Progress<'a> {
        self.progress
    }

    /// Reports that a step is done and starts the clock of the next one.
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`] when the callback asks for it, [`Error::NotFinite`] when `loss` is not
    /// finite.
    pub(crate) fn finish(&mut self, phase: &'static str, loss: Option<f64>) -> Result<()> {
        self.finish_judged(phase, loss, None)
    }

    /// As [`finish`](Self::finish), for a step after which the model was judged.
    pub(crate) fn finish_judged(
        &mut self,
        phase: &'static str,
        loss: Option<f64>,
        judged: Option<f64>,
    ) -> Result<()> {
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
            judged,
            seconds,
            rate: self.n_interactions as f64 / seconds.max(1e-9),
        };
        let flow = self.progress.step(&step);
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
