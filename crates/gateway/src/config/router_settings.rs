//! `router_settings`: which deployment is asked, and what happens when it fails.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::json;

use super::known;
use super::secret::Secret;
use super::support::{later, name_all, protects};
use super::values::{Open, Period};

/// Which deployment is asked, and what happens when it fails. Wins over `litellm_settings`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(transform = known_settings)]
pub struct RouterSettings {
    /// How a deployment is chosen among those of a model.
    #[schemars(transform = later)]
    pub routing_strategy: Option<RoutingStrategy>,
    /// What the strategy wants to know: `ttl`, `lowest_latency_buffer`.
    #[schemars(transform = later)]
    pub routing_strategy_args: Option<Open>,
    /// Groups of models with a strategy of their own.
    #[schemars(transform = later)]
    pub routing_groups: Option<Vec<RoutingGroup>>,

    /// How often a failed call is tried again.
    pub num_retries: Option<u32>,
    /// The shortest wait before the same deployment is asked again, in seconds.
    #[schemars(range(min = 0))]
    pub retry_after: Option<f64>,
    /// How often a call is tried again, by the kind of its failure.
    #[schemars(transform = later)]
    pub retry_policy: Option<RetryPolicy>,
    /// The same by model.
    #[schemars(transform = later)]
    pub model_group_retry_policy: Option<BTreeMap<String, RetryPolicy>>,
    /// Seconds to wait for an answer, where a deployment says nothing.
    #[schemars(range(min = 0))]
    pub timeout: Option<f64>,
    /// Seconds to wait for an answer that is streamed.
    #[schemars(range(min = 0), transform = later)]
    pub stream_timeout: Option<f64>,

    /// The models to ask when a model fails: `[{gpt-4o: [claude, gemini]}]`. The name `*` stands for any.
    #[schemars(transform = later)]
    pub fallbacks: Option<Vec<Fallbacks>>,
    /// The models to ask when an input is too long.
    #[schemars(transform = later)]
    pub context_window_fallbacks: Option<Vec<Fallbacks>>,
    /// The models to ask when a provider refuses the content.
    #[schemars(transform = later)]
    pub content_policy_fallbacks: Option<Vec<Fallbacks>>,
    /// The models to ask when any other one fails that has no fallbacks of its own.
    #[schemars(transform = later)]
    pub default_fallbacks: Option<Vec<String>>,
    /// How many models a call may fall back to.
    #[schemars(transform = later)]
    pub max_fallbacks: Option<u32>,
    /// Whether a failed call goes to the next deployment by weight.
    #[schemars(transform = later)]
    pub enable_weighted_failover: Option<bool>,

    /// How many failures in a minute put a deployment aside.
    #[schemars(transform = later)]
    pub allowed_fails: Option<u32>,
    /// The same by the kind of the failure.
    #[schemars(transform = later)]
    pub allowed_fails_policy: Option<AllowedFailsPolicy>,
    /// Seconds for which a deployment is put aside.
    #[schemars(range(min = 0), transform = later)]
    pub cooldown_time: Option<f64>,
    /// Whether no deployment is ever put aside.
    #[schemars(transform = later)]
    pub disable_cooldowns: Option<bool>,

    /// Other names for models.
    #[schemars(transform = later)]
    pub model_group_alias: Option<BTreeMap<String, Alias>>,
    /// Whether deployments that cannot take a call (its length, its parameters, its region) are passed over.
    #[schemars(transform = later)]
    pub enable_pre_call_checks: Option<bool>,
    /// More checks before a deployment is chosen.
    #[schemars(transform = later)]
    pub optional_pre_call_checks: Option<Vec<PreCallCheck>>,
    /// Whether the tags of a call decide which deployments may take it.
    #[schemars(transform = later)]
    pub enable_tag_filtering: Option<bool>,
    /// Whether one matching tag is enough.
    #[schemars(transform = later, extend("default" = true))]
    pub tag_filtering_match_any: Option<bool>,
    /// The calls that a deployment may be given at once, where it says nothing.
    #[schemars(transform = protects)]
    pub default_max_parallel_requests: Option<u32>,
    /// Dollars that may be spent with a provider: `{openai: {budget_limit: 10, time_period: 1d}}`.
    #[schemars(transform = protects)]
    pub provider_budget_config: Option<BTreeMap<String, ProviderBudget>>,
    /// Parameters for every deployment.
    #[schemars(transform = later)]
    pub default_litellm_params: Option<Open>,
    /// Whether a deployment with mistakes is left out rather than refused. It always is, unless `--strict`.
    #[schemars(extend("x-moot" = "a deployment with mistakes is always left out, and refused under --strict"))]
    pub ignore_invalid_deployments: Option<bool>,

    /// The Redis that replicas share, as an address.
    #[schemars(transform = later)]
    pub redis_url: Option<Secret>,
    /// The Redis that replicas share: its host.
    #[schemars(transform = later)]
    pub redis_host: Option<String>,
    /// Its port.
    #[schemars(transform = later)]
    pub redis_port: Option<u16>,
    /// Its password.
    #[schemars(transform = later)]
    pub redis_password: Option<Secret>,
    /// Whether answers are cached.
    #[schemars(transform = later)]
    pub cache_responses: Option<bool>,
    /// Models that share cached answers.
    #[schemars(transform = later)]
    pub caching_groups: Option<Vec<Vec<String>>>,
}

/// How a deployment is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RoutingStrategy {
    /// By chance, weighted.
    SimpleShuffle,
    /// The one with the fewest calls under way.
    LeastBusy,
    /// The one with the most tokens left in this minute.
    UsageBasedRouting,
    /// The same, counted across replicas.
    UsageBasedRoutingV2,
    /// The fastest one.
    LatencyBasedRouting,
    /// The cheapest one.
    CostBasedRouting,
    /// LiteLLM's `lar1`.
    Lar1,
}

/// A group of models with a strategy of its own.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct RoutingGroup {
    /// Its name.
    pub group_name: String,
    /// The models in it.
    pub models: Vec<String>,
    /// How one of their deployments is chosen.
    pub routing_strategy: String,
    /// What the strategy wants to know.
    pub routing_strategy_args: Option<Open>,
    /// The rank of each model; those of the lowest rank are asked first.
    pub model_priorities: Option<BTreeMap<String, u32>>,
}

/// How often a call is tried again, by the kind of its failure.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct RetryPolicy {
    /// After a request that the provider does not understand.
    pub bad_request_error_retries: Option<u32>,
    /// After a key that the provider does not accept.
    pub authentication_error_retries: Option<u32>,
    /// After a time-out.
    pub timeout_error_retries: Option<u32>,
    /// After a rate limit.
    pub rate_limit_error_retries: Option<u32>,
    /// After a refusal of the content.
    pub content_policy_violation_error_retries: Option<u32>,
    /// After an error of the provider.
    pub internal_server_error_retries: Option<u32>,
    /// After the provider was not available.
    pub service_unavailable_error_retries: Option<u32>,
    /// After something was not found.
    pub not_found_error_retries: Option<u32>,
    /// After anything else.
    pub default_retries: Option<u32>,
}

/// How many failures in a minute put a deployment aside, by their kind.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct AllowedFailsPolicy {
    /// Requests that the provider does not understand.
    pub bad_request_error_allowed_fails: Option<u32>,
    /// Keys that the provider does not accept.
    pub authentication_error_allowed_fails: Option<u32>,
    /// Time-outs.
    pub timeout_error_allowed_fails: Option<u32>,
    /// Rate limits.
    pub rate_limit_error_allowed_fails: Option<u32>,
    /// Refusals of the content.
    pub content_policy_violation_error_allowed_fails: Option<u32>,
    /// Errors of the provider.
    pub internal_server_error_allowed_fails: Option<u32>,
    /// Times at which the provider was not available.
    pub service_unavailable_error_allowed_fails: Option<u32>,
    /// Answers of a broken gateway in between.
    pub bad_gateway_error_allowed_fails: Option<u32>,
    /// Things that were not found.
    pub not_found_error_allowed_fails: Option<u32>,
}

/// The models to fall back to, by the model that fails; one entry.
pub type Fallbacks = BTreeMap<String, Vec<Fallback>>;

/// A model to fall back to.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Fallback {
    /// Its name.
    Name(String),
    /// Its name and parameters to call it with: `{model: gpt-4o, temperature: 0}`.
    With(Open),
}

impl Fallback {
    /// The model's name, where it has one.
    pub fn model(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::With(Open(params)) => params.get("model").and_then(serde_json::Value::as_str),
        }
    }
}

/// What another name means.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Alias {
    /// The model.
    Name(String),
    /// The model, and whether the other name is shown to callers.
    Item {
        /// The model.
        model: String,
        /// Whether lists of models leave the other name out.
        hidden: Option<bool>,
    },
}

impl Alias {
    /// The model that is meant.
    pub fn model(&self) -> &str {
        match self {
            Self::Name(model) | Self::Item { model, hidden: _ } => model,
        }
    }
}

/// A check before a deployment is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PreCallCheck {
    /// Stay with the deployment that has the prompt in its cache.
    PromptCaching,
    /// Pass over deployments whose budget is spent.
    RouterBudgetLimiting,
    /// Stay with the deployment that made the response a call goes on from.
    ResponsesApiDeploymentCheck,
    /// Stay with a deployment per key.
    DeploymentAffinity,
    /// Stay with a deployment per session.
    SessionAffinity,
    /// Pass the caller's headers on where the model's settings say so.
    ForwardClientHeadersByModelGroup,
    /// Hold the deployments' `rpm` and `tpm` as limits.
    EnforceModelRateLimits,
    /// Stay with the deployment that can read its encrypted content.
    EncryptedContentAffinity,
}

/// What may be spent with a provider.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct ProviderBudget {
    /// Dollars.
    pub budget_limit: Option<f64>,
    /// The same by its other name.
    pub max_budget: Option<f64>,
    /// After which time it starts anew.
    pub time_period: Option<Period>,
    /// The same by its other name.
    pub budget_duration: Option<Period>,
    /// Tokens a minute.
    pub tpm_limit: Option<u64>,
    /// Requests a minute.
    pub rpm_limit: Option<u64>,
}

fn known_settings(schema: &mut Schema) {
    name_all(schema, known::ROUTER, later, &json!({}));
}
