//! A model of another library: a program that is told what to train, a line at a time, and writes lists.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};
use marquee_core::ItemIdx;
use marquee_eval::{Evaluation, Evaluator};
use serde::{Deserialize, Serialize};

use super::{
    Options,
    contender::{Contender, LONGEST, lengths},
    parts::Part,
};

/// A place of a list that nothing stands at.
const NOTHING: u32 = u32::MAX;

/// A running program that has one model of another library.
pub(super) struct Peer {
    model: String,
    folder: PathBuf,
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

/// What it is told.
#[derive(Debug, Serialize)]
struct Order<'a> {
    /// Folder of the part, as [`Parts::write`](super::Parts::write) writes it.
    part: &'a Path,
    params: &'a toml::Table,
    /// Items of a list.
    length: usize,
    /// Where the lists go: for each case so many items, `u32` little-endian.
    lists: &'a Path,
}

/// What it answers.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Answer {
    Done { cpu_seconds: f64 },
    Failed { error: String },
}

impl Peer {
    /// Starts the program for `model`, named by library and model: `irspack iALS`.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub(super) fn start(model: &str, folder: &Path, options: &Options) -> Result<Self> {
        let mut command = Command::new(&options.python);
        command.arg(&options.script).args(["--model", model]);
        command.args(["--threads", &options.threads.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let started = command.spawn();
        let mut child = started.with_context(|| format!("{}", options.python.display()))?;
        let to = child.stdin.take();
        let from = child.stdout.take().context("no output to read from")?;
        Ok(Self {
            model: model.to_owned(),
            folder: folder.to_owned(),
            child,
            to,
            from: BufReader::new(from),
        })
    }

    fn ask(&mut self, order: &Order<'_>) -> Result<f64> {
        let to = self.to.as_mut().context("the program was told to end")?;
        writeln!(to, "{}", serde_json::to_string(order)?)?;
        to.flush()?;
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        ensure!(!line.is_empty(), "the program ended without an answer");
        let answer = serde_json::from_str(&line);
        match answer.with_context(|| format!("not an answer: {line:?}"))? {
            Answer::Done { cpu_seconds } => Ok(cpu_seconds),
            Answer::Failed { error } => bail!("{error}"),
        }
    }
}

impl Contender for Peer {
    fn library(&self) -> &str {
        self.model.split(' ').next().unwrap_or_default()
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn judge(&mut self, part: &Part, params: &toml::Table) -> Result<(Evaluation, f64)> {
        let lists = self.folder.join("lists");
        let seconds = self.ask(&Order {
            part: &self.folder.join(&part.name),
            params,
            length: LONGEST,
            lists: &lists,
        })?;
        let bytes = fs::read(&lists).with_context(|| format!("{}", lists.display()))?;
        let cases = part.cases();
        let expected = cases.len() * LONGEST * size_of::<u32>();
        let found = bytes.len();
        ensure!(found == expected, "{found} bytes of lists for {expected}");
        let evaluator = Evaluator::new(cases, &lengths()?);
        let items = bytes
            .as_chunks()
            .0
            .iter()
            .map(|&four| u32::from_le_bytes(four));
        let items: Vec<u32> = items.collect();
        for (number, list) in items.chunks_exact(LONGEST).enumerate() {
            let list = list.iter().take_while(|&&item| item != NOTHING);
            let list: Vec<ItemIdx> = list.map(|&item| ItemIdx(item)).collect();
            let seen = cases.get(number).history.columns;
            let shown = list.iter().find(|item| seen.contains(&item.0));
            ensure!(
                shown.is_none(),
                "case {number} was shown what he had: {shown:?}"
            );
            evaluator.record(number, &list)?;
        }
        Ok((evaluator.finish()?, seconds))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Its input ends, and so does it.
        drop(self.to.take());
        drop(self.child.wait());
    }
}
