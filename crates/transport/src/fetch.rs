//! Fetches what callers name by address: images and files. Callers are strangers, and the gateway stands where it
//! can reach what they cannot, so every address is looked at before it is connected to.
//!
//! Invariant: a connection goes only to an address that was checked, never to a name that could be resolved to
//! another one in between.

mod address;
mod connect;
mod mime;
mod policy;
mod why;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ferrolite_types::Error;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, LOCATION};
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use url::{Host, Url};

use connect::Answer;
use why::Why;

pub use connect::{Resolve, SystemResolver};
pub use policy::{Allowed, FetchPolicy};

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 3;

/// How much is fetched at most, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchLimits {
    /// The largest body, in bytes.
    pub bytes: usize,
    /// The time for everything, redirects included.
    pub whole: Duration,
}

impl Default for FetchLimits {
    /// 20 MiB in 10 seconds.
    fn default() -> Self {
        Self { bytes: 20 * 1024 * 1024, whole: Duration::from_secs(10) }
    }
}

/// What was behind an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The MIME type that the server says, or that the bytes show; empty where neither does.
    pub mime: String,
    /// The bytes.
    pub bytes: Bytes,
}

/// Fetches. Cheap to clone.
#[derive(Clone)]
pub struct Fetcher {
    policy: FetchPolicy,
    resolver: Arc<dyn Resolve>,
}

impl Fetcher {
    /// A fetcher that resolves names as the machine does.
    pub fn new(policy: FetchPolicy) -> Self {
        Self::with_resolver(policy, SystemResolver)
    }

    /// A fetcher with a resolver of one's own.
    pub fn with_resolver(policy: FetchPolicy, resolver: impl Resolve + 'static) -> Self {
        Self { policy, resolver: Arc::new(resolver) }
    }

    /// What is behind `url`.
    ///
    /// # Errors
    /// `BadRequest` about the parameter `url`: an address that is none or that may not be fetched, a server that
    /// does not answer with success, a body over the limits. It never tells what an internal server said, nor
    /// whether an internal name exists.
    pub async fn fetch(&self, url: &str, limits: &FetchLimits) -> Result<Fetched, Error> {
        let FetchLimits { bytes, whole } = *limits;
        let fetched = tokio::time::timeout(whole, self.follow(url, bytes)).await;
        fetched.unwrap_or(Err(Why::TooSlow(whole))).map_err(|why| why.about(url))
    }

    async fn follow(&self, url: &str, limit: usize) -> Result<Fetched, Why> {
        let mut url = Url::parse(url).map_err(|_| Why::NoAddress)?;
        for _ in 0..=MAX_REDIRECTS {
            let answer = connect::get(&url, &self.checked(&url).await?).await?;
            match next(&answer, &url)? {
                Some(next) => url = next,
                None => return receive(answer, limit).await,
            }
        }
        Err(Why::TooManyRedirects(MAX_REDIRECTS))
    }

    /// Where `url` may be fetched from.
    async fn checked(&self, url: &Url) -> Result<Vec<SocketAddr>, Why> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Why::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Why::UserInfo);
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(Why::NoAddress);
        };
        let found = match host {
            Host::Ipv4(address) => vec![SocketAddr::from((address, port))],
            Host::Ipv6(address) => vec![SocketAddr::from((address, port))],
            Host::Domain(name) => self.resolver.resolve(name, port).await.map_err(|_| Why::NotAllowed)?,
        };
        match !found.is_empty() && self.policy.permits(&host.to_string(), port, &found) {
            true => Ok(found),
            false => Err(Why::NotAllowed),
        }
    }
}

/// Where an answer sends us; `None` when it is the thing itself.
fn next(answer: &Answer, from: &Url) -> Result<Option<Url>, Why> {
    let status = answer.response.status();
    if status.is_success() {
        return Ok(None);
    }
    let place = header(answer, LOCATION).filter(|_| status.is_redirection()).ok_or(Why::Status(status))?;
    from.join(place).map(Some).map_err(|_| Why::NoAddress)
}

/// Reads the body. It is not decompressed: a small one could become a very large one.
async fn receive(answer: Answer, limit: usize) -> Result<Fetched, Why> {
    if header(&answer, CONTENT_ENCODING).is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(Why::Encoded);
    }
    let said = header(&answer, CONTENT_TYPE).map(str::to_owned);
    let Answer { response, connection: _connection } = answer;
    let body = response.into_body();
    if body.size_hint().lower() > limit as u64 {
        return Err(Why::TooLarge(limit));
    }
    let bytes =
        Limited::new(body, limit).collect().await.map_err(|error| match error.is::<LengthLimitError>() {
            true => Why::TooLarge(limit),
            false => Why::Unreachable,
        })?;
    let bytes = bytes.to_bytes();
    Ok(Fetched { mime: mime::of(said.as_deref(), &bytes), bytes })
}

fn header(answer: &Answer, name: HeaderName) -> Option<&str> {
    answer.response.headers().get(name)?.to_str().ok()
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").field("policy", &self.policy).finish_non_exhaustive()
    }
}
