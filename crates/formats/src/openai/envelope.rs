//! Refusals in OpenAI's envelope, which all of its formats share: reading a provider's and writing ours.

use ferrolite_types::json::{Fields, Kind, Value};
use ferrolite_types::{Error, ErrorKind, Fault, Retry};

use crate::blame::{evidence, fault_of, retry_of};
use crate::format::Answer;

pub(super) use crate::blame::{failure_in_stream as write_in_stream, not_understood, refusal as write, said};

/// Phrases with which vendors of this format say that the input is too long; the status alone does not.
const CONTEXT_WINDOW: &[&str] = &[
    "context_length_exceeded",
    "maximum context length",
    "model's maximum context",
    "context window",
    "input is too long",
    "prompt is too long",
    "too many tokens",
    "exceeds the maximum number of tokens",
    "reduce the length of the messages",
];

/// Phrases with which they refuse by policy.
const CONTENT_POLICY: &[&str] = &[
    "content_policy_violation",
    "content management policy",
    "content_filter",
    "invalid_prompt",
    "safety system",
];

/// Reads a provider's refusal.
pub(super) fn read(answer: &Answer<'_>) -> Error {
    let status = answer.status.as_u16();
    let text = String::from_utf8_lossy(answer.body);
    let said = Said::read(&text);
    let kind = kind_of(status, &text);
    let retry = retry_of(kind, answer.headers);
    let mut error = Error::new(kind, said.message).retry(retry).fault(fault_of(kind, status));
    // A quota that is used up does not come back by waiting: the operator must act, or another deployment answer.
    if said.code.as_deref() == Some("insufficient_quota") {
        error = error.retry(Retry::Elsewhere).fault(Fault::Credential);
    }
    error.param = said.param;
    error.upstream(evidence(status, &text, said.code))
}

/// Reads an error object that came under a status of 200 or inside a stream.
pub(super) fn read_inside(fields: Fields<'_>, text: &str) -> Error {
    let said = Said::from_fields(fields, text);
    let code = said.code.as_deref().unwrap_or_default();
    let kind = match code.parse::<u16>() {
        Ok(status) if status >= 400 => kind_of(status, text),
        _ if code.starts_with("rate_limit") || code == "insufficient_quota" => ErrorKind::RateLimit,
        _ => match kind_of(400, text) {
            ErrorKind::BadRequest => ErrorKind::Upstream,
            known => known,
        },
    };
    let mut error = Error::new(kind, said.message);
    error.fault = Fault::Upstream;
    error.param = said.param;
    error.upstream(evidence(0, text, said.code))
}

/// What a refusal says.
struct Said {
    message: String,
    code: Option<String>,
    param: Option<String>,
}

impl Said {
    /// Reads a body: an object that says it, one in its `error`, or a list of one such; else the text itself.
    fn read(text: &str) -> Self {
        let body = Value::parse(text).ok().and_then(|body| if_list_its_first(body)?.fields().ok());
        let Some(fields) = body else { return Self::plain(text) };
        let error = fields.peek("error");
        match error.map(Value::kind) {
            Some(Kind::String) => Self::plain(&error.and_then(Value::as_str).unwrap_or_default()),
            Some(Kind::Object) => {
                Self::from_fields(error.and_then(|error| error.fields().ok()).unwrap_or(fields), text)
            }
            _ => Self::from_fields(fields, text),
        }
    }

    /// Reads the object that says it; `text` is what there is to say where it has no member for that.
    fn from_fields(mut fields: Fields<'_>, text: &str) -> Self {
        let mut word = |key: &str| {
            fields.take(key).map(|value| value.as_str().map_or_else(|| value.text().to_owned(), Into::into))
        };
        let message = word("message").or_else(|| word("detail"));
        let code = word("code").or_else(|| word("type"));
        Self { message: message.unwrap_or_else(|| Self::plain(text).message), code, param: word("param") }
    }

    fn plain(text: &str) -> Self {
        let text = text.trim();
        let message = if text.is_empty() {
            "the provider gave no reason".to_owned()
        } else {
            text.chars().take(500).collect()
        };
        Self { message, code: None, param: None }
    }
}

fn if_list_its_first(body: Value<'_>) -> Option<Value<'_>> {
    match body.kind() {
        Kind::Array => body.items().ok()?.next(),
        _ => Some(body),
    }
}

fn kind_of(status: u16, text: &str) -> ErrorKind {
    let lower = text.to_ascii_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    match status {
        400 | 413 | 422 if says(CONTEXT_WINDOW) => ErrorKind::ContextWindow,
        400 | 403 if says(CONTENT_POLICY) => ErrorKind::ContentPolicy,
        401 => ErrorKind::Authentication,
        // The envelope's own word wins over the status, as LiteLLM reads it.
        403 if lower.contains("invalid_request_error") => ErrorKind::BadRequest,
        403 => ErrorKind::Permission,
        404 => ErrorKind::NotFound,
        408 | 504 => ErrorKind::Timeout,
        429 => ErrorKind::RateLimit,
        502 | 503 => ErrorKind::Unavailable,
        529 => ErrorKind::Overloaded,
        400..=499 => ErrorKind::BadRequest,
        _ => ErrorKind::Upstream,
    }
}
