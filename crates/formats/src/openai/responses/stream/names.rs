//! The names of the events about an item, to read and to write.

use ferrolite_types::chat::{Part, PartBody, ToolInput};

use crate::openai::responses::{items, thoughts};

/// What an event says of an item.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    ItemAdded,
    ItemDone,
    PartAdded,
    PartDone,
    /// Text for a part, which is of this sort where nobody said that it begins.
    Delta(fn() -> Option<PartBody>),
    Annotation,
    /// Text, whole, of a part that ends next.
    Done,
}

impl Kind {
    pub(super) fn of(name: &str) -> Option<Self> {
        let text = || Some(PartBody::Text { text: String::new(), citations: Vec::new() });
        let thought = || Some(PartBody::Thinking { text: String::new(), redacted: false });
        Some(match name.strip_prefix("response.")? {
            "output_item.added" => Self::ItemAdded,
            "output_item.done" => Self::ItemDone,
            "content_part.added" | "reasoning_summary_part.added" => Self::PartAdded,
            "content_part.done" | "reasoning_summary_part.done" => Self::PartDone,
            "output_text.delta" => Self::Delta(text),
            "refusal.delta" => Self::Delta(|| Some(PartBody::Refusal { text: String::new() })),
            "reasoning_text.delta" | "reasoning_summary_text.delta" => Self::Delta(thought),
            "function_call_arguments.delta" | "custom_tool_call_input.delta" => Self::Delta(|| None),
            "output_text.annotation.added" => Self::Annotation,
            "output_text.done"
            | "refusal.done"
            | "reasoning_text.done"
            | "reasoning_summary_text.done"
            | "function_call_arguments.done"
            | "custom_tool_call_input.done" => Self::Done,
            _ => return None,
        })
    }
}

/// What the events about a part are called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    /// The member that says where in its item it stands.
    pub(super) index: Option<&'static str>,
    pub(super) added: Option<&'static str>,
    pub(super) delta: &'static str,
    pub(super) done: &'static str,
    /// The member that holds its whole text.
    pub(super) member: &'static str,
    pub(super) ended: Option<&'static str>,
}

impl Words {
    /// Those for a part that deltas make grow.
    pub(super) fn of(part: &Part) -> Option<Self> {
        match &part.body {
            PartBody::Text { .. } => Some(TEXT),
            PartBody::Refusal { .. } => Some(REFUSAL),
            PartBody::Thinking { redacted: true, .. } => None,
            PartBody::Thinking { .. } if items::group(part).is_none() => Some(THOUGHT),
            PartBody::Thinking { .. } if thoughts::is_unabridged(part) => Some(UNABRIDGED),
            PartBody::Thinking { .. } => Some(SUMMARY),
            PartBody::ToolCall(call) => match call.input {
                ToolInput::Json(_) => Some(ARGUMENTS),
                ToolInput::Text(_) => Some(INPUT),
            },
            PartBody::Media(_)
            | PartBody::ToolResult(_)
            | PartBody::Hosted(_)
            | PartBody::Reference { .. }
            | PartBody::Foreign { .. } => None,
        }
    }
}

const TEXT: Words = Words {
    index: Some("content_index"),
    added: Some("response.content_part.added"),
    delta: "response.output_text.delta",
    done: "response.output_text.done",
    member: "text",
    ended: Some("response.content_part.done"),
};

const REFUSAL: Words =
    Words { delta: "response.refusal.delta", done: "response.refusal.done", member: "refusal", ..TEXT };

const UNABRIDGED: Words =
    Words { delta: "response.reasoning_text.delta", done: "response.reasoning_text.done", ..TEXT };

const SUMMARY: Words = Words {
    index: Some("summary_index"),
    added: Some("response.reasoning_summary_part.added"),
    delta: "response.reasoning_summary_text.delta",
    done: "response.reasoning_summary_text.done",
    member: "text",
    ended: Some("response.reasoning_summary_part.done"),
};

/// A thought of another format, of which LiteLLM tells the parts as one.
const THOUGHT: Words = Words { index: None, added: None, ended: None, ..SUMMARY };

const ARGUMENTS: Words = Words {
    index: None,
    added: None,
    delta: "response.function_call_arguments.delta",
    done: "response.function_call_arguments.done",
    member: "arguments",
    ended: None,
};

const INPUT: Words = Words {
    delta: "response.custom_tool_call_input.delta",
    done: "response.custom_tool_call_input.done",
    member: "input",
    ..ARGUMENTS
};
