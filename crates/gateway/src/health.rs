//! Whether the process lives and is ready: for load balancers, without a key.

use axum::body::Body;
use axum::response::Response;
use ferrolite_types::json::object;
use http::HeaderValue;
use http::header::CONTENT_TYPE;

/// The process answers.
pub(crate) async fn liveliness() -> Response {
    json(br#""I'm alive!""#.to_vec())
}

/// The process takes calls.
pub(crate) async fn readiness() -> Response {
    let mut out = Vec::new();
    object(&mut out, |out| {
        out.field("status").text("healthy");
        out.field("db").text("Not connected");
        out.field("ferrolite_version").text(env!("CARGO_PKG_VERSION"));
    });
    json(out)
}

/// An answer of JSON.
pub(crate) fn json(body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    crate::pipeline::with_guards(response.headers_mut());
    response
}
