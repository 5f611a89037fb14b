//! Google's generateContent, spoken by Gemini on AI Studio and on Vertex and by Google's own libraries.
//!
//! The path names the model and says whether the answer is streamed; a stream is a row of whole answers, each
//! with what is new. What Google's clients sent is said again as it came; what other formats' clients sent is
//! translated as LiteLLM does it.

mod config;
mod contents;
mod error;
mod grounding;
mod ids;
mod logprobs;
mod media;
mod names;
mod parts;
mod pieces;
mod request;
mod response;
mod results;
mod schema;
mod stream;
#[cfg(test)]
mod tests;
mod thinking;
mod tools;
mod usage;

use ferrolite_types::chat::{ChatRequest, ChatResponse};
use ferrolite_types::{Error, Ext, FormatId, Profile, operation::Chat};

use crate::blame;
use crate::format::{Answer, Call, Calls, Inbound, ReadEvents, Refusal, Reply, Serves, WriteEvents};
use crate::relay::Rules;

/// The format's name.
pub const ID: FormatId = FormatId("gemini-generate");

/// Answers keep the model's name as Google gives it, as LiteLLM leaves it; the end of a stream ends it.
static RULES: Rules = Rules {
    request_model: None,
    response_model: None,
    event_holder: None,
    event_created: None,
    usage_on_request: false,
    last_events: &[],
    accept: "*/*",
    headers: &[],
    client_headers: &[],
    routed_id: None,
    event_error: None,
};

/// Google's generateContent.
#[derive(Debug, Clone, Copy)]
pub struct GeminiGenerate;

impl Serves<Chat> for GeminiGenerate {
    fn id(&self) -> FormatId {
        ID
    }

    fn read_request(&self, inbound: &Inbound<'_>) -> Result<ChatRequest, Error> {
        request::read(inbound)
    }

    fn echo(&self, inbound: &Inbound<'_>) -> Ext {
        request::echo(inbound)
    }

    fn write_response(&self, response: &ChatResponse, reply: &Reply) -> Vec<u8> {
        response::write(response, request::shows_thoughts(&reply.echo))
    }

    fn write_events(&self, reply: Reply) -> Box<dyn WriteEvents<Chat>> {
        Box::new(stream::Writer::new(request::shows_thoughts(&reply.echo)))
    }

    fn write_error(&self, error: &Error) -> Refusal {
        blame::refusal(error)
    }
}

impl Calls<Chat> for GeminiGenerate {
    fn id(&self) -> FormatId {
        ID
    }

    fn endpoint(&self, model: &str, stream: bool) -> String {
        match stream {
            true => format!("/models/{model}:streamGenerateContent?alt=sse"),
            false => format!("/models/{model}:generateContent"),
        }
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
