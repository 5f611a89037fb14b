//! The way to providers through a proxy.
//!
//! A proxy is always asked for a tunnel (`CONNECT`), so that it sees where a call goes and nothing else.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::Service;

/// Which calls go through which proxy; by default none does.
#[derive(Clone)]
pub struct Proxies(Arc<Matcher>);

/// The same as curl has it in the environment.
#[derive(Debug, Clone, Default)]
pub struct ProxyNames {
    /// `ALL_PROXY`: for everything that nothing else is said about.
    pub all: Option<String>,
    /// `HTTPS_PROXY`: for `https` addresses.
    pub https: Option<String>,
    /// `HTTP_PROXY`: for `http` addresses.
    pub http: Option<String>,
    /// `NO_PROXY`: the hosts and networks that are asked directly, separated by commas.
    pub no: Option<String>,
}

impl Proxies {
    /// The proxies of these names.
    pub fn new(names: ProxyNames) -> Self {
        let ProxyNames { all, https, http, no } = names;
        let said = |name: Option<String>| name.unwrap_or_default();
        let matcher = Matcher::builder().all(said(all)).https(said(https)).http(said(http)).no(said(no));
        Self(Arc::new(matcher.build()))
    }
}

impl Default for Proxies {
    fn default() -> Self {
        Self::new(ProxyNames::default())
    }
}

/// Without addresses, which may hold passwords.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proxies")
    }
}

/// Connects directly, or through the proxy that is meant for an address.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    tcp: HttpConnector,
    proxies: Proxies,
}

type Failure = Box<dyn StdError + Send + Sync>;

impl Connector {
    pub(crate) fn new(tcp: HttpConnector, proxies: Proxies) -> Self {
        Self { tcp, proxies }
    }

    fn tunnel(&self, proxy: &Intercept) -> Result<Tunnel<HttpConnector>, Failure> {
        match proxy.uri().scheme_str() {
            Some("http") => {}
            scheme => {
                return Err(format!("the proxy's address starts with {scheme:?}, not with http://").into());
            }
        }
        let tunnel = Tunnel::new(proxy.uri().clone(), self.tcp.clone());
        Ok(match proxy.basic_auth() {
            Some(password) => tunnel.with_auth(password.clone()),
            None => tunnel,
        })
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = Failure;
    type Future = BoxFuture<'static, Result<Self::Response, Failure>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.tcp.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let Some(proxy) = self.proxies.0.intercept(&address) else {
            return self.tcp.call(address).map(|done| done.map_err(Into::into)).boxed();
        };
        match self.tunnel(&proxy) {
            Ok(mut tunnel) => tunnel.call(address).map(|done| done.map_err(Into::into)).boxed(),
            Err(failure) => ready(Err(failure)).boxed(),
        }
    }
}
