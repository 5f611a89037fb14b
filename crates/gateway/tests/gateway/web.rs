//! How the gateway meets its callers: encryption, root path, and pages of other origins.

use std::sync::Arc;

use ferrolite_testkit::FakeProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::support::{Launch, Process, config, question};

/// A certificate for `localhost` and its key, in files.
struct Certificate {
    folder: TempDir,
}

impl Certificate {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("certificate.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.path().join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        Self { folder }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// A connection that trusts this certificate and no other.
    async fn connect(&self, authority: &str) -> TlsStream<TcpStream> {
        let mut trusted = RootCertStore::empty();
        trusted.add(CertificateDer::from_pem_file(self.file("certificate.pem")).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_root_certificates(trusted).with_no_client_auth();
        let socket = TcpStream::connect(authority).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, socket).await.unwrap()
    }
}

/// The answer to the head of a request, which must ask for the end of the connection.
async fn answer(mut socket: impl AsyncReadExt + AsyncWriteExt + Unpin, head: &str) -> String {
    socket.write_all(format!("{head}\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// A gateway, and what it needs to go on.
async fn started(arguments: &[&str]) -> (Process, (FakeProvider, TempDir)) {
    let provider = FakeProvider::openai().await;
    let home = tempfile::tempdir().unwrap();
    let launch = Launch::at(home.path()).serving().configured(&config(&provider)).arguments(arguments);
    (launch.start().await, (provider, home))
}

#[tokio::test]
async fn with_a_certificate_connections_are_encrypted() {
    let certificate = Certificate::new();
    let files = [certificate.file("certificate.pem"), certificate.file("key.pem")];
    let (gateway, _rest) =
        started(&["--ssl_certfile_path", &files[0], "--ssl_keyfile_path", &files[1]]).await;
    let authority = gateway.authority().trim_start_matches("https://");
    assert!(gateway.stdout().contains("listens on https://"), "{}", gateway.stdout());
    let health = answer(certificate.connect(authority).await, "GET /health/liveliness HTTP/1.1").await;
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    let plain = answer(TcpStream::connect(authority).await.unwrap(), "GET /health/liveliness HTTP/1.1").await;
    assert!(!plain.starts_with("HTTP"), "{plain}");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_read_is_named() {
    let home = tempfile::tempdir().unwrap();
    let key = Certificate::new();
    let key = key.file("key.pem");
    let arguments = ["--port", "0", "--ssl_certfile_path", &key, "--ssl_keyfile_path", &key];
    let exit = Launch::at(home.path()).arguments(&arguments).run().await;
    assert!(
        !exit.status.success() && exit.stderr.contains("key.pem holds no certificate"),
        "{}",
        exit.stderr
    );
}

#[tokio::test]
async fn the_api_also_lies_below_the_root_path() {
    let (gateway, _rest) = started(&["--root_path", "/team/a/"]).await;
    for path in ["/team/a/v1/chat/completions", "/v1/chat/completions"] {
        assert_eq!(gateway.post(path, &[], question().to_string()).await.status, 200, "{path}");
    }
    assert_eq!(gateway.post("/team/ab/v1/chat/completions", &[], question().to_string()).await.status, 404);
}

#[tokio::test]
async fn a_page_of_any_origin_may_call() {
    let (gateway, _rest) = started(&[]).await;
    let asked = "OPTIONS /v1/chat/completions HTTP/1.1\r\norigin: https://app.example\r\n\
                 access-control-request-method: POST\r\naccess-control-request-headers: authorization";
    let preflight = answer(gateway.socket().await, asked).await;
    assert!(preflight.starts_with("HTTP/1.1 200"), "{preflight}");
    assert!(preflight.contains("access-control-allow-origin: *"), "{preflight}");
    assert!(preflight.contains("access-control-allow-headers: authorization"), "{preflight}");
    let origin = [("origin", "https://app.example".to_owned())];
    let called = gateway.post("/v1/chat/completions", &origin, question().to_string()).await;
    assert_eq!((called.status, called.header("access-control-allow-origin")), (200, "*"));
}

#[tokio::test]
async fn only_pages_of_named_origins_may_call() {
    let (gateway, _rest) = started(&["--cors_origins", "https://app.example, https://b.example"]).await;
    let preflight = |origin: &str| {
        format!("OPTIONS /v1/models HTTP/1.1\r\norigin: {origin}\r\naccess-control-request-method: GET")
    };
    let allowed = answer(gateway.socket().await, &preflight("https://b.example")).await;
    assert!(allowed.contains("access-control-allow-origin: https://b.example"), "{allowed}");
    assert!(allowed.contains("access-control-allow-credentials: true"), "{allowed}");
    let refused = answer(gateway.socket().await, &preflight("https://c.example")).await;
    assert!(refused.starts_with("HTTP/1.1 400") && !refused.contains("allow-origin"), "{refused}");
}
