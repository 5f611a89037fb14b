//! A caller of the gateway: a real HTTP client with a connection for each call.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Long enough for a busy machine, and never waited for when all is well.
pub(crate) const SOON: Duration = Duration::from_secs(20);

const CHAT: &str = "/v1/chat/completions";

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Somebody who knows where the gateway is, and its key.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    url: String,
    key: String,
}

impl Caller {
    pub(crate) fn new(url: String, key: &str) -> Self {
        Self { url, key: key.to_owned() }
    }

    /// `host:port` of the gateway.
    pub(crate) fn authority(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// A connection on which nothing is said yet.
    pub(crate) async fn socket(&self) -> TcpStream {
        TcpStream::connect(self.authority()).await.unwrap()
    }

    /// The whole answer to a chat request.
    pub(crate) async fn chat(&self, request: &Value) -> Answer {
        self.post(CHAT, &[], request.to_string()).await
    }

    /// A chat request answered up to its headers.
    pub(crate) async fn open(&self, request: &Value) -> Result<Open, Failure> {
        self.send(Method::POST, CHAT, &[self.authorization()], request.to_string()).await
    }

    /// A chat request on the wire, to which nobody has listened yet.
    pub(crate) async fn ask(&self, request: &Value) -> TcpStream {
        let (name, key) = self.authorization();
        let body = request.to_string();
        let head = format!(
            "POST {CHAT} HTTP/1.1\r\nhost: x\r\n{name}: {key}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let mut socket = self.socket().await;
        socket.write_all((head + &body).as_bytes()).await.unwrap();
        socket
    }

    /// A chat request under this call id, answered up to its headers.
    pub(crate) async fn open_as(&self, call_id: &str, request: &Value) -> Result<Open, Failure> {
        let headers = [self.authorization(), ("x-litellm-call-id", call_id.to_owned())];
        self.send(Method::POST, CHAT, &headers, request.to_string()).await
    }

    /// Posts with the key, and these headers beside it.
    pub(crate) async fn post(&self, path: &str, headers: &[Header<'_>], body: impl Into<Bytes>) -> Answer {
        let key = self.authorization();
        let headers: Vec<Header<'_>> = headers.iter().cloned().chain([key]).collect();
        self.exchange(Method::POST, path, &headers, body).await
    }

    /// Posts a chat request with these headers and nothing beside them.
    pub(crate) async fn chat_as(&self, headers: &[(&str, &str)], request: &Value) -> Answer {
        let headers: Vec<Header<'_>> =
            headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.exchange(Method::POST, CHAT, &headers, request.to_string()).await
    }

    /// Gets with the key.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.exchange(Method::GET, path, &[self.authorization()], Bytes::new()).await
    }

    /// Gets without the key.
    pub(crate) async fn get_as_nobody(&self, path: &str) -> Answer {
        self.exchange(Method::GET, path, &[], Bytes::new()).await
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        headers: &[Header<'_>],
        body: impl Into<Bytes>,
    ) -> Answer {
        let exchange = async { self.send(method, path, headers, body).await?.whole().await };
        tokio::time::timeout(SOON, exchange)
            .await
            .expect("the gateway answers soon")
            .expect("it answers in HTTP")
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[Header<'_>],
        body: impl Into<Bytes>,
    ) -> Result<Open, Failure> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let client = Client::builder(TokioExecutor::new()).build_http();
        let (head, body) = client.request(request.body(Full::new(body.into()))?).await?.into_parts();
        Ok(Open { status: head.status.as_u16(), headers: head.headers, body, seen: String::new() })
    }

    fn authorization(&self) -> Header<'static> {
        ("authorization", format!("Bearer {}", self.key))
    }
}

/// A header of a request.
pub(crate) type Header<'a> = (&'a str, String);

/// An answer whose body is still to come. Dropping it is leaving.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) status: u16,
    headers: HeaderMap,
    body: Incoming,
    seen: String,
}

impl Open {
    /// Reads until `text` was seen.
    pub(crate) async fn until(&mut self, text: &str) {
        let seen = tokio::time::timeout(SOON, self.sees(text)).await.expect("more comes soon").unwrap();
        assert!(seen, "the stream ended before {text:?}: {}", self.seen);
    }

    /// Whether `text` comes before the end.
    pub(crate) async fn sees(&mut self, text: &str) -> Result<bool, Failure> {
        while !self.seen.contains(text) {
            if !self.more().await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads to the end.
    pub(crate) async fn whole(mut self) -> Result<Answer, Failure> {
        let mut body = self.seen.into_bytes();
        body.extend_from_slice(&self.body.collect().await?.to_bytes());
        self.seen = String::new();
        Ok(Answer { status: self.status, headers: self.headers, body: body.into() })
    }

    /// Reads what comes next; `false` at the end.
    async fn more(&mut self) -> Result<bool, Failure> {
        let Some(frame) = self.body.frame().await else { return Ok(false) };
        if let Ok(data) = frame?.into_data() {
            self.seen.push_str(std::str::from_utf8(&data)?);
        }
        Ok(true)
    }
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{} {}", self.status, self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The words of the first choice.
    pub(crate) fn words(&self) -> String {
        self.json()["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned()
    }

    /// The refusal in the body, which must have OpenAI's shape and repeat the status.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        assert!(self.status >= 400, "{} {}", self.status, self.text());
        let error = self.json()["error"].take();
        assert_eq!(error["code"], self.status.to_string(), "{error}");
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{error}");
        assert!(error["type"].is_string(), "{error}");
        assert!(error.get("param").is_some_and(|param| param.is_null() || param.is_string()), "{error}");
        error
    }

    /// The JSON of every event but `[DONE]`, which must come last.
    #[track_caller]
    pub(crate) fn chunks(&self) -> Vec<Value> {
        let frames = self.text().strip_suffix("data: [DONE]\n\n");
        let frames = frames.unwrap_or_else(|| panic!("no [DONE] at the end of: {}", self.text()));
        parsed(frames)
    }

    /// The JSON of every event of a stream that broke off.
    pub(crate) fn events(&self) -> Vec<Value> {
        parsed(self.text().trim_end_matches("data: [DONE]\n\n"))
    }

    /// The words of a stream, put together.
    pub(crate) fn streamed_words(&self) -> String {
        let pieces = self.events().into_iter();
        pieces
            .filter_map(|event| Some(event["choices"][0]["delta"]["content"].as_str()?.to_owned()))
            .collect()
    }
}

fn parsed(frames: &str) -> Vec<Value> {
    let events = frames.split_terminator("\n\n").map(|frame| frame.strip_prefix("data: ").expect("an event"));
    events.map(|event| serde_json::from_str(event).unwrap_or_else(|_| panic!("not JSON: {event}"))).collect()
}
