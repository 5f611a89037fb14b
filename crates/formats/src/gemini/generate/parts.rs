//! One element of `parts`, of a request as of an answer.

use std::collections::BTreeMap;

use ferrolite_types::chat::{
    HostedKind, HostedPart, Media, Part, PartBody, PartMeta, Seal, ToolCall, ToolInput,
};
use ferrolite_types::json::{Array, Fields, JsonError, Object, Value};
use ferrolite_types::{DetailPlace, Ext, Loss, LossKind, Profile, RawJson};

use super::ids::{Ids, unsealed};
use super::names::{
    CODE_EXECUTION_RESULT, EXECUTABLE_CODE, FILE_DATA, FUNCTION_CALL, FUNCTION_RESPONSE, INLINE_DATA, Manner,
    Name, THOUGHT_SIGNATURE, TOOL_CALL, TOOL_RESPONSE,
};
use super::{ID, media, results};

/// The members of a part that hold what is left of them when read.
pub(super) const NESTED: &[&str] = &["inlineData", "fileData", "functionCall", "functionResponse"];

/// The members that say what a provider-run tool did.
const HOSTED: &[(Name, HostedKind, bool)] = &[
    (EXECUTABLE_CODE, HostedKind::Code, false),
    (CODE_EXECUTION_RESULT, HostedKind::Code, true),
    (TOOL_CALL, HostedKind::Other, false),
    (TOOL_RESPONSE, HostedKind::Other, true),
];

/// Reads a part; what only Google understands is kept as it came.
pub(super) fn read(value: Value<'_>, ids: &mut Ids) -> Result<Part, JsonError> {
    let mut fields = value.fields()?;
    if let Some(hosted) = read_hosted(&fields, value) {
        return Ok(Part::new(hosted));
    }
    let seal = fields.string(THOUGHT_SIGNATURE.found(&fields))?;
    let thought = fields.bool("thought")?.unwrap_or(false);
    let Some((body, key, inner)) = read_body(&mut fields, thought, seal.as_deref(), ids)? else {
        return Ok(Part::new(PartBody::Foreign { origin: ID, raw: value.to_raw() }));
    };
    let seal = seal.map(|bytes| Box::new(Seal { format: Some(ID), bytes }));
    let ext = Ext::rest_of(&fields, ID).nest(key, inner);
    Ok(Part { body, meta: PartMeta { seal, ext, ..PartMeta::default() } })
}

/// What a part is, the member that says so and what nobody took of it.
type Body = (PartBody, &'static str, Ext);

fn read_body(
    fields: &mut Fields<'_>,
    thought: bool,
    seal: Option<&str>,
    ids: &mut Ids,
) -> Result<Option<Body>, JsonError> {
    if let Some(text) = fields.string("text")? {
        return Ok(Some((words(text, thought), "text", Ext::default())));
    }
    if let Some((media, rest)) = fields.read(INLINE_DATA.found(fields), media::read_inline)? {
        return Ok(Some((PartBody::Media(media), INLINE_DATA.google(), rest)));
    }
    if let Some((media, rest)) = fields.read(FILE_DATA.found(fields), media::read_file)? {
        return Ok(Some((PartBody::Media(media), FILE_DATA.google(), rest)));
    }
    if let Some((call, rest)) = fields.read(FUNCTION_CALL.found(fields), |call| read_call(call, seal, ids))? {
        return Ok(Some((PartBody::ToolCall(call), FUNCTION_CALL.google(), rest)));
    }
    let result = fields.read(FUNCTION_RESPONSE.found(fields), |result| results::read(result, ids))?;
    if let Some((result, rest)) = result {
        return Ok(Some((PartBody::ToolResult(result), FUNCTION_RESPONSE.google(), rest)));
    }
    let only_seal = thought && seal.is_some();
    Ok(only_seal.then(|| (words(String::new(), true), "text", Ext::default())))
}

/// Words, thought or said.
pub(super) fn words(text: String, thought: bool) -> PartBody {
    match thought {
        true => PartBody::Thinking { text, redacted: false },
        false => PartBody::Text { text, citations: Vec::new() },
    }
}

fn read_hosted(fields: &Fields<'_>, value: Value<'_>) -> Option<PartBody> {
    let (name, kind, result) = HOSTED.iter().find(|(name, ..)| fields.peek(name.found(fields)).is_some())?;
    let inner = fields.peek(name.found(fields)).and_then(|inner| inner.fields().ok());
    let id = inner.and_then(|inner| inner.peek_str("id").map(Into::into));
    let hosted = HostedPart { kind: *kind, origin: ID, id, result: *result, raw: value.to_raw() };
    Some(PartBody::Hosted(hosted))
}

/// Reads `functionCall`. An identifier of Google's own stays among the rest, as the sign that it is one.
fn read_call(value: Value<'_>, seal: Option<&str>, ids: &mut Ids) -> Result<(ToolCall, Ext), JsonError> {
    let mut fields = value.fields()?;
    let name = fields.string("name")?.unwrap_or_default();
    let input = fields.raw("args").map_or_else(|| "{}".to_owned(), |args| args.as_str().to_owned());
    let given = fields.peek_str("id").map(Into::into);
    let id = ids.call(given, &name, &input, seal);
    Ok((ToolCall { id, name, input: ToolInput::Json(input) }, Ext::rest_of(&fields, ID)))
}

/// Writes parts: how, for which model, and what could not be said.
#[derive(Debug)]
pub(super) struct Pen<'a> {
    pub(super) manner: Manner,
    pub(super) detail: DetailPlace,
    pub(super) losses: Vec<Loss>,
    /// Whether calls and results carry their identifiers.
    pub(super) call_ids: bool,
    /// The seal that the next call needs if it has none.
    call_seal: Option<&'a str>,
    /// The names of the tools called, by the call's identifier.
    pub(super) names: BTreeMap<&'a str, &'a str>,
}

impl<'a> Pen<'a> {
    /// As Google's own clients and servers write.
    pub(super) fn native() -> Self {
        let (manner, detail) = (Manner::Native, DetailPlace::Nowhere);
        Self { manner, detail, losses: Vec::new(), call_ids: false, call_seal: None, names: BTreeMap::new() }
    }

    /// For this model, on behalf of another format's client.
    pub(super) fn adapted(profile: &Profile) -> Self {
        let (manner, detail, call_ids) = (Manner::Adapted, profile.detail, profile.call_ids);
        Self { manner, detail, losses: Vec::new(), call_ids, call_seal: None, names: BTreeMap::new() }
    }

    /// Begins a turn, whose first call must carry this seal where it has none of its own.
    pub(super) fn begin_turn(&mut self, call_seal: Option<&'a str>) {
        self.call_seal = call_seal;
    }

    /// Writes a part; what has no place here is a loss.
    pub(super) fn write(&mut self, part: &Part, out: &mut Array<'_>) {
        match &part.body {
            PartBody::Text { text, citations } => {
                if !citations.is_empty() {
                    self.losses.push(Loss::new(LossKind::Cosmetic, "messages: citations"));
                }
                self.write_text(text, part, out);
            }
            PartBody::Refusal { text } => self.write_text(text, part, out),
            PartBody::Thinking { text, redacted } => self.write_thought(text, *redacted, part, out),
            PartBody::Media(media) => self.write_media(media, part, out),
            PartBody::ToolCall(call) => self.write_call(call, part, out),
            PartBody::ToolResult(result) => {
                out.item().object(|out| results::write(result, &part.meta, self, out));
            }
            PartBody::Hosted(HostedPart { origin, raw, .. }) | PartBody::Foreign { origin, raw }
                if *origin == ID =>
            {
                out.item().raw(raw);
            }
            PartBody::Hosted(hosted) => {
                self.lose(format!("messages: a {:?} tool run by the provider", hosted.kind));
            }
            PartBody::Foreign { origin, .. } => self.lose(format!("messages: a part only {origin} knows")),
            PartBody::Reference { id } => self.lose(format!("messages: a reference to {id}")),
        }
    }

    fn lose(&mut self, what: impl Into<String>) {
        self.losses.push(Loss::new(LossKind::Content, what));
    }

    fn write_text(&mut self, text: &str, part: &Part, out: &mut Array<'_>) {
        out.item().object(|out| {
            out.field("text").text(text);
            self.write_seal(part.meta.seal.as_deref(), out);
            write_rest(&part.meta, out);
        });
    }

    /// A thought that is only a seal says nothing to a model that did not make it.
    fn write_thought(&mut self, text: &str, redacted: bool, part: &Part, out: &mut Array<'_>) {
        let seal = part.meta.seal.as_deref();
        let ours = seal.filter(|seal| seal.format == Some(ID));
        if seal.is_some() && ours.is_none() {
            self.losses.push(Loss::new(LossKind::Seal, "messages: thinking_blocks.signature"));
        }
        if ours.is_none() && (redacted || text.is_empty()) {
            return;
        }
        out.item().object(|out| {
            out.maybe_text("text", Some(text).filter(|text| !text.is_empty()));
            out.field("thought").bool(true);
            self.write_seal(ours, out);
            write_rest(&part.meta, out);
        });
    }

    fn write_media(&mut self, media: &Media, part: &Part, out: &mut Array<'_>) {
        if !media::can_be_said(media) {
            return self.lose(format!("messages: a {} file of another vendor", media.mime));
        }
        out.item().object(|out| {
            media::write(media, &part.meta.ext, self, out);
            self.write_seal(part.meta.seal.as_deref(), out);
            write_rest(&part.meta, out);
        });
    }

    fn write_call(&mut self, call: &ToolCall, part: &Part, out: &mut Array<'_>) {
        let ToolCall { id, name, input } = call;
        let (id, carried) = unsealed(id);
        let rest = part.meta.ext.inside(ID, FUNCTION_CALL.google());
        let placeholder = self.call_seal.take();
        out.item().object(|out| {
            out.field(FUNCTION_CALL.of(self.manner)).object(|out| {
                out.field("name").text(name);
                out.field("args").raw(&self.arguments(input));
                if self.call_ids && !id.is_empty() && rest.get("id").is_none() {
                    out.field("id").text(id);
                }
                out.extend(rest.of(ID));
            });
            if !self.write_seal(part.meta.seal.as_deref(), out) {
                out.maybe_text(THOUGHT_SIGNATURE.google(), carried.or(placeholder));
            }
            write_rest(&part.meta, out);
        });
    }

    /// Arguments are an object here; free text becomes one with a single member.
    fn arguments(&mut self, input: &ToolInput) -> RawJson {
        if let ToolInput::Text(text) = input {
            return results::content(text);
        }
        input.object().unwrap_or_else(|| {
            self.lose("messages: tool_calls.function.arguments that are not an object");
            results::no_arguments()
        })
    }

    /// Writes a seal of Google's; whether there was one.
    fn write_seal(&mut self, seal: Option<&Seal>, out: &mut Object<'_>) -> bool {
        match seal.filter(|seal| !seal.bytes.is_empty()) {
            Some(seal) if seal.is_for(ID) => {
                out.field(THOUGHT_SIGNATURE.google()).text(&seal.bytes);
                true
            }
            Some(_) => {
                self.losses.push(Loss::new(LossKind::Seal, "messages: a signature of another vendor"));
                false
            }
            None => false,
        }
    }
}

fn write_rest(meta: &PartMeta, out: &mut Object<'_>) {
    out.extend(meta.ext.outside(ID, NESTED));
}
