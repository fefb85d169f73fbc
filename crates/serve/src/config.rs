//! What an operator can set, with every default; `config/marquee.toml` says the same in TOML.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use crate::ServeError;

/// How the service listens, whom it lets in, and what it refuses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServeConfig {
    /// Address and port; port 0 takes any that is free. An address that other machines can reach is
    /// refused unless `keys` is set, and `tls` or `plaintext = "anywhere"`.
    pub listen: SocketAddr,
    /// Address and port of `GET /metrics` for Prometheus, on this machine alone. Without it there is
    /// no such page.
    pub metrics: Option<SocketAddr>,
    /// Where traces of calls go. Without it there are none.
    pub traces: Option<Traces>,
    /// File of API keys, one `NAME:SHA256[:ROLE]` a line. Without it calls need no key.
    pub keys: Option<PathBuf>,
    /// Certificate and key for TLS. Without them the server speaks plain text.
    pub tls: Option<TlsFiles>,
    /// Where plain text may be spoken.
    pub plaintext: Plaintext,
    /// Origins of web pages that may call from a browser, such as `https://app.example`. Empty: no
    /// page of another origin may.
    pub allowed_origins: Vec<String>,
    /// Which events the server takes.
    pub events: Events,
    /// What the server takes.
    pub limits: Limits,
    /// How long things may last.
    pub times: Times,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7070)),
            metrics: None,
            traces: None,
            keys: None,
            tls: None,
            plaintext: Plaintext::LoopbackOnly,
            allowed_origins: Vec::new(),
            events: Events::default(),
            limits: Limits::default(),
            times: Times::default(),
        }
    }
}

/// Where traces of calls go, by OTLP over gRPC.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traces {
    /// The collector, such as `http://127.0.0.1:4317`.
    pub endpoint: String,
    /// Share of calls that are traced, 0 to 1, of those whose client does not say.
    #[serde(default = "one_in_a_hundred")]
    pub share: f64,
}

fn one_in_a_hundred() -> f64 {
    0.01
}

/// Files that TLS needs, both in PEM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The server's certificate, then those that signed it.
    pub certificate: PathBuf,
    /// The private key of the first certificate.
    pub key: PathBuf,
}

/// Where plain text may be spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plaintext {
    /// Only where no other machine can listen in.
    #[default]
    LoopbackOnly,
    /// On any address: something in front of the server speaks TLS.
    Anywhere,
}

/// Which events the server takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Events {
    /// How far in the future, by the server's clock, the time of an event may lie, in seconds.
    pub most_ahead_s: u32,
    /// How far in the past it may lie, in days. Zero: as far as it likes.
    pub oldest_days: u32,
    /// What becomes of events of items that are neither in the catalog nor in the active model.
    pub unknown_items: UnknownItems,
}

impl Default for Events {
    fn default() -> Self {
        Self {
            most_ahead_s: 300,
            oldest_days: 0,
            unknown_items: UnknownItems::Accept,
        }
    }
}

/// What becomes of events of items that nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownItems {
    /// They are written: the item's record may follow, and training counts them.
    #[default]
    Accept,
    /// They are refused.
    Refuse,
}

/// What the server takes. All are at least 1, except `workers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Longest request message, in bytes, after decompression.
    pub message_bytes: usize,
    /// Calls that are let in at once, running or waiting for a worker; more are refused as
    /// `OVERLOADED`.
    pub calls: usize,
    /// Calls that compute at once. Zero: one for each core.
    pub workers: usize,
    /// Open connections; more wait to be accepted.
    pub connections: usize,
    /// Calls at once on one connection; more wait in the client.
    pub streams_per_connection: u32,
    /// Streams of events at once; more are refused as `OVERLOADED`.
    pub event_streams: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 1 << 20,
            calls: 256,
            workers: 0,
            connections: 1024,
            streams_per_connection: 128,
            event_streams: 64,
        }
    }
}

/// How long things may last, in milliseconds. All are at least 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Times {
    /// One call, if its client does not allow less.
    pub call_ms: u64,
    /// Waiting for a worker. A call that would wait longer is refused as `OVERLOADED` when it comes;
    /// the nearer the wait comes to this, the less work goes into each answer.
    pub queue_ms: u64,
    /// From a new connection to its first bytes of HTTP: the TLS handshake.
    pub handshake_ms: u64,
    /// From the signal to stop until running calls are cut off.
    pub shutdown_ms: u64,
    /// Silence on a connection after which the server asks whether the client is still there.
    pub keep_alive_ms: u64,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            call_ms: 2_000,
            queue_ms: 25,
            handshake_ms: 10_000,
            shutdown_ms: 10_000,
            keep_alive_ms: 60_000,
        }
    }
}

impl Times {
    /// [`call_ms`](Self::call_ms) as a length of time.
    pub(crate) fn call(&self) -> Duration {
        Duration::from_millis(self.call_ms)
    }

    /// [`queue_ms`](Self::queue_ms) as a length of time.
    pub(crate) fn queue(&self) -> Duration {
        Duration::from_millis(self.queue_ms)
    }

    /// [`handshake_ms`](Self::handshake_ms) as a length of time.
    pub(crate) fn handshake(&self) -> Duration {
        Duration::from_millis(self.handshake_ms)
    }

    /// [`shutdown_ms`](Self::shutdown_ms) as a length of time.
    pub(crate) fn shutdown(&self) -> Duration {
        Duration::from_millis(self.shutdown_ms)
    }

    /// [`keep_alive_ms`](Self::keep_alive_ms) as a length of time.
    pub(crate) fn keep_alive(&self) -> Duration {
        Duration::from_millis(self.keep_alive_ms)
    }
}

/// A configuration file: the part of it that is about serving.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    serve: ServeConfig,
}

impl ServeConfig {
    /// Reads the table `[serve]` of a TOML document; what it does not say keeps its default.
    ///
    /// # Errors
    ///
    /// [`ServeError::Config`] when `text` is not TOML, has a key that does not exist or a value of
    /// the wrong type; [`ServeError::ConfigValue`] when a value makes no sense.
    pub fn from_toml(text: &str) -> Result<Self, ServeError> {
        let file: File = toml::from_str(text).map_err(ServeError::Config)?;
        file.serve.check()?;
        Ok(file.serve)
    }

    /// Checks what types cannot say.
    ///
    /// # Errors
    ///
    /// [`ServeError::ConfigValue`] that names the first value that makes no sense.
    pub fn check(&self) -> Result<(), ServeError> {
        let positive = [
            ("limits.message_bytes", self.limits.message_bytes as u64),
            ("limits.calls", self.limits.calls as u64),
            ("limits.connections", self.limits.connections as u64),
            (
                "limits.streams_per_connection",
                u64::from(self.limits.streams_per_connection),
            ),
            ("limits.event_streams", self.limits.event_streams as u64),
            ("times.call_ms", self.times.call_ms),
            ("times.queue_ms", self.times.queue_ms),
            ("times.handshake_ms", self.times.handshake_ms),
            ("times.shutdown_ms", self.times.shutdown_ms),
            ("times.keep_alive_ms", self.times.keep_alive_ms),
        ];
        let share = self.traces.as_ref().map_or(0.0, |traces| traces.share);
        if !(0.0..=1.0).contains(&share) {
            return Err(ServeError::TracesShare { found: share });
        }
        // The same upper border for all: far above any sense, and far below where a semaphore or a
        // clock would overflow.
        let border = u64::from(u32::MAX);
        match positive
            .iter()
            .find(|(_, value)| !(1..=border).contains(value))
        {
            Some(&(field, found)) => Err(ServeError::ConfigValue { field, found }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
