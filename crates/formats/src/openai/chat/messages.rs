//! `messages`: a flat list here, turns of ordered parts in the middle.

use ferrolite_types::chat::{Part, PartBody, Role, ToolResult, Turn};
use ferrolite_types::json::{Array, Fields, JsonError, Kind, Object, Value};
use ferrolite_types::{Ext, LossKind, Rest};

use super::request::Pen;
use super::{ID, cache, calls, content, thoughts};

/// Reads one element of `messages`.
pub(super) fn read(value: Value<'_>) -> Result<Turn, JsonError> {
    let mut fields = value.fields()?;
    match fields.require("role", read_role)? {
        Role::Tool => read_result(fields),
        role => read_said(role, fields),
    }
}

/// `function` is the older word for a tool that answers.
fn read_role(value: Value<'_>) -> Result<Role, JsonError> {
    match &*value.str()? {
        "system" => Ok(Role::System),
        "developer" => Ok(Role::Developer),
        "user" => Ok(Role::User),
        "assistant" => Ok(Role::Assistant),
        "tool" | "function" => Ok(Role::Tool),
        _ => Err(value.unexpected("one of \"system\", \"developer\", \"user\", \"assistant\", \"tool\"")),
    }
}

fn role_name(role: Role, pen: &Pen<'_>) -> &'static str {
    match role {
        Role::System | Role::Developer if pen.profile.no_system => "user",
        Role::Developer if pen.profile.developer_role => "developer",
        Role::System | Role::Developer => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        // Results are messages of their own; what a turn of results says beside them is the user's.
        Role::Tool => "user",
    }
}

fn read_result(mut fields: Fields<'_>) -> Result<Turn, JsonError> {
    let mut rest = Rest::of(ID);
    let (content, plain) = read_content(&mut fields)?;
    let call = fields.string("tool_call_id")?.unwrap_or_default();
    let name = fields.string("name")?;
    let result = ToolResult { call, name, content, failed: false, free_text: false };
    let mut part = Part::new(PartBody::ToolResult(result));
    part.meta.cache = cache::take(&mut fields, &mut rest)?;
    part.meta.ext = rest.with(&fields);
    Ok(Turn { role: Role::Tool, parts: vec![part], name: None, plain, ext: Ext::default() })
}

fn read_said(role: Role, mut fields: Fields<'_>) -> Result<Turn, JsonError> {
    let mut parts = if role == Role::Assistant { thoughts::take(&mut fields)? } else { Vec::new() };
    let (mut said, plain) = read_content(&mut fields)?;
    parts.append(&mut said);
    if role == Role::Assistant {
        parts.extend(fields.string("refusal")?.map(|text| Part::new(PartBody::Refusal { text })));
        parts.extend(fields.list("tool_calls", calls::read)?.unwrap_or_default());
    }
    let name = fields.string("name")?;
    let ext = read_mark(&mut fields, &mut parts)?;
    Ok(Turn { role, parts, name, plain, ext })
}

/// The parts of `content`, and whether it was one string.
fn read_content(fields: &mut Fields<'_>) -> Result<(Vec<Part>, bool), JsonError> {
    let plain = fields.peek("content").is_none_or(|content| content.kind() == Kind::String);
    Ok((fields.read("content", content::read)?.unwrap_or_default(), plain))
}

/// A mark on the message is one on its last part. It stays among the rest, as the sign of where it stood.
fn read_mark(fields: &mut Fields<'_>, parts: &mut [Part]) -> Result<Ext, JsonError> {
    let ext = Ext::rest_of(fields, ID);
    if let (Some(mark), Some(last)) = (cache::take(fields, &mut Rest::of(ID))?, parts.last_mut()) {
        last.meta.cache = Some(mark);
    }
    Ok(ext)
}

/// Writes the messages of a turn: tool results are messages of their own and come first.
pub(super) fn write(turn: &Turn, out: &mut Array<'_>, pen: &mut Pen<'_>) {
    let mut said = Vec::new();
    for part in &turn.parts {
        match &part.body {
            PartBody::ToolResult(result) => write_result(result, part, turn.plain, out, pen),
            _ => said.push(part),
        }
    }
    let only_results = said.is_empty() && !turn.parts.is_empty();
    if !only_results {
        out.item().object(|message| write_said(turn, &said, message, pen));
    }
}

fn write_result(result: &ToolResult, part: &Part, plain: bool, out: &mut Array<'_>, pen: &mut Pen<'_>) {
    let ToolResult { call, name, content, failed, free_text: _ } = result;
    let older = call.is_empty() && name.is_some();
    let content = sayable(content, pen);
    let lone_text = content.len() < 2 && content.iter().all(|part| is_plain(part, pen));
    out.item().object(|message| {
        message.field("role").text(if older { "function" } else { "tool" });
        message.maybe_text("tool_call_id", Some(call.as_str()).filter(|_| !older));
        message.maybe_text("name", name.as_deref().filter(|_| older || pen.native()));
        write_content(&content, if pen.native() { plain } else { lone_text }, message, pen);
        cache::write(pen.mark(part.meta.cache.as_ref()), &part.meta.ext, message);
        message.extend(part.meta.ext.outside(ID, &[cache::KEY]));
    });
    if *failed {
        pen.lose(LossKind::Cosmetic, "that the tool failed");
    }
    pen.lose_foreign(&part.meta.ext);
}

fn write_said(turn: &Turn, parts: &[&Part], out: &mut Object<'_>, pen: &mut Pen<'_>) {
    let Turn { role, parts: _, name, plain, ext } = turn;
    let unmarked = ext.holds(ID, cache::KEY).then(|| without_mark(parts));
    let parts: Vec<&Part> = unmarked.as_ref().map_or_else(|| parts.to_vec(), |parts| parts.iter().collect());
    let (content, beside): (Vec<&Part>, Vec<&Part>) = parts.iter().partition(|part| is_content(part, *plain));
    let content = sayable(content, pen);
    out.field("role").text(role_name(*role, pen));
    if *role == Role::Assistant && content.is_empty() {
        out.field("content").null();
    } else {
        let joined = *plain || (*role == Role::Assistant && !pen.native());
        write_content(&content, joined && content.iter().all(|part| is_plain(part, pen)), out, pen);
    }
    write_beside(&beside, out, pen);
    out.maybe_text("name", name.as_deref());
    out.extend(ext.of(ID));
    pen.lose_foreign(ext);
}

/// The parts without the mark that goes back on the message itself.
fn without_mark(parts: &[&Part]) -> Vec<Part> {
    let mut parts: Vec<Part> = parts.iter().map(|part| (*part).clone()).collect();
    if let Some(last) = parts.last_mut() {
        last.meta.cache = None;
    }
    parts
}

/// The parts that have a place in `content`; the others are losses.
fn sayable<'a>(parts: impl IntoIterator<Item = &'a Part>, pen: &mut Pen<'_>) -> Vec<&'a Part> {
    let mut sayable = Vec::new();
    for part in parts {
        match content::unsayable(part) {
            Some(what) => pen.lose(LossKind::Content, &what),
            None => sayable.push(part),
        }
        if matches!(&part.body, PartBody::Text { citations, .. } if !citations.is_empty()) {
            pen.lose(LossKind::Cosmetic, "what a text cites");
        }
        lose_meta(part, pen);
    }
    sayable
}

/// What was said about a part that only another format can say or read.
fn lose_meta(part: &Part, pen: &mut Pen<'_>) {
    if part.meta.seal.as_ref().is_some_and(|seal| !seal.is_for(ID)) {
        pen.lose(LossKind::Seal, "what only its maker can read");
    }
    pen.lose_foreign(&part.meta.ext);
}

/// What stands in `content`; a refusal does where that is a list.
fn is_content(part: &Part, plain: bool) -> bool {
    match &part.body {
        PartBody::ToolCall(_) | PartBody::Thinking { .. } => false,
        PartBody::Refusal { .. } => !plain,
        PartBody::Text { .. }
        | PartBody::Media(_)
        | PartBody::ToolResult(_)
        | PartBody::Hosted(_)
        | PartBody::Reference { .. }
        | PartBody::Foreign { .. } => true,
    }
}

fn is_text(part: &Part) -> bool {
    matches!(part.body, PartBody::Text { .. })
}

/// Whether one string can say it.
fn is_plain(part: &Part, pen: &Pen<'_>) -> bool {
    is_text(part) && pen.mark(part.meta.cache.as_ref()).is_none()
}

/// Writes `content`, as one string where `plain`. A list must not be empty.
fn write_content(parts: &[&Part], plain: bool, out: &mut Object<'_>, pen: &Pen<'_>) {
    if plain {
        return out.field("content").text(&joined_text(parts));
    }
    out.field("content").array(|list| {
        parts.iter().for_each(|part| content::write_part(part, list, pen));
        if list.is_empty() {
            content::write_part(&Part::text(""), list, pen);
        }
    });
}

fn joined_text(parts: &[&Part]) -> String {
    let texts = parts.iter().filter_map(|part| match &part.body {
        PartBody::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// Writes what an assistant's message holds beside its content.
fn write_beside(parts: &[&Part], out: &mut Object<'_>, pen: &mut Pen<'_>) {
    thoughts::write_earlier(parts, out);
    calls::write_earlier(parts, pen.native(), out);
    out.maybe_text("refusal", refusal(parts).as_deref());
    parts.iter().for_each(|part| lose_meta(part, pen));
}

/// The refusals among parts, as one.
pub(super) fn refusal(parts: &[&Part]) -> Option<String> {
    let mut texts = parts.iter().filter_map(|part| match &part.body {
        PartBody::Refusal { text } => Some(text.as_str()),
        _ => None,
    });
    texts.next().map(|first| std::iter::once(first).chain(texts).collect())
}
