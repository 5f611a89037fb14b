//! How JSON looks. Code, because formats differ; pure, because nothing here waits or opens a socket.
//!
//! Invariants: a format never names another format and never names a provider. What a format cannot say is
//! returned as a [`ferrolite_types::Loss`], never dropped in silence.

pub mod anthropic;
pub mod blame;
pub mod format;
pub mod framing;
pub mod free_text;
pub mod gemini;
pub mod openai;
pub mod relay;
pub mod undo;

pub use format::{Answer, Call, Calls, Inbound, ReadEvents, Refusal, Reply, Serves, WriteEvents};
pub use undo::{AnswerTool, Undo, UndoEvents};

use ferrolite_types::{FormatId, operation::Chat};

/// Every chat format that clients may speak to us. One line each.
pub static CHAT_SERVED: &[&dyn Serves<Chat>] = &[
    &openai::chat::OpenAiChat,
    &openai::responses::OpenAiResponses,
    &anthropic::messages::AnthropicMessages,
    &gemini::generate::GeminiGenerate,
];

/// Every chat format that we speak to providers. One line each.
pub static CHAT_CALLED: &[&dyn Calls<Chat>] = &[
    &openai::chat::OpenAiChat,
    &openai::responses::OpenAiResponses,
    &anthropic::messages::AnthropicMessages,
    &gemini::generate::GeminiGenerate,
];

/// The chat format of this name, as spoken to a provider.
pub fn chat_called(id: FormatId) -> Option<&'static dyn Calls<Chat>> {
    CHAT_CALLED.iter().copied().find(|format| format.id() == id)
}

/// The chat format of this name, as spoken by a client.
pub fn chat_served(id: FormatId) -> Option<&'static dyn Serves<Chat>> {
    CHAT_SERVED.iter().copied().find(|format| format.id() == id)
}
