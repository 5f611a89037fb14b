//! The other names of a model: what LiteLLM strips, adds or swaps before it gives up on a key.
//! Only string work; which of the names is in the map is [`super::lookup`]'s question.

use std::borrow::Cow;

/// Names that a vendor's answer or an old config has for something the map knows under another key.
const ALIASES: &[(&str, &str)] = &[
    ("gpt-35-turbo", "azure/gpt-35-turbo"),
    ("gpt-35-turbo-16k", "azure/gpt-35-turbo-16k"),
    ("gpt-35-turbo-instruct", "azure/gpt-35-turbo-instruct"),
    ("azure/gpt-41", "gpt-4.1"),
    ("azure/gpt-41-mini", "gpt-4.1-mini"),
    ("azure/gpt-41-nano", "gpt-4.1-nano"),
    ("ada", "azure/ada"),
];

/// Databricks endpoints by the names they had before Databricks prefixed them; a longer name is a variant.
const DATABRICKS: &[(&str, &str)] = &[
    ("dbrx-instruct", "databricks-dbrx-instruct"),
    ("meta-llama-3.1-70b-instruct", "databricks-meta-llama-3-1-70b-instruct"),
    ("meta-llama-3.1-405b-instruct", "databricks-meta-llama-3-1-405b-instruct"),
    ("mixtral-8x7b-instruct-v0.1", "databricks-mixtral-8x7b-instruct"),
    ("bge-large-en", "databricks-bge-large-en"),
    ("gte-large-en", "databricks-gte-large-en"),
    ("llama-2-70b-chat", "databricks-llama-2-70b-chat"),
];

const BEDROCK_ROUTES: &[&str] =
    &["bedrock/", "chat_completions/", "converse/", "invoke/", "openai/", "mantle/", "nova-2/", "nova/"];

/// Where a cross-region inference profile sends its calls.
const BEDROCK_GEOGRAPHIES: &[&str] = &["global", "us", "eu", "apac", "jp", "au", "us-gov"];

const BEDROCK_REGIONS: &[&str] = &[
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "eu-north-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "sa-east-1",
];

/// The name under which the map knows `model`, where that is a matter of history and not of a rule.
pub(super) fn current<'m>(provider: &str, model: &'m str) -> &'m str {
    let own = model.strip_prefix("databricks/").unwrap_or(model);
    match provider {
        "databricks" => DATABRICKS.iter().find(|(old, _)| own.starts_with(old)).map_or(model, |(_, new)| new),
        _ => ALIASES.iter().find(|(old, _)| *old == model).map_or(model, |(_, new)| new),
    }
}

/// The model without the provider's name, said once or more: `openai/openai/gpt-4o`.
pub(super) fn bare<'m>(provider: &str, model: &'m str) -> &'m str {
    let mut bare = model;
    while let Some(rest) = bare.strip_prefix(provider).and_then(|rest| rest.strip_prefix('/')) {
        bare = rest;
    }
    bare
}

/// The model without what names one version, deployment or fine-tuning of it.
pub(super) fn unversioned<'m>(provider: &str, model: &'m str) -> Cow<'m, str> {
    match provider {
        "bedrock" | "bedrock_converse" => bedrock_model(model),
        "vertex_ai" | "gemini" | "databricks" => Cow::Borrowed(without_number(model)),
        _ if model.contains("ft:") => Cow::Borrowed(without_fine_tuning(model)),
        _ => Cow::Borrowed(without_date(model)),
    }
}

/// `gemini-2.0-flash-001` → `gemini-2.0-flash`
fn without_number(model: &str) -> &str {
    match model.rsplit_once('-') {
        Some((rest, number)) if is_number(number) => rest,
        _ => model,
    }
}

/// `gpt-4o-2024-08-06` → `gpt-4o`
fn without_date(model: &str) -> &str {
    let parts: Vec<&str> = model.rsplitn(4, '-').collect();
    match parts[..] {
        [day, month, year, rest]
            if [(day, 2), (month, 2), (year, 4)].iter().all(|(n, l)| is_number(n) && n.len() == *l) =>
        {
            rest
        }
        _ => model,
    }
}

/// `ft:gpt-4o:my-org:my-suffix:id` → `ft:gpt-4o`
fn without_fine_tuning(model: &str) -> &str {
    model.rmatch_indices(':').nth(2).map_or(model, |(at, _)| &model[..at])
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `converse/us.meta.llama3-2-11b-instruct-v1:0` → `meta.llama3-2-11b-instruct-v1:0`
fn bedrock_model(model: &str) -> Cow<'_, str> {
    let routed =
        ["bedrock/converse/", "bedrock/", "converse/"].iter().find_map(|route| model.strip_prefix(route));
    match routed.unwrap_or(model) {
        nova if nova.starts_with("nova-2/") => Cow::Borrowed("amazon.nova-2-custom"),
        nova if nova.starts_with("nova/") => Cow::Borrowed("amazon.nova-custom"),
        _ => Cow::Borrowed(without_place(without_throughput(without_arn(without_route(model))))),
    }
}

/// `bedrock/converse/amazon.nova-pro` → `amazon.nova-pro`
pub(super) fn without_route(model: &str) -> &str {
    BEDROCK_ROUTES.iter().fold(model, |model, route| model.strip_prefix(route).unwrap_or(model))
}

fn without_arn(model: &str) -> &str {
    match model.to_ascii_lowercase().contains("arn") {
        true => model.rsplit('/').next().unwrap_or(model),
        false => model,
    }
}

/// `…-v2:0:51k` → `…-v2:0`, `…-v1[1m]` → `…-v1`
fn without_throughput(model: &str) -> &str {
    let model = match model.rsplit_once(':') {
        Some((rest, units)) if units.strip_suffix('k').is_some_and(is_number) && ends_with_version(rest) => {
            rest
        }
        _ => model,
    };
    match model.strip_suffix(']').and_then(|model| model.rsplit_once('[')) {
        Some((rest, window))
            if !window.is_empty() && window.chars().all(|c| c.is_alphanumeric() || c == '_') =>
        {
            rest
        }
        _ => model,
    }
}

fn ends_with_version(model: &str) -> bool {
    model.rsplit_once(':').is_some_and(|(_, version)| is_number(version))
}

/// `eu.anthropic.claude-…` and `us-east-1/anthropic.claude-…` → `anthropic.claude-…`
fn without_place(model: &str) -> &str {
    match (model.split_once('.'), without_region(model)) {
        (Some((place, rest)), _) if BEDROCK_GEOGRAPHIES.contains(&place) => rest,
        (_, rest) => rest,
    }
}

/// `us-east-1/anthropic.claude-…` → `anthropic.claude-…`
pub(super) fn without_region(model: &str) -> &str {
    match model.split_once('/') {
        Some((region, rest)) if BEDROCK_REGIONS.contains(&region) => rest,
        _ => model,
    }
}

/// The full resource name of a Fireworks model that was given in short.
pub(super) fn fireworks_resource(model: &str) -> String {
    match model {
        _ if model.starts_with("accounts/") || model.starts_with("FW-") || model.contains('#') => {
            model.to_owned()
        }
        _ if model.starts_with("routers/") || model.starts_with("models/") => {
            format!("accounts/fireworks/{model}")
        }
        "firerouter" | "auto" | "auto-instant" => format!("accounts/fireworks/routers/{model}"),
        _ if model.ends_with("-fast") || model.starts_with("firerouter/") => {
            format!("accounts/fireworks/routers/{model}")
        }
        _ => format!("accounts/fireworks/models/{model}"),
    }
}

/// Fireworks prices an unlisted model by its size.
pub(super) fn fireworks_size(model: &str) -> &'static str {
    let model = model.to_ascii_lowercase();
    if let Some(billions) = mixture(&model) {
        match billions {
            0..=56 => return "fireworks-ai-moe-up-to-56b",
            57..=176 => return "fireworks-ai-56b-to-176b",
            _ => {}
        }
    }
    match size(&model, 'b') {
        None => "fireworks-ai-default",
        Some(0..=4) => "fireworks-ai-up-to-4b",
        Some(5..=16) => "fireworks-ai-4.1b-to-16b",
        Some(_) => "fireworks-ai-above-16b",
    }
}

/// Together prices an unlisted model by its size, in billions, or millions for an embedding model.
pub(super) fn together_size(model: &str) -> Option<&'static str> {
    let model = model.to_ascii_lowercase();
    let by_billions = size(&model, 'b').and_then(|billions| match billions {
        0..=4 => Some("together-ai-up-to-4b"),
        5..=8 => Some("together-ai-4.1b-8b"),
        9..=21 => Some("together-ai-8.1b-21b"),
        22..=41 => Some("together-ai-21.1b-41b"),
        42..=80 => Some("together-ai-41.1b-80b"),
        81..=110 => Some("together-ai-81.1b-110b"),
        _ => None,
    });
    by_billions.or_else(|| match size(&model, 'm')? {
        0..=150 => Some("together-ai-embedding-up-to-150m"),
        151..=350 => Some("together-ai-embedding-151m-to-350m"),
        _ => None,
    })
}

/// The first number that `unit` follows: 70 in `llama-3.3-70b`.
fn size(model: &str, unit: char) -> Option<u64> {
    model.match_indices(unit).find_map(|(at, _)| trailing_number(&model[..at]))
}

/// 56 in `mixtral-8x7b`.
fn mixture(model: &str) -> Option<u64> {
    model.match_indices('b').find_map(|(at, _)| {
        let each = trailing_number(&model[..at])?;
        let experts = model[..at].trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix('x')?;
        trailing_number(experts)?.checked_mul(each)
    })
}

fn trailing_number(text: &str) -> Option<u64> {
    text[text.trim_end_matches(|c: char| c.is_ascii_digit()).len()..].parse().ok()
}

/// Whether a name goes through Azure's model router, which takes a fee for choosing who answers.
pub(super) fn is_routed(model: &str) -> bool {
    let model = model.to_ascii_lowercase().replace('_', "-");
    model.contains("model-router")
}

/// Whether a name is that of the router's own entry, whose price is the fee.
pub(super) fn is_router(model: &str) -> bool {
    let model = model.to_ascii_lowercase();
    matches!(bare("azure_ai", &model), "model-router" | "model_router")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_taken_off() {
        let cases = [
            ("openai", "gpt-4o-2024-08-06", "gpt-4o"),
            ("openai", "gpt-4o-2024-8-6", "gpt-4o-2024-8-6"),
            ("openai", "ft:gpt-4o-2024-08-06:org::id", "ft:gpt-4o-2024-08-06"),
            ("openai", "ft:gpt-4o", "ft:gpt-4o"),
            ("vertex_ai", "gemini-2.0-flash-001", "gemini-2.0-flash"),
            ("bedrock", "us.meta.llama3-2-11b-instruct-v1:0", "meta.llama3-2-11b-instruct-v1:0"),
            ("bedrock", "bedrock/converse/eu-west-1/anthropic.claude-v2:1:18k", "anthropic.claude-v2:1"),
            ("bedrock", "anthropic.claude-opus-4-6-v1[1m]", "anthropic.claude-opus-4-6-v1"),
            (
                "bedrock",
                "arn:aws:bedrock:us-east-1:1:inference-profile/us.amazon.nova-pro",
                "amazon.nova-pro",
            ),
            ("bedrock", "bedrock/nova-2/arn:aws:bedrock:x", "amazon.nova-2-custom"),
        ];
        for (provider, model, expected) in cases {
            assert_eq!(unversioned(provider, model), expected, "{provider} {model}");
        }
    }

    #[test]
    fn sizes_are_read_off_the_name() {
        assert_eq!(fireworks_size("accounts/x/models/Mixtral-8x7B"), "fireworks-ai-moe-up-to-56b");
        assert_eq!(fireworks_size("qwen-14b"), "fireworks-ai-4.1b-to-16b");
        assert_eq!(fireworks_size("mystery"), "fireworks-ai-default");
        assert_eq!(together_size("meta-llama/Llama-3.3-70B"), Some("together-ai-41.1b-80b"));
        assert_eq!(together_size("m2-bert-80M-8k"), Some("together-ai-embedding-up-to-150m"));
        assert_eq!(together_size("gpt-oss"), None);
    }

    #[test]
    fn a_repeated_provider_is_said_once() {
        assert_eq!(bare("openai", "openai/openai/gpt-4o"), "gpt-4o");
        assert_eq!(bare("openai", "openai-gpt"), "openai-gpt");
    }
}
