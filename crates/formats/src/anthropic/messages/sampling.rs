//! How the next token is chosen, and what other APIs let one say about it.

use ferrolite_types::chat::{OutputOptions, Sampling, Thread};
use ferrolite_types::json::{Fields, JsonError, Object};

use super::request::{Notes, note_refused};

/// Reads the parameters.
pub(super) fn read(fields: &mut Fields<'_>) -> Result<Sampling, JsonError> {
    Ok(Sampling {
        temperature: fields.f64("temperature")?,
        top_p: fields.f64("top_p")?,
        top_k: fields.u64("top_k")?,
        stop: fields.list("stop_sequences", |text| text.str().map(Into::into))?.unwrap_or_default(),
        ..Sampling::default()
    })
}

/// Writes them, but for those that the model refuses.
pub(super) fn write(sampling: &Sampling, out: &mut Object<'_>, notes: &mut Notes<'_>) {
    let Sampling {
        temperature,
        top_p,
        top_k,
        seed,
        frequency_penalty,
        presence_penalty,
        logit_bias,
        stop,
        stop_plain: _,
    } = sampling;
    let refuses = notes.profile.no_sampling_params;
    let refused = [
        ("temperature", refuses && temperature.is_some_and(|temperature| temperature != 1.0)),
        ("top_p", refuses && top_p.is_some()),
        ("top_k", refuses && top_k.is_some()),
        ("seed", seed.is_some()),
        ("frequency_penalty", frequency_penalty.is_some()),
        ("presence_penalty", presence_penalty.is_some()),
        ("logit_bias", logit_bias.is_some()),
    ];
    note_refused(&refused, notes);
    out.maybe_f64("temperature", temperature.filter(|temperature| !refuses || *temperature == 1.0));
    out.maybe_f64("top_p", top_p.filter(|_| !refuses));
    out.maybe_u64("top_k", top_k.filter(|_| !refuses));
    write_stop(stop, out, notes);
}

/// Writes `stop_sequences`; the API refuses one of white space alone.
fn write_stop(stop: &[String], out: &mut Object<'_>, notes: &mut Notes<'_>) {
    let sendable = |text: &&String| notes.native || !text.trim().is_empty();
    let texts: Vec<&String> = stop.iter().filter(sendable).collect();
    let blank = texts.len() < stop.len();
    if !texts.is_empty() {
        out.field("stop_sequences").array(|list| texts.into_iter().for_each(|text| list.item().text(text)));
    }
    note_refused(&[("stop", blank)], notes);
}

/// What the API has no parameter for.
pub(super) fn note_unsaid(
    output: &OutputOptions,
    thread: &Thread,
    tier: Option<&str>,
    notes: &mut Notes<'_>,
) {
    let OutputOptions {
        max_tokens: _,
        max_tokens_count_thoughts: _,
        n,
        format: _,
        verbosity,
        logprobs,
        top_logprobs,
        modalities,
        audio,
    } = output;
    let Thread { previous, store } = thread;
    let refused = [
        ("n", n.is_some_and(|n| n > 1)),
        ("verbosity", verbosity.is_some()),
        ("logprobs", logprobs.is_some()),
        ("top_logprobs", top_logprobs.is_some()),
        ("modalities", !modalities.is_empty()),
        ("audio", audio.is_some()),
        ("previous_response_id", previous.is_some()),
        ("store", store.is_some()),
        ("service_tier", tier.is_some()),
    ];
    note_refused(&refused, notes);
}
