//! The body of a request: reading what clients send and writing what providers get, side by side.

use ferrolite_types::chat::{
    CacheMark, ChatRequest, OutputFormat, OutputOptions, Part, Role, Sampling, Thread, Tool, Turn,
};
use ferrolite_types::json::{Fields, JsonError, Kind, Object, Value, object};
use ferrolite_types::{Error, Ext, Loss, LossKind, Profile, RawJson, Rest};

use super::{ID, cache, messages, reasoning, tools};
use crate::format::{Call, Inbound};
use crate::undo::Undo;

/// Members without a name in the middle that mean here what they mean in another format of the same name.
const SHARED: &[&str] = &["prompt_cache_key", "prompt_cache_retention", "safety_identifier", "moderation"];

/// Reads what a client asks.
pub(super) fn read(inbound: &Inbound<'_>) -> Result<ChatRequest, Error> {
    let mut fields = inbound.fields();
    let model = fields.string("model")?;
    let model = inbound.model.map(ToOwned::to_owned).or(model).ok_or_else(|| JsonError::missing("model"))?;
    Ok(read_fields(model, fields)?)
}

fn read_fields(model: String, mut fields: Fields<'_>) -> Result<ChatRequest, JsonError> {
    let mut rest = Rest::of(ID);
    Ok(ChatRequest {
        model,
        instructions: Vec::new(),
        turns: fields.require("messages", |list| list.list(messages::read))?,
        tools: fields.list("tools", tools::read)?.unwrap_or_default(),
        tool_choice: tools::take_choice(&mut fields, &mut rest)?,
        parallel_tools: fields.bool("parallel_tool_calls")?,
        sampling: read_sampling(&mut fields)?,
        output: read_output(&mut fields, &mut rest)?,
        reasoning: reasoning::take(&mut fields, &mut rest)?,
        thread: Thread { previous: None, store: fields.bool("store")? },
        user: fields.string("user")?,
        metadata: fields.raw("metadata"),
        tier: fields.string("service_tier")?,
        cache: cache::take(&mut fields, &mut rest)?,
        stream: fields.bool("stream")?.unwrap_or(false),
        stream_usage: read_stream_options(&mut fields, &mut rest)?,
        ext: Ext::rest_of(&fields, ID),
        own: rest.inside(),
    })
}

fn read_stream_options(fields: &mut Fields<'_>, rest: &mut Rest) -> Result<bool, JsonError> {
    let usage = rest.object(fields, "stream_options", |options| options.bool("include_usage"))?;
    Ok(usage.flatten().unwrap_or(false))
}

fn read_sampling(fields: &mut Fields<'_>) -> Result<Sampling, JsonError> {
    Ok(Sampling {
        temperature: fields.f64("temperature")?,
        top_p: fields.f64("top_p")?,
        top_k: fields.u64("top_k")?,
        seed: fields.i64("seed")?,
        frequency_penalty: fields.f64("frequency_penalty")?,
        presence_penalty: fields.f64("presence_penalty")?,
        logit_bias: fields.raw("logit_bias"),
        stop_plain: fields.peek("stop").is_some_and(|stop| stop.kind() == Kind::String),
        stop: fields.read("stop", read_stop)?.unwrap_or_default(),
    })
}

fn read_stop(value: Value<'_>) -> Result<Vec<String>, JsonError> {
    match value.kind() {
        Kind::Array => value.list(|item| item.str().map(Into::into)),
        _ => Ok(vec![value.str()?.into_owned()]),
    }
}

/// `max_tokens` is the older name of `max_completion_tokens`, which wins where a caller says both.
fn read_output(fields: &mut Fields<'_>, rest: &mut Rest) -> Result<OutputOptions, JsonError> {
    let older = fields.u64("max_tokens")?;
    let with_thoughts = fields.u64("max_completion_tokens")?;
    Ok(OutputOptions {
        max_tokens: with_thoughts.or(older),
        max_tokens_count_thoughts: with_thoughts.is_some(),
        n: fields.u64("n")?,
        format: read_format(fields, rest)?,
        verbosity: fields.string("verbosity")?,
        logprobs: fields.bool("logprobs")?,
        top_logprobs: fields.u64("top_logprobs")?,
        modalities: fields.list("modalities", |item| item.str().map(Into::into))?.unwrap_or_default(),
        audio: fields.raw("audio"),
    })
}

/// Takes `response_format`. Some vendors have types of their own, which are left where they are.
fn read_format(fields: &mut Fields<'_>, rest: &mut Rest) -> Result<Option<OutputFormat>, JsonError> {
    let Some(format) = fields.peek("response_format") else { return Ok(None) };
    let kind = format.fields().map_err(|error| error.within("response_format"))?.peek_str("type");
    let plain = match kind.as_deref() {
        Some("text") => OutputFormat::Text,
        Some("json_object") => OutputFormat::Json,
        Some("json_schema") => return fields.read("response_format", |format| read_schema(format, rest)),
        _ => return Ok(None),
    };
    rest.object(fields, "response_format", |format| {
        format.take("type");
        Ok(plain)
    })
}

fn read_schema(value: Value<'_>, rest: &mut Rest) -> Result<OutputFormat, JsonError> {
    let mut format = value.fields()?;
    format.take("type");
    let mut inside = Rest::of(ID);
    let schema = inside.require(&mut format, "json_schema", |schema| {
        Ok(OutputFormat::Schema {
            name: schema.string("name")?,
            description: schema.string("description")?,
            strict: schema.bool("strict")?,
            schema: schema.raw("schema").map_or_else(|| RawJson::parse("{}"), Ok)?,
        })
    })?;
    rest.keep("response_format", inside.with(&format));
    Ok(schema)
}

/// Writes a request: what the model accepts, what is left of a request of our own, and what could not be said.
pub(super) struct Pen<'a> {
    pub(super) profile: &'a Profile,
    pub(super) own: &'a Ext,
    pub(super) losses: Vec<Loss>,
    /// The tools that take free text and are sent as functions.
    pub(super) free_text: Vec<String>,
    /// The part of the request that is being written, for the wording of losses.
    place: String,
}

impl<'a> Pen<'a> {
    fn new(request: &'a ChatRequest, profile: &'a Profile) -> Self {
        let place = String::new();
        Self { profile, own: &request.own, losses: Vec::new(), free_text: Vec::new(), place }
    }

    /// Whether the request came in this format.
    pub(super) fn native(&self) -> bool {
        self.own.origin() == Some(ID)
    }

    /// Notes what could not be said.
    pub(super) fn lose(&mut self, kind: LossKind, what: &str) {
        let what = if self.place.is_empty() { what.to_owned() } else { format!("{}: {what}", self.place) };
        self.losses.push(Loss::new(kind, what));
    }

    /// Notes what only the format that it came from can say again.
    pub(super) fn lose_foreign(&mut self, ext: &Ext) {
        ext.lost_to(ID, LossKind::Cosmetic).for_each(|Loss { kind, what }| self.lose(kind, &what));
    }

    /// The mark, if it is to be said: a client of this dialect knows what it does; of others', it depends on the
    /// model.
    pub(super) fn mark<'m>(&self, mark: Option<&'m CacheMark>) -> Option<&'m CacheMark> {
        mark.filter(|_| self.native() || self.profile.cache_marks)
    }
}

/// Writes what a provider gets.
pub(super) fn write(request: &ChatRequest, profile: &Profile) -> Call {
    let mut pen = Pen::new(request, profile);
    let mut body = Vec::with_capacity(1024);
    object(&mut body, |out| write_fields(request, out, &mut pen));
    let undo = Undo { free_text: pen.free_text, ..Undo::default() };
    Call { body: body.into(), losses: pen.losses, undo, ..Call::default() }
}

fn write_fields(request: &ChatRequest, out: &mut Object<'_>, pen: &mut Pen<'_>) {
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
        thread,
        user,
        metadata,
        tier,
        cache,
        stream,
        stream_usage: _,
        ext,
        own,
    } = request;
    out.field("model").text(model);
    write_messages(instructions, turns, out, pen);
    write_sampling(sampling, out);
    write_output(output, out, pen);
    if let Some(reasoning) = reasoning {
        reasoning::write(reasoning, out, pen);
    }
    write_tools(tools, out, pen);
    if let Some(choice) = tool_choice {
        tools::write_choice(choice, tools, out, pen);
    }
    out.maybe_bool("parallel_tool_calls", *parallel_tools);
    write_thread(thread, out, pen);
    out.maybe_text("user", user.as_deref());
    out.maybe_raw("metadata", metadata.as_ref());
    out.maybe_text("service_tier", tier.as_deref());
    cache::write(pen.mark(cache.as_ref()), own, out);
    write_stream(*stream, out, pen);
    write_rest(ext, out, pen);
    pen.lose_foreign(own);
}

/// A search of the web is not one of the tools here, but an option.
fn write_tools(tools: &[Tool], out: &mut Object<'_>, pen: &mut Pen<'_>) {
    let (searches, tools): (Vec<_>, Vec<_>) =
        tools.iter().enumerate().partition(|(_, tool)| tools::is_foreign_search(tool));
    if !tools.is_empty() {
        out.field("tools").array(|list| {
            for (index, tool) in tools {
                pen.place = format!("tools[{index}]");
                tools::write(tool, list, pen);
            }
        });
        pen.place.clear();
    }
    if let Some((_, search)) = searches.first() {
        tools::write_search(search, out);
    }
}

fn write_thread(thread: &Thread, out: &mut Object<'_>, pen: &mut Pen<'_>) {
    let Thread { previous, store } = thread;
    out.maybe_bool("store", *store);
    if previous.is_some() {
        pen.lose(LossKind::Parameter, "previous_response_id");
    }
}

/// The usage is always asked for, since it is what a stream is billed by; the client sees it only on request.
fn write_stream(stream: bool, out: &mut Object<'_>, pen: &Pen<'_>) {
    if stream {
        out.field("stream").bool(true);
        out.field("stream_options").object(|options| {
            options.field("include_usage").bool(true);
            options.extend(pen.own.inside(ID, "stream_options").of(ID));
        });
    }
}

/// What nobody named goes on if it came in this format, or if this format has a parameter of that name.
fn write_rest(ext: &Ext, out: &mut Object<'_>, pen: &mut Pen<'_>) {
    let native = ext.origin() == Some(ID);
    for (key, value) in ext.iter() {
        match native || SHARED.contains(&key) {
            true => out.field(key).raw(value),
            false => pen.lose(LossKind::Parameter, key),
        }
    }
}

fn write_messages(instructions: &[Part], turns: &[Turn], out: &mut Object<'_>, pen: &mut Pen<'_>) {
    out.field("messages").array(|list| {
        if !instructions.is_empty() {
            pen.place = "instructions".to_owned();
            messages::write(&leading(instructions), list, pen);
        }
        for (index, turn) in turns.iter().enumerate() {
            pen.place = format!("messages[{index}]");
            messages::write(turn, list, pen);
        }
        pen.place.clear();
    });
}

/// Instructions are the first message here.
fn leading(instructions: &[Part]) -> Turn {
    let (parts, plain) = (instructions.to_vec(), instructions.len() == 1);
    Turn { role: Role::System, parts, name: None, plain, ext: Ext::default() }
}

fn write_sampling(sampling: &Sampling, out: &mut Object<'_>) {
    let Sampling {
        temperature,
        top_p,
        top_k,
        seed,
        frequency_penalty,
        presence_penalty,
        logit_bias,
        stop,
        stop_plain,
    } = sampling;
    out.maybe_f64("temperature", *temperature);
    out.maybe_f64("top_p", *top_p);
    out.maybe_u64("top_k", *top_k);
    if let Some(seed) = seed {
        out.field("seed").i64(*seed);
    }
    out.maybe_f64("frequency_penalty", *frequency_penalty);
    out.maybe_f64("presence_penalty", *presence_penalty);
    out.maybe_raw("logit_bias", logit_bias.as_ref());
    match stop.as_slice() {
        [] => {}
        [one] if *stop_plain => out.field("stop").text(one),
        many => out.field("stop").array(|list| many.iter().for_each(|text| list.item().text(text))),
    }
}

fn write_output(output: &OutputOptions, out: &mut Object<'_>, pen: &Pen<'_>) {
    let OutputOptions {
        max_tokens,
        max_tokens_count_thoughts,
        n,
        format,
        verbosity,
        logprobs,
        top_logprobs,
        modalities,
        audio,
    } = output;
    out.maybe_u64(
        if *max_tokens_count_thoughts { "max_completion_tokens" } else { "max_tokens" },
        *max_tokens,
    );
    out.maybe_u64("n", *n);
    if let Some(format) = format {
        out.field("response_format")
            .object(|out| write_format(format, out, &pen.own.inside(ID, "response_format")));
    }
    out.maybe_text("verbosity", verbosity.as_deref());
    out.maybe_bool("logprobs", *logprobs);
    out.maybe_u64("top_logprobs", *top_logprobs);
    if !modalities.is_empty() {
        out.field("modalities").array(|list| modalities.iter().for_each(|word| list.item().text(word)));
    }
    out.maybe_raw("audio", audio.as_ref());
}

fn write_format(format: &OutputFormat, out: &mut Object<'_>, left: &Ext) {
    match format {
        OutputFormat::Text => out.field("type").text("text"),
        OutputFormat::Json => out.field("type").text("json_object"),
        OutputFormat::Schema { name, description, schema, strict } => {
            out.field("type").text("json_schema");
            out.field("json_schema").object(|out| {
                out.field("name").text(name.as_deref().unwrap_or("structured_output"));
                out.maybe_text("description", description.as_deref());
                out.field("schema").raw(schema);
                out.maybe_bool("strict", *strict);
                out.extend(left.inside(ID, "json_schema").of(ID));
            });
        }
    }
    out.extend(left.outside(ID, &["json_schema"]));
}
