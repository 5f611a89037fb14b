//! A streamed answer: events of blocks, read into the life cycle of parts and written from it.

use std::collections::BTreeMap;

use ferrolite_types::chat::{ChatEvent, Citation, Delta, Part, PartBody, Seal, Stop, StopKind, ToolInput};
use ferrolite_types::json::{Fields, JsonError, Object, Value, object};
use ferrolite_types::operation::Chat;
use ferrolite_types::{Error, ErrorKind, Ext, RawJson, Usage};

use super::usage::Growing;
use super::whole::{Whole, piece};
use super::{ID, blocks, error, response, usage};
use crate::format::{ReadEvents, Reply, WriteEvents};
use crate::framing::sse::{Frame, Framer, write_event};

/// The one answer that there is.
const CHOICE: u32 = 0;

/// Reads events.
#[derive(Debug, Default)]
pub(super) struct Reader {
    framer: Framer,
    progress: Progress,
    usage: Growing,
    /// How many parts were started.
    parts: u32,
    /// The blocks under way, by the provider's index.
    open: BTreeMap<u64, Open>,
}

/// How far the stream got.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    #[default]
    Nothing,
    Started,
    /// The answer ended; its last count may still come.
    Finished,
    Closed,
    Failed,
}

/// A block under way.
#[derive(Debug)]
struct Open {
    part: u32,
    /// What comes in pieces but is known to the middle as a whole only.
    whole: Option<Whole>,
    /// Whether nobody but this API knows how it grows.
    foreign: bool,
}

impl ReadEvents<Chat> for Reader {
    fn feed(&mut self, bytes: &[u8], events: &mut Vec<ChatEvent>) {
        let mut framer = std::mem::take(&mut self.framer);
        if framer.feed(bytes).is_err() {
            self.fail(invalid("an event larger than the bound"), events);
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
        if self.progress < Progress::Finished {
            self.fail(
                Error::new(ErrorKind::InvalidUpstream, "the provider's stream ended before its answer did"),
                events,
            );
        }
    }
}

fn invalid(why: &str) -> Error {
    Error::new(ErrorKind::InvalidUpstream, format!("the provider's stream could not be read: {why}"))
}

impl Reader {
    fn frame(&mut self, frame: &Frame<'_>, events: &mut Vec<ChatEvent>) {
        let Some(data) = frame.data.as_deref().map(str::trim).filter(|data| !data.is_empty()) else { return };
        if self.progress >= Progress::Closed {
            return;
        }
        if let Err(wrong) = Fields::parse(data).and_then(|fields| self.event(fields, data, events)) {
            self.fail(invalid(&wrong.to_string()), events);
        }
    }

    fn fail(&mut self, error: Error, events: &mut Vec<ChatEvent>) {
        if self.progress != Progress::Failed {
            self.progress = Progress::Failed;
            events.push(ChatEvent::Failed(Box::new(error)));
        }
    }

    fn event(
        &mut self,
        mut fields: Fields<'_>,
        data: &str,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), JsonError> {
        let name = fields.required_string("type")?;
        match (&*name, &self.progress) {
            ("ping", _) => {}
            ("error", _) => {
                let refusal = fields.take("error").map_or_else(|| Fields::parse(data), Value::fields)?;
                self.fail(error::read_inside(refusal, data), events);
            }
            ("message_start", Progress::Nothing) => {
                fields.require("message", |message| self.start(message.fields()?, events))?;
            }
            (_, Progress::Nothing) => return Err(JsonError::value(format!("{name} before message_start"))),
            ("content_block_start", Progress::Started) => self.start_block(fields, events)?,
            ("content_block_delta", Progress::Started) => self.grow_block(fields, data, events)?,
            ("content_block_stop", Progress::Started) => {
                self.stop_block(fields.require("index", Value::u64)?, events);
            }
            ("message_delta", _) => self.end(fields, events)?,
            ("message_stop", _) => self.close(events),
            _ => events.push(foreign(&name, data)?),
        }
        Ok(())
    }

    fn start(&mut self, mut message: Fields<'_>, events: &mut Vec<ChatEvent>) -> Result<(), JsonError> {
        self.progress = Progress::Started;
        let (id, model) = response::read_head(&mut message)?;
        let counted = message.take("usage").and_then(|usage| self.usage.add(usage));
        for empty in ["content", "stop_reason", "stop_sequence"] {
            message.take(empty);
        }
        events.push(ChatEvent::Started { id, model, created: None, ext: response::said(&message) });
        events.extend(counted.map(|usage| ChatEvent::Usage(Box::new(usage))));
        Ok(())
    }

    fn start_block(&mut self, mut fields: Fields<'_>, events: &mut Vec<ChatEvent>) -> Result<(), JsonError> {
        let index = fields.require("index", Value::u64)?;
        self.stop_block(index, events);
        let head = fields.require("content_block", |block| Ok(begun(blocks::read(block, Some(ID))?)))?;
        let part = self.parts;
        self.parts += 1;
        let foreign = matches!(head.body, PartBody::Foreign { .. });
        self.open.insert(index, Open { part, whole: Whole::of(&head), foreign });
        events.push(ChatEvent::PartStarted { choice: CHOICE, index: part, head });
        Ok(())
    }

    fn grow_block(
        &mut self,
        mut fields: Fields<'_>,
        data: &str,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), JsonError> {
        let index = fields.require("index", Value::u64)?;
        let Some(open) = self.open.get_mut(&index) else {
            return Err(JsonError::value("no block of this index is open"));
        };
        match open.grow(fields.require("delta", Value::fields)?)? {
            Grown::By(delta) => {
                let grown = delta.filter(|delta| !matches!(delta, Delta::Text(text) if text.is_empty()));
                let part = open.part;
                events.extend(grown.map(|delta| ChatEvent::Delta { choice: CHOICE, index: part, delta }));
            }
            Grown::Unknown => events.push(foreign("content_block_delta", data)?),
        }
        Ok(())
    }

    fn stop_block(&mut self, index: u64, events: &mut Vec<ChatEvent>) {
        let Some(Open { part, whole, foreign: _ }) = self.open.remove(&index) else { return };
        if let Some(replaced) = whole.and_then(Whole::into_part) {
            let delta = Delta::Replace(Box::new(replaced));
            events.push(ChatEvent::Delta { choice: CHOICE, index: part, delta });
        }
        events.push(ChatEvent::PartFinished { choice: CHOICE, index: part });
    }

    fn end(&mut self, mut fields: Fields<'_>, events: &mut Vec<ChatEvent>) -> Result<(), JsonError> {
        let counted = fields.take("usage").and_then(|usage| self.usage.add(usage));
        events.extend(counted.map(|usage| ChatEvent::Usage(Box::new(usage))));
        let Some(delta) = fields.take("delta") else { return Ok(()) };
        let mut delta = delta.fields()?;
        if delta.peek("stop_reason").is_some() && self.progress == Progress::Started {
            let stop = response::read_stop(&mut delta)?;
            let mut closing = response::closing(&mut delta);
            closing.extend(response::closing(&mut fields));
            self.finished(stop, Ext::new(ID, closing), events);
        }
        Ok(())
    }

    fn finished(&mut self, stop: Stop, ext: Ext, events: &mut Vec<ChatEvent>) {
        let open: Vec<u64> = self.open.keys().copied().collect();
        open.into_iter().for_each(|index| self.stop_block(index, events));
        self.progress = Progress::Finished;
        events.push(ChatEvent::Finished { choice: CHOICE, stop, ext });
    }

    fn close(&mut self, events: &mut Vec<ChatEvent>) {
        if self.progress == Progress::Started {
            self.finished(Stop::new(StopKind::End), Ext::default(), events);
        }
        self.progress = Progress::Closed;
    }
}

fn foreign(name: &str, data: &str) -> Result<ChatEvent, JsonError> {
    Ok(ChatEvent::Foreign { origin: ID, name: Some(name.to_owned()), raw: RawJson::parse(data)? })
}

/// A part as its first event has it: arguments are still to come, and a thought will be sealed.
fn begun(mut head: Part) -> Part {
    if let PartBody::ToolCall(call) = &mut head.body
        && call.input.text() == "{}"
    {
        call.input = ToolInput::Json(String::new());
    }
    if matches!(head.body, PartBody::Thinking { redacted: false, .. }) && head.meta.seal.is_none() {
        head.meta.seal = Some(Box::new(Seal { format: Some(ID), bytes: String::new() }));
    }
    head
}

/// What a delta does to its block.
enum Grown {
    /// It grows the part by this; by nothing yet where the part must be whole first.
    By(Option<Delta>),
    /// Something that only this API knows.
    Unknown,
}

impl Open {
    fn grow(&mut self, mut delta: Fields<'_>) -> Result<Grown, JsonError> {
        let kind = delta.required_string("type")?;
        Ok(Grown::By(match &*kind {
            "compaction_delta" => delta.string("content")?.and_then(|piece| self.take(piece)),
            _ if self.foreign => return Ok(Grown::Unknown),
            "input_json_delta" => delta.string("partial_json")?.and_then(|piece| self.take(piece)),
            "text_delta" => delta.string("text")?.map(Delta::Text),
            "thinking_delta" => delta.string("thinking")?.map(Delta::Text),
            "signature_delta" => delta.string("signature")?.map(sealed),
            "citations_delta" => delta.read("citation", blocks::read_citation)?.map(cited),
            _ => return Ok(Grown::Unknown),
        }))
    }

    /// Takes a piece: for the part, or for what must be whole first.
    fn take(&mut self, piece: String) -> Option<Delta> {
        match &mut self.whole {
            Some(whole) => {
                whole.push(&piece);
                None
            }
            None => Some(Delta::Text(piece)),
        }
    }
}

fn sealed(bytes: String) -> Delta {
    Delta::Seal(Box::new(Seal { format: Some(ID), bytes }))
}

fn cited(citation: Citation) -> Delta {
    Delta::Citation(Box::new(citation))
}

/// Writes events.
#[derive(Debug)]
pub(super) struct Writer {
    reply: Reply,
    /// What the first event will say; it waits for the first content, so that it can say the usage.
    head: Option<(String, Ext)>,
    usage: Option<Usage>,
    blocks: BTreeMap<(u32, u32), Block>,
    /// The block that is not closed yet.
    open: Option<u64>,
    stop: Option<(Stop, Ext)>,
    failed: bool,
}

/// A block that was begun.
#[derive(Debug, Clone, Copy)]
struct Block {
    index: u64,
    takes: Takes,
}

/// Which deltas a block takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    Text,
    Thought,
    Arguments,
    /// Arguments of a tool that the provider runs, once they are known.
    Whole,
    Nothing,
}

impl Writer {
    /// A writer of one answer's events.
    pub(super) fn new(reply: Reply) -> Self {
        let head = Some((String::new(), Ext::default()));
        Self { reply, head, usage: None, blocks: BTreeMap::new(), open: None, stop: None, failed: false }
    }

    /// The identifier of the answer: clients of this API expect its prefix in streams.
    fn id(&self, given: &str) -> String {
        const UUID: usize = 36;
        if given.starts_with("msg_") {
            return given.to_owned();
        }
        let ours = &*self.reply.id;
        let bare = ours.len().checked_sub(UUID).and_then(|start| ours.get(start..)).unwrap_or(ours);
        format!("msg_{bare}")
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        let Some((given, ext)) = self.head.take() else { return };
        let id = self.id(&given);
        // Only this API's own answers say at their beginning what they read.
        let usage = self.usage.as_ref().filter(|usage| usage.ext.origin() == Some(ID));
        event(out, "message_start", |event| {
            event.field("message").object(|message| {
                message.field("id").text(&id);
                response::write_head(&self.reply.model, message);
                message.field("content").array(|_| ());
                message.field("stop_reason").null();
                message.field("stop_sequence").null();
                message.field("usage").object(|out| match usage {
                    Some(usage) => usage::write(usage, out),
                    None => usage::write_zeros(out),
                });
                message.extend(ext.of(ID));
            });
        });
    }

    fn close(&mut self, out: &mut Vec<u8>) {
        if let Some(index) = self.open.take() {
            event(out, "content_block_stop", |event| event.field("index").u64(index));
        }
    }

    /// Begins a block; one that is still open ends here, since blocks follow each other.
    fn start(&mut self, choice: u32, part: u32, head: &Part, out: &mut Vec<u8>) {
        let Some(block) = response::block(&empty(head), Some("")) else { return };
        let takes = match &head.body {
            PartBody::Text { .. } | PartBody::Refusal { .. } => Takes::Text,
            PartBody::Thinking { redacted: false, .. } => Takes::Thought,
            PartBody::ToolCall(_) => Takes::Arguments,
            PartBody::Hosted(_) | PartBody::Foreign { .. } => Takes::Whole,
            PartBody::Thinking { redacted: true, .. }
            | PartBody::Media(_)
            | PartBody::ToolResult(_)
            | PartBody::Reference { .. } => Takes::Nothing,
        };
        self.close(out);
        let index = self.blocks.len() as u64;
        self.blocks.insert((choice, part), Block { index, takes });
        self.open = Some(index);
        event(out, "content_block_start", |event| {
            event.field("index").u64(index);
            event.field("content_block").raw(&block);
        });
        self.head_deltas(choice, part, head, out);
    }

    /// What a head holds already comes as deltas, as every client expects it.
    fn head_deltas(&mut self, choice: u32, part: u32, head: &Part, out: &mut Vec<u8>) {
        let (text, citations) = match &head.body {
            PartBody::Text { text, citations } => (text.as_str(), citations.as_slice()),
            PartBody::Thinking { text, redacted: false } | PartBody::Refusal { text } => {
                (text.as_str(), [].as_slice())
            }
            PartBody::ToolCall(call) => (call.input.text(), [].as_slice()),
            _ => return,
        };
        if !text.is_empty() {
            self.grow(choice, part, &Delta::Text(text.to_owned()), out);
        }
        for citation in citations {
            self.grow(choice, part, &Delta::Citation(Box::new(citation.clone())), out);
        }
        if let Some(seal) = head.meta.seal.as_ref().filter(|seal| !seal.bytes.is_empty()) {
            self.grow(choice, part, &Delta::Seal(seal.clone()), out);
        }
    }

    fn grow(&mut self, choice: u32, part: u32, delta: &Delta, out: &mut Vec<u8>) {
        let Some(block) = self.blocks.get(&(choice, part)).copied() else { return };
        let mut write = |kind: &str, fill: &dyn Fn(&mut Object<'_>)| {
            event(out, "content_block_delta", |event| {
                event.field("index").u64(block.index);
                event.field("delta").object(|delta| {
                    delta.field("type").text(kind);
                    fill(delta);
                });
            });
        };
        match (delta, block.takes) {
            (Delta::Text(text), Takes::Text) => write("text_delta", &|delta| delta.field("text").text(text)),
            (Delta::Text(text), Takes::Thought) => {
                write("thinking_delta", &|delta| delta.field("thinking").text(text));
            }
            (Delta::Text(text), Takes::Arguments) => {
                write("input_json_delta", &|delta| delta.field("partial_json").text(text));
            }
            (Delta::Seal(seal), Takes::Thought) => {
                write("signature_delta", &|delta| delta.field("signature").text(&seal.bytes));
            }
            (Delta::Citation(citation), Takes::Text) if citation.origin == ID => {
                write("citations_delta", &|delta| delta.field("citation").raw(&citation.raw));
            }
            (Delta::Replace(whole), Takes::Whole) => {
                if let Some((growth, text)) = piece(whole) {
                    write(growth.delta, &|delta| delta.field(growth.text).text(&text));
                }
            }
            (
                Delta::Text(_) | Delta::Seal(_) | Delta::Citation(_) | Delta::Media(_) | Delta::Replace(_),
                _,
            ) => {}
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        let (stop, ext) = self.stop.take().unwrap_or_else(|| (Stop::new(StopKind::End), Ext::default()));
        let in_delta = |key: &str| matches!(key, "container" | "stop_details");
        event(out, "message_delta", |event| {
            event.field("delta").object(|delta| {
                response::write_stop(&stop, delta);
                delta.extend(ext.of(ID).filter(|(key, _)| in_delta(key)));
            });
            event.field("usage").object(|out| match &self.usage {
                Some(usage) => usage::write(usage, out),
                None => usage::write_zeros(out),
            });
            event.extend(ext.of(ID).filter(|(key, _)| !in_delta(key)));
        });
        event(out, "message_stop", |_| ());
    }
}

/// Writes an event; its name stands in the framing and in the data.
fn event(out: &mut Vec<u8>, name: &str, fill: impl FnOnce(&mut Object<'_>)) {
    write_event(out, Some(name), |out| {
        object(out, |event| {
            event.field("type").text(name);
            fill(event);
        });
    });
}

/// The part before anything of it was said.
fn empty(head: &Part) -> Part {
    let mut part = head.clone();
    match &mut part.body {
        PartBody::Text { text, citations } => {
            text.clear();
            citations.clear();
        }
        PartBody::Thinking { text, redacted: false } => {
            text.clear();
            part.meta.seal = None;
        }
        PartBody::Refusal { text } => text.clear(),
        PartBody::ToolCall(call) => call.input = ToolInput::Json(String::new()),
        PartBody::Thinking { redacted: true, .. }
        | PartBody::Media(_)
        | PartBody::Hosted(_)
        | PartBody::Foreign { .. }
        | PartBody::ToolResult(_)
        | PartBody::Reference { .. } => {}
    }
    part
}

impl WriteEvents<Chat> for Writer {
    fn write(&mut self, event: &ChatEvent, out: &mut Vec<u8>) {
        match event {
            ChatEvent::Started { id, model: _, created: _, ext } => {
                self.head = Some((id.clone(), ext.clone()));
            }
            ChatEvent::Usage(usage) => self.usage = Some((**usage).clone()),
            ChatEvent::PartStarted { choice, index, head } => {
                self.begin(out);
                self.start(*choice, *index, head, out);
            }
            ChatEvent::Delta { choice, index, delta } => self.grow(*choice, *index, delta, out),
            ChatEvent::PartFinished { choice, index } => {
                let block = self.blocks.get(&(*choice, *index)).map(|block| block.index);
                if block.is_some() && block == self.open {
                    self.close(out);
                }
            }
            ChatEvent::Finished { choice: _, stop, ext } => {
                self.stop.get_or_insert_with(|| (stop.clone(), ext.clone()));
            }
            ChatEvent::Failed(failure) => {
                self.begin(out);
                self.failed = true;
                write_event(out, Some("error"), |out| out.extend_from_slice(&error::write(failure).body));
            }
            ChatEvent::Foreign { origin, name: Some(name), raw } if *origin == ID => {
                self.begin(out);
                write_event(out, Some(name), |out| out.extend_from_slice(raw.as_str().as_bytes()));
            }
            ChatEvent::Foreign { .. } | ChatEvent::Logprobs { .. } => {}
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if !self.failed {
            self.begin(out);
            self.close(out);
            self.end(out);
        }
    }
}
