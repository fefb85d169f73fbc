//! `cargo xtask bench ann`: retrieval by inner product, beside other libraries where asked for.
//!
//! Contenders run on one core and take turns, so that whatever else the machine does meets all of them.
//! The figures are processor time, the median over the rounds. The tables are Markdown, ready for
//! `docs/benchmarks.md`.

mod contender;
mod table;

use clap::Args;

use self::{contender::Contender, table::Table};
use super::{on_cores, peers};
use crate::{shell, workspace::Workspace};

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Vectors and their dimensions; each is a table
    #[arg(
        long,
        value_name = "NxD,…",
        value_delimiter = ',',
        default_value = "100000x64,100000x128,1000000x64,1000000x128",
        value_parser = size
    )]
    sizes: Vec<Size>,
    /// Standard deviation of the logarithm of the vectors' lengths; those of iALS spread by 0.5 to 1
    #[arg(long, default_value_t = 0.25)]
    spread: f64,
    /// Queries of a round
    #[arg(long, default_value_t = 1000)]
    queries: u32,
    /// Rounds
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Also measure other libraries, installed under target/ on first use; all of them or just these
    #[arg(
        long,
        value_name = "NAME,…",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "faiss-flat,faiss-hnsw,faiss-ivfpqfs,hnswlib,usearch,scann"
    )]
    peers: Option<String>,
}

/// A table's worth of vectors.
#[derive(Debug, Clone, Copy)]
struct Size {
    rows: u32,
    dimensions: u32,
}

/// Reads `100000x64`.
fn size(text: &str) -> Result<Size, String> {
    let parts = text.split_once('x').and_then(|(rows, dimensions)| {
        Some(Size {
            rows: rows.parse().ok()?,
            dimensions: dimensions.parse().ok()?,
        })
    });
    parts
        .ok_or_else(|| format!("expected vectors and dimensions such as 100000x64, found {text:?}"))
}

/// Builds, makes the vectors, measures in turns, and prints a table for each size.
///
/// # Errors
///
/// When a step fails, for example because a library cannot be installed.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let mut build = workspace.cargo();
    build.args(["build", "--release", "-p", "xtask-bench"]);
    shell::run(build.args(["--bin", "xtask-bench-ann"]))?;
    let python = match &options.peers {
        Some(_) => Some(peers::python(workspace, "ann")?),
        None => None,
    };
    for &Size { rows, dimensions } in &options.sizes {
        shell::heading(format_args!("{rows} vectors of {dimensions}"));
        let folder = workspace.target().join("bench-ann");
        let folder = folder.join(format!("{rows}x{dimensions}"));
        let program = workspace.target().join("release/xtask-bench-ann");
        let mut ours = on_cores("1", &program);
        ours.arg("--folder").arg(&folder);
        ours.args(["--rows", &rows.to_string()]);
        ours.args(["--dimensions", &dimensions.to_string()]);
        ours.args(["--spread", &options.spread.to_string()]);
        ours.args(["--queries", &options.queries.to_string()]);
        let mut contenders = vec![Contender::start(&mut ours)?];
        if let (Some(python), Some(peers)) = (&python, &options.peers) {
            let script = workspace.root().join("xtask/bench/peers/ann.py");
            let mut peer = on_cores("1", python);
            peer.arg(script).arg("--folder").arg(&folder);
            peer.args(["--dimensions", &dimensions.to_string(), "--peers", peers]);
            contenders.push(Contender::start(&mut peer)?);
        }
        let mut table = Table::new(contenders.iter().flat_map(Contender::built));
        for _ in 0..options.rounds.max(1) {
            for contender in &mut contenders {
                table.add(&contender.round()?)?;
            }
        }
        for contender in contenders {
            contender.stop()?;
        }
        table.print();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_two_numbers() {
        let found = size("1000x64").unwrap();
        assert_eq!((found.rows, found.dimensions), (1000, 64));
        for wrong in ["1000", "x64", "1000x", "1e6x64", "-5x3"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
