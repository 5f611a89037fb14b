//! What the tests of the whole gateway stand on: a gateway in this process or as the real program, a caller in
//! front of it, and a look at the records that it leaves.

mod caller;
mod process;
mod records;
mod running;

use ferrolite_testkit::FakeProvider;
use serde_json::{Value, json};

pub(crate) use caller::{Answer, SOON};
pub(crate) use process::{Exit, Launch, Process};
pub(crate) use records::rows;
pub(crate) use running::Running;

/// The key of the gateway under test.
pub(crate) const MASTER_KEY: &str = "sk-master-canary-1f0c";

/// The key with which it calls its provider.
pub(crate) const PROVIDER_KEY: &str = "sk-provider-canary-7b2e";

/// One model, `fast`, asked of `provider`; a failure is final, and where it is not, waits are short.
pub(crate) fn config(provider: &FakeProvider) -> Value {
    json!({
        "model_list": [deployment(provider)],
        "router_settings": {"num_retries": 0, "retry_after": 0.01},
        "general_settings": {"master_key": MASTER_KEY},
    })
}

/// The same with `retries` more tries.
pub(crate) fn config_with_retries(provider: &FakeProvider, retries: u32) -> Value {
    let mut config = config(provider);
    config["router_settings"]["num_retries"] = retries.into();
    config
}

/// The same with a provider that is not waited for longer than this.
pub(crate) fn config_with_timeout(provider: &FakeProvider, seconds: f64) -> Value {
    let mut config = config(provider);
    config["model_list"][0]["litellm_params"]["timeout"] = seconds.into();
    config
}

/// The model `fast`, asked of `provider`.
pub(crate) fn deployment(provider: &FakeProvider) -> Value {
    json!({
        "model_name": "fast",
        "litellm_params": {
            "model": "openai/gpt-4o",
            "api_base": format!("{}/v1", provider.url()),
            "api_key": PROVIDER_KEY,
        },
    })
}

/// A request for a whole answer.
pub(crate) fn question() -> Value {
    json!({"model": "fast", "messages": [{"role": "user", "content": "hi"}]})
}

/// The same for a streamed one.
pub(crate) fn streamed_question() -> Value {
    with(question(), "stream", true)
}

/// A request with one member more, or another value for it.
pub(crate) fn with(mut request: Value, member: &str, value: impl Into<Value>) -> Value {
    request[member] = value.into();
    request
}
