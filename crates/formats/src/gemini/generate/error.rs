//! Refusals: Google's envelope on its side; on ours LiteLLM's, which Google's libraries read too, except inside a
//! stream.

use std::time::Duration;

use ferrolite_types::json::{Fields, Kind, Value, object};
use ferrolite_types::{Error, ErrorKind, Fault, Retry};

use crate::blame;
use crate::format::Answer;

/// Phrases with which Google says that the input is too long; the status alone does not.
const CONTEXT_WINDOW: &[&str] =
    &["exceeds the maximum number of tokens", "request payload size exceeds", "input context is too long"];

/// Phrases with which it refuses by policy.
const CONTENT_POLICY: &[&str] =
    &["the response was blocked", "the prompt was blocked", "output blocked by content"];

/// Reads a provider's refusal.
pub(super) fn read(answer: &Answer<'_>) -> Error {
    let status = answer.status.as_u16();
    let text = String::from_utf8_lossy(answer.body);
    let said = Said::read(&text);
    // A gateway in between may wrap "too many requests" into a failure of its own.
    let told = if status >= 500 && said.code == Some(429) { 429 } else { status };
    let kind = kind_of(told, &text);
    let error = Error::new(kind, said.message).fault(blame::fault_of(kind, told));
    let retry = match (blame::retry_of(kind, answer.headers), said.delay) {
        (Retry::Again { after: None }, Some(delay)) => Retry::Again { after: Some(delay) },
        (retry, _) => retry,
    };
    error.retry(retry).upstream(blame::evidence(status, &text, said.status))
}

/// Reads an error object that came under a status of 200 or inside a stream.
pub(super) fn read_inside(error: Value<'_>, text: &str) -> Error {
    let said = Said::of(error);
    let kind = match kind_of(said.code.unwrap_or(500), text) {
        // The caller's request was accepted before.
        ErrorKind::BadRequest => ErrorKind::Upstream,
        kind => kind,
    };
    let error = Error::new(kind, said.message).fault(Fault::Upstream);
    error.upstream(blame::evidence(0, text, said.status))
}

/// An answer that is not the format's at all; LiteLLM's clients are told of it with 422.
pub(super) fn not_understood(answer: &Answer<'_>, why: &str) -> Error {
    const TOLD: u16 = 422;
    let mut error = blame::not_understood(answer, why);
    if let Some(upstream) = &mut error.upstream {
        upstream.status = TOLD;
    }
    error
}

/// What a refusal says.
struct Said {
    message: String,
    code: Option<u16>,
    /// Google's word for the code (`RESOURCE_EXHAUSTED`).
    status: Option<String>,
    /// When to come again.
    delay: Option<Duration>,
}

impl Said {
    /// Reads a body: an object, or a list of one where a stream was asked for.
    fn read(text: &str) -> Self {
        let body = Value::parse(text).ok();
        let first = body
            .and_then(|body| if body.kind() == Kind::Array { body.items().ok()?.next() } else { Some(body) });
        match first.and_then(|first| first.fields().ok()?.peek("error")) {
            Some(error) => Self::of(error),
            None => Self::plain(text),
        }
    }

    fn of(error: Value<'_>) -> Self {
        let Ok(fields) = error.fields() else { return Self::plain(&error.as_str().unwrap_or_default()) };
        let code = fields.peek("code").and_then(|code| code.u64().ok());
        let message = fields.peek_str("message").filter(|message| !message.is_empty());
        Self {
            message: message.map_or_else(no_reason, Into::into),
            code: code.and_then(|code| u16::try_from(code).ok()),
            status: fields.peek_str("status").map(Into::into),
            delay: delay(&fields),
        }
    }

    fn plain(text: &str) -> Self {
        let shown: String = text.trim().chars().take(500).collect();
        let message = if shown.is_empty() { no_reason() } else { shown };
        Self { message, code: None, status: None, delay: None }
    }
}

fn no_reason() -> String {
    "the provider gave no reason".to_owned()
}

/// The wait that stands among the details: `{"@type": "…RetryInfo", "retryDelay": "17s"}`.
fn delay(error: &Fields<'_>) -> Option<Duration> {
    let mut details = error.peek("details")?.items().ok()?;
    let told = details.find_map(|detail| detail.fields().ok()?.peek_str("retryDelay"))?;
    Duration::try_from_secs_f64(told.strip_suffix('s')?.parse().ok()?).ok()
}

fn kind_of(status: u16, text: &str) -> ErrorKind {
    let lower = text.to_ascii_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    match status {
        400 | 413 if says(CONTEXT_WINDOW) => ErrorKind::ContextWindow,
        400 if says(CONTENT_POLICY) => ErrorKind::ContentPolicy,
        400 if says(&["api key not valid"]) => ErrorKind::Authentication,
        401 => ErrorKind::Authentication,
        403 => ErrorKind::Permission,
        404 => ErrorKind::NotFound,
        408 | 504 => ErrorKind::Timeout,
        429 => ErrorKind::RateLimit,
        400..=499 => ErrorKind::BadRequest,
        _ if says(&["the model is overloaded"]) => ErrorKind::Upstream,
        502 | 503 => ErrorKind::Unavailable,
        _ => ErrorKind::Upstream,
    }
}

/// Writes a failure inside a stream, where Google's libraries expect Google's own envelope.
pub(super) fn write_inside(error: &Error, out: &mut Vec<u8>) {
    let status = error.status();
    object(out, |out| {
        out.field("error").object(|out| {
            out.field("code").u64(u64::from(status));
            out.field("message").text(&blame::said(error));
            out.field("status").text(word_of(status));
        });
    });
}

/// Google's word for a status (google.rpc.Code).
fn word_of(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        408 | 504 => "DEADLINE_EXCEEDED",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        400..=498 => "INVALID_ARGUMENT",
        503 => "UNAVAILABLE",
        _ => "INTERNAL",
    }
}
