//! What a sequence of events may be: `Started` first and once, parts counted without gaps and closed before
//! their answer ends, nothing after `Failed`. Writers rely on it and check nothing again.

use std::collections::BTreeMap;

use ferrolite_types::chat::ChatEvent;

/// One answer as far as it was seen.
#[derive(Debug, Default)]
struct Seen {
    /// Whether each part is still open.
    parts: Vec<bool>,
    finished: bool,
}

/// Reads the events in order.
#[derive(Debug, Default)]
struct Grammar {
    started: bool,
    failed: bool,
    choices: BTreeMap<u32, Seen>,
}

/// What is wrong with a stream that was read to its end.
pub(crate) fn mistake(events: &[ChatEvent]) -> Option<String> {
    let mut grammar = Grammar::default();
    for (position, event) in events.iter().enumerate() {
        if let Some(mistake) = grammar.next(event) {
            return Some(format!("event {position}, {event:?}: {mistake}"));
        }
    }
    grammar.end().map(|mistake| format!("{mistake} at the end of {} events", events.len()))
}

impl Grammar {
    fn next(&mut self, event: &ChatEvent) -> Option<&'static str> {
        if self.failed {
            return Some("something follows a failure");
        }
        match event {
            ChatEvent::Started { .. } if std::mem::replace(&mut self.started, true) => Some("started twice"),
            ChatEvent::Failed(_) => {
                self.failed = true;
                None
            }
            ChatEvent::Started { .. } | ChatEvent::Foreign { .. } | ChatEvent::Usage(_) => None,
            ChatEvent::PartStarted { choice, .. }
            | ChatEvent::Delta { choice, .. }
            | ChatEvent::PartFinished { choice, .. }
            | ChatEvent::Logprobs { choice, .. }
            | ChatEvent::Finished { choice, .. } => match self.started {
                true => self.choices.entry(*choice).or_default().next(event),
                false => Some("comes before the start"),
            },
        }
    }

    fn end(&self) -> Option<&'static str> {
        let whole = !self.choices.is_empty() && self.choices.values().all(|choice| choice.finished);
        (!self.failed && !whole).then_some("neither finished nor failed")
    }
}

impl Seen {
    fn next(&mut self, event: &ChatEvent) -> Option<&'static str> {
        if self.finished {
            return Some("something follows the end of its answer");
        }
        match event {
            ChatEvent::PartStarted { index, .. } => {
                self.parts.push(true);
                (*index as usize + 1 != self.parts.len()).then_some("a part is not counted on from the last")
            }
            ChatEvent::Delta { index, .. } => {
                (!self.is_open(*index)).then_some("no part of this index is open")
            }
            ChatEvent::PartFinished { index, .. } => {
                let open = self.parts.get_mut(*index as usize).map(std::mem::take);
                (open != Some(true)).then_some("no part of this index is open")
            }
            ChatEvent::Finished { .. } => {
                self.finished = true;
                self.parts.contains(&true).then_some("a part is still open")
            }
            ChatEvent::Started { .. }
            | ChatEvent::Logprobs { .. }
            | ChatEvent::Usage(_)
            | ChatEvent::Failed(_)
            | ChatEvent::Foreign { .. } => None,
        }
    }

    fn is_open(&self, index: u32) -> bool {
        self.parts.get(index as usize).copied().unwrap_or(false)
    }
}
