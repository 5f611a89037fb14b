//! What the refusals of all vendors have in common: whose fault it is, whether another try can help, and what
//! is kept for operators.

use std::time::Duration;

use ferrolite_types::json::object;
use ferrolite_types::{Error, ErrorKind, Fault, Retry, Upstream};
use http::HeaderMap;

use crate::format::{Answer, Refusal};

/// The most of a provider's body that is kept for operators, in characters.
const KEPT: usize = 64 * 1024;

/// Whose fault a refusal of this status is. Whom the provider does not know is us, never our caller.
pub fn fault_of(kind: ErrorKind, status: u16) -> Fault {
    match (kind, status) {
        (ErrorKind::Authentication | ErrorKind::Permission, _) | (_, 402 | 403) => Fault::Credential,
        (_, 400..=428 | 430..=499) => Fault::Client,
        _ => Fault::Upstream,
    }
}

/// Whether another try can help after a refusal with these headers.
pub fn retry_of(kind: ErrorKind, headers: &HeaderMap) -> Retry {
    match kind {
        ErrorKind::Authentication | ErrorKind::Permission | ErrorKind::NotFound => Retry::Elsewhere,
        ErrorKind::RateLimit
        | ErrorKind::Timeout
        | ErrorKind::Upstream
        | ErrorKind::Unavailable
        | ErrorKind::Overloaded
        | ErrorKind::InvalidUpstream => Retry::Again { after: retry_after(headers) },
        ErrorKind::BadRequest
        | ErrorKind::ContextWindow
        | ErrorKind::ContentPolicy
        | ErrorKind::Unsupported
        | ErrorKind::Budget
        | ErrorKind::Cancelled
        | ErrorKind::Config
        | ErrorKind::Internal => Retry::Never,
    }
}

/// The wait that a provider asks for: `retry-after-ms`, or `retry-after` in seconds.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let seconds = number("retry-after-ms").map(|ms| ms / 1000.0).or_else(|| number("retry-after"))?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// What a provider said, for operators; `status` is 0 where it said so inside a good answer.
pub fn evidence(status: u16, text: &str, code: Option<String>) -> Upstream {
    Upstream {
        provider: String::new(),
        status,
        body: text.chars().take(KEPT).collect(),
        code,
        headers: Vec::new(),
    }
}

/// An answer that is not the format's at all.
pub fn not_understood(answer: &Answer<'_>, why: &str) -> Error {
    let text = String::from_utf8_lossy(answer.body);
    let shown: String = text.chars().take(80).collect();
    let message = format!("the provider's answer could not be read: {why}; it begins with {shown:?}");
    Error::new(ErrorKind::InvalidUpstream, message).upstream(evidence(0, &text, None))
}

/// The words for the caller. What a provider refused is prefixed with the exception's class and the provider,
/// on which LiteLLM's clients match.
pub fn said(error: &Error) -> String {
    match &error.upstream {
        Some(upstream) if !upstream.provider.is_empty() => {
            let class = error.kind.class();
            format!("litellm.{class}: {}Exception - {}", upstream.provider, error.message)
        }
        _ => error.message.clone(),
    }
}

/// A refusal in the envelope that LiteLLM uses for every dialect to which it gave none of its own: OpenAI's, with
/// the status as a string.
pub fn refusal(error: &Error) -> Refusal {
    let status = error.status();
    let mut body = Vec::with_capacity(256);
    write_envelope(error, status, Some(error.code.unwrap_or_else(|| type_of(error.kind, status))), &mut body);
    Refusal { status, body }
}

/// A failure inside a stream, in the same envelope. LiteLLM says 500 for whatever goes wrong on the provider's
/// side there, and gives no `type` to a failure of which nothing finer is known.
pub fn failure_in_stream(error: &Error, out: &mut Vec<u8>) {
    let status = error.status().min(500);
    let known = !matches!(error.kind, ErrorKind::Upstream | ErrorKind::InvalidUpstream);
    write_envelope(error, status, known.then(|| type_of(error.kind, status)), out);
}

fn write_envelope(error: &Error, status: u16, kind: Option<&str>, out: &mut Vec<u8>) {
    object(out, |out| {
        out.field("error").object(|out| {
            out.field("message").text(&said(error));
            out.field("type").text_or_null(kind);
            out.field("param").text_or_null(error.param.as_deref());
            out.field("code").text(&status.to_string());
        });
    });
}

/// The `type` that LiteLLM gives an error of this status.
fn type_of(kind: ErrorKind, status: u16) -> &'static str {
    match (kind, status) {
        (ErrorKind::Budget, _) => "budget_exceeded",
        (_, 401) => "authentication_error",
        (_, 403) => "permission_error",
        (_, 429) => "throttling_error",
        (_, 400..=499) => "invalid_request_error",
        _ => "internal_server_error",
    }
}
