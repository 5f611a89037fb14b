//! `contents` and `systemInstruction`: turns of parts here as in the middle, but only two speakers, whose
//! consecutive turns are one, and results of tools in a turn of their own.

use std::collections::BTreeMap;

use ferrolite_types::chat::{ChatRequest, MediaSource, Part, PartBody, Role, Turn};
use ferrolite_types::json::{Array, Fields, JsonError, Kind, Object, Value, array};
use ferrolite_types::{Error, Ext, Profile, RawJson};

use super::ID;
use super::ids::{Ids, unsealed};
use super::names::{Manner, SYSTEM_INSTRUCTION};
use super::parts::{self, Pen};

/// Reads `contents`: a list, or one content alone.
pub(super) fn read(value: Value<'_>) -> Result<Vec<Turn>, JsonError> {
    let mut ids = Ids::default();
    match value.kind() {
        Kind::Array => value.list(|content| read_turn(content.fields()?, &mut ids)),
        _ => Ok(vec![read_turn(value.fields()?, &mut ids)?]),
    }
}

fn read_turn(mut fields: Fields<'_>, ids: &mut Ids) -> Result<Turn, JsonError> {
    let role = fields.read("role", read_role)?.unwrap_or(Role::User);
    let parts = fields.list("parts", |part| parts::read(part, ids))?.unwrap_or_default();
    let plain = matches!(parts.as_slice(), [part] if matches!(part.body, PartBody::Text { .. }));
    Ok(Turn { role, parts, name: None, plain, ext: Ext::rest_of(&fields, ID) })
}

fn read_role(value: Value<'_>) -> Result<Role, JsonError> {
    match &*value.str()? {
        "user" => Ok(Role::User),
        "model" => Ok(Role::Assistant),
        "function" => Ok(Role::Tool),
        _ => Err(value.unexpected("\"user\" or \"model\"")),
    }
}

/// Reads `systemInstruction`; also what of it nobody took.
pub(super) fn read_instructions(value: Value<'_>) -> Result<(Vec<Part>, Ext), JsonError> {
    let mut fields = value.fields()?;
    let mut ids = Ids::default();
    let parts = fields.list("parts", |part| parts::read(part, &mut ids))?.unwrap_or_default();
    Ok((parts, Ext::rest_of(&fields, ID)))
}

/// Writes instructions and turns as Google's own clients do: one content for each turn.
pub(super) fn write_native<'a>(request: &'a ChatRequest, pen: &mut Pen<'a>, out: &mut Object<'_>) {
    pen.names = names(&request.turns);
    let (system, turns): (Vec<&Turn>, Vec<&Turn>) = request.turns.iter().partition(|turn| is_system(turn));
    out.field("contents").array(|list| {
        for turn in turns {
            list.item().object(|out| {
                out.field("role").text(native_role(turn.role));
                out.field("parts").array(|list| turn.parts.iter().for_each(|part| pen.write(part, list)));
                out.extend(turn.ext.of(ID));
            });
        }
    });
    let mut instructions =
        request.instructions.iter().chain(system.iter().flat_map(|turn| &turn.parts)).peekable();
    if instructions.peek().is_some() {
        out.field(SYSTEM_INSTRUCTION.google()).object(|out| {
            out.field("parts").array(|list| instructions.for_each(|part| pen.write(part, list)));
            out.extend(request.own.inside(ID, SYSTEM_INSTRUCTION.google()).of(ID));
        });
    }
}

fn native_role(role: Role) -> &'static str {
    match role {
        Role::Assistant => "model",
        Role::Tool => "function",
        Role::User | Role::System | Role::Developer => "user",
    }
}

fn is_system(turn: &Turn) -> bool {
    matches!(turn.role, Role::System | Role::Developer)
}

/// The names of the tools called, by the call's identifier.
fn names(turns: &[Turn]) -> BTreeMap<&str, &str> {
    let parts = turns.iter().flat_map(|turn| &turn.parts);
    let calls = parts.filter_map(|part| match &part.body {
        PartBody::ToolCall(call) => Some((call.id.as_str(), call.name.as_str())),
        _ => None,
    });
    calls.collect()
}

/// Writes instructions and turns of another format's client.
///
/// # Errors
/// A result of a tool of which nobody can say which.
pub(super) fn write_adapted<'a>(
    request: &'a ChatRequest,
    profile: &'a Profile,
    pen: &mut Pen<'a>,
    out: &mut Object<'_>,
) -> Result<(), Error> {
    pen.names = names(&request.turns);
    refuse_nameless_results(&request.turns, &pen.names)?;
    let system = if profile.no_system { Vec::new() } else { system_texts(request) };
    let said = Said::of(request, profile);
    out.field("contents").array(|list| {
        said.contents.iter().for_each(|content| write_content(content, profile, pen, list));
        if list.is_empty() {
            write_lone_text(if system.is_empty() { " " } else { "." }, list);
        }
    });
    if !system.is_empty() {
        out.field(SYSTEM_INSTRUCTION.of(Manner::Adapted)).object(|out| {
            out.field("parts").array(|list| system.iter().for_each(|text| write_text(text, list)));
        });
    }
    Ok(())
}

fn refuse_nameless_results(turns: &[Turn], names: &BTreeMap<&str, &str>) -> Result<(), Error> {
    let nameless = turns.iter().flat_map(|turn| &turn.parts).find_map(|part| match &part.body {
        PartBody::ToolResult(result) => {
            (result.name.is_none() && !names.contains_key(result.call.as_str())).then_some(&result.call)
        }
        _ => None,
    });
    nameless.map_or(Ok(()), |call| {
        let message = format!(
            "no tool call {:?} stands before its result, so the tool's name is not known",
            unsealed(call).0
        );
        Err(Error::bad_request(message).param("messages"))
    })
}

/// The instructions, and the words of every system turn wherever it stands: one text each.
fn system_texts(request: &ChatRequest) -> Vec<String> {
    let turns = request.turns.iter().filter(|turn| is_system(turn)).map(|turn| turn.parts.as_slice());
    let spoken = Some(request.instructions.as_slice()).filter(|parts| !parts.is_empty());
    spoken.into_iter().chain(turns).map(text_of).collect()
}

fn text_of(parts: &[Part]) -> String {
    let texts = parts.iter().filter_map(|part| match &part.body {
        PartBody::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// The conversation with the turns of one speaker put together.
#[derive(Default)]
struct Said<'a> {
    contents: Vec<Content<'a>>,
}

/// What one speaker says without being interrupted.
struct Content<'a> {
    speaker: Speaker,
    turns: Vec<Piece<'a>>,
}

/// What a turn adds to a content.
struct Piece<'a> {
    parts: Vec<&'a Part>,
    /// A seal that stands beside the message, for its text.
    seal: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaker {
    User,
    Model,
    /// The user, who hands back what tools answered and says nothing else in the same breath.
    Tools,
}

impl<'a> Said<'a> {
    fn of(request: &'a ChatRequest, profile: &Profile) -> Self {
        let mut said = Self::default();
        if profile.no_system {
            said.add(Speaker::User, Piece { parts: request.instructions.iter().collect(), seal: None });
        }
        for turn in &request.turns {
            if is_system(turn) && !profile.no_system {
                continue;
            }
            said.add_turn(turn);
        }
        said
    }

    fn add_turn(&mut self, turn: &'a Turn) {
        let speaker = if turn.role == Role::Assistant { Speaker::Model } else { Speaker::User };
        let seal = if speaker == Speaker::Model { seal_beside(turn) } else { None };
        let kept = turn.parts.iter().filter(|part| turn.plain || !is_empty_text(part));
        let (results, spoken): (Vec<&Part>, Vec<&Part>) =
            kept.partition(|part| matches!(part.body, PartBody::ToolResult(_)));
        self.add(Speaker::Tools, Piece { parts: results, seal: None });
        self.add(speaker, Piece { parts: spoken, seal });
    }

    fn add(&mut self, speaker: Speaker, piece: Piece<'a>) {
        if piece.parts.is_empty() {
            return;
        }
        match self.contents.last_mut() {
            Some(last) if last.speaker == speaker => last.turns.push(piece),
            _ => self.contents.push(Content { speaker, turns: vec![piece] }),
        }
    }
}

fn is_empty_text(part: &Part) -> bool {
    matches!(&part.body, PartBody::Text { text, .. } if text.is_empty())
}

/// LiteLLM hands its clients the signature of a text beside the message; it belongs to the text unless one of
/// the message's calls has it already: Google bills every copy.
fn seal_beside(turn: &Turn) -> Option<String> {
    let beside = turn.ext.get("provider_specific_fields")?.value().fields().ok()?;
    let seal = beside.peek("thought_signatures")?.items().ok()?.next()?.as_str()?.into_owned();
    let carried = turn.parts.iter().any(|part| match (&part.body, &part.meta.seal) {
        (_, Some(own)) => own.bytes == seal,
        (PartBody::ToolCall(call), None) => unsealed(&call.id).1 == Some(&seal),
        _ => false,
    });
    (!carried).then_some(seal)
}

fn write_content<'a>(content: &Content<'a>, profile: &'a Profile, pen: &mut Pen<'a>, out: &mut Array<'_>) {
    let mut written = Vec::new();
    let mut nothing = true;
    array(&mut written, |list| {
        for piece in &content.turns {
            pen.begin_turn(profile.call_seal.as_deref());
            write_piece(piece, pen, list);
        }
        if content.speaker == Speaker::User && !content.turns.iter().any(Piece::says_words) {
            write_text(" ", list); // A prompt of images alone is refused.
        }
        nothing = list.is_empty();
    });
    if nothing {
        return;
    }
    out.item().object(|out| {
        out.field("role").text(if content.speaker == Speaker::Model { "model" } else { "user" });
        out.field("parts").raw(&RawJson::from_writer(written));
    });
}

impl Piece<'_> {
    fn says_words(&self) -> bool {
        self.parts.iter().any(|part| match &part.body {
            PartBody::Text { .. } | PartBody::Refusal { .. } => true,
            PartBody::Media(media) => matches!(media.source, MediaSource::Text(_)),
            _ => false,
        })
    }
}

fn write_piece(piece: &Piece<'_>, pen: &mut Pen<'_>, out: &mut Array<'_>) {
    let mut seal = piece.seal.as_deref();
    for part in &piece.parts {
        match (&part.body, seal) {
            (PartBody::Text { text, .. }, Some(bytes)) if part.meta.seal.is_none() => {
                out.item().object(|out| {
                    out.field("text").text(text);
                    out.field("thoughtSignature").text(bytes);
                });
                seal = None;
            }
            _ => pen.write(part, out),
        }
    }
}

fn write_text(text: &str, out: &mut Array<'_>) {
    out.item().object(|out| out.field("text").text(text));
}

fn write_lone_text(text: &str, out: &mut Array<'_>) {
    out.item().object(|out| {
        out.field("role").text("user");
        out.field("parts").array(|list| write_text(text, list));
    });
}
