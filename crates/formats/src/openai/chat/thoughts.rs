//! What a model thought: `thinking_blocks` with their seals, which came to this dialect from Anthropic's, or
//! plain text in a member that vendors call `reasoning_content` or `reasoning`.

use ferrolite_types::chat::{Part, PartBody, PartMeta, Seal};
use ferrolite_types::json::{Array, Fields, JsonError, Object, Slot, Value};
use ferrolite_types::{Ext, RawJson, Rest};

use super::{ID, cache};

pub(super) const BLOCKS: &str = "thinking_blocks";
pub(super) const PLAIN: &str = "reasoning_content";
/// What some vendors call [`PLAIN`].
const SHORT: &str = "reasoning";

/// Takes the thoughts of a message. Where there are blocks, the plain text says the same words again; blocks that
/// hide theirs stand behind it.
pub(super) fn take(fields: &mut Fields<'_>) -> Result<Vec<Part>, JsonError> {
    let blocks = fields.list(BLOCKS, read_block)?.unwrap_or_default();
    let key = key_in(fields);
    let text =
        if fields.peek_str(key).is_some_and(|text| text.is_empty()) { None } else { fields.string(key)? };
    let told = blocks.iter().any(says_something);
    let plain = text.filter(|_| !told).map(|text| in_member(key, plain(text)));
    Ok(plain.into_iter().chain(blocks).collect())
}

fn says_something(block: &Part) -> bool {
    matches!(&block.body, PartBody::Thinking { text, redacted: _ } if !text.is_empty())
}

/// The member that holds plain thoughts.
pub(super) fn key_in(fields: &Fields<'_>) -> &'static str {
    if fields.peek(PLAIN).is_some() { PLAIN } else { SHORT }
}

/// A thought without a seal.
pub(super) fn plain(text: String) -> Part {
    Part::new(PartBody::Thinking { text, redacted: false })
}

/// The same thought with the name of the member that held it, where the seal does not tell.
pub(super) fn in_member(key: &str, mut thought: Part) -> Part {
    if key != PLAIN {
        let held = (key.into(), RawJson::string(""));
        let members = thought.meta.ext.iter().map(|(key, value)| (key.into(), value.clone()));
        thought.meta.ext = Ext::new(ID, members.chain([held]).collect());
    }
    thought
}

/// Whether that member held the thought.
fn was_in(key: &str, thought: &Part) -> bool {
    thought.meta.ext.holds(ID, key)
}

/// Reads a block.
pub(super) fn read_block(value: Value<'_>) -> Result<Part, JsonError> {
    let mut fields = value.fields()?;
    let mut rest = Rest::of(ID);
    let redacted = fields.string("type")?.as_deref() == Some("redacted_thinking");
    let text = fields.string("thinking")?.unwrap_or_default();
    let seal = fields.string(if redacted { "data" } else { "signature" })?.map(seal);
    let cache = cache::take(&mut fields, &mut rest)?;
    let unsealed = seal.is_none();
    let meta = PartMeta { seal, cache, ext: rest.with(&fields), ..PartMeta::default() };
    let thought = Part { body: PartBody::Thinking { text, redacted }, meta };
    Ok(if unsealed { in_member(BLOCKS, thought) } else { thought })
}

/// A seal that came back through this dialect, which cannot say whose it is.
pub(super) fn seal(bytes: String) -> Box<Seal> {
    Box::new(Seal { format: None, bytes })
}

/// One thought as it is written.
struct Thought<'a> {
    text: &'a str,
    redacted: bool,
    seal: Option<&'a str>,
    part: &'a Part,
}

/// Writes the thoughts of an earlier turn. Seals that only another format can read are left out.
pub(super) fn write_earlier(parts: &[&Part], out: &mut Object<'_>) {
    let thoughts = parts.iter().filter_map(|part| thought(part, |seal| seal.is_for(ID)));
    write(&thoughts.collect::<Vec<_>>(), false, out);
}

/// Writes the thoughts of an answer. In one that came in another format those without a seal are blocks too,
/// unless they were items of their own.
pub(super) fn write_answered(parts: &[&Part], native: bool, out: &mut Object<'_>) {
    let thoughts: Vec<Thought<'_>> = parts.iter().filter_map(|part| thought(part, |_| true)).collect();
    let in_blocks = !native && thoughts.iter().any(|thought| thought.part.meta.id.is_none());
    write(&thoughts, in_blocks, out);
}

/// Writes thoughts twice, as LiteLLM does: as plain text and, those with seals or all, as blocks.
fn write(thoughts: &[Thought<'_>], in_blocks: bool, out: &mut Object<'_>) {
    let text: String = thoughts.iter().map(|thought| thought.text).collect();
    if let Some(first) = thoughts.first().filter(|_| !text.is_empty()) {
        out.field(key_of(first.part)).text(&text);
    }
    let is_block =
        |thought: &&Thought<'_>| in_blocks || thought.seal.is_some() || was_in(BLOCKS, thought.part);
    let mut blocks = thoughts.iter().filter(is_block).peekable();
    if blocks.peek().is_some() {
        out.field(BLOCKS).array(|list| blocks.for_each(|thought| write_block(thought, list.item())));
    }
}

/// The member for a thought in plain text.
pub(super) fn key_of(thought: &Part) -> &'static str {
    if was_in(SHORT, thought) { SHORT } else { PLAIN }
}

/// Writes the thought of a part as a block.
pub(super) fn write_part(part: &Part, out: &mut Array<'_>) {
    if let Some(thought) = thought(part, |_| true) {
        write_block(&thought, out.item());
    }
}

/// Writes a piece of a thought, or its seal, as a block.
pub(super) fn write_piece(text: &str, seal: Option<&str>, out: &mut Array<'_>) {
    out.item().object(|block| {
        block.field("type").text("thinking");
        block.field("thinking").text(text);
        block.maybe_text("signature", seal);
    });
}

/// Writes a block with these members.
fn write_block(thought: &Thought<'_>, slot: Slot<'_>) {
    let Thought { text, redacted, seal, part } = thought;
    let meta = &part.meta;
    slot.object(|block| {
        if *redacted {
            block.field("type").text("redacted_thinking");
            block.maybe_text("data", *seal);
        } else {
            block.field("type").text("thinking");
            block.field("thinking").text(text);
            block.maybe_text("signature", *seal);
        }
        cache::write(meta.cache.as_ref(), &meta.ext, block);
        block.extend(meta.ext.outside(ID, &[BLOCKS, SHORT, cache::KEY]));
    });
}

/// The thought in a part; `None` for other parts and for a hidden one whose seal may not be handed over.
fn thought(part: &Part, hand_over: impl Fn(&Seal) -> bool) -> Option<Thought<'_>> {
    let PartBody::Thinking { text, redacted } = &part.body else { return None };
    let seal = part.meta.seal.as_deref().filter(|seal| hand_over(seal)).map(|seal| seal.bytes.as_str());
    (!redacted || seal.is_some()).then_some(Thought { text, redacted: *redacted, seal, part })
}
