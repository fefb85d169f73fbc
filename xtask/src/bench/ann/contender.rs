//! A program that measures when it is told to.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context, bail};

use crate::shell;

/// A running program that has built what it measures.
#[derive(Debug)]
pub(super) struct Contender {
    name: String,
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    built: Vec<Vec<String>>,
}

impl Contender {
    /// Starts a program and waits until it has built everything.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or ends early.
    pub(super) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let name = shell::shown(command);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{name}`"))?;
        let (to, from) = (child.stdin.take(), child.stdout.take());
        let mut contender = Self {
            child,
            to: to.context("its input is a pipe")?,
            from: BufReader::new(from.context("its output is a pipe")?),
            built: Vec::new(),
            name,
        };
        contender.built = contender.answer()?;
        Ok(contender)
    }

    /// What it built: name, seconds, bytes a vector.
    pub(super) fn built(&self) -> impl Iterator<Item = &[String]> {
        self.built.iter().map(Vec::as_slice)
    }

    /// Lets it measure everything once: name, setting, k, recall, microseconds a query.
    ///
    /// # Errors
    ///
    /// When it has ended.
    pub(super) fn round(&mut self) -> anyhow::Result<Vec<Vec<String>>> {
        self.to.write_all(b"round\n")?;
        self.to.flush()?;
        self.answer()
    }

    /// Ends it.
    ///
    /// # Errors
    ///
    /// When it does not end well.
    pub(super) fn stop(self) -> anyhow::Result<()> {
        let Self {
            name,
            mut child,
            to,
            ..
        } = self;
        // The end of its input is its end.
        drop(to);
        let status = child.wait()?;
        if !status.success() {
            bail!("`{name}` failed ({status})");
        }
        Ok(())
    }

    /// Lines up to an empty one, each cut at its tabs.
    fn answer(&mut self) -> anyhow::Result<Vec<Vec<String>>> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if self.from.read_line(&mut line)? == 0 {
                bail!("`{}` ended before it had answered", self.name);
            }
            match line.trim_end() {
                "" => return Ok(lines),
                line => lines.push(line.split('\t').map(str::to_owned).collect()),
            }
        }
    }
}
