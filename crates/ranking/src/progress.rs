//! How training tells how far it is, and how it is told to stop, to keep its state and to go on.

use std::ops::ControlFlow;

use marquee_store::{Artifact, ArtifactBuilder};

use crate::Result;

/// Who watches a training: any callback that takes a [`Step`] will do, which then keeps no state.
pub trait Watch {
    /// Called after each step; [`ControlFlow::Break`] stops the training with
    /// [`Error::Stopped`](crate::Error::Stopped).
    fn step(&mut self, step: &Step) -> ControlFlow<()>;

    /// The state that an interrupted training of the same data, configuration and seed left behind.
    /// Asked for once, before the first step.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    fn resume(&mut self) -> Result<Option<Artifact>> {
        Ok(None)
    }

    /// Whether the state should be kept now; asked after each step.
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

/// One finished pass over the data, or one finished tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The step, counted from 1.
    pub iteration: usize,
    /// Steps at most.
    pub total: usize,
    /// Mean loss of the training rows in it.
    pub loss: f64,
    /// How good the model was on the validation table after it, higher is better.
    pub judged: Option<f64>,
    /// Wall time of the step alone, without judging.
    pub seconds: f64,
    /// Training rows a second.
    pub rate: f64,
}

/// A callback that does nothing and never stops.
pub fn silent() -> impl FnMut(&Step) -> ControlFlow<()> {
    |_| ControlFlow::Continue(())
}
