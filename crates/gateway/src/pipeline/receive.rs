//! Takes the body in, within bounds, and reads its head: the few members that every later stage needs.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use ferrolite_types::json::{Fields, JsonError, Outline};
use ferrolite_types::{Error, ErrorKind, Fault, Retry};
use http_body::Body as _;
use http_body_util::BodyExt;

use crate::context::Call;

/// The largest body that is taken in, in bytes: room for documents and images in base64.
pub(super) const MAX_BODY: usize = 64 * 1024 * 1024;

/// How long a caller may pause while it sends its body.
const PAUSE: Duration = Duration::from_secs(30);

/// Takes the body in.
pub(super) async fn body(call: &mut Call, body: Body) -> Result<(), Error> {
    call.body = collect(body).await?;
    let text = std::str::from_utf8(&call.body).map_err(|_| unreadable("the body is not UTF-8"))?;
    call.outline = Outline::of(text).map_err(|wrong| unreadable(&wrong.to_string()))?;
    Ok(())
}

async fn collect(mut body: Body) -> Result<Bytes, Error> {
    // What announces its length is refused before it is sent.
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(too_large());
    }
    let mut first: Option<Bytes> = None;
    let mut whole = BytesMut::new();
    let mut length = 0;
    while let Some(data) = piece(&mut body).await? {
        length += data.len();
        if length > MAX_BODY {
            return Err(too_large());
        }
        match first.take() {
            None if whole.is_empty() => first = Some(data),
            Some(before) => {
                whole.extend_from_slice(&before);
                whole.extend_from_slice(&data);
            }
            None => whole.extend_from_slice(&data),
        }
    }
    // Most bodies come in one piece, which is kept as it is.
    Ok(first.unwrap_or_else(|| whole.freeze()))
}

/// The next bytes; `None` at the end.
async fn piece(body: &mut Body) -> Result<Option<Bytes>, Error> {
    loop {
        let frame = tokio::time::timeout(PAUSE, body.frame()).await.map_err(|_| too_slow())?;
        let Some(frame) = frame.transpose().map_err(|_| left())? else { return Ok(None) };
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
}

fn too_large() -> Error {
    Error::bad_request(format!("the body is larger than the limit of {MAX_BODY} bytes"))
}

fn too_slow() -> Error {
    let message = format!("nothing more of the body came for {} seconds", PAUSE.as_secs());
    Error::new(ErrorKind::Timeout, message).fault(Fault::Client).retry(Retry::Never)
}

fn left() -> Error {
    Error::new(ErrorKind::Cancelled, "the caller left while sending its request")
}

fn unreadable(why: &str) -> Error {
    Error::bad_request(format!("Invalid JSON payload: {why}")).param("request_body")
}

/// Reads the head.
pub(super) fn head(call: &mut Call) -> Result<(), Error> {
    let text = std::str::from_utf8(&call.body).map_err(|_| unreadable("the body is not UTF-8"))?;
    let mut fields = call.outline.fields(text);
    let named = match &call.entrance.model {
        Some(model) => Some(model.clone()),
        None => fields.read("model", |value| value.str().map(Into::into)).map_err(|_| not_a_string())?,
    };
    let (stream, usage) = wanted(&mut fields, call.entrance.stream)?;
    (call.stream, call.stream_usage) = (stream, usage);
    call.model = named.ok_or_else(no_model)?.into();
    Ok(())
}

/// Whether a stream is wanted, and the usage at its end.
fn wanted(fields: &mut Fields<'_>, by_path: Option<bool>) -> Result<(bool, bool), JsonError> {
    let stream = match by_path {
        Some(stream) => stream,
        None => fields.bool("stream")?.unwrap_or(false),
    };
    let usage = fields.object("stream_options", |mut options| options.bool("include_usage"))?;
    Ok((stream, usage.flatten().unwrap_or(false)))
}

fn not_a_string() -> Error {
    Error::bad_request("'model' must be a string.").param("model").code("bad_request_error")
}

fn no_model() -> Error {
    let message =
        "Invalid model name passed in model=None. Call `/v1/models` to view available models for your key.";
    Error::bad_request(message).param("model")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_caller_who_stops_sending_is_not_waited_for_for_ever() {
        let stalled = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let error = collect(stalled).await.unwrap_err();
        assert_eq!((error.kind, error.fault), (ErrorKind::Timeout, Fault::Client));
    }
}
