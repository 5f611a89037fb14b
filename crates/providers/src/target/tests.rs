use super::*;

fn env(name: &str) -> Option<String> {
    let value = match name {
        "OPENAI_API_KEY" | "GROQ_API_KEY" | "NADIR_API_KEY" | "ANTHROPIC_API_KEY" | "SARVAM_API_KEY" => {
            "sk-env"
        }
        "AZURE_API_KEY" => "azure-key",
        "OR_APP_NAME" => "app",
        _ => return None,
    };
    Some(value.to_owned())
}

fn target(model: &str, said: &Overrides<'_>) -> Target {
    resolve(model, said, &env).unwrap_or_else(|error| panic!("{model}: {error}"))
}

fn at(base_url: &str) -> Overrides<'_> {
    Overrides { base_url: Some(base_url), ..Overrides::default() }
}

/// The address of a whole answer and the credential, in the target's first format.
fn call(target: &Target, path: &str) -> (String, Vec<String>) {
    let way = &target.ways[0];
    (way.url(path), way.headers.iter().map(|header| format!("{}: {}", header.name, header.value)).collect())
}

const CHAT: &str = "/chat/completions";

#[test]
fn what_the_user_says_wins_over_environment_and_catalogue() {
    let plain = target("openai/gpt-4o", &Overrides::default());
    assert_eq!((plain.model.as_str(), plain.base_url.as_str()), ("gpt-4o", "https://api.openai.com/v1"));
    assert_eq!(plain.key.as_deref(), Some("sk-env"));
    let said = Overrides { key: Some("sk-said"), ..at("http://here/v1/") };
    let said = target("openai/gpt-4o", &said);
    assert_eq!((said.base_url.as_str(), said.key.as_deref()), ("http://here/v1", Some("sk-said")));
    let (url, headers) = call(&said, CHAT);
    assert_eq!(
        (url.as_str(), headers),
        ("http://here/v1/chat/completions", vec!["authorization: Bearer sk-said".to_owned()])
    );
}

#[test]
fn azure_names_the_deployment_and_the_version() {
    let said = Overrides { api_version: Some("2024-10-21"), ..at("https://res.openai.azure.com/") };
    let azure = target("azure/my gpt", &said);
    let (url, headers) = call(&azure, CHAT);
    assert_eq!(
        url,
        "https://res.openai.azure.com/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21"
    );
    assert_eq!(headers, ["api-key: azure-key"]);
    let default = target("azure/gpt-4o", &at("https://res.openai.azure.com"));
    assert!(call(&default, CHAT).0.ends_with("?api-version=2025-02-01-preview"));
    let without = resolve("azure/gpt-4o", &Overrides::default(), &env).unwrap_err();
    assert!(without.message.contains("AZURE_API_BASE"), "{}", without.message);
}

#[test]
fn azure_takes_the_newer_addresses_and_tokens_too() {
    let said =
        Overrides { api_version: Some("v1"), token: Some("ad-token"), ..at("https://res.openai.azure.com") };
    let (url, headers) = call(&target("azure/gpt-4o", &Overrides { key: None, ..said }), CHAT);
    assert_eq!(url, "https://res.openai.azure.com/openai/v1/chat/completions");
    assert_eq!(headers, ["authorization: Bearer ad-token"]);
    let cloudflare = target("azure/gpt-4o", &at("https://gateway.ai.cloudflare.com/v1/x/azure-openai/res"));
    let (url, _) = call(&cloudflare, CHAT);
    assert!(url.starts_with(
        "https://gateway.ai.cloudflare.com/v1/x/azure-openai/res/gpt-4o/chat/completions?api-version="
    ));
    let series = target("azure/o_series/mine", &at("https://res.openai.azure.com"));
    assert_eq!(series.model, "mine");
    assert!(!series.params.takes(crate::Param::TopP));
}

#[test]
fn keys_are_shown_as_each_provider_wants_them() {
    let (url, headers) = call(&target("anthropic/claude-sonnet-4-5", &Overrides::default()), "/v1/messages");
    assert_eq!(
        (url.as_str(), headers),
        ("https://api.anthropic.com/v1/messages", vec!["x-api-key: sk-env".to_owned()])
    );
    let oauth = Overrides { key: Some("sk-ant-oat01-x"), ..Overrides::default() };
    let (_, headers) = call(&target("anthropic/claude-sonnet-4-5", &oauth), "/v1/messages");
    assert_eq!(headers[0], "authorization: Bearer sk-ant-oat01-x");
    assert!(headers.iter().any(|header| header == "anthropic-beta: oauth-2025-04-20"));
    let (_, headers) = call(&target("sarvam/sarvam-m", &Overrides::default()), CHAT);
    assert_eq!(headers, ["authorization: Bearer sk-env", "api-subscription-key: sk-env"]);
    let (_, headers) = call(&target("openrouter/a/b", &Overrides::default()), CHAT);
    assert_eq!(headers, ["x-title: app"], "what is not known is left out");
    let (_, headers) = call(&target("mock/hello", &Overrides::default()), CHAT);
    assert!(headers.is_empty());
}

#[test]
fn an_address_that_is_whole_already_stays() {
    let whole = target("groq/llama", &at("https://proxy.example/v1/chat/completions?tenant=7"));
    assert_eq!(call(&whole, CHAT).0, "https://proxy.example/v1/chat/completions?tenant=7");
    let gemini = target("gemini/gemini-2.5-flash", &at("https://proxy.example/v1beta?x=1"));
    let url = gemini.ways[0].url("/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
    assert_eq!(url, "https://proxy.example/v1beta/models/gemini-2.5-flash:streamGenerateContent?x=1&alt=sse");
    let mistral = target("mistral/m", &at("https://proxy.example"));
    assert_eq!(call(&mistral, CHAT).0, "https://proxy.example/v1/chat/completions");
}

#[test]
fn a_key_of_the_environment_goes_only_where_it_belongs() {
    let key = |base_url: &str| {
        resolve("llama-3", &at(base_url), &env).map(|target| target.key).map_err(|error| error.message)
    };
    assert_eq!(key("https://api.groq.com/openai/v1"), Ok(Some("sk-env".to_owned())));
    assert_eq!(key("http://api.groq.com/openai/v1"), Ok(None), "not without TLS");
    assert_eq!(key("https://api.groq.com:8443/openai/v1"), Ok(None), "not to another port");
    assert!(key("https://api.groq.com@evil.example/openai/v1").is_err());
    assert!(key("https://evil.example/api.groq.com/openai/v1").is_err());
    assert_eq!(target("nadir/m", &Overrides::default()).key.as_deref(), Some("sk-env"));
    assert_eq!(target("nadir/m", &at("https://evil.example/v1")).key, None);
}

#[test]
fn several_formats_can_be_spoken_to_some() {
    let deepseek = target("deepseek/deepseek-chat", &Overrides { key: Some("k"), ..Overrides::default() });
    let messages = deepseek.ways.iter().find(|way| way.format.0 == "anthropic-messages").expect("is offered");
    assert_eq!(messages.url("/v1/messages"), "https://api.deepseek.com/anthropic/v1/messages");
    assert_eq!(messages.headers, [Header { name: "x-api-key".into(), value: "k".to_owned(), secret: true }]);
    assert_eq!(call(&deepseek, CHAT).0, "https://api.deepseek.com/beta/chat/completions");
}

#[test]
fn models_go_by_the_providers_own_names() {
    let fireworks = |model| target(model, &Overrides::default()).model;
    assert_eq!(fireworks("fireworks_ai/kimi-k2"), "accounts/fireworks/models/kimi-k2");
    assert_eq!(fireworks("fireworks_ai/accounts/me/models/x"), "accounts/me/models/x");
    assert_eq!(fireworks("fireworks_ai/routers/fast"), "accounts/fireworks/routers/fast");
    assert_eq!(target("openrouter/auto", &Overrides::default()).model, "openrouter/auto");
    assert_eq!(target("openrouter/a/b", &Overrides::default()).model, "a/b");
}

#[test]
fn what_a_deployment_serves_can_be_said() {
    let said = Overrides { base_model: Some("gpt-5"), ..at("https://res.openai.azure.com") };
    assert!(!target("azure/mine", &said).params.takes(crate::Param::Stop));
    assert!(target("azure/mine", &at("https://res.openai.azure.com")).params.takes(crate::Param::Stop));
}

#[test]
fn a_model_of_the_responses_api_is_asked_there_alone() {
    let formats = |model| {
        let ways = target(model, &Overrides::default()).ways;
        ways.iter().map(|way| way.format.0).collect::<Vec<_>>()
    };
    assert_eq!(formats("openai/gpt-4o"), ["openai-chat", "openai-responses"]);
    assert_eq!(formats("openai/o3-pro"), ["openai-responses"], "the price map says so");
    assert_eq!(formats("openai/responses/gpt-4o"), ["openai-responses"]);
    assert_eq!(target("openai/responses/gpt-4o", &Overrides::default()).model, "gpt-4o");
}

#[test]
fn secrets_are_not_shown() {
    let said = Overrides { key: Some("sk-said"), ..Overrides::default() };
    assert!(!format!("{:?}", target("openai/gpt-4o", &said)).contains("sk-said"));
}
