//! The ways providers and networks go wrong, each as a ready `Reply`.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::reply::{Body, Reply, Silence, Step};

impl Reply {
    /// Never answers; only the client can end the exchange.
    pub fn hang() -> Self {
        Self { silence: Some(Silence::Hang), ..Self::default() }
    }

    /// Resets the connection without answering.
    pub fn reset() -> Self {
        Self { silence: Some(Silence::Reset), ..Self::default() }
    }

    /// The error page of a proxy in front of the provider.
    pub fn html(status: u16) -> Self {
        let page = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>");
        Self::text("text/html; charset=utf-8", page).status(status)
    }

    /// Announces the whole of `json`, sends its first half and closes.
    pub fn truncated_json(json: &Value) -> Self {
        broken_json(json, Step::Close)
    }

    /// Announces the whole of `json`, sends its first half and resets the connection.
    pub fn cut_json(json: &Value) -> Self {
        broken_json(json, Step::Cut)
    }

    /// A complete HTTP message whose JSON text stops half way.
    pub fn unfinished_json(json: &Value) -> Self {
        let (half, _) = first_half(json);
        Self::bytes(half).header("content-type", "application/json")
    }

    /// Sends JSON `bytes` one at a time, `per_byte` apart.
    pub fn drip(bytes: impl Into<Bytes>, per_byte: Duration) -> Self {
        let bytes = bytes.into();
        let steps: Vec<Step> = (0..bytes.len())
            .flat_map(|at| [Step::Send(bytes.slice(at..=at)), Step::Wait(per_byte)])
            .collect();
        Self::new(Body::Stream(steps)).header("content-type", "application/json")
    }

    /// An OpenAI error body under a status of 200.
    pub fn error_200(message: &str) -> Self {
        Self::openai_error(500, message).status(200)
    }

    /// An OpenAI error with the type and code OpenAI gives to `status`.
    pub fn openai_error(status: u16, message: &str) -> Self {
        let (kind, code) = openai_kind_and_code(status);
        let error = json!({"message": message, "type": kind, "param": null, "code": code});
        Self::json(json!({"error": error})).status(status)
    }
}

fn broken_json(json: &Value, ending: Step) -> Reply {
    let (half, whole_length) = first_half(json);
    Reply::stream([Step::Send(half), ending])
        .header("content-type", "application/json")
        .header("content-length", whole_length.to_string())
}

/// The first half of the text of `json`, and the length of all of it.
fn first_half(json: &Value) -> (Bytes, usize) {
    let whole = Bytes::from(json.to_string());
    (whole.slice(..whole.len() / 2), whole.len())
}

/// See <https://platform.openai.com/docs/guides/error-codes>.
fn openai_kind_and_code(status: u16) -> (&'static str, Option<&'static str>) {
    match status {
        401 => ("invalid_request_error", Some("invalid_api_key")),
        404 => ("invalid_request_error", Some("model_not_found")),
        429 => ("requests", Some("rate_limit_exceeded")),
        400..=499 => ("invalid_request_error", None),
        _ => ("server_error", None),
    }
}
