//! A whole answer: reading a provider's and writing ours, side by side.

use ferrolite_types::chat::{ChatResponse, Choice, Part, PartBody, Stop, StopKind};
use ferrolite_types::json::{Fields, JsonError, Object, object, slot};
use ferrolite_types::{Error, Ext, RawJson};

use super::{ID, blocks, error, media, usage};
use crate::blame::not_understood;
use crate::format::{Answer, Reply};

/// What a stream says only at its end; in a whole answer it stands among the rest.
const AT_THE_END: &[&str] = &["container", "stop_details", "context_management"];

/// Reads a provider's answer.
pub(super) fn read(answer: &Answer<'_>) -> Result<ChatResponse, Error> {
    let text = std::str::from_utf8(answer.body).map_err(|_| not_understood(answer, "it is not UTF-8"))?;
    let fields = Fields::parse(text).map_err(|wrong| not_understood(answer, &wrong.to_string()))?;
    if let Some(refusal) = fields.peek("error").and_then(|refusal| refusal.fields().ok()) {
        return Err(error::read_inside(refusal, text));
    }
    read_fields(fields).map_err(|wrong| not_understood(answer, &wrong.to_string()))
}

fn read_fields(mut fields: Fields<'_>) -> Result<ChatResponse, JsonError> {
    let parts = fields.require("content", |content| content.list(|block| blocks::read(block, Some(ID))))?;
    let stop = read_stop(&mut fields)?;
    let usage = fields.object("usage", |usage| Ok(usage::read(usage)))?;
    let closing = closing(&mut fields);
    let (id, model) = read_head(&mut fields)?;
    let choice = Choice { index: 0, parts, stop, logprobs: None, ext: Ext::new(ID, closing) };
    Ok(ChatResponse { id, model, created: None, choices: vec![choice], usage, ext: said(&fields) })
}

/// Reads what an answer says of itself: its identifier and its model.
pub(super) fn read_head(fields: &mut Fields<'_>) -> Result<(String, String), JsonError> {
    fields.take("type");
    fields.take("role");
    Ok((fields.string("id")?.unwrap_or_default(), fields.string("model")?.unwrap_or_default()))
}

/// Takes the members that a stream says at its end.
pub(super) fn closing(fields: &mut Fields<'_>) -> Vec<(Box<str>, RawJson)> {
    AT_THE_END.iter().filter_map(|key| fields.raw(key).map(|value| (Box::from(*key), value))).collect()
}

/// What is left, without the members that say nothing.
pub(super) fn said(fields: &Fields<'_>) -> Ext {
    let members = fields.rest().into_iter().filter(|(_, value)| !value.value().is_null());
    Ext::new(ID, members.collect())
}

/// Reads why an answer ended.
pub(super) fn read_stop(fields: &mut Fields<'_>) -> Result<Stop, JsonError> {
    let sequence = fields.string("stop_sequence")?;
    let Some(word) = fields.string("stop_reason")? else { return Ok(Stop::new(StopKind::End)) };
    let kind = match &*word {
        "max_tokens" | "model_context_window_exceeded" | "compaction" => StopKind::Length,
        "stop_sequence" => StopKind::Sequence,
        "tool_use" => StopKind::ToolCalls,
        "pause_turn" => StopKind::Pause,
        "refusal" => StopKind::Refusal,
        _ => StopKind::End,
    };
    Ok(Stop { sequence, ..Stop::native(kind, ID, word) })
}

/// Writes why an answer ended.
pub(super) fn write_stop(stop: &Stop, out: &mut Object<'_>) {
    out.field("stop_reason").text(stop_word(stop));
    out.field("stop_sequence").text_or_null(stop.sequence.as_deref());
}

fn stop_word(stop: &Stop) -> &str {
    let Stop { kind, native: _, sequence } = stop;
    let standard = match kind {
        StopKind::Sequence if sequence.is_some() => "stop_sequence",
        StopKind::End | StopKind::Sequence => "end_turn",
        StopKind::Length => "max_tokens",
        StopKind::ToolCalls => "tool_use",
        StopKind::Filter | StopKind::Refusal => "refusal",
        StopKind::Pause => "pause_turn",
    };
    stop.word_of(ID).unwrap_or(standard)
}

/// Writes our answer. Several answers follow each other in one: there is no place for more.
pub(super) fn write(response: &ChatResponse, reply: &Reply) -> Vec<u8> {
    let ChatResponse { id, model: _, created: _, choices, usage, ext } = response;
    let ended = Stop::new(StopKind::End);
    let mut body = Vec::with_capacity(1024);
    object(&mut body, |out| {
        out.field("id").text(if id.is_empty() { &reply.id } else { id });
        write_head(&reply.model, out);
        out.field("content").array(|list| {
            let said = choices
                .iter()
                .flat_map(|choice| &choice.parts)
                .filter(|part| part.has_content() || !is_thought(part));
            said.filter_map(|part| block(part, None)).for_each(|block| list.item().raw(&block));
        });
        let first = choices.first();
        write_stop(first.map_or(&ended, |choice| &choice.stop), out);
        if let Some(choice) = first {
            write_closing(choice, out);
        }
        out.field("usage").object(|out| match usage {
            Some(usage) => usage::write(usage, out),
            None => usage::write_zeros(out),
        });
        out.extend(ext.of(ID));
    });
    body
}

fn is_thought(part: &Part) -> bool {
    matches!(part.body, PartBody::Thinking { .. })
}

/// Writes what an answer is.
pub(super) fn write_head(model: &str, out: &mut Object<'_>) {
    out.field("type").text("message");
    out.field("role").text("assistant");
    out.field("model").text(model);
}

/// Writes what was said of an answer as a whole; a refusal is explained in the words it was given.
fn write_closing(choice: &Choice, out: &mut Object<'_>) {
    let Choice { index: _, parts, stop, logprobs: _, ext } = choice;
    out.extend(ext.of(ID));
    if stop_word(stop) == "refusal" && stop.word_of(ID).is_none() {
        out.field("stop_details").object(|details| {
            details.field("type").text("refusal");
            details.field("category").null();
            details.field("explanation").text_or_null(parts.iter().find_map(refusal));
        });
    }
}

fn refusal(part: &Part) -> Option<&str> {
    match &part.body {
        PartBody::Refusal { text } => Some(text),
        _ => None,
    }
}

/// The block of a part, if a client of this format can be told it; `unsealed` stands for a seal that is not there.
pub(super) fn block(part: &Part, unsealed: Option<&str>) -> Option<RawJson> {
    let meta = &part.meta;
    let mut out = Vec::with_capacity(64);
    let place = slot(&mut out);
    match &part.body {
        PartBody::Text { text, citations } => blocks::write_text(text, citations, meta, place),
        PartBody::Refusal { text } => blocks::write_text(text, &[], meta, place),
        PartBody::Thinking { text, redacted } => {
            blocks::write_thought(text, *redacted, meta, unsealed, place);
        }
        PartBody::ToolCall(call) => blocks::write_call(call, &call.name, meta, place),
        PartBody::Media(medium) => {
            let kind = media::block_type(medium)?;
            place.object(|block| media::write_plainly(medium, meta, kind, block));
        }
        PartBody::Hosted(hosted) if hosted.origin == ID => place.raw(&hosted.raw),
        PartBody::Foreign { origin, raw } if *origin == ID => place.raw(raw),
        PartBody::Hosted(_)
        | PartBody::Foreign { .. }
        | PartBody::ToolResult(_)
        | PartBody::Reference { .. } => {
            return None;
        }
    }
    Some(RawJson::from_writer(out))
}
