//! Items: messages, thoughts, calls and their outputs, each with an identifier and a status of its own.

use ferrolite_types::chat::{
    HostedKind, HostedPart, Part, PartBody, PartMeta, Role, Seal, ToolCall, ToolInput, ToolResult,
};
use ferrolite_types::json::{Array, Fields, JsonError, Kind, Object, Slot, Value};
use ferrolite_types::{Ext, Loss, LossKind, RawJson};

use super::contents::{self, Place};
use super::{ID, thoughts};

/// The member of an item's extension under which that of its part is nested.
pub(super) const PART: &str = "part";

/// Where the content of a tool's answer stands.
const ANSWERED: Place<'_> = Place { text: contents::INPUT, answer: false };

/// An item as its parts, and what its neighbours need to know of it.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) sort: Sort,
    pub(super) parts: Vec<Part>,
    /// Whether its content was one string rather than a list.
    pub(super) plain: bool,
}

/// What an item is to the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// Something said, by whom.
    Message(Role),
    /// What the model thought.
    Thought,
    /// The model asks for a tool, or what stands in the place of that.
    Call,
    /// What the caller answered to such a call.
    Output,
}

/// On which side of the conversation's end an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// In a request, where a message and a reference may leave out their type.
    Input,
    /// In an answer.
    Output,
}

/// Reads the item at this place.
pub(super) fn read(value: Value<'_>, index: u32, side: Side) -> Result<Item, JsonError> {
    let mut fields = value.fields()?;
    let kind = fields.take("type").map(Value::str).transpose()?;
    let id = fields.peek("id").and_then(Value::as_str).map(Into::into);
    let mut item = match kind.as_deref() {
        None if fields.peek("role").is_none() => read_reference(&mut fields)?,
        None | Some("message") => read_message(&mut fields, side)?,
        Some("reasoning") => Item { sort: Sort::Thought, parts: thoughts::read(&mut fields)?, plain: false },
        Some(kind @ ("function_call" | "custom_tool_call")) => {
            read_call(kind == "custom_tool_call", &mut fields)?
        }
        Some(kind @ ("function_call_output" | "custom_tool_call_output")) => {
            read_output(kind == "custom_tool_call_output", &mut fields)?
        }
        Some("item_reference") => read_reference(&mut fields)?,
        Some(other) => read_hosted(other, value, &fields)?,
    };
    if item.parts.is_empty() {
        item.parts.push(Part::new(PartBody::Foreign { origin: ID, raw: value.to_raw() }));
    } else if !is_raw(&item.parts[0]) {
        describe(&mut item, &mut fields)?;
    }
    let typed = kind.is_some() || side == Side::Output;
    for part in &mut item.parts {
        mark(part, index, typed);
        part.meta.id.clone_from(&id);
    }
    Ok(item)
}

/// Notes in which item a part was read, and whether the item said its type.
pub(super) fn mark(part: &mut Part, index: u32, typed: bool) {
    part.meta.group = Some(index << 1 | u32::from(typed));
    tag(part);
}

/// Notes that a part was read in this format.
pub(super) fn tag(part: &mut Part) {
    if part.meta.ext.origin().is_none() {
        part.meta.ext = Ext::tagged(ID, Vec::new());
    }
}

/// The item of a part that was read in this format; other formats may group parts in their own ways.
pub(super) fn group(part: &Part) -> Option<u32> {
    part.meta.group.filter(|_| part.meta.ext.origin() == Some(ID))
}

/// Whether an item says its type: that of another format has to.
fn says_its_type(part: &Part) -> bool {
    group(part).is_none_or(|mark| mark & 1 == 1)
}

/// Notes on the last part what is known of the item as a whole.
fn describe(item: &mut Item, fields: &mut Fields<'_>) -> Result<(), JsonError> {
    fields.take("id");
    let status = fields.string("status")?;
    let count = item.parts.len();
    for (index, part) in item.parts.iter_mut().enumerate() {
        let ext = std::mem::take(&mut part.meta.ext);
        let whole = if index + 1 == count { fields.rest() } else { Vec::new() };
        part.meta.ext = Ext::tagged(ID, whole).nest(PART, ext);
    }
    if let Some(last) = item.parts.last_mut() {
        last.meta.status = status;
    }
    Ok(())
}

/// Whether a part is a whole item as it came.
pub(super) fn is_raw(part: &Part) -> bool {
    match &part.body {
        PartBody::Hosted(_) => true,
        // A part of a message that nobody knows says at least what it calls itself.
        PartBody::Foreign { .. } => part.meta.ext.is_empty(),
        PartBody::Text { .. }
        | PartBody::Media(_)
        | PartBody::Thinking { .. }
        | PartBody::ToolCall(_)
        | PartBody::ToolResult(_)
        | PartBody::Refusal { .. }
        | PartBody::Reference { .. } => false,
    }
}

fn read_message(fields: &mut Fields<'_>, side: Side) -> Result<Item, JsonError> {
    let role = match fields.take("role") {
        Some(role) => read_role(role).map_err(|error| error.within("role"))?,
        None if side == Side::Input => Role::User,
        None => Role::Assistant,
    };
    let place = Place { text: text_name(role), answer: side == Side::Output };
    let content = fields.take("content");
    let plain = content.is_some_and(|content| content.kind() == Kind::String);
    let parts = match content {
        Some(content) if plain => vec![Part::text(content.str()?)],
        Some(content) => {
            content.list(|part| contents::read(part, place)).map_err(|error| error.within("content"))?
        }
        None => Vec::new(),
    };
    Ok(Item { sort: Sort::Message(role), parts, plain })
}

fn read_role(value: Value<'_>) -> Result<Role, JsonError> {
    match &*value.str()? {
        "system" => Ok(Role::System),
        "developer" => Ok(Role::Developer),
        "user" => Ok(Role::User),
        "assistant" => Ok(Role::Assistant),
        "tool" => Ok(Role::Tool),
        _ => Err(value.unexpected("one of \"system\", \"developer\", \"user\", \"assistant\"")),
    }
}

pub(super) fn role_name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::Developer => "developer",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    }
}

/// What text is called in a message of this role.
fn text_name(role: Role) -> &'static str {
    match role {
        Role::Assistant => contents::OUTPUT,
        Role::System | Role::Developer | Role::User | Role::Tool => contents::INPUT,
    }
}

/// A name that a namespace qualifies is one name to everybody else; the namespace stays in the extension.
fn read_call(free_text: bool, fields: &mut Fields<'_>) -> Result<Item, JsonError> {
    let name = fields.required_string("name")?;
    let name = match fields.peek("namespace").and_then(Value::as_str) {
        Some(namespace) => qualified(&namespace, &name),
        None => name,
    };
    let id = fields.string("call_id")?.or(fields.peek("id").and_then(Value::as_str).map(Into::into));
    let input = match free_text {
        true => ToolInput::Text(fields.string("input")?.unwrap_or_default()),
        false => ToolInput::Json(fields.read("arguments", read_arguments)?.unwrap_or_default()),
    };
    let signature =
        fields.object("provider_specific_fields", |mut extra| extra.string("thought_signature"))?.flatten();
    let seal = signature.map(|bytes| Box::new(Seal { format: None, bytes }));
    let body = PartBody::ToolCall(ToolCall { id: id.unwrap_or_default(), name, input });
    let part = Part { body, meta: PartMeta { seal, ..PartMeta::default() } };
    Ok(Item { sort: Sort::Call, parts: vec![part], plain: false })
}

/// Arguments are JSON in a string; some callers send the object itself.
fn read_arguments(value: Value<'_>) -> Result<String, JsonError> {
    match value.kind() {
        Kind::Object => Ok(value.text().to_owned()),
        _ => value.str().map(Into::into),
    }
}

/// The one name of a tool that stands in a namespace.
pub(super) fn qualified(namespace: &str, name: &str) -> String {
    format!("{namespace}__{name}")
}

fn read_output(free_text: bool, fields: &mut Fields<'_>) -> Result<Item, JsonError> {
    let call = fields.string("call_id")?.unwrap_or_default();
    let output = fields.take("output");
    let plain = output.is_none_or(|output| output.kind() != Kind::Array);
    let content = match output {
        Some(output) if !plain => {
            output.list(|part| contents::read(part, ANSWERED)).map_err(|error| error.within("output"))?
        }
        Some(output) => vec![Part::text(output.as_str().unwrap_or_else(|| output.text().into()))],
        None => Vec::new(),
    };
    let result = ToolResult { call, name: None, content, failed: false, free_text };
    Ok(Item { sort: Sort::Output, parts: vec![Part::new(PartBody::ToolResult(result))], plain })
}

fn read_reference(fields: &mut Fields<'_>) -> Result<Item, JsonError> {
    let id = fields.required_string("id")?;
    Ok(Item { sort: Sort::Call, parts: vec![Part::new(PartBody::Reference { id })], plain: false })
}

/// Items of tools that the provider runs, or that it at least knows by itself: carried whole.
fn read_hosted(kind: &str, value: Value<'_>, fields: &Fields<'_>) -> Result<Item, JsonError> {
    let text = |key| fields.peek(key).and_then(Value::as_str).map(Into::into);
    let result = kind.ends_with("_output") || kind == "mcp_approval_response";
    let sort = if result { Sort::Output } else { Sort::Call };
    let body = match hosted_kind(kind) {
        Some(kind) => {
            let id = text("call_id").or_else(|| text("id"));
            PartBody::Hosted(HostedPart { kind, origin: ID, id, result, raw: value.to_raw() })
        }
        None => PartBody::Foreign { origin: ID, raw: value.to_raw() },
    };
    let meta = PartMeta { status: text("status"), ..PartMeta::default() };
    Ok(Item { sort, parts: vec![Part { body, meta }], plain: false })
}

/// The tool of an item, by the beginning of its type; `None` where the item is no tool's.
fn hosted_kind(kind: &str) -> Option<HostedKind> {
    const KINDS: &[(&str, HostedKind)] = &[
        ("web_search_", HostedKind::WebSearch),
        ("file_search_", HostedKind::FileSearch),
        ("code_interpreter_", HostedKind::Code),
        ("image_generation_", HostedKind::Image),
        ("computer_", HostedKind::Computer),
        ("mcp_", HostedKind::Mcp),
        ("local_shell_", HostedKind::Other),
        ("shell_", HostedKind::Other),
        ("apply_patch_", HostedKind::Other),
        ("tool_search_", HostedKind::Other),
    ];
    KINDS.iter().find(|(start, _)| kind.starts_with(start)).map(|(_, kind)| *kind)
}

/// Writes an item for a provider. A thought that somebody else sealed is of no use to it.
pub(super) fn write(parts: &[&Part], said: Said, out: &mut Array<'_>, losses: &mut Vec<Loss>) {
    let is_thought = matches!(parts[0].body, PartBody::Thinking { .. });
    if is_thought && parts.iter().any(|part| thoughts::foreign_seal(part).is_some()) {
        return losses.push(Loss::new(LossKind::Seal, "input: a thought that another provider sealed"));
    }
    write_item(parts, said, out.item(), losses);
}

/// Writes the item that these parts, read in this format before, are.
pub(super) fn write_item(parts: &[&Part], said: Said, slot: Slot<'_>, losses: &mut Vec<Loss>) {
    let (first, last) = (parts[0], parts[parts.len() - 1]);
    match &first.body {
        PartBody::Hosted(HostedPart { raw, .. }) | PartBody::Foreign { raw, .. } if is_raw(first) => {
            slot.raw(raw);
        }
        PartBody::ToolCall(call) => slot.object(|item| write_call(call, last, item)),
        PartBody::Thinking { .. } => slot.object(|item| {
            item.field("type").text("reasoning");
            thoughts::write(parts, item);
            close(last, item);
        }),
        PartBody::ToolResult(result) => slot.object(|item| {
            write_result(result, said.plain, item, losses);
            close(last, item);
        }),
        PartBody::Reference { id } => slot.object(|item| {
            if says_its_type(last) {
                item.field("type").text("item_reference");
            }
            item.field("id").text(id);
            item.extend(whole(last));
        }),
        PartBody::Hosted(_)
        | PartBody::Foreign { .. }
        | PartBody::Text { .. }
        | PartBody::Media(_)
        | PartBody::Refusal { .. } => slot.object(|item| write_message(parts, last, said, item, losses)),
    }
}

/// How the parts of an item were said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    /// By whom.
    pub(super) role: Role,
    /// Whether as one string rather than a list.
    pub(super) plain: bool,
    /// Whether in an answer.
    pub(super) answer: bool,
}

fn write_message(parts: &[&Part], last: &Part, said: Said, out: &mut Object<'_>, losses: &mut Vec<Loss>) {
    if says_its_type(last) {
        out.field("type").text("message");
    }
    out.field("role").text(role_name(said.role));
    write_content(parts, said, out, losses);
    close(last, out);
}

/// Writes `content`: one string where it was one, else a list.
pub(super) fn write_content(parts: &[&Part], said: Said, out: &mut Object<'_>, losses: &mut Vec<Loss>) {
    if let ([Part { body: PartBody::Text { text, .. }, .. }], true) = (parts, said.plain) {
        return out.field("content").text(text);
    }
    let place = Place { text: text_name(said.role), answer: said.answer };
    out.field("content").array(|list| {
        for part in parts {
            contents::write(part, &part.meta.ext.inside(ID, PART), place, list, losses);
        }
    });
}

fn write_call(call: &ToolCall, part: &Part, out: &mut Object<'_>) {
    let free_text = matches!(call.input, ToolInput::Text(_));
    write_call_fields(&call.id, bare_name(call, part), call.input.text(), free_text, out);
    close(part, out);
}

/// The name of a called tool within its namespace.
pub(super) fn bare_name<'a>(call: &'a ToolCall, part: &Part) -> &'a str {
    let namespace = part.meta.ext.of(ID).find(|(key, _)| *key == "namespace");
    let namespace = namespace.and_then(|(_, namespace)| namespace.value().as_str());
    let bare = namespace.and_then(|namespace| call.name.strip_prefix(&qualified(&namespace, "")));
    bare.unwrap_or(&call.name)
}

/// Writes what every call says.
pub(super) fn write_call_fields(id: &str, name: &str, input: &str, free_text: bool, out: &mut Object<'_>) {
    let (kind, member) = match free_text {
        true => ("custom_tool_call", "input"),
        false => ("function_call", "arguments"),
    };
    out.field("type").text(kind);
    out.field("call_id").text(id);
    out.field("name").text(name);
    out.field(member).text(input);
}

/// What a call was given, and whether as free text; of other formats, no arguments are an object without members.
pub(super) fn given(input: &ToolInput) -> (&str, bool) {
    match input {
        ToolInput::Json(arguments) if arguments.is_empty() => ("{}", false),
        ToolInput::Json(arguments) => (arguments, false),
        ToolInput::Text(text) => (text, true),
    }
}

/// Writes what a tool answered: one string where it was one, else a list.
pub(super) fn write_result(result: &ToolResult, plain: bool, out: &mut Object<'_>, losses: &mut Vec<Loss>) {
    let ToolResult { call, name: _, content, failed, free_text } = result;
    out.field("type").text(if *free_text { "custom_tool_call_output" } else { "function_call_output" });
    out.field("call_id").text(call);
    if *failed {
        losses.push(Loss::new(LossKind::Cosmetic, "input: that a tool failed"));
    }
    match joined(content).filter(|_| plain) {
        Some(text) => out.field("output").text(&text),
        None => out.field("output").array(|list| {
            content.iter().for_each(|part| contents::write(part, &part.meta.ext, ANSWERED, list, losses));
        }),
    }
}

/// The text of parts that are nothing but text, line by line.
pub(super) fn joined(parts: &[Part]) -> Option<String> {
    let texts = parts.iter().map(|part| match &part.body {
        PartBody::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Option<Vec<_>>>().map(|texts| texts.join("\n"))
}

/// Writes what is known of the item as a whole.
pub(super) fn close(last: &Part, out: &mut Object<'_>) {
    out.maybe_text("id", last.meta.id.as_deref());
    out.maybe_text("status", last.meta.status.as_deref());
    out.extend(whole(last));
}

/// The further members of the item itself.
fn whole(last: &Part) -> impl Iterator<Item = (&str, &RawJson)> {
    last.meta.ext.outside(ID, &[PART])
}
