//! Content blocks: what messages and answers are made of.

use ferrolite_types::chat::{
    CacheMark, Citation, HostedKind, HostedPart, Part, PartBody, PartMeta, Seal, ToolCall, ToolInput,
    ToolResult,
};
use ferrolite_types::json::{Fields, JsonError, Kind, Object, Slot, Value, object};
use ferrolite_types::{Ext, FormatId, RawJson};

use super::{ID, media, names};
use crate::free_text;

/// Reads one block. `maker` is who seals are from: this API where it answers, nobody knows who where a client
/// hands back what it was given.
pub(super) fn read(value: Value<'_>, maker: Option<FormatId>) -> Result<Part, JsonError> {
    let mut fields = value.fields()?;
    let kind = fields.peek_str("type").ok_or_else(|| JsonError::missing("type"))?;
    let part = match &*kind {
        "text" => Some(read_text(&mut fields)?),
        "tool_use" => Some(read_call(&mut fields)?),
        "tool_result" => Some(read_result(&mut fields, maker)?),
        "thinking" | "redacted_thinking" => Some(read_thought(&mut fields, &kind, maker)?),
        "image" | "document" => media::read(fields.clone(), &*kind == "document")?,
        "container_upload" => Some(media::read_upload(fields.clone())?),
        kind => hosted_kind(kind, &fields).map(|hosted| read_hosted(hosted, kind, value)).transpose()?,
    };
    Ok(part.unwrap_or_else(|| Part::new(PartBody::Foreign { origin: ID, raw: value.to_raw() })))
}

/// Reads a list of blocks, or the one text that stands for it. The parts of a list are marked as such, so that
/// a list of one text is not written as that text.
pub(super) fn read_all(value: Value<'_>, maker: Option<FormatId>) -> Result<Vec<Part>, JsonError> {
    match value.kind() {
        Kind::String => Ok(vec![Part::text(value.str()?)]),
        Kind::Array => value.list(|block| {
            let mut part = read(block, maker)?;
            part.meta.group = Some(0);
            Ok(part)
        }),
        _ => Err(value.unexpected("a string or a list of blocks")),
    }
}

/// The text that stands for the whole list: one, of which nothing else was said.
pub(super) fn lone_text<'a>(mut parts: impl Iterator<Item = &'a Part>) -> Option<&'a str> {
    match (parts.next()?, parts.next()) {
        (Part { body: PartBody::Text { text, citations }, meta }, None)
            if citations.is_empty() && *meta == PartMeta::default() =>
        {
            Some(text)
        }
        _ => None,
    }
}

/// What every kind of block may have.
fn read_tail(fields: &mut Fields<'_>, seal: Option<Seal>) -> Result<PartMeta, JsonError> {
    fields.take("type");
    let cache = read_cache(fields)?;
    Ok(PartMeta { cache, seal: seal.map(Box::new), ext: Ext::rest_of(fields, ID), ..PartMeta::default() })
}

/// Writes it again; `nested` are the members that went back inside others.
pub(super) fn write_tail(meta: &PartMeta, nested: &[&str], block: &mut Object<'_>) {
    write_cache(meta.cache.as_ref(), block);
    block.extend(meta.ext.outside(ID, nested));
}

/// Reads `cache_control`; one that says more than a lifetime is left where it is.
pub(super) fn read_cache(fields: &mut Fields<'_>) -> Result<Option<CacheMark>, JsonError> {
    let Some(control) = fields.peek("cache_control").filter(|control| control.kind() == Kind::Object) else {
        return Ok(None);
    };
    let mut inside = control.fields()?;
    let (kind, ttl) = (inside.string("type")?, inside.string("ttl")?);
    if kind.as_deref() != Some("ephemeral") || inside.keys().next().is_some() {
        return Ok(None);
    }
    fields.take("cache_control");
    Ok(Some(CacheMark { ttl }))
}

/// Writes `cache_control`.
pub(super) fn write_cache(mark: Option<&CacheMark>, out: &mut Object<'_>) {
    if let Some(CacheMark { ttl }) = mark {
        out.field("cache_control").object(|control| {
            control.field("type").text("ephemeral");
            control.maybe_text("ttl", ttl.as_deref());
        });
    }
}

fn read_text(fields: &mut Fields<'_>) -> Result<Part, JsonError> {
    let text = fields.required_string("text")?;
    let citations = fields.list("citations", read_citation)?.unwrap_or_default();
    Ok(Part { body: PartBody::Text { text, citations }, meta: read_tail(fields, None)? })
}

/// Writes a `text` block. A citation that another vendor found is not one that this API can check.
pub(super) fn write_text(text: &str, citations: &[Citation], meta: &PartMeta, slot: Slot<'_>) {
    slot.object(|block| {
        block.field("type").text("text");
        block.field("text").text(text);
        let mut own = citations.iter().filter(|citation| citation.origin == ID).peekable();
        if own.peek().is_some() {
            block.field("citations").array(|list| own.for_each(|citation| list.item().raw(&citation.raw)));
        }
        write_tail(meta, &[], block);
    });
}

/// Reads a citation. Its offsets count in the source, not in the text that cites, and stay in `raw`.
pub(super) fn read_citation(value: Value<'_>) -> Result<Citation, JsonError> {
    let mut fields = value.fields()?;
    let title = fields.string("title")?;
    Ok(Citation {
        url: fields.string("url")?,
        title: title.or(fields.string("document_title")?),
        quote: fields.string("cited_text")?,
        start: None,
        end: None,
        origin: ID,
        raw: value.to_raw(),
    })
}

fn read_thought(fields: &mut Fields<'_>, kind: &str, maker: Option<FormatId>) -> Result<Part, JsonError> {
    let redacted = kind == "redacted_thinking";
    let text = if redacted { String::new() } else { fields.string("thinking")?.unwrap_or_default() };
    let bytes = fields.string(if redacted { "data" } else { "signature" })?.filter(|bytes| !bytes.is_empty());
    let seal = bytes.map(|bytes| Seal { format: maker, bytes });
    Ok(Part { body: PartBody::Thinking { text, redacted }, meta: read_tail(fields, seal)? })
}

/// Writes a thought with its seal, whoever made it; `unsealed` stands where there is none.
pub(super) fn write_thought(
    text: &str,
    redacted: bool,
    meta: &PartMeta,
    unsealed: Option<&str>,
    slot: Slot<'_>,
) {
    let bytes = meta.seal.as_ref().map(|seal| seal.bytes.as_str()).filter(|bytes| !bytes.is_empty());
    slot.object(|block| {
        if redacted {
            block.field("type").text("redacted_thinking");
            block.field("data").text(bytes.unwrap_or_default());
        } else {
            block.field("type").text("thinking");
            block.field("thinking").text(text);
            block.field("signature").text_or_null(bytes.or(unsealed));
        }
        write_tail(meta, &[], block);
    });
}

/// Other makers' seals on calls travel where LiteLLM's clients hand them back.
const PROVIDERS: &str = "provider_specific_fields";

fn read_call(fields: &mut Fields<'_>) -> Result<Part, JsonError> {
    let id = fields.required_string("id")?;
    let name = fields.required_string("name")?;
    let input = fields.take("input").map_or("{}", |input| input.text()).to_owned();
    let seal = fields.peek(PROVIDERS).and_then(|extra| extra.fields().ok()?.string("signature").ok()?);
    if seal.is_some() {
        fields.take(PROVIDERS);
    }
    let meta = read_tail(fields, seal.map(|bytes| Seal { format: None, bytes }))?;
    Ok(Part { body: PartBody::ToolCall(ToolCall { id, name, input: ToolInput::Json(input) }), meta })
}

/// Writes a `tool_use` block of this name.
pub(super) fn write_call(call: &ToolCall, name: &str, meta: &PartMeta, slot: Slot<'_>) {
    let ToolCall { id, name: _, input } = call;
    slot.object(|block| {
        block.field("type").text("tool_use");
        block.field("id").text(&names::call_id(id));
        block.field("name").text(name);
        block.field("input").raw(&input_object(input));
        if let Some(seal) = &meta.seal {
            block.field(PROVIDERS).object(|extra| extra.field("signature").text(&seal.bytes));
        }
        write_tail(meta, &[], block);
    });
}

/// Arguments are an object here; free text, and JSON that was cut, go inside one.
fn input_object(input: &ToolInput) -> RawJson {
    let object_of = match input {
        ToolInput::Json(_) => input.object(),
        ToolInput::Text(_) => None,
    };
    object_of.unwrap_or_else(|| {
        let mut out = Vec::new();
        object(&mut out, |out| out.field(free_text::ARGUMENT).text(input.text()));
        RawJson::from_writer(out)
    })
}

fn read_result(fields: &mut Fields<'_>, maker: Option<FormatId>) -> Result<Part, JsonError> {
    let call = fields.required_string("tool_use_id")?;
    let content = fields.read("content", |content| read_all(content, maker))?.unwrap_or_default();
    let failed = fields.peek("is_error").is_some_and(|failed| failed.text() == "true");
    if failed {
        fields.take("is_error");
    }
    let result = ToolResult { call, name: None, content, failed, free_text: false };
    Ok(Part { body: PartBody::ToolResult(result), meta: read_tail(fields, None)? })
}

/// What a provider-run tool's block is about; `None` for a block that is no such thing.
fn hosted_kind(kind: &str, fields: &Fields<'_>) -> Option<HostedKind> {
    let tool = match kind {
        "server_tool_use" => fields.peek_str("name")?,
        "mcp_tool_use" => return Some(HostedKind::Mcp),
        result => result.strip_suffix("_tool_result")?.into(),
    };
    Some(hosted_tool(&tool))
}

/// The provider-run tool of this name, or of a `type` that begins so.
pub(super) fn hosted_tool(name: &str) -> HostedKind {
    const KINDS: &[(&str, HostedKind)] = &[
        ("web_search", HostedKind::WebSearch),
        ("web_fetch", HostedKind::WebFetch),
        ("code_execution", HostedKind::Code),
        ("bash_code_execution", HostedKind::Code),
        ("text_editor_code_execution", HostedKind::Code),
        ("computer", HostedKind::Computer),
        ("mcp", HostedKind::Mcp),
    ];
    KINDS.iter().find(|(start, _)| name.starts_with(start)).map_or(HostedKind::Other, |(_, kind)| *kind)
}

fn read_hosted(kind: HostedKind, block: &str, value: Value<'_>) -> Result<Part, JsonError> {
    let mut fields = value.fields()?;
    let result = block.ends_with("_result");
    let id = fields.string(if result { "tool_use_id" } else { "id" })?;
    Ok(Part::new(PartBody::Hosted(HostedPart { kind, origin: ID, id, result, raw: value.to_raw() })))
}
