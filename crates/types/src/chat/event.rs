//! The pieces in which an answer is streamed.

use crate::{Error, Ext, FormatId, RawJson, Usage};

use super::{Citation, Part, Seal, Stop};

/// One piece of a streamed answer. Text, thoughts, tool input and media share one life cycle:
/// `PartStarted`, any number of `Delta`, `PartFinished`.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatEvent {
    /// The provider accepted and names itself. Comes first, once.
    Started {
        /// The provider's identifier of the answer.
        id: String,
        /// The model that answers, in the provider's words.
        model: String,
        /// When, in Unix seconds.
        created: Option<i64>,
        /// Members that no reader took.
        ext: Ext,
    },
    /// A part begins. Deltas add to what `head` holds already. A seal without bytes in it announces that one follows.
    PartStarted {
        /// Which answer, when several were asked for.
        choice: u32,
        /// Which part of it; counted from 0 without gaps.
        index: u32,
        /// The part as far as it is known.
        head: Part,
    },
    /// A part grows.
    Delta {
        /// Which answer.
        choice: u32,
        /// Which part of it.
        index: u32,
        /// By what.
        delta: Delta,
    },
    /// A part is complete. `tail` replaces what is only known at its end.
    PartFinished {
        /// Which answer.
        choice: u32,
        /// Which part of it.
        index: u32,
    },
    /// Token probabilities of what came since the last such event, in the origin's spelling.
    Logprobs {
        /// Which answer.
        choice: u32,
        /// An object as the origin writes it in a whole answer.
        logprobs: RawJson,
    },
    /// What was consumed so far; each event replaces the one before.
    Usage(Box<Usage>),
    /// An answer is complete.
    Finished {
        /// Which answer.
        choice: u32,
        /// Why.
        stop: Stop,
        /// Members of the answer that no reader took.
        ext: Ext,
    },
    /// The provider failed after it had begun. Nothing follows.
    Failed(Box<Error>),
    /// Something that only its own format understands, as it came.
    Foreign {
        /// That format.
        origin: FormatId,
        /// The name of the event, where the framing has one.
        name: Option<String>,
        /// The whole event.
        raw: RawJson,
    },
}

/// By what a part grows.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    /// Words: of a text, a thought, a refusal, the transcript of a sound, or tool input, as its part is.
    Text(String),
    /// Base64 text of a medium.
    Media(String),
    /// A source cited by the text.
    Citation(Box<Citation>),
    /// The maker's proof, whole.
    Seal(Box<Seal>),
    /// The complete part in place of what grew so far, where a provider sends it at the end.
    Replace(Box<Part>),
}

impl ChatEvent {
    /// Whether it carries content: the first such event commits an attempt, after it nobody may fall back.
    pub fn commits(&self) -> bool {
        match self {
            Self::Delta { .. } | Self::Finished { .. } => true,
            Self::PartStarted { head, .. } => head.has_content(),
            Self::Started { .. }
            | Self::PartFinished { .. }
            | Self::Logprobs { .. }
            | Self::Usage(_)
            | Self::Failed(_)
            | Self::Foreign { .. } => false,
        }
    }
}
