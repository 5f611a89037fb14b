//! `usage`: input and cache exclude each other here, thoughts are part of the output.

use ferrolite_types::json::{Fields, Object, Value};
use ferrolite_types::{Ext, RawJson, Usage};

use super::ID;

/// Reads a `usage` object. What the counters do not say again word for word (zeros, details, the counts of each
/// iteration) stays in the extension.
pub(super) fn read(mut fields: Fields<'_>) -> Usage {
    let iterations = fields.peek("iterations").and_then(|list| list.items().ok()).into_iter().flatten();
    let iterations: Vec<Counts> =
        iterations.filter_map(|one| one.fields().ok()).map(|one| Counts::of(&one)).collect();
    let counts = match iterations.is_empty() {
        true => Counts::of(&fields),
        false => iterations.into_iter().fold(Counts::default(), Counts::plus),
    };
    let searches = fields.peek("server_tool_use").and_then(|tools| tools.fields().ok());
    let mut usage = Usage {
        input: counts.input,
        cache_read: counts.cache_read,
        cache_write: counts.cache_write - counts.cache_write_1h,
        cache_write_1h: counts.cache_write_1h,
        output: counts.output - counts.thinking,
        reasoning: counts.thinking,
        searches: searches.map_or(0, |tools| count(&tools, "web_search_requests")),
        itemized: true,
        by_kind: true,
        tier: fields.peek_str("service_tier").map(Into::into),
        ..Usage::default()
    };
    if fields.peek("iterations").is_none() {
        let said =
            ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"];
        let zeros_stay = |key: &str| key.starts_with("cache") && count(&fields, key) == 0;
        let taken: Vec<&str> = said.into_iter().filter(|key| !zeros_stay(key)).collect();
        for key in taken {
            fields.take(key);
        }
    }
    usage.ext = Ext::tagged(ID, fields.rest());
    usage
}

/// What one object counts.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    input: u64,
    cache_read: u64,
    /// Both lifetimes.
    cache_write: u64,
    cache_write_1h: u64,
    output: u64,
    thinking: u64,
}

impl Counts {
    fn of(fields: &Fields<'_>) -> Self {
        let inside = |key: &str, name: &str| {
            fields.peek(key).and_then(|inner| inner.fields().ok()).map_or(0, |inner| count(&inner, name))
        };
        let cache_write = count(fields, "cache_creation_input_tokens");
        let output = count(fields, "output_tokens");
        Self {
            input: count(fields, "input_tokens"),
            cache_read: count(fields, "cache_read_input_tokens"),
            cache_write,
            cache_write_1h: inside("cache_creation", "ephemeral_1h_input_tokens").min(cache_write),
            output,
            thinking: inside("output_tokens_details", "thinking_tokens").min(output),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            input: self.input + other.input,
            cache_read: self.cache_read + other.cache_read,
            cache_write: self.cache_write + other.cache_write,
            cache_write_1h: self.cache_write_1h + other.cache_write_1h,
            output: self.output + other.output,
            thinking: self.thinking + other.thinking,
        }
    }
}

/// A count; copies of the API leave some out or say `null`.
fn count(fields: &Fields<'_>, key: &str) -> u64 {
    fields.peek(key).and_then(|value| value.u64().ok()).unwrap_or(0)
}

/// Writes a `usage` object.
pub(super) fn write(usage: &Usage, out: &mut Object<'_>) {
    let Usage {
        input,
        cache_read,
        cache_write,
        cache_write_1h,
        input_audio,
        input_image,
        output: _,
        reasoning: _,
        output_audio: _,
        output_image: _,
        searches,
        itemized: _,
        by_kind: _,
        tier: _,
        cost: _,
        ext,
    } = usage;
    let mut unsaid = |key: &str, count: u64, always: bool| {
        if (always || count > 0) && ext.of(ID).all(|(said, _)| said != key) {
            out.field(key).u64(count);
        }
    };
    unsaid("input_tokens", input + input_audio + input_image, true);
    unsaid("cache_creation_input_tokens", cache_write + cache_write_1h, false);
    unsaid("cache_read_input_tokens", *cache_read, false);
    unsaid("output_tokens", usage.output_total(), true);
    if *searches > 0 && ext.of(ID).all(|(said, _)| said != "server_tool_use") {
        out.field("server_tool_use").object(|tools| tools.field("web_search_requests").u64(*searches));
    }
    out.extend(ext.of(ID));
}

/// Writes what a stream says before anything is known.
pub(super) fn write_zeros(out: &mut Object<'_>) {
    for key in ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"] {
        out.field(key).u64(0);
    }
}

/// The members of a stream's usage: those of the beginning, replaced by what is said later.
#[derive(Debug, Default)]
pub(super) struct Growing(Vec<(Box<str>, RawJson)>);

impl Growing {
    /// Adds what is said now, and gives what is known so far.
    pub(super) fn add(&mut self, said: Value<'_>) -> Option<Usage> {
        for (key, value) in said.fields().ok()?.rest() {
            match self.0.iter_mut().find(|(known, _)| *known == key) {
                Some(_) if value.value().is_null() => {}
                Some((_, known)) => *known = value,
                None => self.0.push((key, value)),
            }
        }
        let mut text = Vec::new();
        ferrolite_types::json::object(&mut text, |out| {
            out.extend(self.0.iter().map(|(key, value)| (&**key, value)));
        });
        RawJson::from_writer(text).value().fields().ok().map(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(text: &str) -> Usage {
        read(Fields::parse(text).unwrap())
    }

    #[test]
    fn no_token_is_counted_twice() {
        let usage = usage(
            r#"{"input_tokens":10,"cache_creation_input_tokens":7,"cache_read_input_tokens":5,
                "cache_creation":{"ephemeral_5m_input_tokens":4,"ephemeral_1h_input_tokens":3},
                "output_tokens":9,"output_tokens_details":{"thinking_tokens":6},"server_tool_use":{"web_search_requests":2}}"#,
        );
        assert_eq!((usage.input, usage.cache_read, usage.cache_write, usage.cache_write_1h), (10, 5, 4, 3));
        assert_eq!((usage.output, usage.reasoning, usage.searches), (3, 6, 2));
        assert_eq!((usage.input_total(), usage.output_total()), (22, 9));
    }

    #[test]
    fn iterations_are_summed() {
        let usage = usage(
            r#"{"input_tokens":1,"output_tokens":2,"iterations":[{"input_tokens":10,"output_tokens":20},{"input_tokens":1,"output_tokens":2}]}"#,
        );
        assert_eq!((usage.input, usage.output), (11, 22));
    }

    #[test]
    fn what_a_stream_says_later_replaces_what_it_said_first() {
        let mut growing = Growing::default();
        growing
            .add(Value::parse(r#"{"input_tokens":3,"output_tokens":1,"service_tier":"standard"}"#).unwrap());
        let usage = growing.add(Value::parse(r#"{"output_tokens":8,"input_tokens":null}"#).unwrap()).unwrap();
        assert_eq!((usage.input, usage.output, usage.tier.as_deref()), (3, 8, Some("standard")));
    }
}
