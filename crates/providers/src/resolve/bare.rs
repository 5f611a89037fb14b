//! Who serves a model whose name says no provider: the price map knows the names that one provider alone uses,
//! some names tell by how they begin, and families tell for what nobody listed yet.

use crate::catalogue::Catalogue;
use crate::price::PriceTable;

/// Providers of the price map whose models go by their bare names, and who serves them.
const LISTED: &[(&str, &str)] = &[
    ("openai", "openai"),
    ("text-completion-openai", "text-completion-openai"),
    ("anthropic", "anthropic"),
    ("cohere", "cohere"),
    ("cohere_chat", "cohere_chat"),
    ("replicate", "replicate"),
    ("openrouter", "openrouter"),
    ("maritalk", "maritalk"),
    ("vertex_ai-chat-models", "vertex_ai"),
    ("vertex_ai-code-chat-models", "vertex_ai"),
    ("vertex_ai-text-models", "vertex_ai"),
    ("vertex_ai-code-text-models", "vertex_ai"),
    ("vertex_ai-language-models", "vertex_ai"),
    ("vertex_ai-embedding-models", "vertex_ai"),
    ("vertex_ai-vision-models", "vertex_ai"),
    ("vertex_ai-image-models", "vertex_ai"),
    ("vertex_ai-video-models", "vertex_ai"),
    ("ai21", "ai21_chat"),
    ("aleph_alpha", "aleph_alpha"),
    ("nlp_cloud", "nlp_cloud"),
    ("bedrock", "bedrock"),
    ("bedrock_converse", "bedrock"),
    ("watsonx", "watsonx"),
    ("empower", "empower"),
    ("gradient_ai", "gradient_ai"),
];

/// Names that the price map does not have, and names that are not models' at all.
const NAMED: &[(&str, &str)] = &[
    ("*", "openai"),
    ("dall-e-2", "openai"),
    ("dall-e-3", "openai"),
    ("sora-2", "openai"),
    ("maritalk", "maritalk"),
    ("petals-team/StableBeluga2", "petals"),
    ("qvv0xeq", "baseten"),
    ("q841o8w", "baseten"),
    ("31dxrj3", "baseten"),
];

/// The length of the identifier of a version at Replicate.
const REPLICATE_VERSION: usize = 64;

/// The provider of a bare name.
pub(super) fn provider_of(model: &str, catalogue: &Catalogue, prices: &PriceTable) -> Option<String> {
    let named = || NAMED.iter().find(|(name, _)| *name == model).map(|(_, provider)| (*provider).to_owned());
    told_by_start(model)
        .map(str::to_owned)
        .or_else(|| listed(model, prices).map(str::to_owned))
        .or_else(named)
        .or_else(|| of_family(model, catalogue))
}

/// A legacy text model of Anthropic's, which another API of theirs serves.
pub(super) fn is_anthropic_text(model: &str) -> bool {
    matches!(model, "claude-2" | "claude-2.1" | "claude-instant-1" | "claude-instant-1.2")
}

/// Whether the price map lists `model` as this provider's.
pub(super) fn is_listed_at(provider: &str, model: &str, prices: &PriceTable) -> bool {
    prices.get(model).and_then(|entry| entry.provider()).is_some_and(|listed| listed == provider)
}

fn told_by_start(model: &str) -> Option<&'static str> {
    let replicate = || model.split(':').nth(1).is_some_and(|version| version.len() == REPLICATE_VERSION);
    match model {
        _ if model.contains("ft:gpt-3.5-turbo") || model.contains("ft:gpt-4") => Some("openai"),
        _ if model.starts_with("gpt-image") => Some("openai"),
        _ if model.starts_with("amazon_nova") => Some("amazon_nova"),
        _ if replicate() => Some("replicate"),
        _ => None,
    }
}

fn listed(model: &str, prices: &PriceTable) -> Option<&'static str> {
    let entry = prices.get(model)?;
    let listed = entry.provider()?;
    if is_anthropic_text(model) {
        return Some("anthropic_text");
    }
    LISTED.iter().find(|(name, _)| *name == listed).map(|(_, provider)| *provider)
}

fn of_family(model: &str, catalogue: &Catalogue) -> Option<String> {
    let mut routes = catalogue.families().filter_map(|family| {
        let route = family.route.clone()?;
        family.covers(&route, model).then_some(route)
    });
    routes.next().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_names_find_their_provider() {
        let version = "0".repeat(REPLICATE_VERSION);
        let replicate = format!("meta/llama-2-70b-chat:{version}");
        let cases = [
            ("gpt-4o", Some("openai")),
            ("text-embedding-3-small", Some("openai")),
            ("ft:gpt-4o:org::id", Some("openai")),
            ("gpt-image-9", Some("openai")),
            ("dall-e-3", Some("openai")),
            ("*", Some("openai")),
            ("claude-sonnet-4-5", Some("anthropic")),
            ("claude-novel-9-20290101", Some("anthropic")),
            ("claude-novel-9-preview", None),
            ("us.anthropic.claude-novel-9", Some("bedrock")),
            ("bedrockz/anthropic.claude-novel-9", None),
            ("embed-english-v3.0", Some("cohere")),
            ("jamba-1.5-mini", Some("ai21_chat")),
            ("davinci-002", Some("text-completion-openai")),
            ("mistral-large-latest", None),
            ("gemini-2.5-pro", Some("vertex_ai")),
            (replicate.as_str(), Some("replicate")),
            ("amazon_nova-pro", Some("amazon_nova")),
            ("maritalk", Some("maritalk")),
            ("gpt-99", None),
            ("meta-llama/Llama-3.3-70B", None),
        ];
        let (catalogue, prices) = (Catalogue::builtin(), PriceTable::builtin());
        for (model, expected) in cases {
            assert_eq!(provider_of(model, &catalogue, &prices).as_deref(), expected, "{model}");
        }
    }
}
