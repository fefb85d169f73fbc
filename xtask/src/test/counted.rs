//! Runs the test programs and counts what they say, without hiding a line of it.

use std::{
    fmt,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use anyhow::{Context, bail};

use crate::shell;

/// How many tests did what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    programs: u64,
    passed: u64,
    failed: u64,
    ignored: u64,
    /// Whether cargo itself ended well: it does not where something fails to compile.
    finished: bool,
}

/// Runs `command`, prints all that it prints, and counts its `test result` lines.
///
/// # Errors
///
/// When it cannot be started or what it prints cannot be read.
pub(super) fn run(command: &mut Command) -> anyhow::Result<Counts> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start `{}`", shell::shown(command)))?;
    let output = child.stdout.take().context("standard output is piped")?;
    let mut counts = Counts::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("cannot read what the tests print")?;
        let line = String::from_utf8_lossy(&line);
        counts.add(&line);
        shell::say(line);
    }
    counts.finished = child.wait()?.success();
    Ok(counts)
}

impl Counts {
    /// Counts `line` when it is a closing line of a test program.
    fn add(&mut self, line: &str) {
        let Some((_, numbers)) = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        self.programs += 1;
        for part in numbers.split("; ") {
            let Some((number, what)) = part.trim().split_once(' ') else {
                continue;
            };
            let number: u64 = number.parse().unwrap_or(0);
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }

    /// An error unless everything held.
    pub(super) fn into_result(self) -> anyhow::Result<()> {
        if self.failed > 0 {
            bail!("{} tests failed", self.failed);
        }
        if !self.finished {
            bail!("something does not compile, or a test program did not end well");
        }
        Ok(())
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, .. } = self;
        write!(f, "{passed} tests passed, {failed} failed")?;
        if self.ignored > 0 {
            write!(f, ", {} ignored", self.ignored)?;
        }
        write!(f, " ({} test programs)", self.programs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_add_up_and_other_lines_do_not_count() {
        let mut counts = Counts::default();
        for line in [
            "running 2 tests",
            "test result_is_kept ... ok",
            "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 7 passed; 3 failed; 0 ignored; 0 measured; 4 filtered out; finished in 1.20s",
        ] {
            counts.add(line);
        }
        let want = Counts {
            programs: 2,
            passed: 9,
            failed: 3,
            ignored: 1,
            finished: false,
        };
        assert_eq!(counts, want);
        assert!(counts.into_result().is_err());
    }

    #[test]
    fn tests_that_never_ran_are_no_success() {
        assert!(Counts::default().into_result().is_err());
        let finished = Counts {
            finished: true,
            ..Counts::default()
        };
        assert!(finished.into_result().is_ok());
    }
}
