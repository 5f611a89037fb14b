//! One exchange over one connection to a checked address.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{ACCEPT, ACCEPT_ENCODING, HOST, USER_AGENT};
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_rustls::ConfigBuilderExt;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use url::{Host, Position, Url};

use super::why::Why;

/// How long one address may take to be connected to, so that there is time for the next.
const CONNECT: Duration = Duration::from_secs(3);

/// Finds the addresses of a host.
pub trait Resolve: Send + Sync {
    /// All its addresses, with the port put in.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;
}

/// Resolves as the machine does.
#[derive(Debug, Clone, Copy)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}

/// The head of an answer, and the connection that its body comes over.
pub(super) struct Answer {
    pub(super) response: Response<Incoming>,
    /// Ends the connection when it is dropped.
    pub(super) connection: JoinSet<hyper::Result<()>>,
}

/// Asks the first of `addresses` that can be connected to for `url`.
pub(super) async fn get(url: &Url, addresses: &[SocketAddr]) -> Result<Answer, Why> {
    let stream = connect(addresses).await?;
    match url.scheme() {
        "https" => {
            let tls = TlsConnector::from(Arc::clone(&TLS)).connect(server_name(url)?, stream).await;
            ask(tls.map_err(|_| Why::Unreachable)?, url).await
        }
        _ => ask(stream, url).await,
    }
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Why> {
    for address in addresses {
        if let Ok(Ok(stream)) = tokio::time::timeout(CONNECT, TcpStream::connect(address)).await {
            return Ok(stream);
        }
    }
    Err(Why::Unreachable)
}

async fn ask<S>(stream: S, url: &Url) -> Result<Answer, Why>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, exchange) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|_| Why::Unreachable)?;
    let mut connection = JoinSet::new();
    connection.spawn(exchange);
    let response = sender.send_request(request(url)?).await.map_err(|_| Why::Unreachable)?;
    Ok(Answer { response, connection })
}

fn request(url: &Url) -> Result<Request<Empty<Bytes>>, Why> {
    let request = Request::get(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(ACCEPT, "*/*")
        .header(ACCEPT_ENCODING, "identity")
        .header(USER_AGENT, concat!("ferrolite/", env!("CARGO_PKG_VERSION")));
    request.body(Empty::new()).map_err(|_| Why::NoAddress)
}

fn server_name(url: &Url) -> Result<ServerName<'static>, Why> {
    match url.host().ok_or(Why::NoAddress)? {
        Host::Domain(name) => ServerName::try_from(name.to_owned()).map_err(|_| Why::NoAddress),
        Host::Ipv4(address) => Ok(IpAddr::from(address).into()),
        Host::Ipv6(address) => Ok(IpAddr::from(address).into()),
    }
}

/// Trusts the machine's certificates, or Mozilla's list where the machine has none.
static TLS: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| {
    let builder = || {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        builder.expect("aws-lc-rs speaks TLS 1.2 and 1.3")
    };
    let trusting = builder().with_native_roots().unwrap_or_else(|_| builder().with_webpki_roots());
    Arc::new(trusting.with_no_client_auth())
});
