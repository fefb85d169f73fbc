//! A running `marquee serve`, and questions to it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

use crate::shell;

/// How the server's first line begins; an address follows.
const READY: &str = "listening on ";
/// How long it may take to end after it was asked to.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server on a port that was free. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    address: String,
    ready: Duration,
}

impl Server {
    /// Starts a server and waits until it answers.
    ///
    /// - `command`: `marquee serve` with `--listen 127.0.0.1:0`, or the same under another program.
    ///
    /// # Errors
    ///
    /// When it ends before it says where it listens.
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        shell::say(format_args!("$ {} &\n", shell::typed(command)));
        let start = Instant::now();
        let mut process = command
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the server")?;
        let output = process.stdout.take().context("standard output is piped")?;
        let mut server = Self {
            process,
            address: String::new(),
            ready: Duration::ZERO,
        };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let Some(address) = line.trim().strip_prefix(READY) else {
            bail!("the server did not start");
        };
        address.clone_into(&mut server.address);
        server.ready = start.elapsed();
        shell::say(format_args!(
            "listening on {address} after {}",
            shell::readable(server.ready)
        ));
        Ok(server)
    }

    /// Where it listens, as clients are told.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its process, for measuring.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// How long it took to start.
    pub(crate) fn ready(&self) -> Duration {
        self.ready
    }

    /// Asks over gRPC, lets the answer print, and returns how long that took.
    ///
    /// # Errors
    ///
    /// When the server refuses.
    pub(crate) fn ask(&self, binary: &Path, question: &[&str]) -> anyhow::Result<Duration> {
        let mut command = Command::new(binary);
        command
            .args(["ask", "--server", &self.url()])
            .args(question);
        shell::say(format_args!("\n$ {}", shell::typed(&command)));
        let (result, took) = shell::timed(|| shell::run(&mut command));
        result.map(|()| took)
    }

    /// Asks the server to finish, and waits for it.
    ///
    /// # Errors
    ///
    /// When it ends with an error.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        let id = self.process.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        if !asked.is_ok_and(|status| status.success()) {
            // No such program here; dropping the server ends it anyway.
            return Ok(());
        }
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.process.try_wait()? {
                if !status.success() {
                    bail!("the server ended with {status}");
                }
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("the server did not end within {PATIENCE:?}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, and then there is nothing left to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
