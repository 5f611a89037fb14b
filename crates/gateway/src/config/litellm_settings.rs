//! `litellm_settings`: what applies to all calls.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::json;

use super::cache::CacheParams;
use super::known;
use super::router_settings::Fallbacks;
use super::support::{later, name_all, protects};
use super::values::{Names, Open, Period};

/// What applies to all calls.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(transform = known_settings)]
pub struct LiteLlmSettings {
    /// How often a failed call is tried again.
    pub num_retries: Option<u32>,
    /// The same, for calls that no router makes.
    #[schemars(transform = later)]
    pub num_retries_per_request: Option<u32>,
    /// Seconds to wait for an answer, where a deployment says nothing.
    #[schemars(range(min = 0))]
    pub request_timeout: Option<f64>,
    /// The models to ask when a model fails: `[{gpt-4o: [claude, gemini]}]`.
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
    /// How many failures in a minute put a deployment aside.
    #[schemars(transform = later)]
    pub allowed_fails: Option<u32>,
    /// Other names for models.
    #[schemars(transform = later)]
    pub model_alias_map: Option<BTreeMap<String, String>>,

    /// Whether parameters that a provider does not know are left out.
    #[schemars(transform = later)]
    pub drop_params: Option<bool>,
    /// Whether requests that a provider would refuse are changed so that it takes them.
    #[schemars(transform = later)]
    pub modify_params: Option<bool>,
    /// The models whose calls take the caller's headers along.
    #[schemars(transform = later)]
    pub model_group_settings: Option<ModelGroupSettings>,
    /// Handlers written in Python.
    #[schemars(transform = later)]
    pub custom_provider_map: Option<Vec<Open>>,

    /// Whether answers are kept and given again.
    #[schemars(transform = later)]
    pub cache: Option<bool>,
    /// Where and for how long.
    #[schemars(transform = later)]
    pub cache_params: Option<CacheParams>,
    /// Seconds for which answers are kept in memory.
    #[schemars(range(min = 0), transform = later)]
    pub default_in_memory_ttl: Option<f64>,
    /// Seconds for which answers are kept in Redis.
    #[schemars(range(min = 0), transform = later)]
    pub default_redis_ttl: Option<f64>,
    /// Whether replicas share what they know of keys in Redis.
    #[schemars(transform = later)]
    pub enable_redis_auth_cache: Option<bool>,

    /// Where accounts of calls go, and what takes part in them.
    #[schemars(transform = later)]
    pub callbacks: Option<Names>,
    /// Where accounts of calls that succeeded go.
    #[schemars(transform = later)]
    pub success_callback: Option<Names>,
    /// Where accounts of calls that failed go.
    #[schemars(transform = later)]
    pub failure_callback: Option<Names>,
    /// Where the state of Redis, database and the like is told.
    #[schemars(transform = later)]
    pub service_callback: Option<Names>,
    /// The same by its other name.
    #[schemars(transform = later)]
    pub service_callbacks: Option<Names>,
    /// Settings of single callbacks.
    #[schemars(transform = later)]
    pub callback_settings: Option<Open>,
    /// The bucket for accounts of calls.
    #[schemars(transform = later)]
    pub s3_callback_params: Option<Open>,
    /// What Langfuse is told as tags.
    #[schemars(transform = later)]
    pub langfuse_default_tags: Option<Vec<String>>,
    /// Whether log lines are JSON.
    #[schemars(transform = later)]
    pub json_logs: Option<bool>,
    /// Whether accounts of calls hold no messages and no answers.
    #[schemars(transform = protects)]
    pub turn_off_message_logging: Option<bool>,
    /// Whether accounts of calls do not tell who called.
    #[schemars(transform = protects)]
    pub redact_user_api_key_info: Option<bool>,
    /// Whether changes by administrators are recorded.
    #[schemars(transform = later)]
    pub store_audit_logs: Option<bool>,
    /// Whether `/metrics` asks for a key.
    #[schemars(transform = later, extend("default" = true))]
    pub require_auth_for_metrics_endpoint: Option<bool>,
    /// Whether budgets are metrics from the start.
    #[schemars(transform = later)]
    pub prometheus_initialize_budget_metrics: Option<bool>,
    /// Which metrics there are, and their labels.
    #[schemars(transform = later)]
    pub prometheus_metrics_config: Option<Vec<Open>>,
    /// The fields of a call's metadata that become labels.
    #[schemars(transform = later)]
    pub custom_prometheus_metadata_labels: Option<Vec<String>>,

    /// Dollars that the whole gateway may spend in `budget_duration`.
    #[schemars(range(min = 0), transform = protects)]
    pub max_budget: Option<f64>,
    /// After which time budgets start anew.
    #[schemars(transform = protects)]
    pub budget_duration: Option<Period>,
    /// The status of an answer that a budget refuses.
    #[schemars(range(min = 400, max = 599), transform = later, extend("default" = 422))]
    pub budget_exceeded_status_code: Option<u16>,
    /// Dollars from which on a budget warns, where it says nothing.
    #[schemars(range(min = 0), transform = later, extend("default" = 50))]
    pub default_soft_budget: Option<f64>,
    /// Dollars that a user may spend, where the user's own budget says nothing.
    #[schemars(range(min = 0), transform = protects)]
    pub max_user_budget: Option<f64>,
    /// The same for internal users.
    #[schemars(range(min = 0), transform = protects)]
    pub max_internal_user_budget: Option<f64>,
    /// The same for internal users who are made by signing in.
    #[schemars(range(min = 0), transform = protects)]
    pub default_max_internal_user_budget: Option<f64>,
    /// After which time budgets of internal users start anew.
    #[schemars(transform = protects)]
    pub internal_user_budget_duration: Option<Period>,
    /// Dollars that a session of the dashboard may spend.
    #[schemars(range(min = 0), transform = later)]
    pub max_ui_session_budget: Option<f64>,
    /// Dollars that an end user may spend, where the end user's own budget says nothing.
    #[schemars(range(min = 0), transform = protects)]
    pub max_end_user_budget: Option<f64>,
    /// The budget of end users who have none.
    #[schemars(transform = protects)]
    pub max_end_user_budget_id: Option<String>,
    /// Whether what end users spend is not counted.
    #[schemars(transform = later)]
    pub disable_end_user_cost_tracking: Option<bool>,
    /// The same for metrics alone.
    #[schemars(transform = later)]
    pub disable_end_user_cost_tracking_prometheus_only: Option<bool>,
    /// Whether metrics tell what end users spend.
    #[schemars(transform = later)]
    pub enable_end_user_cost_tracking_prometheus_only: Option<bool>,
    /// The time zone in which budgets start anew.
    #[schemars(transform = later)]
    pub timezone: Option<String>,
    /// The part of each provider's price that is not paid: `{openai: 0.05}`.
    #[schemars(transform = later)]
    pub cost_discount_config: Option<BTreeMap<String, f64>>,
    /// What is added to each provider's price: `{openai: 0.05}`.
    #[schemars(transform = later)]
    pub cost_margin_config: Option<Open>,
    /// The part of the traffic that each priority keeps.
    #[schemars(transform = protects)]
    pub priority_reservation: Option<Open>,
    /// How that part is kept.
    #[schemars(transform = later)]
    pub priority_reservation_settings: Option<Open>,

    /// What a new key has where nothing is said.
    #[schemars(transform = later)]
    pub default_key_generate_params: Option<Open>,
    /// The most that a new key may have.
    #[schemars(transform = protects)]
    pub upperbound_key_generate_params: Option<Open>,
    /// Who may make keys.
    #[schemars(transform = protects)]
    pub key_generation_settings: Option<Open>,
    /// What a new user has where nothing is said.
    #[schemars(transform = later)]
    pub default_internal_user_params: Option<Open>,
    /// What a new team has where nothing is said.
    #[schemars(transform = later)]
    pub default_team_params: Option<Open>,
    /// Where accounts of single teams' calls go.
    #[schemars(transform = later)]
    pub default_team_settings: Option<Vec<Open>>,
    /// The models that are shown to everybody.
    #[schemars(transform = later)]
    pub public_model_groups: Option<Vec<String>>,

    /// Guardrails in the form of LiteLLM's first version.
    #[schemars(transform = protects)]
    pub guardrails: Option<Vec<Open>>,
    /// Whether names that were masked in a request are put back into its answer.
    #[schemars(transform = later)]
    pub output_parse_pii: Option<bool>,
    /// Other names for MCP servers.
    #[schemars(transform = later)]
    pub mcp_aliases: Option<BTreeMap<String, String>>,
    /// How responses in the background are kept.
    #[schemars(transform = later)]
    pub responses: Option<Open>,

    /// Whether providers' certificates are checked, or the file with the authorities to trust. Read at start.
    #[schemars(extend("default" = true))]
    pub ssl_verify: Option<SslVerify>,
    /// Whether addresses that callers give are checked before they are fetched.
    #[schemars(extend("default" = true))]
    pub user_url_validation: Option<bool>,
    /// The hosts and ranges that callers' addresses may name although they are internal: `files.internal`,
    /// `files.internal:8080`, `10.1.0.0/16`.
    pub user_url_allowed_hosts: Option<Vec<String>>,
    /// The hosts to which a caller may send a call with `api_base`.
    #[schemars(transform = later)]
    pub provider_url_destination_allowed_hosts: Option<Vec<String>>,
}

/// Whether providers' certificates are checked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SslVerify {
    /// Whether they are, by the authorities that the machine trusts.
    Switch(bool),
    /// The file with the authorities to trust.
    Authorities(String),
}

/// Settings by model.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ModelGroupSettings {
    /// The models whose calls take the caller's headers along.
    pub forward_client_headers_to_llm_api: Option<Vec<String>>,
}

fn known_settings(schema: &mut Schema) {
    name_all(schema, known::LITELLM, later, &json!({}));
    name_all(schema, known::LITELLM_PROTECTING, protects, &json!({}));
}
