//! `cargo xtask ci`: what must hold before a change lands.

use std::{process::Command, time::Duration};

use anyhow::bail;
use clap::Args;

use crate::{codegen, shell, test, tidy, workspace::Workspace};

/// Which steps to run.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Leave the tests out: the caller has run them
    #[arg(long)]
    skip_tests: bool,
}

/// A check: its name in the summary, and how it is done.
struct Step<'a> {
    name: &'static str,
    run: Box<dyn Fn() -> anyhow::Result<()> + 'a>,
}

/// Runs every step, also after one has failed, and closes with a table.
///
/// # Errors
///
/// When a step failed.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let mut outcomes = Vec::new();
    for step in steps(workspace, options) {
        shell::heading(step.name);
        let (result, took) = shell::timed(step.run);
        if let Err(error) = &result {
            shell::complain(error);
        }
        outcomes.push((step.name, result.is_ok(), took));
    }
    summarize(&outcomes)
}

/// The steps, those that answer soonest first.
fn steps<'a>(workspace: &'a Workspace, options: &Options) -> Vec<Step<'a>> {
    let cargo = |name, arguments: &'static [&'static str]| Step {
        name,
        run: Box::new(move || shell::run(workspace.cargo().args(arguments))),
    };
    let mut steps = vec![
        cargo("fmt", &["fmt", "--all", "--check"]),
        Step {
            name: "tidy",
            run: Box::new(|| tidy::run(workspace)),
        },
        cargo(
            "clippy",
            &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "--deny=warnings",
            ],
        ),
    ];
    if !options.skip_tests {
        steps.push(Step {
            name: "test",
            run: Box::new(|| test::run(workspace, &test::Options::default())),
        });
    }
    steps.push(Step {
        name: "doc",
        run: Box::new(|| shell::run(&mut documentation(workspace))),
    });
    steps.push(Step {
        name: "codegen --check",
        run: Box::new(|| codegen::run(workspace, &codegen::Options { check: true })),
    });
    steps
}

fn documentation(workspace: &Workspace) -> Command {
    let mut command = workspace.cargo();
    command
        .args(["doc", "--workspace", "--all-features", "--no-deps"])
        .env("RUSTDOCFLAGS", "--deny=warnings");
    command
}

/// Prints how each step ended.
fn summarize(outcomes: &[(&str, bool, Duration)]) -> anyhow::Result<()> {
    shell::heading("summary");
    for (name, held, took) in outcomes {
        let outcome = if *held { "ok" } else { "FAILED" };
        let took = shell::readable(*took);
        shell::say(format_args!("{name:<16} {outcome:<7} {took:>12}"));
    }
    let failed: Vec<&str> = outcomes
        .iter()
        .filter(|(_, held, _)| !held)
        .map(|(name, ..)| *name)
        .collect();
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}
