//! `tool_calls`: the model asks for a tool of the caller's to be run.

use std::borrow::Cow;

use ferrolite_types::chat::{Part, PartBody, PartMeta, Seal, ToolCall, ToolInput};
use ferrolite_types::json::{Fields, JsonError, Kind, Object, Value, object};
use ferrolite_types::{RawJson, Rest};

use super::{ID, extras, thoughts};
use crate::free_text;

/// Reads one element.
pub(super) fn read(value: Value<'_>) -> Result<Part, JsonError> {
    let fields = value.fields()?;
    match fields.peek("function").or(fields.peek("custom")) {
        Some(_) => read_begun(value),
        None => Err(JsonError::missing("function")),
    }
}

/// Reads an element of which more may come.
pub(super) fn read_begun(value: Value<'_>) -> Result<Part, JsonError> {
    let mut fields = value.fields()?;
    let mut rest = Rest::of(ID);
    let id = fields.string("id")?.unwrap_or_default();
    let kind = fields.string("type")?;
    fields.take("index");
    let (name, input) = match kind.as_deref() {
        Some("custom") => rest.object(&mut fields, "custom", read_free_text)?,
        _ => rest.object(&mut fields, "function", read_function)?,
    }
    .unwrap_or_else(|| (String::new(), ToolInput::Json(String::new())));
    let meta = PartMeta { seal: seal_of(&fields)?, ext: rest.with(&fields), ..PartMeta::default() };
    Ok(Part { body: PartBody::ToolCall(ToolCall { id, name, input }), meta })
}

fn read_function(function: &mut Fields<'_>) -> Result<(String, ToolInput), JsonError> {
    let name = function.string("name")?.unwrap_or_default();
    let arguments = function.read("arguments", read_arguments)?.unwrap_or_default();
    Ok((name, ToolInput::Json(arguments)))
}

fn read_free_text(custom: &mut Fields<'_>) -> Result<(String, ToolInput), JsonError> {
    let name = custom.string("name")?.unwrap_or_default();
    Ok((name, ToolInput::Text(custom.string("input")?.unwrap_or_default())))
}

/// Arguments are JSON in a string; some servers send the object itself.
pub(super) fn read_arguments(value: Value<'_>) -> Result<String, JsonError> {
    match value.kind() {
        Kind::Object => Ok(value.text().to_owned()),
        _ => value.str().map(Into::into),
    }
}

/// Writes the calls of an earlier turn. Seals that only another format can read are left out; of a call with free
/// text, which came in another format, the text is an argument, as that of its tool is.
pub(super) fn write_earlier(parts: &[&Part], native: bool, out: &mut Object<'_>) {
    let calls = among(parts);
    if calls.is_empty() {
        return;
    }
    out.field("tool_calls").array(|list| {
        for (call, meta) in calls {
            let seal = meta.seal.as_deref().filter(|seal| seal.is_for(ID));
            let call = if native { Cow::Borrowed(call) } else { as_function(call) };
            list.item().object(|out| write(&call, meta, seal, out));
        }
    });
}

fn as_function(call: &ToolCall) -> Cow<'_, ToolCall> {
    match &call.input {
        ToolInput::Json(_) => Cow::Borrowed(call),
        ToolInput::Text(text) => {
            let mut arguments = Vec::new();
            object(&mut arguments, |out| out.field(free_text::ARGUMENT).text(text));
            let input = ToolInput::Json(RawJson::from_writer(arguments).as_str().to_owned());
            Cow::Owned(ToolCall { id: call.id.clone(), name: call.name.clone(), input })
        }
    }
}

/// Writes the calls of an answer. Those of an answer that came in another format have the index that LiteLLM gives
/// them: their place among the blocks that are said, of which a thought is one where it is sealed.
pub(super) fn write_answered(parts: &[&Part], native: bool, out: &mut Object<'_>) {
    let unsealed = |part: &Part| matches!(part.body, PartBody::Thinking { .. }) && part.meta.seal.is_none();
    let blocks: Vec<&Part> = parts.iter().copied().filter(|part| !unsealed(part)).collect();
    if among(&blocks).is_empty() {
        return;
    }
    out.field("tool_calls").array(|list| {
        for (index, block) in blocks.iter().enumerate() {
            if let PartBody::ToolCall(call) = &block.body {
                list.item().object(|out| {
                    out.maybe_u64("index", Some(index as u64).filter(|_| !native));
                    write(call, &block.meta, block.meta.seal.as_deref(), out);
                });
            }
        }
    });
}

/// Writes the members of a call.
pub(super) fn write(call: &ToolCall, meta: &PartMeta, seal: Option<&Seal>, out: &mut Object<'_>) {
    let ToolCall { id, name, input } = call;
    let (kind, member) = members(input);
    out.field("id").text(id);
    out.field("type").text(kind);
    out.field(kind).object(|inner| {
        inner.field("name").text(name);
        inner.field(member).text(input.text());
        inner.extend(meta.ext.inside(ID, kind).of(ID));
    });
    // Our own goes back with the rest.
    if let Some(seal) = seal.filter(|_| !meta.ext.holds(ID, extras::KEY)) {
        out.field(extras::KEY).object(|extra| extra.field(extras::SIGNATURE).text(&seal.bytes));
    }
    out.extend(meta.ext.outside(ID, &[kind]));
}

/// The kind of a call, which is also the member that says the rest, and the member in there for what it is given.
pub(super) fn members(input: &ToolInput) -> (&'static str, &'static str) {
    match input {
        ToolInput::Json(_) => ("function", "arguments"),
        ToolInput::Text(_) => ("custom", "input"),
    }
}

/// A seal, where LiteLLM's clients hand it back. It stays among the rest too, with what stands beside it.
fn seal_of(fields: &Fields<'_>) -> Result<Option<Box<Seal>>, JsonError> {
    let extra = fields.peek(extras::KEY).filter(|extra| extra.kind() == Kind::Object);
    let signature = extra.map(|extra| extra.fields()?.string(extras::SIGNATURE)).transpose()?.flatten();
    Ok(signature.map(thoughts::seal))
}

/// The calls among parts, with what was said about them.
fn among<'a>(parts: &[&'a Part]) -> Vec<(&'a ToolCall, &'a PartMeta)> {
    let call = |part: &&'a Part| match &part.body {
        PartBody::ToolCall(call) => Some((call, &part.meta)),
        _ => None,
    };
    parts.iter().filter_map(call).collect()
}
