//! OpenAI Responses: a flat list of items with identifiers of their own, asked for and answered alike.
//!
//! Invariant: the parts of one item share a `group`, and their extension is tagged with this format even where it
//! is empty. What is known of the item as a whole (its status, its seal, its further members) stands on its last
//! part, because a stream tells it last.

mod contents;
mod input;
mod items;
mod output;
mod request;
mod response;
mod stream;
mod thoughts;
mod tools;
mod usage;

#[cfg(test)]
mod tests;

use ferrolite_types::chat::{ChatRequest, ChatResponse};
use ferrolite_types::{Error, Ext, FormatId, Profile, operation::Chat};

use super::envelope as error;
use crate::format::{Answer, Call, Calls, Inbound, ReadEvents, Refusal, Reply, Serves, WriteEvents};
use crate::relay::Rules;

/// The format's name.
pub const ID: FormatId = FormatId("openai-responses");

static RULES: Rules = Rules {
    request_model: Some("model"),
    response_model: Some("model"),
    event_holder: Some("response"),
    event_created: None,
    usage_on_request: false,
    last_events: &["response.completed", "response.incomplete", "response.failed"],
    accept: "*/*",
    headers: &[],
    client_headers: &[],
    routed_id: Some("id"),
    event_error: None,
};

/// OpenAI Responses.
#[derive(Debug, Clone, Copy)]
pub struct OpenAiResponses;

impl Serves<Chat> for OpenAiResponses {
    fn id(&self) -> FormatId {
        ID
    }

    fn read_request(&self, inbound: &Inbound<'_>) -> Result<ChatRequest, Error> {
        request::read(inbound)
    }

    fn echo(&self, inbound: &Inbound<'_>) -> Ext {
        response::echo(inbound)
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

impl Calls<Chat> for OpenAiResponses {
    fn id(&self) -> FormatId {
        ID
    }

    fn endpoint(&self, _model: &str, _stream: bool) -> String {
        "/responses".to_owned()
    }

    fn write_request(&self, request: &ChatRequest, profile: &Profile) -> Result<Call, Error> {
        Ok(request::write(request, profile))
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
