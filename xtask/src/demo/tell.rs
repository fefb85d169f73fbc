//! The closing words: what was fast, and where to go from here.

use std::time::Duration;

use crate::shell;

use super::{Answers, Marquee, people::Viewer};

/// Prints the times that matter and commands to try next.
pub(super) fn closing(marquee: &Marquee, viewer: &Viewer, training: Duration, answers: &Answers) {
    let slowest = answers.asked.iter().max().copied().unwrap_or_default();
    shell::heading("done");
    shell::say(format_args!(
        "Four models trained in {}, the server ready {} after its start,\n\
         each question answered within {}, starting the client and connecting included.",
        shell::readable(training),
        shell::readable(answers.ready),
        shell::readable(slowest),
    ));
    let data = shortened(&marquee.data);
    let binary = shortened(&marquee.binary);
    shell::say(format_args!(
        "\nThe data folder stays in {data}. Try:\n\
         \x20 {binary} recommend --data {data} --user {} --explain\n\
         \x20 {binary} inspect {data}\n\
         \x20 {binary} serve --data {data}\n\
         \x20 {binary} --help",
        viewer.id
    ));
}

/// A path as seen from where the person stands.
fn shortened(path: &std::path::Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here)
        .unwrap_or(path)
        .display()
        .to_string()
}
