//! Servers that vouch for themselves, and callers who show who they are.

use std::path::PathBuf;
use std::sync::Arc;

use ferrolite_transport::{Authorities, Http, HttpOptions, Trust};
use ferrolite_types::ErrorKind;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::exchange::{PATIENT, open};

/// A certificate and its key, each in a file.
struct Identity {
    made: rcgen::CertifiedKey<rcgen::KeyPair>,
    folder: TempDir,
}

impl Identity {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let both = made.cert.pem() + &made.signing_key.serialize_pem();
        std::fs::write(folder.path().join("both.pem"), both).unwrap();
        std::fs::write(folder.path().join("certificate.pem"), made.cert.pem()).unwrap();
        Self { made, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The address of a server that answers under this identity, to callers of `client` alone where one is given.
    async fn serve(&self, client: Option<&Self>) -> String {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let config = match client {
            None => config.unwrap().with_no_client_auth(),
            Some(client) => {
                let mut roots = RootCertStore::empty();
                roots.add(client.made.cert.der().clone()).unwrap();
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
                config.unwrap().with_client_cert_verifier(verifier)
            }
        };
        let key = PrivatePkcs8KeyDer::from(self.made.signing_key.serialize_der()).into();
        let config = config.with_single_cert(vec![self.made.cert.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let Ok(mut socket) = acceptor.accept(socket).await else { continue };
                let _ = socket.read(&mut [0; 4096]).await;
                let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
            }
        });
        format!("https://localhost:{port}/")
    }
}

fn trusting(authorities: Authorities<'_>, identity: Option<&Identity>) -> Http {
    let file = identity.map(|identity| identity.file("both.pem"));
    let trust = Trust::new(authorities, file.as_deref()).unwrap();
    Http::new(&HttpOptions { trust, ..HttpOptions::default() })
}

#[tokio::test]
async fn a_server_is_believed_when_its_authority_is_named_or_nothing_is_checked() {
    let server = Identity::new();
    let url = server.serve(None).await;
    let file = server.file("certificate.pem");
    for authorities in [Authorities::File(&file), Authorities::Anybody] {
        assert_eq!(open(&trusting(authorities, None), &url, PATIENT).await.unwrap().status(), 200);
    }
    let stranger = Identity::new().serve(None).await;
    open(&trusting(Authorities::File(&file), None), &stranger, PATIENT).await.unwrap_err();
}

#[tokio::test]
async fn a_server_that_asks_who_calls_is_told() {
    let (server, caller) = (Identity::new(), Identity::new());
    let url = server.serve(Some(&caller)).await;
    let known = trusting(Authorities::Anybody, Some(&caller));
    assert_eq!(open(&known, &url, PATIENT).await.unwrap().status(), 200);
    open(&trusting(Authorities::Anybody, None), &url, PATIENT).await.unwrap_err();
}

#[test]
fn a_file_without_certificates_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("nothing.pem");
    std::fs::write(&file, "nothing").unwrap();
    for authorities in [Authorities::File(&file), Authorities::File(&folder.path().join("missing.pem"))] {
        let error = Trust::new(authorities, None).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Config);
        assert!(error.message.starts_with("cannot use "), "{error}");
    }
}
