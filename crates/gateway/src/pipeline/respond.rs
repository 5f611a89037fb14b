//! Answers the caller: headers, body or stream, and refusals in the caller's dialect.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use ferrolite::price::Breakdown;
use ferrolite::{AnswerStream, Answered, Deployment, Failed, Passage, Served, Whole};
use ferrolite_formats::Serves;
use ferrolite_formats::openai::chat::OpenAiChat;
use ferrolite_formats::{anthropic, gemini, openai};
use ferrolite_types::{Error, ErrorKind, Fault, FormatId, Price};
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;

use super::Meter;
use crate::context::Call;

/// Answers with a whole body.
pub(super) fn whole(call: &Call, mut meter: Meter, answered: Answered<Whole>) -> Response {
    let Answered { answer, served } = answered;
    meter.note_served(&served);
    meter.note_answer(answer.usage, answer.spoken);
    let breakdown = meter.price();
    meter.succeed(200);
    let mut response = Response::new(Body::from(answer.body));
    *response.headers_mut() = headers(call, &served);
    add_cost(response.headers_mut(), &breakdown.unwrap_or_default());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Answers with a stream. The record is written before the event that ends it.
pub(super) fn stream(call: &Call, mut meter: Meter, answered: Answered<AnswerStream>) -> Response {
    let Answered { answer, served } = answered;
    meter.note_served(&served);
    let mut response = Response::new(Body::new(StreamBody::new(frames(answer, meter))));
    *response.headers_mut() = headers(call, &served);
    // The headers go out before the cost is known.
    response.headers_mut().insert("x-litellm-key-spend", HeaderValue::from_static("0"));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

type Piece = Result<Frame<Bytes>, std::convert::Infallible>;

fn frames(answer: AnswerStream, meter: Meter) -> impl futures_util::Stream<Item = Piece> {
    stream::unfold(Some((answer, meter)), |under_way| async {
        let (mut answer, mut meter) = under_way?;
        while let Some(bytes) = answer.next().await {
            meter.note_events(answer.events());
            if !bytes.is_empty() {
                return Some((Ok(Frame::data(bytes)), Some((answer, meter))));
            }
        }
        let billed = meter.settle();
        match answer.failure() {
            Some(error) => meter.fail(error, 200),
            None => meter.succeed(200),
        }
        Some((Ok(Frame::data(answer.finish(billed))), None))
    })
}

/// Refuses a call in its dialect.
pub(super) fn refuse(call: &Call, mut meter: Meter, failed: Failed) -> Response {
    let Failed { error, attempts, deployment } = failed;
    meter.note_attempts(attempts);
    // Who is not known hears LiteLLM's words whatever its dialect.
    let refusal = match call.principal {
        None => OpenAiChat.write_error(&error),
        Some(_) => call.entrance.served.write_error(&error),
    };
    meter.fail(&error, refusal.status);
    let mut response = refuse_with(refusal.status, refusal.body.into(), &error);
    let headers = response.headers_mut();
    if let Some(upstream) = &error.upstream {
        let said = upstream.headers.iter();
        add_upstream(headers, said.map(|(name, value)| (name.as_str(), text(value))), true);
    }
    if call.principal.is_some() && (error.upstream.is_some() || error.kind != ErrorKind::Authentication) {
        headers.insert("x-litellm-call-id", text(&call.call_id));
        headers.insert("x-litellm-response-cost", HeaderValue::from_static("0"));
        headers.insert("x-litellm-key-spend", HeaderValue::from_static("0"));
    }
    const NAMED_IN_REFUSALS: &[FormatId] = &[anthropic::messages::ID, openai::responses::ID];
    if let (Some(deployment), true) = (&deployment, NAMED_IN_REFUSALS.contains(&call.entrance.served.id())) {
        headers.insert("x-litellm-model-id", text(&deployment.id));
    }
    if let (Fault::Credential, Some(deployment)) = (error.fault, deployment) {
        headers.insert("x-ferrolite-fault", HeaderValue::from_static("upstream-credential"));
        tracing::error!(deployment = %deployment.id, %error, "the provider refuses our credential");
    }
    response
}

/// Refuses a request that belongs to no dialect, in OpenAI's envelope.
pub(crate) fn refuse_plainly(error: &Error) -> Response {
    let refusal = OpenAiChat.write_error(error);
    refuse_with(refusal.status, refusal.body.into(), error)
}

fn refuse_with(status: u16, body: Bytes, error: &Error) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // What the provider asks for stands under `llm_provider-retry-after`, as LiteLLM's clients know it.
    if let (Some(seconds), None) = (error.retry_after(), &error.upstream) {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    with_guards(headers);
    response
}

/// What a browser is told about every answer.
pub(crate) fn with_guards(headers: &mut HeaderMap) {
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.insert("x-frame-options", HeaderValue::from_static("DENY"));
    headers.insert("content-security-policy", HeaderValue::from_static("frame-ancestors 'none'"));
}

static VERSION: HeaderValue = HeaderValue::from_static(env!("CARGO_PKG_VERSION"));

fn headers(call: &Call, served: &Served) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(32);
    let deployment = &served.deployment;
    headers.insert("x-litellm-call-id", text(&call.call_id));
    headers.insert("x-litellm-model-id", text(&deployment.id));
    headers.insert("x-litellm-model-group", text(&call.model));
    headers.insert("x-litellm-model-name", text(&deployment.configured));
    let told = Told::to(call, served);
    if told.address {
        headers.insert("x-litellm-model-api-base", text(&deployment.target.base_url));
    }
    headers.insert("x-litellm-version", VERSION.clone());
    headers.insert("x-litellm-attempted-retries", (served.attempts.len() - 1).into());
    headers.insert("x-litellm-attempted-fallbacks", HeaderValue::from_static("0"));
    headers.insert(
        "x-litellm-response-duration-ms",
        text(&format!("{:.3}", call.begun.elapsed().as_secs_f64() * 1000.0)),
    );
    headers.insert("x-ferrolite-path", HeaderValue::from_static(served.passage.as_str()));
    if !served.losses.is_empty() {
        let losses: Vec<&str> = served.losses.iter().map(|loss| loss.what.as_str()).collect();
        headers.insert("x-ferrolite-dropped", text(&losses.join(", ")));
    }
    add_limits(&mut headers, deployment);
    if told.headers {
        let upstream = served.headers.iter().map(|(name, value)| (name.as_str(), value.clone()));
        add_upstream(&mut headers, upstream, told.limits);
    }
    with_guards(&mut headers);
    headers
}

/// What the call cost, in dollars, and how that is made up.
fn add_cost(headers: &mut HeaderMap, breakdown: &Breakdown) {
    let total = text(&breakdown.total.to_string());
    headers.insert("x-litellm-response-cost", total.clone());
    headers.insert("x-litellm-key-spend", total);
    for (name, price) in [
        ("x-litellm-response-cost-original", breakdown.original),
        ("x-litellm-response-cost-input", breakdown.input),
        ("x-litellm-response-cost-output", breakdown.output),
        ("x-litellm-response-cost-cache-read", breakdown.cache_read),
        ("x-litellm-response-cost-cache-creation", breakdown.cache_write),
        ("x-litellm-response-cost-reasoning", breakdown.reasoning),
        ("x-litellm-response-cost-tool-usage", breakdown.tools),
        ("x-litellm-response-cost-discount-amount", breakdown.discount),
        ("x-litellm-response-cost-margin-amount", breakdown.margin),
    ] {
        if let (true, Ok(cost)) = (price != Price::ZERO, price.to_cost()) {
            headers.insert(name, text(&cost.to_string()));
        }
    }
}

/// What a caller is told about the provider: LiteLLM's own routes differ in it.
struct Told {
    /// Its address.
    address: bool,
    /// The headers of its answer.
    headers: bool,
    /// Its rate limits, under the names that OpenAI gives them.
    limits: bool,
}

impl Told {
    fn to(call: &Call, served: &Served) -> Self {
        let (stream, relay) = (call.stream, served.passage == Passage::Relay);
        let dialect = call.entrance.served.id();
        if dialect == anthropic::messages::ID {
            Self {
                address: stream && served.format != openai::responses::ID,
                headers: stream && relay,
                limits: false,
            }
        } else if dialect == gemini::generate::ID {
            Self { address: relay, headers: stream && relay, limits: true }
        } else if dialect == openai::responses::ID {
            Self { address: !stream || relay, headers: !stream || relay, limits: true }
        } else {
            Self { address: true, headers: true, limits: true }
        }
    }
}

/// The deployment's own limits, and what is left of them in this minute.
fn add_limits(headers: &mut HeaderMap, deployment: &Deployment) {
    let used = deployment.pace.used();
    if let Some(requests) = deployment.limits.requests {
        headers.insert("x-ratelimit-limit-requests", requests.into());
        headers.insert("x-ratelimit-remaining-requests", requests.saturating_sub(used.requests).into());
    }
    if let Some(tokens) = deployment.limits.tokens {
        headers.insert("x-ratelimit-limit-tokens", tokens.into());
        headers.insert("x-ratelimit-remaining-tokens", tokens.saturating_sub(used.tokens).into());
    }
}

/// Rate limits that a vendor names otherwise, as OpenAI's clients know them.
const RATE_LIMITS: &[(&str, &str)] = &[
    ("anthropic-ratelimit-requests-limit", "x-ratelimit-limit-requests"),
    ("anthropic-ratelimit-requests-remaining", "x-ratelimit-remaining-requests"),
    ("anthropic-ratelimit-tokens-limit", "x-ratelimit-limit-tokens"),
    ("anthropic-ratelimit-tokens-remaining", "x-ratelimit-remaining-tokens"),
];

/// The provider's headers under `llm_provider-`; its rate limits also under their own names.
fn add_upstream<'a>(
    headers: &mut HeaderMap,
    upstream: impl Iterator<Item = (&'a str, HeaderValue)>,
    limits: bool,
) {
    const LEFT_OUT: &[&str] = &["connection", "transfer-encoding", "content-length", "set-cookie"];
    for (name, value) in upstream.filter(|(name, _)| !LEFT_OUT.contains(name)) {
        let prefixed = HeaderName::try_from(["llm_provider-", name].concat());
        let limit = RATE_LIMITS.iter().find(|(theirs, _)| *theirs == name).map_or(name, |(_, known)| known);
        if limits
            && limit.starts_with("x-ratelimit-")
            && let Ok(limit) = HeaderName::try_from(limit)
        {
            headers.insert(limit, value.clone());
        }
        if let Ok(prefixed) = prefixed {
            headers.insert(prefixed, value);
        }
    }
}

/// A header value; what cannot stand in one is left out.
fn text(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| {
        let safe: String = text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect();
        HeaderValue::from_str(&safe).unwrap_or(HeaderValue::from_static(""))
    })
}
