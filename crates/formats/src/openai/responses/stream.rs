//! A streamed answer: events about items and their parts, read into the life cycle of parts and written from it.

mod items;
mod names;
mod parts;

use std::sync::Arc;

use ferrolite_types::chat::{ChatEvent, Stop};
use ferrolite_types::json::{Fields, JsonError, Object, Value, object};
use ferrolite_types::operation::Chat;
use ferrolite_types::{Error, ErrorKind, Ext, RawJson, Usage};

use super::response::{self, End, Head, Whole};
use super::{ID, error};
use crate::format::{ReadEvents, Reply, WriteEvents};
use crate::framing::sse::{Frame, Framer, write_event};
use items::{Arriving, Leaving};

/// Reads events.
#[derive(Debug, Default)]
pub(super) struct Reader {
    framer: Framer,
    /// What the beginning told of the answer; `None` before it.
    told: Option<Ext>,
    items: Arriving,
    ended: bool,
}

impl ReadEvents<Chat> for Reader {
    fn feed(&mut self, bytes: &[u8], events: &mut Vec<ChatEvent>) {
        let mut framer = std::mem::take(&mut self.framer);
        if framer.feed(bytes).is_err() {
            self.fail(unreadable("an event larger than the bound"), events);
        }
        while let Some(frame) = framer.next_frame() {
            self.frame(&frame, events);
        }
        self.framer = framer;
    }

    fn finish(&mut self, events: &mut Vec<ChatEvent>) {
        let mut framer = std::mem::take(&mut self.framer);
        if let Some(frame) = framer.finish() {
            self.frame(&frame, events);
        }
        let early = "the provider's stream ended before its answer did";
        self.fail(Error::new(ErrorKind::InvalidUpstream, early), events);
    }
}

fn unreadable(why: &str) -> Error {
    Error::new(ErrorKind::InvalidUpstream, format!("the provider's stream could not be read: {why}"))
}

impl Reader {
    /// Fails, unless the answer has ended.
    fn fail(&mut self, error: Error, events: &mut Vec<ChatEvent>) {
        if !std::mem::replace(&mut self.ended, true) {
            events.push(ChatEvent::Failed(Box::new(error)));
        }
    }

    fn frame(&mut self, frame: &Frame<'_>, events: &mut Vec<ChatEvent>) {
        let data = frame.data.as_deref().map(str::trim).filter(|data| !data.is_empty() && *data != "[DONE]");
        let Some(data) = data.filter(|_| !self.ended) else { return };
        let read = Fields::parse(data).and_then(|mut fields| {
            let kind = fields.take("type").and_then(Value::as_str);
            let kind = kind.as_deref().or(frame.event.as_deref()).unwrap_or_default();
            self.event(kind, fields, data, events)
        });
        if let Err(wrong) = read {
            self.fail(unreadable(&wrong.to_string()), events);
        }
    }

    fn event(
        &mut self,
        kind: &str,
        mut fields: Fields<'_>,
        data: &str,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), JsonError> {
        match kind {
            "response.created" | "response.in_progress" | "response.queued" => {
                self.begin(fields.require("response", Value::fields)?, events)
            }
            "response.completed" | "response.incomplete" => {
                self.complete(fields.require("response", Value::fields)?, events)
            }
            "response.failed" => {
                let mut answer = fields.require("response", Value::fields)?;
                let unnamed = || Error::new(ErrorKind::Upstream, "the provider gave no reason");
                self.fail(response::take_failure(&mut answer, data).unwrap_or_else(unnamed), events);
                Ok(())
            }
            "error" => {
                let nested = response::take_failure(&mut fields, data);
                self.fail(nested.unwrap_or_else(|| error::read_inside(fields, data)), events);
                Ok(())
            }
            other => self.piece(other, fields, data, events),
        }
    }

    /// An event about an item; one that nobody knows is carried whole.
    fn piece(
        &mut self,
        kind: &str,
        fields: Fields<'_>,
        data: &str,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), JsonError> {
        self.begin_as(Head::default(), Vec::new(), events);
        if !self.items.event(kind, fields, events)? {
            let (name, raw) = (Some(kind.to_owned()), RawJson::parse(data)?);
            events.push(ChatEvent::Foreign { origin: ID, name, raw });
        }
        Ok(())
    }

    fn begin(&mut self, mut answer: Fields<'_>, events: &mut Vec<ChatEvent>) -> Result<(), JsonError> {
        let head = Head::read(&mut answer)?;
        End::read(&mut answer)?;
        let _nothing_yet = (answer.take("output"), answer.take("error"));
        self.begin_as(head, answer.rest(), events);
        Ok(())
    }

    /// Begins, unless that was done; some servers forget to say that they begin.
    fn begin_as(&mut self, head: Head, told: Vec<(Box<str>, RawJson)>, events: &mut Vec<ChatEvent>) {
        if self.told.is_none() {
            let (Head { id, model, created }, ext) = (head, Ext::tagged(ID, told));
            self.told = Some(ext.clone());
            events.push(ChatEvent::Started { id, model, created, ext });
        }
    }

    fn complete(&mut self, mut answer: Fields<'_>, events: &mut Vec<ChatEvent>) -> Result<(), JsonError> {
        let head = Head::read(&mut answer)?;
        let end = End::read(&mut answer)?;
        let (output, _) = (answer.take("output"), answer.take("error"));
        self.begin_as(head, answer.rest(), events);
        self.items.finish(output, events)?;
        let (stop, ext) = (end.stop(self.items.said), self.only_now(&Ext::rest_of(&answer, ID), &end.late));
        events.extend(end.usage.map(|usage| ChatEvent::Usage(Box::new(usage))));
        events.push(ChatEvent::Finished { choice: 0, stop, ext });
        self.ended = true;
        Ok(())
    }

    /// What the beginning did not tell, or told otherwise.
    fn only_now(&self, last: &Ext, late: &Ext) -> Ext {
        let told = |key: &str| self.told.as_ref().and_then(|told| told.get(key));
        let new = last.iter().filter(|(key, value)| !value.value().is_null() && told(key) != Some(*value));
        Ext::new(ID, new.chain(late.iter()).map(|(key, value)| (key.into(), value.clone())).collect())
    }
}

/// Writes events.
#[derive(Debug)]
pub(super) struct Writer {
    reply: Reply,
    id: String,
    model: String,
    created: i64,
    /// What a provider of this format told of the answer, at its beginning and at its end.
    ext: Ext,
    late: Ext,
    items: Leaving,
    stop: Option<Stop>,
    usage: Option<Usage>,
    pen: Pen,
    failed: bool,
}

/// Writes numbered events that name the model as LiteLLM does: as the client knows it, beside what they tell.
#[derive(Debug)]
struct Pen {
    sequence: u64,
    model: Arc<str>,
}

impl Pen {
    fn event(&mut self, out: &mut Vec<u8>, kind: &str, fill: impl FnOnce(&mut Object<'_>)) {
        let number = self.sequence;
        self.sequence += 1;
        write_event(out, None, |out| {
            object(out, |event| {
                event.field("type").text(kind);
                fill(event);
                event.field("sequence_number").u64(number);
                event.field("model").text(&self.model);
            });
        });
    }
}

impl Writer {
    /// A writer of one answer's events.
    pub(super) fn new(reply: Reply) -> Self {
        Self {
            id: reply.id.to_string(),
            model: reply.model.to_string(),
            created: reply.created,
            ext: Ext::default(),
            late: Ext::default(),
            items: Leaving::new(&reply),
            stop: None,
            usage: None,
            pen: Pen { sequence: 0, model: Arc::clone(&reply.model) },
            failed: false,
            reply,
        }
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        for kind in ["response.created", "response.in_progress"] {
            self.pen.event(out, kind, |event| {
                event.field("response").object(|answer| {
                    response::write_head(&self.id, &self.model, self.created, "in_progress", answer);
                    response::write_beginning(&self.ext, &self.reply.echo, answer);
                });
            });
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        self.items.finish(&mut self.pen, out);
        let whole = Whole {
            id: &self.id,
            model: &self.model,
            created: self.created,
            output: &self.items.output,
            parts: &self.items.parts,
            stop: self.stop.as_ref(),
            usage: self.usage.as_ref(),
            ext: &self.ext,
            late: &self.late,
            echo: &self.reply.echo,
            streamed: true,
        };
        let kind = match response::status_of(self.stop.as_ref()).0 {
            "incomplete" => "response.incomplete",
            _ => "response.completed",
        };
        self.pen.event(out, kind, |event| event.field("response").object(|answer| whole.write(answer)));
    }

    /// The last event; LiteLLM names it in the framing and no other.
    fn fail(&mut self, failure: &Error, out: &mut Vec<u8>) {
        const KIND: &str = "response.failed";
        self.failed = true;
        write_event(out, Some(KIND), |out| {
            object(out, |event| {
                event.field("type").text(KIND);
                event.field("response").object(|answer| self.write_failure(failure, answer));
                event.field("sequence_number").u64(self.pen.sequence);
            });
        });
    }

    fn write_failure(&self, failure: &Error, out: &mut Object<'_>) {
        out.field("id").text(&self.id);
        out.field("object").text("response");
        out.field("created_at").i64(self.created);
        out.field("status").text("failed");
        out.field("model").text(&self.model);
        out.field("output").array(|_| ());
        out.field("error").object(|inner| {
            inner.field("code").text(failure_code(failure));
            inner.field("message").text(&error::said(failure));
        });
    }

    /// Says again what only this format understands, under our own number.
    fn say_again(&mut self, name: &str, raw: &RawJson, out: &mut Vec<u8>) {
        let Ok(mut fields) = raw.value().fields() else { return };
        let _ours = (fields.take("type"), fields.take("sequence_number"), fields.take("model"));
        self.pen.event(out, name, |event| event.extend(Ext::rest_of(&fields, ID).iter()));
    }
}

impl WriteEvents<Chat> for Writer {
    fn write(&mut self, event: &ChatEvent, out: &mut Vec<u8>) {
        let Self { items, pen, .. } = self;
        match event {
            ChatEvent::Started { id, model, created, ext } => {
                for (own, told) in [(&mut self.id, id), (&mut self.model, model)] {
                    if !told.is_empty() {
                        own.clone_from(told);
                    }
                }
                // LiteLLM says when a stream came from another format, and not when its provider began.
                self.created = created.filter(|_| response::is_ours(ext)).unwrap_or(self.created);
                self.ext = ext.clone();
                self.begin(out);
            }
            ChatEvent::PartStarted { choice, index, head } => {
                items.part_started((*choice, *index), head, pen, out);
            }
            ChatEvent::Delta { choice, index, delta } => items.grow((*choice, *index), delta, pen, out),
            ChatEvent::PartFinished { choice, index } => items.part_finished((*choice, *index), pen, out),
            ChatEvent::Usage(usage) => self.usage = Some((**usage).clone()),
            ChatEvent::Finished { choice: 0, stop, ext } => {
                (self.stop, self.late) = (Some(stop.clone()), ext.clone());
            }
            ChatEvent::Failed(error) => self.fail(error, out),
            ChatEvent::Foreign { origin, name: Some(name), raw } if *origin == ID => {
                self.say_again(name, raw, out);
            }
            // Token probabilities stand with the text that they are of, where the provider speaks this format.
            ChatEvent::Finished { .. } | ChatEvent::Logprobs { .. } | ChatEvent::Foreign { .. } => {}
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if !self.failed {
            self.end(out);
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }
}

/// The code of a failure inside a stream.
fn failure_code(error: &Error) -> &str {
    // The vendor's own codes (openai-python, `ResponseError.code`), by their beginnings; the rest are LiteLLM's.
    const KNOWN: &[&str] = &[
        "bio_policy",
        "data_residency",
        "image_",
        "insufficient_quota",
        "invalid_base64",
        "invalid_image",
        "invalid_prompt",
        "vector_store",
    ];
    let said = error.upstream.as_ref().and_then(|upstream| upstream.code.as_deref());
    match (said.filter(|said| KNOWN.iter().any(|known| said.starts_with(known))), error.kind.status()) {
        (Some(code), _) => code,
        (None, 401) => "authentication_error",
        (None, 403) => "permission_error",
        (None, 404) => "not_found_error",
        (None, 408) => "request_timeout",
        (None, 429) => "rate_limit_exceeded",
        (None, 400..=499) => "invalid_request_error",
        (None, _) => "server_error",
    }
}
