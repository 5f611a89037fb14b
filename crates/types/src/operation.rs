//! What one can ask of a model. Each operation names the values that travel for it.

use crate::chat::{ChatEvent, ChatRequest, ChatResponse};

/// An operation: its request, its whole answer and the pieces a streamed answer comes in.
pub trait Operation: Send + Sync + 'static {
    /// What is asked.
    type Request: Send + Sync;
    /// The whole answer.
    type Response: Send + Sync;
    /// A piece of a streamed answer.
    type Event: Send;
    /// The name used in records and catalogues.
    const NAME: &'static str;
}

/// A conversation continued by one turn.
#[derive(Debug, Clone, Copy)]
pub struct Chat;

impl Operation for Chat {
    type Request = ChatRequest;
    type Response = ChatResponse;
    type Event = ChatEvent;
    const NAME: &'static str = "chat";
}
