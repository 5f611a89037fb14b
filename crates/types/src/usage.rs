//! Token counts that never overlap, so that nobody has to ask whether "input" includes the cache.

use crate::{Cost, Ext};

/// What a call consumed. Every count excludes every other; a format adds them up its own way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Usage {
    /// Text input tokens neither read from nor written to a cache.
    pub input: u64,
    /// Input tokens read from a prompt cache.
    pub cache_read: u64,
    /// Input tokens written to a prompt cache with the default (five minutes) lifetime.
    pub cache_write: u64,
    /// Input tokens written to a prompt cache with the one-hour lifetime.
    pub cache_write_1h: u64,
    /// Audio input tokens, not cached.
    pub input_audio: u64,
    /// Image input tokens, where a provider prices them apart.
    pub input_image: u64,
    /// Text output tokens, reasoning excluded.
    pub output: u64,
    /// Reasoning (thinking) tokens.
    pub reasoning: u64,
    /// Audio output tokens.
    pub output_audio: u64,
    /// Image output tokens.
    pub output_image: u64,
    /// Web searches that the provider ran and bills by the piece.
    pub searches: u64,
    /// Whether the provider itemizes: a zero above is then a count and not silence.
    pub itemized: bool,
    /// Whether the provider counts text apart from the other kinds of tokens.
    pub by_kind: bool,
    /// The service tier that served the call, in the provider's words (`default`, `priority`, `flex`).
    pub tier: Option<String>,
    /// What it cost, once that is known; told to clients at the end of a stream.
    pub cost: Option<Cost>,
    /// Members of the provider's usage object that none of the above holds.
    pub ext: Ext,
}

impl Usage {
    /// Everything that went in.
    pub fn input_total(&self) -> u64 {
        self.input
            + self.cache_read
            + self.cache_write
            + self.cache_write_1h
            + self.input_audio
            + self.input_image
    }

    /// Everything that came out.
    pub fn output_total(&self) -> u64 {
        self.output + self.reasoning + self.output_audio + self.output_image
    }

    /// Input and output together.
    pub fn total(&self) -> u64 {
        self.input_total() + self.output_total()
    }
}
