//! OpenAI chat completions, with the members that LiteLLM added to it (`thinking_blocks`, `cache_control`, …):
//! the dialect of most clients and of most providers.

mod cache;
mod calls;
mod citations;
mod content;
mod extras;
mod media;
mod messages;
mod reasoning;
mod request;
mod response;
mod stream;
mod thoughts;
mod tools;
mod usage;

#[cfg(test)]
mod tests;

use ferrolite_types::chat::{ChatRequest, ChatResponse};
use ferrolite_types::{Error, FormatId, Profile, operation::Chat};

use super::envelope as error;
use crate::format::{Answer, Call, Calls, Inbound, ReadEvents, Refusal, Reply, Serves, WriteEvents};
use crate::relay::Rules;

/// The format's name.
pub const ID: FormatId = FormatId("openai-chat");

static RULES: Rules = Rules {
    request_model: Some("model"),
    response_model: Some("model"),
    event_holder: None,
    event_created: Some("created"),
    usage_on_request: true,
    last_events: &[],
    accept: "application/json",
    headers: &[],
    client_headers: &[],
    routed_id: None,
    event_error: Some("error"),
};

/// OpenAI chat completions.
#[derive(Debug, Clone, Copy)]
pub struct OpenAiChat;

impl Serves<Chat> for OpenAiChat {
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

impl Calls<Chat> for OpenAiChat {
    fn id(&self) -> FormatId {
        ID
    }

    fn endpoint(&self, _model: &str, _stream: bool) -> String {
        "/chat/completions".to_owned()
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
