//! A conversation, as every chat format can be folded into: an ordered list of typed parts.
//!
//! The middle is not OpenAI's chat shape on purpose: interleaved thinking, tools and text have an order that
//! `content` beside `tool_calls` cannot hold.

mod event;
mod fold;
mod part;
mod request;
mod response;
mod tool;

pub use event::{ChatEvent, Delta};
pub use fold::Fold;
pub use part::{
    CacheMark, Citation, HostedKind, HostedPart, Media, MediaSource, Part, PartBody, PartMeta, Seal,
    ToolCall, ToolInput, ToolResult,
};
pub use request::{
    ChatRequest, Effort, OutputFormat, OutputOptions, Reasoning, Role, Sampling, Thread, Turn,
};
pub use response::{ChatResponse, Choice, Stop, StopKind};
pub use tool::{Function, HostedTool, Tool, ToolBody, ToolChoice};
