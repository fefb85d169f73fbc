//! `cargo xtask codegen`: the protos as committed Rust code.

use std::process::Command;

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
    let mut build = workspace.cargo();
    // Features as the whole workspace has them: after the tests its dependencies are built already.
    build.args(["build", "--quiet", "--workspace", "--all-features"]);
    shell::run(build.args(["--bin", "xtask-codegen"]))?;
    let program = workspace.target().join("debug/xtask-codegen");
    let mut generate = Command::new(program);
    generate.env("CARGO_MANIFEST_DIR", workspace.root().join("xtask/codegen"));
    if options.check {
        generate.arg("--check");
    }
    shell::run(&mut generate)
}
