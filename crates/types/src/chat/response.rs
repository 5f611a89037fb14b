//! What a model answered, whole.

use crate::{Ext, FormatId, RawJson, Usage};

use super::Part;

/// A whole answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChatResponse {
    /// The provider's identifier of the answer.
    pub id: String,
    /// The model that answered, in the provider's words.
    pub model: String,
    /// When, in Unix seconds; `None` where the provider does not say.
    pub created: Option<i64>,
    /// The answers, in order of their index; normally one.
    pub choices: Vec<Choice>,
    /// What was consumed, where the provider says it.
    pub usage: Option<Usage>,
    /// Members that no reader took.
    pub ext: Ext,
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Its position among several.
    pub index: u32,
    /// What was said.
    pub parts: Vec<Part>,
    /// Why it ended.
    pub stop: Stop,
    /// Token probabilities, in the origin's spelling.
    pub logprobs: Option<RawJson>,
    /// Members of the answer that no reader took.
    pub ext: Ext,
}

/// Why an answer ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// The reason that every format can say.
    pub kind: StopKind,
    /// The provider's own word, said again only to its own format.
    pub native: Option<(FormatId, String)>,
    /// The stop text that was met, where the provider says it.
    pub sequence: Option<String>,
}

/// The reasons for which an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StopKind {
    /// The model was done.
    End,
    /// A stop text was met.
    Sequence,
    /// `max_tokens` was reached.
    Length,
    /// The model waits for tool results.
    ToolCalls,
    /// A policy cut the answer.
    Filter,
    /// The model declined.
    Refusal,
    /// The provider paused a long turn; send it back to go on.
    Pause,
}

impl Stop {
    /// A reason without a native word.
    pub fn new(kind: StopKind) -> Self {
        Self { kind, native: None, sequence: None }
    }

    /// A reason in a format's own word.
    pub fn native(kind: StopKind, format: FormatId, word: impl Into<String>) -> Self {
        Self { kind, native: Some((format, word.into())), sequence: None }
    }

    /// The provider's word, if it is `format`'s.
    pub fn word_of(&self, format: FormatId) -> Option<&str> {
        self.native.as_ref().filter(|(origin, _)| *origin == format).map(|(_, word)| word.as_str())
    }
}
