//! Ready chat completions as OpenAI answers them, whole, streamed and broken.

use serde_json::Value;

pub use crate::completion::{Choice, Completion, MODEL};
use crate::reply::{Reply, Step};
use crate::usage::Usage;

/// A whole answer of one text.
pub fn completion(text: &str, usage: Usage) -> Reply {
    Completion::of(Choice::text([text]), usage).whole()
}

/// A whole answer which calls one tool.
pub fn tool_call(name: &str, arguments: Value) -> Reply {
    Completion::of(Choice::tool_call(name, arguments), Usage::new(48, 16)).whole()
}

/// A streamed answer, one delta per piece; without `usage` there is no usage chunk.
pub fn stream<'a>(pieces: impl IntoIterator<Item = &'a str>, usage: Option<Usage>) -> Reply {
    let completion = Completion::of(Choice::text(pieces), usage.unwrap_or_default());
    completion.streamed(usage.is_some())
}

/// A stream which breaks off inside the frame after `pieces`, then does `ending`.
///
/// `Step::Cut` is the honest network failure; with `Step::End` only the missing finish reason and
/// `[DONE]` tell that something is missing.
pub fn cut_stream<'a>(pieces: impl IntoIterator<Item = &'a str>, ending: Step) -> Reply {
    Completion::of(Choice::text(pieces), Usage::default()).broken(ending)
}

/// A stream which sends `pieces` and then nothing more.
pub fn stalled_stream<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Reply {
    Completion::of(Choice::text(pieces), Usage::default()).stalled()
}
