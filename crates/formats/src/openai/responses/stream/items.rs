//! The items of a streamed answer while they grow: those that a provider sends, and those that a client gets.

use std::collections::BTreeMap;

use ferrolite_types::chat::{ChatEvent, Delta, Part, PartBody};
use ferrolite_types::json::{Fields, JsonError, Value};

use super::Pen;
use super::names::Kind;
use super::parts::{Piece, Spot, read_part, spots, text_of};
use crate::format::Reply;
use crate::openai::responses::contents;
use crate::openai::responses::items::{self, Side};
use crate::openai::responses::output::{self, Moment, Output, Placed, Sort};
use crate::openai::responses::response::Said;

/// The items that a provider sends.
#[derive(Debug, Default)]
pub(super) struct Arriving {
    /// By their position in the answer.
    items: BTreeMap<u64, Arrived>,
    /// How many parts were started.
    parts: u32,
    /// What the end of the answer will follow from.
    pub(super) said: Said,
}

/// One item as far as it came.
#[derive(Debug, Default)]
struct Arrived {
    id: Option<String>,
    pieces: Vec<Piece>,
    ended: bool,
}

impl Arriving {
    /// Reads an event about an item; `false` where only this format knows it.
    pub(super) fn event(
        &mut self,
        kind: &str,
        mut fields: Fields<'_>,
        events: &mut Vec<ChatEvent>,
    ) -> Result<bool, JsonError> {
        let Some(kind) = Kind::of(kind) else { return Ok(false) };
        let at = fields.u64("output_index")?.unwrap_or(0);
        let item = self.items.entry(at).or_default();
        if item.id.is_none() {
            item.id = fields.string("item_id")?;
        }
        let spot = match (fields.u64("summary_index")?, fields.u64("content_index")?) {
            (Some(index), _) => Spot::Summary(index),
            (None, index) => Spot::Content(index.unwrap_or(0)),
        };
        match kind {
            Kind::ItemAdded => fields.require("item", |value| self.item_added(at, value, events))?,
            Kind::ItemDone => fields.require("item", |value| self.item_done(at, value, events))?,
            Kind::PartAdded => {
                let part = fields.require("part", read_part)?;
                self.begin(at, spot, part, events);
            }
            Kind::PartDone => {
                let part = fields.require("part", read_part)?;
                self.part_done(at, spot, part);
            }
            Kind::Delta(body) => {
                let text = fields.string("delta")?.unwrap_or_default();
                self.grow(at, spot, body, text, events);
            }
            Kind::Annotation => {
                let citation = fields.require("annotation", contents::read_citation)?;
                self.push(at, spot, Delta::Citation(Box::new(citation)), events);
            }
            // The end of the part says it all again.
            Kind::Done => {}
        }
        Ok(true)
    }

    /// Messages and thoughts begin with their first part, everything else with its item.
    fn item_added(
        &mut self,
        at: u64,
        value: Value<'_>,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), JsonError> {
        let fields = value.fields()?;
        let text = |key| fields.peek(key).and_then(Value::as_str);
        if let Some(id) = text("id") {
            self.items.entry(at).or_default().id = Some(id.into());
        }
        if matches!(text("type").as_deref(), Some("message" | "reasoning")) {
            return Ok(());
        }
        let item = items::read(value, at as u32, Side::Output)?;
        item.parts.into_iter().for_each(|part| self.begin(at, Spot::Content(0), part, events));
        Ok(())
    }

    /// What the end of an item tells replaces what grew; what never began begins and ends here.
    fn item_done(&mut self, at: u64, value: Value<'_>, events: &mut Vec<ChatEvent>) -> Result<(), JsonError> {
        let parts = items::read(value, at as u32, Side::Output)?.parts;
        for (spot, part) in spots(parts) {
            match self.open(at, spot) {
                Some(piece) => piece.complete(part, events),
                None => self.begin(at, spot, part, events),
            }
        }
        self.items.entry(at).or_default().end(events);
        Ok(())
    }

    /// Ends all items, with what the end of the answer tells of them.
    pub(super) fn finish(
        &mut self,
        output: Option<Value<'_>>,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), JsonError> {
        for (index, item) in output.map(Value::items).transpose()?.into_iter().flatten().enumerate() {
            if !self.items.get(&(index as u64)).is_some_and(|item| item.ended) {
                self.item_done(index as u64, item, events)?;
            }
        }
        self.items.values_mut().for_each(|item| item.end(events));
        Ok(())
    }

    /// Begins a part, unless its item has ended or it was there before. The part before it in the item is over.
    fn begin(&mut self, at: u64, place: Spot, mut head: Part, events: &mut Vec<ChatEvent>) {
        let item = self.items.entry(at).or_default();
        if item.ended || item.pieces.iter().any(|piece| piece.place == place) {
            return;
        }
        item.pieces.iter_mut().for_each(|piece| piece.end(events));
        items::mark(&mut head, at as u32, true);
        head.meta.id = head.meta.id.or_else(|| item.id.clone());
        self.said = self.said.and(&head);
        let index = self.parts;
        self.parts += 1;
        item.pieces.push(Piece { place, index, length: text_of(&head).len(), whole: None, open: true });
        events.push(ChatEvent::PartStarted { choice: 0, index, head });
    }

    fn open(&mut self, at: u64, place: Spot) -> Option<&mut Piece> {
        self.items.get_mut(&at)?.pieces.iter_mut().find(|piece| piece.place == place && piece.open)
    }

    fn part_done(&mut self, at: u64, spot: Spot, mut part: Part) {
        items::mark(&mut part, at as u32, true);
        part.meta.id = self.items.get(&at).and_then(|item| item.id.clone());
        if let Some(piece) = self.open(at, spot) {
            piece.whole = Some(part);
        }
    }

    /// Grows a part, beginning it where nobody said that it begins.
    fn grow(
        &mut self,
        at: u64,
        spot: Spot,
        body: fn() -> Option<PartBody>,
        text: String,
        events: &mut Vec<ChatEvent>,
    ) {
        if self.open(at, spot).is_none()
            && let Some(body) = body()
        {
            self.begin(at, spot, Part::new(body), events);
        }
        if let Some(piece) = self.open(at, spot) {
            piece.length += text.len();
        }
        self.push(at, spot, Delta::Text(text), events);
    }

    fn push(&mut self, at: u64, spot: Spot, delta: Delta, events: &mut Vec<ChatEvent>) {
        if let Some(piece) = self.open(at, spot) {
            events.push(ChatEvent::Delta { choice: 0, index: piece.index, delta });
        }
    }
}

impl Arrived {
    fn end(&mut self, events: &mut Vec<ChatEvent>) {
        self.pieces.iter_mut().for_each(|piece| piece.end(events));
        self.ended = true;
    }
}

/// The items that a client gets.
#[derive(Debug)]
pub(super) struct Leaving {
    pub(super) output: Output,
    pub(super) parts: Vec<Part>,
    /// Where a part stands among them, by choice and index.
    positions: BTreeMap<(u32, u32), usize>,
    /// How far each part is told.
    pub(super) told: Vec<Told>,
    /// Whether each item is told to its end.
    ended: Vec<bool>,
}

/// How far a part is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Nothing,
    /// It began, in this item.
    Begun(usize),
    Ended,
}

impl Leaving {
    pub(super) fn new(reply: &Reply) -> Self {
        let output = Output::new(reply);
        Self { output, parts: Vec::new(), positions: BTreeMap::new(), told: Vec::new(), ended: Vec::new() }
    }

    /// A part of another format that has nothing to say yet may never have; LiteLLM waits for its first words.
    pub(super) fn part_started(&mut self, key: (u32, u32), head: &Part, pen: &mut Pen, out: &mut Vec<u8>) {
        let position = self.parts.len();
        self.positions.insert(key, position);
        self.parts.push(head.clone());
        self.told.push(Told::Nothing);
        if items::group(head).is_some() || head.has_content() {
            self.begin(position, pen, out);
        }
    }

    pub(super) fn grow(&mut self, key: (u32, u32), delta: &Delta, pen: &mut Pen, out: &mut Vec<u8>) {
        let Some(position) = self.positions.get(&key).copied() else { return };
        let part = &mut self.parts[position];
        part.grow(delta);
        match self.told[position] {
            Told::Nothing if part.has_content() => self.begin(position, pen, out),
            Told::Begun(at) => match delta {
                Delta::Text(text) => self.tell_text(at, position, text, pen, out),
                Delta::Citation(_) => self.tell_citations(at, position, 1, pen, out),
                Delta::Media(_) | Delta::Seal(_) | Delta::Replace(_) => {}
            },
            Told::Nothing | Told::Ended => {}
        }
    }

    /// What another format said ends with the answer, as LiteLLM tells it.
    pub(super) fn part_finished(&mut self, key: (u32, u32), pen: &mut Pen, out: &mut Vec<u8>) {
        let Some(position) = self.positions.get(&key).copied() else { return };
        let Told::Begun(at) = self.told[position] else { return };
        match self.output.items[at].sort {
            _ if items::group(&self.parts[position]).is_none() => {}
            Sort::Message | Sort::Thought => self.end_part(at, position, pen, out),
            Sort::Call | Sort::Image | Sort::Search | Sort::Raw => self.end(at, pen, out),
        }
    }

    /// Ends what is still open: calls before what was said, as LiteLLM does it.
    pub(super) fn finish(&mut self, pen: &mut Pen, out: &mut Vec<u8>) {
        let is_said = |item: &Placed| item.group.is_none() && item.sort == Sort::Message;
        let (last, first): (Vec<usize>, Vec<usize>) =
            (0..self.output.items.len()).partition(|at| is_said(&self.output.items[*at]));
        first.into_iter().chain(last).for_each(|at| self.end(at, pen, out));
    }

    /// Begins a part, and its item with the first of them.
    fn begin(&mut self, position: usize, pen: &mut Pen, out: &mut Vec<u8>) {
        let Some(at) = self.output.place(position, &self.parts[position]) else { return };
        if at == self.ended.len() {
            self.end_before(at, pen, out);
            self.ended.push(false);
            self.tell_item("response.output_item.added", at, Moment::Begun, pen, out);
        } else {
            let before = self.output.items[at].parts.clone();
            before
                .into_iter()
                .filter(|before| *before != position)
                .for_each(|before| self.end_part(at, before, pen, out));
        }
        self.told[position] = Told::Begun(at);
        self.tell_part(at, position, pen, out);
    }

    /// A new item ends those before it; what another format said or asked for stays open to the end.
    fn end_before(&mut self, at: usize, pen: &mut Pen, out: &mut Vec<u8>) {
        let is_over = |item: &Placed| item.group.is_some() || item.sort == Sort::Thought;
        let over: Vec<usize> = (0..at).filter(|before| is_over(&self.output.items[*before])).collect();
        over.into_iter().for_each(|before| self.end(before, pen, out));
    }

    fn end(&mut self, at: usize, pen: &mut Pen, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.ended[at], true) {
            return;
        }
        for position in self.output.items[at].parts.clone() {
            self.end_part(at, position, pen, out);
        }
        self.tell_whole_input(at, pen, out);
        self.tell_whole_thought(at, pen, out);
        self.tell_item("response.output_item.done", at, Moment::Ended, pen, out);
    }

    fn tell_item(&self, kind: &str, at: usize, moment: Moment<'_>, pen: &mut Pen, out: &mut Vec<u8>) {
        let item = &self.output.items[at];
        pen.event(out, kind, |event| {
            event.field("output_index").u64(at as u64);
            self.output.write(item, &self.parts, moment, event.field("item"));
        });
    }

    /// Tells what a call was given, whole.
    fn tell_whole_input(&self, at: usize, pen: &mut Pen, out: &mut Vec<u8>) {
        let item = &self.output.items[at];
        let part = &self.parts[item.parts[0]];
        let PartBody::ToolCall(call) = &part.body else { return };
        let mut tell = |kind: &str, member: &str, text: &str, name: Option<&str>| {
            pen.event(out, kind, |event| {
                self.address(at, item.parts[0], event);
                event.field(member).text(text);
                event.maybe_text("name", name);
            });
        };
        let name = item.group.map(|_| items::bare_name(call, part));
        match items::given(&call.input) {
            (arguments, false) => tell("response.function_call_arguments.done", "arguments", arguments, name),
            (text, true) => tell("response.custom_tool_call_input.done", "input", text, None),
        }
    }

    /// The thoughts of another format in a row are told as one summary.
    fn tell_whole_thought(&self, at: usize, pen: &mut Pen, out: &mut Vec<u8>) {
        let item = &self.output.items[at];
        let parts: Vec<&Part> = item.parts.iter().map(|position| &self.parts[*position]).collect();
        let text = output::shown(&parts);
        if item.sort != Sort::Thought || item.group.is_some() || text.is_empty() {
            return;
        }
        pen.event(out, "response.reasoning_summary_text.done", |event| {
            self.address(at, item.parts[0], event);
            event.field("summary_index").u64(0);
            event.field("text").text(&text);
        });
        pen.event(out, "response.reasoning_summary_part.done", |event| {
            self.address(at, item.parts[0], event);
            event.field("summary_index").u64(0);
            event.field("part").object(|part| {
                part.field("type").text("summary_text");
                part.field("text").text(&text);
            });
        });
    }
}
