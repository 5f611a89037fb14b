//! From what a deployment calls its model to the entry that prices it, by LiteLLM's order of names.

use super::{entry::Entry, names, table::PriceTable};

impl PriceTable {
    /// The entry that prices `model` at `provider`; `region` prefers an entry of that region, where there is one.
    /// The provider of the entry must be the one that is asked, or its kin.
    pub fn find(&self, provider: &str, model: &str, region: Option<&str>) -> Option<Entry<'_>> {
        let provider = if provider == "vertex_ai_beta" { "vertex_ai" } else { provider };
        let name = self.registered(provider, names::current(provider, model), region);
        self.first(provider, &candidates(provider, &name))
            .or_else(|| self.unlisted(provider, &name))
            .or_else(|| self.shortened(provider, &name))
    }

    /// The entry that prices one image: it may be specific to quality and size (`1024x1024`).
    pub fn find_image(&self, provider: &str, model: &str, quality: &str, size: &str) -> Option<Entry<'_>> {
        let bare = names::bare(provider, model);
        let last = model.rsplit('/').next().unwrap_or(model);
        let size = if size.contains("-x-") { size.to_owned() } else { size.replace('x', "-x-") };
        let sized =
            if bare == model { format!("{size}/{model}") } else { format!("{provider}/{size}/{bare}") };
        let keys = [
            format!("{quality}/{sized}"),
            format!("{provider}/{quality}/{size}/{bare}"),
            sized.clone(),
            format!("high/{sized}"),
            format!("{quality}/{size}/{last}"),
            format!("{size}/{last}"),
            model.to_owned(),
            bare.to_owned(),
        ];
        keys.iter().find_map(|key| self.get(key)).or_else(|| self.find(provider, model, None))
    }

    /// The key that is literally in the map, or the name as it is.
    fn registered(&self, provider: &str, model: &str, region: Option<&str>) -> String {
        let bare = names::bare(provider, model);
        let once = if bare == model { model.to_owned() } else { format!("{provider}/{bare}") };
        let tail = once.split_once('/').map(|(_, tail)| tail.to_owned());
        let keys = [
            region.map(|region| format!("{provider}/{region}/{bare}")),
            Some(format!("{provider}/{bare}")),
            Some(once.clone()),
            tail,
        ];
        keys.into_iter().flatten().find(|key| self.get(key).is_some()).unwrap_or(once)
    }

    fn first(&self, provider: &str, keys: &[String]) -> Option<Entry<'_>> {
        let mut entries = keys.iter().filter_map(|key| self.get_any_case(key));
        entries.find(|entry| serves(provider, entry.provider().as_deref()))
    }

    /// What a provider charges for a model that nobody listed.
    fn unlisted(&self, provider: &str, model: &str) -> Option<Entry<'_>> {
        let bare = names::bare(provider, model);
        match provider {
            "fireworks_ai" => self.get(bare).or_else(|| self.get(names::fireworks_size(model))),
            "together_ai" => self.get(names::together_size(bare)?),
            "azure_ai" if names::is_routed(model) => self.get("azure_ai/model_router"),
            _ => None,
        }
    }

    /// `vertex/claude-opus-5` at `vertex_ai` is `vertex_ai/claude-opus-5`: leading segments that the map does not
    /// know and that name no provider are someone's alias.
    fn shortened(&self, provider: &str, model: &str) -> Option<Entry<'_>> {
        let bare = names::bare(provider, model);
        let tails = bare.match_indices('/').map(|(at, _)| (&bare[..at], &bare[at + 1..]));
        let (dropped, entry) = tails
            .into_iter()
            .find_map(|(dropped, tail)| Some((dropped, self.get(&format!("{provider}/{tail}"))?)))?;
        (!dropped.split('/').any(|segment| self.names_provider(segment))).then_some(entry)
    }

    fn names_provider(&self, name: &str) -> bool {
        self.iter().any(|entry| entry.provider().as_deref() == Some(name))
    }
}

/// The keys to try for a name, the most specific first.
fn candidates(provider: &str, name: &str) -> Vec<String> {
    let name = names::current(provider, name);
    let prefixed = name.strip_prefix(provider).and_then(|rest| rest.strip_prefix('/'));
    let model = prefixed.unwrap_or(name);
    let unversioned = names::unversioned(provider, model);
    let mut keys = vec![format!("{provider}/{model}"), name.to_owned()];
    match provider {
        "bedrock" | "bedrock_converse" => keys.push(names::without_route(model).to_owned()),
        "bedrock_mantle" => {
            let anywhere = names::without_region(model);
            keys.extend([format!("bedrock_mantle/{anywhere}"), anywhere.to_owned()]);
            keys.push(format!("bedrock_mantle/{}", names::unversioned(provider, anywhere)));
        }
        "vertex_ai" => keys.splice(..0, vertex_keys(model)).for_each(drop),
        _ => keys.push(model.to_owned()),
    }
    keys.extend([format!("{provider}/{unversioned}"), unversioned.into_owned()]);
    keys.push(match provider {
        "fireworks_ai" => format!("fireworks_ai/{}", names::fireworks_resource(model)),
        _ => format!("{provider}/{name}"),
    });
    keys
}

/// Vertex lists what it resells under the maker's name or with a version that callers leave out.
fn vertex_keys(model: &str) -> [String; 2] {
    [format!("vertex_ai/meta/{model}"), format!("vertex_ai/{model}@latest")]
}

/// Whether an entry of one provider may price a call to another.
fn serves(asked: &str, listed: Option<&str>) -> bool {
    let Some(listed) = listed else { return true };
    match asked {
        "" | "litellm_proxy" | "github" | "nadir" => true,
        "vertex_ai" | "fireworks_ai" => listed.starts_with(asked),
        "azure_ai" => matches!(listed, "azure_ai" | "azure" | "openai"),
        _ if asked.starts_with("bedrock") => listed.starts_with("bedrock"),
        _ => listed == asked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_found_by_any_of_its_names() {
        let table = PriceTable::builtin();
        let cases = [
            ("openai", "gpt-4o", None, "gpt-4o"),
            ("openai", "openai/openai/gpt-4o", None, "gpt-4o"),
            ("openai", "GPT-4o", None, "gpt-4o"),
            ("openai", "ft:gpt-4o-2024-08-06:my-org::id", None, "ft:gpt-4o-2024-08-06"),
            ("azure", "gpt-4o", Some("eu"), "azure/eu/gpt-4o"),
            ("azure", "gpt-4o", Some("mars"), "azure/gpt-4o"),
            ("azure", "gpt-35-turbo", None, "azure/gpt-35-turbo"),
            ("azure_ai", "gpt-4o", None, "gpt-4o"),
            ("azure_ai", "my-model-router", None, "azure_ai/model_router"),
            ("gemini", "gemini-2.5-flash", None, "gemini/gemini-2.5-flash"),
            ("vertex_ai", "gemini-2.5-flash-001", None, "gemini-2.5-flash"),
            ("databricks", "gte-large-en-v1.5", None, "databricks/databricks-gte-large-en"),
            ("together_ai", "someone/llama-13b", None, "together-ai-8.1b-21b"),
            ("fireworks_ai", "someone/llama-13b", None, "fireworks-ai-4.1b-to-16b"),
        ];
        for (provider, model, region, key) in cases {
            let found = table.find(provider, model, region);
            assert_eq!(found.map(|entry| entry.key()), Some(key), "{provider} {model} {region:?}");
        }
        assert!(table.find("groq", "gpt-4o", None).is_none(), "another provider's price is no price");
        assert!(table.find("openai", "no-such-model", None).is_none());
    }

    #[test]
    fn an_image_is_priced_by_quality_and_size() {
        let table = PriceTable::builtin();
        let key = |model, quality, size| table.find_image("azure", model, quality, size).unwrap().key();
        assert_eq!(key("dall-e-3", "hd", "1024x1024"), "azure/hd/1024-x-1024/dall-e-3");
        assert_eq!(key("azure/dall-e-3", "standard", "1024-x-1792"), "azure/standard/1024-x-1792/dall-e-3");
    }
}
