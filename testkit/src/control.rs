//! The endpoints by which tests in other languages script a provider and read its log.
//! Requests to them are not themselves recorded.

use http::{Method, Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::play::{WireBody, whole};
use crate::record::{Log, Received};
use crate::reply::Reply;
use crate::server::Desk;

const PREFIX: &str = "/__";

/// The response to a control request, `None` for any other.
pub(crate) fn answer(received: &Received, desk: &Desk) -> Option<Response<WireBody>> {
    let command = received.path.strip_prefix(PREFIX)?;
    Some(match (&received.method, command) {
        (&Method::GET, "log") => whole(StatusCode::OK, desk.journal.read(log_json).to_string()),
        (&Method::POST, "reset") => reset(desk),
        (&Method::POST, "enqueue") => enqueue(&received.body, desk),
        _ => whole(StatusCode::NOT_FOUND, "known: GET /__log, POST /__reset, POST /__enqueue"),
    })
}

fn reset(desk: &Desk) -> Response<WireBody> {
    desk.reset();
    whole(StatusCode::NO_CONTENT, "")
}

fn enqueue(body: &[u8], desk: &Desk) -> Response<WireBody> {
    match serde_json::from_slice::<Reply>(body) {
        Ok(reply) => {
            desk.script.lock().enqueue(reply);
            whole(StatusCode::NO_CONTENT, "")
        }
        Err(error) => whole(StatusCode::BAD_REQUEST, format!("not a reply: {error}")),
    }
}

fn log_json(log: &Log) -> Value {
    let requests: Vec<Value> = log.requests().iter().map(request_json).collect();
    json!({
        "requests": requests,
        "in_flight": log.in_flight(),
        "disconnects": log.disconnects(),
        "billed": log.billed().to_json(),
    })
}

fn request_json(received: &Received) -> Value {
    json!({
        "method": received.method.as_str(),
        "path": received.path,
        "query": received.query,
        "headers": headers_json(received),
        "body": received.text(),
        "json": received.json(),
        "age_ms": received.received_at.elapsed().as_millis() as u64,
        "outcome": received.outcome.as_str(),
        "usage": received.usage.map(|usage| usage.to_json()),
    })
}

/// Headers as one object; repeated ones are joined as RFC 9110 §5.3 allows.
fn headers_json(received: &Received) -> Map<String, Value> {
    let values = |name| {
        let all = received.headers.get_all(name).iter();
        all.map(|value| String::from_utf8_lossy(value.as_bytes())).collect::<Vec<_>>().join(", ")
    };
    received.headers.keys().map(|name| (name.to_string(), values(name).into())).collect()
}
