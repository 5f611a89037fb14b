//! `usage`: OpenAI's totals include their details; ours never overlap.

use ferrolite_types::json::{Fields, JsonError, Object, Value};
use ferrolite_types::{Ext, Usage, ext::Rest};

use super::ID;

const INPUT: &str = "input_tokens_details";
const OUTPUT: &str = "output_tokens_details";

/// Reads a `usage` object.
pub(super) fn read(mut fields: Fields<'_>) -> Result<Usage, JsonError> {
    let input = fields.u64("input_tokens")?.unwrap_or(0);
    let output = fields.u64("output_tokens")?.unwrap_or(0);
    fields.take("total_tokens");
    let mut usage = Usage { itemized: fields.peek(INPUT).is_some(), ..Usage::default() };
    let mut rest = Rest::of(ID);
    rest.object(&mut fields, INPUT, |details| read_input(&mut usage, details))?;
    rest.object(&mut fields, OUTPUT, |details| read_output(&mut usage, details))?;
    usage.input = input.saturating_sub(usage.input_total());
    usage.output = output.saturating_sub(usage.output_total());
    usage.ext = Some(rest.with(&fields)).filter(|ext| !ext.is_empty()).unwrap_or(Ext::tagged(ID, Vec::new()));
    Ok(usage)
}

/// What is not in every answer is only looked at, and so said again where it was said.
fn read_input(usage: &mut Usage, details: &mut Fields<'_>) -> Result<(), JsonError> {
    usage.cache_read = details.u64("cached_tokens")?.unwrap_or(0);
    usage.cache_write = look(details, "cache_write_tokens")?;
    usage.input_audio = look(details, "audio_tokens")?;
    usage.input_image = look(details, "image_tokens")?;
    Ok(())
}

fn read_output(usage: &mut Usage, details: &mut Fields<'_>) -> Result<(), JsonError> {
    usage.reasoning = details.u64("reasoning_tokens")?.unwrap_or(0);
    usage.output_audio = look(details, "audio_tokens")?;
    usage.output_image = look(details, "image_tokens")?;
    Ok(())
}

fn look(fields: &Fields<'_>, key: &str) -> Result<u64, JsonError> {
    fields.peek(key).map_or(Ok(0), Value::u64).map_err(|error| error.within(key))
}

/// Writes a `usage` object.
pub(super) fn write(usage: &Usage, out: &mut Object<'_>) {
    let told = usage.itemized || usage.by_kind;
    out.field("input_tokens").u64(usage.input_total());
    if told || usage.input_total() > usage.input {
        out.field(INPUT).object(|details| write_input(usage, details));
    }
    out.field("output_tokens").u64(usage.output_total());
    if told || usage.output_total() > usage.output {
        out.field(OUTPUT).object(|details| write_output(usage, details));
    }
    out.field("total_tokens").u64(usage.total());
    out.extend(usage.ext.outside(ID, &[INPUT, OUTPUT]));
    if let Some(cost) = usage.cost.filter(|_| !usage.ext.holds(ID, "cost")) {
        out.field("cost").cost(cost);
    }
}

/// What a provider of this format did not tell is not said either. Of others, LiteLLM repeats the counts of text
/// where they have any, and a zero where it is a count.
fn write_input(usage: &Usage, out: &mut Object<'_>) {
    out.field("cached_tokens").u64(usage.cache_read);
    if usage.ext.origin() == Some(ID) {
        return out.extend(usage.ext.inside(ID, INPUT).of(ID));
    }
    let written = usage.cache_write + usage.cache_write_1h;
    count(out, "cache_write_tokens", written, written > 0 || usage.itemized && usage.by_kind);
    count(out, "text_tokens", usage.input, usage.by_kind);
    count(out, "audio_tokens", usage.input_audio, usage.input_audio > 0);
    count(out, "image_tokens", usage.input_image, usage.input_image > 0);
}

fn write_output(usage: &Usage, out: &mut Object<'_>) {
    out.field("reasoning_tokens").u64(usage.reasoning);
    if usage.ext.origin() == Some(ID) {
        return out.extend(usage.ext.inside(ID, OUTPUT).of(ID));
    }
    count(out, "text_tokens", usage.output, usage.by_kind);
    count(out, "audio_tokens", usage.output_audio, usage.output_audio > 0);
    count(out, "image_tokens", usage.output_image, usage.output_image > 0);
}

fn count(out: &mut Object<'_>, key: &str, count: u64, told: bool) {
    if told {
        out.field(key).u64(count);
    }
}
