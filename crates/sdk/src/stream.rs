//! A streamed answer: the provider's events, and the bytes that the client gets for them.

use bytes::Bytes;
use ferrolite_formats::relay::{RouteId, StreamEditor};
use ferrolite_formats::undo::{Undo, UndoEvents};
use ferrolite_formats::{ReadEvents, WriteEvents};
use ferrolite_transport::Body;
use ferrolite_types::chat::ChatEvent;
use ferrolite_types::operation::Chat;
use ferrolite_types::{Error, FormatId, Usage};

use crate::attempt::Callee;
use crate::quote::Quote;

/// The events of a streamed answer, as they come. Dropping it cancels the call.
pub struct EventStream {
    body: Body,
    reader: Box<dyn ReadEvents<Chat>>,
    /// Makes identifiers say who answered, where the format has it so.
    route: Option<RouteId>,
    quote: Quote,
    /// What the request's writer changed and must be changed back; `None` where nothing was.
    undo: Option<UndoEvents>,
    events: Vec<ChatEvent>,
    /// Pieces that were read before the answer was committed to, not yet given out.
    held: Vec<Bytes>,
    ended: bool,
}

impl EventStream {
    /// Reads up to the first content, so that a failure before it can still be answered by another try.
    ///
    /// # Errors
    /// The failure that came before any content.
    pub(crate) async fn open(
        body: Body,
        callee: Callee<'_>,
        caller: FormatId,
        undo: Undo,
    ) -> Result<Self, Error> {
        let (reader, route) = (callee.voice.format.read_events(), callee.event_route(caller));
        let quote = callee.deployment.quote.clone();
        let undo = (!undo.is_empty()).then(|| undo.events());
        let mut stream =
            Self { body, reader, route, quote, undo, events: Vec::new(), held: Vec::new(), ended: false };
        while !stream.events.iter().any(ChatEvent::commits) {
            stream.take_failure()?;
            if stream.ended {
                break;
            }
            if let Some(piece) = stream.read().await? {
                stream.held.push(piece);
            }
        }
        Ok(stream)
    }

    /// The next piece as the provider sent it; its events stand in [`EventStream::events`] until the next call.
    /// `None` at the end.
    ///
    /// # Errors
    /// The provider stalled or hung up.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if !self.held.is_empty() {
            return Ok(Some(joined(std::mem::take(&mut self.held))));
        }
        self.events.clear();
        if self.ended {
            return Ok(None);
        }
        self.read().await
    }

    /// The events of the piece that was given last.
    pub fn events(&self) -> &[ChatEvent] {
        &self.events
    }

    /// The next events; empty at the end.
    ///
    /// # Errors
    /// The provider failed, stalled or hung up.
    pub async fn next_events(&mut self) -> Result<Vec<ChatEvent>, Error> {
        loop {
            let more = self.next().await?.is_some();
            self.take_failure()?;
            if !more || !self.events.is_empty() {
                return Ok(std::mem::take(&mut self.events));
            }
        }
    }

    /// Reads a piece and appends its events; `None` at the end, whose events are appended too.
    async fn read(&mut self) -> Result<Option<Bytes>, Error> {
        let seen = self.events.len();
        let piece = self.body.next().await?;
        match &piece {
            Some(piece) => self.reader.feed(piece, &mut self.events),
            None => {
                self.ended = true;
                self.reader.finish(&mut self.events);
            }
        }
        self.change_back(seen);
        Ok(piece)
    }

    /// Makes the events from `seen` on those that the caller expects.
    fn change_back(&mut self, seen: usize) {
        for event in &mut self.events[seen..] {
            if let Some(undo) = &mut self.undo {
                undo.event(event);
            }
            match (event, &self.route) {
                (ChatEvent::Started { id, .. }, Some(route)) => *id = route(id),
                (ChatEvent::Failed(error), _) => self.quote.correct(error),
                _ => {}
            }
        }
    }

    fn take_failure(&mut self) -> Result<(), Error> {
        match self.events.iter().position(|event| matches!(event, ChatEvent::Failed(_))) {
            Some(at) => match self.events.remove(at) {
                ChatEvent::Failed(error) => Err(*error),
                _ => Ok(()),
            },
            None => Ok(()),
        }
    }
}

fn joined(mut pieces: Vec<Bytes>) -> Bytes {
    match pieces.len() {
        1 => pieces.remove(0),
        _ => pieces.concat().into(),
    }
}

/// A streamed answer in the client's format.
pub struct AnswerStream {
    events: EventStream,
    voice: Voice,
    failure: Option<Error>,
    done: bool,
}

/// How events become the client's bytes.
pub(crate) enum Voice {
    /// The provider's bytes, edited; the writer is for failures of ours.
    Relay { editor: StreamEditor, writer: Box<dyn WriteEvents<Chat>> },
    /// Written anew.
    Translate(Box<dyn WriteEvents<Chat>>),
}

impl AnswerStream {
    pub(crate) fn new(events: EventStream, voice: Voice) -> Self {
        Self { events, voice, failure: None, done: false }
    }

    /// The next bytes for the client, none where a piece held nothing for it; its events stand in
    /// [`AnswerStream::events`] until the next call. `None` when everything but the end is written.
    pub async fn next(&mut self) -> Option<Bytes> {
        if self.done {
            return None;
        }
        let piece = match self.events.next().await {
            Ok(piece) => piece,
            Err(error) => return Some(self.broke_off(error)),
        };
        self.done = piece.is_none();
        let mut out = Vec::with_capacity(piece.as_ref().map_or(0, Bytes::len) + 64);
        self.speak(piece.as_deref(), &mut out);
        if let Some(error) = self.reported() {
            self.done = true;
            self.failure = Some(error);
        }
        Some(out.into())
    }

    /// Writes a piece and its events.
    fn speak(&mut self, piece: Option<&[u8]>, out: &mut Vec<u8>) {
        let events = self.events.events();
        match &mut self.voice {
            Voice::Translate(writer) => events.iter().for_each(|event| writer.write(event, out)),
            Voice::Relay { editor, writer } => {
                // A frame over the bound is reported by the reader too, as a failure that is written below.
                let _ = piece.map(|piece| editor.feed(piece, out));
                let failures = events.iter().filter(|event| matches!(event, ChatEvent::Failed(_)));
                failures.for_each(|failed| writer.write(failed, out));
                self.done |= editor.ended();
            }
        }
    }

    fn reported(&self) -> Option<Error> {
        self.events.events().iter().find_map(|event| match event {
            ChatEvent::Failed(error) => Some((**error).clone()),
            _ => None,
        })
    }

    /// The connection broke: the client hears it in its own format.
    fn broke_off(&mut self, error: Error) -> Bytes {
        self.done = true;
        let mut out = Vec::new();
        let event = ChatEvent::Failed(Box::new(error.clone()));
        let (Voice::Relay { writer, .. } | Voice::Translate(writer)) = &mut self.voice;
        writer.write(&event, &mut out);
        self.failure = Some(error);
        out.into()
    }

    /// What the last bytes said.
    pub fn events(&self) -> &[ChatEvent] {
        self.events.events()
    }

    /// Why the answer broke off, if it did.
    pub fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }

    /// What ends the answer for the client; to be sent when the call is accounted. `billed` is what it used and
    /// cost, where that is known.
    pub fn finish(self, billed: Option<Usage>) -> Bytes {
        let cost = billed.as_ref().and_then(|usage| usage.cost);
        let mut out = Vec::new();
        match self.voice {
            Voice::Relay { editor, .. } if self.failure.is_none() => out = editor.finish(cost),
            Voice::Translate(mut writer) if self.failure.is_none() => {
                if let Some(usage) = billed {
                    writer.write(&ChatEvent::Usage(Box::new(usage)), &mut out);
                }
                writer.finish(&mut out);
            }
            Voice::Relay { .. } | Voice::Translate(_) => {}
        }
        out.into()
    }
}

impl std::fmt::Debug for EventStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventStream").field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for AnswerStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AnswerStream").field("failure", &self.failure).finish_non_exhaustive()
    }
}
