//! Tasks of a checkout: `cargo xtask <task>`.
//!
//! `marquee <command>` is the product; a task here builds, checks, shows or measures it. Tasks call
//! cargo as a person would, so that whatever they do can be repeated by hand.

mod bench;
mod ci;
mod codegen;
mod demo;
mod dist;
mod server;
mod shell;
mod test;
mod tidy;
mod workspace;
mod world;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// Tasks of a Marquee checkout: build, show, test, measure and release it.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Show the whole main job on real data: fetch, import, train, evaluate, serve, ask
    Demo(demo::Options),
    /// Run every test of the workspace, with all features, and doc tests too
    Test(test::Options),
    /// Run what must hold before a change lands: formatting, lints, tests, docs, tidy, codegen
    Ci(ci::Options),
    /// Check the rules that compiler and clippy cannot: layers, sizes, licenses, links
    Tidy,
    /// Turn the protos into the committed Rust code of crates/proto
    Codegen(codegen::Options),
    /// Run the benchmarks of the crates
    Bench(bench::Options),
    /// Make a synthetic streaming service whose every truth is known, and write it as files
    World(world::Options),
    /// Build a release: stripped binary, licenses, checksum and bill of materials in one archive
    Dist(dist::Options),
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            shell::complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let workspace = Workspace::locate()?;
    match &arguments.task {
        Task::Demo(options) => demo::run(&workspace, options),
        Task::Test(options) => test::run(&workspace, options),
        Task::Ci(options) => ci::run(&workspace, options),
        Task::Tidy => tidy::run(&workspace),
        Task::Codegen(options) => codegen::run(&workspace, options),
        Task::Bench(options) => bench::run(&workspace, options),
        Task::World(options) => world::run(&workspace, options),
        Task::Dist(options) => dist::run(&workspace, options),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn command_line_is_well_formed() {
        super::Arguments::command().debug_assert();
    }
}
