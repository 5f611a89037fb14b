//! Obeys, strips or refuses what callers say to the gateway rather than to the model.
//!
//! Invariant: a caller can never make the gateway send its keys somewhere else.

use ferrolite::Policy;
use ferrolite_formats::relay::Edit;
use ferrolite_types::json::{Fields, Value};
use ferrolite_types::{Error, ErrorKind};

use crate::context::Call;

/// Members with which a caller would choose whose credentials go where.
const REFUSED: &[&str] =
    &["api_base", "base_url", "api_version", "user_config", "model_list", "custom_llm_provider"];

/// Beginnings of such members.
const REFUSED_BEGINNINGS: &[&str] = &["aws_", "vertex_", "azure_ad_", "input_cost_per_", "output_cost_per_"];

/// Members that are said to the gateway and mean nothing to a provider.
const STRIPPED: &[&str] = &[
    "additional_drop_params",
    "allowed_openai_params",
    "api_key",
    "applied_guardrails",
    "cache",
    "caching",
    "callbacks",
    "client_side_timeout",
    "content_policy_fallbacks",
    "context_window_fallbacks",
    "disable_fallbacks",
    "disable_global_guardrails",
    "drop_params",
    "fallback_depth",
    "fallbacks",
    "guardrails",
    "litellm_call_id",
    "litellm_disabled_callbacks",
    "litellm_metadata",
    "litellm_session_id",
    "litellm_trace_id",
    "logger_fn",
    "max_agentic_loops",
    "metadata",
    "mock_response",
    "mock_testing_content_policy_fallbacks",
    "mock_testing_context_fallbacks",
    "mock_testing_fallbacks",
    "mock_timeout",
    "mock_tool_calls",
    "no-log",
    "num_retries",
    "priority",
    "prompt_id",
    "prompt_variables",
    "proxy_server_request",
    "secret_fields",
    "service_callback",
    "standard_logging_object",
    "stream_timeout",
    "tags",
    "timeout",
    "weights",
];

/// Goes through the members of the body.
pub(super) fn body(call: &mut Call) -> Result<(), Error> {
    let text = std::str::from_utf8(&call.body).map_err(|_| Error::bad_request("the body is not UTF-8"))?;
    let mut fields = call.outline.fields(text);
    for key in fields.keys() {
        if is_refused(&key) {
            return Err(rejected(&key));
        }
        if STRIPPED.binary_search(&&*key).is_ok() {
            call.edits.push(Edit::Remove(key.into_owned()));
        }
    }
    call.policy = policy(&mut fields)?;
    call.end_user = fields.peek_str("user").map(Into::into);
    Ok(())
}

/// What the request says about parameters that a target does not support.
fn policy(fields: &mut Fields<'_>) -> Result<Policy, Error> {
    let words = |value: Value<'_>| value.list(|word| word.str().map(Into::into));
    Ok(Policy {
        drop: fields.bool("drop_params")?.unwrap_or(false),
        also: fields.read("additional_drop_params", words)?.unwrap_or_default(),
        allowed: fields.read("allowed_openai_params", words)?.unwrap_or_default(),
    })
}

fn is_refused(key: &str) -> bool {
    REFUSED.contains(&key) || REFUSED_BEGINNINGS.iter().any(|beginning| key.starts_with(beginning))
}

fn rejected(key: &str) -> Error {
    let message = format!(
        "Authentication Error, Rejected Request: {key} is not allowed in request body. An operator may allow it for a \
         deployment with `configurable_clientside_auth_params`."
    );
    Error::new(ErrorKind::Authentication, message).code("auth_error").param("None")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_for_the_search() {
        assert!(STRIPPED.is_sorted());
    }
}
