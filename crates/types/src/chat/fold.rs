//! Folds the pieces of a streamed answer back into the whole: the law that ties both together.

use std::collections::BTreeMap;

use crate::json::{Kind, Slot, Value, object};
use crate::{Error, RawJson};

use super::{ChatEvent, ChatResponse, Choice, Delta, MediaSource, Part, PartBody, Stop, StopKind, ToolInput};

/// A whole answer growing out of its pieces.
#[derive(Debug, Default)]
pub struct Fold {
    response: ChatResponse,
    /// The token probabilities of each choice, piece by piece.
    logprobs: BTreeMap<u32, Vec<RawJson>>,
}

impl Fold {
    /// Adds a piece.
    ///
    /// # Errors
    /// The failure that the stream reported; nothing may be added after it.
    pub fn add(&mut self, event: ChatEvent) -> Result<(), Error> {
        match event {
            ChatEvent::Started { id, model, created, ext } => {
                (self.response.id, self.response.model, self.response.created) = (id, model, created);
                self.response.ext = ext;
            }
            ChatEvent::PartStarted { choice, index, head } => self.start(choice, index, head),
            ChatEvent::Delta { choice, index, delta } => {
                if let Some(part) = self.choice(choice).parts.get_mut(index as usize) {
                    part.grow(&delta);
                }
            }
            ChatEvent::Logprobs { choice, logprobs } => {
                self.logprobs.entry(choice).or_default().push(logprobs);
            }
            ChatEvent::Usage(usage) => self.response.usage = Some(*usage),
            ChatEvent::Finished { choice, stop, ext } => {
                let choice = self.choice(choice);
                (choice.stop, choice.ext) = (stop, ext);
            }
            ChatEvent::PartFinished { .. } | ChatEvent::Foreign { .. } => {}
            ChatEvent::Failed(error) => return Err(*error),
        }
        Ok(())
    }

    /// The whole answer.
    pub fn finish(mut self) -> ChatResponse {
        for (choice, pieces) in std::mem::take(&mut self.logprobs) {
            self.choice(choice).logprobs = joined(&pieces);
        }
        self.response.choices.iter_mut().flat_map(|choice| &mut choice.parts).for_each(forget_announced);
        self.response.choices.sort_by_key(|choice| choice.index);
        self.response
    }

    fn start(&mut self, choice: u32, index: u32, head: Part) {
        let parts = &mut self.choice(choice).parts;
        debug_assert_eq!(index as usize, parts.len(), "parts are counted without gaps");
        parts.push(head);
    }

    fn choice(&mut self, index: u32) -> &mut Choice {
        let choices = &mut self.response.choices;
        let at = choices.iter().position(|choice| choice.index == index).unwrap_or_else(|| {
            let stop = Stop::new(StopKind::End);
            choices.push(Choice {
                index,
                parts: Vec::new(),
                stop,
                logprobs: None,
                ext: crate::Ext::default(),
            });
            choices.len() - 1
        });
        &mut choices[at]
    }
}

/// A seal that was announced and did not come is none.
fn forget_announced(part: &mut Part) {
    if part.meta.seal.as_ref().is_some_and(|seal| seal.bytes.is_empty()) {
        part.meta.seal = None;
    }
}

impl Part {
    /// Adds a delta; what does not fit the part's kind is left out, as no reader could place it.
    pub fn grow(&mut self, delta: &Delta) {
        match (delta, &mut self.body) {
            (
                Delta::Text(more),
                PartBody::Text { text, .. } | PartBody::Thinking { text, .. } | PartBody::Refusal { text },
            ) => text.push_str(more),
            (Delta::Text(more), PartBody::ToolCall(call)) => match &mut call.input {
                ToolInput::Json(text) | ToolInput::Text(text) => text.push_str(more),
            },
            (Delta::Text(more), PartBody::Media(media)) => {
                media.transcript.get_or_insert_default().push_str(more);
            }
            (Delta::Media(more), PartBody::Media(media)) => {
                if let MediaSource::Inline(base64) = &mut media.source {
                    base64.push_str(more);
                }
            }
            (Delta::Citation(citation), PartBody::Text { citations, .. }) => {
                citations.push((**citation).clone());
            }
            (Delta::Seal(seal), _) => self.meta.seal = Some(seal.clone()),
            (Delta::Replace(whole), _) => self.clone_from(whole),
            (Delta::Text(_) | Delta::Media(_) | Delta::Citation(_), _) => {}
        }
    }
}

/// The pieces as one object: lists of the same name end to end, of any other member the last.
fn joined(pieces: &[RawJson]) -> Option<RawJson> {
    let mut members: Vec<(String, Vec<Value<'_>>)> = Vec::new();
    for fields in pieces.iter().filter_map(|piece| piece.value().fields().ok()) {
        let keys: Vec<String> = fields.keys().map(Into::into).collect();
        for key in keys {
            let value = fields.peek(&key);
            match members.iter_mut().find(|(name, _)| *name == key) {
                Some((_, values)) => values.extend(value),
                None => members.push((key, value.into_iter().collect())),
            }
        }
    }
    let mut out = Vec::new();
    object(&mut out, |out| members.iter().for_each(|(key, values)| write_joined(values, out.field(key))));
    (!members.is_empty()).then(|| RawJson::from_writer(out))
}

fn write_joined(values: &[Value<'_>], slot: Slot<'_>) {
    match values {
        [] => slot.null(),
        lists if lists.iter().all(|value| value.kind() == Kind::Array) => slot.array(|out| {
            let items = lists.iter().filter_map(|list| list.items().ok()).flatten();
            items.for_each(|item| out.item().raw(&item.to_raw()));
        }),
        [.., last] => slot.raw(&last.to_raw()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_probabilities_of_all_pieces_are_kept() {
        let pieces = [r#"{"content":[1],"refusal":null}"#, r#"{"content":[2,3],"refusal":null,"x":1}"#];
        let pieces = pieces.map(|piece| RawJson::parse(piece).unwrap());
        assert_eq!(joined(&pieces).unwrap().as_str(), r#"{"content":[1,2,3],"refusal":null,"x":1}"#);
        assert_eq!(joined(&[RawJson::parse("7").unwrap()]), None);
    }
}
