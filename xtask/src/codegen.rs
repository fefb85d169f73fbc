//! `cargo xtask codegen`: the protos as committed Rust code.

use clap::Args;

use crate::{shell, workspace::Workspace};

/// Whether to write or to compare.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Write nothing; fail when the committed code is not what the protos say
    #[arg(long)]
    pub(crate) check: bool,
}

/// Writes the code.
///
/// The generator is a program of its own, so that the other tasks start without compiling a proto
/// compiler.
///
/// # Errors
///
/// When a proto does not parse, or the committed code differs under `--check`.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let mut command = workspace.cargo();
    command.args(["run", "--quiet", "--package", "xtask-codegen", "--"]);
    if options.check {
        command.arg("--check");
    }
    shell::run(&mut command)
}
