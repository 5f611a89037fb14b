use super::*;
use crate::catalogue::DeclaredProvider;

fn search(model: &str, said: Option<&str>, address: Option<&str>) -> Result<(String, String), String> {
    search_in(&Catalogue::builtin(), model, said, address, &|_| None)
}

fn search_in(
    catalogue: &Catalogue,
    model: &str,
    said: Option<&str>,
    address: Option<&str>,
    env: Env<'_>,
) -> Result<(String, String), String> {
    let prices = PriceTable::builtin();
    let found = Search { catalogue, prices: &prices, env, said, address }.find(model);
    found.map(|found| (found.provider.name.into_owned(), found.model)).map_err(|error| error.message)
}

fn found(model: &str) -> (String, String) {
    search(model, None, None).unwrap_or_else(|error| panic!("{model}: {error}"))
}

fn is(provider: &str, model: &str) -> (String, String) {
    (provider.to_owned(), model.to_owned())
}

#[test]
fn a_prefix_names_the_provider() {
    let cases = [
        ("openai/gpt-4o", is("openai", "gpt-4o")),
        ("groq/meta-llama/llama-4", is("groq", "meta-llama/llama-4")),
        ("openrouter/anthropic/claude-sonnet-4.5", is("openrouter", "anthropic/claude-sonnet-4.5")),
        ("nano-gpt/any", is("nano-gpt", "any")),
        ("ai21/jamba-1.5-mini", is("ai21_chat", "jamba-1.5-mini")),
        ("mock/hello", is("mock", "hello")),
    ];
    for (model, expected) in cases {
        assert_eq!(found(model), expected, "{model}");
    }
}

#[test]
fn a_provider_may_be_said_apart() {
    assert_eq!(search("org/model", Some("openai"), None), Ok(is("openai", "org/model")));
    assert_eq!(search("openai/gpt-4o", Some("openai"), None), Ok(is("openai", "gpt-4o")));
    assert_eq!(search("azure/gpt-4", Some("openai"), None), Ok(is("openai", "azure/gpt-4")));
    assert!(search("gpt-4", Some("nonsense"), None).unwrap_err().contains("LLM Provider NOT provided"));
}

#[test]
fn models_of_others_at_azure_are_served_as_openai_serves() {
    assert_eq!(found("azure/mistral-large-latest"), is("openai", "azure/mistral-large-latest"));
    assert_eq!(found("azure/my-deployment"), is("azure", "my-deployment"));
}

#[test]
fn an_address_tells_who_it_is() {
    let at = |address| search("llama-3", None, Some(address));
    assert_eq!(at("https://api.groq.com/openai/v1"), Ok(is("groq", "llama-3")));
    assert_eq!(at("https://api.deepinfra.com/v1/openai/"), Ok(is("deepinfra", "llama-3")));
    assert!(at("https://evil.example/api.groq.com/openai/v1").is_err());
    assert!(at("https://api.groq.com@evil.example/openai/v1").is_err());
    let prefixed = search("openai/llama-3", None, Some("https://api.groq.com/openai/v1"));
    assert_eq!(prefixed, Ok(is("openai", "llama-3")), "a name comes before an address");
}

#[test]
fn a_bare_name_is_looked_up() {
    assert_eq!(found("gpt-4o"), is("openai", "gpt-4o"));
    assert_eq!(found("claude-novel-9"), is("anthropic", "claude-novel-9"));
    assert!(search("gemini-2.5-pro", None, None).unwrap_err().contains("(\"vertex_ai\") is known"));
}

#[test]
fn everything_can_be_sent_to_a_litellm_proxy() {
    let env = |name: &str| (name == "USE_LITELLM_PROXY").then(|| "True".to_owned());
    let through = |model| search_in(&Catalogue::builtin(), model, None, None, &env);
    assert_eq!(through("groq/llama-3"), Ok(is("litellm_proxy", "groq/llama-3")));
    assert_eq!(through("litellm_proxy/mine"), Ok(is("litellm_proxy", "mine")));
}

#[test]
fn a_users_own_provider_stands_before_ours() {
    let own = |name: &str, title: &str| DeclaredProvider {
        name: name.to_owned(),
        title: Some(title.to_owned()),
        base_url: Some("https://llm.acme.example/v1".to_owned()),
        known_at: vec!["llm.acme.example".to_owned()],
        ..DeclaredProvider::default()
    };
    let catalogue = Catalogue::with_own([own("acme", "Acme"), own("groq", "Our Groq")]).unwrap();
    let search = |model, address| search_in(&catalogue, model, None, address, &|_| None);
    assert_eq!(search("acme/a/b", None), Ok(is("acme", "a/b")));
    assert_eq!(search("a/b", Some("https://llm.acme.example/v1")), Ok(is("acme", "a/b")));
    assert_eq!(catalogue.find("groq").unwrap().title, "Our Groq");
    assert_eq!(catalogue.providers().filter(|provider| provider.name == "groq").count(), 1);
}

#[test]
fn mistakes_say_what_would_be_right() {
    let refused = |model| search(model, None, None).unwrap_err();
    assert!(refused("gpt-99").contains("LLM Provider NOT provided"));
    assert!(refused("gpt-99").contains("\"openai/gpt-99\""));
    assert!(refused("opnai/gpt-4o").contains("Did you mean the provider \"openai\"?"));
    assert!(refused("groq/").contains("write \"groq/<model>\""));
    assert!(refused("bedrock/anthropic.claude-v2").contains("cannot be called"));
    assert!(refused("").contains("LLM Provider NOT provided"));
}
