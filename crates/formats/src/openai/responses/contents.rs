//! The parts of an item's content: `input_text`, `input_image`, `output_text`, … and the sources that they cite.

use ferrolite_types::chat::{CacheMark, Citation, Media, MediaSource, Part, PartBody, PartMeta};
use ferrolite_types::json::{Array, Fields, JsonError, Object, Slot, Value};
use ferrolite_types::{Ext, Loss, LossKind};

use super::ID;

/// What text is called when it was said to the model.
pub(super) const INPUT: &str = "input_text";
/// What text is called when the model said it.
pub(super) const OUTPUT: &str = "output_text";

/// Of a file whose kind nobody names; an empty name would make it an image.
const ANY_FILE: &str = "application/octet-stream";

/// Reads one part.
pub(super) fn read(value: Value<'_>, place: Place<'_>) -> Result<Part, JsonError> {
    let mut fields = value.fields()?;
    let kind = fields.peek("type").map(Value::str).transpose()?.unwrap_or_default();
    let body = match &*kind {
        INPUT | OUTPUT | "text" => read_text(place, &mut fields)?,
        "refusal" => PartBody::Refusal { text: fields.required_string("refusal")? },
        "input_image" => PartBody::Media(read_image(&mut fields)?),
        "input_file" => PartBody::Media(read_file(&mut fields)?),
        "input_audio" => PartBody::Media(fields.require("input_audio", |audio| read_audio(audio.fields()?))?),
        _ => {
            let body = PartBody::Foreign { origin: ID, raw: value.to_raw() };
            let kind = fields.peek("type").map(Value::to_raw).into_iter().map(|kind| ("type".into(), kind));
            let meta = PartMeta { ext: Ext::new(ID, kind.collect()), ..PartMeta::default() };
            return Ok(Part { body, meta });
        }
    };
    // An unusual name is a member that nobody took; the usual one follows from the place.
    if !matches!((&body, &*kind), (PartBody::Text { .. }, other) if other != place.text) {
        fields.take("type");
    }
    let cache = fields.read("cache_control", |mark| Ok(CacheMark { ttl: mark.fields()?.string("ttl")? }))?;
    Ok(Part { body, meta: PartMeta { cache, ext: Ext::rest_of(&fields, ID), ..PartMeta::default() } })
}

/// That nothing was cited or measured is only said in answers; a caller who repeats one need not.
fn read_text(place: Place<'_>, fields: &mut Fields<'_>) -> Result<PartBody, JsonError> {
    let text = fields.required_string("text")?;
    let citations = fields.list("annotations", read_citation)?.unwrap_or_default();
    if !place.answer && fields.peek("logprobs").is_some_and(|list| list.text() == "[]") {
        fields.take("logprobs");
    }
    Ok(PartBody::Text { text, citations })
}

/// Reads one annotation.
pub(super) fn read_citation(value: Value<'_>) -> Result<Citation, JsonError> {
    let raw = value.to_raw();
    let mut fields = value.fields()?;
    let title = match fields.string("title")? {
        Some(title) => Some(title),
        None => fields.string("filename")?,
    };
    Ok(Citation {
        url: fields.string("url")?,
        title,
        quote: None,
        start: fields.u64("start_index")?,
        end: fields.u64("end_index")?,
        origin: ID,
        raw,
    })
}

/// Whether a citation has a spelling here: our own, or the address of a page.
pub(super) fn can_cite(citation: &Citation) -> bool {
    citation.origin == ID || citation.url.is_some()
}

/// Writes one annotation.
pub(super) fn write_citation(citation: &Citation, slot: Slot<'_>) {
    let Citation { url, title, quote: _, start, end, origin, raw } = citation;
    if *origin == ID {
        return slot.raw(raw);
    }
    slot.object(|page| {
        page.field("type").text("url_citation");
        page.maybe_u64("start_index", *start);
        page.maybe_u64("end_index", *end);
        page.maybe_text("url", url.as_deref());
        page.maybe_text("title", title.as_deref());
    });
}

/// An image stands behind an address (which may hold it), or was uploaded before.
fn read_image(fields: &mut Fields<'_>) -> Result<Media, JsonError> {
    let detail = fields.string("detail")?;
    let (mime, source) = match (fields.string("image_url")?, fields.string("file_id")?) {
        (Some(url), _) => source_at(url, ""),
        (None, Some(id)) => ("image/*".to_owned(), MediaSource::File { format: ID, id }),
        (None, None) => return Err(JsonError::value("needs image_url or file_id")),
    };
    Ok(Media { mime, source, name: None, detail, transcript: None })
}

fn read_file(fields: &mut Fields<'_>) -> Result<Media, JsonError> {
    let name = fields.string("filename")?;
    let (data, url, id) =
        (fields.string("file_data")?, fields.string("file_url")?, fields.string("file_id")?);
    let (mime, source) = match (data.or(url), id) {
        (Some(address), _) => source_at(address, ANY_FILE),
        (None, Some(id)) => (ANY_FILE.to_owned(), MediaSource::File { format: ID, id }),
        (None, None) => return Err(JsonError::value("needs file_data, file_url or file_id")),
    };
    Ok(Media { mime, source, name, detail: None, transcript: None })
}

fn read_audio(mut fields: Fields<'_>) -> Result<Media, JsonError> {
    let format = fields.required_string("format")?;
    let source = MediaSource::Inline(fields.required_string("data")?);
    Ok(Media { mime: format!("audio/{format}"), source, name: None, detail: None, transcript: None })
}

/// What stands behind an address; a `data:` address holds its bytes itself (RFC 2397). `unknown` is the kind of
/// what does not say it.
fn source_at(address: String, unknown: &str) -> (String, MediaSource) {
    match address.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
        Some((mime, base64)) => (mime.to_owned(), MediaSource::Inline(base64.to_owned())),
        None => {
            let is_pdf = !unknown.is_empty()
                && address.split(['?', '#']).next().is_some_and(|path| path.ends_with(".pdf"));
            let mime = if is_pdf { "application/pdf" } else { unknown };
            (mime.to_owned(), MediaSource::Url(address))
        }
    }
}

/// Where a part stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// What text is called here.
    pub(super) text: &'a str,
    /// Whether an answer is being written, which always names the sources of its text, also when there are none.
    pub(super) answer: bool,
}

/// Writes one part with its own further members; what has no place in a content is a loss.
pub(super) fn write(part: &Part, ext: &Ext, place: Place<'_>, out: &mut Array<'_>, losses: &mut Vec<Loss>) {
    match &part.body {
        PartBody::Text { .. } | PartBody::Refusal { .. } => write_said(part, ext, place, out.item()),
        PartBody::Media(media) if place.text == INPUT && is_sayable(media) => {
            write_said(part, ext, place, out.item());
        }
        PartBody::Foreign { origin, .. } if *origin == ID => write_said(part, ext, place, out.item()),
        PartBody::Media(media) => losses.push(lost(&format!("a {} file", media.mime))),
        PartBody::Foreign { origin, .. } => losses.push(lost(&format!("a part only {origin} knows"))),
        PartBody::Hosted(hosted) => {
            losses.push(lost(&format!("a {:?} tool run by the provider", hosted.kind)));
        }
        PartBody::Thinking { .. }
        | PartBody::ToolCall(_)
        | PartBody::ToolResult(_)
        | PartBody::Reference { .. } => losses.push(lost("a part that cannot stand inside content")),
    }
}

/// Writes one part that has its place here.
pub(super) fn write_said(part: &Part, ext: &Ext, place: Place<'_>, slot: Slot<'_>) {
    match &part.body {
        PartBody::Foreign { raw, .. } => slot.raw(raw),
        PartBody::Text { text, citations } => slot.object(|item| {
            if !ext.holds(ID, "type") {
                item.field("type").text(place.text);
            }
            item.field("text").text(text);
            write_citations(citations, place, item);
            item.extend(ext.of(ID));
            write_cache_mark(part, item);
        }),
        PartBody::Refusal { text } => slot.object(|item| {
            item.field("type").text("refusal");
            item.field("refusal").text(text);
            item.extend(ext.of(ID));
        }),
        PartBody::Media(media) => slot.object(|item| {
            write_media(media, item);
            item.extend(ext.of(ID));
            write_cache_mark(part, item);
        }),
        PartBody::Hosted(_)
        | PartBody::Thinking { .. }
        | PartBody::ToolCall(_)
        | PartBody::ToolResult(_)
        | PartBody::Reference { .. } => slot.null(),
    }
}

/// What a caller is told of a part that was left out.
pub(super) fn lost(what: &str) -> Loss {
    Loss::new(LossKind::Content, format!("input: {what}"))
}

fn write_citations(citations: &[Citation], place: Place<'_>, out: &mut Object<'_>) {
    if place.answer || !citations.is_empty() {
        out.field("annotations").array(|list| {
            let sayable = citations.iter().filter(|citation| can_cite(citation));
            sayable.for_each(|citation| write_citation(citation, list.item()));
        });
    }
}

/// The prompt is cached without being told to; only a mark that was written in this dialect is said again.
fn write_cache_mark(part: &Part, out: &mut Object<'_>) {
    if let (Some(CacheMark { ttl }), true) = (&part.meta.cache, part.meta.ext.origin() == Some(ID)) {
        out.field("cache_control").object(|control| {
            control.field("type").text("ephemeral");
            control.maybe_text("ttl", ttl.as_deref());
        });
    }
}

/// Whether a medium is not a file in another vendor's service.
fn is_sayable(media: &Media) -> bool {
    !matches!(&media.source, MediaSource::File { format, .. } if *format != ID)
}

fn write_media(media: &Media, out: &mut Object<'_>) {
    let Media { mime, source, name, detail, transcript: _ } = media;
    match source {
        MediaSource::Text(text) => {
            out.field("type").text(INPUT);
            out.field("text").text(text);
        }
        MediaSource::Inline(data) if mime.starts_with("audio/") => {
            out.field("type").text("input_audio");
            out.field("input_audio").object(|audio| {
                audio.field("data").text(data);
                audio.field("format").text(audio_format(mime));
            });
        }
        source if mime.starts_with("image/") || mime.is_empty() => {
            out.field("type").text("input_image");
            write_source(mime, source, "image_url", "image_url", out);
            out.maybe_text("detail", detail.as_deref());
        }
        source => {
            out.field("type").text("input_file");
            let unnamed = matches!(source, MediaSource::Inline(_)).then_some(default_name(mime));
            out.maybe_text("filename", name.as_deref().or(unnamed));
            write_source(mime, source, "file_data", "file_url", out);
        }
    }
}

fn write_source(mime: &str, source: &MediaSource, data_key: &str, url_key: &str, out: &mut Object<'_>) {
    match source {
        MediaSource::Inline(data) => out.field(data_key).text(&format!("data:{mime};base64,{data}")),
        MediaSource::Url(url) | MediaSource::Text(url) => out.field(url_key).text(url),
        MediaSource::File { format: _, id } => out.field("file_id").text(id),
    }
}

/// A file that is sent must have a name.
fn default_name(mime: &str) -> &'static str {
    match mime {
        "application/pdf" => "document.pdf",
        _ => "document",
    }
}

fn audio_format(mime: &str) -> &str {
    match mime.trim_start_matches("audio/") {
        "mpeg" => "mp3",
        "x-wav" | "wave" => "wav",
        other => other,
    }
}
