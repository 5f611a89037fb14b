//! What is meant: the configuration checked and resolved. Never changes in place; a new one replaces it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ferrolite::catalogue::{Catalogue, Provider};
use ferrolite::{
    Allowed, Deadlines, Deployment, DeploymentSpec, FetchPolicy, Fetcher, Overrides, Policy, RetryPolicy,
};
use ferrolite_router::Candidate;
use ferrolite_types::{Error, RawJson};
use sha2::{Digest, Sha256};

use crate::config::{Config, Env, LiteLlmParams, ModelEntry, Secret};
use crate::secret::KeyHash;

/// What is meant.
#[derive(Debug)]
pub struct Runtime {
    /// The models, by the name that callers use.
    pub groups: HashMap<String, Group>,
    /// The key that may do everything; where there is none, everybody may call.
    pub master_key: Option<KeyHash>,
    /// How often and how patiently to try again.
    pub retry: RetryPolicy,
    /// The way to what callers name by address.
    pub fetcher: Fetcher,
    /// Whether `provider/model` names that are not in `groups` are served too.
    pub open: bool,
}

/// The deployments of one model.
#[derive(Debug, Default)]
pub struct Group {
    /// The deployments.
    pub members: Vec<Arc<Deployment>>,
    /// The same as the router sees them.
    pub candidates: Vec<Candidate>,
}

/// A deployment that cannot be served.
#[derive(Debug)]
pub struct LeftOut {
    /// Its position in `model_list`.
    pub index: usize,
    /// Why.
    pub why: Error,
}

impl Runtime {
    /// Lowers a configuration. `env` answers for the environment of the process. A deployment that cannot be
    /// served does not stop the others.
    pub fn lower(config: &Config, env: Env<'_>) -> (Self, Vec<LeftOut>) {
        let env: Env<'_> = &|name| config.environment_variables.get(name, env);
        let mut runtime = Self {
            groups: HashMap::new(),
            master_key: master_key(config, env).as_deref().map(KeyHash::of),
            retry: retry_policy(config),
            fetcher: Fetcher::new(fetch_policy(config)),
            open: false,
        };
        let mut left_out = Vec::new();
        let deadlines = deadlines(config);
        for (index, entry) in config.model_list.iter().enumerate() {
            match lower_entry(entry, deadlines, env) {
                Ok(deployment) => runtime.add(deployment),
                Err(why) => left_out.push(LeftOut { index, why }),
            }
        }
        (runtime, left_out)
    }

    /// Without a file: every provider whose key is in the environment, and the mock, under `provider/*`.
    pub fn from_environment(master_key: KeyHash) -> Self {
        Self {
            groups: HashMap::new(),
            master_key: Some(master_key),
            retry: RetryPolicy::default(),
            fetcher: Fetcher::new(FetchPolicy::default()),
            open: true,
        }
    }

    fn add(&mut self, deployment: Deployment) {
        let group = self.groups.entry(deployment.group.to_string()).or_default();
        group.candidates.push(Candidate { weight: deployment.weight });
        group.members.push(Arc::new(deployment));
    }
}

/// The providers that can be called without further words: the mock, and those whose key is in the environment.
pub(crate) fn ready_providers(env: Env<'_>) -> Vec<Provider> {
    Catalogue::builtin().providers().filter(|provider| is_ready(provider, env)).collect()
}

/// Whether a provider can be called without further words.
pub(crate) fn is_ready(provider: &Provider, env: Env<'_>) -> bool {
    let has_key = provider.key_env.iter().any(|name| env(name).is_some_and(|key| !key.is_empty()));
    has_key || provider.name == MOCK
}

/// The provider that needs no network.
const MOCK: &str = "mock";

/// The master key that file or environment give.
pub(crate) fn master_key(config: &Config, env: Env<'_>) -> Option<String> {
    let said = config.general_settings.master_key.as_ref().map(|key| key.reveal().to_owned());
    said.or_else(|| env("LITELLM_MASTER_KEY")).filter(|key| !key.is_empty())
}

fn retry_policy(config: &Config) -> RetryPolicy {
    let usual = RetryPolicy::default();
    let retries = config.router_settings.num_retries.or(config.litellm_settings.num_retries);
    let shortest = config.router_settings.retry_after.and_then(seconds);
    RetryPolicy {
        retries: retries.unwrap_or(usual.retries),
        shortest: shortest.unwrap_or(usual.shortest),
        ..usual
    }
}

/// From where callers may have images and files fetched; what `general_settings` say counts before the rest.
fn fetch_policy(config: &Config) -> FetchPolicy {
    let (general, rest) = (&config.general_settings, &config.litellm_settings);
    let guarded = general.user_url_validation.or(rest.user_url_validation).unwrap_or(true);
    let hosts = general.user_url_allowed_hosts.as_ref().or(rest.user_url_allowed_hosts.as_ref());
    match guarded {
        true => FetchPolicy::Guarded { allow: Allowed::new(hosts.into_iter().flatten()) },
        false => FetchPolicy::Open,
    }
}

fn deadlines(config: &Config) -> Deadlines {
    let said = config.router_settings.timeout.or(config.litellm_settings.request_timeout).and_then(seconds);
    said.map_or_else(Deadlines::default, |wait| Deadlines { head: wait, idle: wait })
}

fn seconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number).ok()
}

fn lower_entry(entry: &ModelEntry, deadlines: Deadlines, env: Env<'_>) -> Result<Deployment, Error> {
    let params = &entry.litellm_params;
    let id = entry.model_info.id.clone().unwrap_or_else(|| made_id(entry));
    let prices = own_prices(entry);
    let deadlines =
        params.timeout.and_then(seconds).map_or(deadlines, |wait| Deadlines { head: wait, idle: wait });
    let spec = DeploymentSpec {
        id: &id,
        group: &entry.model_name,
        model: &params.model,
        said: Overrides {
            provider: params.custom_llm_provider.as_deref(),
            base_url: params.api_base.as_deref(),
            key: params.api_key.as_ref().map(Secret::reveal),
            token: params.azure_ad_token.as_ref().map(Secret::reveal),
            api_version: params.api_version.as_deref(),
            organization: params.organization.as_deref(),
            base_model: entry.model_info.base_model.as_deref(),
            params: policy(params),
        },
        weight: params.weight,
        deadlines,
        prices: prices.as_ref(),
    };
    Deployment::new(&spec, env)
}

/// What becomes of parameters that the deployment does not support.
fn policy(params: &LiteLlmParams) -> Policy {
    Policy {
        drop: params.drop_params.unwrap_or(false),
        also: params.additional_drop_params.clone().unwrap_or_default(),
        allowed: params.allowed_openai_params.clone().unwrap_or_default(),
    }
}

/// The prices that the entry sets itself: members such as `input_cost_per_token`, of `litellm_params` or
/// `model_info`.
fn own_prices(entry: &ModelEntry) -> Option<RawJson> {
    let said = entry.model_info.rest.0.iter().chain(&entry.litellm_params.rest.0);
    let prices: serde_json::Map<_, _> = said
        .filter(|(key, _)| key.contains("_cost"))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let text = (!prices.is_empty()).then(|| serde_json::Value::Object(prices).to_string())?;
    RawJson::parse(&text).ok()
}

/// An identifier that stays the same as long as the entry does. The key is part of it only as a hash, so that
/// two deployments that differ by their keys alone can be told apart.
fn made_id(entry: &ModelEntry) -> String {
    let params = &entry.litellm_params;
    let mut hash = Sha256::new();
    let key = params.api_key.as_ref().map_or("", Secret::reveal);
    for part in [&entry.model_name, &params.model, params.api_base.as_deref().unwrap_or_default(), key] {
        hash.update(part);
        hash.update([0]);
    }
    hex::encode(hash.finalize())
}
