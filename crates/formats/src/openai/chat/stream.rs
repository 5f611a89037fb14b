//! A streamed answer: `chat.completion.chunk` events, read into the life cycle of parts and written from it.

mod choice;
mod voice;

use std::collections::BTreeMap;

use choice::OpenChoice;
use ferrolite_types::chat::ChatEvent;
use ferrolite_types::json::{Fields, JsonError, Kind, Object, Value, object};
use ferrolite_types::operation::Chat;
use ferrolite_types::{Error, ErrorKind, Ext, RawJson, Usage};
use voice::Voice;

use super::{ID, error, response, usage};
use crate::format::{ReadEvents, Reply, WriteEvents};
use crate::framing::sse::{Frame, Framer, write_event};

/// Reads chunks.
#[derive(Debug, Default)]
pub(super) struct Reader {
    framer: Framer,
    /// What stood in chunks before the one that names the answer.
    early: Ext,
    /// What the first chunk held beside its choices: later ones repeat it.
    first: Option<Ext>,
    choices: BTreeMap<u32, OpenChoice>,
    end: End,
}

/// How far the stream got.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum End {
    #[default]
    Open,
    Done,
    Failed,
}

impl ReadEvents<Chat> for Reader {
    fn feed(&mut self, bytes: &[u8], events: &mut Vec<ChatEvent>) {
        if self.end != End::Open {
            return;
        }
        let mut framer = std::mem::take(&mut self.framer);
        if framer.feed(bytes).is_err() {
            self.fail(unreadable("an event is larger than the bound"), events);
        }
        while let (End::Open, Some(frame)) = (self.end, framer.next_frame()) {
            self.frame(&frame, events);
        }
        self.framer = framer;
    }

    fn finish(&mut self, events: &mut Vec<ChatEvent>) {
        let mut framer = std::mem::take(&mut self.framer);
        if let (End::Open, Some(frame)) = (self.end, framer.finish()) {
            self.frame(&frame, events);
        }
        let whole = !self.choices.is_empty() && self.choices.values().all(OpenChoice::is_finished);
        if self.end != End::Failed && !whole {
            self.fail(
                Error::new(ErrorKind::Upstream, "the provider's stream ended before its answer did"),
                events,
            );
        }
    }
}

fn unreadable(why: &str) -> Error {
    Error::new(ErrorKind::InvalidUpstream, format!("the provider's stream could not be read: {why}"))
}

impl Reader {
    fn frame(&mut self, frame: &Frame<'_>, events: &mut Vec<ChatEvent>) {
        let Some(data) = frame.data.as_deref().map(str::trim).filter(|data| !data.is_empty()) else { return };
        if data == "[DONE]" {
            return self.done(events);
        }
        let named = frame.event.as_deref() == Some("error");
        let read = Fields::parse(data).and_then(|fields| match failure(&fields, named, data)? {
            Some(error) => {
                self.fail(error, events);
                Ok(())
            }
            None => self.chunk(fields, events),
        });
        if let Err(wrong) = read {
            self.fail(unreadable(&wrong.to_string()), events);
        }
    }

    fn fail(&mut self, error: Error, events: &mut Vec<ChatEvent>) {
        self.end = End::Failed;
        events.push(ChatEvent::Failed(Box::new(error)));
    }

    /// Some vendors say that the stream is done, but not why the answer is.
    fn done(&mut self, events: &mut Vec<ChatEvent>) {
        self.end = End::Done;
        self.choices.values_mut().for_each(|choice| choice.finish("stop", Ext::default(), events));
    }

    fn chunk(&mut self, mut fields: Fields<'_>, events: &mut Vec<ChatEvent>) -> Result<(), JsonError> {
        let choices = fields.take("choices").filter(|choices| choices.text() != "[]");
        let usage = take_usage(&mut fields);
        self.head(&mut fields, choices.is_some() || usage.is_some(), events)?;
        if let Some(choices) = choices {
            choices
                .list(|choice| self.choice(choice.fields()?, events))
                .map_err(|wrong| wrong.within("choices"))?;
        }
        events.extend(usage.map(|usage| ChatEvent::Usage(Box::new(usage))));
        Ok(())
    }

    /// Takes what stands around the choices. A chunk that names nothing and says nothing does not start the
    /// answer yet: one vendor's first chunk holds what its filters think of the prompt.
    fn head(
        &mut self,
        fields: &mut Fields<'_>,
        says: bool,
        events: &mut Vec<ChatEvent>,
    ) -> Result<(), JsonError> {
        fields.take_any("object");
        // Padding that hides the length of the words from who watches the wire; new words need new padding.
        fields.take_any("obfuscation");
        let id = fields.string("id")?.unwrap_or_default();
        let model = fields.string("model")?.unwrap_or_default();
        let created = fields.take("created").and_then(|created| created.i64().ok());
        let left = left_of(fields);
        match &self.first {
            Some(first) => events.extend(news(first, &left)),
            None if id.is_empty() && !says => self.early = left,
            None => {
                let members = self.early.iter().chain(left.iter());
                let ext = Ext::tagged(ID, members.map(|(key, value)| (key.into(), value.clone())).collect());
                self.first = Some(ext.clone());
                events.push(ChatEvent::Started { id, model, created, ext });
            }
        }
        Ok(())
    }

    fn choice(&mut self, mut fields: Fields<'_>, events: &mut Vec<ChatEvent>) -> Result<(), JsonError> {
        let index = response::read_index(&mut fields)?;
        self.choices.entry(index).or_insert_with(|| OpenChoice::new(index)).read(fields, events)
    }
}

/// The failure that a chunk reports, in one of the ways that vendors of this format have.
fn failure(fields: &Fields<'_>, named: bool, text: &str) -> Result<Option<Error>, JsonError> {
    match fields.peek("error") {
        Some(refusal) if refusal.kind() == Kind::Object => {
            Ok(Some(error::read_inside(refusal.fields()?, text)))
        }
        Some(refusal) => Ok(Some(Error::new(ErrorKind::Upstream, refusal.as_str().unwrap_or_default()))),
        None if named || fields.peek_str("object").as_deref() == Some("error") => {
            Ok(Some(error::read_inside(fields.clone(), text)))
        }
        None => Ok(None),
    }
}

/// Takes the usage; one vendor keeps it in a member of its own.
fn take_usage(fields: &mut Fields<'_>) -> Option<Usage> {
    let inside = fields.peek("x_groq").and_then(|own| own.fields().ok()?.peek("usage"));
    let counts = fields.take("usage").or(inside)?.fields().ok()?;
    Some(usage::served_at(usage::read(&counts), fields))
}

/// What nobody took and says something.
fn left_of(fields: &Fields<'_>) -> Ext {
    Ext::new(ID, fields.rest().into_iter().filter(|(_, value)| !value.value().is_null()).collect())
}

/// What a later chunk holds beside its choices and the first did not.
fn news(first: &Ext, left: &Ext) -> Option<ChatEvent> {
    let mut fresh = left.iter().filter(|(key, value)| first.get(key) != Some(*value)).peekable();
    fresh.peek()?;
    Some(as_it_came(|out| out.extend(fresh)))
}

/// A chunk that holds only what nobody took.
fn as_it_came(fill: impl FnOnce(&mut Object<'_>)) -> ChatEvent {
    let mut raw = Vec::new();
    object(&mut raw, fill);
    ChatEvent::Foreign { origin: ID, name: None, raw: RawJson::from_writer(raw) }
}

/// Writes chunks.
#[derive(Debug)]
pub(super) struct Writer {
    head: Head,
    voices: BTreeMap<u32, Voice>,
    /// The usage so far, where the client wants it.
    usage: Option<Usage>,
    failed: bool,
}

/// What every chunk says of the answer.
#[derive(Debug)]
struct Head {
    reply: Reply,
    id: String,
    ext: Ext,
}

impl Writer {
    /// A writer of one answer's chunks.
    pub(super) fn new(reply: Reply) -> Self {
        let head = Head { id: reply.id.to_string(), reply, ext: Ext::default() };
        Self { head, voices: BTreeMap::new(), usage: None, failed: false }
    }

    /// Writes a chunk with the delta that `speak` writes, unless that has nothing to say. The first of each choice
    /// says whose words they are.
    fn say(
        &mut self,
        choice: u32,
        out: &mut Vec<u8>,
        speak: impl FnOnce(&mut Voice, &mut Object<'_>) -> bool,
    ) {
        let Self { head, voices, .. } = self;
        let voice = voices.entry(choice).or_insert_with(|| Voice::new(head.ext.origin() == Some(ID)));
        let (begin, mut said) = (out.len(), false);
        head.choice(choice, out, |item| {
            item.field("delta").object(|delta| {
                if !voice.introduced {
                    delta.field("role").text("assistant");
                }
                said = speak(voice, delta);
            });
        });
        match said {
            true => voice.introduced = true,
            false => out.truncate(begin),
        }
    }

    /// Writes a chunk as it came. It may have said already whose words are to come.
    fn repeat(&mut self, raw: &RawJson, out: &mut Vec<u8>) {
        let Ok(fields) = raw.value().fields() else { return };
        for (index, role) in
            fields.peek("choices").and_then(|choices| roles_in(choices).ok()).into_iter().flatten()
        {
            let native = self.head.ext.origin() == Some(ID);
            self.voices.entry(index).or_insert_with(|| Voice::new(native)).introduced |= role;
        }
        self.head.chunk(out, |chunk| chunk.extend(fields.rest().iter().map(|(key, value)| (&**key, value))));
    }

    /// Ends a choice; one that said nothing says at least whose it is.
    fn finished(&mut self, choice: u32, word: &str, ext: &Ext, out: &mut Vec<u8>) {
        self.say(choice, out, |voice, _| !voice.introduced);
        let left = ext.inside(ID, "message");
        self.head.choice(choice, out, |item| {
            item.field("delta").object(|delta| delta.extend(left.of(ID)));
            item.field("finish_reason").text(word);
            item.extend(ext.outside(ID, &["message"]));
        });
    }
}

/// Which choices a chunk is about, and whether it says whose words they are.
fn roles_in(choices: Value<'_>) -> Result<Vec<(u32, bool)>, JsonError> {
    choices.list(|choice| {
        let mut choice = choice.fields()?;
        let role = choice
            .peek("delta")
            .is_some_and(|delta| delta.fields().is_ok_and(|delta| delta.peek("role").is_some()));
        Ok((response::read_index(&mut choice)?, role))
    })
}

impl Head {
    fn chunk(&self, out: &mut Vec<u8>, fill: impl FnOnce(&mut Object<'_>)) {
        write_event(out, None, |out| {
            object(out, |chunk| {
                chunk.field("id").text(&self.id);
                chunk.field("object").text("chat.completion.chunk");
                // The time of the call, the same in every chunk, as LiteLLM's clients know it.
                chunk.field("created").i64(self.reply.created);
                chunk.field("model").text(&self.reply.model);
                fill(chunk);
                chunk.extend(self.ext.of(ID));
            });
        });
    }

    fn choice(&self, choice: u32, out: &mut Vec<u8>, fill: impl FnOnce(&mut Object<'_>)) {
        self.chunk(out, |chunk| {
            chunk.field("choices").array(|list| {
                list.item().object(|item| {
                    item.field("index").u64(u64::from(choice));
                    fill(item);
                });
            });
        });
    }
}

impl WriteEvents<Chat> for Writer {
    fn write(&mut self, event: &ChatEvent, out: &mut Vec<u8>) {
        match event {
            ChatEvent::Started { id, model: _, created: _, ext } => {
                self.head.id = response::answer_id(id, &self.head.reply).to_owned();
                self.head.ext = ext.clone();
            }
            ChatEvent::PartStarted { choice, index: _, head } => {
                self.say(*choice, out, |voice, delta| voice.start(head, delta));
            }
            ChatEvent::Delta { choice, index, delta: grown } => {
                self.say(*choice, out, |voice, delta| voice.grow(*index, grown, delta));
            }
            ChatEvent::Logprobs { choice, logprobs } => self.head.choice(*choice, out, |item| {
                item.field("delta").object(|_| ());
                item.field("logprobs").raw(logprobs);
            }),
            // LiteLLM names the tier of a whole answer only.
            ChatEvent::Usage(usage) => self.usage = Some(Usage { tier: None, ..(**usage).clone() }),
            ChatEvent::Finished { choice, stop, ext } => {
                self.finished(*choice, response::stop_word(stop), ext, out);
            }
            ChatEvent::Failed(error) => {
                self.failed = true;
                write_event(out, None, |out| error::write_in_stream(error, out));
            }
            ChatEvent::Foreign { origin, name: _, raw } if *origin == ID => self.repeat(raw, out),
            ChatEvent::PartFinished { .. } | ChatEvent::Foreign { .. } => {}
        }
    }

    /// The usage comes last, beside an empty choice, as LiteLLM's clients expect it. Nothing follows a failure.
    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.failed {
            return;
        }
        if let (true, Some(usage)) = (self.head.reply.stream_usage, self.usage.take()) {
            self.head.chunk(out, |chunk| {
                chunk.field("choices").array(|list| {
                    list.item().object(|item| {
                        item.field("index").u64(0);
                        item.field("delta").object(|_| ());
                    });
                });
                chunk.field("usage").object(|out| usage::write(&usage, out));
            });
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }
}
