//! One answer of a stream as it is said: which member of a delta each of its parts grows.

use ferrolite_types::chat::{Citation, Delta, Media, Part, PartBody, ToolCall};
use ferrolite_types::json::Object;

use super::super::{calls, citations, extras, media, thoughts};

/// How far one answer was said. Its methods write what a delta says and tell whether that is anything.
#[derive(Debug)]
pub(super) struct Voice {
    /// Whether the answer came in this format.
    native: bool,
    /// Whether it was said whose words these are.
    pub(super) introduced: bool,
    /// Where what each part grows by goes.
    places: Vec<Place>,
    calls: u64,
    images: usize,
}

/// Where what a part grows by goes.
#[derive(Debug)]
enum Place {
    /// To the member of this name.
    Words(&'static str),
    /// To the plain member of this name; a seal makes a block of all that was said.
    Thought(&'static str, String),
    /// To blocks, because a seal was announced.
    Block,
    Sound,
    /// To the call of this index, under its kind, in the member for what it is given.
    Call(u64, &'static str, &'static str),
    Nowhere,
}

impl Voice {
    /// An answer that was not begun.
    pub(super) fn new(native: bool) -> Self {
        Self { native, introduced: false, places: Vec::new(), calls: 0, images: 0 }
    }

    /// Begins a part and says what is known of it.
    pub(super) fn start(&mut self, head: &Part, out: &mut Object<'_>) -> bool {
        let mut place = self.place(head);
        let said = self.head(head, &mut place, out);
        self.places.push(place);
        said
    }

    fn place(&mut self, head: &Part) -> Place {
        match &head.body {
            PartBody::Text { .. } => Place::Words("content"),
            PartBody::Refusal { .. } => Place::Words("refusal"),
            PartBody::Thinking { .. } if head.meta.seal.is_some() => Place::Block,
            PartBody::Thinking { .. } => Place::Thought(thoughts::key_of(head), String::new()),
            PartBody::Media(medium) if media::is_sound(medium) => Place::Sound,
            PartBody::ToolCall(call) => {
                self.calls += 1;
                let (kind, member) = calls::members(&call.input);
                Place::Call(self.calls - 1, kind, member)
            }
            PartBody::Media(_)
            | PartBody::ToolResult(_)
            | PartBody::Hosted(_)
            | PartBody::Reference { .. }
            | PartBody::Foreign { .. } => Place::Nowhere,
        }
    }

    fn head(&mut self, head: &Part, place: &mut Place, out: &mut Object<'_>) -> bool {
        match (&head.body, &*place) {
            (PartBody::ToolCall(call), Place::Call(index, ..)) => self.call(call, head, *index, out),
            (PartBody::Media(sound), Place::Sound) => {
                out.field("audio").object(|out| media::write_sound(sound, &head.meta, out));
                head.meta.id.is_some()
            }
            (PartBody::Thinking { redacted: true, .. }, _) => self.hidden(head, out),
            (
                PartBody::Text { text, .. } | PartBody::Refusal { text } | PartBody::Thinking { text, .. },
                _,
            ) => !text.is_empty() && self.words(text, place, out),
            (PartBody::Media(_) | PartBody::Hosted(_), Place::Nowhere) => self.whole(head, out),
            _ => false,
        }
    }

    /// Says by what a part grows.
    pub(super) fn grow(&mut self, index: u32, grown: &Delta, out: &mut Object<'_>) -> bool {
        let Some(place) = self.places.get_mut(index as usize) else { return false };
        let mut place = std::mem::replace(place, Place::Nowhere);
        let said = match (grown, &place) {
            (Delta::Text(text), _) => self.words(text, &mut place, out),
            (Delta::Media(data), Place::Sound) => {
                out.field("audio").object(|audio| audio.field("data").text(data));
                true
            }
            (Delta::Citation(citation), _) => self.cites(citation, out),
            (Delta::Seal(seal), place) => self.seal(&seal.bytes, place, out),
            (Delta::Replace(whole), Place::Nowhere) => self.whole(whole, out),
            (Delta::Media(_) | Delta::Replace(_), _) => false,
        };
        self.places[index as usize] = place;
        said
    }

    fn words(&self, text: &str, place: &mut Place, out: &mut Object<'_>) -> bool {
        match place {
            Place::Words(member) => out.field(member).text(text),
            Place::Thought(member, so_far) => {
                so_far.push_str(text);
                out.field(member).text(text);
            }
            Place::Block => self.block(text, None, out),
            Place::Sound => out.field("audio").object(|audio| audio.field("transcript").text(text)),
            Place::Call(index, kind, member) => {
                self.beside(out);
                write_call(*index, out, |call| {
                    call.field("type").text(kind);
                    call.field(kind).object(|inner| inner.field(member).text(text));
                });
            }
            Place::Nowhere => return false,
        }
        true
    }

    fn call(&self, call: &ToolCall, head: &Part, index: u64, out: &mut Object<'_>) -> bool {
        if call.input.text().is_empty() {
            self.beside(out);
        }
        let seal = head.meta.seal.as_deref();
        write_call(index, out, |out| calls::write(call, &head.meta, seal, out));
        if let Some(seal) = seal.filter(|_| !self.native) {
            write_signature(&seal.bytes, out);
        }
        true
    }

    /// A piece of a sealed thought, or its seal. It is said as plain text too, and for LiteLLM's clients once more.
    fn block(&self, text: &str, seal: Option<&str>, out: &mut Object<'_>) {
        self.beside(out);
        out.field(thoughts::PLAIN).text(text);
        out.field(thoughts::BLOCKS).array(|list| thoughts::write_piece(text, seal, list));
        if !self.native {
            out.field(extras::KEY).object(|extra| {
                extra.field(thoughts::BLOCKS).array(|list| thoughts::write_piece(text, seal, list));
            });
        }
    }

    fn hidden(&self, head: &Part, out: &mut Object<'_>) -> bool {
        self.beside(out);
        out.field(thoughts::BLOCKS).array(|list| thoughts::write_part(head, list));
        true
    }

    fn seal(&self, bytes: &str, place: &Place, out: &mut Object<'_>) -> bool {
        match place {
            Place::Block => self.block("", Some(bytes), out),
            Place::Thought(_, so_far) => {
                out.field(thoughts::BLOCKS).array(|list| thoughts::write_piece(so_far, Some(bytes), list));
            }
            Place::Call(index, ..) => write_call(*index, out, |call| {
                call.field(extras::KEY).object(|extra| extra.field(extras::SIGNATURE).text(bytes));
            }),
            Place::Words(_) | Place::Sound | Place::Nowhere => write_signature(bytes, out),
        }
        true
    }

    fn cites(&self, citation: &Citation, out: &mut Object<'_>) -> bool {
        match citations::is_sayable(citation) {
            true => citations::write(std::iter::once(citation), out),
            false => out.field(extras::KEY).object(|extra| extra.field("citation").raw(&citation.raw)),
        }
        true
    }

    /// What stands beside the content and comes at once: an image, or what the provider ran itself.
    fn whole(&mut self, part: &Part, out: &mut Object<'_>) -> bool {
        let PartBody::Media(image) = &part.body else { return extras::write_part(part, out) };
        self.image(image, part, out);
        true
    }

    fn image(&mut self, image: &Media, part: &Part, out: &mut Object<'_>) {
        let index = self.images;
        self.images += 1;
        out.field("images").array(|list| {
            list.item().object(|item| media::write_image(image, &part.meta, index, item));
        });
    }

    /// LiteLLM says an empty content beside what another format sends piece by piece.
    fn beside(&self, out: &mut Object<'_>) {
        if !self.native {
            out.field("content").text("");
        }
    }
}

fn write_signature(bytes: &str, out: &mut Object<'_>) {
    out.field(extras::KEY).object(|extra| {
        extra.field(extras::SIGNATURES).array(|list| list.item().text(bytes));
    });
}

fn write_call(index: u64, out: &mut Object<'_>, fill: impl FnOnce(&mut Object<'_>)) {
    out.field("tool_calls").array(|list| {
        list.item().object(|call| {
            call.field("index").u64(index);
            fill(call);
        });
    });
}
