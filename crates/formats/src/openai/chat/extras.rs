//! `provider_specific_fields`: where LiteLLM's clients find what this dialect has no member for.

use ferrolite_types::chat::{Citation, HostedKind, HostedPart, Part, PartBody};
use ferrolite_types::json::{Array, Object};
use ferrolite_types::{Ext, RawJson};

use super::{ID, citations, thoughts};

/// The member's name.
pub(super) const KEY: &str = "provider_specific_fields";

/// The seal of a call, in its own extras.
pub(super) const SIGNATURE: &str = "thought_signature";

/// The seals of all that is said, in those of the message.
pub(super) const SIGNATURES: &str = "thought_signatures";

/// Writes what another format's answer holds beside its content. What came in this format is in `ext` already.
pub(super) fn write(parts: &[Part], ext: &Ext, out: &mut Object<'_>) {
    let extras = Extras::of(parts);
    if !ext.holds(ID, KEY) && !extras.is_empty() {
        out.field(KEY).object(|out| extras.write(out));
    }
}

/// Writes what a part of a stream holds for them; `false` where that is nothing.
pub(super) fn write_part(part: &Part, out: &mut Object<'_>) -> bool {
    let extras = Extras::of(std::slice::from_ref(part));
    if !extras.is_empty() {
        out.field(KEY).object(|out| extras.write(out));
    }
    !extras.is_empty()
}

#[derive(Default)]
struct Extras<'a> {
    /// The texts with sources that only their own format can say.
    cited: Vec<(&'a str, Vec<&'a Citation>)>,
    sealed: Vec<&'a Part>,
    signatures: Vec<&'a str>,
    searches: Vec<&'a RawJson>,
    hosted: Vec<&'a RawJson>,
}

impl<'a> Extras<'a> {
    fn of(parts: &'a [Part]) -> Self {
        let mut extras = Self::default();
        parts.iter().for_each(|part| extras.add(part));
        extras
    }

    fn add(&mut self, part: &'a Part) {
        let seal = part.meta.seal.as_ref().filter(|seal| seal.format.is_some_and(|maker| maker != ID));
        match &part.body {
            PartBody::Thinking { .. } => self.sealed.extend(seal.map(|_| part)),
            PartBody::Hosted(hosted) => self.hosted(hosted),
            PartBody::Text { text, citations } => {
                let foreign: Vec<&Citation> =
                    citations.iter().filter(|cited| !citations::is_sayable(cited)).collect();
                if !foreign.is_empty() {
                    self.cited.push((text, foreign));
                }
                self.signatures.extend(seal.map(|seal| seal.bytes.as_str()));
            }
            PartBody::ToolCall(_) | PartBody::Media(_) => {
                self.signatures.extend(seal.map(|seal| seal.bytes.as_str()));
            }
            PartBody::ToolResult(_)
            | PartBody::Refusal { .. }
            | PartBody::Reference { .. }
            | PartBody::Foreign { .. } => {}
        }
    }

    /// What a provider ran itself is no call for the client to answer, so it stands here, call and result.
    fn hosted(&mut self, part: &'a HostedPart) {
        match (part.kind, part.result) {
            (HostedKind::WebSearch, true) => self.searches.push(&part.raw),
            _ => self.hosted.push(&part.raw),
        }
    }

    fn is_empty(&self) -> bool {
        let Self { cited, sealed, signatures, searches, hosted } = self;
        cited.is_empty()
            && sealed.is_empty()
            && signatures.is_empty()
            && searches.is_empty()
            && hosted.is_empty()
    }

    fn write(&self, out: &mut Object<'_>) {
        let Self { cited, sealed, signatures, searches, hosted } = self;
        list(out, "citations", cited, |(text, citations), list| {
            list.item()
                .array(|list| citations.iter().for_each(|citation| write_citation(citation, text, list)));
        });
        list(out, thoughts::BLOCKS, sealed, |part, list| thoughts::write_part(part, list));
        list(out, SIGNATURES, signatures, |bytes, list| list.item().text(bytes));
        list(out, "web_search_results", searches, |raw, list| list.item().raw(raw));
        list(out, "tool_results", hosted, |raw, list| list.item().raw(raw));
    }
}

fn list<T>(out: &mut Object<'_>, key: &str, items: &[T], write: impl Fn(&T, &mut Array<'_>)) {
    if !items.is_empty() {
        out.field(key).array(|list| items.iter().for_each(|item| write(item, list)));
    }
}

/// A source as its own format spells it, with the words that it stands behind.
fn write_citation(citation: &Citation, text: &str, out: &mut Array<'_>) {
    let Ok(fields) = citation.raw.value().fields() else { return };
    out.item().object(|out| {
        out.extend(fields.rest().iter().map(|(key, value)| (&**key, value)));
        out.field("supported_text").text(text);
    });
}
