//! `tools`, `tool_choice` and `mcp_servers`.

use std::borrow::Cow;

use ferrolite_types::chat::{Function, HostedKind, HostedTool, Tool, ToolBody, ToolChoice};
use ferrolite_types::json::{Fields, JsonError, Kind, Object, Value, object};
use ferrolite_types::{Error, Ext, Loss, LossKind, RawJson};

use super::betas::is_date;
use super::blocks::{hosted_tool, read_cache, write_cache};
use super::request::Notes;
use super::{ID, schema};
use crate::free_text;
use crate::undo::AnswerTool;

/// Reads one element of `tools`.
pub(super) fn read(value: Value<'_>) -> Result<Tool, JsonError> {
    let mut fields = value.fields()?;
    if let Some(kind) = fields.peek_str("type").filter(|kind| kind != "custom") {
        let hosted = HostedTool { kind: hosted_tool(&kind), origin: ID, raw: value.to_raw() };
        return Ok(Tool::new(ToolBody::Hosted(hosted)));
    }
    let function = Function {
        name: fields.required_string("name")?,
        description: fields.string("description")?,
        parameters: fields.raw("input_schema"),
        strict: fields.bool("strict")?,
    };
    let cache = read_cache(&mut fields)?;
    Ok(Tool { body: ToolBody::Function(function), cache, ext: Ext::rest_of(&fields, ID) })
}

/// What the model is offered.
pub(super) struct Offer<'a> {
    /// The caller's tools.
    pub(super) tools: &'a [Tool],
    /// A web search asked for beside them, as OpenAI's chat has it.
    pub(super) search: Option<&'a RawJson>,
    /// The schema of an answer that is asked for through a tool.
    pub(super) answer: Option<&'a RawJson>,
    /// Whether the conversation has calls: the API then wants tools, whichever.
    pub(super) called_before: bool,
}

/// The elements of `tools`.
///
/// # Errors
/// A schema that expands beyond reason.
pub(super) fn written(offer: &Offer<'_>, notes: &mut Notes<'_>) -> Result<Vec<RawJson>, Error> {
    let mut list = Vec::new();
    list.extend(offer.answer.map(answer_tool));
    for tool in offer.tools {
        list.extend(written_one(tool, notes)?);
    }
    list.extend(offer.search.map(|options| web_search(options.value())));
    if list.is_empty() && offer.called_before && !notes.native {
        list.push(dummy());
    }
    Ok(list)
}

fn json(fill: impl FnOnce(&mut Object<'_>)) -> RawJson {
    let mut out = Vec::new();
    object(&mut out, fill);
    RawJson::from_writer(out)
}

fn answer_tool(schema: &RawJson) -> RawJson {
    json(|tool| {
        tool.field("name").text(AnswerTool::NAME);
        tool.field("input_schema").raw(&schema::of_answer_tool(schema));
    })
}

/// LiteLLM's tool that nobody is to call.
fn dummy() -> RawJson {
    json(|tool| {
        tool.field("name").text("dummy_tool");
        tool.field("description").text("This is a dummy tool call");
        tool.field("input_schema").object(|schema| {
            schema.field("type").text("object");
            schema.field("properties").object(|_| ());
        });
        tool.field("type").text("custom");
    })
}

fn written_one(tool: &Tool, notes: &mut Notes<'_>) -> Result<Option<RawJson>, Error> {
    let Tool { body, cache: _, ext: _ } = tool;
    match body {
        ToolBody::Function(function) if notes.native => Ok(Some(native_function(function, tool, notes))),
        ToolBody::Function(function) => translated_function(function, tool, notes).map(Some),
        ToolBody::FreeText { name, description, format } => {
            let function = Function {
                name: name.clone(),
                description: description.clone(),
                parameters: Some(free_text_schema(format.as_ref())),
                strict: None,
            };
            notes.free_text.push(name.clone());
            translated_function(&function, tool, notes).map(Some)
        }
        ToolBody::Hosted(hosted) => Ok(hosted_by(hosted, notes)),
    }
}

fn native_function(function: &Function, tool: &Tool, notes: &mut Notes<'_>) -> RawJson {
    let Function { name, description, parameters, strict } = function;
    tool.ext.iter().for_each(|(key, value)| notes.betas.uses_tool_member(key, value));
    json(|out| {
        out.field("name").text(&notes.names.sent(name));
        out.maybe_text("description", description.as_deref());
        out.maybe_raw("input_schema", parameters.as_ref());
        out.maybe_bool("strict", *strict);
        write_cache(tool.cache.as_ref(), out);
        out.extend(tool.ext.of(ID));
    })
}

/// Members that clients of other dialects put on tools for this API.
const OWN_MEMBERS: &[&str] = &["allowed_callers", "defer_loading", "eager_input_streaming", "input_examples"];

fn translated_function(function: &Function, tool: &Tool, notes: &mut Notes<'_>) -> Result<RawJson, Error> {
    let Function { name, description, parameters, strict } = function;
    let (input_schema, lost) = schema::of_tool(parameters.as_ref())?;
    notes
        .losses
        .extend(lost.iter().map(|key| Loss::new(LossKind::Cosmetic, format!("tools: {name}: {key}"))));
    if *strict == Some(true) {
        notes.losses.push(Loss::new(LossKind::Cosmetic, format!("tools: {name}: strict")));
    }
    let (own, other): (Vec<_>, Vec<_>) = tool.ext.iter().partition(|(key, _)| OWN_MEMBERS.contains(key));
    own.iter().for_each(|(key, value)| notes.betas.uses_tool_member(key, value));
    notes
        .losses
        .extend(other.iter().map(|(key, _)| Loss::new(LossKind::Cosmetic, format!("tools: {name}: {key}"))));
    let sent = notes.names.sent(name);
    Ok(json(|out| {
        out.field("name").text(&sent);
        out.maybe_text("description", description.as_deref());
        out.field("input_schema").raw(&input_schema);
        out.field("type").text("custom");
        write_cache(tool.cache.as_ref(), out);
        out.extend(own);
    }))
}

/// The schema of a tool that takes free text, with what is known of the text.
fn free_text_schema(format: Option<&RawJson>) -> RawJson {
    json(|schema| {
        schema.field("type").text("object");
        schema.field("properties").object(|properties| {
            properties.field(free_text::ARGUMENT).object(|text| {
                text.field("type").text("string");
                if let Some(format) = format {
                    text.field("description")
                        .text(&format!("The whole text, in this format: {}", format.as_str()));
                }
            });
        });
        schema.field("required").array(|list| list.item().text(free_text::ARGUMENT));
    })
}

/// A tool that the provider runs. Those of this API end in a date and mean the same in every dialect.
fn hosted_by(hosted: &HostedTool, notes: &mut Notes<'_>) -> Option<RawJson> {
    let HostedTool { kind, origin, raw } = hosted;
    let fields = raw.value().fields().ok()?;
    let name = fields.peek_str("type").unwrap_or_default();
    let dated = name.rsplit_once('_').is_some_and(|(_, date)| is_date(date));
    if *origin == ID || dated {
        notes.betas.uses_tool(&name);
        return Some(flat(fields).unwrap_or_else(|| raw.clone()));
    }
    match (&*name, kind) {
        ("url", _) => notes.mcp_servers.push(raw.clone()),
        (_, HostedKind::Mcp) => match mcp_server(fields) {
            Ok(server) => notes.mcp_servers.push(server),
            Err(_) => notes.losses.push(Loss::new(LossKind::Tool, "tools: mcp")),
        },
        (_, HostedKind::WebSearch) => return Some(web_search(raw.value())),
        (name, _) => notes.losses.push(Loss::new(LossKind::Tool, format!("tools: {name}"))),
    }
    None
}

/// A tool of this API whose members a client put where OpenAI's chat has those of a function.
fn flat(mut tool: Fields<'_>) -> Option<RawJson> {
    let mut function = tool.take("function")?.fields().ok()?;
    let name = function.string("name").ok()?.unwrap_or_else(|| "computer".to_owned());
    let parameters = Ext::rest_of(&function.take("parameters")?.fields().ok()?, ID);
    let rest = Ext::rest_of(&tool, ID);
    Some(json(|out| {
        out.field("name").text(&name);
        out.extend(rest.iter());
        out.extend(parameters.iter());
    }))
}

/// A server as OpenAI's dialects describe it.
fn mcp_server(mut tool: Fields<'_>) -> Result<RawJson, JsonError> {
    let (url, name) = (tool.required_string("server_url")?, tool.required_string("server_label")?);
    let allowed = tool.raw("allowed_tools");
    let authorization = tool.object("headers", |mut headers| headers.string("Authorization"))?.flatten();
    Ok(json(|out| {
        out.field("type").text("url");
        out.field("url").text(&url);
        out.field("name").text(&name);
        if let Some(allowed) = &allowed {
            out.field("tool_configuration").object(|out| out.field("allowed_tools").raw(allowed));
        }
        let token = authorization.as_deref().map(|value| value.strip_prefix("Bearer ").unwrap_or(value));
        out.maybe_text("authorization_token", token);
    }))
}

/// The web search for OpenAI's options: how much context becomes how many searches.
fn web_search(options: Value<'_>) -> RawJson {
    let fields = options.fields().ok();
    let size = fields.as_ref().and_then(|fields| fields.peek_str("search_context_size"));
    let place =
        fields.as_ref().and_then(|fields| fields.peek("user_location")).and_then(|place| place.fields().ok());
    let nested =
        place.as_ref().and_then(|place| place.peek("approximate")).and_then(|place| place.fields().ok());
    json(|tool| {
        tool.field("type").text("web_search_20250305");
        tool.field("name").text("web_search");
        tool.maybe_u64("max_uses", size.as_deref().and_then(searches));
        if let Some(place) = nested.or(place) {
            tool.field("user_location").object(|out| write_place(&place, out));
        }
    })
}

fn searches(context_size: &str) -> Option<u64> {
    match context_size {
        "low" => Some(1),
        "medium" => Some(5),
        "high" => Some(10),
        _ => None,
    }
}

fn write_place(place: &Fields<'_>, out: &mut Object<'_>) {
    out.field("type").text("approximate");
    for key in ["city", "region", "country", "timezone"] {
        out.maybe_text(key, place.peek_str(key).as_deref());
    }
}

/// Reads `tool_choice`; what it says besides is the second value.
pub(super) fn read_choice(value: Value<'_>) -> Result<(ToolChoice, Ext), JsonError> {
    let mut fields = value.fields()?;
    let choice = match &*fields.required_string("type")? {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "none" => ToolChoice::None,
        "tool" => ToolChoice::Named(fields.required_string("name")?),
        _ => return Ok((ToolChoice::Foreign { origin: ID, raw: value.to_raw() }, Ext::default())),
    };
    Ok((choice, Ext::rest_of(&fields, ID)))
}

/// What the model is told about calling.
pub(super) struct Choice<'a> {
    /// The caller's rule.
    pub(super) rule: Option<&'a ToolChoice>,
    /// Whether several calls at once are wanted.
    pub(super) parallel: Option<bool>,
    /// Whether the answer is to be the call of the answer's tool.
    pub(super) answer: bool,
    /// What was said besides in this format.
    pub(super) ext: Ext,
}

/// Writes `tool_choice`. The caller's own rule goes before that of the answer's tool.
pub(super) fn write_choice(choice: &Choice<'_>, out: &mut Object<'_>, notes: &mut Notes<'_>) {
    let Choice { rule, parallel, answer, ext } = choice;
    let (kind, name) = match rule {
        Some(ToolChoice::Foreign { origin, raw }) if *origin == ID => {
            return out.field("tool_choice").raw(raw);
        }
        Some(ToolChoice::Foreign { .. }) => {
            return notes.losses.push(Loss::new(LossKind::Parameter, "tool_choice"));
        }
        Some(ToolChoice::Auto) => ("auto", None),
        Some(ToolChoice::None) => ("none", None),
        Some(ToolChoice::Required | ToolChoice::Named(_)) if notes.profile.no_forced_tools => {
            notes.losses.push(Loss::new(LossKind::Parameter, "tool_choice"));
            ("auto", None)
        }
        Some(ToolChoice::Required) => ("any", None),
        Some(ToolChoice::Named(name)) => ("tool", Some(notes.names.sent(name))),
        None if parallel.is_some() => ("auto", None),
        None if *answer => ("tool", Some(Cow::Borrowed(AnswerTool::NAME))),
        None => return,
    };
    out.field("tool_choice").object(|out| {
        out.field("type").text(kind);
        out.maybe_text("name", name.as_deref());
        if kind != "none" {
            out.maybe_bool("disable_parallel_tool_use", parallel.map(|parallel| !parallel));
        }
        out.extend(ext.of(ID));
    });
}

/// Writes `mcp_servers` for those that came as tools.
pub(super) fn write_mcp_servers(servers: &[RawJson], out: &mut Object<'_>) {
    if !servers.is_empty() {
        out.field("mcp_servers").array(|list| servers.iter().for_each(|server| list.item().raw(server)));
    }
}

/// OpenAI's list of rules for a long context, as this API has them; an object is already this API's.
pub(super) fn context_management(rules: Value<'_>) -> Option<RawJson> {
    if rules.kind() == Kind::Object {
        return rules.fields().ok()?.peek("edits").map(|_| rules.to_raw());
    }
    let rules = rules.items().ok()?.filter_map(|rule| rule.fields().ok());
    let edits: Vec<RawJson> = rules.filter_map(compaction).collect();
    (!edits.is_empty()).then(|| {
        json(|out| out.field("edits").array(|list| edits.iter().for_each(|edit| list.item().raw(edit))))
    })
}

fn compaction(mut rule: Fields<'_>) -> Option<RawJson> {
    rule.take("type").and_then(Value::as_str).filter(|kind| kind == "compaction")?;
    let threshold = rule.take("compact_threshold").and_then(|threshold| threshold.f64().ok());
    let rest = Ext::rest_of(&rule, ID);
    Some(json(|edit| {
        edit.field("type").text("compact_20260112");
        if let Some(threshold) = threshold {
            edit.field("trigger").object(|trigger| {
                trigger.field("type").text("input_tokens");
                trigger.field("value").u64(threshold as u64);
            });
        }
        edit.extend(rest.iter());
    }))
}
