//! `usage`: OpenAI's totals include their details; ours never overlap.

use ferrolite_types::json::{Fields, Object};
use ferrolite_types::{Ext, Usage};

use super::ID;

/// Reads a `usage` object. It goes back as it came, so nothing is taken from it; and since nobody should lose an
/// answer over how it was counted, what is not a number counts as none.
pub(super) fn read(fields: &Fields<'_>) -> Usage {
    let input = inside(fields, "prompt_tokens_details");
    let output = inside(fields, "completion_tokens_details");
    let of =
        |details: &Option<Fields<'_>>, key: &str| details.as_ref().map_or(0, |details| count(details, key));

    let (prompt, completion) = (count(fields, "prompt_tokens"), count(fields, "completion_tokens"));
    let long = input.as_ref().and_then(|input| inside(input, "cache_creation_token_details"));
    let written = of(&input, "cache_creation_tokens").max(of(&input, "cache_write_tokens"));
    let mut usage = Usage {
        cache_read: of(&input, "cached_tokens").max(count(fields, "prompt_cache_hit_tokens")).min(prompt),
        cache_write_1h: of(&long, "ephemeral_1h_input_tokens"),
        input_audio: of(&input, "audio_tokens"),
        input_image: of(&input, "image_tokens"),
        reasoning: of(&output, "reasoning_tokens"),
        output_audio: of(&output, "audio_tokens"),
        output_image: of(&output, "image_tokens"),
        searches: count(fields, "num_search_queries")
            .max(of(&inside(fields, "server_tool_use"), "web_search_requests")),
        ext: Ext::tagged(ID, fields.rest()),
        ..Usage::default()
    };
    usage.cache_write = written.saturating_sub(usage.cache_write_1h);
    usage.input = prompt.saturating_sub(usage.input_total());
    usage.output = match reasons_beside(fields, prompt + completion, usage.reasoning) {
        true => completion,
        false => completion.saturating_sub(usage.output_total()),
    };
    usage
}

/// The usage with the service tier that the answer names beside it.
pub(super) fn served_at(usage: Usage, answer: &Fields<'_>) -> Usage {
    Usage { tier: answer.peek_str("service_tier").map(Into::into), ..usage }
}

/// Whether the vendor counts thoughts beside the completion and not in it, as its own total shows.
fn reasons_beside(fields: &Fields<'_>, total_without: u64, reasoning: u64) -> bool {
    reasoning > 0 && count(fields, "total_tokens") == total_without + reasoning
}

fn inside<'a>(fields: &Fields<'a>, key: &str) -> Option<Fields<'a>> {
    fields.peek(key)?.fields().ok()
}

fn count(fields: &Fields<'_>, key: &str) -> u64 {
    fields.peek(key).and_then(|value| value.u64().ok()).unwrap_or(0)
}

/// Writes a `usage` object: our own as it came, another's with the members that LiteLLM gives it.
pub(super) fn write(usage: &Usage, out: &mut Object<'_>) {
    match usage.ext.origin() == Some(ID) {
        true => out.extend(usage.ext.of(ID)),
        false => write_counts(usage, &mut Counts { out, zeros: usage.itemized }),
    }
    if let Some(cost) = usage.cost.filter(|_| !usage.ext.holds(ID, "cost")) {
        out.field("cost").cost(cost);
    }
}

fn write_counts(usage: &Usage, counts: &mut Counts<'_, '_>) {
    counts.always("completion_tokens", usage.output_total());
    counts.always("prompt_tokens", usage.input_total());
    counts.always("total_tokens", usage.total());
    let told = usage.by_kind || usage.itemized;
    if told || usage.output_total() > usage.output {
        counts.inside("completion_tokens_details", |details| write_output(usage, details));
    }
    if told || usage.input_total() > usage.input {
        counts.inside("prompt_tokens_details", |details| write_input(usage, details));
    }
    counts.put("cache_creation_input_tokens", usage.cache_write + usage.cache_write_1h);
    counts.put("cache_read_input_tokens", usage.cache_read);
    if usage.itemized && usage.searches > 0 {
        counts.inside("server_tool_use", |tools| tools.put("web_search_requests", usage.searches));
    }
    counts.out.maybe_text("service_tier", usage.tier.as_deref());
}

fn write_output(usage: &Usage, details: &mut Counts<'_, '_>) {
    details.put("reasoning_tokens", usage.reasoning);
    details.text(usage, usage.output);
    details.some("audio_tokens", usage.output_audio);
    details.some("image_tokens", usage.output_image);
}

fn write_input(usage: &Usage, details: &mut Counts<'_, '_>) {
    let (five_minutes, one_hour) = (usage.cache_write, usage.cache_write_1h);
    details.put("cached_tokens", usage.cache_read);
    details.text(usage, usage.input);
    details.some("audio_tokens", usage.input_audio);
    details.some("image_tokens", usage.input_image);
    // LiteLLM says the same under two names.
    details.put("cache_creation_tokens", five_minutes + one_hour);
    details.put("cache_write_tokens", five_minutes + one_hour);
    if usage.itemized {
        details.inside("cache_creation_token_details", |lifetimes| {
            lifetimes.put("ephemeral_5m_input_tokens", five_minutes);
            lifetimes.put("ephemeral_1h_input_tokens", one_hour);
        });
    } else {
        details.some("web_search_requests", usage.searches);
    }
}

/// An object of counts; zeros are said where the provider says them.
struct Counts<'a, 'w> {
    out: &'a mut Object<'w>,
    zeros: bool,
}

impl Counts<'_, '_> {
    fn always(&mut self, key: &str, count: u64) {
        self.out.field(key).u64(count);
    }

    fn text(&mut self, usage: &Usage, count: u64) {
        if usage.by_kind {
            self.always("text_tokens", count);
        }
    }

    fn some(&mut self, key: &str, count: u64) {
        if count > 0 {
            self.always(key, count);
        }
    }

    fn put(&mut self, key: &str, count: u64) {
        if count > 0 || self.zeros {
            self.always(key, count);
        }
    }

    fn inside(&mut self, key: &str, fill: impl FnOnce(&mut Counts<'_, '_>)) {
        let zeros = self.zeros;
        self.out.field(key).object(|out| fill(&mut Counts { out, zeros }));
    }
}
