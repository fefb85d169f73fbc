//! Progress of long work: a bar on a terminal, plain lines elsewhere, nothing where it is quiet.

use std::{
    io::{IsTerminal, stderr},
    ops::ControlFlow,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use marquee_cf::Step;

use crate::output;

/// Plain lines come no closer together than this.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows how far a piece of work is.
#[derive(Debug)]
pub(crate) struct Shown {
    label: String,
    bar: Option<ProgressBar>,
    last_line: Instant,
}

impl Shown {
    /// Work of a length that is not known yet.
    pub(crate) fn new(label: impl Into<String>) -> Self {
        let label = label.into();
        let bar = stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::no_length().with_style(style);
            bar.with_prefix(label.clone())
        });
        Self {
            label,
            bar,
            last_line: Instant::now(),
        }
    }

    /// One step of a training is done.
    pub(crate) fn step(&mut self, step: &Step) -> ControlFlow<()> {
        let loss = step.loss.map(|loss| format!(", loss {loss:.6}"));
        let judged = step.judged.map(|judged| format!(", judged {judged:.6}"));
        let message = format!(
            "{}{}{}, {:.2} s, {:.1} M interactions/s",
            step.phase,
            loss.unwrap_or_default(),
            judged.unwrap_or_default(),
            step.seconds,
            step.rate / 1e6,
        );
        self.at(step.iteration as u64, step.total as u64, &message);
        ControlFlow::Continue(())
    }

    /// One pass of a ranker, or one of its trees, is done.
    pub(crate) fn pass(&mut self, step: &marquee_engine::RankerStep) -> ControlFlow<()> {
        let judged = step.judged.map(|judged| format!(", judged {judged:.6}"));
        let message = format!(
            "loss {:.6}{}, {:.2} s, {:.0} rows/s",
            step.loss,
            judged.unwrap_or_default(),
            step.seconds,
            step.rate,
        );
        self.at(step.iteration as u64, step.total as u64, &message);
        ControlFlow::Continue(())
    }

    /// `done` of `total` is done; `total` zero where it is not known.
    pub(crate) fn at(&mut self, done: u64, total: u64, message: &str) {
        if let Some(bar) = &self.bar {
            if total > 0 {
                bar.set_length(total);
            }
            bar.set_position(done);
            bar.set_message(message.to_owned());
        } else if self.last_line.elapsed() >= LINE_EVERY {
            self.last_line = Instant::now();
            let label = &self.label;
            output::note(format_args!("{label}: {done}/{total} {message}"));
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
