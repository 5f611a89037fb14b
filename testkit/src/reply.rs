//! What a fake provider can be told to answer, as plain data which also reads from JSON.
//! Invariant: bytes and timing of an answer follow from its `Reply` alone.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::encoding::{millis, text_or_bytes};

/// One scripted answer; faults are constructors in `fault.rs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers, which take precedence over the content type and length the body implies.
    pub headers: Vec<(String, String)>,
    /// What follows the headers.
    pub body: Body,
    /// Time between the complete request and the headers.
    #[serde(rename = "delay_ms", with = "millis")]
    pub delay: Duration,
    /// What happens after `delay` in place of an answer.
    pub silence: Option<Silence>,
}

/// What follows the headers of a `Reply`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Compact JSON with its length announced.
    Json(Value),
    /// Text with its length announced.
    Text {
        /// The `content-type` header.
        content_type: String,
        /// The text.
        text: String,
    },
    /// Arbitrary bytes with their length announced.
    #[serde(with = "text_or_bytes")]
    Bytes(Bytes),
    /// Chunks and pauses, `text/event-stream` unless a header says otherwise.
    Stream(Vec<Step>),
}

/// One act of a streamed body; a list which runs out has ended.
///
/// `Cut` and `Close` lose what the client had no room for yet, as on a real network: after more than
/// some 50 kB, let a `Wait` precede them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Sends these bytes.
    #[serde(with = "text_or_bytes")]
    Send(Bytes),
    /// Sends nothing for a while.
    #[serde(rename = "wait_ms", with = "millis")]
    Wait(Duration),
    /// Resets the connection (TCP RST) in mid body.
    Cut,
    /// Closes the connection in order (TCP FIN) although the body is not complete.
    Close,
    /// Sends nothing more until the client leaves.
    Hang,
    /// Completes the body.
    End,
}

/// How a provider can fail to answer at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    /// Keeps the connection open until the client leaves.
    Hang,
    /// Resets the connection.
    Reset,
}

impl Reply {
    /// 200 with this body.
    pub fn new(body: Body) -> Self {
        Self { status: 200, headers: Vec::new(), body, delay: Duration::ZERO, silence: None }
    }

    /// 200 with a JSON body.
    pub fn json(body: Value) -> Self {
        Self::new(Body::Json(body))
    }

    /// 200 with a text body.
    pub fn text(content_type: &str, text: impl Into<String>) -> Self {
        Self::new(Body::Text { content_type: content_type.to_owned(), text: text.into() })
    }

    /// 200 with arbitrary bytes.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self::new(Body::Bytes(bytes.into()))
    }

    /// 200 with a body played step by step.
    pub fn stream(steps: impl Into<Vec<Step>>) -> Self {
        Self::new(Body::Stream(steps.into()))
    }

    /// The same reply with another status.
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same reply with one more header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same reply asking the client to wait, in the seconds of a `retry-after` header.
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header("retry-after", seconds.to_string())
    }

    /// The same reply, its headers held back for `delay`.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

impl Default for Reply {
    /// 200 without a body.
    fn default() -> Self {
        Self::bytes(Bytes::new())
    }
}

impl Body {
    /// The content type this body has unless a header says otherwise.
    pub(crate) fn content_type(&self) -> &str {
        match self {
            Self::Json(_) => "application/json",
            Self::Text { content_type, .. } => content_type,
            Self::Bytes(_) => "application/octet-stream",
            Self::Stream(_) => "text/event-stream",
        }
    }

    /// The acts which send this body, and its length where it is known beforehand.
    pub(crate) fn into_steps(self) -> (Vec<Step>, Option<usize>) {
        let whole = match self {
            Self::Stream(steps) => return (steps, None),
            Self::Json(value) => Bytes::from(value.to_string()),
            Self::Text { text, .. } => Bytes::from(text),
            Self::Bytes(bytes) => bytes,
        };
        let length = whole.len();
        let steps = if whole.is_empty() { Vec::new() } else { vec![Step::Send(whole)] };
        (steps, Some(length))
    }
}

impl Step {
    /// Sends these bytes.
    pub fn send(bytes: impl Into<Bytes>) -> Self {
        Self::Send(bytes.into())
    }

    /// Sends nothing for this many milliseconds.
    pub fn wait_ms(millis: u64) -> Self {
        Self::Wait(Duration::from_millis(millis))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_the_json_a_python_test_would_write() {
        let reply: Reply = serde_json::from_value(json!({
            "status": 429,
            "headers": [["retry-after", "2"]],
            "body": {"stream": [{"send": "data: x\n\n"}, {"wait_ms": 20}, "cut"]},
            "delay_ms": 5,
        }))
        .unwrap();
        let steps = [Step::send("data: x\n\n"), Step::wait_ms(20), Step::Cut];
        let expected = Reply::stream(steps).status(429).retry_after(2).delay(Duration::from_millis(5));
        assert_eq!(reply, expected);
    }

    #[test]
    fn what_is_written_as_json_reads_back_the_same() {
        let replies = [
            Reply::default(),
            Reply::reset(),
            Reply::json(json!({"a": [1, null]})),
            Reply::text("text/plain", "é"),
            Reply::bytes([0xff, 0x00].as_slice()),
            Reply::stream([Step::send([0xfe].as_slice()), Step::Close, Step::Hang, Step::End]),
        ];
        for reply in replies {
            let written = serde_json::to_string(&reply).unwrap();
            assert_eq!(serde_json::from_str::<Reply>(&written).unwrap(), reply, "{written}");
        }
    }

    #[test]
    fn a_misspelt_field_is_refused() {
        let error = serde_json::from_str::<Reply>(r#"{"statos": 500}"#).unwrap_err();
        assert!(error.to_string().contains("statos"), "{error}");
    }
}
