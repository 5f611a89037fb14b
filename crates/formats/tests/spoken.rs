//! The registered formats with both of their faces, and the shortest ways to use them.

use bytes::Bytes;
use ferrolite_formats::{Answer, CHAT_CALLED, CHAT_SERVED, Call, Calls, Inbound, Reply, Serves};
use ferrolite_types::chat::{ChatEvent, ChatRequest, ChatResponse, Fold};
use ferrolite_types::json::Outline;
use ferrolite_types::operation::Chat;
use ferrolite_types::{Error, Ext, FormatId, Profile};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// A model's name for requests that do not say it: their format says it in the path.
pub(crate) const MODEL: &str = "model-of-the-path";

/// A format that speaks to providers and, mostly, to clients.
#[derive(Clone, Copy)]
pub(crate) struct Spoken {
    pub(crate) called: &'static dyn Calls<Chat>,
    pub(crate) served: Option<&'static dyn Serves<Chat>>,
}

/// Every format that is registered on either side.
pub(crate) fn formats() -> Vec<Spoken> {
    let with_faces = |called: &&'static dyn Calls<Chat>| Spoken {
        called: *called,
        served: CHAT_SERVED.iter().copied().find(|served| served.id() == called.id()),
    };
    CHAT_CALLED.iter().map(with_faces).collect()
}

impl Spoken {
    pub(crate) fn id(&self) -> FormatId {
        self.called.id()
    }

    /// The face towards clients; that of the first format served where this one has none, as an onlooker.
    pub(crate) fn towards_clients(&self) -> &'static dyn Serves<Chat> {
        self.served.unwrap_or(CHAT_SERVED[0])
    }

    /// Reads a client's body; a model that it does not name is that of the path.
    pub(crate) fn read_request(&self, text: &str) -> Result<ChatRequest, Error> {
        let outline = Outline::of(text).map_err(Error::from)?;
        let in_path = outline.find(text, "model").is_none().then_some(MODEL);
        self.towards_clients().read_request(&Inbound {
            text,
            outline: &outline,
            model: in_path,
            stream: None,
        })
    }

    /// Writes a request for a model of which nothing is known.
    pub(crate) fn write_request(&self, request: &ChatRequest) -> Result<Call, Error> {
        self.called.write_request(request, &Profile::default())
    }

    /// Reads a whole answer.
    pub(crate) fn read_response(&self, body: &[u8]) -> Result<ChatResponse, Error> {
        self.called.read_response(&Answer { status: StatusCode::OK, headers: &HeaderMap::new(), body })
    }

    /// Writes a whole answer as if the client had asked for the model that answered.
    pub(crate) fn written_response(&self, response: &ChatResponse) -> Vec<u8> {
        self.towards_clients().write_response(response, &reply(&response.model, response.created))
    }

    /// The tree of what is written.
    pub(crate) fn write_response(&self, response: &ChatResponse) -> Value {
        parsed(&self.written_response(response))
    }

    /// Reads a refusal of this status.
    pub(crate) fn read_error(&self, status: u16, body: &[u8]) -> Error {
        let status = StatusCode::from_u16(status).expect("an HTTP status");
        self.called.read_error(&Answer { status, headers: &HeaderMap::new(), body })
    }

    /// Reads a stream that arrives in these pieces.
    pub(crate) fn read_stream(&self, pieces: &[&[u8]]) -> Vec<ChatEvent> {
        let mut reader = self.called.read_events();
        let mut events = Vec::new();
        for piece in pieces {
            reader.feed(piece, &mut events);
        }
        reader.finish(&mut events);
        events
    }

    /// Writes a stream as if the client had asked for the model that answers, with its usage.
    pub(crate) fn write_stream(&self, events: &[ChatEvent]) -> Vec<u8> {
        let (model, created) = named(events);
        let mut writer = self.towards_clients().write_events(reply(model, created));
        let mut out = Vec::new();
        events.iter().for_each(|event| writer.write(event, &mut out));
        writer.finish(&mut out);
        out
    }
}

/// The model and the time that a stream names.
fn named(events: &[ChatEvent]) -> (&str, Option<i64>) {
    let named = events.iter().find_map(|event| match event {
        ChatEvent::Started { model, created, .. } => Some((model.as_str(), *created)),
        _ => None,
    });
    named.unwrap_or_default()
}

/// What the gateway would say of a call about this model at this time.
fn reply(model: &str, created: Option<i64>) -> Reply {
    Reply {
        model: model.into(),
        id: "id-of-the-call".into(),
        created: created.unwrap_or(1_700_000_000),
        stream_usage: true,
        echo: Ext::default(),
    }
}

/// The answer that the pieces make, or the failure they end in.
pub(crate) fn folded(events: &[ChatEvent]) -> Result<ChatResponse, Error> {
    let mut fold = Fold::default();
    events.iter().cloned().try_for_each(|event| fold.add(event))?;
    Ok(fold.finish())
}

/// The tree of a body that we wrote.
pub(crate) fn parsed(body: &[u8]) -> Value {
    serde_json::from_slice(body)
        .unwrap_or_else(|error| panic!("{error} in {}", String::from_utf8_lossy(body)))
}

/// The tree of a request that we wrote.
pub(crate) fn body_of(call: &Call) -> Value {
    let Call { headers: _, body, losses: _, undo: _ } = call;
    parsed(&Bytes::clone(body))
}
