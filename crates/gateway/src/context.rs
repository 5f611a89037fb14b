//! A call on its way: what each stage learned, for the stages after it.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use ferrolite::{Deployment, Policy};
use ferrolite_formats::relay::Edit;
use ferrolite_formats::{Inbound, Reply, Serves};
use ferrolite_types::json::Outline;
use ferrolite_types::operation::Chat;
use http::HeaderMap;

use crate::{App, Runtime};

/// Where a call came in: the path's meaning.
#[derive(Clone)]
pub struct Entrance {
    /// The format that this path is spoken in.
    pub served: &'static dyn Serves<Chat>,
    /// The model, where the path names it.
    pub model: Option<String>,
    /// Whether a stream is wanted, where the path says it.
    pub stream: Option<bool>,
    /// The key, where the path's query may hold it.
    pub key: Option<String>,
}

impl Entrance {
    /// An entrance where the body says everything.
    pub fn of(served: &'static dyn Serves<Chat>) -> Self {
        Self { served, model: None, stream: None, key: None }
    }
}

/// A call.
pub struct Call {
    /// What all calls share.
    pub app: Arc<App>,
    /// What was configured when the call came; a reload does not change a call under way.
    pub runtime: Arc<Runtime>,
    /// Where it came in.
    pub entrance: Entrance,
    /// Our identifier.
    pub id: Arc<str>,
    /// The identifier that the caller sees: its own, or ours.
    pub call_id: Arc<str>,
    /// When it came.
    pub begun: Instant,
    /// When it came, in microseconds since the Unix epoch.
    pub started: i64,
    /// The caller's headers.
    pub headers: HeaderMap,
    /// The body as it came. Set by *receive*.
    pub body: Bytes,
    /// Where its members stand. Set by *receive*.
    pub outline: Outline,
    /// The model as the caller named it. Set by *receive*.
    pub model: Arc<str>,
    /// Whether a stream is wanted. Set by *receive*.
    pub stream: bool,
    /// Whether the caller wants the usage at the end of a stream. Set by *receive*.
    pub stream_usage: bool,
    /// Who calls. Set by *authenticate*.
    pub principal: Option<Principal>,
    /// What is changed in the body before it goes on. Set by *prepare*.
    pub edits: Vec<Edit>,
    /// What the request says about parameters that a target does not support. Set by *prepare*.
    pub policy: Policy,
    /// The person on whose behalf. Set by *prepare*.
    pub end_user: Option<String>,
    /// Whom to ask, in order. Set by *plan*.
    pub order: Vec<Arc<Deployment>>,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The name of the key, as records show it.
    pub key_name: &'static str,
}

impl Call {
    /// A call that has just come.
    pub fn new(app: Arc<App>, entrance: Entrance, headers: HeaderMap) -> Self {
        let id: Arc<str> = uuid::Uuid::now_v7().to_string().into();
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            runtime: app.runtime.load_full(),
            app,
            entrance,
            call_id: callers_id(&headers).unwrap_or_else(|| Arc::clone(&id)),
            id,
            begun: Instant::now(),
            started: since_epoch.as_micros() as i64,
            headers,
            body: Bytes::new(),
            outline: Outline::default(),
            model: Arc::from(""),
            stream: false,
            stream_usage: false,
            principal: None,
            edits: Vec::new(),
            policy: Policy::default(),
            end_user: None,
            order: Vec::new(),
        }
    }

    /// What an answer must say that the provider does not know.
    pub fn reply(&self) -> Reply {
        const MICROS: i64 = 1_000_000;
        Reply {
            model: Arc::clone(&self.model),
            id: Arc::clone(&self.id),
            created: self.started / MICROS,
            stream_usage: self.stream_usage,
            echo: self.entrance.served.echo(&self.inbound()),
        }
    }

    /// The body as formats read it.
    fn inbound(&self) -> Inbound<'_> {
        // The body was found to be UTF-8 when it was received.
        let text = std::str::from_utf8(&self.body).unwrap_or_default();
        Inbound {
            text,
            outline: &self.outline,
            model: self.entrance.model.as_deref(),
            stream: self.entrance.stream,
        }
    }
}

/// The caller's own identifier of the call, when it is safe to repeat in a header and a log.
fn callers_id(headers: &HeaderMap) -> Option<Arc<str>> {
    const LONGEST: usize = 128;
    let id = headers.get("x-litellm-call-id")?.to_str().ok()?;
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    ((1..=LONGEST).contains(&id.len()) && id.bytes().all(safe)).then(|| id.into())
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Call").field("id", &self.id).field("model", &self.model).finish_non_exhaustive()
    }
}
