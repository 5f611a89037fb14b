//! `input`: one string or a list of items here, turns of ordered parts in the middle.

use ferrolite_types::chat::{Part, PartBody, Role, ToolCall, ToolResult, Turn};
use ferrolite_types::json::{Array, JsonError, Kind, Object, Value, array};
use ferrolite_types::{Ext, Loss, LossKind, RawJson};

use super::items::{self, Item, Said, Side, Sort};
use super::{ID, contents, thoughts};

/// Reads `input`.
pub(super) fn read(value: Value<'_>) -> Result<Vec<Turn>, JsonError> {
    match value.kind() {
        Kind::String => Ok(vec![said_plainly(&value.str()?)]),
        Kind::Array => read_items(value),
        _ => Err(value.unexpected("a string or a list of items")),
    }
}

fn said_plainly(text: &str) -> Turn {
    let mut part = Part::text(text);
    items::tag(&mut part);
    Turn { role: Role::User, parts: vec![part], name: None, plain: true, ext: Ext::default() }
}

fn read_items(value: Value<'_>) -> Result<Vec<Turn>, JsonError> {
    let mut turns = Vec::new();
    for (index, item) in value.items()?.enumerate() {
        let item = items::read(item, index as u32, Side::Input).map_err(|error| error.at(index))?;
        place(item, &mut turns);
    }
    Ok(turns)
}

/// What the model thought, said and asked for in one go is one turn, as every other format has it.
fn place(item: Item, turns: &mut Vec<Turn>) {
    let Item { sort, mut parts, plain } = item;
    let role = match sort {
        Sort::Message(role) => role,
        Sort::Thought | Sort::Call => Role::Assistant,
        Sort::Output => Role::Tool,
    };
    match turns.last_mut().filter(|last| role == Role::Assistant && continues(last, sort)) {
        Some(turn) => {
            turn.parts.append(&mut parts);
            turn.plain |= plain;
        }
        None => turns.push(Turn { role, parts, name: None, plain, ext: Ext::default() }),
    }
}

/// Whether an item of this sort goes on with the turn: words after thoughts, calls after anything.
fn continues(turn: &Turn, sort: Sort) -> bool {
    // A thought of which nothing is shown is carried whole.
    let is_quiet = |part: &Part| matches!(part.body, PartBody::Thinking { .. } | PartBody::Foreign { .. });
    let only_thoughts = || turn.parts.iter().all(is_quiet);
    turn.role == Role::Assistant
        && match sort {
            Sort::Message(_) | Sort::Thought => only_thoughts(),
            Sort::Call => true,
            Sort::Output => false,
        }
}

/// What leads the conversation, and how the rest of it is written.
#[derive(Debug)]
pub(super) struct Written {
    /// The instructions that stand outside of it.
    pub(super) instructions: Option<String>,
    /// The JSON of `input`.
    pub(super) input: Vec<u8>,
}

/// Writes `instructions` and `input`. A provider refuses an empty input, so instructions alone become one.
pub(super) fn write(instructions: &[Part], turns: &[Turn], losses: &mut Vec<Loss>) -> Written {
    let (leading, turns) = turns.split_at(turns.iter().take_while(|turn| is_instruction(turn)).count());
    let instructions = joined_instructions(instructions, leading, losses);
    if let [Turn { parts, plain: true, .. }] = turns
        && let [Part { body: PartBody::Text { text, .. }, meta }] = parts.as_slice()
        && meta.ext.origin() == Some(ID)
        && meta.group.is_none()
    {
        return Written { instructions, input: RawJson::string(text).as_str().into() };
    }
    let mut input = Vec::with_capacity(1024);
    array(&mut input, |out| turns.iter().for_each(|turn| write_turn(turn, out, losses)));
    match instructions {
        Some(text) if input == b"[]" => {
            input.clear();
            array(&mut input, |out| write_system(&text, out));
            Written { instructions: None, input }
        }
        instructions => Written { instructions, input },
    }
}

/// Whether a turn that leads the conversation may stand outside of it: one string of the operator, from a
/// dialect that knows no other place for it.
fn is_instruction(turn: &Turn) -> bool {
    turn.role == Role::System && turn.plain && turn.parts.iter().all(|part| items::group(part).is_none())
}

fn joined_instructions(parts: &[Part], leading: &[Turn], losses: &mut Vec<Loss>) -> Option<String> {
    let texts = |parts: &[Part]| -> Vec<String> { parts.iter().filter_map(text).map(Into::into).collect() };
    if texts(parts).len() < parts.len() {
        losses.push(Loss::new(LossKind::Content, "instructions: a part that is not text"));
    }
    let turns: Vec<String> = leading.iter().flat_map(|turn| texts(&turn.parts)).collect();
    let pieces = [texts(parts).join("\n"), turns.join(" ")];
    let said: Vec<&str> = pieces.iter().map(String::as_str).filter(|piece| !piece.is_empty()).collect();
    (!said.is_empty()).then(|| said.join("\n"))
}

fn text(part: &Part) -> Option<&str> {
    match &part.body {
        PartBody::Text { text, .. } => Some(text),
        _ => None,
    }
}

fn write_system(text: &str, out: &mut Array<'_>) {
    out.item().object(|item| {
        item.field("type").text("message");
        item.field("role").text("system");
        item.field("content").array(|list| {
            list.item().object(|part| {
                part.field("type").text(contents::INPUT);
                part.field("text").text(text);
            });
        });
    });
}

/// Writes the items of a turn: as they were read where they were items before.
fn write_turn(turn: &Turn, out: &mut Array<'_>, losses: &mut Vec<Loss>) {
    let Turn { role, parts, name, plain, ext } = turn;
    let parts: Vec<&Part> = parts.iter().collect();
    let said = Said { role: *role, plain: *plain, answer: false };
    losses.extend(ext.lost_to(ID, LossKind::Cosmetic));
    if name.is_some() {
        losses.push(Loss::new(LossKind::Cosmetic, "input: the name of who speaks"));
    }
    for group in parts.chunk_by(|a, b| items::group(a) == items::group(b)) {
        match items::group(group[0]) {
            Some(_) => items::write(group, said, out, losses),
            None => write_foreign(turn, group, out, losses),
        }
    }
}

/// Writes what another format said in a turn: thoughts, calls and tool results are items of their own, and the
/// rest is one message behind them, as LiteLLM sends it.
fn write_foreign(turn: &Turn, parts: &[&Part], out: &mut Array<'_>, losses: &mut Vec<Loss>) {
    let mut spoken = Vec::new();
    losses.extend(parts.iter().flat_map(|part| part.meta.ext.lost_to(ID, LossKind::Cosmetic)));
    for run in parts.chunk_by(|a, b| is_thought(a) && is_thought(b)) {
        match &run[0].body {
            PartBody::Thinking { .. } => write_thoughts(run, out, losses),
            PartBody::ToolCall(ToolCall { id, name, input }) => out.item().object(|item| {
                let (text, free_text) = items::given(input);
                items::write_call_fields(id, name, text, free_text, item);
            }),
            PartBody::ToolResult(result) => write_result(result, turn, out, losses),
            PartBody::Hosted(hosted) if hosted.origin == ID => out.item().raw(&hosted.raw),
            PartBody::Reference { id } => out.item().object(|item| {
                item.field("type").text("item_reference");
                item.field("id").text(id);
            }),
            PartBody::Text { .. }
            | PartBody::Media(_)
            | PartBody::Refusal { .. }
            | PartBody::Hosted(_)
            | PartBody::Foreign { .. } => spoken.extend(run),
        }
    }
    // A tool's turn that also says something is the user speaking.
    let role = if turn.role == Role::Tool { Role::User } else { turn.role };
    if !spoken.is_empty() {
        out.item().object(|item| write_message(role, &spoken, item, losses));
    }
}

fn is_thought(part: &Part) -> bool {
    matches!(part.body, PartBody::Thinking { .. })
}

fn write_message(role: Role, parts: &[&Part], out: &mut Object<'_>, losses: &mut Vec<Loss>) {
    out.field("type").text("message");
    out.field("role").text(items::role_name(role));
    items::write_content(parts, Said { role, plain: false, answer: false }, out, losses);
}

/// A tool's answer of nothing but text is one string, whatever the dialect it came from.
fn write_result(result: &ToolResult, turn: &Turn, out: &mut Array<'_>, losses: &mut Vec<Loss>) {
    let plain = turn.plain || items::joined(&result.content).is_some();
    out.item().object(|item| items::write_result(result, plain, item, losses));
}

/// A thought that we encrypted is an item again; of other thoughts in a row their words make one.
fn write_thoughts(run: &[&Part], out: &mut Array<'_>, losses: &mut Vec<Loss>) {
    let sealed = run.iter().filter(|part| thoughts::foreign_seal(part).is_some());
    losses.extend(
        sealed.map(|_| Loss::new(LossKind::Seal, "input: the seal of a thought of another provider")),
    );
    for thought in run.chunk_by(|a, b| thoughts::own_seal(a).is_none() && thoughts::own_seal(b).is_none()) {
        let says = |part: &&Part| thoughts::shown(part).is_some_and(|text| !text.is_empty());
        if thought.iter().any(|part| thoughts::own_seal(part).is_some() || says(part)) {
            out.item().object(|item| {
                item.field("type").text("reasoning");
                thoughts::write(thought, item);
            });
        }
    }
}
