//! A program that calls models: its client, and the providers behind it.

use std::time::Duration;

use ferrolite::chat::{self, ChatRequest, Part, PartBody};
use ferrolite::{
    Client, Deadlines, Deployment, DeploymentSpec, Http, HttpOptions, Overrides, RetryPolicy, Ways,
};
use ferrolite_testkit::FakeProvider;

/// Long enough for a busy machine, and never waited for when all is well.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// How long providers are waited for.
pub(crate) const PATIENCE: Duration = Duration::from_millis(150);

/// The model `fast`, asked of `provider`.
pub(crate) fn deployment(id: &str, provider: &FakeProvider, weight: f64) -> Deployment {
    let base = format!("{}/v1", provider.url());
    let spec = DeploymentSpec {
        id,
        group: "fast",
        model: "openai/gpt-4o",
        said: Overrides { base_url: Some(&base), key: Some("sk-of-the-program"), ..Overrides::default() },
        weight: Some(weight),
        deadlines: Deadlines { head: PATIENCE, idle: PATIENCE },
        prices: None,
    };
    Deployment::new(&spec, &|_| None).unwrap()
}

/// A client of these deployments that tries a failed call `retries` more times, after hardly a wait.
pub(crate) fn client(deployments: Vec<Deployment>, retries: u32) -> Client {
    let policy = RetryPolicy { retries, shortest: Duration::from_millis(5), ..RetryPolicy::default() };
    Client::with(Ways::new(Http::new(&HttpOptions::default())), deployments, policy)
}

/// A client that asks `provider`, once.
pub(crate) fn client_of(provider: &FakeProvider) -> Client {
    client(vec![deployment("only", provider, 1.0)], 0)
}

pub(crate) fn question() -> ChatRequest {
    chat::request("fast", "hi")
}

/// The name and the arguments of the tools that these parts call.
pub(crate) fn calls(parts: &[Part]) -> Vec<(&str, &str)> {
    let calls = parts.iter().filter_map(|part| match &part.body {
        PartBody::ToolCall(call) => Some((call.name.as_str(), call.input.text())),
        _ => None,
    });
    calls.collect()
}
