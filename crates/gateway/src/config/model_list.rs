//! `model_list`: the models that callers may ask for, and who answers.

use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::json;

use super::known;
use super::secret::Secret;
use super::support::{later, name_all, others_later, protects};
use super::values::{Open, Period};

/// A deployment: one provider's model under the name that callers use. Several deployments of one name share its
/// traffic.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct ModelEntry {
    /// The name that callers use; `openai/*` and `*` stand for many.
    pub model_name: String,
    /// Whom it asks, and how.
    pub litellm_params: LiteLlmParams,
    /// What is said about it.
    #[serde(default)]
    pub model_info: ModelInfo,
}

/// Whom a deployment asks, and how. What is not listed here goes to the provider with every call.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(transform = known_params)]
pub struct LiteLlmParams {
    /// The provider and its model: `openai/gpt-4o`.
    pub model: String,
    /// The provider, where `model` does not name it.
    pub custom_llm_provider: Option<String>,
    /// Another address than the provider's own.
    pub api_base: Option<String>,
    /// The provider's key; where there is none, the provider's usual environment variables are looked at.
    pub api_key: Option<Secret>,
    /// The version of the provider's API, which Azure asks for: `2024-10-21`.
    #[schemars(transform = later)]
    pub api_version: Option<String>,
    /// The organization that OpenAI bills.
    #[schemars(transform = later)]
    pub organization: Option<String>,
    /// The entry of `credential_list` that holds key and address.
    #[schemars(transform = later)]
    pub litellm_credential_name: Option<String>,

    /// Its share of the group's traffic, relative to the others.
    #[schemars(range(min = 0), extend("default" = 1))]
    pub weight: Option<f64>,
    /// Its rank among the group's deployments; those of the lowest rank are asked first.
    #[schemars(transform = later)]
    pub order: Option<i64>,
    /// Tokens a minute that it is meant to take.
    #[schemars(transform = later)]
    pub tpm: Option<u64>,
    /// Requests a minute that it is meant to take.
    #[schemars(transform = later)]
    pub rpm: Option<u64>,
    /// Input tokens a minute that it is meant to take.
    #[schemars(transform = later)]
    pub itpm: Option<u64>,
    /// Output tokens a minute that it is meant to take.
    #[schemars(transform = later)]
    pub otpm: Option<u64>,
    /// How many calls it may be given at once.
    #[schemars(transform = protects)]
    pub max_parallel_requests: Option<u64>,
    /// The requests a minute that a key may make of it, where the key says nothing.
    #[schemars(transform = protects)]
    pub default_api_key_rpm_limit: Option<u64>,
    /// The tokens a minute that a key may use of it, where the key says nothing.
    #[schemars(transform = protects)]
    pub default_api_key_tpm_limit: Option<u64>,
    /// Dollars that may be spent on it in `budget_duration`.
    #[schemars(range(min = 0), transform = protects)]
    pub max_budget: Option<f64>,
    /// After which time `max_budget` starts anew.
    #[schemars(transform = protects)]
    pub budget_duration: Option<Period>,
    /// The largest file that it takes, in megabytes.
    #[schemars(range(min = 0), transform = protects)]
    pub max_file_size_mb: Option<f64>,

    /// Seconds to wait for an answer.
    #[schemars(range(min = 0))]
    pub timeout: Option<f64>,
    /// Seconds to wait for an answer that is streamed.
    #[schemars(range(min = 0), transform = later)]
    pub stream_timeout: Option<f64>,
    /// How often a call that failed is tried again by the provider's client.
    #[schemars(transform = later)]
    pub max_retries: Option<u32>,
    /// How often a call that failed is tried again.
    #[schemars(transform = later)]
    pub num_retries: Option<u32>,
    /// Seconds for which it is left alone after failures.
    #[schemars(range(min = 0), transform = later)]
    pub cooldown_time: Option<f64>,

    /// Whether parameters that the provider does not know are left out.
    #[schemars(transform = later)]
    pub drop_params: Option<bool>,
    /// More parameters to leave out.
    #[schemars(transform = later)]
    pub additional_drop_params: Option<Vec<String>>,
    /// OpenAI parameters to send although the provider is not known to take them.
    #[schemars(transform = later)]
    pub allowed_openai_params: Option<Vec<String>>,
    /// More headers for the provider.
    #[schemars(transform = later)]
    pub extra_headers: Option<Open>,
    /// The headers for the provider.
    #[schemars(transform = later)]
    pub headers: Option<Open>,
    /// More fields for the body of every call.
    #[schemars(transform = later)]
    pub extra_body: Option<Open>,
    /// Where prompt-cache marks are put into the messages.
    #[schemars(transform = later)]
    pub cache_control_injection_points: Option<Vec<Open>>,
    /// Whether thinking is put into the text of the answer.
    #[schemars(transform = later)]
    pub merge_reasoning_content_in_choices: Option<bool>,
    /// The parameters that a caller may set although they decide where a call goes.
    #[schemars(transform = later)]
    pub configurable_clientside_auth_params: Option<Vec<serde_json::Value>>,
    /// An answer to give without asking anybody.
    #[schemars(transform = later)]
    pub mock_response: Option<serde_json::Value>,
    /// Guardrails for every call of this model.
    #[schemars(transform = protects)]
    pub guardrails: Option<Vec<String>>,
    /// The tags of calls that it takes.
    #[schemars(transform = later)]
    pub tags: Option<Vec<String>>,
    /// Patterns of the tags of calls that it takes.
    #[schemars(transform = later)]
    pub tag_regex: Option<Vec<String>>,
    /// Whether pass-through routes use its credentials.
    #[schemars(transform = later)]
    pub use_in_pass_through: Option<bool>,
    /// The vector store that it searches.
    #[schemars(transform = later)]
    pub vector_store_id: Option<String>,
    /// How a router by meaning chooses among models.
    #[schemars(transform = later)]
    pub auto_router_config: Option<String>,
    /// How a router by difficulty chooses among models.
    #[schemars(transform = later)]
    pub complexity_router_config: Option<Open>,

    /// The region of the cloud.
    #[schemars(transform = later)]
    pub region_name: Option<String>,
    /// AWS: the access key's id.
    #[schemars(transform = later)]
    pub aws_access_key_id: Option<Secret>,
    /// AWS: the access key.
    #[schemars(transform = later)]
    pub aws_secret_access_key: Option<Secret>,
    /// AWS: the token of a session.
    #[schemars(transform = later)]
    pub aws_session_token: Option<Secret>,
    /// AWS: the region.
    #[schemars(transform = later)]
    pub aws_region_name: Option<String>,
    /// AWS: the profile of the shared configuration.
    #[schemars(transform = later)]
    pub aws_profile_name: Option<String>,
    /// AWS: the role to take on.
    #[schemars(transform = later)]
    pub aws_role_name: Option<String>,
    /// AWS: the name of the session under that role.
    #[schemars(transform = later)]
    pub aws_session_name: Option<String>,
    /// AWS: the identity token to take the role on with.
    #[schemars(transform = later)]
    pub aws_web_identity_token: Option<Secret>,
    /// AWS: the address of the token service.
    #[schemars(transform = later)]
    pub aws_sts_endpoint: Option<String>,
    /// AWS: the external id that the role asks for.
    #[schemars(transform = later)]
    pub aws_external_id: Option<String>,
    /// AWS: another address of Bedrock's runtime.
    #[schemars(transform = later)]
    pub aws_bedrock_runtime_endpoint: Option<String>,
    /// Google: the project.
    #[schemars(transform = later)]
    pub vertex_project: Option<String>,
    /// Google: the location.
    #[schemars(transform = later)]
    pub vertex_location: Option<String>,
    /// Google: a service account, as JSON or as the path of a file.
    #[schemars(transform = later)]
    pub vertex_credentials: Option<VertexCredentials>,
    /// Azure: an Entra token.
    #[schemars(transform = later)]
    pub azure_ad_token: Option<Secret>,
    /// Azure: the tenant.
    #[schemars(transform = later)]
    pub tenant_id: Option<String>,
    /// Azure: the application.
    #[schemars(transform = later)]
    pub client_id: Option<String>,
    /// Azure: the application's secret.
    #[schemars(transform = later)]
    pub client_secret: Option<Secret>,
    /// Azure: the scope to ask a token for.
    #[schemars(transform = later)]
    pub azure_scope: Option<String>,
    /// Azure: the user.
    #[schemars(transform = later)]
    pub azure_username: Option<String>,
    /// Azure: the user's password.
    #[schemars(transform = later)]
    pub azure_password: Option<Secret>,

    /// Everything else: prices, and parameters that go to the provider.
    #[serde(flatten)]
    pub rest: Open,
}

/// A Google service account.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum VertexCredentials {
    /// JSON, or the path of a file that holds it.
    Text(Secret),
    /// The account itself.
    Account(Open),
}

/// What is said about a deployment. More may be said; it is shown to callers who ask for a model's information.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(transform = known_info)]
pub struct ModelInfo {
    /// Its identifier, shown to callers; made from the rest where nothing is said. No two may be the same.
    pub id: Option<String>,
    /// The model whose prices and limits are meant, where `model` is a name of one's own, as on Azure.
    #[schemars(transform = later)]
    pub base_model: Option<String>,
    /// What it does: `chat`, `completion`, `embedding`, `image_generation`, `audio_speech`, `audio_transcription`,
    /// `rerank`, `realtime`, `responses`, `batch`.
    #[schemars(transform = later)]
    pub mode: Option<String>,
    /// The groups by which keys and teams are given access to it.
    #[schemars(transform = later)]
    pub access_groups: Option<Vec<String>>,
    /// The environments in which it is served: `development`, `staging`, `production`.
    #[schemars(transform = later)]
    pub supported_environments: Option<Vec<String>>,
    /// The only team that may use it.
    #[schemars(transform = protects)]
    pub team_id: Option<String>,
    /// The name under which that team uses it.
    #[schemars(transform = later)]
    pub team_public_model_name: Option<String>,
    /// Whether nobody may use it.
    #[schemars(transform = protects)]
    pub blocked: Option<bool>,
    /// `free` or `paid`.
    #[schemars(transform = later)]
    pub tier: Option<String>,
    /// The model to ask when its health is checked, where the name is a wildcard.
    #[schemars(transform = later)]
    pub health_check_model: Option<String>,
    /// Seconds that a check of its health may take.
    #[schemars(range(min = 0), transform = later)]
    pub health_check_timeout: Option<f64>,
    /// How many tokens a check of its health may use.
    #[schemars(transform = later)]
    pub health_check_max_tokens: Option<u32>,
    /// Whether its health is not checked by the clock.
    #[schemars(transform = later)]
    pub disable_background_health_check: Option<bool>,
    /// The largest input that it takes, in tokens.
    #[schemars(transform = later)]
    pub max_input_tokens: Option<u64>,
    /// The largest output that it makes, in tokens.
    #[schemars(transform = later)]
    pub max_output_tokens: Option<u64>,
    /// Everything else that is said.
    #[serde(flatten)]
    pub rest: Open,
}

/// A named credential that deployments refer to.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Credential {
    /// The name to which `litellm_credential_name` refers.
    pub credential_name: String,
    /// Key, address and whatever else the provider asks for.
    pub credential_values: Open,
    /// What is said about it.
    pub credential_info: Option<Open>,
}

fn known_params(schema: &mut Schema) {
    name_all(
        schema,
        known::PRICES,
        later,
        &json!({ "type": "number", "description": "A price in dollars." }),
    );
    name_all(schema, known::PRICE_TABLES, later, &json!({ "description": "Prices in dollars." }));
    name_all(schema, known::PARAMS, later, &json!({}));
    others_later(schema);
}

fn known_info(schema: &mut Schema) {
    name_all(
        schema,
        known::PRICES,
        later,
        &json!({ "type": "number", "description": "A price in dollars." }),
    );
    name_all(schema, known::INFO, later, &json!({}));
    others_later(schema);
}
