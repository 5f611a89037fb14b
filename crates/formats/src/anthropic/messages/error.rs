//! Refusals in Anthropic's envelope: reading a provider's and writing ours.

use ferrolite_types::json::{Fields, Kind, Value, object};
use ferrolite_types::{Error, ErrorKind, Fault};

use crate::blame::{evidence, fault_of, retry_of, said};
use crate::format::{Answer, Refusal};

/// The API's words for a refusal, by status; LiteLLM says `api_error` under any other.
const TYPES: &[(u16, &str)] = &[
    (400, "invalid_request_error"),
    (401, "authentication_error"),
    (403, "permission_error"),
    (404, "not_found_error"),
    (413, "request_too_large"),
    (429, "rate_limit_error"),
    (529, "overloaded_error"),
];

/// Phrases that say more than the status.
const PHRASES: &[(&str, ErrorKind)] = &[
    ("prompt is too long", ErrorKind::ContextWindow),
    ("prompt: length", ErrorKind::ContextWindow),
    ("exceed context limit", ErrorKind::ContextWindow),
    ("context window", ErrorKind::ContextWindow),
    ("maximum context length", ErrorKind::ContextWindow),
    ("invalid api key", ErrorKind::Authentication),
    ("content filtering policy", ErrorKind::ContentPolicy),
];

/// Reads a provider's refusal.
pub(super) fn read(answer: &Answer<'_>) -> Error {
    let status = answer.status.as_u16();
    let text = String::from_utf8_lossy(answer.body);
    let told = Told::read(&text);
    let kind = kind_of(status, &text);
    Error::new(kind, told.message)
        .retry(retry_of(kind, answer.headers))
        .fault(fault_of(kind, status))
        .upstream(evidence(status, &text, told.word))
}

/// Reads an error object that came under a status of 200 or inside a stream. Most of them are no fault of the
/// request, so that LiteLLM takes them for failures of the server.
pub(super) fn read_inside(fields: Fields<'_>, text: &str) -> Error {
    let told = Told::from_fields(fields);
    let word = told.word.as_deref().unwrap_or_default();
    let status = TYPES.iter().find(|(_, known)| *known == word).map_or(500, |(status, _)| *status);
    let kind = match kind_of(status, text) {
        ErrorKind::Overloaded => ErrorKind::Upstream,
        kind => kind,
    };
    Error::new(kind, told.message).fault(Fault::Upstream).upstream(evidence(0, text, told.word))
}

/// What a refusal says.
struct Told {
    message: String,
    word: Option<String>,
}

impl Told {
    fn read(text: &str) -> Self {
        match Value::parse(text).and_then(Value::fields) {
            Ok(mut fields) => match fields.take("error") {
                Some(error) if error.kind() == Kind::Object => {
                    error.fields().map_or_else(|_| Self::plain(text), Self::from_fields)
                }
                Some(error) if error.kind() == Kind::String => {
                    Self::plain(&error.as_str().unwrap_or_default())
                }
                _ => Self::from_fields(fields),
            },
            Err(_) => Self::plain(text),
        }
    }

    fn from_fields(mut fields: Fields<'_>) -> Self {
        let mut word = |key: &str| fields.take(key).and_then(Value::as_str);
        let message = word("message").or_else(|| word("detail"));
        let word = word("type").filter(|word| word != "error");
        Self { message: message.map_or_else(no_reason, Into::into), word: word.map(Into::into) }
    }

    fn plain(text: &str) -> Self {
        let text = text.trim();
        let message = if text.is_empty() { no_reason() } else { text.chars().take(500).collect() };
        Self { message, word: None }
    }
}

fn no_reason() -> String {
    "the provider gave no reason".to_owned()
}

fn kind_of(status: u16, text: &str) -> ErrorKind {
    let lower = text.to_ascii_lowercase();
    let telling = PHRASES.iter().find(|(phrase, _)| lower.contains(phrase)).map(|(_, kind)| *kind);
    match (status, telling) {
        (400..=499, Some(kind)) => kind,
        (401, None) => ErrorKind::Authentication,
        (403, None) => ErrorKind::Permission,
        (404, None) => ErrorKind::NotFound,
        (408 | 504, _) => ErrorKind::Timeout,
        (429, None) => ErrorKind::RateLimit,
        (502 | 503, _) => ErrorKind::Unavailable,
        (529, _) => ErrorKind::Overloaded,
        (400..=499, None) => ErrorKind::BadRequest,
        _ => ErrorKind::Upstream,
    }
}

/// Writes a refusal.
pub(super) fn write(error: &Error) -> Refusal {
    let status = error.status();
    let mut body = Vec::with_capacity(256);
    object(&mut body, |out| {
        out.field("type").text("error");
        out.field("error").object(|out| {
            out.field("type").text(type_of(error, status));
            out.field("message").text(&said(error));
        });
    });
    Refusal { status, body }
}

/// The word for a failure: the API's own where it failed in the middle of an answer, else that of the status.
fn type_of(error: &Error, status: u16) -> &'static str {
    let inside = error.upstream.as_ref().filter(|upstream| upstream.status == 0);
    let own =
        inside.and_then(|upstream| TYPES.iter().find(|(_, word)| upstream.code.as_deref() == Some(word)));
    let usual = || TYPES.iter().find(|(known, _)| *known == status);
    own.or_else(usual).map_or("api_error", |(_, word)| word)
}
