//! The environment variables that LiteLLM's gateway reads, and what becomes of them here.

use std::fmt::Write as _;

use anyhow::bail;

use crate::config::Env;

/// Variables that belong together.
struct Row {
    names: &'static [&'static str],
    effect: Effect,
    meaning: &'static str,
}

/// What becomes of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Obeyed,
    /// It has no effect yet.
    Later,
    /// The same, and it keeps something out.
    Protects,
    /// It can have no effect, for this reason.
    Moot(&'static str),
}

use Effect::{Later, Moot, Obeyed, Protects};

const fn row(names: &'static [&'static str], effect: Effect, meaning: &'static str) -> Row {
    Row { names, effect, meaning }
}

const ROWS: &[Row] = &[
    row(&["LITELLM_MASTER_KEY"], Obeyed, "the key that may do everything"),
    row(&["LITELLM_SALT_KEY"], Later, "what stored credentials are encrypted with"),
    row(&["LITELLM_LICENSE"], Moot("everything is open"), "LiteLLM's licence"),
    row(&["CONFIG_FILE_PATH"], Obeyed, "the configuration"),
    row(
        &["LITELLM_CONFIG_BUCKET_NAME", "LITELLM_CONFIG_BUCKET_OBJECT_KEY", "LITELLM_CONFIG_BUCKET_TYPE"],
        Later,
        "a configuration in a bucket",
    ),
    row(
        &["HOST", "PORT", "KEEPALIVE_TIMEOUT"],
        Obeyed,
        "where to listen, and how long unused connections are kept",
    ),
    row(&["SSL_CERTFILE_PATH", "SSL_KEYFILE_PATH"], Obeyed, "certificate and key of the gateway"),
    row(&["SERVER_ROOT_PATH"], Obeyed, "the path below which the API lies as well"),
    row(
        &["SERVER_ROOT_PATHS", "ROOT_REDIRECT_URL", "PROXY_BASE_URL"],
        Later,
        "more such paths, and addresses to send callers to",
    ),
    row(&["LITELLM_CORS_ORIGINS", "LITELLM_CORS_ALLOW_CREDENTIALS"], Obeyed, "whose pages may call"),
    row(&["LITELLM_ENABLE_HSTS"], Later, "whether browsers are told to insist on encryption"),
    row(
        &["DEBUG", "DETAILED_DEBUG", "LITELLM_LOG", "JSON_LOGS", "RUST_LOG"],
        Obeyed,
        "how much is logged, and how",
    ),
    row(
        &["SET_VERBOSE", "LITELLM_MODE"],
        Moot("LITELLM_LOG says how much is logged"),
        "how much LiteLLM prints",
    ),
    row(&["GRACEFUL_SHUTDOWN_TIMEOUT"], Obeyed, "seconds for which calls under way may go on at the end"),
    row(
        &["DRAIN_ENDPOINT_TOKEN", "SEPARATE_HEALTH_APP", "SEPARATE_HEALTH_PORT"],
        Later,
        "draining and health on their own",
    ),
    row(&["NUM_WORKERS"], Moot("one process uses every core"), "LiteLLM's processes"),
    row(
        &["LITELLM_WORKER_STARTUP_HOOKS", "LITELLM_DISABLE_LAZY_ROUTES"],
        Moot("there is no Python to start"),
        "how LiteLLM's processes start",
    ),
    row(
        &["DISABLE_LLM_API_ENDPOINTS", "DISABLE_ADMIN_ENDPOINTS"],
        Protects,
        "whether a part of the API is not served",
    ),
    row(
        &[
            "HTTPS_PROXY",
            "https_proxy",
            "HTTP_PROXY",
            "http_proxy",
            "ALL_PROXY",
            "all_proxy",
            "NO_PROXY",
            "no_proxy",
        ],
        Obeyed,
        "the proxies to providers, as curl has them",
    ),
    row(
        &["SSL_VERIFY"],
        Obeyed,
        "whether providers' certificates are checked, or the file with the authorities to trust",
    ),
    row(&["SSL_CERT_FILE"], Obeyed, "the file with the authorities to trust"),
    row(&["SSL_CERTIFICATE"], Obeyed, "the file with the certificate, and its key, that providers are shown"),
    row(
        &["AIOHTTP_TRUST_ENV", "AIOHTTP_CONNECTOR_LIMIT", "AIOHTTP_KEEPALIVE_TIMEOUT"],
        Moot("there is no aiohttp"),
        "LiteLLM's connections",
    ),
    row(
        &[
            "DATABASE_URL",
            "DIRECT_URL",
            "DATABASE_URL_READ_REPLICA",
            "DATABASE_HOST",
            "DATABASE_NAME",
            "DATABASE_SCHEMA",
        ],
        Later,
        "PostgreSQL",
    ),
    row(&["STORE_MODEL_IN_DB"], Later, "whether models are kept in the database too"),
    row(&["DISABLE_SCHEMA_UPDATE"], Later, "whether the database is left as it is at start"),
    row(
        &["USE_PRISMA_MIGRATE"],
        Moot("the database is always brought up to date, one step at a time"),
        "how LiteLLM changes its database",
    ),
    row(
        &["REDIS_URL", "REDIS_HOST", "REDIS_CLUSTER_NODES", "REDIS_SENTINEL_NODES", "REDIS_SERVICE_NAME"],
        Later,
        "the Redis that replicas share",
    ),
    row(
        &["LITELLM_LOCAL_MODEL_COST_MAP", "MODEL_COST_MAP_URL"],
        Moot("prices are built in, and nothing is fetched at start"),
        "where LiteLLM's prices come from",
    ),
    row(
        &["UI_USERNAME", "UI_PASSWORD", "DISABLE_ADMIN_UI", "UI_LOGO_PATH", "LITELLM_UI_SESSION_DURATION"],
        Later,
        "the dashboard",
    ),
    row(
        &[
            "NO_DOCS",
            "NO_REDOC",
            "NO_OPENAPI",
            "DOCS_URL",
            "REDOC_URL",
            "OPENAPI_URL",
            "DOCS_TITLE",
            "DOCS_DESCRIPTION",
        ],
        Later,
        "the pages about the API",
    ),
    row(
        &[
            "PROXY_BATCH_WRITE_AT",
            "PROXY_BUDGET_RESCHEDULER_MIN_TIME",
            "PROXY_BUDGET_RESCHEDULER_MAX_TIME",
            "PROXY_BATCH_POLLING_INTERVAL",
            "PROXY_BATCH_POLLING_ENABLED",
            "SPEND_LOGS_URL",
        ],
        Later,
        "what is done by the clock",
    ),
    row(
        &["LITELLM_RATE_LIMIT_WINDOW_SIZE", "LITELLM_TPM_TOKEN_RESERVATION_ENABLED"],
        Later,
        "how limits are counted",
    ),
    row(
        &["LITELLM_KEY_ROTATION_ENABLED", "LITELLM_KEY_ROTATION_CHECK_INTERVAL_SECONDS"],
        Later,
        "keys that are renewed by the clock",
    ),
    row(
        &["JWT_PUBLIC_KEY_URL", "JWT_AUDIENCE", "JWT_ISSUER", "OAUTH_TOKEN_INFO_ENDPOINT"],
        Later,
        "tokens of identity providers",
    ),
    row(
        &[
            "SLACK_WEBHOOK_URL",
            "WEBHOOK_URL",
            "SMTP_HOST",
            "RESEND_API_KEY",
            "SENDGRID_API_KEY",
            "PAGERDUTY_API_KEY",
        ],
        Later,
        "who is alerted",
    ),
];

/// Logs which variables of the environment have no effect.
///
/// # Errors
/// One that keeps something out has no effect yet, and is not among those that are accepted.
pub(crate) fn tell(env: Env<'_>, accepted: &[String]) -> anyhow::Result<()> {
    for Row { names, effect, .. } in ROWS {
        for name in names.iter().filter(|name| env(name).is_some_and(|value| is_on(&value))) {
            match effect {
                Obeyed => {}
                Moot(why) => tracing::info!("the environment variable {name} has no effect: {why}"),
                Later => tracing::warn!("the environment variable {name} is not supported yet"),
                Protects if accepted.iter().any(|accepted| accepted == name) => {
                    tracing::warn!("the environment variable {name} is not supported yet");
                }
                Protects => bail!(
                    "the environment variable {name} is a protection that is not supported yet; \
                     to start without it: --accept-unsupported={name}"
                ),
            }
        }
    }
    Ok(())
}

fn is_on(value: &str) -> bool {
    !matches!(value.to_ascii_lowercase().as_str(), "" | "0" | "false" | "no" | "off")
}

/// `docs/reference/environment.md`.
pub fn page() -> String {
    let mut page = "\
<!-- Made from crates/gateway/src/variables.rs. Do not edit. -->

# Environment variables

LiteLLM's variables under their own names, and `FERROLITE_HOME` (where journal and database live) and
`FERROLITE_DRAIN_SECONDS` (seconds for which calls under way may go on at the end) of our own. The keys and addresses of
providers are read from the variables that LiteLLM reads them from. A configuration can set variables too, under
`environment_variables`; those above the line that the program itself reads at start (where to listen, what to log) must
come from outside.

*Now* tells what becomes of a variable: it is obeyed (*yes*), it has no effect yet and the log says so (*not yet*), it keeps
something out and the gateway does not start with it unless `--accept-unsupported=<NAME>` is given (*protects*), or it can
have no effect here, for a reason.

| Variable | Now | Meaning |
| --- | --- | --- |
"
    .to_owned();
    for Row { names, effect, meaning } in ROWS {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let now = match effect {
            Obeyed => "yes".to_owned(),
            Later => "not yet".to_owned(),
            Protects => "protects".to_owned(),
            Moot(why) => format!("no: {why}"),
        };
        let _ = writeln!(page, "| {} | {now} | {meaning} |", names.join(", "));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_protects_refuses_the_start_unless_it_is_off_or_accepted() {
        let set = |value: &'static str| {
            move |name: &str| (name == "DISABLE_ADMIN_ENDPOINTS").then(|| value.to_owned())
        };
        assert!(
            tell(&set("true"), &[])
                .unwrap_err()
                .to_string()
                .contains("--accept-unsupported=DISABLE_ADMIN_ENDPOINTS")
        );
        tell(&set("False"), &[]).unwrap();
        tell(&set("true"), &["DISABLE_ADMIN_ENDPOINTS".to_owned()]).unwrap();
    }

    #[test]
    fn no_variable_is_told_about_twice() {
        let mut names: Vec<&str> = ROWS.iter().flat_map(|row| row.names).copied().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
