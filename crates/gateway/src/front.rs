//! What every request meets before its path is looked at: the root path is taken off it, and browsers are told from
//! where they may call.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, ready};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};
use hyper::body::Incoming;
use tower::Service;

/// From where pages may call.
#[derive(Debug, Clone)]
pub struct Cors {
    /// The origins that may, or `*` for all: `https://app.example.com`.
    pub origins: Vec<String>,
    /// Whether cookies and passwords may come along. Where nothing is said, only to origins that are named.
    pub credentials: Option<bool>,
}

impl Default for Cors {
    fn default() -> Self {
        Self { origins: vec!["*".to_owned()], credentials: None }
    }
}

/// The whole HTTP API behind its root path.
#[derive(Clone)]
pub(crate) struct Front {
    routes: Router,
    /// The path below which the API lies, without a slash at its end.
    root: Arc<str>,
    cors: Arc<Cors>,
}

/// What [`LiteLLM` lets pages see](https://github.com/BerriAI/litellm/blob/main/litellm/constants.py) of its
/// headers, and our call id.
const EXPOSED: HeaderValue =
    HeaderValue::from_static("x-litellm-applied-guardrails, x-litellm-cache-key, x-litellm-call-id");

const METHODS: HeaderValue = HeaderValue::from_static("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");

/// For how many seconds a browser need not ask again.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

impl Front {
    pub(crate) fn new(routes: Router, root: &str, cors: Cors) -> Self {
        Self { routes, root: root.trim_end_matches('/').into(), cors: Arc::new(cors) }
    }
}

impl Service<Request<Incoming>> for Front {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Either<
        <Router as Service<Request<Incoming>>>::Future,
        BoxFuture<'static, Result<Self::Response, Self::Error>>,
    >;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Service::<Request<Incoming>>::poll_ready(&mut self.routes, context)
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
        if let Some(uri) = below(&self.root, request.uri()) {
            *request.uri_mut() = uri;
        }
        let Some(origin) = request.headers().get(ORIGIN).cloned() else {
            return Either::Left(self.routes.call(request));
        };
        if request.method() == Method::OPTIONS
            && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        {
            return Either::Right(ready(Ok(self.cors.preflight(&origin, request.headers()))).boxed());
        }
        let cors = Arc::clone(&self.cors);
        let answer = self.routes.call(request);
        Either::Right(answer.map(move |answer| answer.map(|answer| cors.marked(&origin, answer))).boxed())
    }
}

/// The address as it is below the root path; nothing where there is none or the address lies elsewhere.
fn below(root: &str, uri: &Uri) -> Option<Uri> {
    if root.is_empty() {
        return None;
    }
    let rest = uri.path_and_query()?.as_str().strip_prefix(root)?;
    let path: PathAndQuery = match rest.chars().next() {
        Some('/') => rest.parse().ok()?,
        Some('?') | None => format!("/{rest}").parse().ok()?,
        Some(_) => return None,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path);
    Uri::from_parts(parts).ok()
}

impl Cors {
    fn is_open(&self) -> bool {
        self.origins.iter().any(|origin| origin == "*")
    }

    fn with_credentials(&self) -> bool {
        self.credentials.unwrap_or(!self.is_open())
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        self.is_open() || self.origins.iter().any(|known| known.as_bytes() == origin.as_bytes())
    }

    /// The answer to a browser that asks before it calls.
    fn preflight(&self, origin: &HeaderValue, asked: &HeaderMap) -> Response<Body> {
        if !self.allows(origin) {
            let mut refusal = Response::new(Body::from("Disallowed CORS origin"));
            *refusal.status_mut() = StatusCode::BAD_REQUEST;
            return refusal;
        }
        let mut answer = Response::new(Body::from("OK"));
        let headers = answer.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        if let Some(names) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
        }
        self.mark(origin, headers);
        answer
    }

    /// The answer with what lets a page of this origin see it.
    fn marked(&self, origin: &HeaderValue, mut answer: Response<Body>) -> Response<Body> {
        if self.allows(origin) {
            answer.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
            self.mark(origin, answer.headers_mut());
        }
        answer
    }

    /// `*` and credentials exclude each other, so that then the origin itself is named.
    fn mark(&self, origin: &HeaderValue, headers: &mut HeaderMap) {
        if self.is_open() && !self.with_credentials() {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            return;
        }
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.append(VARY, HeaderValue::from_static("Origin"));
        if self.with_credentials() {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_below(root: &str, path: &str) -> Option<String> {
        below(root, &path.parse().unwrap()).map(|uri| uri.to_string())
    }

    #[test]
    fn the_root_path_is_taken_off() {
        assert_eq!(path_below("/api", "/api/v1/models?a=b").as_deref(), Some("/v1/models?a=b"));
        assert_eq!(path_below("/api", "/api").as_deref(), Some("/"));
        assert_eq!(path_below("/api", "/api?a").as_deref(), Some("/?a"));
        assert_eq!(path_below("/api", "/apis/v1"), None);
        assert_eq!(path_below("", "/v1/models"), None);
    }

    fn marks(cors: &Cors, origin: &str) -> Vec<(String, String)> {
        let answer = cors.marked(&origin.parse().unwrap(), Response::new(Body::empty()));
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        answer.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect()
    }

    #[test]
    fn any_page_may_call_unless_origins_are_named() {
        let open = marks(&Cors::default(), "https://a.example");
        assert!(open.contains(&("access-control-allow-origin".into(), "*".into())), "{open:?}");
        let named = Cors { origins: vec!["https://a.example".into()], credentials: None };
        let allowed = marks(&named, "https://a.example");
        assert!(
            allowed.contains(&("access-control-allow-origin".into(), "https://a.example".into())),
            "{allowed:?}"
        );
        assert!(allowed.contains(&("access-control-allow-credentials".into(), "true".into())), "{allowed:?}");
        assert_eq!(marks(&named, "https://b.example"), []);
    }
}
