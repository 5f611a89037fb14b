//! The body of a request: reading what clients send and writing what providers get, side by side.

use ferrolite_types::chat::{ChatRequest, OutputOptions, Part, PartBody, Role, Thread, ToolChoice, Turn};
use ferrolite_types::json::{Fields, JsonError, Object, object};
use ferrolite_types::{Error, Ext, Loss, LossKind, Profile, RawJson};

use super::betas::Betas;
use super::names::Names;
use super::shape::{self, Shape};
use super::tools::{Choice, Offer};
use super::turns::{Message, Speaker};
use super::{ID, blocks, sampling, thinking, tools, turns, user};
use crate::format::{Call, Inbound};
use crate::undo::{AnswerTool, Undo};

/// Members that are read and whose rest goes back inside them.
const NESTED: &[&str] = &["metadata", "output_config", "tool_choice"];

/// Reads what a client asks.
pub(super) fn read(inbound: &Inbound<'_>) -> Result<ChatRequest, Error> {
    let mut fields = inbound.fields();
    if let Some(model) = inbound.model {
        fields.take("model");
        return Ok(read_fields(model.to_owned(), fields)?);
    }
    let model = fields.required_string("model")?;
    Ok(read_fields(model, fields)?)
}

fn read_fields(model: String, mut fields: Fields<'_>) -> Result<ChatRequest, JsonError> {
    let mut config = fields.object("output_config", Ok)?.map_or_else(|| Fields::parse("{}"), Ok)?;
    let mut metadata = fields.object("metadata", Ok)?.map_or_else(|| Fields::parse("{}"), Ok)?;
    let (tool_choice, beside_choice) = fields.read("tool_choice", tools::read_choice)?.unzip();
    let format = shape::read(&mut fields, &mut config)?;
    let max_tokens = fields.u64("max_tokens")?;
    let reasoning = thinking::read(&mut fields, &mut config)?;
    let user = metadata.string("user_id").map_err(|error| error.within("metadata"))?;
    let own = ["context_management", "service_tier"]
        .map(|key| fields.raw(key).map(|value| (Box::from(key), value)));
    Ok(ChatRequest {
        model,
        instructions: fields.read("system", |system| blocks::read_all(system, None))?.unwrap_or_default(),
        turns: fields.require("messages", |list| list.list(turns::read))?,
        tools: fields.list("tools", tools::read)?.unwrap_or_default(),
        tool_choice,
        parallel_tools: None,
        sampling: sampling::read(&mut fields)?,
        output: OutputOptions { max_tokens, format, ..OutputOptions::default() },
        reasoning,
        thread: Thread::default(),
        user,
        metadata: None,
        tier: None,
        cache: blocks::read_cache(&mut fields)?,
        stream: fields.bool("stream")?.unwrap_or(false),
        stream_usage: true,
        own: Ext::tagged(ID, own.into_iter().flatten().collect())
            .nest("metadata", Ext::rest_of(&metadata, ID))
            .nest("output_config", Ext::rest_of(&config, ID))
            .nest("tool_choice", beside_choice.unwrap_or_default()),
        ext: Ext::rest_of(&fields, ID),
    })
}

/// What is known and noted while a request is written.
#[derive(Debug)]
pub(super) struct Notes<'a> {
    pub(super) profile: &'a Profile,
    /// Whether the request came in this format: it is then said again as it came.
    pub(super) native: bool,
    pub(super) names: Names,
    pub(super) betas: Betas,
    pub(super) losses: Vec<Loss>,
    pub(super) mcp_servers: Vec<RawJson>,
    /// The tools that take free text and are sent as functions.
    pub(super) free_text: Vec<String>,
}

/// Writes what a provider gets.
///
/// # Errors
/// A conversation without words, an effort that nobody knows, or a schema beyond reason.
pub(super) fn write(request: &ChatRequest, profile: &Profile) -> Result<Call, Error> {
    let mut notes = Notes {
        profile,
        native: request.own.origin() == Some(ID),
        names: Names::of(&request.tools),
        betas: Betas::default(),
        losses: Vec::new(),
        mcp_servers: Vec::new(),
        free_text: Vec::new(),
    };
    let prepared = Prepared::of(request, &mut notes)?;
    let mut body = Vec::with_capacity(1024);
    object(&mut body, |out| write_fields(request, &prepared, out, &mut notes));
    let asked_by_tool = matches!(prepared.shape, Shape::ByTool(_));
    Ok(call(body, asked_by_tool, notes))
}

fn call(body: Vec<u8>, asked_by_tool: bool, notes: Notes<'_>) -> Call {
    let Notes { profile: _, native: _, names, betas, losses, mcp_servers: _, free_text } = notes;
    let mut headers = vec![("anthropic-version", "2023-06-01".to_owned())];
    headers.extend(betas.into_header());
    let answer_tool = asked_by_tool.then_some(AnswerTool { name: AnswerTool::NAME, spaced: true });
    let undo = Undo { renamed: names.into_renamed(), answer_tool, free_text };
    Call { headers, body: body.into(), losses, undo }
}

/// What had to be decided before anything is written.
struct Prepared<'a> {
    system: Vec<&'a Part>,
    messages: Vec<Message<'a>>,
    plan: thinking::Plan<'a>,
    max_tokens: u64,
    shape: Shape<'a>,
    tools: Vec<RawJson>,
}

impl<'a> Prepared<'a> {
    fn of(request: &'a ChatRequest, notes: &mut Notes<'_>) -> Result<Self, Error> {
        let (leading, turns) = request.turns.split_at(leading_system(&request.turns, notes.native));
        let system = request.instructions.iter().chain(leading.iter().flat_map(|turn| &turn.parts));
        let shape = Shape::of(request.output.format.as_ref(), notes)?;
        let mut plan = thinking::plan(request.reasoning.as_ref(), notes)?;
        let offer = Offer {
            tools: &request.tools,
            search: request.ext.get("web_search_options").filter(|_| !notes.native),
            answer: shape.of_tool(),
            called_before: has_calls(&request.turns),
        };
        Ok(Self {
            system: system.filter(|part| notes.native || turns::is_instruction(part, notes)).collect(),
            messages: turns::arranged(turns, notes)?,
            max_tokens: plan.max_tokens(&request.output, notes),
            plan,
            tools: tools::written(&offer, notes)?,
            shape,
        })
    }
}

/// How many turns stand before the conversation. Later system turns stay in it: moving them to the front would
/// change what is cached of it.
fn leading_system(turns: &[Turn], native: bool) -> usize {
    let leading = turns.iter().take_while(|turn| Speaker::of(turn.role) == Speaker::System);
    if native { 0 } else { leading.count() }
}

fn has_calls(turns: &[Turn]) -> bool {
    let parts = turns.iter().filter(|turn| turn.role == Role::Assistant).flat_map(|turn| &turn.parts);
    parts.into_iter().any(|part| matches!(part.body, PartBody::ToolCall(_)))
}

fn write_fields(request: &ChatRequest, prepared: &Prepared<'_>, out: &mut Object<'_>, notes: &mut Notes<'_>) {
    let ChatRequest {
        model,
        instructions: _,
        turns: _,
        tools: _,
        tool_choice,
        parallel_tools,
        sampling,
        output,
        reasoning: _,
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
    let Prepared { system, messages, plan, max_tokens, shape, tools } = prepared;
    out.field("model").text(model);
    out.field("max_tokens").u64(*max_tokens);
    write_system(system, out, notes);
    out.field("messages").array(|list| messages.iter().for_each(|message| message.write(list, notes)));
    write_tools(tools, out);
    write_choice(tool_choice.as_ref(), *parallel_tools, prepared, own, out, notes);
    sampling::write(sampling, out, notes);
    sampling::note_unsaid(output, thread, tier.as_deref(), notes);
    plan.write(out);
    shape::write(plan, shape, own, out, notes);
    user::write(user.as_deref(), metadata.as_ref(), own, out, notes);
    blocks::write_cache(cache.as_ref(), out);
    if *stream {
        out.field("stream").bool(true);
    }
    write_ext(ext, out, notes);
    write_own(own, out, notes);
    if ext.get("mcp_servers").is_none() {
        tools::write_mcp_servers(&notes.mcp_servers, out);
    }
}

/// Writes `system`: the one text that stands for it, where the caller has it so, else blocks.
fn write_system(parts: &[&Part], out: &mut Object<'_>, notes: &mut Notes<'_>) {
    if parts.is_empty() {
        return;
    }
    match blocks::lone_text(parts.iter().copied()).filter(|_| notes.native) {
        Some(text) => out.field("system").text(text),
        None => out
            .field("system")
            .array(|list| parts.iter().for_each(|part| turns::write_part(part, list, notes))),
    }
}

fn write_tools(tools: &[RawJson], out: &mut Object<'_>) {
    if !tools.is_empty() {
        out.field("tools").array(|list| tools.iter().for_each(|tool| list.item().raw(tool)));
    }
}

fn write_choice(
    rule: Option<&ToolChoice>,
    parallel: Option<bool>,
    prepared: &Prepared<'_>,
    own: &Ext,
    out: &mut Object<'_>,
    notes: &mut Notes<'_>,
) {
    let forcible = !prepared.plan.thinks() && !notes.profile.no_forced_tools;
    let answer = prepared.shape.of_tool().is_some() && forcible;
    let choice = Choice { rule, parallel, answer, ext: own.inside(ID, "tool_choice") };
    tools::write_choice(&choice, out, notes);
}

/// Notes parameters that the API or the model refuses: those of them that were given.
pub(super) fn note_refused(refused: &[(&str, bool)], notes: &mut Notes<'_>) {
    let lost = refused.iter().filter(|(_, lost)| *lost);
    notes.losses.extend(lost.map(|(what, _)| Loss::new(LossKind::Parameter, *what)));
}

/// OpenAI's parameters that this API has nothing for; what nobody knows is forwarded, as LiteLLM does it.
const UNSAID: &[&str] = &[
    "function_call",
    "functions",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
];

fn write_ext(ext: &Ext, out: &mut Object<'_>, notes: &mut Notes<'_>) {
    for (key, value) in ext.iter() {
        match key {
            _ if notes.native => write_member(key, value, out, notes),
            "web_search_options" => {}
            "context_management" => match tools::context_management(value.value()) {
                Some(rules) => write_member(key, &rules, out, notes),
                None => note_refused(&[(key, true)], notes),
            },
            _ if UNSAID.contains(&key) => note_refused(&[(key, true)], notes),
            _ => write_member(key, value, out, notes),
        }
    }
    if !notes.mcp_servers.is_empty() {
        notes.betas.uses_member("mcp_servers", &notes.mcp_servers[0]);
    }
}

fn write_member(key: &str, value: &RawJson, out: &mut Object<'_>, notes: &mut Notes<'_>) {
    notes.betas.uses_member(key, value);
    out.field(key).raw(value);
}

fn write_own(own: &Ext, out: &mut Object<'_>, notes: &mut Notes<'_>) {
    for (key, value) in own.outside(ID, NESTED) {
        write_member(key, value, out, notes);
    }
    notes.losses.extend(own.lost_to(ID, LossKind::Cosmetic));
}
