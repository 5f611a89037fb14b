//! HTTP/1.1 over pooled connections, with TLS where the address asks for it.
//!
//! HTTP/1.1 on purpose: the client libraries keep one HTTP/2 connection per origin, which makes long streams
//! queue behind each other (hyperium/hyper#3623). Every connection has TCP_NODELAY.

use std::time::Duration;

use bytes::Bytes;
use ferrolite_types::{Error, ErrorKind};
use futures_util::future::BoxFuture;
use http::{Request, Response};
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::proxy::{Connector, Proxies};
use crate::trust::Trust;
use crate::{Body, Deadlines, Transport};

/// How connections are made and kept.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// How long a connection may take to be made, TLS included.
    pub connect: Duration,
    /// How long an unused connection is kept. Below the 60 seconds after which common load balancers close it.
    pub keep_idle: Duration,
    /// How many unused connections are kept per origin.
    pub idle_per_host: usize,
    /// Which servers are believed, and who we are to them.
    pub trust: Trust,
    /// Which calls go through which proxy.
    pub proxies: Proxies,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            keep_idle: Duration::from_secs(55),
            idle_per_host: 512,
            trust: Trust::default(),
            proxies: Proxies::default(),
        }
    }
}

/// The pool.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client<HttpsConnector<Connector>, Full<Bytes>>,
}

impl Http {
    /// An empty pool.
    pub fn new(options: &HttpOptions) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(Duration::from_secs(30)));
        tcp.set_connect_timeout(Some(options.connect));
        tcp.enforce_http(false);
        let tcp = Connector::new(tcp, options.proxies.clone());
        let connector = options.trust.builder().https_or_http().enable_http1().wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(options.keep_idle)
            .pool_max_idle_per_host(options.idle_per_host)
            .build(connector);
        Self { client }
    }
}

impl Transport for Http {
    fn send(
        &self,
        request: Request<Bytes>,
        deadlines: Deadlines,
    ) -> BoxFuture<'_, Result<Response<Body>, Error>> {
        let exchange = self.client.request(request.map(Full::new));
        Box::pin(async move {
            let answer = tokio::time::timeout(deadlines.head, exchange).await;
            let answer =
                answer.map_err(|_| too_slow(deadlines.head))?.map_err(|error| unreachable(&error))?;
            Ok(answer.map(|body| Body::wire(body, deadlines.idle)))
        })
    }
}

fn too_slow(head: Duration) -> Error {
    Error::new(
        ErrorKind::Timeout,
        format!("the provider did not answer within {} seconds", head.as_secs_f64()),
    )
}

/// The causes say what happened (`connection refused`); the client library's own words say only where.
fn unreachable(error: &hyper_util::client::legacy::Error) -> Error {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let what = if error.is_connect() {
        "the provider cannot be reached"
    } else {
        "the provider hung up without an answer"
    };
    Error::new(ErrorKind::Unavailable, format!("{what}: {cause}"))
}
