//! Tokens a fake provider charges for, and how OpenAI spells them.

use std::iter::Sum;
use std::ops::Add;

use serde_json::{Value, json};

/// Tokens of one or more answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens read, cached ones included.
    pub prompt: u64,
    /// Tokens written, reasoning included.
    pub completion: u64,
    /// The part of `prompt` which came from a cache.
    pub cached: u64,
    /// The part of `completion` which was reasoning.
    pub reasoning: u64,
}

impl Usage {
    /// Usage without caching or reasoning.
    pub const fn new(prompt: u64, completion: u64) -> Self {
        Self { prompt, completion, cached: 0, reasoning: 0 }
    }

    /// Tokens read and written.
    pub const fn total(&self) -> u64 {
        self.prompt + self.completion
    }

    /// The `usage` object of an OpenAI answer.
    pub fn to_json(&self) -> Value {
        let Self { prompt, completion, cached, reasoning } = self;
        json!({
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": self.total(),
            "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": reasoning,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        })
    }
}

impl Add for Usage {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            prompt: self.prompt + other.prompt,
            completion: self.completion + other.completion,
            cached: self.cached + other.cached,
            reasoning: self.reasoning + other.reasoning,
        }
    }
}

impl Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(usages: I) -> Self {
        usages.fold(Self::default(), Add::add)
    }
}
