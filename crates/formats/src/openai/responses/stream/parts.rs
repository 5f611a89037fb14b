//! The parts of a streamed item: as a provider sends them, and as a client gets them.

use ferrolite_types::Ext;
use ferrolite_types::chat::{ChatEvent, Delta, Part, PartBody};
use ferrolite_types::json::{JsonError, Object, Value};

use super::Pen;
use super::items::{Leaving, Told};
use super::names::Words;
use crate::openai::responses::contents::{self, Place};
use crate::openai::responses::items::PART;
use crate::openai::responses::{ID, thoughts};

/// Where what the model says stands.
const ANSWER: Place<'_> = Place { text: contents::OUTPUT, answer: true };

/// One part of an item.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) place: Spot,
    /// The part's number in the answer.
    pub(super) index: u32,
    /// How much of its text came.
    pub(super) length: usize,
    /// The part as its end tells it.
    pub(super) whole: Option<Part>,
    pub(super) open: bool,
}

/// Where in its item a part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    Content(u64),
    Summary(u64),
}

/// Reads a part that is told of by itself.
pub(super) fn read_part(value: Value<'_>) -> Result<Part, JsonError> {
    let mut part = match value.fields()?.peek("type").and_then(Value::as_str).as_deref() {
        Some("summary_text" | "reasoning_text") => thoughts::read_part(value)?,
        _ => contents::read(value, ANSWER)?,
    };
    part.meta.ext = Ext::default().nest(PART, std::mem::take(&mut part.meta.ext));
    Ok(part)
}

/// Where each part of a whole item stands.
pub(super) fn spots(parts: Vec<Part>) -> impl Iterator<Item = (Spot, Part)> {
    let (mut contents, mut summaries) = (0, 0);
    parts.into_iter().map(move |part| {
        let is_summary = matches!(part.body, PartBody::Thinking { .. }) && !thoughts::is_unabridged(&part);
        let count = if is_summary { &mut summaries } else { &mut contents };
        *count += 1;
        (if is_summary { Spot::Summary(*count - 1) } else { Spot::Content(*count - 1) }, part)
    })
}

impl Piece {
    /// Adds what the end of the item tells beyond what grew.
    pub(super) fn complete(&mut self, part: Part, events: &mut Vec<ChatEvent>) {
        let mut push = |delta| events.push(ChatEvent::Delta { choice: 0, index: self.index, delta });
        if let Some(more) = text_of(&part).get(self.length..).filter(|more| !more.is_empty()) {
            push(Delta::Text(more.to_owned()));
        }
        if let Some(seal) = &part.meta.seal {
            push(Delta::Seal(seal.clone()));
        }
        self.whole = Some(part);
    }

    pub(super) fn end(&mut self, events: &mut Vec<ChatEvent>) {
        if !std::mem::take(&mut self.open) {
            return;
        }
        if let Some(whole) = self.whole.take() {
            let delta = Delta::Replace(Box::new(whole));
            events.push(ChatEvent::Delta { choice: 0, index: self.index, delta });
        }
        events.push(ChatEvent::PartFinished { choice: 0, index: self.index });
    }
}

/// The text that deltas make grow.
pub(super) fn text_of(part: &Part) -> &str {
    match &part.body {
        PartBody::Text { text, .. } | PartBody::Thinking { text, .. } | PartBody::Refusal { text } => text,
        PartBody::ToolCall(call) => call.input.text(),
        PartBody::Media(_)
        | PartBody::ToolResult(_)
        | PartBody::Hosted(_)
        | PartBody::Reference { .. }
        | PartBody::Foreign { .. } => "",
    }
}

impl Leaving {
    /// Tells that a part begins, and what it holds already.
    pub(super) fn tell_part(&mut self, at: usize, position: usize, pen: &mut Pen, out: &mut Vec<u8>) {
        let part = self.parts[position].clone();
        if let Some(Words { added: Some(added), .. }) = Words::of(&part) {
            pen.event(out, added, |event| {
                self.address(at, position, event);
                write_part(&blank(&part), event);
            });
        }
        if !text_of(&part).is_empty() {
            self.tell_text(at, position, text_of(&part), pen, out);
        }
        if let PartBody::Text { citations, .. } = &part.body {
            self.tell_citations(at, position, citations.len(), pen, out);
        }
    }

    pub(super) fn tell_text(&self, at: usize, position: usize, text: &str, pen: &mut Pen, out: &mut Vec<u8>) {
        let part = &self.parts[position];
        let Some(words) = Words::of(part) else { return };
        pen.event(out, words.delta, |event| {
            self.address(at, position, event);
            event.field("delta").text(text);
            if ext_of(part).holds(ID, "logprobs") {
                event.field("logprobs").array(|_| ());
            }
        });
    }

    /// Tells the last `count` sources of a text.
    pub(super) fn tell_citations(
        &self,
        at: usize,
        position: usize,
        count: usize,
        pen: &mut Pen,
        out: &mut Vec<u8>,
    ) {
        let PartBody::Text { citations, .. } = &self.parts[position].body else { return };
        let sayable = citations.iter().filter(|citation| contents::can_cite(citation)).enumerate();
        let known = citations[..citations.len() - count]
            .iter()
            .filter(|citation| contents::can_cite(citation))
            .count();
        for (index, citation) in sayable.skip(known) {
            pen.event(out, "response.output_text.annotation.added", |event| {
                self.address(at, position, event);
                event.field("annotation_index").u64(index as u64);
                contents::write_citation(citation, event.field("annotation"));
            });
        }
    }

    pub(super) fn end_part(&mut self, at: usize, position: usize, pen: &mut Pen, out: &mut Vec<u8>) {
        if self.told[position] != Told::Begun(at) {
            return;
        }
        self.told[position] = Told::Ended;
        let part = &self.parts[position];
        let Some(Words { member, done, ended: Some(ended), .. }) = Words::of(part) else { return };
        pen.event(out, done, |event| {
            self.address(at, position, event);
            event.field(member).text(text_of(part));
            event.maybe_raw("logprobs", ext_of(part).get("logprobs"));
        });
        pen.event(out, ended, |event| {
            self.address(at, position, event);
            write_part(part, event);
        });
    }

    /// Writes which item an event is about, and which part of it.
    pub(super) fn address(&self, at: usize, position: usize, out: &mut Object<'_>) {
        let item = &self.output.items[at];
        out.field("item_id").text(&item.id);
        out.field("output_index").u64(at as u64);
        if let Some(Words { index: Some(index), .. }) = Words::of(&self.parts[position]) {
            let alike = |other: &&usize| {
                thoughts::is_unabridged(&self.parts[**other])
                    == thoughts::is_unabridged(&self.parts[position])
            };
            let before = item.parts.iter().take_while(|other| **other != position);
            out.field(index).u64(before.filter(alike).count() as u64);
        }
    }
}

/// The further members of the part itself.
fn ext_of(part: &Part) -> Ext {
    part.meta.ext.inside(ID, PART)
}

/// The part before it says anything.
fn blank(part: &Part) -> Part {
    let body = match &part.body {
        PartBody::Text { .. } => PartBody::Text { text: String::new(), citations: Vec::new() },
        PartBody::Refusal { .. } => PartBody::Refusal { text: String::new() },
        PartBody::Thinking { .. } => PartBody::Thinking { text: String::new(), redacted: false },
        other @ (PartBody::Media(_)
        | PartBody::ToolCall(_)
        | PartBody::ToolResult(_)
        | PartBody::Hosted(_)
        | PartBody::Reference { .. }
        | PartBody::Foreign { .. }) => other.clone(),
    };
    Part { body, meta: part.meta.clone() }
}

fn write_part(part: &Part, out: &mut Object<'_>) {
    let slot = out.field("part");
    match thoughts::shown(part) {
        Some(text) => slot.object(|inner| thoughts::write_part_fields(part, text, inner)),
        None => {
            contents::write_said(part, &ext_of(part), ANSWER, slot);
        }
    }
}
