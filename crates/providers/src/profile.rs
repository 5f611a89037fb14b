//! What a model accepts, from what is known of it. The names of the facts are the price map's, where it has one;
//! the others stand in the families of the catalogue.

use ferrolite_types::{DetailPlace, Profile, Thinking};

use crate::catalogue::Provider;
use crate::facts::Facts;
use crate::param::{Param, ParamSet};

/// The profile of a model of which this is known, as `provider` serves it, where these parameters are supported.
pub fn profile_of(provider: &Provider, facts: &Facts<'_>, supported: ParamSet) -> Profile {
    let yes = |name: &str| facts.flag(name) == Some(true);
    let no = |name: &str| facts.flag(name) == Some(false);
    Profile {
        max_output_tokens: facts.number("max_output_tokens").or_else(|| facts.number("max_tokens")),
        max_input_tokens: facts.number("max_input_tokens"),
        thinking: thinking(facts).filter(|how| *how == Thinking::Never || supported.has(Param::Thinking)),
        xhigh_effort: yes("supports_xhigh_reasoning_effort"),
        native_json_schema: yes("supports_native_structured_output"),
        cache_marks: yes("cache_marks"),
        mid_system: yes("supports_mid_conversation_system"),
        no_sampling_params: no("supports_sampling_params"),
        no_forced_tools: no("supports_forced_tool_use"),
        developer_role: !provider.rules.roles.iter().any(|(from, _)| from == "developer"),
        no_system: no("supports_system_messages"),
        minimal_effort: yes("minimal_effort") && !no("supports_minimal_reasoning_effort"),
        minimal_budget: facts.number("minimal_budget"),
        default_temperature: facts.number("default_temperature").map(|whole| whole as f64),
        no_penalties: yes("no_penalties"),
        call_ids: yes("call_ids"),
        call_seal: facts.word("call_seal"),
        openapi_schema: yes("openapi_schema"),
        detail: detail(facts),
        media_urls: facts.word("media_urls").map(|urls| urls.split_whitespace().map(str::to_owned).collect()),
    }
}

fn thinking(facts: &Facts<'_>) -> Option<Thinking> {
    let yes = |name: &str| facts.flag(name) == Some(true);
    match facts.flag("supports_reasoning") {
        _ if yes("thinking_always_on") => Some(Thinking::Always),
        _ if yes("supports_adaptive_thinking") && yes("supports_legacy_thinking") => {
            Some(Thinking::AdaptiveOrBudget)
        }
        _ if yes("supports_adaptive_thinking") || yes("thinks_by_level") => Some(Thinking::Adaptive),
        Some(true) => Some(Thinking::Budget),
        Some(false) => Some(Thinking::Never),
        None => facts.entry().map(|_| Thinking::Never),
    }
}

fn detail(facts: &Facts<'_>) -> DetailPlace {
    match facts.word("detail_place").as_deref() {
        Some("part") => DetailPlace::Part,
        Some("request") => DetailPlace::Request,
        _ => DetailPlace::Nowhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::params::{Params, Policy};
    use crate::price::PriceTable;

    fn profile(provider: &str, model: &str) -> Profile {
        let catalogue = Catalogue::builtin();
        let (found, prices) = (catalogue.find(provider).unwrap(), PriceTable::builtin());
        let facts = Facts::of(&catalogue, &prices, provider, model);
        let params = Params::of(&found, model, &facts, true, Policy::default());
        profile_of(&found, &facts, params.supported())
    }

    #[test]
    fn the_role_developer_is_for_those_who_know_it() {
        assert!(profile("openai", "gpt-4o").developer_role);
        assert!(!profile("groq", "llama-3").developer_role);
    }

    #[test]
    fn claudes_think_as_their_version_has_it() {
        let thinking = |model| profile("anthropic", model).thinking;
        assert_eq!(thinking("claude-sonnet-4-5"), Some(Thinking::Budget));
        assert_eq!(thinking("claude-opus-4-6"), Some(Thinking::AdaptiveOrBudget));
        assert_eq!(thinking("claude-opus-4-7"), Some(Thinking::Adaptive));
        assert_eq!(thinking("claude-fable-5"), Some(Thinking::Always));
        assert_eq!(thinking("claude-novel-9"), Some(Thinking::Adaptive));
        assert_eq!(thinking("mystery"), None);
        assert_eq!(profile("openai", "gpt-5").thinking, None, "it is told by an effort alone");
        assert_eq!(profile("openai", "gpt-4o").thinking, Some(Thinking::Never));
    }

    #[test]
    fn limits_come_from_the_price_map() {
        let sonnet = profile("anthropic", "claude-sonnet-4-5");
        assert_eq!(sonnet.max_output_tokens, Some(64_000));
        assert!(sonnet.native_json_schema && !sonnet.mid_system);
        assert!(profile("anthropic", "claude-opus-4-8").mid_system);
        assert!(profile("anthropic", "claude-opus-4-7").no_sampling_params);
    }

    #[test]
    fn media_are_fetched_by_whoever_does() {
        let fetched = |provider, model| profile(provider, model).media_urls;
        assert_eq!(fetched("openai", "gpt-4o"), None);
        assert_eq!(fetched("anthropic", "claude-sonnet-4-5"), Some(vec!["https://".to_owned()]));
        let google = fetched("gemini", "gemini-2.5-flash").unwrap();
        assert!(google.iter().all(|url| url.len() > "https://".len()), "no address of anybody's: {google:?}");
    }

    #[test]
    fn gemini_is_told_by_its_generation() {
        let old = profile("gemini", "gemini-2.5-flash");
        assert_eq!((old.thinking, old.minimal_budget), (Some(Thinking::Budget), Some(1)));
        assert_eq!((old.detail, old.default_temperature), (DetailPlace::Request, None));
        let new = profile("gemini", "gemini-3-flash-preview");
        assert_eq!((new.thinking, new.minimal_effort), (Some(Thinking::Adaptive), true));
        assert_eq!((new.detail, new.default_temperature), (DetailPlace::Part, Some(1.0)));
        assert!(new.call_ids && new.call_seal.is_some() && new.no_penalties);
        assert!(!profile("gemini", "gemini-3-pro-preview").minimal_effort);
        assert!(profile("gemini", "gemini-1.5-pro").openapi_schema);
    }
}
