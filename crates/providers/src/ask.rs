//! What callers ask about a model before they call it: which parameters it takes, what it can do, and which keys
//! are missing. The answers are LiteLLM's.

use std::collections::BTreeSet;

use crate::catalogue::{Catalogue, Text};
use crate::facts::Facts;
use crate::param::{Param, ParamSet};
use crate::params::{Params, Policy};
use crate::price::PriceTable;
use crate::resolve::{Env, Found, Search};

/// Answers questions about models.
#[derive(Debug, Clone)]
pub struct Oracle {
    catalogue: Catalogue,
    prices: PriceTable,
}

/// What a model can do, as far as anybody says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ability {
    /// It fills in an answer that the caller begins.
    AssistantPrefill,
    /// It hears.
    AudioInput,
    /// It speaks.
    AudioOutput,
    /// It uses a computer.
    ComputerUse,
    /// It calls functions.
    FunctionCalling,
    /// It can be told not to think.
    NoneReasoningEffort,
    /// It calls several functions at once.
    ParallelFunctionCalling,
    /// It reads PDF files.
    PdfInput,
    /// It reads repeated prompts from a cache.
    PromptCaching,
    /// It thinks before it answers.
    Reasoning,
    /// It answers by a JSON schema.
    ResponseSchema,
    /// It obeys an operator.
    SystemMessages,
    /// It can be told which tool to call.
    ToolChoice,
    /// It reads web pages by their address.
    UrlContext,
    /// It watches videos.
    VideoInput,
    /// It sees.
    Vision,
    /// It searches the web.
    WebSearch,
}

/// Whether what a model needs is in the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Whether nothing is missing.
    pub keys_in_environment: bool,
    /// The variables of which one or all must be set.
    pub missing_keys: Vec<String>,
}

impl Ability {
    /// All of them. One line each.
    pub const ALL: &[Self] = &[
        Self::AssistantPrefill,
        Self::AudioInput,
        Self::AudioOutput,
        Self::ComputerUse,
        Self::FunctionCalling,
        Self::NoneReasoningEffort,
        Self::ParallelFunctionCalling,
        Self::PdfInput,
        Self::PromptCaching,
        Self::Reasoning,
        Self::ResponseSchema,
        Self::SystemMessages,
        Self::ToolChoice,
        Self::UrlContext,
        Self::VideoInput,
        Self::Vision,
        Self::WebSearch,
    ];

    /// The price map's name for it, which is LiteLLM's function of that name too.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AssistantPrefill => "supports_assistant_prefill",
            Self::AudioInput => "supports_audio_input",
            Self::AudioOutput => "supports_audio_output",
            Self::ComputerUse => "supports_computer_use",
            Self::FunctionCalling => "supports_function_calling",
            Self::NoneReasoningEffort => "supports_none_reasoning_effort",
            Self::ParallelFunctionCalling => "supports_parallel_function_calling",
            Self::PdfInput => "supports_pdf_input",
            Self::PromptCaching => "supports_prompt_caching",
            Self::Reasoning => "supports_reasoning",
            Self::ResponseSchema => "supports_response_schema",
            Self::SystemMessages => "supports_system_messages",
            Self::ToolChoice => "supports_tool_choice",
            Self::UrlContext => "supports_url_context",
            Self::VideoInput => "supports_video_input",
            Self::Vision => "supports_vision",
            Self::WebSearch => "supports_web_search",
        }
    }
}

impl Oracle {
    /// One that knows what came with the program.
    pub fn builtin() -> Self {
        Self::new(Catalogue::builtin(), PriceTable::builtin())
    }

    /// One that knows this.
    pub fn new(catalogue: Catalogue, prices: PriceTable) -> Self {
        Self { catalogue, prices }
    }

    /// What `get_supported_openai_params` answers: the parameters of a chat request that are supported; `None` for a
    /// model that nobody is known to serve.
    pub fn supported_params(&self, model: &str, provider: Option<&str>) -> Option<ParamSet> {
        let Found { provider, model, by_address: _ } = self.find(model, provider, &|_| None)?;
        let facts = Facts::of(&self.catalogue, &self.prices, &provider.name, &model);
        Some(Params::of(&provider, &model, &facts, true, Policy::default()).supported())
    }

    /// What `supports_vision` and its like answer. What nobody says is not so.
    pub fn supports(&self, ability: Ability, model: &str, provider: Option<&str>) -> bool {
        let name = match self.find(model, provider, &|_| None) {
            Some(Found { provider, model, by_address: _ }) => (provider.name, model),
            None => match model.split_once('/').filter(|(name, _)| self.catalogue.pending(name).is_some()) {
                Some((name, model)) => (Text::from(name.to_owned()), model.to_owned()),
                None => return false,
            },
        };
        let (provider, model) = name;
        Facts::of(&self.catalogue, &self.prices, &provider, &model).flag(ability.as_str()) == Some(true)
    }

    /// What `validate_environment` answers. Of several variables that can hold a key one is enough; of the names
    /// that are missing the first is told.
    pub fn readiness(&self, model: &str, env: Env<'_>) -> Readiness {
        let is_set = |name: &Text| env(name).is_some_and(|value| !value.is_empty());
        let Some(Found { provider, model: _, by_address: _ }) = self.find(model, None, env) else {
            return Readiness { keys_in_environment: false, missing_keys: Vec::new() };
        };
        let mut missing = BTreeSet::new();
        let has_key = provider.key_env.iter().chain(&provider.bearer_env).any(is_set);
        if provider.needs_key() && !has_key {
            missing.extend(provider.key_env.last());
        }
        if provider.base_url.is_none() && !provider.base_env.iter().any(is_set) {
            missing.extend(provider.base_env.first());
        }
        let missing_keys: Vec<String> = missing.into_iter().map(|name| name.clone().into_owned()).collect();
        Readiness { keys_in_environment: missing_keys.is_empty(), missing_keys }
    }

    /// The models that the price map lists, as `provider/model`, with what is known of each, for a table.
    pub fn models(&self) -> impl Iterator<Item = Model<'_>> {
        self.prices.iter().filter_map(|entry| {
            let provider = entry.provider()?.into_owned();
            Some(Model {
                name: entry.key(),
                can_be_called: self.catalogue.find(&provider).is_some(),
                provider,
                entry,
            })
        })
    }

    /// The providers.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    fn find(&self, model: &str, said: Option<&str>, env: Env<'_>) -> Option<Found> {
        let Self { catalogue, prices } = self;
        Search { catalogue, prices, env, said, address: None }.find(model).ok()
    }
}

/// A model that the price map lists.
#[derive(Debug)]
pub struct Model<'t> {
    /// Its name in the map.
    pub name: &'t str,
    /// Who serves it.
    pub provider: String,
    /// Whether we can call that provider.
    pub can_be_called: bool,
    /// Everything else that the map says.
    pub entry: crate::price::Entry<'t>,
}

/// The names of some parameters, as LiteLLM lists them.
pub fn names(params: ParamSet) -> Vec<&'static str> {
    params.iter().map(Param::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_tells_which_parameters_it_takes() {
        let oracle = Oracle::builtin();
        let takes = |model, param| oracle.supported_params(model, None).unwrap().has(param);
        assert!(takes("gpt-4o", Param::Temperature) && !takes("gpt-4o", Param::ReasoningEffort));
        assert!(takes("gpt-5", Param::Verbosity) && !takes("gpt-5", Param::Stop));
        assert!(takes("openai/o3-mini", Param::ReasoningEffort) && !takes("openai/o3-mini", Param::TopP));
        assert!(
            !takes("anthropic/claude-sonnet-4-5", Param::N)
                && takes("anthropic/claude-sonnet-4-5", Param::Thinking)
        );
        assert!(!takes("poe/unheard-of", Param::Tools));
        assert_eq!(oracle.supported_params("unheard-of", None), None);
        assert_eq!(oracle.supported_params("x", Some("groq")), oracle.supported_params("groq/x", None));
    }

    #[test]
    fn a_model_tells_what_it_can_do() {
        let oracle = Oracle::builtin();
        assert!(oracle.supports(Ability::Vision, "gpt-4o", None));
        assert!(!oracle.supports(Ability::Vision, "gpt-3.5-turbo", None));
        assert!(oracle.supports(Ability::Reasoning, "claude-novel-9", None));
        assert!(oracle.supports(
            Ability::FunctionCalling,
            "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            None
        ));
        assert!(!oracle.supports(Ability::WebSearch, "unheard-of", None));
    }

    #[test]
    fn a_model_tells_what_is_missing() {
        let oracle = Oracle::builtin();
        let ready = |model, set: &'static [&'static str]| {
            oracle.readiness(model, &move |name| set.contains(&name).then(|| "x".to_owned()))
        };
        let missing = |keys: &[&str]| Readiness {
            keys_in_environment: keys.is_empty(),
            missing_keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        };
        assert_eq!(ready("gpt-4o", &[]), missing(&["OPENAI_API_KEY"]));
        assert_eq!(ready("gpt-4o", &["OPENAI_API_KEY"]), missing(&[]));
        assert_eq!(ready("anthropic/claude-sonnet-4-5", &["ANTHROPIC_AUTH_TOKEN"]), missing(&[]));
        assert_eq!(ready("azure/mine", &["AZURE_API_KEY"]), missing(&["AZURE_API_BASE"]));
        assert_eq!(ready("llamafile/mine", &[]), missing(&[]));
        assert!(!ready("unheard-of", &[]).keys_in_environment);
    }

    #[test]
    fn models_are_listed_with_their_provider() {
        let oracle = Oracle::builtin();
        let model = oracle.models().find(|model| model.name == "gpt-4o").unwrap();
        assert_eq!((model.provider.as_str(), model.can_be_called), ("openai", true));
        assert_eq!(model.entry.mode().as_deref(), Some("chat"));
    }
}
