//! Power cuts, kills, failed syncs and full disks; `examples/powercuts.rs` runs many more.

use std::thread;

use crate::simulation::{Report, run};

#[test]
fn journal_keeps_its_promises_on_a_disk_that_fails() {
    // Most of the time is spent waiting for the thread that writes, so several run at once.
    let report = thread::scope(|scope| {
        let runs: [_; 6] = std::array::from_fn(|at| {
            let seeds = (0..30).skip(at).step_by(6);
            scope.spawn(|| {
                let mut report = Report::default();
                seeds.for_each(|seed| report.add(&run(seed)));
                report
            })
        });
        let mut all = Report::default();
        for run in runs {
            all.add(&run.join().expect("no promise is broken"));
        }
        all
    });
    // The run was not idle.
    assert!(report.power_cuts > 50, "{report:?}");
    assert!(report.kills > 5 && report.failed_syncs > 5, "{report:?}");
    assert!(report.full_disks > 2 && report.erasures > 2, "{report:?}");
    assert!(report.survived > 2, "{report:?}");
    assert!(report.acknowledged > 2_000, "{report:?}");
}
