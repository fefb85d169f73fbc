//! `marquee serve`: answers over gRPC until it is told to stop.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::{Context, Result};
use clap::Parser;
use marquee_engine::{Check, Engine, EngineConfig, JournalConfig, Journaling};
use marquee_serve::{ServeConfig, TlsFiles};

use crate::output;

/// Answers over gRPC, gRPC-Web and health checks until it is interrupted; calls that run are finished.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// The data folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Address and port; port 0 takes any that is free
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Settings of the service, in TOML; config/marquee.toml shows every one with its default
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// API keys, one `NAME:SHA256[:ROLE]` a line
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Certificate for TLS, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Private key for TLS, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Take no events and no changes of the catalog: answer with what the folder holds now
    #[arg(long)]
    read_only: bool,
    /// Check every byte of a model before it answers
    #[arg(long)]
    verify: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::builder()
                .with_default_directive(tracing::Level::WARN.into())
                .from_env_lossy(),
        )
        .with_writer(std::io::stderr)
        .init();
    let config = config(args)?;
    let engine = EngineConfig {
        check: if args.verify {
            Check::EveryByte
        } else {
            Check::Headers
        },
        instance: instance(),
        journaling: if args.read_only {
            Journaling::Read
        } else {
            Journaling::Write(JournalConfig::default())
        },
        ..EngineConfig::default()
    };
    let engine = Engine::open(&args.data, engine)
        .with_context(|| format!("data folder {}", args.data.display()))?;
    if let Ok(generation) = engine.generation() {
        output::note(format_args!("{} answers", generation.version()));
    } else {
        output::note("no model is active yet: calls for recommendations are refused until one is");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(Arc::new(engine), config))
}

async fn serve(engine: Arc<Engine>, config: ServeConfig) -> Result<()> {
    let ready = |address: SocketAddr| {
        // Programs that start the server wait for this line; a closed pipe must not stop it.
        let _ = output::line(format_args!("listening on {address}"));
    };
    marquee_serve::run(Arc::clone(&engine), config, stop_signal(), ready).await?;
    engine.settle()?;
    output::note("stopped");
    Ok(())
}

/// Resolves at the first interrupt or termination.
async fn stop_signal() {
    let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    let Ok(mut terminate) = terminate else {
        // Without that signal the interrupt is left.
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

fn config(args: &Args) -> Result<ServeConfig> {
    let mut config = match &args.config {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("configuration {}", path.display()))?;
            ServeConfig::from_toml(&text)
                .with_context(|| format!("configuration {}", path.display()))?
        }
        None => ServeConfig::default(),
    };
    if let Some(listen) = args.listen {
        config.listen = listen;
    }
    if args.keys.is_some() {
        config.keys.clone_from(&args.keys);
    }
    if let (Some(certificate), Some(key)) = (&args.tls_certificate, &args.tls_key) {
        config.tls = Some(TlsFiles {
            certificate: certificate.clone(),
            key: key.clone(),
        });
    }
    Ok(config)
}

/// A number that differs between two runs of the server.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line is where time comes in"
)]
fn instance() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let micros = since.map_or(0, |since| since.as_micros());
    let process = u64::from(std::process::id());
    // 64 bits of microseconds last half a million years.
    u64::try_from(micros).unwrap_or_default() ^ (process << 40)
}
