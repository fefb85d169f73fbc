//! What people see while a search runs: a bar on a terminal, a line a trial elsewhere.

use std::{
    io::{IsTerminal, stderr},
    time::Instant,
};

use marquee_engine::tune::{Search, Status, Trial};

use super::Args;
use crate::{output, progress::Shown};

/// Tells how far the search of one model is.
#[derive(Debug)]
pub(super) struct Watch {
    model: String,
    bar: Option<Shown>,
    n_trials: usize,
    n_before: usize,
    started: Instant,
    until: Option<Instant>,
}

impl Watch {
    /// Begins; trials that were made before do not count for the time that is left.
    pub(super) fn new(search: &Search<'_>, args: &Args, until: Option<Instant>) -> Self {
        let model = search.model().to_owned();
        let n_before = search.trials().len();
        if n_before > 0 {
            output::note(format_args!("{model}: goes on after {n_before} trials"));
        }
        Self {
            bar: stderr().is_terminal().then(|| Shown::new(&model)),
            n_trials: args.trials,
            n_before,
            started: Instant::now(),
            until,
            model,
        }
    }

    /// A trial begins.
    pub(super) fn begins(&mut self, search: &Search<'_>) {
        let message = self.message(search);
        if let Some(bar) = &mut self.bar {
            let done = search.trials().len();
            bar.at(done as u64, self.n_trials as u64, &message);
        }
    }

    /// A trial ended.
    pub(super) fn ended(&mut self, search: &Search<'_>) {
        self.begins(search);
        let Some(trial) = search.trials().last().filter(|_| self.bar.is_none()) else {
            return;
        };
        output::note(format_args!(
            "{}: trial {} of {}: {}; {}",
            self.model,
            trial.number,
            self.n_trials,
            outcome(trial),
            self.message(search),
        ));
    }

    /// Says why the search ends before its last trial.
    pub(super) fn note(&self, why: &str) {
        output::note(format_args!("{}: {why}", self.model));
    }

    fn message(&self, search: &Search<'_>) -> String {
        let best = search.best().map_or("nothing yet".to_owned(), |best| {
            let mean = best.mean().unwrap_or_default();
            format!("best {mean:.4} ({})", best.spec)
        });
        let left = self.seconds_left(search.trials().len());
        let left = left.map(|seconds| format!(", {} left", in_words(seconds)));
        format!("{best}{}", left.unwrap_or_default())
    }

    /// By the mean time of the trials so far, or the time that is given.
    fn seconds_left(&self, done: usize) -> Option<f64> {
        let made = done.checked_sub(self.n_before).filter(|&made| made > 0)?;
        let each = self.started.elapsed().as_secs_f64() / made as f64;
        let all = each * self.n_trials.saturating_sub(done) as f64;
        let until = self.until.map(|until| {
            let left = until.saturating_duration_since(Instant::now());
            left.as_secs_f64()
        });
        Some(until.map_or(all, |until| all.min(until)))
    }
}

/// How a trial ended, in a few words.
pub(super) fn outcome(trial: &Trial) -> String {
    let mean = trial.mean().unwrap_or_default();
    match (trial.status(), &trial.error) {
        (Status::Failed, error) => {
            let error = error.as_deref().unwrap_or("no reason known");
            format!("failed: {error}")
        }
        (Status::Complete, _) => format!("{mean:.4}"),
        (Status::Behind, _) => {
            let n = trial.values.len();
            format!("{mean:.4}, behind after {n} of {} folds", trial.n_folds)
        }
    }
}

fn in_words(seconds: f64) -> String {
    if seconds < 90.0 {
        return format!("{seconds:.0} s");
    }
    format!("{:.0} min", seconds / 60.0)
}
