//! TLS from two PEM files, by rustls over ring.

use std::{path::Path, sync::Arc};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio_rustls::TlsAcceptor;

use crate::{ServeError, config::TlsFiles};

/// What turns a connection into an encrypted one: TLS 1.2 or 1.3, HTTP/2 before HTTP/1.1.
///
/// # Errors
///
/// When a file cannot be read, is no PEM of its kind, or the two do not go together.
pub(crate) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, ServeError> {
    let chain = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(pem(&files.key))?;
    let wrong = |source| ServeError::Tls {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        source,
    };
    // The provider is named here, and not taken from the process, so that no other part of it
    // decides how this server encrypts.
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(wrong)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(wrong)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ServeError> {
    let found = CertificateDer::pem_file_iter(path).map_err(pem(path))?;
    let chain: Vec<_> = found.collect::<Result<_, _>>().map_err(pem(path))?;
    if chain.is_empty() {
        return Err(pem(path)(rustls::pki_types::pem::Error::NoItemsFound));
    }
    Ok(chain)
}

fn pem(path: &Path) -> impl Fn(rustls::pki_types::pem::Error) -> ServeError {
    move |source| ServeError::Pem {
        path: path.to_owned(),
        source,
    }
}
