//! Reads a usage object as a log holds it, whichever API wrote it: OpenAI's chat or Responses, Anthropic's messages.
//! A recorded call is to cost what it did; live answers are read by their format and never come here.

use ferrolite_types::{Price, Usage, json::Fields};

use super::{
    call::{self, Billable},
    counts::{Counts, sum},
    overlap::{Answer, Cache, Uncached},
    tier::Tier,
    tools::ToolUse,
    units::Measures,
};

/// What a usage object says.
#[derive(Debug, Default)]
pub(super) struct Report {
    usage: Usage,
    prompt: u64,
    completion: u64,
    measures: Measures<'static>,
    tools: ToolUse,
    geography: Option<String>,
    fast: bool,
    reported: Option<Price>,
}

impl Report {
    /// Reads the usage object of a call to `provider`.
    pub(super) fn read(usage: &Fields<'_>, provider: &str) -> Self {
        let counts = Counts::of(usage);
        let mut report = match usage.peek("prompt_tokens").is_none() && usage.peek("input_tokens").is_some() {
            true if counts_cache_apart(usage) => anthropic(&counts.each("iterations"), &counts),
            true => openai(&counts, &RESPONSES, provider),
            false => openai(&counts, &CHAT, provider),
        };
        report.usage.searches = searches(&counts);
        report.usage.tier = usage.peek_str("service_tier").map(Into::into);
        report.tools.pages_opened = counts.within(&["server_tool_use"]).count("browser_open_requests");
        report.measures.citations = counts.count("citation_tokens");
        report.geography = usage.peek_str("inference_geo").map(Into::into);
        report.fast = usage.peek_str("speed").as_deref() == Some("fast");
        // LiteLLM's logs are priced by what these two report; of others it is only noted.
        let priced_by = matches!(provider, "xai" | "perplexity");
        report.reported = usage.peek("cost").filter(|_| priced_by).and_then(call::dollars);
        report
    }

    /// The call to be billed; `tier` is what the caller asked for, and counts unless it left the choice open.
    pub(super) fn billable(&self, tier: Option<&str>, now: u64) -> Billable<'_> {
        let asked = tier.filter(|tier| !tier.eq_ignore_ascii_case("auto"));
        Billable {
            usage: &self.usage,
            prompt: self.prompt,
            completion: self.completion,
            measures: self.measures,
            tools: self.tools,
            tier: asked.or(self.usage.tier.as_deref()).map_or(Tier::Standard, Tier::named),
            region: None,
            geography: self.geography.as_deref().map(Into::into),
            fast: self.fast,
            now,
            reported: self.reported,
        }
    }
}

/// Only Anthropic counts the cache beside its `input_tokens`.
fn counts_cache_apart(usage: &Fields<'_>) -> bool {
    usage.keys().any(|key| matches!(&*key, "cache_read_input_tokens" | "cache_creation_input_tokens"))
}

/// Counts that exclude each other already. A call that was compacted on the way lists its `iterations`, and they
/// count instead of the totals.
fn anthropic(iterations: &[Counts<'_>], totals: &Counts<'_>) -> Report {
    let parts = if iterations.is_empty() { std::slice::from_ref(totals) } else { iterations };
    let total = |key: &str| sum(&parts.iter().map(|part| part.count(key)).collect::<Vec<_>>());
    let within = |object: &str, key: &str| {
        sum(&parts.iter().map(|part| part.within(&[object]).count(key)).collect::<Vec<_>>())
    };
    let (input, output) = (total("input_tokens"), total("output_tokens"));
    let (read, written) = (total("cache_read_input_tokens"), total("cache_creation_input_tokens"));
    let written_5m = within("cache_creation", "ephemeral_5m_input_tokens");
    let written_1h = within("cache_creation", "ephemeral_1h_input_tokens");
    let thinking = within("output_tokens_details", "thinking_tokens").min(output);
    let usage = Usage {
        input,
        cache_read: read,
        cache_write: written.saturating_sub(written_1h).max(written_5m),
        cache_write_1h: written_1h,
        output: output - thinking,
        reasoning: thinking,
        ..Usage::default()
    };
    Report { usage, prompt: sum(&[input, read, written]), completion: output, ..Report::default() }
}

/// What OpenAI's shapes call their parts.
struct Names {
    prompt: &'static str,
    completion: &'static str,
    prompt_details: &'static [&'static str],
    completion_details: &'static [&'static str],
}

const CHAT: Names = Names {
    prompt: "prompt_tokens",
    completion: "completion_tokens",
    prompt_details: &["prompt_tokens_details"],
    completion_details: &["completion_tokens_details"],
};

/// The second spellings are those of the realtime API.
const RESPONSES: Names = Names {
    prompt: "input_tokens",
    completion: "output_tokens",
    prompt_details: &["input_tokens_details", "input_token_details"],
    completion_details: &["output_tokens_details", "output_token_details"],
};

/// Totals, and details that are part of them.
fn openai(usage: &Counts<'_>, names: &Names, provider: &str) -> Report {
    let (prompt, completion) = (usage.count(names.prompt), usage.count(names.completion));
    let details = usage.within(names.prompt_details);
    let cache = Cache::read(usage, &details);
    let uncached = Uncached::read(&details, prompt, &cache);
    let answer = Answer::read(usage, &usage.within(names.completion_details), completion);
    // xAI's own totals have reasoning beside the completion, not in it.
    let beside = usage.first(&["total_tokens"]).is_some_and(|total| total != sum(&[prompt, completion]));
    let beside = if provider == "xai" && beside { answer.reasoning } else { 0 };
    Report {
        prompt,
        completion: sum(&[completion, beside]),
        usage: Usage {
            input: uncached.text,
            input_audio: uncached.audio,
            input_image: uncached.image,
            cache_read: cache.read,
            cache_write: cache.written_5m,
            cache_write_1h: cache.written_1h,
            output: answer.text,
            reasoning: answer.reasoning,
            output_audio: answer.audio,
            output_image: answer.image,
            ..Usage::default()
        },
        measures: Measures {
            cached_audio: cache.read_audio,
            input_video: uncached.video,
            output_video: answer.video,
            input_characters: details.count("character_count"),
            input_images: details.count("image_count"),
            input_audio: details.seconds("audio_length_seconds"),
            input_video_time: details.seconds("video_length_seconds"),
            queries: details.count("query_count"),
            ..Measures::default()
        },
        tools: ToolUse { maps: details.count("google_maps_grounding_requests"), ..ToolUse::default() },
        ..Report::default()
    }
}

/// Searches, wherever a provider counts them.
fn searches(usage: &Counts<'_>) -> u64 {
    let places = [
        ("prompt_tokens_details", "web_search_requests"),
        ("input_tokens_details", "web_search_requests"),
        ("server_tool_use", "web_search_requests"),
        ("server_side_tool_usage_details", "web_search_calls"),
    ];
    places.iter().find_map(|(object, key)| usage.within(&[object]).first(&[key])).unwrap_or(0)
}
