//! `general_settings`: the gateway itself.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::json;

use super::known;
use super::secret::Secret;
use super::support::{later, name_all, protects};
use super::values::{Names, Open, Period};

/// The gateway itself.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(transform = known_settings)]
pub struct GeneralSettings {
    /// The key that may do everything. Where nothing is said, the environment variable `LITELLM_MASTER_KEY`; where
    /// that is not set either, everybody may call.
    pub master_key: Option<Secret>,
    /// Whether the gateway starts with a master key that everybody knows, or with none.
    #[schemars(transform = later)]
    pub dangerously_permit_weak_or_unset_master_key: Option<bool>,
    /// The header in which callers show their key, in place of the usual ones.
    #[schemars(transform = protects)]
    pub litellm_key_header_name: Option<String>,
    /// A Python function that decides who may call.
    #[schemars(transform = protects)]
    pub custom_auth: Option<String>,
    /// Whether budgets and models are checked for callers that the function lets in.
    #[schemars(transform = protects)]
    pub custom_auth_run_common_checks: Option<bool>,
    /// Python functions that decide about new keys.
    #[schemars(transform = protects)]
    pub custom_key_generate: Option<String>,
    /// The same for changes of keys.
    #[schemars(transform = protects)]
    pub custom_key_update: Option<String>,
    /// The same for what keys may do.
    #[schemars(transform = protects)]
    pub custom_key_policy: Option<String>,
    /// Whether tokens of an identity provider are keys.
    #[schemars(transform = protects)]
    pub enable_jwt_auth: Option<bool>,
    /// How such tokens are read.
    #[schemars(transform = protects)]
    pub litellm_jwtauth: Option<Open>,
    /// Whether the roles in such tokens decide what is allowed.
    #[schemars(transform = protects)]
    pub enforce_rbac: Option<bool>,
    /// What each role may do.
    #[schemars(transform = protects)]
    pub role_permissions: Option<Vec<RolePermissions>>,
    /// Whether opaque tokens are looked up at an identity provider.
    #[schemars(transform = protects)]
    pub enable_oauth2_auth: Option<bool>,
    /// Whether headers of a proxy that has signed the user in are believed.
    #[schemars(transform = protects)]
    pub enable_oauth2_proxy_auth: Option<bool>,
    /// Which header says what.
    #[schemars(transform = later)]
    pub oauth2_config_mappings: Option<Open>,
    /// Whether callers may bring key and address of a provider.
    #[schemars(transform = later)]
    pub allow_client_side_credentials: Option<bool>,
    /// Whether a caller's own provider key wins over a deployment's.
    #[schemars(transform = later)]
    pub forward_llm_provider_auth_headers: Option<bool>,
    /// Whether callers' `x-` headers go to the provider.
    #[schemars(transform = later)]
    pub forward_client_headers_to_llm_api: Option<bool>,

    /// The only addresses that may call.
    #[schemars(transform = protects)]
    pub allowed_ips: Option<Vec<String>>,
    /// Whether a proxy is believed that says which address calls.
    #[schemars(transform = later)]
    pub use_x_forwarded_for: Option<bool>,
    /// The proxies that are believed.
    #[schemars(transform = later)]
    pub trusted_proxy_ranges: Option<Vec<String>>,
    /// The only routes that are served.
    #[schemars(transform = protects)]
    pub allowed_routes: Option<Vec<String>>,
    /// More routes that need no key.
    #[schemars(transform = later)]
    pub public_routes: Option<Vec<String>>,
    /// More routes for administrators only.
    #[schemars(transform = protects)]
    pub admin_only_routes: Option<Vec<String>>,
    /// Parameters without which no call is taken.
    #[schemars(transform = protects)]
    pub enforced_params: Option<Vec<String>>,
    /// The same for keys of services.
    #[schemars(transform = protects)]
    pub service_account_settings: Option<Open>,
    /// Whether no call is taken that does not name its user.
    #[schemars(transform = protects)]
    pub enforce_user_param: Option<bool>,
    /// Whether no call is taken that brings tags.
    #[schemars(transform = protects)]
    pub reject_clientside_metadata_tags: Option<bool>,
    /// The header that names the end user.
    #[schemars(transform = later)]
    pub user_header_name: Option<String>,
    /// The headers that name users.
    #[schemars(transform = later)]
    pub user_header_mappings: Option<OneOrManyMappings>,
    /// Whether models to fall back to must be allowed to the caller too.
    #[schemars(transform = protects)]
    pub enforce_fallback_model_access: Option<bool>,
    /// Whether a response may be read and gone on from by others than its caller.
    #[schemars(transform = later)]
    pub disable_responses_id_security: Option<bool>,
    /// Whether responses that the gateway did not make may be gone on from.
    #[schemars(transform = later)]
    pub allow_unmanaged_response_ids: Option<bool>,
    /// Whether addresses that callers give are checked before they are fetched.
    #[schemars(extend("default" = true))]
    pub user_url_validation: Option<bool>,
    /// The hosts and ranges that callers' addresses may name although they are internal: `files.internal`,
    /// `files.internal:8080`, `10.1.0.0/16`.
    pub user_url_allowed_hosts: Option<Vec<String>>,
    /// The hosts to which a caller may send a call with `api_base`.
    #[schemars(transform = later)]
    pub provider_url_destination_allowed_hosts: Option<Vec<String>>,

    /// How many calls a key may have under way, where the key says nothing.
    #[schemars(transform = protects)]
    pub max_parallel_requests: Option<u32>,
    /// How many calls may be under way in all.
    #[schemars(transform = protects)]
    pub global_max_parallel_requests: Option<u32>,
    /// How many calls one process takes at once.
    #[schemars(transform = protects)]
    pub max_in_flight_requests_per_worker: Option<u32>,
    /// How many more may wait.
    #[schemars(transform = protects)]
    pub max_queued_requests_per_worker: Option<u32>,
    /// Seconds for which they wait.
    #[schemars(range(min = 0), transform = later, extend("default" = 1.0))]
    pub admission_queue_timeout_seconds: Option<f64>,
    /// The largest request that is taken, in megabytes.
    #[schemars(transform = protects)]
    pub max_request_size_mb: Option<u32>,
    /// The largest answer that is passed on, in megabytes.
    #[schemars(transform = protects)]
    pub max_response_size_mb: Option<u32>,
    /// The largest file that may be uploaded, in megabytes.
    #[schemars(transform = protects)]
    pub max_file_size_mb: Option<u32>,
    /// The largest batch that may be uploaded, in megabytes.
    #[schemars(transform = protects)]
    pub max_batch_file_size_mb: Option<u32>,
    /// Which tokens a limit counts: `total`, `input` or `output`.
    #[schemars(transform = later)]
    pub token_rate_limit_type: Option<TokenKind>,
    /// Whether calls are refused while limits cannot be looked up.
    #[schemars(transform = protects)]
    pub fail_closed_rate_limit_enforcement: Option<bool>,
    /// Whether calls are refused while budgets cannot be looked up.
    #[schemars(transform = protects)]
    pub fail_closed_budget_enforcement: Option<bool>,
    /// Whether a budget is looked at and nothing is held back.
    #[schemars(transform = later)]
    pub disable_budget_reservation: Option<bool>,
    /// Whether a user's budget also counts for the keys of teams.
    #[schemars(transform = protects)]
    pub apply_user_budget_to_team_keys: Option<bool>,

    /// Where everything is kept, as an address.
    #[schemars(transform = later)]
    pub database_url: Option<Secret>,
    /// How many connections to it are kept.
    #[schemars(transform = later, extend("default" = 10))]
    pub database_connection_pool_limit: Option<u32>,
    /// Seconds to wait for one of them.
    #[schemars(range(min = 0), transform = later, extend("default" = 60))]
    pub database_connection_timeout: Option<f64>,
    /// Whether statements are not prepared, as proxies in front of a database may ask.
    #[schemars(transform = later)]
    pub database_disable_prepared_statements: Option<bool>,
    /// Whether the database is left as it is at start.
    #[schemars(transform = later)]
    pub disable_prisma_schema_update: Option<bool>,
    /// Whether calls are taken while the database is away.
    #[schemars(transform = later)]
    pub allow_requests_on_db_unavailable: Option<bool>,
    /// Whether models, credentials and settings can also be kept in the database.
    #[schemars(transform = later)]
    pub store_model_in_db: Option<bool>,
    /// Which of them are read from there.
    #[schemars(transform = later)]
    pub supported_db_objects: Option<Vec<String>>,
    /// How often the database is asked for changes, in seconds.
    #[schemars(transform = later, extend("default" = 30))]
    pub proxy_config_reload_interval_seconds: Option<u32>,
    /// The Redis that replicas share for limits, budgets and locks.
    #[schemars(transform = later)]
    pub coordination_redis: Option<CoordinationRedis>,
    /// Whether what is spent goes to the database by way of Redis.
    #[schemars(transform = later)]
    pub use_redis_transaction_buffer: Option<bool>,
    /// Seconds for which a key is remembered.
    #[schemars(range(min = 0), transform = later, extend("default" = 60))]
    pub user_api_key_cache_ttl: Option<f64>,
    /// How many keys are remembered.
    #[schemars(transform = later)]
    pub user_api_key_cache_max_size: Option<u32>,
    /// How stored credentials are encrypted: `xsalsa20-poly1305` or `aes-256-gcm`.
    #[schemars(transform = later)]
    pub encryption_algorithm: Option<String>,
    /// The vault that `os.environ/NAME` is looked up in first.
    #[schemars(transform = later)]
    pub key_management_system: Option<String>,
    /// How that vault is used.
    #[schemars(transform = later)]
    pub key_management_settings: Option<Open>,

    /// Whether calls are not recorded one by one.
    #[schemars(transform = later)]
    pub disable_spend_logs: Option<bool>,
    /// Whether what is spent is not summed up.
    #[schemars(transform = later)]
    pub disable_spend_updates: Option<bool>,
    /// Whether calls that failed are not recorded.
    #[schemars(transform = later)]
    pub disable_error_logs: Option<bool>,
    /// Whether records hold messages and answers.
    #[schemars(transform = later)]
    pub store_prompts_in_spend_logs: Option<bool>,
    /// For how long records are kept.
    #[schemars(transform = later)]
    pub maximum_spend_logs_retention_period: Option<Period>,
    /// How often old records are removed.
    #[schemars(transform = later, extend("default" = "1d"))]
    pub maximum_spend_logs_retention_interval: Option<Period>,
    /// The same as a line of cron.
    #[schemars(transform = later)]
    pub maximum_spend_logs_cleanup_cron: Option<String>,
    /// For how long results of health checks are kept.
    #[schemars(transform = later)]
    pub maximum_health_check_retention_period: Option<Period>,
    /// How often sums are written, in seconds.
    #[schemars(transform = later, extend("default" = 10))]
    pub proxy_batch_write_at: Option<u32>,
    /// How often finished batches are looked for, in seconds.
    #[schemars(transform = later, extend("default" = 3600))]
    pub proxy_batch_polling_interval: Option<u32>,
    /// The shortest time between two looks for budgets that start anew, in seconds.
    #[schemars(transform = later, extend("default" = 597))]
    pub proxy_budget_rescheduler_min_time: Option<u32>,
    /// The longest such time, in seconds.
    #[schemars(transform = later, extend("default" = 605))]
    pub proxy_budget_rescheduler_max_time: Option<u32>,
    /// How replicas avoid doing the same at the same moment.
    #[schemars(transform = later)]
    pub scheduled_job_stagger: Option<Open>,

    /// Whether deployments are asked by the clock whether they are well.
    #[schemars(transform = later)]
    pub background_health_checks: Option<bool>,
    /// Seconds between two such rounds.
    #[schemars(transform = later, extend("default" = 300))]
    pub health_check_interval: Option<u32>,
    /// How many deployments are asked at once.
    #[schemars(transform = later)]
    pub health_check_concurrency: Option<u32>,
    /// Whether one replica asks for all.
    #[schemars(transform = later)]
    pub use_shared_health_check: Option<bool>,
    /// Whether deployments that are not well are passed over.
    #[schemars(transform = later)]
    pub enable_health_check_routing: Option<bool>,
    /// Seconds after which what is known of a deployment's health counts for nothing.
    #[schemars(transform = later)]
    pub health_check_staleness_threshold: Option<u32>,
    /// Whether rate limits and time-outs do not count as being unwell.
    #[schemars(transform = later)]
    pub health_check_ignore_transient_errors: Option<bool>,
    /// Whether anybody may read the details of `/health/readiness`.
    #[schemars(transform = later)]
    pub allow_public_health_readiness_details: Option<bool>,
    /// Whether a route can ask the gateway to take no more calls.
    #[schemars(transform = later)]
    pub enable_drain_endpoint: Option<bool>,
    /// The token that this route asks for.
    #[schemars(transform = later)]
    pub drain_endpoint_token: Option<Secret>,

    /// Who is alerted: `slack`, `webhook`, `email`, `pagerduty`.
    #[schemars(transform = later)]
    pub alerting: Option<Names>,
    /// About what.
    #[schemars(transform = later)]
    pub alert_types: Option<Names>,
    /// At which address, by the kind of alert.
    #[schemars(transform = later)]
    pub alert_to_webhook_url: Option<BTreeMap<String, WebhookUrls>>,
    /// How alerts are made.
    #[schemars(transform = later)]
    pub alerting_args: Option<Open>,
    /// Seconds after which a call without an answer is alerted about.
    #[schemars(transform = later, extend("default" = 300))]
    pub alerting_threshold: Option<u32>,

    /// Who may use the dashboard: `all` or `admin_only`.
    #[schemars(transform = later)]
    pub ui_access_mode: Option<serde_json::Value>,
    /// Whether the dashboard's password cannot be used when single sign-on is set up.
    #[schemars(transform = later)]
    pub disable_password_login_when_sso_enabled: Option<bool>,
    /// Whether `UI_USERNAME` and `UI_PASSWORD` do not sign in.
    #[schemars(transform = later)]
    pub disable_env_credential_login: Option<bool>,
    /// How often an address may fail to sign in.
    #[schemars(transform = later)]
    pub max_failed_login_attempts_per_source: Option<u32>,
    /// In how many seconds.
    #[schemars(transform = later, extend("default" = 60))]
    pub failed_login_window_seconds: Option<u32>,
    /// For how many seconds it is then kept out.
    #[schemars(transform = later, extend("default" = 300))]
    pub failed_login_block_seconds: Option<u32>,

    /// Routes of one's own that are passed on.
    #[schemars(transform = later)]
    pub pass_through_endpoints: Option<Vec<PassThroughEndpoint>>,
    /// Seconds to wait for an answer on such routes.
    #[schemars(range(min = 0), transform = later, extend("default" = 600))]
    pub pass_through_request_timeout: Option<f64>,
    /// The model that every chat call is made with.
    #[schemars(transform = later)]
    pub completion_model: Option<String>,
    /// Whether a call is given up when its caller has left.
    #[schemars(transform = later)]
    pub cancel_on_disconnect: Option<bool>,
    /// Whether every stream ends with what was used.
    #[schemars(transform = later)]
    pub always_include_stream_usage: Option<bool>,
    /// Whether callers may ask for made-up failures.
    #[schemars(transform = later)]
    pub dangerously_allow_mock_testing_request_params: Option<bool>,
    /// The networks from which MCP calls count as internal.
    #[schemars(transform = later)]
    pub mcp_internal_ip_ranges: Option<Vec<String>>,
    /// The proxies that are believed about the address of an MCP caller.
    #[schemars(transform = later)]
    pub mcp_trusted_proxy_ranges: Option<Vec<String>>,
}

/// What a role may do.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct RolePermissions {
    /// The role.
    pub role: String,
    /// The models that it may use.
    pub models: Option<Vec<String>>,
    /// The routes that it may call.
    pub routes: Option<Vec<String>>,
}

/// Headers that name users: one, or several.
pub type OneOrManyMappings = super::values::OneOrMany<UserHeaderMapping>;

/// A header that names a user.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct UserHeaderMapping {
    /// The header.
    pub header_name: String,
    /// Whom it names: `internal_user` or `customer`.
    pub litellm_user_role: String,
}

/// Which tokens a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// All of them.
    Total,
    /// Those of the request.
    Input,
    /// Those of the answer.
    Output,
}

/// One address for alerts, or several.
pub type WebhookUrls = super::values::OneOrMany<Secret>;

/// The Redis that replicas share.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct CoordinationRedis {
    /// Its host.
    pub host: Option<String>,
    /// Its port.
    pub port: Option<u16>,
    /// The user.
    pub username: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// All of it as an address.
    pub url: Option<Secret>,
    /// Whether it is spoken to through TLS.
    pub ssl: Option<bool>,
    /// The nodes of a Redis Cluster to ask first.
    pub startup_nodes: Option<Vec<super::cache::Node>>,
    /// The sentinels, as `[host, port]`.
    pub sentinel_nodes: Option<Vec<(String, u16)>>,
    /// The password of the sentinels.
    pub sentinel_password: Option<Secret>,
    /// The name that the sentinels know it by.
    pub service_name: Option<String>,
    /// Everything else, for the Redis client.
    #[serde(flatten)]
    pub rest: Open,
}

/// A route of one's own that is passed on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct PassThroughEndpoint {
    /// The route.
    pub path: String,
    /// The address that it leads to.
    pub target: String,
    /// Headers for every call; `bearer os.environ/NAME` is filled in.
    pub headers: Option<BTreeMap<String, Secret>>,
    /// Whether the caller's headers go along.
    pub forward_headers: Option<bool>,
    /// Whether everything below the route is passed on too.
    pub include_subpath: Option<bool>,
    /// Whether the target's query and the caller's are put together.
    pub merge_query_params: Option<bool>,
    /// Query parameters where the caller says nothing.
    pub default_query_params: Option<Open>,
    /// The methods that are passed on.
    pub methods: Option<Vec<String>>,
    /// Whether callers need a key.
    pub auth: Option<bool>,
    /// What a call costs, in dollars.
    pub cost_per_request: Option<f64>,
    /// Seconds to wait for an answer.
    #[schemars(range(min = 0))]
    pub timeout: Option<f64>,
    /// Guardrails for its calls.
    pub guardrails: Option<serde_json::Value>,
    /// The name that the route is known by.
    pub id: Option<String>,
    /// How the key is read.
    pub custom_auth_parser: Option<String>,
}

fn known_settings(schema: &mut Schema) {
    name_all(schema, known::GENERAL, later, &json!({}));
    name_all(schema, known::GENERAL_PROTECTING, protects, &json!({}));
}
