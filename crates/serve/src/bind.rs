//! Where to listen, and where not.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::{
    ServeError,
    access::Keys,
    config::{Plaintext, ServeConfig},
};

/// Listens where `config` says, unless that would let anybody in or show keys to the network.
///
/// # Errors
///
/// [`ServeError::NoKeys`], [`ServeError::NoTls`], or [`ServeError::Bind`] when the system refuses.
pub(crate) async fn listen(config: &ServeConfig, keys: &Keys) -> Result<TcpListener, ServeError> {
    let address = config.listen;
    is_safe(config, keys)?;
    let bind = |source| ServeError::Bind { address, source };
    TcpListener::bind(address).await.map_err(bind)
}

/// Listens for readers of metrics, if `config` says where.
///
/// # Errors
///
/// [`ServeError::MetricsAddress`] for an address that other machines can reach, since the page asks
/// for no key, and [`ServeError::Bind`] when the system refuses.
pub(crate) async fn metrics(config: &ServeConfig) -> Result<Option<TcpListener>, ServeError> {
    let Some(address) = config.metrics else {
        return Ok(None);
    };
    if !is_loopback(address) {
        return Err(ServeError::MetricsAddress { address });
    }
    let bind = |source| ServeError::Bind { address, source };
    TcpListener::bind(address).await.map(Some).map_err(bind)
}

fn is_safe(config: &ServeConfig, keys: &Keys) -> Result<(), ServeError> {
    let address = config.listen;
    if is_loopback(address) {
        return Ok(());
    }
    if !keys.are_asked_for() {
        return Err(ServeError::NoKeys { address });
    }
    if config.tls.is_none() && config.plaintext == Plaintext::LoopbackOnly {
        return Err(ServeError::NoTls { address });
    }
    Ok(())
}

/// Whether only this machine reaches the address. The IPv4 loopback can be written as IPv6, too.
fn is_loopback(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

#[cfg(test)]
mod tests;
