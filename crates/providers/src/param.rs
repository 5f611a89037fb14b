//! OpenAI's parameters of a chat request: what a provider may support or not.
//!
//! Only these are tested for support. Everything else that a caller sends is the provider's own business and is
//! forwarded.

use std::fmt;

/// A parameter by OpenAI's name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Param {
    /// `audio`
    Audio,
    /// `context_management`
    ContextManagement,
    /// `frequency_penalty`
    FrequencyPenalty,
    /// `function_call`
    FunctionCall,
    /// `functions`
    Functions,
    /// `include_server_side_tool_invocations`
    IncludeServerSideToolInvocations,
    /// `logit_bias`
    LogitBias,
    /// `logprobs`
    Logprobs,
    /// `max_completion_tokens`
    MaxCompletionTokens,
    /// `max_tokens`
    MaxTokens,
    /// `modalities`
    Modalities,
    /// `n`
    N,
    /// `parallel_tool_calls`
    ParallelToolCalls,
    /// `prediction`
    Prediction,
    /// `presence_penalty`
    PresencePenalty,
    /// `prompt_cache_key`
    PromptCacheKey,
    /// `prompt_cache_retention`
    PromptCacheRetention,
    /// `reasoning_effort`
    ReasoningEffort,
    /// `response_format`
    ResponseFormat,
    /// `safety_identifier`
    SafetyIdentifier,
    /// `seed`
    Seed,
    /// `service_tier`
    ServiceTier,
    /// `stop`
    Stop,
    /// `store`
    Store,
    /// `stream`
    Stream,
    /// `stream_options`
    StreamOptions,
    /// `temperature`
    Temperature,
    /// `thinking`
    Thinking,
    /// `tool_choice`
    ToolChoice,
    /// `tools`
    Tools,
    /// `top_logprobs`
    TopLogprobs,
    /// `top_p`
    TopP,
    /// `user`
    User,
    /// `verbosity`
    Verbosity,
    /// `web_search_options`
    WebSearchOptions,
}

impl Param {
    /// All of them, in the order of the alphabet. One line each.
    pub const ALL: &[Self] = &[
        Self::Audio,
        Self::ContextManagement,
        Self::FrequencyPenalty,
        Self::FunctionCall,
        Self::Functions,
        Self::IncludeServerSideToolInvocations,
        Self::LogitBias,
        Self::Logprobs,
        Self::MaxCompletionTokens,
        Self::MaxTokens,
        Self::Modalities,
        Self::N,
        Self::ParallelToolCalls,
        Self::Prediction,
        Self::PresencePenalty,
        Self::PromptCacheKey,
        Self::PromptCacheRetention,
        Self::ReasoningEffort,
        Self::ResponseFormat,
        Self::SafetyIdentifier,
        Self::Seed,
        Self::ServiceTier,
        Self::Stop,
        Self::Store,
        Self::Stream,
        Self::StreamOptions,
        Self::Temperature,
        Self::Thinking,
        Self::ToolChoice,
        Self::Tools,
        Self::TopLogprobs,
        Self::TopP,
        Self::User,
        Self::Verbosity,
        Self::WebSearchOptions,
    ];

    /// Those that every provider answers, whatever its list says: transport, not content. Where the list does
    /// not have them they are taken out without a word.
    pub const NEVER_REFUSED: ParamSet = ParamSet::of(&[Self::Stream, Self::StreamOptions, Self::User]);

    /// The parameter of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.binary_search_by(|param| param.as_str().cmp(name)).ok().map(|at| Self::ALL[at])
    }

    /// OpenAI's name for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::ContextManagement => "context_management",
            Self::FrequencyPenalty => "frequency_penalty",
            Self::FunctionCall => "function_call",
            Self::Functions => "functions",
            Self::IncludeServerSideToolInvocations => "include_server_side_tool_invocations",
            Self::LogitBias => "logit_bias",
            Self::Logprobs => "logprobs",
            Self::MaxCompletionTokens => "max_completion_tokens",
            Self::MaxTokens => "max_tokens",
            Self::Modalities => "modalities",
            Self::N => "n",
            Self::ParallelToolCalls => "parallel_tool_calls",
            Self::Prediction => "prediction",
            Self::PresencePenalty => "presence_penalty",
            Self::PromptCacheKey => "prompt_cache_key",
            Self::PromptCacheRetention => "prompt_cache_retention",
            Self::ReasoningEffort => "reasoning_effort",
            Self::ResponseFormat => "response_format",
            Self::SafetyIdentifier => "safety_identifier",
            Self::Seed => "seed",
            Self::ServiceTier => "service_tier",
            Self::Stop => "stop",
            Self::Store => "store",
            Self::Stream => "stream",
            Self::StreamOptions => "stream_options",
            Self::Temperature => "temperature",
            Self::Thinking => "thinking",
            Self::ToolChoice => "tool_choice",
            Self::Tools => "tools",
            Self::TopLogprobs => "top_logprobs",
            Self::TopP => "top_p",
            Self::User => "user",
            Self::Verbosity => "verbosity",
            Self::WebSearchOptions => "web_search_options",
        }
    }
}

impl fmt::Display for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Some of the parameters.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct ParamSet(u64);

impl ParamSet {
    /// None of them.
    pub const EMPTY: Self = Self(0);

    /// What servers that copy OpenAI's chat completions are taken to support when nothing else is known.
    pub const USUAL: Self = Self::of(&[
        Param::Audio,
        Param::FrequencyPenalty,
        Param::FunctionCall,
        Param::Functions,
        Param::LogitBias,
        Param::Logprobs,
        Param::MaxCompletionTokens,
        Param::MaxTokens,
        Param::Modalities,
        Param::N,
        Param::ParallelToolCalls,
        Param::Prediction,
        Param::PresencePenalty,
        Param::PromptCacheKey,
        Param::PromptCacheRetention,
        Param::ResponseFormat,
        Param::SafetyIdentifier,
        Param::Seed,
        Param::ServiceTier,
        Param::Stop,
        Param::Store,
        Param::Stream,
        Param::StreamOptions,
        Param::Temperature,
        Param::ToolChoice,
        Param::Tools,
        Param::TopLogprobs,
        Param::TopP,
        Param::WebSearchOptions,
    ]);

    /// These.
    pub const fn of(params: &[Param]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < params.len() {
            bits |= 1 << params[at] as u32;
            at += 1;
        }
        Self(bits)
    }

    pub(crate) const fn bits(self) -> u64 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Whether `param` is one of them.
    pub const fn has(self, param: Param) -> bool {
        self.0 & (1 << param as u32) != 0
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// These and those.
    #[must_use]
    pub const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// These but for those.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// One by one, in the order of the alphabet.
    pub fn iter(self) -> impl Iterator<Item = Param> {
        Param::ALL.iter().copied().filter(move |param| self.has(*param))
    }
}

impl FromIterator<Param> for ParamSet {
    fn from_iter<I: IntoIterator<Item = Param>>(params: I) -> Self {
        params.into_iter().fold(Self::EMPTY, |set, param| set.with(Self::of(&[param])))
    }
}

impl fmt::Debug for ParamSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Param::as_str)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_finds_its_parameter() {
        assert!(Param::ALL.is_sorted_by(|a, b| a.as_str() < b.as_str() && a < b));
        for param in Param::ALL {
            assert_eq!(Param::named(param.as_str()), Some(*param));
        }
        assert_eq!(Param::named("messages"), None);
    }

    #[test]
    fn sets_keep_what_they_are_given() {
        let some = ParamSet::of(&[Param::Audio, Param::WebSearchOptions]);
        assert_eq!(some.iter().collect::<ParamSet>(), some);
        assert!(some.without(some).is_empty());
        assert_eq!(format!("{some:?}"), r#"{"audio", "web_search_options"}"#);
    }
}
