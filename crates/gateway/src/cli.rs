//! The arguments of the `ferrolite` command: LiteLLM's under their own names, and a few of ours.
//!
//! A symbolic link called `litellm` to this program is enough for scripts that start LiteLLM.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::FalseyValueParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Parser, Subcommand};
use ferrolite_gateway::front::Cors;
use ferrolite_gateway::load::Strictness;
use ferrolite_gateway::serve::Web;
use ferrolite_gateway::tls::TlsFiles;
use serde_json::{Map, Value as Json, json};

/// One API in front of every LLM provider. Without a command it serves.
#[derive(Debug, Parser)]
#[command(name = "ferrolite", version, disable_version_flag = true, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: Serve,
    /// Print the version
    #[arg(short = 'v', long, visible_short_alias = 'V', action = ArgAction::Version)]
    version: Option<bool>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the gateway
    Serve(Box<Serve>),
    /// Tell what is wrong with a configuration, without starting anything
    Check(Check),
    /// Print the JSON schema of the configuration, for editors
    Schema,
    /// Print what was spent, by day and model
    Spend(Spend),
}

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Serve {
    /// LiteLLM's config.yaml; without one, every provider whose key is in the environment is served
    #[arg(short, long, env = "CONFIG_FILE_PATH")]
    pub(crate) config: Option<PathBuf>,
    /// The address to listen on
    #[arg(long, env = "HOST", default_value = "0.0.0.0")]
    pub(crate) host: String,
    /// The port to listen on; 0 takes a free one
    #[arg(long, env = "PORT", default_value_t = 4000)]
    pub(crate) port: u16,
    /// Where journal and database live
    #[arg(long, env = "FERROLITE_HOME", default_value_os_t = state_folder())]
    pub(crate) home: PathBuf,
    /// Seconds for which calls under way may go on after SIGTERM
    #[arg(long, env = "FERROLITE_DRAIN_SECONDS", default_value_t = drain_seconds())]
    pub(crate) drain: u64,
    /// Answer a first call of its own when it listens, and print it
    #[arg(long = "try")]
    pub(crate) first_call: bool,
    #[command(flatten)]
    pub(crate) strictness: Strict,
    /// Log more
    #[arg(long, env = "DEBUG", value_parser = FalseyValueParser::new())]
    pub(crate) debug: bool,
    /// Log everything
    #[arg(long = "detailed_debug", alias = "detailed-debug", env = "DETAILED_DEBUG", value_parser = FalseyValueParser::new())]
    pub(crate) detailed_debug: bool,
    /// Tell what is wrong with the configuration, and do not start
    #[arg(long = "validate_config", alias = "validate-config", requires = "config")]
    pub(crate) validate_config: bool,
    /// Prepare the database, and do not start
    #[arg(long = "skip_server_startup", alias = "skip-server-startup")]
    pub(crate) skip_server_startup: bool,
    #[command(flatten)]
    pub(crate) web: WebArguments,
    #[command(flatten)]
    pub(crate) quick: QuickStart,
    #[command(flatten)]
    pub(crate) without_effect: WithoutEffect,
}

impl Serve {
    /// The check that was asked for in place of serving.
    pub(crate) fn only_check(&self) -> Option<Check> {
        let file = self.config.clone().filter(|_| self.validate_config)?;
        Some(Check { file, strictness: self.strictness.clone() })
    }

    /// How much was asked to be logged.
    pub(crate) fn log_level(&self) -> Option<&'static str> {
        match (self.detailed_debug, self.debug) {
            (true, _) => Some("trace"),
            (false, true) => Some("debug"),
            (false, false) => None,
        }
    }
}

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Check {
    /// The configuration
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) strictness: Strict,
}

/// What a configuration may do.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Strict {
    /// Refuse a configuration with warnings
    #[arg(long)]
    strict: bool,
    /// Start although this setting, which protects, is not supported yet; may be given several times
    #[arg(long = "accept-unsupported", value_name = "KEY", value_delimiter = ',')]
    accept_unsupported: Vec<String>,
}

impl From<Strict> for Strictness {
    fn from(Strict { strict, accept_unsupported }: Strict) -> Self {
        Self { strict, accepted: accept_unsupported }
    }
}

#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Spend {
    /// The first day (UTC), as 2026-11-22
    #[arg(long)]
    pub(crate) from: Option<String>,
    /// The last day (UTC)
    #[arg(long)]
    pub(crate) to: Option<String>,
    /// Where journal and database live
    #[arg(long, env = "FERROLITE_HOME", default_value_os_t = state_folder())]
    pub(crate) home: PathBuf,
}

/// How the gateway meets its callers.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct WebArguments {
    /// The certificate, as PEM; connections are encrypted then
    #[arg(
        long = "ssl_certfile_path",
        alias = "ssl-certfile-path",
        env = "SSL_CERTFILE_PATH",
        requires = "ssl_keyfile_path"
    )]
    ssl_certfile_path: Option<PathBuf>,
    /// The certificate's private key, as PEM
    #[arg(
        long = "ssl_keyfile_path",
        alias = "ssl-keyfile-path",
        env = "SSL_KEYFILE_PATH",
        requires = "ssl_certfile_path"
    )]
    ssl_keyfile_path: Option<PathBuf>,
    /// Seconds for which a connection may be unused
    #[arg(
        long = "keepalive_timeout",
        alias = "keepalive-timeout",
        env = "KEEPALIVE_TIMEOUT",
        default_value_t = 30
    )]
    keepalive_timeout: u64,
    /// The path below which the API lies as well, as /api
    #[arg(
        long = "root_path",
        alias = "root-path",
        env = "SERVER_ROOT_PATH",
        default_value = "",
        hide_default_value = true
    )]
    root_path: String,
    /// The origins whose pages may call, separated by commas
    #[arg(
        long = "cors_origins",
        alias = "cors-origins",
        env = "LITELLM_CORS_ORIGINS",
        value_delimiter = ',',
        default_value = "*"
    )]
    cors_origins: Vec<String>,
    /// Whether cookies and passwords may come along; where nothing is said, from origins that are named
    #[arg(long = "cors_credentials", alias = "cors-credentials", env = "LITELLM_CORS_ALLOW_CREDENTIALS", value_parser = FalseyValueParser::new())]
    cors_credentials: Option<bool>,
}

impl From<WebArguments> for Web {
    fn from(arguments: WebArguments) -> Self {
        let WebArguments { ssl_certfile_path, ssl_keyfile_path, keepalive_timeout, root_path, .. } =
            arguments;
        let files = ssl_certfile_path.zip(ssl_keyfile_path);
        let origins = arguments.cors_origins.iter().map(|origin| origin.trim().to_owned());
        let named: Vec<String> = origins.filter(|origin| !origin.is_empty()).collect();
        let origins = if named.is_empty() { Cors::default().origins } else { named };
        Self {
            root_path,
            cors: Cors { origins, credentials: arguments.cors_credentials },
            tls: files.map(|(certificates, key)| TlsFiles { certificates, key }),
            idle: Duration::from_secs(keepalive_timeout),
        }
    }
}

/// A configuration with one model, said in arguments.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "One model instead of a configuration")]
pub(crate) struct QuickStart {
    /// Serve this model: openai/gpt-4o
    #[arg(short, long, conflicts_with = "config")]
    model: Option<String>,
    /// The name that callers use for it
    #[arg(long, requires = "model")]
    alias: Option<String>,
    /// Another address than the provider's own
    #[arg(long = "api_base", alias = "api-base", requires = "model")]
    api_base: Option<String>,
    /// The version of the provider's API
    #[arg(long = "api_version", alias = "api-version", requires = "model")]
    api_version: Option<String>,
    /// The temperature of its calls
    #[arg(long, requires = "model")]
    temperature: Option<f64>,
    /// The most tokens of an answer
    #[arg(long = "max_tokens", alias = "max-tokens", requires = "model")]
    max_tokens: Option<u64>,
    /// Seconds to wait for an answer
    #[arg(long = "request_timeout", alias = "request-timeout", requires = "model")]
    request_timeout: Option<f64>,
    /// Leave parameters out that the provider does not know
    #[arg(long = "drop_params", alias = "drop-params", requires = "model")]
    drop_params: bool,
    /// Tell functions in the prompt where the provider knows none
    #[arg(long = "add_function_to_prompt", alias = "add-function-to-prompt", requires = "model")]
    add_function_to_prompt: bool,
    /// Dollars that may be spent
    #[arg(long = "max_budget", alias = "max-budget", requires = "model")]
    max_budget: Option<f64>,
    /// Headers for its calls, as JSON
    #[arg(long, requires = "model", value_parser = object)]
    headers: Option<Map<String, Json>>,
    /// An environment variable for its calls, as NAME=value
    #[arg(long = "add_key", alias = "add-key", requires = "model", value_parser = variable)]
    add_key: Vec<(String, String)>,
}

impl QuickStart {
    /// The same as a configuration file would say it; JSON is YAML.
    pub(crate) fn as_config(&self) -> Option<String> {
        let Self { model, alias, api_base, api_version, temperature, max_tokens, .. } = self;
        let model = model.as_ref()?;
        let params = [
            ("model", json!(model)),
            ("api_base", json!(api_base)),
            ("api_version", json!(api_version)),
            ("temperature", json!(temperature)),
            ("max_tokens", json!(max_tokens)),
            ("extra_headers", json!(self.headers)),
        ];
        let settings = [
            ("request_timeout", json!(self.request_timeout)),
            ("drop_params", said(self.drop_params)),
            ("add_function_to_prompt", said(self.add_function_to_prompt)),
            ("max_budget", json!(self.max_budget)),
        ];
        let deployment =
            json!({ "model_name": alias.as_ref().unwrap_or(model), "litellm_params": given(params) });
        let variables: Map<String, Json> =
            self.add_key.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let config = json!({
            "model_list": [deployment],
            "litellm_settings": given(settings),
            "environment_variables": variables,
        });
        Some(format!("{config:#}\n"))
    }
}

fn given<const N: usize>(values: [(&str, Json); N]) -> Map<String, Json> {
    values
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn said(switch: bool) -> Json {
    if switch { Json::Bool(true) } else { Json::Null }
}

fn object(text: &str) -> Result<Map<String, Json>, String> {
    serde_json::from_str(text)
        .map_err(|error| format!("not a JSON object such as {{\"x-team\": \"a\"}}: {error}"))
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=value")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// LiteLLM's arguments that change nothing here; each is taken, and says why it has no effect.
#[derive(Debug, Clone, Default)]
pub(crate) struct WithoutEffect {
    given: Vec<&'static Moot>,
}

/// An argument that changes nothing.
#[derive(Debug)]
pub(crate) struct Moot {
    name: &'static str,
    takes_value: bool,
    /// Why it has no effect.
    why: &'static str,
}

const ONE_PROCESS: &str = "one process uses every core";
const OWN_SERVER: &str = "the gateway brings its own server";
const NOT_YET: &str = "it is not supported yet";
const OWN_MIGRATIONS: &str = "the database is always brought up to date, one step at a time";

/// Every such argument.
const MOOT: &[Moot] = &[
    moot("num_workers", true, ONE_PROCESS),
    moot("run_gunicorn", false, OWN_SERVER),
    moot("run_hypercorn", false, OWN_SERVER),
    moot("run_granian", false, OWN_SERVER),
    moot("granian_threads", true, OWN_SERVER),
    moot("timeout_worker_healthcheck", true, ONE_PROCESS),
    moot("max_requests_before_restart", true, "nothing grows that a restart would free"),
    moot("max_requests_before_restart_jitter", true, "nothing grows that a restart would free"),
    moot("reload", false, "a changed configuration always takes effect at once"),
    moot("use_prisma_db_push", false, OWN_MIGRATIONS),
    moot("enforce_prisma_migration_check", false, OWN_MIGRATIONS),
    moot("use_v2_migration_resolver", false, OWN_MIGRATIONS),
    moot("use_legacy_migration_resolver", false, OWN_MIGRATIONS),
    moot("use_queue", false, "LiteLLM gives it no effect either"),
    moot("local", false, "LiteLLM gives it no effect either"),
    moot("telemetry", true, "the gateway tells nobody about itself"),
    moot("save", false, "what is said in arguments is not kept; write a configuration"),
    moot(
        "setup",
        false,
        "without a configuration the gateway serves every provider whose key is in the environment",
    ),
    moot("log_config", true, "logging is set by RUST_LOG, LITELLM_LOG and JSON_LOGS"),
    moot("ciphers", true, "only the safe ciphers of TLS 1.2 and 1.3 are spoken"),
    moot("limit_concurrency", true, NOT_YET),
    moot("iam_token_db_auth", false, NOT_YET),
    moot("azure_postgresql_auth", false, NOT_YET),
    moot("prometheus_metrics_port", true, NOT_YET),
    moot("health", false, NOT_YET),
    moot("test", false, "use --try"),
    moot("test_async", false, "use --try"),
    moot("num_requests", true, "use --try"),
];

const fn moot(name: &'static str, takes_value: bool, why: &'static str) -> Moot {
    Moot { name, takes_value, why }
}

impl WithoutEffect {
    /// A sentence for each that was given.
    pub(crate) fn sentences(&self) -> impl Iterator<Item = String> {
        self.given.iter().map(|Moot { name, takes_value: _, why }| format!("--{name} has no effect: {why}"))
    }
}

impl clap::Args for WithoutEffect {
    fn augment_args(command: clap::Command) -> clap::Command {
        MOOT.iter().fold(command, |command, Moot { name, takes_value, why: _ }| {
            let action = if *takes_value { ArgAction::Append } else { ArgAction::SetTrue };
            command.arg(Arg::new(*name).long(*name).hide(true).action(action))
        })
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for WithoutEffect {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let was_given = |moot: &&Moot| matches.value_source(moot.name) == Some(ValueSource::CommandLine);
        Ok(Self { given: MOOT.iter().filter(was_given).collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// How long calls may go on unless told otherwise: LiteLLM's own variable, else 30 seconds.
fn drain_seconds() -> u64 {
    std::env::var("GRACEFUL_SHUTDOWN_TIMEOUT").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(30)
}

/// Where state lives unless told otherwise: the XDG state folder.
fn state_folder() -> PathBuf {
    let xdg = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state"));
    xdg.or_else(home).unwrap_or_else(|| PathBuf::from(".")).join("ferrolite")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn serve(arguments: &[&str]) -> Serve {
        Arguments::try_parse_from([&["litellm"], arguments].concat()).unwrap().serve
    }

    #[test]
    fn the_arguments_are_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn arguments_without_effect_are_taken_and_say_why() {
        let said: Vec<String> =
            serve(&["--num_workers", "4", "--run_gunicorn"]).without_effect.sentences().collect();
        assert_eq!(
            said,
            [
                "--num_workers has no effect: one process uses every core",
                "--run_gunicorn has no effect: the gateway brings its own server"
            ]
        );
        assert_eq!(serve(&[]).without_effect.sentences().count(), 0);
    }

    #[test]
    fn one_model_can_be_said_in_arguments() {
        let arguments = [
            "-m",
            "openai/gpt-4o",
            "--alias",
            "gpt",
            "--drop_params",
            "--temperature",
            "0.2",
            "--headers",
            "{\"a\": \"b\"}",
        ];
        let config: Json = serde_json::from_str(&serve(&arguments).quick.as_config().unwrap()).unwrap();
        assert_eq!(
            config,
            json!({
                "model_list": [{
                    "model_name": "gpt",
                    "litellm_params": { "model": "openai/gpt-4o", "temperature": 0.2, "extra_headers": { "a": "b" } },
                }],
                "litellm_settings": { "drop_params": true },
                "environment_variables": {},
            })
        );
        assert_eq!(serve(&[]).quick.as_config(), None);
    }

    #[test]
    fn arguments_of_a_model_need_one() {
        assert!(Arguments::try_parse_from(["litellm", "--alias", "gpt"]).is_err());
    }
}
