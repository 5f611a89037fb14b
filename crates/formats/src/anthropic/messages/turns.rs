//! `messages`: turns of two speakers that alternate, with the results of tools among the user's words.

use std::borrow::Cow;

use ferrolite_types::chat::{Part, PartBody, Role, Seal, ToolResult, Turn};
use ferrolite_types::json::{Array, JsonError, Kind, Value};
use ferrolite_types::{Error, Ext, Loss, LossKind};

use super::request::Notes;
use super::{ID, blocks, media, names};

/// What stands for words that are none: the API refuses an empty text. LiteLLM's words.
const NOTHING_SAID: &str = "[System: Empty message content sanitised to satisfy protocol]";

/// What tells the model whose words follow where the API has no system turn at this place.
const FROM_OPERATOR: &str = "A note from the operator of this conversation, not from the user:";

/// How LiteLLM marks reasoning that only OpenAI can read where a signature stands.
const SEALED_ELSEWHERE: &str = "litellm_encrypted_reasoning:";

/// Reads one element of `messages`.
pub(super) fn read(value: Value<'_>) -> Result<Turn, JsonError> {
    let mut fields = value.fields()?;
    let role = fields.require("role", read_role)?;
    let content = fields.take("content").ok_or_else(|| JsonError::missing("content"))?;
    let plain = content.kind() == Kind::String;
    let parts = blocks::read_all(content, None).map_err(|error| error.within("content"))?;
    Ok(Turn { role, parts, name: None, plain, ext: Ext::rest_of(&fields, ID) })
}

fn read_role(value: Value<'_>) -> Result<Role, JsonError> {
    match &*value.str()? {
        "user" => Ok(Role::User),
        "assistant" => Ok(Role::Assistant),
        "system" => Ok(Role::System),
        _ => Err(value.unexpected("\"user\", \"assistant\" or \"system\"")),
    }
}

/// Who speaks, in the words of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    System,
    User,
    Assistant,
}

impl Speaker {
    pub(super) fn of(role: Role) -> Self {
        match role {
            Role::System | Role::Developer => Self::System,
            Role::User | Role::Tool => Self::User,
            Role::Assistant => Self::Assistant,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// A message as it will be written.
#[derive(Debug)]
pub(super) struct Message<'a> {
    speaker: Speaker,
    parts: Vec<Cow<'a, Part>>,
    /// The turn it is, where nothing was changed.
    turn: Option<&'a Turn>,
}

/// The messages that are sent for these turns.
///
/// # Errors
/// No turn that the API could answer.
pub(super) fn arranged<'a>(turns: &'a [Turn], notes: &mut Notes<'_>) -> Result<Vec<Message<'a>>, Error> {
    if notes.native {
        return Ok(turns.iter().map(Message::of).collect());
    }
    let mut messages: Vec<Message<'a>> = Vec::new();
    for message in placed(turns, notes.profile.mid_system) {
        match messages.last_mut().filter(|last| last.speaker == message.speaker) {
            Some(last) => last.parts.extend(message.parts),
            None => messages.push(message),
        }
    }
    messages.iter_mut().for_each(|message| message.repair(notes));
    messages.retain(|message| !message.parts.is_empty());
    if let Some(last) = messages.last_mut() {
        last.trim();
    }
    losses_beside(turns, notes);
    match messages.is_empty() {
        true => Err(Error::bad_request("expected at least one message that is not a system message")
            .param("messages")),
        false => Ok(messages),
    }
}

/// The turns in an order that the API takes. A system turn may not come between a call and its result; where
/// the model takes one at all it must follow the user and precede the model. No later turn moves an earlier one,
/// so that the cached beginning of a conversation stays what it was.
fn placed(turns: &[Turn], mid_system: bool) -> Vec<Message<'_>> {
    let mut messages: Vec<Message<'_>> = Vec::new();
    let mut held: Vec<&Turn> = Vec::new();
    for turn in turns {
        let speaker = Speaker::of(turn.role);
        if speaker == Speaker::System {
            held.push(turn);
            continue;
        }
        let waits = if mid_system { speaker == Speaker::User } else { answers_a_call(turn) };
        if !waits {
            release(&mut held, mid_system, &mut messages);
        }
        messages.push(Message::of(turn));
    }
    release(&mut held, mid_system, &mut messages);
    messages
}

fn answers_a_call(turn: &Turn) -> bool {
    turn.parts.first().is_some_and(|part| matches!(part.body, PartBody::ToolResult(_)))
}

fn release<'a>(held: &mut Vec<&'a Turn>, mid_system: bool, messages: &mut Vec<Message<'a>>) {
    let behind_user = messages.last().is_some_and(|last| last.speaker != Speaker::Assistant);
    let place = if mid_system && behind_user { Message::of } else { Message::as_user };
    messages.extend(held.drain(..).map(place).filter(|message| !message.parts.is_empty()));
}

/// What speakers have besides their words has no place here.
fn losses_beside(turns: &[Turn], notes: &mut Notes<'_>) {
    for turn in turns {
        if turn.name.is_some() {
            notes.losses.push(Loss::new(LossKind::Cosmetic, "messages: name"));
        }
        notes.losses.extend(turn.ext.lost_to(ID, LossKind::Cosmetic));
    }
}

impl<'a> Message<'a> {
    fn of(turn: &'a Turn) -> Self {
        let parts = turn.parts.iter().map(Cow::Borrowed).collect();
        Self { speaker: Speaker::of(turn.role), parts, turn: Some(turn) }
    }

    /// A system turn in the mouth of the user.
    fn as_user(turn: &'a Turn) -> Self {
        let mut parts: Vec<_> = turn.parts.iter().filter(|part| is_said(part)).map(Cow::Borrowed).collect();
        if !parts.is_empty() {
            parts.insert(0, Cow::Owned(Part::text(FROM_OPERATOR)));
        }
        Self { speaker: Speaker::User, parts, turn: None }
    }

    /// Leaves out what the API would refuse, and says something where it wants words.
    fn repair(&mut self, notes: &mut Notes<'_>) {
        self.turn = None;
        if self.speaker == Speaker::System {
            return self.parts.retain(|part| is_said(part));
        }
        let mut calls: Vec<String> = Vec::new();
        self.parts.retain(|part| is_sendable(part, notes) && is_new(part, &mut calls));
        for part in self.parts.iter_mut().filter(|part| is_silent(part)) {
            part.to_mut().body = PartBody::Text { text: NOTHING_SAID.to_owned(), citations: Vec::new() };
        }
    }

    /// The last words of the model may not end in white space: the API goes on where they stop.
    fn trim(&mut self) {
        if self.speaker == Speaker::Assistant {
            let untidy = self.parts.iter_mut().filter(|part| ends_in_space(part));
            untidy.for_each(|part| {
                if let PartBody::Text { text, .. } = &mut part.to_mut().body {
                    text.truncate(text.trim_end().len());
                }
            });
        }
    }

    /// Writes it.
    pub(super) fn write(&self, list: &mut Array<'_>, notes: &mut Notes<'_>) {
        let Self { speaker, parts, turn } = self;
        list.item().object(|out| {
            out.field("role").text(speaker.name());
            let plain = turn.is_some_and(|turn| turn.plain);
            match blocks::lone_text(parts.iter().map(AsRef::as_ref)).filter(|_| plain) {
                Some(text) => out.field("content").text(text),
                None => out
                    .field("content")
                    .array(|list| parts.iter().for_each(|part| write_part(part, list, notes))),
            }
            if let Some(turn) = turn {
                out.extend(turn.ext.of(ID));
            }
        });
    }
}

/// Whether a part can stand in `system`, which takes words alone.
pub(super) fn is_instruction(part: &Part, notes: &mut Notes<'_>) -> bool {
    if !matches!(part.body, PartBody::Text { .. }) {
        notes
            .losses
            .push(Loss::new(LossKind::Content, "messages: a part of a system message that is no text"));
    }
    is_said(part)
}

/// Whether a part is a text with words in it.
fn is_said(part: &Part) -> bool {
    matches!(&part.body, PartBody::Text { text, .. } if !text.is_empty())
}

fn is_silent(part: &Part) -> bool {
    matches!(&part.body, PartBody::Text { text, .. } if text.trim().is_empty())
}

fn ends_in_space(part: &Part) -> bool {
    matches!(&part.body, PartBody::Text { text, .. } if text.ends_with(char::is_whitespace))
}

/// Whether a call was not said before in the same message: a history that was put together twice repeats them.
fn is_new(part: &Part, calls: &mut Vec<String>) -> bool {
    let PartBody::ToolCall(call) = &part.body else { return true };
    let new = !calls.contains(&call.id);
    if new {
        calls.push(call.id.clone());
    }
    new
}

/// Whether the API can be told a part; if not, it is lost.
fn is_sendable(part: &Part, notes: &mut Notes<'_>) -> bool {
    let lost = match &part.body {
        PartBody::Thinking { .. } => match &part.meta.seal {
            Some(seal) if can_be_read(seal) => return true,
            _ => Loss::new(LossKind::Seal, "messages: a thought that this API did not sign"),
        },
        PartBody::Media(medium) => match media::block_type(medium) {
            Some(_) => return true,
            None => Loss::new(LossKind::Content, format!("messages: a medium of type {}", medium.mime)),
        },
        PartBody::Hosted(hosted) if hosted.origin == ID => return true,
        PartBody::Hosted(hosted) => Loss::new(
            LossKind::Content,
            format!("messages: a {:?} tool run by another provider", hosted.kind),
        ),
        PartBody::Foreign { origin, raw } => match *origin == ID || is_own_block(raw.value()) {
            true => return true,
            false => Loss::new(LossKind::Content, format!("messages: a part only {origin} knows")),
        },
        PartBody::Reference { id } => Loss::new(LossKind::Content, format!("messages: a reference to {id}")),
        PartBody::Text { .. }
        | PartBody::ToolCall(_)
        | PartBody::ToolResult(_)
        | PartBody::Refusal { .. } => {
            return true;
        }
    };
    notes.losses.push(lost);
    false
}

/// Whether the result of a tool can hold a part: a file that is neither image nor document has no block there.
fn fits_a_result(part: &Part, notes: &mut Notes<'_>) -> bool {
    let upload = matches!(&part.body, PartBody::Media(medium) if media::block_type(medium) == Some("container_upload"));
    if upload {
        notes.losses.push(Loss::new(LossKind::Content, "messages: a file in the result of a tool"));
    }
    !upload && is_sendable(part, notes)
}

fn can_be_read(seal: &Seal) -> bool {
    seal.is_for(ID) && !seal.bytes.is_empty() && !seal.bytes.starts_with(SEALED_ELSEWHERE)
}

/// Whether a part that its own dialect does not know is a block of this API: clients hand back what they got.
fn is_own_block(part: Value<'_>) -> bool {
    const OWN: &[&str] = &["document", "search_result", "server_tool_use", "tool_reference", "compaction"];
    let kind = part.fields().ok().and_then(|fields| fields.peek_str("type"));
    kind.is_some_and(|kind| OWN.contains(&&*kind) || kind.ends_with("_tool_result"))
}

/// Writes the block of a part.
pub(super) fn write_part(part: &Part, list: &mut Array<'_>, notes: &mut Notes<'_>) {
    let meta = &part.meta;
    match &part.body {
        PartBody::Text { text, citations } => blocks::write_text(text, citations, meta, list.item()),
        PartBody::Refusal { text } => blocks::write_text(text, &[], meta, list.item()),
        PartBody::Thinking { text, redacted } => {
            blocks::write_thought(text, *redacted, meta, Some(""), list.item());
        }
        PartBody::ToolCall(call) => {
            blocks::write_call(call, &notes.names.sent(&call.name), meta, list.item());
        }
        PartBody::ToolResult(result) => write_result(result, part, list, notes),
        PartBody::Media(medium) => {
            if let Some(kind) = media::block_type(medium) {
                list.item().object(|block| media::write(medium, meta, kind, block, notes));
            }
        }
        PartBody::Hosted(hosted) => list.item().raw(&hosted.raw),
        PartBody::Foreign { origin: _, raw } => list.item().raw(raw),
        PartBody::Reference { .. } => {}
    }
    if !notes.native {
        notes.losses.extend(meta.ext.lost_to(ID, LossKind::Cosmetic));
    }
}

fn write_result(result: &ToolResult, part: &Part, list: &mut Array<'_>, notes: &mut Notes<'_>) {
    let ToolResult { call, name: _, content, failed, free_text: _ } = result;
    let sendable: Vec<&Part> =
        content.iter().filter(|part| notes.native || fits_a_result(part, notes)).collect();
    list.item().object(|block| {
        block.field("type").text("tool_result");
        block.field("tool_use_id").text(&names::call_id(call));
        match blocks::lone_text(sendable.iter().copied()) {
            Some(text) => block.field("content").text(text),
            None if content.is_empty() => {}
            None => block
                .field("content")
                .array(|list| sendable.iter().for_each(|part| write_part(part, list, notes))),
        }
        if *failed {
            block.field("is_error").bool(true);
        }
        blocks::write_tail(&part.meta, &[], block);
    });
}
