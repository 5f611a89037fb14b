//! Strangers are not trusted.

use std::sync::Arc;

use ferrolite_testkit::FakeProvider;
use ferrolite_types::ErrorKind;
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::exchange::{PATIENT, http, open};

/// The port of a server that vouches for itself.
async fn self_signed() -> u16 {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()).into();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.into()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            acceptor.accept(socket).await.unwrap_err();
        }
    });
    port
}

#[tokio::test]
async fn a_server_that_vouches_for_itself_is_refused_and_the_reason_told() {
    let url = format!("https://localhost:{}/", self_signed().await);
    let error = open(&http(), &url, PATIENT).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.message.starts_with("the provider cannot be reached: invalid peer certificate"), "{error}");
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_refused() {
    let provider = FakeProvider::start().await;
    let url = provider.url().replace("http://", "https://");
    let error = open(&http(), &url, PATIENT).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.message.starts_with("the provider cannot be reached: "), "{error}");
    assert_eq!(provider.requests().len(), 0);
}
