//! A whole answer: reading a provider's and writing ours, side by side.

use ferrolite_types::chat::{ChatResponse, Choice, Part, PartBody, Stop, StopKind};
use ferrolite_types::json::{Array, Fields, JsonError, Kind, Object, Value, object};
use ferrolite_types::{Error, Ext, Rest};

use super::{ID, calls, citations, content, error, extras, media, messages, thoughts, usage};
use crate::format::{Answer, Reply};

/// Reads a provider's answer.
pub(super) fn read(answer: &Answer<'_>) -> Result<ChatResponse, Error> {
    let text =
        std::str::from_utf8(answer.body).map_err(|_| error::not_understood(answer, "it is not UTF-8"))?;
    let fields = Fields::parse(text).map_err(|wrong| error::not_understood(answer, &wrong.to_string()))?;
    if let Some(refusal) = refusal_in(&fields) {
        return Err(error::read_inside(refusal, text));
    }
    read_fields(fields).map_err(|wrong| error::not_understood(answer, &wrong.to_string()))
}

/// The error that some vendors send with a good status, in the place of an answer.
fn refusal_in<'a>(fields: &Fields<'a>) -> Option<Fields<'a>> {
    let refusal = fields.peek("error").filter(|refusal| refusal.kind() == Kind::Object)?;
    fields.peek("choices").is_none().then(|| refusal.fields().ok())?
}

fn read_fields(mut fields: Fields<'_>) -> Result<ChatResponse, JsonError> {
    fields.take("object");
    let usage = fields.object("usage", |usage| Ok(usage::read(&usage)))?;
    Ok(ChatResponse {
        id: fields.string("id")?.unwrap_or_default(),
        model: fields.string("model")?.unwrap_or_default(),
        created: fields.take("created").and_then(|created| created.i64().ok()),
        choices: fields.require("choices", |choices| choices.list(|choice| read_choice(choice.fields()?)))?,
        usage: usage.map(|usage| usage::served_at(usage, &fields)),
        ext: Ext::tagged(ID, fields.rest()),
    })
}

fn read_choice(mut fields: Fields<'_>) -> Result<Choice, JsonError> {
    let mut rest = Rest::of(ID);
    let parts = rest.require(&mut fields, "message", read_message)?;
    let called = parts.iter().any(|part| matches!(part.body, PartBody::ToolCall(_)));
    Ok(Choice {
        index: read_index(&mut fields)?,
        stop: read_stop(fields.string("finish_reason")?.as_deref(), called),
        logprobs: fields.raw("logprobs"),
        parts,
        ext: rest.with(&fields),
    })
}

/// Takes the position of an answer among several.
pub(super) fn read_index(fields: &mut Fields<'_>) -> Result<u32, JsonError> {
    let index = fields.read("index", |index| {
        u32::try_from(index.u64()?).map_err(|_| index.unexpected("the index of an answer"))
    })?;
    Ok(index.unwrap_or(0))
}

fn read_message(fields: &mut Fields<'_>) -> Result<Vec<Part>, JsonError> {
    fields.take("role");
    let mut parts = thoughts::take(fields)?;
    parts.extend(read_content(fields)?);
    parts.extend(fields.string("refusal")?.map(|text| Part::new(PartBody::Refusal { text })));
    parts.extend(media::take(fields)?);
    parts.extend(fields.list("tool_calls", calls::read)?.unwrap_or_default());
    Ok(parts)
}

/// Takes what was said and what it cites. An empty string says nothing; it is left where it is, to go back as it
/// came beside tool calls. Some vendors answer with a list of parts; their thoughts stand among them.
fn read_content(fields: &mut Fields<'_>) -> Result<Vec<Part>, JsonError> {
    let citations = citations::take(fields)?;
    let content = fields.peek("content");
    if content.is_some_and(|content| content.kind() == Kind::Array) {
        return fields.list("content", read_part).map(Option::unwrap_or_default);
    }
    if content.is_none_or(|content| content.text() == "\"\"") && citations.is_empty() {
        return Ok(Vec::new());
    }
    let text = fields.string("content")?.unwrap_or_default();
    Ok(vec![Part::new(PartBody::Text { text, citations })])
}

/// Reads a part of a list that is an answer's content.
pub(super) fn read_part(value: Value<'_>) -> Result<Part, JsonError> {
    if value.kind() == Kind::Object && value.fields()?.peek_str("type").as_deref() == Some("thinking") {
        return Ok(thoughts::plain(read_words(value.fields()?.take("thinking"))?));
    }
    content::read_part(value)
}

/// A text, or a list of parts that are texts.
fn read_words(value: Option<Value<'_>>) -> Result<String, JsonError> {
    match value {
        Some(list) if list.kind() == Kind::Array => {
            let texts = list.list(|item| item.fields()?.string("text"))?;
            Ok(texts.into_iter().flatten().collect())
        }
        Some(text) => Ok(text.str()?.into_owned()),
        None => Ok(String::new()),
    }
}

/// Why an answer ended, in this format's words and in those that vendors of it add. An answer that calls tools
/// and says no more of its end waits for them.
pub(super) fn read_stop(word: Option<&str>, called: bool) -> Stop {
    let word = word.unwrap_or("stop");
    let kind = match word {
        "length" | "max_tokens" | "model_length" => StopKind::Length,
        "tool_calls" | "tool_use" | "function_call" => StopKind::ToolCalls,
        "content_filter" | "sensitive" => StopKind::Filter,
        _ if called => StopKind::ToolCalls,
        _ => StopKind::End,
    };
    Stop::native(kind, ID, word)
}

/// The word for it. Of the natives, clients know `function_call` alone beside the standard ones.
pub(super) fn stop_word(stop: &Stop) -> &str {
    let standard = match stop.kind {
        StopKind::End | StopKind::Sequence | StopKind::Pause => "stop",
        StopKind::Length => "length",
        StopKind::ToolCalls => "tool_calls",
        StopKind::Filter | StopKind::Refusal => "content_filter",
    };
    stop.word_of(ID).filter(|word| *word == "function_call").unwrap_or(standard)
}

/// Writes the provider's own word where LiteLLM's clients see it: those in capitals, unless a filter spoke. Others
/// are translated before anybody could see them.
fn write_native_stop(stop: &Stop, out: &mut Object<'_>) {
    let native = stop.native.as_ref().filter(|(format, _)| *format != ID && stop.kind != StopKind::Filter);
    if let Some((_, word)) = native.filter(|(_, word)| word.starts_with(char::is_uppercase)) {
        out.field(extras::KEY).object(|extra| extra.field("native_finish_reason").text(word));
    }
}

/// Writes our answer.
pub(super) fn write(response: &ChatResponse, reply: &Reply) -> Vec<u8> {
    let ChatResponse { id, model: _, created, choices, usage, ext } = response;
    let native = ext.origin() == Some(ID);
    let mut body = Vec::with_capacity(1024);
    object(&mut body, |out| {
        out.field("id").text(answer_id(id, reply));
        out.field("created").i64(created.unwrap_or(reply.created));
        out.field("model").text(&reply.model);
        out.field("object").text("chat.completion");
        out.field("choices")
            .array(|list| choices.iter().for_each(|choice| write_choice(choice, native, list)));
        if let Some(usage) = usage {
            out.field("usage").object(|out| usage::write(usage, out));
        }
        out.extend(ext.of(ID));
    });
    body
}

/// The provider's identifier, unless there is none or it names an object of another API.
pub(super) fn answer_id<'a>(id: &'a str, reply: &'a Reply) -> &'a str {
    const OTHERS: &[&str] = &["msg_", "resp_"];
    let kept = !id.is_empty() && !OTHERS.iter().any(|other| id.starts_with(other));
    if kept { id } else { &reply.id }
}

fn write_choice(choice: &Choice, native: bool, out: &mut Array<'_>) {
    let Choice { index, parts, stop, logprobs, ext } = choice;
    out.item().object(|out| {
        out.field("finish_reason").text(stop_word(stop));
        out.field("index").u64(u64::from(*index));
        out.field("message").object(|message| {
            message.field("role").text("assistant");
            let left = ext.inside(ID, "message");
            write_message(parts, native, &left, message);
            message.extend(left.of(ID));
        });
        out.maybe_raw("logprobs", logprobs.as_ref());
        write_native_stop(stop, out);
        out.extend(ext.outside(ID, &["message"]));
    });
}

/// Writes what was said: `content` is one text, everything else has a member of its own.
fn write_message(parts: &[Part], native: bool, left: &Ext, out: &mut Object<'_>) {
    if !left.holds(ID, "content") {
        let nothing = (native && parts.is_empty()).then(String::new);
        out.field("content").text_or_null(spoken(parts).or(nothing).as_deref());
    }
    let all: Vec<&Part> = parts.iter().collect();
    thoughts::write_answered(&all, native, out);
    citations::write(parts.iter().flat_map(citations::of), out);
    out.maybe_text("refusal", messages::refusal(&all).as_deref());
    media::write(parts, out);
    calls::write_answered(&all, native, out);
    extras::write(parts, left, out);
}

/// The texts as one; `None` where nothing was said in words.
fn spoken(parts: &[Part]) -> Option<String> {
    let texts = parts.iter().filter_map(|part| match &part.body {
        PartBody::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    let mut texts = texts.peekable();
    texts.peek()?;
    Some(texts.collect())
}
