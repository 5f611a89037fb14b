//! A real HTTP client, and a bare socket for what no client would show.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

pub(crate) const CHAT: &str = "/v1/chat/completions";
/// Long enough for a busy machine, and never waited for when all is well.
pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The JSON of every SSE frame but `[DONE]`, which must be the last.
    pub(crate) fn chunks(&self) -> Vec<Value> {
        let frames = self.text().strip_suffix("data: [DONE]\n\n").expect("ends with [DONE]");
        let frames = frames.split_terminator("\n\n").map(|frame| frame.strip_prefix("data: ").unwrap());
        frames.map(|json| serde_json::from_str(json).unwrap()).collect()
    }
}

/// Sends a request and stops at the headers of its answer.
pub(crate) async fn open(
    method: Method,
    url: String,
    body: impl Into<Bytes>,
) -> Result<Response<Incoming>, Failure> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = Request::builder().method(method).uri(url).body(Full::new(body.into()))?;
    Ok(client.request(request).await?)
}

pub(crate) async fn call(method: Method, url: String, body: impl Into<Bytes>) -> Result<Answer, Failure> {
    let (head, body) = open(method, url, body).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
}

/// Posts a chat completion to a provider at `url`.
pub(crate) async fn chat(url: &str, request: &Value) -> Result<Answer, Failure> {
    call(Method::POST, format!("{url}{CHAT}"), request.to_string()).await
}

/// A socket on which a chat completion was posted and nothing read yet.
pub(crate) async fn raw_chat(port: u16) -> TcpStream {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = format!("POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{{}}");
    socket.write_all(request.as_bytes()).await.unwrap();
    socket
}
