//! A whole answer: reading a provider's and writing ours, side by side.

use std::borrow::Cow;

use ferrolite_types::chat::{ChatResponse, Choice, Part, PartBody, Stop, StopKind};
use ferrolite_types::json::{Array, Fields, JsonError, Kind, Object, Value, object};
use ferrolite_types::{Error, Ext, RawJson, Usage};

use super::items::{self, Side};
use super::output::{Moment, Output};
use super::{ID, error, thoughts, usage};
use crate::format::{Answer, Inbound, Reply};

/// What only the end of a stream knows stands on the choice, which ends, and not on the answer, which begins.
const LATE: &[&str] = &["completed_at"];

/// What an answer repeats of the request that asked for it.
const ECHOED: &[&str] = &[
    "instructions",
    "max_output_tokens",
    "metadata",
    "parallel_tool_calls",
    "previous_response_id",
    "reasoning",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_p",
    "truncation",
    "user",
];

/// What LiteLLM repeats already at the beginning of a stream.
const ECHOED_EARLY: &[&str] = &[
    "instructions",
    "metadata",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_p",
    "truncation",
    "user",
];

/// What an answer repeats of this request.
pub(super) fn echo(inbound: &Inbound<'_>) -> Ext {
    let mut fields = inbound.fields();
    let repeated = ECHOED.iter().filter_map(|key| Some(((*key).into(), fields.raw(key)?)));
    Ext::new(ID, repeated.collect())
}

/// Reads a provider's answer.
pub(super) fn read(answer: &Answer<'_>) -> Result<ChatResponse, Error> {
    let text =
        std::str::from_utf8(answer.body).map_err(|_| error::not_understood(answer, "it is not UTF-8"))?;
    let mut fields =
        Fields::parse(text).map_err(|wrong| error::not_understood(answer, &wrong.to_string()))?;
    match take_failure(&mut fields, text) {
        Some(failure) => Err(failure),
        None => read_fields(fields).map_err(|wrong| error::not_understood(answer, &wrong.to_string())),
    }
}

/// The failure that an answer reports.
pub(super) fn take_failure(fields: &mut Fields<'_>, text: &str) -> Option<Error> {
    let failure = fields.take("error").filter(|failure| failure.kind() == Kind::Object);
    failure.and_then(|failure| failure.fields().ok()).map(|failure| error::read_inside(failure, text))
}

fn read_fields(mut fields: Fields<'_>) -> Result<ChatResponse, JsonError> {
    let mut parts = Vec::new();
    for (index, item) in fields.require("output", Value::items)?.enumerate() {
        let item = items::read(item, index as u32, Side::Output);
        parts.extend(item.map_err(|error| error.at(index).within("output"))?.parts);
    }
    let head = Head::read(&mut fields)?;
    let end = End::read(&mut fields)?;
    let stop = end.stop(parts.iter().fold(Said::default(), Said::and));
    let choice = Choice { index: 0, parts, stop, logprobs: None, ext: end.late };
    let Head { id, model, created } = head;
    let ext = Ext::tagged(ID, fields.rest());
    Ok(ChatResponse { id, model, created, choices: vec![choice], usage: end.usage, ext })
}

/// How an answer names itself.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) id: String,
    pub(super) model: String,
    pub(super) created: Option<i64>,
}

impl Head {
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, JsonError> {
        fields.take("object");
        Ok(Self {
            id: fields.string("id")?.unwrap_or_default(),
            model: fields.string("model")?.unwrap_or_default(),
            created: fields.i64("created_at").unwrap_or(None),
        })
    }
}

/// How an answer ended.
#[derive(Debug)]
pub(super) struct End {
    status: Option<String>,
    reason: Option<String>,
    pub(super) usage: Option<Usage>,
    /// What only the end knows.
    pub(super) late: Ext,
}

impl End {
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, JsonError> {
        let tier = fields.peek("service_tier").and_then(Value::as_str).map(Into::into);
        let late = LATE.iter().filter_map(|key| Some(((*key).into(), fields.raw(key)?))).collect();
        Ok(Self {
            status: fields.string("status")?,
            reason: fields.object("incomplete_details", |mut details| details.string("reason"))?.flatten(),
            usage: fields.object("usage", usage::read)?.map(|usage| Usage { tier, ..usage }),
            late: Ext::new(ID, late),
        })
    }

    /// Why an answer of such parts ended. The native word is why it is incomplete, or else its status.
    pub(super) fn stop(&self, said: Said) -> Stop {
        let word = self.reason.as_deref().or(self.status.as_deref()).unwrap_or("completed");
        let kind = match word {
            "max_output_tokens" | "incomplete" => StopKind::Length,
            "content_filter" => StopKind::Filter,
            _ if said.called => StopKind::ToolCalls,
            _ if said.refused => StopKind::Refusal,
            _ => StopKind::End,
        };
        Stop::native(kind, ID, word)
    }
}

/// What the end of an answer follows from.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Said {
    /// Whether the model asked for a tool of the caller.
    called: bool,
    /// Whether it declined.
    refused: bool,
}

impl Said {
    /// The same with one more part.
    pub(super) fn and(self, part: &Part) -> Self {
        Self {
            called: self.called || matches!(part.body, PartBody::ToolCall(_)),
            refused: self.refused || matches!(part.body, PartBody::Refusal { .. }),
        }
    }
}

/// The status of an answer that stopped so, and why it is incomplete.
pub(super) fn status_of(stop: Option<&Stop>) -> (&str, Option<&str>) {
    const STATUSES: &[&str] = &["completed", "incomplete", "cancelled", "queued", "in_progress"];
    let Some(stop) = stop else { return ("incomplete", None) };
    match stop.word_of(ID) {
        Some(status) if STATUSES.contains(&status) => (status, None),
        Some(reason) => ("incomplete", Some(reason)),
        None => match stop.kind {
            StopKind::End | StopKind::Sequence | StopKind::ToolCalls | StopKind::Pause => ("completed", None),
            StopKind::Length => ("incomplete", Some("max_output_tokens")),
            StopKind::Filter | StopKind::Refusal => ("incomplete", Some("content_filter")),
        },
    }
}

/// Writes our answer.
pub(super) fn write(response: &ChatResponse, reply: &Reply) -> Vec<u8> {
    let ChatResponse { id, model: _, created, choices, usage, ext } = response;
    let mut output = Output::new(reply);
    let parts = match choices.as_slice() {
        [only] => Cow::Borrowed(only.parts.as_slice()),
        many => many.iter().flat_map(|choice| choice.parts.iter().cloned()).collect(),
    };
    for (position, part) in parts.iter().enumerate() {
        output.place(position, part);
    }
    let (first, nothing) = (choices.first(), Ext::default());
    let whole = Whole {
        id: if id.is_empty() { &reply.id } else { id },
        model: &reply.model,
        created: created.unwrap_or(reply.created),
        output: &output,
        parts: &parts,
        stop: first.map(|choice| &choice.stop),
        usage: usage.as_ref(),
        ext,
        late: first.map_or(&nothing, |choice| &choice.ext),
        echo: &reply.echo,
        streamed: false,
    };
    let mut body = Vec::with_capacity(1024);
    object(&mut body, |out| whole.write(out));
    body
}

/// An answer as it is told at its end.
#[derive(Debug)]
pub(super) struct Whole<'a> {
    pub(super) id: &'a str,
    pub(super) model: &'a str,
    pub(super) created: i64,
    pub(super) output: &'a Output,
    pub(super) parts: &'a [Part],
    pub(super) stop: Option<&'a Stop>,
    pub(super) usage: Option<&'a Usage>,
    /// What a provider of this format said of the answer.
    pub(super) ext: &'a Ext,
    /// What it said of its end.
    pub(super) late: &'a Ext,
    pub(super) echo: &'a Ext,
    /// Whether a stream ends with it.
    pub(super) streamed: bool,
}

impl Whole<'_> {
    /// Writes the members of the answer.
    pub(super) fn write(&self, out: &mut Object<'_>) {
        let (status, reason) = status_of(self.stop);
        write_head(self.id, self.model, self.created, status, out);
        match reason {
            Some(reason) => {
                out.field("incomplete_details").object(|details| details.field("reason").text(reason));
            }
            None => out.field("incomplete_details").null(),
        }
        let cut = if status == "incomplete" { "incomplete" } else { "completed" };
        out.field("output").array(|list| {
            for item in &self.output.items {
                self.output.write(item, self.parts, Moment::Whole(cut), list.item());
            }
        });
        match is_ours(self.ext) {
            true => out.extend(overlaid(self.ext, self.late)),
            false => self.write_foreign(out),
        }
        if let Some(usage) = self.usage {
            out.field("usage").object(|out| usage::write(usage, out));
        }
    }

    fn write_foreign(&self, out: &mut Object<'_>) {
        let sealed: Vec<&Part> =
            self.parts.iter().filter(|part| thoughts::is_sealed_by_others(part)).collect();
        write_echo(self.echo, ECHOED, false, out);
        if !sealed.is_empty() {
            out.field("provider_specific_fields").object(|extra| {
                extra.field("thinking_blocks").array(|list| self.write_blocks(&sealed, list));
            });
        }
    }

    /// The blocks that a stream of LiteLLM ends with are those of its last piece, which holds a seal and no words.
    fn write_blocks(&self, sealed: &[&Part], out: &mut Array<'_>) {
        match sealed {
            [.., last] if self.streamed => thoughts::write_block(last, "", out),
            all => all
                .iter()
                .for_each(|part| thoughts::write_block(part, thoughts::shown(part).unwrap_or_default(), out)),
        }
    }
}

/// Writes how an answer names itself.
pub(super) fn write_head(id: &str, model: &str, created: i64, status: &str, out: &mut Object<'_>) {
    out.field("id").text(id);
    out.field("object").text("response");
    out.field("created_at").i64(created);
    out.field("status").text(status);
    out.field("error").null();
    out.field("model").text(model);
}

/// Writes what the beginning of a stream tells of the answer beside its name.
pub(super) fn write_beginning(ext: &Ext, echo: &Ext, out: &mut Object<'_>) {
    out.field("output").array(|_| ());
    match is_ours(ext) {
        true => out.extend(ext.of(ID)),
        false => {
            write_echo(echo, ECHOED_EARLY, true, out);
            if echo.get("top_p").is_none() {
                out.field("top_p").u64(1);
            }
            out.field("store").bool(true);
        }
    }
}

/// Repeats the request where the provider did not. Clients count on the members that are never left out; what
/// LiteLLM tells them of parallel calls differs between the beginning and the end.
fn write_echo(echo: &Ext, keys: &[&str], parallel: bool, out: &mut Object<'_>) {
    for key in keys {
        match (*key, echo.get(key)) {
            (key, Some(value)) => out.field(key).raw(value),
            ("instructions" | "temperature", None) => out.field(key).null(),
            ("top_p", None) if !parallel => out.field(key).null(),
            ("metadata", None) => out.field(key).object(|_| ()),
            ("tools", None) => out.field(key).array(|_| ()),
            ("tool_choice", None) => out.field(key).text("auto"),
            ("parallel_tool_calls", None) => out.field(key).bool(false),
            (_, None) => {}
        }
    }
    if parallel {
        out.field("parallel_tool_calls").bool(true);
    }
}

/// Whether a provider of this format gave the answer.
pub(super) fn is_ours(ext: &Ext) -> bool {
    ext.origin() == Some(ID)
}

/// The members of both, those of `late` in place of those of the same name.
fn overlaid<'a>(ext: &'a Ext, late: &'a Ext) -> impl Iterator<Item = (&'a str, &'a RawJson)> {
    ext.of(ID).filter(|(key, _)| !late.holds(ID, key)).chain(late.of(ID))
}
