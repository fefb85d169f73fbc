//! `cargo xtask test`: every test of the workspace.

mod counted;

use clap::Args;

use crate::{shell, workspace::Workspace};

/// Which tests to run.
#[derive(Debug, Default, Args)]
pub(crate) struct Options {
    /// Only this crate: `cf` or `marquee-cf`; may be repeated
    #[arg(short, long = "package", value_name = "CRATE")]
    packages: Vec<String>,
    /// Passed on to the test programs: a part of a test's name, `--nocapture`, …
    #[arg(last = true, value_name = "ARGUMENTS")]
    passed_on: Vec<String>,
}

/// Runs unit, integration and doc tests and closes with how many crates and tests held.
///
/// # Errors
///
/// When a test fails or something does not compile.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let mut command = workspace.cargo();
    command.arg("test");
    if options.packages.is_empty() {
        command.arg("--workspace");
    }
    for package in &options.packages {
        command.arg("--package").arg(full_name(package));
    }
    // Without `--no-fail-fast` the first failing crate hides what else is broken.
    command.args(["--all-features", "--no-fail-fast", "--"]);
    command.args(&options.passed_on);
    shell::heading(shell::shown(&command));
    let (result, took) = shell::timed(|| counted::run(&mut command));
    let counts = result?;
    shell::heading(format_args!("{counts} in {}", shell::readable(took)));
    counts.into_result()
}

/// `marquee-cf` for `cf`; names of packages outside `crates/` stay as they are.
pub(crate) fn full_name(package: &str) -> String {
    if package.starts_with("marquee-") || package.starts_with("xtask") {
        package.to_owned()
    } else {
        format!("marquee-{package}")
    }
}
