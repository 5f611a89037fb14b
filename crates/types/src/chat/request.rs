//! What a caller asks: a conversation to continue, and how.

use crate::{Ext, RawJson};

use super::{CacheMark, Part, Tool, ToolChoice};

/// A conversation to be continued by one turn.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChatRequest {
    /// The model, in the caller's words; dispatch replaces it by the target's.
    pub model: String,
    /// Instructions that stand outside the conversation, where a format has a place for them.
    pub instructions: Vec<Part>,
    /// The conversation. A system turn may stand anywhere in it.
    pub turns: Vec<Turn>,
    /// The tools that may be called.
    pub tools: Vec<Tool>,
    /// Which of them may or must be called.
    pub tool_choice: Option<ToolChoice>,
    /// Whether several may be called at once.
    pub parallel_tools: Option<bool>,
    /// How the next token is chosen.
    pub sampling: Sampling,
    /// What the answer may be.
    pub output: OutputOptions,
    /// How much to think first.
    pub reasoning: Option<Reasoning>,
    /// The stored conversation that this one continues or becomes.
    pub thread: Thread,
    /// Who is asking, in the caller's words.
    pub user: Option<String>,
    /// Notes of the caller that the provider keeps beside the call.
    pub metadata: Option<RawJson>,
    /// How fast and at which price (`auto`, `default`, `flex`, `priority`).
    pub tier: Option<String>,
    /// "Cache the whole prompt", said once for the request.
    pub cache: Option<CacheMark>,
    /// Whether the answer is wanted in pieces.
    pub stream: bool,
    /// Whether the caller wants the usage as the last piece, where a format makes that a choice.
    pub stream_usage: bool,
    /// Members that no reader took.
    pub ext: Ext,
    /// Members that mean something to the format they came from alone and are forwarded to no other. A format
    /// that says its own requests again as they came tags it ([`Ext::tagged`]) even when there are none.
    pub own: Ext,
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// Whose.
    pub role: Role,
    /// What was said.
    pub parts: Vec<Part>,
    /// The speaker's name, where several speak in one role.
    pub name: Option<String>,
    /// Whether the content was one string rather than a list: both spellings exist, some vendors accept one.
    pub plain: bool,
    /// Members that no reader took.
    pub ext: Ext,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The operator, to be obeyed over the user.
    System,
    /// The operator, in the newer word of some formats; where a format has one word both become it.
    Developer,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// A tool; the turn holds results only.
    Tool,
}

/// How the next token is chosen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sampling {
    /// Randomness, 0 to 2 (to 1 with some vendors).
    pub temperature: Option<f64>,
    /// Nucleus, 0 to 1.
    pub top_p: Option<f64>,
    /// How many candidates.
    pub top_k: Option<u64>,
    /// For repeatable answers.
    pub seed: Option<i64>,
    /// Against repetition, -2 to 2.
    pub frequency_penalty: Option<f64>,
    /// Against staying on a subject, -2 to 2.
    pub presence_penalty: Option<f64>,
    /// Per-token bias: an object of token ids.
    pub logit_bias: Option<RawJson>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// Whether the stop was written as one string rather than a list.
    pub stop_plain: bool,
}

/// What the answer may be.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OutputOptions {
    /// The most tokens of output.
    pub max_tokens: Option<u64>,
    /// Whether the caller said that the limit includes thoughts (OpenAI's `max_completion_tokens`).
    pub max_tokens_count_thoughts: bool,
    /// How many answers.
    pub n: Option<u64>,
    /// The shape of the text.
    pub format: Option<OutputFormat>,
    /// How wordy (`low`, `medium`, `high`).
    pub verbosity: Option<String>,
    /// Whether to report the probability of each token.
    pub logprobs: Option<bool>,
    /// How many alternatives to report for each token.
    pub top_logprobs: Option<u64>,
    /// What the answer may consist of (`text`, `audio`, `image`).
    pub modalities: Vec<String>,
    /// The voice and encoding of spoken answers.
    pub audio: Option<RawJson>,
}

/// The shape of an answer's text.
#[derive(Debug, Clone, PartialEq)]
pub enum OutputFormat {
    /// Free text.
    Text,
    /// Some JSON object.
    Json,
    /// JSON that follows a schema.
    Schema {
        /// The schema's name, where the format wants one.
        name: Option<String>,
        /// What it is for.
        description: Option<String>,
        /// The JSON schema.
        schema: RawJson,
        /// Whether the model must follow it to the letter.
        strict: Option<bool>,
    },
}

/// How much to think before answering. Vendors say it as an effort, a budget, or both.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reasoning {
    /// The effort.
    pub effort: Option<Effort>,
    /// The most thinking tokens; 0 turns thinking off.
    pub budget: Option<u64>,
    /// Whether the model decides how much by itself.
    pub adaptive: bool,
    /// How to show the thoughts (`auto`, `concise`, `detailed`; `none` hides them).
    pub summary: Option<String>,
    /// Members that no reader took.
    pub ext: Ext,
}

/// An effort to think.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effort {
    /// Do not think.
    None,
    /// As little as possible.
    Minimal,
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// More than that.
    XHigh,
    /// All there is.
    Max,
    /// A word that some vendor added later.
    Other(String),
}

impl Effort {
    /// Reads the vendors' common words.
    pub fn parse(word: &str) -> Self {
        match word {
            "none" => Self::None,
            "minimal" => Self::Minimal,
            "low" => Self::Low,
            "medium" => Self::Medium,
            "high" => Self::High,
            "xhigh" => Self::XHigh,
            "max" => Self::Max,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::XHigh => "xhigh",
            Self::Max => "max",
            Self::Other(word) => word,
        }
    }
}

/// The stored conversation that a request continues or becomes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Thread {
    /// The answer that this request follows.
    pub previous: Option<String>,
    /// Whether the answer is to be stored.
    pub store: Option<bool>,
}
