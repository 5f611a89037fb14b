//! A streamed answer: a row of whole answers, each with what is new; read into the life cycle of parts and
//! written from it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ferrolite_types::chat::{
    ChatEvent, Citation, Delta, MediaSource, Part, PartBody, PartMeta, Seal, Stop, ToolInput,
};
use ferrolite_types::json::{Array, Fields, JsonError, Object, Value, array, object};
use ferrolite_types::operation::Chat;
use ferrolite_types::{Error, ErrorKind, Ext, RawJson, Usage};

use super::grounding::{self, Searches};
use super::ids::Ids;
use super::parts::{self, Pen};
use super::pieces::Pieces;
use super::response::{self, Candidate, Head};
use super::{ID, error, logprobs, usage};
use crate::format::{ReadEvents, WriteEvents};
use crate::framing::sse::write_event;

/// Reads pieces.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pieces: Pieces,
    started: bool,
    id: String,
    /// Why the prompt is not answered at all.
    blocked: Option<Stop>,
    choices: BTreeMap<u32, Open>,
    searches: Searches,
    failed: bool,
}

/// One answer under way.
#[derive(Debug)]
struct Open {
    /// How many parts were started.
    parts: u32,
    /// The text or thought under way.
    current: Option<Part>,
    called: bool,
    ids: Ids,
    /// The members told so far, in the order of their names.
    members: BTreeMap<Box<str>, RawJson>,
}

impl ReadEvents<Chat> for Reader {
    fn feed(&mut self, bytes: &[u8], events: &mut Vec<ChatEvent>) {
        let mut pieces = std::mem::take(&mut self.pieces);
        let fed = pieces.feed(bytes, |data| self.piece(data, events));
        self.pieces = pieces;
        if fed.is_err() {
            self.fail(invalid("an event larger than the bound"), events);
        }
    }

    /// Answers end here, since Google may end a candidate more than once and tell of its sources behind the end.
    fn finish(&mut self, events: &mut Vec<ChatEvent>) {
        let mut pieces = std::mem::take(&mut self.pieces);
        let whole = pieces.finish(|data| self.piece(data, events));
        if self.failed {
            return;
        }
        let ended = self.blocked.is_some()
            || !self.choices.is_empty() && self.choices.values().all(|choice| choice.finish().is_some());
        if !whole || !ended {
            let early =
                Error::new(ErrorKind::InvalidUpstream, "the provider's stream ended before its answer did");
            return self.fail(early, events);
        }
        for (index, choice) in std::mem::take(&mut self.choices) {
            choice.end(index, events);
        }
        if let Some(stop) = self.blocked.take() {
            events.push(ChatEvent::Finished { choice: 0, stop, ext: Ext::default() });
        }
    }
}

fn invalid(why: &str) -> Error {
    Error::new(ErrorKind::InvalidUpstream, format!("the provider's stream could not be read: {why}"))
}

impl Reader {
    fn fail(&mut self, error: Error, events: &mut Vec<ChatEvent>) {
        self.failed = true;
        events.push(ChatEvent::Failed(Box::new(error)));
    }

    fn piece(&mut self, data: &str, events: &mut Vec<ChatEvent>) {
        if self.failed {
            return;
        }
        if let Err(wrong) = Fields::parse(data).and_then(|fields| self.fields(fields, data, events)) {
            self.fail(invalid(&wrong.to_string()), events);
        }
    }

    fn fields(
        &mut self,
        mut fields: Fields<'_>,
        data: &str,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), JsonError> {
        if let Some(refusal) = fields.take("error") {
            self.fail(error::read_inside(refusal, data), events);
            return Ok(());
        }
        let candidates = fields.take("candidates");
        let usage = fields.take("usageMetadata");
        self.head(&fields, events);
        if let Some(candidates) = candidates {
            let read =
                candidates.list(|candidate| self.candidate(Candidate::read(candidate.fields()?)?, events));
            read.map_err(|wrong| wrong.within("candidates"))?;
        }
        if let Some(usage) = usage {
            let usage = usage::read(usage.fields()?, &self.searches)
                .map_err(|wrong| wrong.within("usageMetadata"))?;
            events.push(ChatEvent::Usage(Box::new(usage)));
        }
        Ok(())
    }

    fn head(&mut self, fields: &Fields<'_>, events: &mut Vec<ChatEvent>) {
        let Head { id, model, blocked, ext } = Head::read(fields);
        self.blocked = self.blocked.take().or(blocked);
        if !std::mem::replace(&mut self.started, true) {
            self.id.clone_from(&id);
            events.push(ChatEvent::Started { id, model, created: None, ext });
        }
    }

    fn candidate(&mut self, candidate: Candidate<'_>, events: &mut Vec<ChatEvent>) -> Result<(), JsonError> {
        if let Some(metadata) = candidate.grounding() {
            self.searches.add(metadata);
        }
        let choice = candidate.index;
        let open = self.choices.entry(choice).or_insert_with(|| Open::new(&self.id, choice));
        if let Some(parts) = candidate.parts {
            let within = |wrong: JsonError| wrong.within("parts").within("content");
            parts.list(|part| open.part(part, choice, events)).map_err(within)?;
        }
        if let Some(metadata) = candidate.grounding() {
            open.cite(metadata.value(), choice, events);
        }
        if let Some(logprobs) = candidate.logprobs {
            events.push(ChatEvent::Logprobs { choice, logprobs });
        }
        // Probabilities are told piece by piece, everything else as it was told last.
        let told = candidate.members.into_iter().filter(|(key, _)| &**key != "logprobsResult");
        open.members.extend(told);
        Ok(())
    }
}

impl Open {
    fn new(response: &str, choice: u32) -> Self {
        let ids = Ids::of_answer(response, choice);
        Self { parts: 0, current: None, called: false, ids, members: BTreeMap::new() }
    }

    /// Google's word for the end, once it was said.
    fn finish(&self) -> Option<&RawJson> {
        self.members.get("finishReason")
    }

    fn last(&self) -> u32 {
        self.parts.saturating_sub(1)
    }

    /// Reads a part. Words go on where words of their sort stand; everything else comes whole.
    fn part(&mut self, value: Value<'_>, choice: u32, events: &mut Vec<ChatEvent>) -> Result<(), JsonError> {
        let mut part = parts::read(value, &mut self.ids)?;
        self.called |= matches!(part.body, PartBody::ToolCall(_));
        match words(&mut part.body).map(std::mem::take) {
            Some(more) => self.more(part, more, choice, events),
            None => {
                self.begin(part, choice, events);
                events.push(ChatEvent::PartFinished { choice, index: self.last() });
            }
        }
        Ok(())
    }

    fn more(&mut self, mut part: Part, more: String, choice: u32, events: &mut Vec<ChatEvent>) {
        let seal = part.meta.seal.take();
        if more.is_empty() && seal.is_none() {
            return;
        }
        if self.current.as_ref().is_none_or(|current| !is_same_sort(&current.body, &part.body)) {
            self.begin(part.clone(), choice, events);
            self.current = Some(part);
        }
        if !more.is_empty() {
            self.grow(more, choice, events);
        }
        if let Some(seal) = seal {
            self.seal(seal, choice, events);
        }
    }

    fn begin(&mut self, head: Part, choice: u32, events: &mut Vec<ChatEvent>) {
        self.close(choice, events);
        self.parts += 1;
        events.push(ChatEvent::PartStarted { choice, index: self.last(), head });
    }

    fn grow(&mut self, more: String, choice: u32, events: &mut Vec<ChatEvent>) {
        if let Some(text) = self.current.as_mut().and_then(|current| words(&mut current.body)) {
            text.push_str(&more);
        }
        events.push(ChatEvent::Delta { choice, index: self.last(), delta: Delta::Text(more) });
    }

    /// A signature ends its part.
    fn seal(&mut self, seal: Box<Seal>, choice: u32, events: &mut Vec<ChatEvent>) {
        events.push(ChatEvent::Delta { choice, index: self.last(), delta: Delta::Seal(seal) });
        self.close(choice, events);
    }

    fn cite(&self, metadata: Value<'_>, choice: u32, events: &mut Vec<ChatEvent>) {
        let Some(current) = &self.current else { return };
        for (_, citation) in grounding::read(metadata, std::slice::from_ref(current)) {
            let delta = Delta::Citation(Box::new(citation));
            events.push(ChatEvent::Delta { choice, index: self.last(), delta });
        }
    }

    fn close(&mut self, choice: u32, events: &mut Vec<ChatEvent>) {
        if self.current.take().is_some() {
            events.push(ChatEvent::PartFinished { choice, index: self.last() });
        }
    }

    fn end(mut self, choice: u32, events: &mut Vec<ChatEvent>) {
        self.close(choice, events);
        let word = self.finish().and_then(|word| word.value().as_str()).map(Cow::into_owned);
        let stop = response::stop(word.as_deref(), self.called);
        let members = std::mem::take(&mut self.members).into_iter().collect();
        events.push(ChatEvent::Finished { choice, stop, ext: Ext::new(ID, members) });
    }
}

/// The words of a part that grows by words.
fn words(body: &mut PartBody) -> Option<&mut String> {
    match body {
        PartBody::Text { text, .. } | PartBody::Thinking { text, .. } | PartBody::Refusal { text } => {
            Some(text)
        }
        PartBody::Media(_)
        | PartBody::ToolCall(_)
        | PartBody::ToolResult(_)
        | PartBody::Hosted(_)
        | PartBody::Reference { .. }
        | PartBody::Foreign { .. } => None,
    }
}

fn is_same_sort(a: &PartBody, b: &PartBody) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

/// Writes pieces.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// Whether the client asked for thoughts; what Google answers it tells anyway.
    thoughts: bool,
    /// What an answer of Google's says in every piece.
    head: Ext,
    /// The parts under way, by choice and index.
    open: BTreeMap<(u32, u32), Part>,
    /// Parts that cite pages, until their answer ends.
    cited: BTreeMap<u32, Vec<Part>>,
    /// The answers that ended, told with the usage in the last piece.
    ended: Vec<Ended>,
    usage: Option<Usage>,
    failed: bool,
}

#[derive(Debug)]
struct Ended {
    choice: u32,
    stop: Stop,
    ext: Ext,
}

impl WriteEvents<Chat> for Writer {
    fn write(&mut self, event: &ChatEvent, out: &mut Vec<u8>) {
        match event {
            ChatEvent::Started { id: _, model: _, created: _, ext } => self.head = ext.clone(),
            ChatEvent::PartStarted { choice, index, head } => self.started(*choice, *index, head, out),
            ChatEvent::Delta { choice, index, delta } => self.grown(*choice, *index, delta, out),
            ChatEvent::PartFinished { choice, index } => self.finished(*choice, *index, out),
            ChatEvent::Logprobs { choice, logprobs } => {
                self.candidate(*choice, out, |out| logprobs::write(logprobs, out));
            }
            ChatEvent::Usage(usage) => self.usage = Some((**usage).clone()),
            ChatEvent::Finished { choice, stop, ext } => {
                self.ended.push(Ended { choice: *choice, stop: stop.clone(), ext: ext.clone() });
            }
            ChatEvent::Failed(error) => {
                self.failed = true;
                write_event(out, None, |out| error::write_inside(error, out));
            }
            ChatEvent::Foreign { .. } => {}
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.failed || self.ended.is_empty() {
            return;
        }
        let ended = std::mem::take(&mut self.ended);
        self.piece(out, |out| {
            if !self.is_blocked() {
                out.field("candidates")
                    .array(|list| ended.iter().for_each(|ended| self.write_end(ended, list)));
            }
            if let Some(usage) = &self.usage {
                out.field("usageMetadata").object(|out| usage::write(usage, out));
            }
        });
    }
}

impl Writer {
    /// A writer of one answer; another vendor's thoughts only where the client asked for `thoughts`.
    pub(super) fn new(thoughts: bool) -> Self {
        Self { thoughts, ..Self::default() }
    }

    fn piece(&self, out: &mut Vec<u8>, fill: impl FnOnce(&mut Object<'_>)) {
        write_event(out, None, |out| {
            object(out, |out| {
                fill(out);
                out.extend(self.head.of(ID));
            });
        });
    }

    fn candidate(&self, choice: u32, out: &mut Vec<u8>, fill: impl FnOnce(&mut Object<'_>)) {
        self.piece(out, |out| {
            out.field("candidates").array(|list| {
                list.item().object(|out| {
                    fill(out);
                    out.field("index").u64(u64::from(choice));
                });
            });
        });
    }

    /// A part, unless it is one that Google's clients cannot be told.
    fn part(&self, choice: u32, part: &Part, out: &mut Vec<u8>) {
        let mut parts = Vec::new();
        array(&mut parts, |list| Pen::native().write(part, list));
        if parts == b"[]" {
            return;
        }
        self.candidate(choice, out, |out| {
            out.field("content").object(|out| {
                out.field("parts").raw(&RawJson::from_writer(parts));
                out.field("role").text("model");
            });
        });
    }

    /// More words, thought or said, or their seal.
    fn more(&self, choice: u32, thought: bool, text: &str, seal: Option<Box<Seal>>, out: &mut Vec<u8>) {
        let body = parts::words(text.to_owned(), thought);
        self.part(choice, &Part { body, meta: PartMeta { seal, ..PartMeta::default() } }, out);
    }

    /// Words are passed on as they come; everything else when it is whole.
    fn started(&mut self, choice: u32, index: u32, head: &Part, out: &mut Vec<u8>) {
        let ours = self.head.origin() == Some(ID);
        if is_thought(head) && !self.thoughts && !ours {
            return;
        }
        let mut part = head.clone();
        let sealed = part.meta.seal.as_deref().is_some_and(is_ours);
        if words(&mut part.body).is_some_and(|text| sealed || !text.is_empty()) {
            self.part(choice, &part, out);
            part.meta = PartMeta::default();
        }
        self.open.insert((choice, index), part);
    }

    fn grown(&mut self, choice: u32, index: u32, delta: &Delta, out: &mut Vec<u8>) {
        let Some(part) = self.open.get_mut(&(choice, index)) else { return };
        match delta {
            Delta::Citation(citation) => cite(part, citation),
            Delta::Replace(whole) => part.clone_from(whole),
            Delta::Media(more) => grow_medium(part, more),
            Delta::Text(more) => match words(&mut part.body) {
                Some(text) => {
                    text.push_str(more);
                    let thought = is_thought(part);
                    self.more(choice, thought, more, None, out);
                }
                None => grow_input(part, more),
            },
            Delta::Seal(seal) if words(&mut part.body).is_none() => part.meta.seal = Some(seal.clone()),
            Delta::Seal(seal) if is_ours(seal) => {
                let thought = is_thought(part);
                self.more(choice, thought, "", Some(seal.clone()), out);
            }
            Delta::Seal(_) => {}
        }
    }

    fn finished(&mut self, choice: u32, index: u32, out: &mut Vec<u8>) {
        let Some(mut part) = self.open.remove(&(choice, index)) else { return };
        if words(&mut part.body).is_none() {
            self.part(choice, &part, out);
        } else if matches!(&part.body, PartBody::Text { citations, .. } if !citations.is_empty()) {
            self.cited.entry(choice).or_default().push(part);
        }
    }

    fn is_blocked(&self) -> bool {
        response::is_blocked(&self.head)
    }

    fn write_end(&self, ended: &Ended, out: &mut Array<'_>) {
        let Ended { choice, stop, ext } = ended;
        out.item().object(|out| {
            if ext.origin() == Some(ID) {
                return response::write_own(&[], ext, out);
            }
            out.field("content").object(|out| {
                out.field("parts").array(|_| ());
                out.field("role").text("model");
            });
            out.field("finishReason").text(response::finish_word(stop));
            out.field("index").u64(u64::from(*choice));
            if let Some(cited) = self.cited.get(choice) {
                grounding::write(cited, out);
            }
        });
    }
}

fn cite(part: &mut Part, citation: &Citation) {
    if let PartBody::Text { citations, .. } = &mut part.body {
        citations.push(citation.clone());
    }
}

fn grow_medium(part: &mut Part, more: &str) {
    if let PartBody::Media(media) = &mut part.body
        && let MediaSource::Inline(base64) = &mut media.source
    {
        base64.push_str(more);
    }
}

fn grow_input(part: &mut Part, more: &str) {
    if let PartBody::ToolCall(call) = &mut part.body {
        let (ToolInput::Json(text) | ToolInput::Text(text)) = &mut call.input;
        text.push_str(more);
    }
}

fn is_thought(part: &Part) -> bool {
    matches!(part.body, PartBody::Thinking { .. })
}

/// Whether a seal is there and Google's.
fn is_ours(seal: &Seal) -> bool {
    seal.is_for(ID) && !seal.bytes.is_empty()
}
