//! `reasoning` items, and the seals by which a thought goes back to whoever thought it.
//!
//! Our own seals carry LiteLLM's mark in front, so that they are known again when they come back through a
//! dialect that cannot say whose they are. Seals of others travel as LiteLLM lets them travel: the item's
//! `encrypted_content` is then a JSON list of thinking blocks.

use ferrolite_types::chat::{Part, PartBody, PartMeta, Seal};
use ferrolite_types::json::{Array, Fields, JsonError, Kind, Object, Value, array};
use ferrolite_types::{Ext, RawJson};

use super::ID;
use super::items::PART;

const MARK: &str = "litellm_encrypted_reasoning:";

/// The name of a part of an unabridged thought. It stays in the part's extension and so tells it from a summary.
const UNABRIDGED: &str = "reasoning_text";

/// Reads what a reasoning item holds; nothing where it holds no more than its name.
pub(super) fn read(fields: &mut Fields<'_>) -> Result<Vec<Part>, JsonError> {
    let encrypted = fields.string("encrypted_content")?.filter(|bytes| !bytes.is_empty());
    let mut parts = fields.list("summary", read_part)?.unwrap_or_default();
    if fields.peek("content").is_none_or(|content| content.text() != "[]") {
        parts.extend(fields.read("content", read_content)?.unwrap_or_default());
    }
    match encrypted {
        Some(bytes) => Ok(read_blocks(&bytes).unwrap_or_else(|| with_seal(parts, &bytes))),
        None => Ok(parts),
    }
}

fn read_content(value: Value<'_>) -> Result<Vec<Part>, JsonError> {
    match value.kind() {
        Kind::String => Ok(vec![thought(value.str()?.into_owned(), Ext::default())]),
        _ => value.list(read_part),
    }
}

/// Reads one part of a summary or of an unabridged thought.
pub(super) fn read_part(value: Value<'_>) -> Result<Part, JsonError> {
    let mut fields = value.fields()?;
    if fields.peek("type").and_then(Value::as_str).as_deref() != Some(UNABRIDGED) {
        fields.take("type");
    }
    let text = fields.string("text")?.unwrap_or_default();
    Ok(thought(text, Ext::rest_of(&fields, ID)))
}

fn thought(text: String, ext: Ext) -> Part {
    Part { body: PartBody::Thinking { text, redacted: false }, meta: PartMeta { ext, ..PartMeta::default() } }
}

/// The seal is of the whole item, so its last part holds it; a thought of which nothing is shown is withheld.
fn with_seal(mut parts: Vec<Part>, bytes: &str) -> Vec<Part> {
    if parts.is_empty() {
        parts.push(Part::new(PartBody::Thinking { text: String::new(), redacted: true }));
    }
    if let Some(last) = parts.last_mut() {
        last.meta.seal = Some(Box::new(Seal { format: Some(ID), bytes: format!("{MARK}{bytes}") }));
    }
    parts
}

/// Reads the thinking blocks that stand in the place of our own encrypted thought; `None` where it is ours.
fn read_blocks(text: &str) -> Option<Vec<Part>> {
    let list = RawJson::parse(text).ok().filter(|json| json.value().kind() == Kind::Array)?;
    let blocks = list.value().list(read_block).ok()?;
    Some(blocks.into_iter().flatten().collect::<Vec<_>>()).filter(|blocks| !blocks.is_empty())
}

/// A block without a seal could not be verified by whoever made it.
fn read_block(value: Value<'_>) -> Result<Option<Part>, JsonError> {
    let mut fields = value.fields()?;
    let redacted = fields.string("type")?.as_deref() == Some("redacted_thinking");
    let bytes = fields.string(if redacted { "data" } else { "signature" })?.filter(|bytes| !bytes.is_empty());
    let text = fields.string("thinking")?.unwrap_or_default();
    let seal = |bytes| Some(Box::new(Seal { format: None, bytes }));
    Ok(bytes.map(|bytes| Part {
        body: PartBody::Thinking { text, redacted },
        meta: PartMeta { seal: seal(bytes), ..PartMeta::default() },
    }))
}

/// Writes the thinking blocks of a thought that others sealed; `None` where nothing is sealed by others.
pub(super) fn blocks(parts: &[&Part]) -> Option<String> {
    let sealed: Vec<&Part> = parts.iter().copied().filter(|part| is_sealed_by_others(part)).collect();
    let mut text = Vec::new();
    array(&mut text, |list| {
        sealed.iter().for_each(|part| write_block(part, shown(part).unwrap_or_default(), list));
    });
    (!sealed.is_empty()).then(|| RawJson::from_writer(text).as_str().to_owned())
}

/// Writes a thought that others sealed as the block that it was, with this text.
pub(super) fn write_block(part: &Part, text: &str, out: &mut Array<'_>) {
    let (PartBody::Thinking { redacted, .. }, Some(bytes)) = (&part.body, foreign_seal(part)) else { return };
    out.item().object(|block| match redacted {
        true => {
            block.field("type").text("redacted_thinking");
            block.field("data").text(bytes);
        }
        false => {
            block.field("type").text("thinking");
            block.field("thinking").text(text);
            block.field("signature").text(bytes);
        }
    });
}

/// Whether the part is a thought that somebody else sealed.
pub(super) fn is_sealed_by_others(part: &Part) -> bool {
    matches!(part.body, PartBody::Thinking { .. }) && foreign_seal(part).is_some()
}

/// What we encrypted ourselves.
pub(super) fn own_seal(part: &Part) -> Option<&str> {
    seal(part)?.strip_prefix(MARK)
}

/// A seal that only somebody else can read.
pub(super) fn foreign_seal(part: &Part) -> Option<&str> {
    seal(part).filter(|bytes| !bytes.starts_with(MARK))
}

/// An empty seal only announces one.
fn seal(part: &Part) -> Option<&str> {
    part.meta.seal.as_ref().map(|seal| seal.bytes.as_str()).filter(|bytes| !bytes.is_empty())
}

/// Writes what a reasoning item holds. `summary` must be there even when it is empty.
pub(super) fn write(parts: &[&Part], out: &mut Object<'_>) {
    let said = |part: &&&Part| shown(part).is_some();
    let (whole, abridged): (Vec<&Part>, Vec<&Part>) =
        parts.iter().filter(said).partition(|part| is_unabridged(part));
    out.field("summary").array(|list| abridged.iter().for_each(|part| write_part(part, list)));
    if !whole.is_empty() {
        out.field("content").array(|list| whole.iter().for_each(|part| write_part(part, list)));
    }
    out.maybe_text("encrypted_content", parts.iter().find_map(|part| own_seal(part)));
}

/// Writes one part of a summary or of an unabridged thought.
pub(super) fn write_part(part: &Part, out: &mut Array<'_>) {
    out.item().object(|item| write_part_fields(part, shown(part).unwrap_or_default(), item));
}

/// Writes the members of such a part with this text.
pub(super) fn write_part_fields(part: &Part, text: &str, out: &mut Object<'_>) {
    if !is_unabridged(part) {
        out.field("type").text("summary_text");
    }
    out.field("text").text(text);
    out.extend(part.meta.ext.inside(ID, PART).of(ID));
}

/// Whether the part is of the thought itself and not of its summary.
pub(super) fn is_unabridged(part: &Part) -> bool {
    matches!(part.body, PartBody::Thinking { .. }) && part.meta.ext.inside(ID, PART).holds(ID, "type")
}

/// The text of a thought that is not withheld.
pub(super) fn shown(part: &Part) -> Option<&str> {
    match &part.body {
        PartBody::Thinking { text, redacted: false } => Some(text),
        _ => None,
    }
}
