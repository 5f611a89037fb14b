//! The body of a request: reading what clients send and writing what Google gets, side by side.

use ferrolite_types::chat::{ChatRequest, ToolBody};
use ferrolite_types::json::{Fields, JsonError, Object, object};
use ferrolite_types::{Error, Ext, Loss, LossKind, Profile, RawJson};

use super::config::{self, Config};
use super::names::{
    CACHED_CONTENT, CONFIG, GENERATION_CONFIG, INCLUDE_THOUGHTS, Manner, Name, SAFETY_SETTINGS,
    SERVER_SIDE_TOOLS, SERVICE_TIER, SYSTEM_INSTRUCTION, THINKING_CONFIG, TOOL_CONFIG,
};
use super::parts::Pen;
use super::tools::Plan;
use super::{ID, contents, tools};
use crate::format::{Call, Inbound};
use crate::undo::Undo;

/// Reads what a client asks; the path names the model and says whether the answer is streamed.
pub(super) fn read(inbound: &Inbound<'_>) -> Result<ChatRequest, Error> {
    let mut fields = inbound.fields();
    let named = fields.string("model")?;
    let model = inbound.model.map(str::to_owned).or(named).ok_or_else(|| JsonError::missing("model"))?;
    let mut request = read_fields(fields)?;
    request.model = model;
    request.stream = inbound.stream.unwrap_or(false);
    Ok(request)
}

fn read_fields(mut fields: Fields<'_>) -> Result<ChatRequest, JsonError> {
    let turns = fields.require("contents", contents::read)?;
    let system = fields.read(SYSTEM_INSTRUCTION.found(&fields), contents::read_instructions)?;
    let (instructions, system_rest) = system.unwrap_or_default();
    let tools: Vec<_> =
        fields.list("tools", tools::read)?.unwrap_or_default().into_iter().flatten().collect();
    let choice = fields.peek(TOOL_CONFIG.found(&fields)).map(|choice| tools::read_choice(choice, &tools));
    let choice = choice.transpose().map_err(|error| error.within(TOOL_CONFIG.google()))?;
    let config = fields.read(GENERATION_CONFIG.found(&fields), config::read)?.unwrap_or_default();
    let Config { sampling, output, rest } = config;
    Ok(ChatRequest {
        instructions,
        turns,
        tools,
        tool_choice: choice.flatten(),
        sampling,
        output,
        stream_usage: true,
        own: Ext::tagged(ID, fields.rest())
            .nest(SYSTEM_INSTRUCTION.google(), system_rest)
            .nest(GENERATION_CONFIG.google(), rest),
        ..ChatRequest::default()
    })
}

/// Whether the client asked to see thoughts; without it Google shows none, and a client takes every part for the
/// answer.
pub(super) fn echo(inbound: &Inbound<'_>) -> Ext {
    let asked = || {
        let fields = inbound.fields();
        let config = fields.peek(GENERATION_CONFIG.found(&fields))?.fields().ok()?;
        let thinking = config.peek(THINKING_CONFIG.found(&config))?.fields().ok()?;
        thinking.peek(INCLUDE_THOUGHTS.found(&thinking)).filter(|asked| asked.text() == "true")
    };
    let found = asked().map(|asked| (INCLUDE_THOUGHTS.google().into(), asked.to_raw()));
    Ext::new(ID, found.into_iter().collect())
}

/// Whether [`echo`] found that thoughts are to be shown.
pub(super) fn shows_thoughts(echo: &Ext) -> bool {
    echo.of(ID).any(|(key, _)| key == INCLUDE_THOUGHTS.google())
}

/// Writes what Google gets: a request of its own clients as it came, another's as LiteLLM translates it.
pub(super) fn write(request: &ChatRequest, profile: &Profile) -> Result<Call, Error> {
    let manner = if request.own.origin() == Some(ID) { Manner::Native } else { Manner::Adapted };
    let mut pen = match manner {
        Manner::Native => Pen::native(),
        Manner::Adapted => Pen::adapted(profile),
    };
    let config = config::write(request, profile, manner, &mut pen.losses)?;
    let mut body = Vec::with_capacity(1024);
    let mut result = Ok(());
    object(&mut body, |out| {
        result = match manner {
            Manner::Native => {
                write_native(request, config.as_ref(), &mut pen, out);
                Ok(())
            }
            Manner::Adapted => write_adapted(request, profile, config, &mut pen, out),
        };
        write_tier(request.tier.as_deref(), manner, out);
    });
    result?;
    lose_what_has_no_place(request, &mut pen.losses);
    let undo = Undo { free_text: tools::wrapped(&request.tools), ..Undo::default() };
    Ok(Call { body: body.into(), losses: pen.losses, undo, ..Call::default() })
}

fn write_native<'a>(
    request: &'a ChatRequest,
    config: Option<&RawJson>,
    pen: &mut Pen<'a>,
    out: &mut Object<'_>,
) {
    contents::write_native(request, pen, out);
    tools::write_native(request, out, &mut pen.losses);
    out.maybe_raw(GENERATION_CONFIG.google(), config);
    out.extend(request.own.outside(ID, &[SYSTEM_INSTRUCTION.google(), GENERATION_CONFIG.google()]));
}

fn write_adapted<'a>(
    request: &'a ChatRequest,
    profile: &'a Profile,
    config: Option<RawJson>,
    pen: &mut Pen<'a>,
    out: &mut Object<'_>,
) -> Result<(), Error> {
    contents::write_adapted(request, profile, pen, out)?;
    let extra = Extra::of(&request.ext);
    let plan = Plan::of(request, Manner::Adapted, &mut pen.losses);
    if !extra.says("tools") {
        plan.write_tools(out);
    }
    if !extra.says(TOOL_CONFIG.google()) {
        plan.write_config(request.tool_choice.as_ref(), out, &mut pen.losses);
    }
    let config =
        config.map(|config| if plan.has_maps() { config::with_response_format(&config) } else { config });
    out.maybe_raw(GENERATION_CONFIG.google(), config.as_ref());
    write_carried(&request.ext, &extra, out, &mut pen.losses);
    extra.write(out, &mut pen.losses);
    Ok(())
}

/// Members that another format's clients say under Google's names.
const CARRIED: &[Name] = &[SAFETY_SETTINGS, CACHED_CONTENT, Name::camel("labels", "labels")];

/// Members that are read elsewhere.
const ELSEWHERE: &[&str] = &["extra_body", "web_search_options"];

fn write_carried(ext: &Ext, extra: &Extra<'_>, out: &mut Object<'_>, losses: &mut Vec<Loss>) {
    for (key, value) in ext.iter() {
        let carried = CARRIED.iter().find(|name| name.is(key)).map(|name| name.google());
        match carried {
            Some(name) if !extra.says(name) => out.field(name).raw(value),
            _ if is_read_elsewhere(key) => {}
            _ => losses.push(Loss::new(LossKind::Cosmetic, key)),
        }
    }
}

fn is_read_elsewhere(key: &str) -> bool {
    ELSEWHERE.contains(&key) || SERVER_SIDE_TOOLS.is(key) || CONFIG.iter().any(|name| name.is(key))
}

/// Members of `extra_body` that are meant for the gateway.
const IN_GATEWAY: &[&str] = &["cache", "tags"];

/// What the caller put into `extra_body`, to be sent as it is.
struct Extra<'a>(Option<Fields<'a>>);

impl<'a> Extra<'a> {
    fn of(ext: &'a Ext) -> Self {
        Self(ext.get("extra_body").and_then(|value| value.value().fields().ok()))
    }

    fn says(&self, key: &str) -> bool {
        self.0.as_ref().is_some_and(|fields| fields.peek(key).is_some())
    }

    /// The configuration in it was merged with ours; the conversation is not to be said twice.
    fn write(self, out: &mut Object<'_>, losses: &mut Vec<Loss>) {
        for (key, value) in self.0.iter().flat_map(Fields::rest) {
            if key.as_ref() == "contents" || SYSTEM_INSTRUCTION.is(&key) {
                losses.push(Loss::new(LossKind::Cosmetic, format!("extra_body.{key}")));
            } else if !IN_GATEWAY.contains(&&*key) && !GENERATION_CONFIG.is(&key) {
                out.field(&key).raw(&value);
            }
        }
    }
}

/// OpenAI's "let the project decide" buys priority here, as LiteLLM has it.
fn write_tier(tier: Option<&str>, manner: Manner, out: &mut Object<'_>) {
    let word = tier.map(|tier| match (tier, manner) {
        ("auto", Manner::Adapted) => "priority".to_owned(),
        ("default", _) => "standard".to_owned(),
        (tier, _) => tier.to_ascii_lowercase(),
    });
    out.maybe_text(SERVICE_TIER.google(), word.as_deref());
}

fn lose_what_has_no_place(request: &ChatRequest, losses: &mut Vec<Loss>) {
    let ChatRequest {
        model: _,
        instructions: _,
        turns,
        tools,
        tool_choice: _,
        parallel_tools,
        sampling: _,
        output: _,
        reasoning: _,
        thread,
        user,
        metadata,
        tier: _,
        cache: _,
        stream: _,
        stream_usage: _,
        ext: _,
        own,
    } = request;
    let strict = tools
        .iter()
        .any(|tool| matches!(&tool.body, ToolBody::Function(function) if function.strict == Some(true)));
    let mut lose = |lost: bool, kind: LossKind, what: &str| {
        if lost {
            losses.push(Loss::new(kind, what));
        }
    };
    lose(turns.iter().any(|turn| turn.name.is_some()), LossKind::Cosmetic, "messages: name");
    lose(*parallel_tools == Some(false), LossKind::Cosmetic, "parallel_tool_calls");
    lose(thread.previous.is_some(), LossKind::Parameter, "previous_response_id");
    lose(thread.store.is_some(), LossKind::Parameter, "store");
    lose(user.is_some(), LossKind::Cosmetic, "user");
    lose(metadata.is_some(), LossKind::Cosmetic, "metadata");
    lose(strict, LossKind::Cosmetic, "tools: strict");
    losses.extend(own.lost_to(ID, LossKind::Cosmetic));
}
