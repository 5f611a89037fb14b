//! The body of a request: reading what clients send and writing what providers get, side by side.

use ferrolite_types::chat::{
    CacheMark, ChatRequest, Effort, OutputFormat, OutputOptions, Part, Reasoning, Sampling, Thread,
};
use ferrolite_types::json::{Fields, JsonError, Object, Value, object};
use ferrolite_types::{Error, Ext, Loss, LossKind, Profile, RawJson, ext::Rest};

use super::{ID, input, tools};
use crate::format::{Call, Inbound};

/// Members that only this format knows; those that it shares with chat are not among them.
const OWN: &[&str] = &[
    "background",
    "background_options",
    "context_management",
    "conversation",
    "include",
    "max_tool_calls",
    "moderation",
    "prompt",
    "stream_options",
    "truncation",
];

/// Members that mean the same here when another format carries them.
const SHARED: &[&str] =
    &["prompt_cache_key", "prompt_cache_retention", "safety_identifier", "include", "truncation"];

/// Asks for thoughts in the sealed form in which they can be handed back.
const SEALED_THOUGHTS: &str = "reasoning.encrypted_content";
/// Asks for the probability of each token.
const LOGPROBS: &str = "message.output_text.logprobs";

/// The least output that a provider of this format lets one ask for.
const LEAST_OUTPUT: u64 = 16;

/// Reads what a client asks.
pub(super) fn read(inbound: &Inbound<'_>) -> Result<ChatRequest, Error> {
    let mut fields = inbound.fields();
    let model = match inbound.model {
        Some(model) => {
            fields.take("model");
            model.to_owned()
        }
        None => fields.required_string("model")?,
    };
    Ok(read_fields(model, fields)?)
}

fn read_fields(model: String, mut fields: Fields<'_>) -> Result<ChatRequest, JsonError> {
    let turns = fields.require("input", input::read)?;
    let instructions = fields.string("instructions")?.map(Part::text);
    let own = OWN.iter().filter_map(|key| Some(((*key).into(), fields.raw(key)?))).collect();
    let mut rest = Rest::of(ID);
    Ok(ChatRequest {
        model,
        instructions: instructions.into_iter().collect(),
        turns,
        tools: fields.read("tools", tools::read)?.unwrap_or_default(),
        tool_choice: fields.read("tool_choice", tools::read_choice)?,
        parallel_tools: fields.bool("parallel_tool_calls")?,
        sampling: Sampling {
            temperature: fields.f64("temperature")?,
            top_p: fields.f64("top_p")?,
            ..Sampling::default()
        },
        output: read_output(&mut fields, &mut rest)?,
        reasoning: fields.object("reasoning", read_reasoning)?,
        thread: Thread { previous: fields.string("previous_response_id")?, store: fields.bool("store")? },
        user: fields.string("user")?,
        metadata: fields.raw("metadata"),
        tier: fields.string("service_tier")?,
        cache: fields.read("cache_control", |mark| Ok(CacheMark { ttl: mark.fields()?.string("ttl")? }))?,
        stream: fields.bool("stream")?.unwrap_or(false),
        stream_usage: true,
        ext: rest.with(&fields),
        own: Ext::tagged(ID, own),
    })
}

fn read_output(fields: &mut Fields<'_>, rest: &mut Rest) -> Result<OutputOptions, JsonError> {
    let mut output = OutputOptions {
        max_tokens: fields.u64("max_output_tokens")?,
        top_logprobs: fields.u64("top_logprobs")?,
        ..OutputOptions::default()
    };
    rest.object(fields, "text", |text| {
        output.format = text.read("format", read_format)?;
        output.verbosity = text.string("verbosity")?;
        Ok(())
    })?;
    Ok(output)
}

fn read_format(value: Value<'_>) -> Result<OutputFormat, JsonError> {
    let mut fields = value.fields()?;
    match &*fields.required_string("type")? {
        "text" => Ok(OutputFormat::Text),
        "json_object" => Ok(OutputFormat::Json),
        "json_schema" => Ok(OutputFormat::Schema {
            name: fields.string("name")?,
            description: fields.string("description")?,
            strict: fields.bool("strict")?,
            schema: fields.require("schema", |schema| Ok(schema.to_raw()))?,
        }),
        other => {
            let expected = format!("expected \"text\", \"json_object\" or \"json_schema\", got \"{other}\"");
            Err(JsonError::value(expected).within("type"))
        }
    }
}

fn read_reasoning(mut fields: Fields<'_>) -> Result<Reasoning, JsonError> {
    Ok(Reasoning {
        effort: fields.string("effort")?.as_deref().map(Effort::parse),
        budget: None,
        adaptive: false,
        summary: fields.string("summary")?,
        ext: Ext::rest_of(&fields, ID),
    })
}

/// Writes what a provider gets.
pub(super) fn write(request: &ChatRequest, profile: &Profile) -> Call {
    let mut losses = Vec::new();
    let mut body = Vec::with_capacity(1024);
    object(&mut body, |out| write_fields(request, profile, out, &mut losses));
    Call { body: body.into(), losses, ..Call::default() }
}

fn write_fields(request: &ChatRequest, profile: &Profile, out: &mut Object<'_>, losses: &mut Vec<Loss>) {
    let ChatRequest {
        model,
        instructions,
        turns,
        tools,
        tool_choice,
        parallel_tools,
        sampling,
        output,
        reasoning,
        thread: Thread { previous, store },
        user,
        metadata,
        tier,
        // The prompt is cached without being told to.
        cache: _,
        stream,
        // The usage always comes with the last event.
        stream_usage: _,
        ext,
        own,
    } = request;
    let ours = own.origin() == Some(ID);
    out.field("model").text(model);
    write_input(instructions, turns, out, losses);
    write_tools(request, ours, out, losses);
    if let Some(choice) = tool_choice {
        tools::write_choice(choice, tools, out, losses);
    }
    out.maybe_bool("parallel_tool_calls", *parallel_tools);
    write_sampling(sampling, out, losses);
    write_output(output, ext, ours, out, losses);
    if let Some(reasoning) = reasoning {
        write_reasoning(reasoning, ours, profile, out, losses);
    }
    out.maybe_text("previous_response_id", previous.as_deref());
    out.maybe_bool("store", *store);
    write_user(user.as_deref(), ours, ext, out);
    out.maybe_raw("metadata", metadata.as_ref());
    out.maybe_text("service_tier", tier.as_deref());
    if *stream {
        out.field("stream").bool(true);
    }
    write_rest(ext, own, output, out, losses);
}

fn write_input(
    instructions: &[Part],
    turns: &[ferrolite_types::chat::Turn],
    out: &mut Object<'_>,
    losses: &mut Vec<Loss>,
) {
    let input::Written { instructions, input } = input::write(instructions, turns, losses);
    out.maybe_text("instructions", instructions.as_deref());
    out.field("input").raw(&RawJson::from_writer(input));
}

fn write_tools(request: &ChatRequest, ours: bool, out: &mut Object<'_>, losses: &mut Vec<Loss>) {
    let search = request.ext.get("web_search_options").filter(|_| !ours);
    if request.tools.is_empty() && search.is_none() {
        return;
    }
    out.field("tools").array(|list| {
        tools::write(&request.tools, ours, list, losses);
        if let Some(options) = search.and_then(|options| options.value().fields().ok()) {
            list.item().object(|tool| write_search(&options, tool));
        }
    });
}

/// Chat asks for a search of the web beside its tools, and says one level deeper where its user is.
fn write_search(options: &Fields<'_>, out: &mut Object<'_>) {
    out.field("type").text("web_search");
    for (key, value) in Ext::rest_of(options, ID).iter() {
        let place = value.value().fields().ok().and_then(|place| place.peek("approximate")?.fields().ok());
        match place {
            Some(place) => out.field(key).object(|out| {
                out.field("type").text("approximate");
                out.extend(Ext::rest_of(&place, ID).iter());
            }),
            None => out.field(key).raw(value),
        }
    }
}

fn write_sampling(sampling: &Sampling, out: &mut Object<'_>, losses: &mut Vec<Loss>) {
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
    out.maybe_f64("temperature", *temperature);
    out.maybe_f64("top_p", *top_p);
    let unsaid = [
        ("top_k", top_k.is_some()),
        ("seed", seed.is_some()),
        ("frequency_penalty", frequency_penalty.is_some()),
        ("presence_penalty", presence_penalty.is_some()),
        ("logit_bias", logit_bias.is_some()),
        ("stop", !stop.is_empty()),
    ];
    losses.extend(unsaid.iter().filter(|(_, said)| *said).map(|(name, _)| lost(name)));
}

fn lost(name: &str) -> Loss {
    Loss::new(LossKind::Parameter, name)
}

fn write_output(output: &OutputOptions, ext: &Ext, ours: bool, out: &mut Object<'_>, losses: &mut Vec<Loss>) {
    let OutputOptions {
        max_tokens,
        max_tokens_count_thoughts: _,
        n,
        format,
        verbosity,
        // Asked for by `include`.
        logprobs: _,
        top_logprobs,
        modalities,
        audio,
    } = output;
    out.maybe_u64("max_output_tokens", max_tokens.map(|most| most.max(LEAST_OUTPUT)));
    out.maybe_u64("top_logprobs", *top_logprobs);
    let rest = ext.inside(ID, "text");
    if format.is_some() || verbosity.is_some() || !rest.is_empty() {
        out.field("text").object(|text| {
            if let Some(format) = format {
                write_format(format, ours, text);
            }
            text.maybe_text("verbosity", verbosity.as_deref());
            text.extend(rest.of(ID));
        });
    }
    let unsaid = [
        ("n", n.is_some_and(|n| n > 1)),
        ("modalities", modalities.iter().any(|modality| modality != "text")),
        ("audio", audio.is_some()),
    ];
    losses.extend(unsaid.iter().filter(|(_, said)| *said).map(|(name, _)| lost(name)));
}

fn write_format(format: &OutputFormat, ours: bool, out: &mut Object<'_>) {
    out.field("format").object(|out| match format {
        OutputFormat::Text => out.field("type").text("text"),
        OutputFormat::Json => out.field("type").text("json_object"),
        OutputFormat::Schema { name, description, schema, strict } => {
            out.field("type").text("json_schema");
            out.field("name").text(name.as_deref().unwrap_or("structured_output"));
            out.maybe_text("description", description.as_deref());
            out.field("schema").raw(schema);
            out.maybe_bool("strict", strict.or((!ours).then_some(false)));
        }
    });
}

fn write_reasoning(
    reasoning: &Reasoning,
    ours: bool,
    profile: &Profile,
    out: &mut Object<'_>,
    losses: &mut Vec<Loss>,
) {
    let Reasoning { effort, budget, adaptive, summary, ext } = reasoning;
    let effort = match effort {
        Some(effort) if ours => Some(effort.as_str()),
        Some(effort) => Some(known_effort(effort, profile)),
        None => budget.and_then(effort_of).or(adaptive.then_some("medium")),
    };
    losses.extend(ext.lost_to(ID, LossKind::Cosmetic));
    if *budget == Some(0) {
        losses.push(Loss::new(LossKind::Cosmetic, "thinking"));
    }
    if effort.is_some() || summary.is_some() || ours {
        out.field("reasoning").object(|out| {
            out.maybe_text("effort", effort);
            out.maybe_text("summary", summary.as_deref());
            out.extend(ext.of(ID));
        });
    }
}

/// The effort that LiteLLM takes for a budget of thinking tokens.
fn effort_of(budget: u64) -> Option<&'static str> {
    match budget {
        0 => None,
        1..1024 => Some("minimal"),
        1024..2048 => Some("low"),
        2048..4096 => Some("medium"),
        4096.. => Some("high"),
    }
}

/// The most that a model knows, where a dialect asks for more.
fn known_effort<'a>(effort: &'a Effort, profile: &Profile) -> &'a str {
    match effort {
        Effort::XHigh | Effort::Max if profile.xhigh_effort => "xhigh",
        Effort::XHigh | Effort::Max => "high",
        Effort::None | Effort::Minimal | Effort::Low | Effort::Medium | Effort::High | Effort::Other(_) => {
            effort.as_str()
        }
    }
}

/// A provider takes no more than so many characters of a user. Claude Code's user names the session, which is
/// what a prompt is cached by.
fn write_user(user: Option<&str>, ours: bool, ext: &Ext, out: &mut Object<'_>) {
    const MOST: usize = 64;
    let cut = |text: &str| text.chars().take(MOST).collect::<String>();
    let Some(user) = user else { return };
    if ours {
        return out.field("user").text(user);
    }
    out.field("user").text(&cut(user));
    let session =
        RawJson::parse(user).ok().and_then(|json| json.value().fields().ok()?.string("session_id").ok()?);
    if let (Some(session), None) = (session, ext.get("prompt_cache_key")) {
        out.field("prompt_cache_key").text(&cut(&session));
    }
}

/// Writes what no member of the request holds. A caller of another format gets its thoughts sealed, since it
/// has no way to ask and every reason to hand them back.
fn write_rest(ext: &Ext, own: &Ext, output: &OutputOptions, out: &mut Object<'_>, losses: &mut Vec<Loss>) {
    if own.origin() == Some(ID) {
        out.extend(own.of(ID));
        return out.extend(ext.outside(ID, &["text"]));
    }
    losses.extend(own.lost_to(ID, LossKind::Cosmetic));
    for (key, value) in ext.iter() {
        match key {
            key if SHARED.contains(&key) => out.field(key).raw(value),
            "web_search_options" => {}
            key => losses.push(lost(key)),
        }
    }
    if ext.get("include").is_none() {
        out.field("include").array(|list| {
            list.item().text(SEALED_THOUGHTS);
            if output.logprobs == Some(true) {
                list.item().text(LOGPROBS);
            }
        });
    }
}
