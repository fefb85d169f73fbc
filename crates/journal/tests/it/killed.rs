//! A process that is killed while it appends; `examples/kills.rs` does it many more times.

use std::{env, path::Path, process::Command};

use crate::kills;

/// Says to a second process, which runs the same test, in which folder to append.
const FOLDER: &str = "MARQUEE_JOURNAL_KILLED_IN";

#[test]
fn killed_process_loses_nothing_that_was_acknowledged() {
    if let Some(folder) = env::var_os(FOLDER) {
        kills::append_until_killed(Path::new(&folder)).unwrap();
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let program = env::current_exe().unwrap();
    let child = || {
        let mut child = Command::new(&program);
        let test = "killed::killed_process_loses_nothing_that_was_acknowledged";
        child.args([test, "--exact", "--nocapture"]);
        child.env(FOLDER, dir.path());
        child
    };
    let report = kills::run(child, dir.path(), 5).unwrap();
    assert_eq!(report.kills, 5, "{report:?}");
    assert!(report.acknowledged >= 5, "{report:?}");
}
