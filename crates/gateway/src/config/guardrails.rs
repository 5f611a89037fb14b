//! `guardrails`: what looks at requests and answers before they go on.

use schemars::JsonSchema;
use serde::Deserialize;

use super::secret::Secret;
use super::values::{Names, Open};

/// A guardrail.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Guardrail {
    /// The name by which keys, models and calls ask for it.
    pub guardrail_name: String,
    /// What it is, and when it looks.
    pub litellm_params: GuardrailParams,
    /// What is said about it.
    pub guardrail_info: Option<Open>,
}

/// What a guardrail is, and when it looks. More belongs to single kinds of guardrails.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct GuardrailParams {
    /// Its kind: `presidio`, `bedrock`, `lakera_v2`, `openai_moderation`, …
    pub guardrail: String,
    /// When it looks: `pre_call`, `post_call`, `during_call`, `logging_only`, …, or by the tags of a call.
    pub mode: Option<Mode>,
    /// Whether it looks at calls that do not ask for it.
    pub default_on: Option<bool>,
    /// The address of the service that judges.
    pub api_base: Option<String>,
    /// The key of that service.
    pub api_key: Option<Secret>,
    /// What belongs to this kind of guardrail.
    #[serde(flatten)]
    pub rest: Open,
}

/// When a guardrail looks.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Mode {
    /// Always then.
    Always(Names),
    /// By the tags of a call: `{tags: {strict: pre_call}, default: logging_only}`.
    ByTag(Open),
}
