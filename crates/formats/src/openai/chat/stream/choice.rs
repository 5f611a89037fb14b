//! One answer of a stream under way: deltas become parts, which begin, grow and end.

use std::collections::BTreeMap;

use ferrolite_types::Ext;
use ferrolite_types::chat::{ChatEvent, Delta, Part, PartBody, Seal, ToolInput};
use ferrolite_types::json::{Fields, JsonError, Kind, Value};

use super::super::{ID, calls, citations, media, response, thoughts};
use super::{as_it_came, left_of};

/// What was heard of one answer.
#[derive(Debug)]
pub(super) struct OpenChoice {
    index: u32,
    begun: bool,
    finished: bool,
    /// How many parts were started.
    parts: u32,
    /// The part that plain deltas of this sort grow; another is begun when the sort changes.
    current: Option<(Sort, u32)>,
    /// What the current thought says so far: a block that ends it may say it all again.
    thought: String,
    /// The tool calls, by the vendor's index.
    calls: BTreeMap<u64, OpenCall>,
}

/// One tool call under way.
#[derive(Debug)]
struct OpenCall {
    part: u32,
    id: String,
}

/// What sort of part a plain delta grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Thought,
    Text,
    Refusal,
    Sound,
}

impl OpenChoice {
    /// An answer of which nothing was heard yet.
    pub(super) fn new(index: u32) -> Self {
        Self {
            index,
            begun: false,
            finished: false,
            parts: 0,
            current: None,
            thought: String::new(),
            calls: BTreeMap::new(),
        }
    }

    /// Whether its end was heard.
    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }

    /// Reads an element of `choices`. What comes after the end is no part of the answer.
    pub(super) fn read(
        &mut self,
        mut fields: Fields<'_>,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), JsonError> {
        let delta = fields.take("delta").filter(|_| !self.finished);
        let logprobs = fields.raw("logprobs").filter(|_| !self.finished);
        let word = fields.string("finish_reason")?.filter(|_| !self.finished);
        let opens = !std::mem::replace(&mut self.begun, true) && word.is_none();
        let of_delta = match delta {
            Some(delta) => {
                Hearing { choice: self, events }.delta(delta, opens).map_err(|wrong| wrong.within("delta"))?
            }
            None => Ext::default(),
        };
        events.extend(logprobs.map(|logprobs| ChatEvent::Logprobs { choice: self.index, logprobs }));
        match word {
            Some(word) => self.finish(&word, left_of(&fields).nest("message", of_delta), events),
            None => events.extend(self.left(&left_of(&fields).nest("delta", of_delta))),
        }
        Ok(())
    }

    /// What nobody took of a choice, as a chunk of its own.
    fn left(&self, left: &Ext) -> Option<ChatEvent> {
        if left.is_empty() {
            return None;
        }
        Some(as_it_came(|out| {
            out.field("choices").array(|list| {
                list.item().object(|item| {
                    item.field("index").u64(u64::from(self.index));
                    if !left.holds(ID, "delta") {
                        item.field("delta").object(|_| ());
                    }
                    item.extend(left.of(ID));
                });
            });
        }))
    }

    /// Ends the answer and the parts that are open, once.
    pub(super) fn finish(&mut self, word: &str, ext: Ext, events: &mut Vec<ChatEvent>) {
        if std::mem::replace(&mut self.finished, true) {
            return;
        }
        let choice = self.index;
        let calls = std::mem::take(&mut self.calls);
        let stop = response::read_stop(Some(word), !calls.is_empty());
        let mut hearing = Hearing { choice: self, events };
        hearing.close_current();
        calls.into_values().for_each(|call| hearing.close(call.part));
        events.push(ChatEvent::Finished { choice, stop, ext });
    }
}

/// An answer with the place where its events go.
struct Hearing<'a> {
    choice: &'a mut OpenChoice,
    events: &'a mut Vec<ChatEvent>,
}

impl Hearing<'_> {
    /// Reads a delta; returns what nobody took. One that `opens` the answer and says nothing is left as it is, since
    /// clients expect to hear whose words follow.
    fn delta(&mut self, delta: Value<'_>, opens: bool) -> Result<Ext, JsonError> {
        let mut fields = delta.fields()?;
        let before = self.events.len();
        self.thoughts(&mut fields)?;
        self.content(&mut fields)?;
        self.grow(Sort::Refusal, fields.string("refusal")?.unwrap_or_default());
        self.citations(&mut fields)?;
        media::take_images(&mut fields)?.into_iter().for_each(|image| self.whole(image));
        let of_sound = fields.object("audio", |audio| self.sound(audio))?.unwrap_or_default();
        fields.list("tool_calls", |call| self.call(call))?;
        if !opens || self.events.len() > before {
            fields.take("role");
            fields.take("content");
        }
        Ok(left_of(&fields).nest("audio", of_sound))
    }

    /// Takes what is said. Some vendors say it in a list of parts; their thoughts stand among them.
    fn content(&mut self, fields: &mut Fields<'_>) -> Result<(), JsonError> {
        match fields.peek("content") {
            Some(list) if list.kind() == Kind::Array => {
                for part in fields.list("content", response::read_part)?.unwrap_or_default() {
                    self.part_of_content(part);
                }
            }
            Some(text) if text.text() != "\"\"" => {
                let text = fields.string("content")?.unwrap_or_default();
                self.grow(Sort::Text, text);
            }
            _ => {}
        }
        Ok(())
    }

    fn part_of_content(&mut self, part: Part) {
        match part.body {
            PartBody::Text { text, citations: _ } => self.grow(Sort::Text, text),
            PartBody::Thinking { text, redacted: _ } => self.grow(Sort::Thought, text),
            _ => self.whole(part),
        }
    }

    fn citations(&mut self, fields: &mut Fields<'_>) -> Result<(), JsonError> {
        for citation in citations::take(fields)? {
            let index = self.part(Sort::Text);
            self.push(index, Delta::Citation(Box::new(citation)));
        }
        Ok(())
    }

    /// Takes thoughts. Where there are blocks, the plain text says the same words again.
    fn thoughts(&mut self, fields: &mut Fields<'_>) -> Result<(), JsonError> {
        let blocks = fields.take(thoughts::BLOCKS).filter(|blocks| blocks.text() != "[]");
        if let Some(blocks) = blocks {
            fields.take(thoughts::PLAIN);
            let blocks = blocks.list(thoughts::read_block).map_err(|wrong| wrong.within(thoughts::BLOCKS))?;
            blocks.into_iter().for_each(|block| self.block(block));
            return Ok(());
        }
        let key = thoughts::key_in(fields);
        let text = fields.string(key)?.unwrap_or_default();
        if !text.is_empty() && self.sort() != Some(Sort::Thought) {
            self.begin_current(Sort::Thought, thoughts::in_member(key, thoughts::plain(String::new())));
        }
        self.grow(Sort::Thought, text);
        Ok(())
    }

    /// A block says more of a thought, hides one, or ends one with its seal.
    fn block(&mut self, mut block: Part) {
        let PartBody::Thinking { text, redacted } = &mut block.body else { return };
        if *redacted {
            return self.whole(block);
        }
        let (text, seal) = (std::mem::take(text), block.meta.seal.take());
        if self.sort() != Some(Sort::Thought) {
            block.meta.seal = Some(thoughts::seal(String::new()));
            self.begin_current(Sort::Thought, block);
        }
        if seal.is_none() || text != self.choice.thought {
            self.grow(Sort::Thought, text);
        }
        if let Some(seal) = seal {
            self.seal(seal);
        }
    }

    fn seal(&mut self, seal: Box<Seal>) {
        let index = self.part(Sort::Thought);
        self.push(index, Delta::Seal(seal));
        self.close_current();
    }

    /// Reads a piece of `audio`: its bytes, the words in them, or both.
    fn sound(&mut self, mut audio: Fields<'_>) -> Result<Ext, JsonError> {
        let id = audio.string("id")?;
        if self.sort() != Some(Sort::Sound) {
            self.begin_current(Sort::Sound, media::sound(id));
        }
        let index = self.part(Sort::Sound);
        if let Some(data) = audio.string("data")? {
            self.push(index, Delta::Media(data));
        }
        self.grow(Sort::Sound, audio.string("transcript")?.unwrap_or_default());
        Ok(left_of(&audio))
    }

    /// Reads a piece of a tool call. Some vendors send every call under index 0: a new id is a new call.
    fn call(&mut self, value: Value<'_>) -> Result<(), JsonError> {
        let mut fields = value.fields()?;
        let place = fields.u64("index")?.unwrap_or(0);
        let id = fields.string("id")?.filter(|id| !id.is_empty());
        let known = self.choice.calls.get(&place).filter(|call| id.is_none_or(|id| id == call.id));
        match known.map(|call| call.part) {
            Some(part) => self.more_of_call(part, fields),
            None => self.new_call(place, value),
        }
    }

    fn new_call(&mut self, place: u64, value: Value<'_>) -> Result<(), JsonError> {
        let mut part = calls::read_begun(value)?;
        let (mut id, mut input) = (String::new(), String::new());
        if let PartBody::ToolCall(call) = &mut part.body {
            id.clone_from(&call.id);
            let (ToolInput::Json(text) | ToolInput::Text(text)) = &mut call.input;
            std::mem::swap(text, &mut input);
        }
        self.close_current();
        let part = self.begin(part);
        if let Some(before) = self.choice.calls.insert(place, OpenCall { part, id }) {
            self.close(before.part);
        }
        if !input.is_empty() {
            self.push(part, Delta::Text(input));
        }
        Ok(())
    }

    fn more_of_call(&mut self, part: u32, mut fields: Fields<'_>) -> Result<(), JsonError> {
        let arguments = |mut function: Fields<'_>| function.read("arguments", calls::read_arguments);
        let arguments = fields.object("function", arguments)?.flatten();
        let input = fields.object("custom", |mut custom| custom.string("input"))?.flatten();
        if let Some(text) = arguments.or(input).filter(|text| !text.is_empty()) {
            self.push(part, Delta::Text(text));
        }
        Ok(())
    }

    /// Adds words to the part of this sort that is under way, or to a new one.
    fn grow(&mut self, sort: Sort, text: String) {
        if text.is_empty() {
            return;
        }
        let index = self.part(sort);
        if sort == Sort::Thought {
            self.choice.thought.push_str(&text);
        }
        self.push(index, Delta::Text(text));
    }

    fn sort(&self) -> Option<Sort> {
        self.choice.current.map(|(sort, _)| sort)
    }

    /// The part under way if it is of this sort; else a new one.
    fn part(&mut self, sort: Sort) -> u32 {
        match self.choice.current {
            Some((current, index)) if current == sort => index,
            _ => self.begin_current(sort, sort.empty()),
        }
    }

    fn begin_current(&mut self, sort: Sort, head: Part) -> u32 {
        self.close_current();
        let index = self.begin(head);
        self.choice.current = Some((sort, index));
        self.choice.thought.clear();
        index
    }

    fn begin(&mut self, head: Part) -> u32 {
        let index = self.choice.parts;
        self.choice.parts += 1;
        self.events.push(ChatEvent::PartStarted { choice: self.choice.index, index, head });
        index
    }

    /// A part that came at once.
    fn whole(&mut self, part: Part) {
        self.close_current();
        let index = self.begin(part);
        self.close(index);
    }

    fn push(&mut self, index: u32, delta: Delta) {
        self.events.push(ChatEvent::Delta { choice: self.choice.index, index, delta });
    }

    fn close_current(&mut self) {
        if let Some((_, index)) = self.choice.current.take() {
            self.close(index);
        }
    }

    fn close(&mut self, index: u32) {
        self.events.push(ChatEvent::PartFinished { choice: self.choice.index, index });
    }
}

impl Sort {
    fn empty(self) -> Part {
        match self {
            Self::Thought => thoughts::plain(String::new()),
            Self::Text => Part::text(""),
            Self::Refusal => Part::new(PartBody::Refusal { text: String::new() }),
            Self::Sound => media::sound(None),
        }
    }
}
