//! Why the service does not start, or stopped.

use std::{io, net::SocketAddr, path::PathBuf};

use crate::access::KeysProblem;

/// Why the service does not start, or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The configuration is not TOML, or does not fit.
    #[error("configuration")]
    Config(#[source] toml::de::Error),
    /// A value of the configuration makes no sense.
    #[error("serve.{field}: expected 1 to {}, found {found}", u32::MAX)]
    ConfigValue {
        /// The field, below `serve`.
        field: &'static str,
        /// Its value.
        found: u64,
    },
    /// A share is none.
    #[error("serve.traces.share: expected 0 to 1, found {found}")]
    TracesShare {
        /// What stands there.
        found: f64,
    },
    /// An origin is none.
    #[error("serve.allowed_origins: expected origins such as https://app.example, found {found:?}")]
    Origin {
        /// What stands there.
        found: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// The file of keys has something wrong in it.
    #[error("keys of {}", path.display())]
    Keys {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        problem: KeysProblem,
    },
    /// A certificate or private key is not PEM, or there is none.
    #[error("cannot read PEM of {}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: rustls::pki_types::pem::Error,
    },
    /// Certificate and private key do not go together.
    #[error("certificate {} and key {}", certificate.display(), key.display())]
    Tls {
        /// The certificate.
        certificate: PathBuf,
        /// The private key.
        key: PathBuf,
        /// What is wrong.
        source: rustls::Error,
    },
    /// Anybody on the network could call.
    #[error(
        "refusing to listen on {address} without keys: other machines can reach it; set serve.keys, or listen on a loopback address"
    )]
    NoKeys {
        /// Where it was to listen.
        address: SocketAddr,
    },
    /// Keys would travel in plain text.
    #[error(
        "refusing to listen on {address} without TLS: keys would travel in plain text; set serve.tls, or serve.plaintext = \"anywhere\" if something in front speaks TLS"
    )]
    NoTls {
        /// Where it was to listen.
        address: SocketAddr,
    },
    /// Other machines would read the metrics.
    #[error(
        "refusing to show metrics on {address}: the page asks for no key; set serve.metrics to an address of this machine, such as 127.0.0.1:9464"
    )]
    MetricsAddress {
        /// Where they were to be shown.
        address: SocketAddr,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A collector of traces has an address that is none.
    #[error("serve.traces.endpoint: cannot send to {endpoint:?}")]
    Collector {
        /// The address.
        endpoint: String,
        /// What is wrong with it.
        source: Box<opentelemetry_otlp::ExporterBuildError>,
    },
    /// The descriptors for reflection cannot be read; only a broken build can do this.
    #[error("the built-in descriptors cannot be read")]
    Descriptors(#[source] tonic_reflection::server::Error),
}
