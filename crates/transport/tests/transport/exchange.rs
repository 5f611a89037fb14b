//! What the tests send, and how they read what comes back.

use std::time::Duration;

use bytes::Bytes;
use ferrolite_transport::{Body, Deadlines, Http, HttpOptions, Transport};
use ferrolite_types::Error;
use http::{Request, Response};

/// Long enough for a busy machine, and never waited for when all is well.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// More than any answer of these tests.
pub(crate) const ENOUGH: usize = 1 << 20;

/// Deadlines that nothing here meets.
pub(crate) const PATIENT: Deadlines = Deadlines { head: SOON, idle: SOON };

/// Deadlines that every fault here meets.
pub(crate) const IMPATIENT: Deadlines =
    Deadlines { head: Duration::from_millis(100), idle: Duration::from_millis(100) };

pub(crate) fn http() -> Http {
    Http::new(&HttpOptions::default())
}

pub(crate) fn post(url: &str, body: &'static str) -> Request<Bytes> {
    Request::post(url).body(Bytes::from_static(body.as_bytes())).unwrap()
}

/// The head of an answer, and a body still to come.
pub(crate) async fn open(
    transport: &dyn Transport,
    url: &str,
    deadlines: Deadlines,
) -> Result<Response<Body>, Error> {
    transport.send(post(url, "{}"), deadlines).await
}

/// A whole answer.
pub(crate) async fn text(transport: &dyn Transport, request: Request<Bytes>) -> Result<String, Error> {
    let body = transport.send(request, PATIENT).await?.into_body().collect(ENOUGH).await?;
    Ok(String::from_utf8(body.to_vec()).unwrap())
}
