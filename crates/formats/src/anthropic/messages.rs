//! Anthropic Messages: what the anthropic SDKs and Claude Code speak to us, and what we speak to Anthropic and
//! to every cloud that serves Claude or copied its API.
//!
//! A request that came in this format is said again as it came. One that came in another is repaired on the
//! way, as LiteLLM does it: what the API would refuse is put into a shape that it takes.

mod betas;
mod blocks;
mod error;
mod media;
mod names;
mod request;
mod response;
mod sampling;
mod schema;
mod shape;
mod stream;
mod thinking;
mod tools;
mod turns;
mod usage;
mod user;
mod whole;

#[cfg(test)]
mod tests;

use ferrolite_types::chat::{ChatRequest, ChatResponse};
use ferrolite_types::{Error, FormatId, Profile, operation::Chat};

use crate::format::{Answer, Call, Calls, Inbound, ReadEvents, Refusal, Reply, Serves, WriteEvents};
use crate::relay::Rules;

/// The format's name.
pub const ID: FormatId = FormatId("anthropic-messages");

static RULES: Rules = Rules {
    request_model: Some("model"),
    response_model: Some("model"),
    event_holder: Some("message"),
    event_created: None,
    usage_on_request: false,
    last_events: &["message_stop"],
    accept: "application/json",
    headers: &[("accept", "*/*"), ("anthropic-version", "2023-06-01")],
    client_headers: &["anthropic-version", "anthropic-beta"],
    routed_id: None,
    event_error: None,
};

/// Anthropic Messages.
#[derive(Debug, Clone, Copy)]
pub struct AnthropicMessages;

impl Serves<Chat> for AnthropicMessages {
    fn id(&self) -> FormatId {
        ID
    }

    fn read_request(&self, inbound: &Inbound<'_>) -> Result<ChatRequest, Error> {
        request::read(inbound)
    }

    fn write_response(&self, response: &ChatResponse, reply: &Reply) -> Vec<u8> {
        response::write(response, reply)
    }

    fn write_events(&self, reply: Reply) -> Box<dyn WriteEvents<Chat>> {
        Box::new(stream::Writer::new(reply))
    }

    fn write_error(&self, error: &Error) -> Refusal {
        error::write(error)
    }
}

impl Calls<Chat> for AnthropicMessages {
    fn id(&self) -> FormatId {
        ID
    }

    fn endpoint(&self, _model: &str, _stream: bool) -> String {
        "/v1/messages".to_owned()
    }

    fn write_request(&self, request: &ChatRequest, profile: &Profile) -> Result<Call, Error> {
        request::write(request, profile)
    }

    fn read_response(&self, answer: &Answer<'_>) -> Result<ChatResponse, Error> {
        response::read(answer)
    }

    fn read_events(&self) -> Box<dyn ReadEvents<Chat>> {
        Box::new(stream::Reader::default())
    }

    fn read_error(&self, answer: &Answer<'_>) -> Error {
        error::read(answer)
    }

    fn relay_rules(&self) -> &'static Rules {
        &RULES
    }
}
