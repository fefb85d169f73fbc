//! Ctrl-C: once ends the search after the step it is at, twice ends the program.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use anyhow::{Context, Result};

use crate::output;

/// Exit status of a program that was interrupted, as shells have it.
const INTERRUPTED: i32 = 130;

/// Whether somebody asked to stop.
#[derive(Debug, Clone)]
pub(super) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on, in a thread of its own.
    ///
    /// # Errors
    ///
    /// When the system refuses to tell of signals.
    pub(super) fn listen() -> Result<Self> {
        let raised = Self(Arc::new(AtomicBool::new(false)));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot listen for Ctrl-C")?;
        let told = raised.clone();
        thread::spawn(move || {
            runtime.block_on(async {
                if tokio::signal::ctrl_c().await.is_err() {
                    return;
                }
                told.0.store(true, Ordering::Relaxed);
                output::note("stopping after this step; Ctrl-C again to stop at once");
                // A trial that has not ended is not in the state file: nothing is lost but time.
                if tokio::signal::ctrl_c().await.is_ok() {
                    std::process::exit(INTERRUPTED);
                }
            });
        });
        Ok(raised)
    }

    /// Whether somebody asked to stop.
    pub(super) fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// What to tell a training.
    pub(super) fn flow(&self) -> ControlFlow<()> {
        if self.is_raised() {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}
