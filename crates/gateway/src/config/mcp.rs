//! `mcp_servers`: the tools that callers can use through the gateway.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::secret::Secret;
use super::values::Open;

/// A server of tools: an address, a command, or an OpenAPI document. More belongs to single ways to sign in.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct McpServer {
    /// Its address.
    pub url: Option<String>,
    /// How it is spoken to; `sse` where nothing is said.
    pub transport: Option<Transport>,
    /// The program to start, for `stdio`.
    pub command: Option<String>,
    /// The program's arguments.
    pub args: Option<Vec<String>>,
    /// The program's environment.
    pub env: Option<BTreeMap<String, Secret>>,
    /// The OpenAPI document whose operations are the tools.
    pub spec_path: Option<String>,
    /// Another name for it.
    pub alias: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// How the gateway signs in: `none`, `api_key`, `bearer_token`, `basic`, `authorization`, `oauth2`, …
    pub auth_type: Option<String>,
    /// The token to sign in with.
    pub authentication_token: Option<Secret>,
    /// The same by its other name.
    pub auth_value: Option<Secret>,
    /// Headers for every call.
    pub static_headers: Option<BTreeMap<String, Secret>>,
    /// The caller's headers that go along.
    pub extra_headers: Option<Vec<String>>,
    /// The only tools that are offered.
    pub allowed_tools: Option<Vec<String>>,
    /// The tools that are not offered.
    pub disallowed_tools: Option<Vec<String>>,
    /// The only parameters that a tool is given, by tool.
    pub allowed_params: Option<BTreeMap<String, Vec<String>>>,
    /// The groups by which keys and teams are given access to it.
    pub access_groups: Option<Vec<String>>,
    /// Whether every key may use it.
    pub allow_all_keys: Option<bool>,
    /// Whether it may be used from outside.
    pub available_on_public_internet: Option<bool>,
    /// What is said about it, the price of its tools among it.
    pub mcp_info: Option<Open>,
    /// OAuth: the gateway's name.
    pub client_id: Option<String>,
    /// OAuth: the gateway's secret.
    pub client_secret: Option<Secret>,
    /// OAuth: where tokens come from.
    pub token_url: Option<String>,
    /// OAuth: where users agree.
    pub authorization_url: Option<String>,
    /// OAuth: what is asked for.
    pub scopes: Option<Vec<String>>,
    /// Seconds to wait for an answer.
    #[schemars(range(min = 0))]
    pub timeout: Option<f64>,
    /// What belongs to this way to sign in.
    #[serde(flatten)]
    pub rest: Open,
}

/// How a server of tools is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Streamable HTTP.
    Http,
    /// HTTP with server-sent events, the older way.
    Sse,
    /// A program's input and output.
    Stdio,
}
