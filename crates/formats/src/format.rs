//! The two faces of a format: what a client says to us ([`Serves`]) and what we say to a provider ([`Calls`]).
//!
//! A new method here needs at least two formats that answer it differently. Vendor oddities are data in the
//! [`Profile`], or they make a format of their own.

use std::sync::Arc;

use bytes::Bytes;
use ferrolite_types::json::{Fields, Outline};
use ferrolite_types::{Error, Ext, FormatId, Loss, Operation, Profile};
use http::{HeaderMap, StatusCode};

use crate::relay::Rules;
use crate::undo::Undo;

/// Clients speak the format to us.
pub trait Serves<O: Operation>: Send + Sync {
    /// The format's name.
    fn id(&self) -> FormatId;

    /// Reads what a client asks.
    ///
    /// # Errors
    /// A body that the format does not allow; says where and what would be right.
    fn read_request(&self, inbound: &Inbound<'_>) -> Result<O::Request, Error>;

    /// What the format's answers repeat of a request; the caller hands it back in [`Reply::echo`].
    fn echo(&self, _inbound: &Inbound<'_>) -> Ext {
        Ext::default()
    }

    /// Writes the body of a whole answer.
    fn write_response(&self, response: &O::Response, reply: &Reply) -> Vec<u8>;

    /// Begins to write a streamed answer.
    fn write_events(&self, reply: Reply) -> Box<dyn WriteEvents<O>>;

    /// Writes the body of a refusal and chooses its status.
    fn write_error(&self, error: &Error) -> Refusal;
}

/// We speak the format to a provider.
pub trait Calls<O: Operation>: Send + Sync {
    /// The format's name.
    fn id(&self) -> FormatId;

    /// The path below the provider's base URL, for this model, whole or streamed.
    fn endpoint(&self, model: &str, stream: bool) -> String;

    /// Writes what we ask.
    ///
    /// # Errors
    /// A request that the format cannot say at all.
    fn write_request(&self, request: &O::Request, profile: &Profile) -> Result<Call, Error>;

    /// Reads a whole answer.
    ///
    /// # Errors
    /// The failure that the answer reports, also under a status of 200, or an answer that is not the format's.
    fn read_response(&self, answer: &Answer<'_>) -> Result<O::Response, Error>;

    /// Begins to read a streamed answer.
    fn read_events(&self) -> Box<dyn ReadEvents<O>>;

    /// Reads a refusal: its kind, whose fault it is and whether another try can help.
    fn read_error(&self, answer: &Answer<'_>) -> Error;

    /// What must be edited when bytes are relayed in this format.
    fn relay_rules(&self) -> &'static Rules;
}

/// A client's request before it is understood.
#[derive(Debug, Clone, Copy)]
pub struct Inbound<'a> {
    /// The body.
    pub text: &'a str,
    /// Where its members stand.
    pub outline: &'a Outline,
    /// The model, where the path names it.
    pub model: Option<&'a str>,
    /// Whether a stream is wanted, where the path says it.
    pub stream: Option<bool>,
}

impl<'a> Inbound<'a> {
    /// The members of the body.
    pub fn fields(&self) -> Fields<'a> {
        self.outline.fields(self.text)
    }
}

/// What an answer to a client must say that the provider does not know.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The model as the client named it.
    pub model: Arc<str>,
    /// Our identifier of the call, for answers whose provider gave none.
    pub id: Arc<str>,
    /// When the call came, in Unix seconds.
    pub created: i64,
    /// Whether the client wants the usage as the last piece of a stream, where the format makes it a choice.
    pub stream_usage: bool,
    /// What the answer repeats of the request, as [`Serves::echo`] found it.
    pub echo: Ext,
}

/// A refusal, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: Vec<u8>,
}

/// A request to a provider, without address and credential.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// Headers that the format itself asks for (`anthropic-version`).
    pub headers: Vec<(&'static str, String)>,
    /// The JSON body.
    pub body: Bytes,
    /// What the format could not say.
    pub losses: Vec<Loss>,
    /// What the format changed and whoever reads the answer must change back.
    pub undo: Undo,
}

/// A provider's whole answer before it is understood.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
}

/// Reads a stream: bytes in, in any cut; events out. Never waits.
pub trait ReadEvents<O: Operation>: Send {
    /// Adds bytes and appends the events that they complete.
    fn feed(&mut self, bytes: &[u8], events: &mut Vec<O::Event>);

    /// The stream ended. Appends what the end completes, or the failure that it ended too early.
    fn finish(&mut self, events: &mut Vec<O::Event>);
}

/// Writes a stream: events in, framed bytes out.
pub trait WriteEvents<O: Operation>: Send {
    /// Appends the bytes of an event.
    fn write(&mut self, event: &O::Event, out: &mut Vec<u8>);

    /// Appends what ends the stream.
    fn finish(&mut self, out: &mut Vec<u8>);
}
