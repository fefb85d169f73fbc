use super::*;
use crate::config::TlsFiles;

fn config(address: &str) -> ServeConfig {
    ServeConfig {
        listen: address.parse().unwrap(),
        ..ServeConfig::default()
    }
}

fn with_tls(address: &str) -> ServeConfig {
    ServeConfig {
        tls: Some(TlsFiles {
            certificate: "c".into(),
            key: "k".into(),
        }),
        ..config(address)
    }
}

fn keys() -> Keys {
    Keys::Listed(Vec::new())
}

#[test]
fn loopback_needs_nothing() {
    for address in [
        "127.0.0.1:0",
        "127.9.9.9:0",
        "[::1]:0",
        "[::ffff:127.0.0.1]:0",
    ] {
        is_safe(&config(address), &Keys::NotAsked).unwrap();
    }
}

#[test]
fn everywhere_else_needs_keys_even_with_tls() {
    for address in ["0.0.0.0:0", "[::]:0", "10.0.0.1:0", "[::ffff:10.0.0.1]:0"] {
        let got = is_safe(&with_tls(address), &Keys::NotAsked);
        assert!(matches!(got, Err(ServeError::NoKeys { .. })), "{address}");
    }
}

#[test]
fn everywhere_else_needs_tls_or_a_word() {
    let mut plain = config("0.0.0.0:0");
    let got = is_safe(&plain, &keys());
    assert!(matches!(got, Err(ServeError::NoTls { .. })), "{got:?}");
    is_safe(&with_tls("0.0.0.0:0"), &keys()).unwrap();
    plain.plaintext = Plaintext::Anywhere;
    is_safe(&plain, &keys()).unwrap();
    let got = is_safe(&plain, &Keys::NotAsked);
    assert!(matches!(got, Err(ServeError::NoKeys { .. })), "{got:?}");
}

#[tokio::test]
async fn taken_address_is_named() {
    let first = listen(&config("127.0.0.1:0"), &Keys::NotAsked)
        .await
        .unwrap();
    let taken = config(&first.local_addr().unwrap().to_string());
    let error = listen(&taken, &Keys::NotAsked).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot listen on {}", taken.listen)
    );
}
