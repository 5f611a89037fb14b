//! The items of an answer, whole or as it grows: which part goes into which item, and what the item is called.
//!
//! What was read in this format goes back into the items it came from. What another format said becomes the
//! items that LiteLLM makes of it.

use std::hash::{DefaultHasher, Hash, Hasher};

use ferrolite_types::chat::{
    HostedKind, HostedPart, Media, MediaSource, Part, PartBody, Role, ToolCall, ToolInput,
};
use ferrolite_types::json::{Object, Slot};

use super::contents;
use super::items::{self, Said};
use super::tools::Callees;
use super::{ID, thoughts};
use crate::format::Reply;

/// Everything in an answer is said by the model, in parts.
const SAID: Said = Said { role: Role::Assistant, plain: false, answer: true };

/// The items of an answer.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) items: Vec<Placed>,
    callees: Callees,
    /// What identifiers are made of where nobody gave any.
    seed: String,
}

/// An item and the parts in it.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) sort: Sort,
    pub(super) id: String,
    /// The mark of the item where it was read in this format.
    pub(super) group: Option<u32>,
    /// Its parts, by their positions in the answer.
    pub(super) parts: Vec<usize>,
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Message,
    Thought,
    Call,
    Image,
    Search,
    /// Carried whole.
    Raw,
}

impl Output {
    pub(super) fn new(reply: &Reply) -> Self {
        Self { items: Vec::new(), callees: Callees::of(&reply.echo), seed: reply.id.to_string() }
    }

    /// Finds the item of the part at this position, beginning it where it is the first; `None` for what no item
    /// can hold.
    pub(super) fn place(&mut self, position: usize, part: &Part) -> Option<usize> {
        let sort = self.sort_of(part)?;
        let shared = matches!(sort, Sort::Message | Sort::Thought) || items::group(part).is_some();
        let goes_on = |item: &Placed| item.sort == sort && item.group == items::group(part);
        if shared && let Some(last) = self.items.last_mut().filter(|last| goes_on(last)) {
            last.parts.push(position);
        } else {
            let id = self.id_of(sort, part);
            self.items.push(Placed { sort, id, group: items::group(part), parts: vec![position] });
        }
        Some(self.items.len() - 1)
    }

    fn sort_of(&self, part: &Part) -> Option<Sort> {
        match &part.body {
            PartBody::Text { .. } | PartBody::Refusal { .. } => Some(Sort::Message),
            PartBody::Thinking { .. } => Some(Sort::Thought),
            PartBody::ToolCall(_) => Some(Sort::Call),
            PartBody::Media(media) if media.mime.starts_with("image/") => Some(Sort::Image),
            PartBody::Hosted(HostedPart { origin, .. }) if *origin == ID => Some(Sort::Raw),
            PartBody::Hosted(HostedPart { kind: HostedKind::WebSearch, result: false, .. }) => {
                Some(Sort::Search)
            }
            PartBody::Foreign { origin, .. } if *origin == ID => match items::is_raw(part) {
                true => Some(Sort::Raw),
                false => Some(Sort::Message),
            },
            PartBody::Hosted(_)
            | PartBody::Foreign { .. }
            | PartBody::Media(_)
            | PartBody::ToolResult(_)
            | PartBody::Reference { .. } => None,
        }
    }

    fn id_of(&self, sort: Sort, part: &Part) -> String {
        if let (Some(id), Some(_)) = (&part.meta.id, items::group(part)) {
            return id.clone();
        }
        match (sort, &part.body) {
            (Sort::Call, PartBody::ToolCall(call)) => match call.input {
                ToolInput::Json(_) => prefixed("fc", &call.id),
                ToolInput::Text(_) => prefixed("ctc", &call.id),
            },
            (Sort::Search, PartBody::Hosted(HostedPart { id: Some(id), .. })) => prefixed("ws", id),
            (Sort::Message, _) => format!("msg_{}", self.minted()),
            (Sort::Thought, _) => format!("rs_{}", self.minted()),
            (Sort::Image, _) => format!("ig_{}", self.minted()),
            (Sort::Search, _) => format!("ws_{}", self.minted()),
            (Sort::Call | Sort::Raw, _) => self.minted(),
        }
    }

    /// An identifier for the next item that stays the same for the same call, in the shape of a UUID of version
    /// 8 (RFC 9562).
    fn minted(&self) -> String {
        let half = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, &self.seed, self.items.len()).hash(&mut hasher);
            hasher.finish()
        };
        let (high, low) = (half(0) & !0xF000 | 0x8000, half(1) >> 2 | 1 << 63);
        let (a, b, c) = (high >> 32, high >> 16 & 0xFFFF, high & 0xFFFF);
        format!("{a:08x}-{b:04x}-{c:04x}-{:04x}-{:012x}", low >> 48, low & 0xFFFF_FFFF_FFFF)
    }

    /// Writes an item at a moment of its life.
    pub(super) fn write(&self, item: &Placed, parts: &[Part], moment: Moment<'_>, slot: Slot<'_>) {
        let own: Vec<&Part> = item.parts.iter().map(|part| &parts[*part]).collect();
        let begun = matches!(moment, Moment::Begun);
        match item.sort {
            Sort::Message if begun => slot.object(|out| write_message(&item.id, &[], "in_progress", out)),
            Sort::Thought if begun => slot.object(|out| write_thought_begun(item, out)),
            _ if item.group.is_some() => items::write_item(&own, SAID, slot, &mut Vec::new()),
            Sort::Message => slot.object(|out| write_message(&item.id, &own, moment.status(), out)),
            Sort::Thought => slot.object(|out| write_thought(&item.id, &own, moment, out)),
            Sort::Call => slot.object(|out| self.write_call(item, own[0], begun, out)),
            Sort::Image => slot.object(|out| write_image(&item.id, own[0], out)),
            Sort::Search => slot.object(|out| write_search(&item.id, own[0], out)),
            Sort::Raw => items::write_item(&own, SAID, slot, &mut Vec::new()),
        }
    }

    /// Writes a call as its caller knows the tool.
    fn write_call(&self, item: &Placed, part: &Part, begun: bool, out: &mut Object<'_>) {
        let PartBody::ToolCall(call) = &part.body else { return };
        let ToolCall { id, name, input } = call;
        let (namespace, name) = self.callees.split(name);
        let (text, free_text) = items::given(input);
        out.field("id").text(&item.id);
        items::write_call_fields(id, name, if begun { "" } else { text }, free_text, out);
        out.maybe_text("namespace", namespace.as_deref());
        out.field("status").text(if begun { "in_progress" } else { "completed" });
        if let Some(signature) = thoughts::foreign_seal(part).filter(|_| !begun) {
            out.field("provider_specific_fields")
                .object(|extra| extra.field("thought_signature").text(signature));
        }
    }
}

/// When an item is being written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Moment<'a> {
    /// It begins in a stream.
    Begun,
    /// It ends in a stream.
    Ended,
    /// It stands in a whole answer of this status.
    Whole(&'a str),
}

impl Moment<'_> {
    fn status(&self) -> &str {
        match self {
            Self::Begun => "in_progress",
            Self::Ended => "completed",
            Self::Whole(status) => status,
        }
    }
}

/// `fc` and `call_1` make `fc_call_1`.
fn prefixed(prefix: &str, id: &str) -> String {
    if id.starts_with(prefix) { id.to_owned() } else { format!("{prefix}_{id}") }
}

fn write_message(id: &str, parts: &[&Part], status: &str, out: &mut Object<'_>) {
    out.field("id").text(id);
    out.field("type").text("message");
    out.field("status").text(status);
    out.field("role").text("assistant");
    items::write_content(parts, SAID, out, &mut Vec::new());
}

fn write_thought_begun(item: &Placed, out: &mut Object<'_>) {
    out.field("id").text(&item.id);
    out.field("type").text("reasoning");
    if item.group.is_none() {
        out.field("status").text("in_progress");
    }
    out.field("summary").array(|_| ());
}

/// LiteLLM tells a thought as a summary while it streams and as content in the whole answer.
fn write_thought(id: &str, parts: &[&Part], moment: Moment<'_>, out: &mut Object<'_>) {
    out.field("id").text(id);
    out.field("type").text("reasoning");
    let text = shown(parts);
    let kind = match moment {
        Moment::Whole(status) => {
            out.field("status").text(status);
            out.field("role").text("assistant");
            out.field("summary").array(|_| ());
            ("content", contents::OUTPUT)
        }
        Moment::Begun | Moment::Ended => ("summary", "summary_text"),
    };
    out.field(kind.0).array(|list| {
        if !text.is_empty() {
            list.item().object(|part| {
                part.field("type").text(kind.1);
                part.field("text").text(&text);
            });
        }
    });
    out.maybe_text("encrypted_content", thoughts::blocks(parts).as_deref());
}

/// The words of the thoughts that are not withheld.
pub(super) fn shown(parts: &[&Part]) -> String {
    parts.iter().filter_map(|part| thoughts::shown(part)).collect()
}

fn write_image(id: &str, part: &Part, out: &mut Object<'_>) {
    let PartBody::Media(Media { source, .. }) = &part.body else { return };
    out.field("type").text("image_generation_call");
    out.field("id").text(id);
    out.field("status").text("completed");
    match source {
        MediaSource::Inline(base64) => out.field("result").text(base64),
        MediaSource::Url(other) | MediaSource::Text(other) | MediaSource::File { id: other, .. } => {
            out.field("result").text(other);
        }
    }
}

/// What was searched stands where nearly every vendor has it: in the call's `input`.
fn write_search(id: &str, part: &Part, out: &mut Object<'_>) {
    let PartBody::Hosted(HostedPart { raw, .. }) = &part.body else { return };
    let mut fields = raw.value().fields().ok();
    let input =
        fields.as_mut().and_then(|fields| fields.object("input", |mut input| input.string("query")).ok()?);
    out.field("type").text("web_search_call");
    out.field("id").text(id);
    out.field("status").text("completed");
    out.field("action").object(|action| {
        action.field("type").text("search");
        action.field("query").text(input.flatten().as_deref().unwrap_or_default());
    });
}
