//! The parts of `content`: text, images, sounds and files; what is none of these is carried as it came.

use std::borrow::Cow;

use ferrolite_types::chat::{CacheMark, Media, MediaSource, Part, PartBody, PartMeta};
use ferrolite_types::json::{Array, Fields, JsonError, Kind, Object, Value};
use ferrolite_types::{Ext, Rest};

use super::request::Pen;
use super::{ID, cache};

/// The MIME type of a file whose part says none.
const BYTES: &str = "application/octet-stream";

/// Reads `content`: one string, or a list of parts.
pub(super) fn read(value: Value<'_>) -> Result<Vec<Part>, JsonError> {
    match value.kind() {
        Kind::Array => value.list(read_part),
        Kind::String => Ok(vec![Part::text(value.str()?)]),
        _ => Err(value.unexpected("a string or a list of parts")),
    }
}

/// Reads one part.
pub(super) fn read_part(value: Value<'_>) -> Result<Part, JsonError> {
    if value.kind() == Kind::String {
        return Ok(Part::text(value.str()?));
    }
    let mut fields = value.fields()?;
    let mut rest = Rest::of(ID);
    let body = match &*fields.string("type")?.unwrap_or_default() {
        "text" => PartBody::Text { text: fields.required_string("text")?, citations: Vec::new() },
        "refusal" => PartBody::Refusal { text: fields.required_string("refusal")? },
        "image_url" => PartBody::Media(read_image(&mut fields, &mut rest)?),
        "input_audio" => PartBody::Media(rest.require(&mut fields, "input_audio", read_audio)?),
        "file" => PartBody::Media(rest.require(&mut fields, "file", read_file)?),
        _ => return Ok(Part::new(PartBody::Foreign { origin: ID, raw: value.to_raw() })),
    };
    let cache = cache::take(&mut fields, &mut rest)?;
    Ok(Part { body, meta: PartMeta { cache, ext: rest.with(&fields), ..PartMeta::default() } })
}

/// `image_url` is an object with a `url`; many clients send the address alone.
fn read_image(fields: &mut Fields<'_>, rest: &mut Rest) -> Result<Media, JsonError> {
    if let Some(url) = fields.peek_str("image_url") {
        fields.take("image_url");
        return Ok(image_at(url.into_owned()));
    }
    rest.require(fields, "image_url", |image| {
        let mut media = image_at(image.required_string("url")?);
        media.detail = image.string("detail")?;
        if let Some(mime) = image.string("format")? {
            media.mime = mime;
        }
        Ok(media)
    })
}

/// An image behind an address; a `data:` address holds its bytes itself (RFC 2397).
pub(super) fn image_at(url: String) -> Media {
    let inline = inline(&url).map(|(mime, base64)| (mime.to_owned(), base64.to_owned()));
    match inline {
        Some((mime, base64)) => media(mime, MediaSource::Inline(base64)),
        None => media(String::new(), MediaSource::Url(url)),
    }
}

fn media(mime: String, source: MediaSource) -> Media {
    Media { mime, source, name: None, detail: None, transcript: None }
}

/// The MIME type and the base64 text of a `data:` address.
fn inline(url: &str) -> Option<(&str, &str)> {
    url.strip_prefix("data:")?.split_once(";base64,")
}

fn read_audio(audio: &mut Fields<'_>) -> Result<Media, JsonError> {
    let format = audio.required_string("format")?;
    let mime = if format == "mp3" { "audio/mpeg".to_owned() } else { format!("audio/{format}") };
    Ok(media(mime, MediaSource::Inline(audio.required_string("data")?)))
}

/// A file is in the part itself (as a `data:` address, or in bare base64), uploaded before, or, for vendors
/// that fetch, behind an address in the place of its identifier.
fn read_file(file: &mut Fields<'_>) -> Result<Media, JsonError> {
    let data = file.string("file_data")?;
    let id = if data.is_none() { file.string("file_id")? } else { None };
    let mut media = match (data, id) {
        (Some(data), _) => match inline(&data) {
            Some((mime, base64)) => media(mime.to_owned(), MediaSource::Inline(base64.to_owned())),
            None => media(BYTES.to_owned(), MediaSource::Inline(data)),
        },
        (None, Some(id)) if is_address(&id) => media(BYTES.to_owned(), MediaSource::Url(id)),
        (None, Some(id)) => media(String::new(), MediaSource::File { format: ID, id }),
        (None, None) => return Err(JsonError::value("needs file_data or file_id")),
    };
    media.name = file.string("filename")?;
    if let Some(mime) = file.string("format")? {
        media.mime = mime;
    }
    Ok(media)
}

fn is_address(id: &str) -> bool {
    ["http://", "https://", "gs://"].iter().any(|scheme| id.starts_with(scheme))
}

/// What a part is that has no place in `content`.
pub(super) fn unsayable(part: &Part) -> Option<String> {
    match &part.body {
        PartBody::Text { .. } | PartBody::Refusal { .. } => None,
        PartBody::Media(Media { source: MediaSource::File { format, .. }, .. }) if *format != ID => {
            Some(format!("a file that only {format} holds"))
        }
        PartBody::Media(_) => None,
        PartBody::Foreign { origin, .. } => {
            (*origin != ID).then(|| format!("a part that only {origin} knows"))
        }
        PartBody::Hosted(hosted) => Some(format!("a {:?} tool that the provider ran", hosted.kind)),
        PartBody::Reference { id } => Some(format!("a reference to {id}")),
        PartBody::Thinking { .. } | PartBody::ToolCall(_) | PartBody::ToolResult(_) => {
            Some("a part that cannot stand here".to_owned())
        }
    }
}

/// Writes a part that is not [`unsayable`].
pub(super) fn write_part(part: &Part, out: &mut Array<'_>, pen: &Pen<'_>) {
    let Part { body, meta } = part;
    let about = About { mark: pen.mark(meta.cache.as_ref()), ext: &meta.ext };
    match body {
        PartBody::Text { text, citations: _ } => about.words("text", text, out),
        PartBody::Refusal { text } => about.words("refusal", text, out),
        PartBody::Media(media) => write_media(media, &about, out),
        PartBody::Foreign { origin: _, raw } => out.item().raw(raw),
        PartBody::Hosted(_)
        | PartBody::Reference { .. }
        | PartBody::Thinking { .. }
        | PartBody::ToolCall(_)
        | PartBody::ToolResult(_) => {}
    }
}

fn write_media(media: &Media, about: &About<'_>, out: &mut Array<'_>) {
    let Media { mime, source, name, detail, transcript: _ } = media;
    match source {
        MediaSource::Text(text) => about.words("text", text, out),
        MediaSource::Inline(data) if mime.starts_with("audio/") => {
            about.object("input_audio", out, |audio| {
                audio.field("data").text(data);
                audio.field("format").text(audio_format(mime));
            });
        }
        MediaSource::Inline(_) | MediaSource::Url(_) if is_image(mime) => {
            about.object("image_url", out, |image| {
                image.field("url").text(&address(mime, source));
                image.maybe_text("detail", detail.as_deref());
            });
        }
        MediaSource::Inline(_) | MediaSource::Url(_) | MediaSource::File { .. } => {
            about.object("file", out, |file| {
                let key = if matches!(source, MediaSource::Inline(_)) { "file_data" } else { "file_id" };
                file.field(key).text(&address(mime, source));
                file.maybe_text("filename", name.as_deref());
            });
        }
    }
}

/// What is said about a part, whatever it is.
struct About<'a> {
    mark: Option<&'a CacheMark>,
    ext: &'a Ext,
}

impl About<'_> {
    /// Writes a part whose type is also the name of the member that holds its words.
    fn words(&self, kind: &str, text: &str, out: &mut Array<'_>) {
        out.item().object(|item| {
            item.field("type").text(kind);
            item.field(kind).text(text);
            self.write(kind, item);
        });
    }

    /// Writes a part whose type is also the name of the object that says the rest.
    fn object(&self, kind: &str, out: &mut Array<'_>, fill: impl FnOnce(&mut Object<'_>)) {
        out.item().object(|item| {
            item.field("type").text(kind);
            item.field(kind).object(|inner| {
                fill(inner);
                inner.extend(self.ext.inside(ID, kind).of(ID));
            });
            self.write(kind, item);
        });
    }

    fn write(&self, kind: &str, item: &mut Object<'_>) {
        cache::write(self.mark, self.ext, item);
        item.extend(self.ext.outside(ID, &[kind, cache::KEY]));
    }
}

fn is_image(mime: &str) -> bool {
    mime.is_empty() || mime.starts_with("image/")
}

/// Where a medium is, as one text: its bytes in a `data:` address, or bare where nobody said what they are.
pub(super) fn address<'a>(mime: &str, source: &'a MediaSource) -> Cow<'a, str> {
    match source {
        MediaSource::Inline(base64) if mime != BYTES => format!("data:{mime};base64,{base64}").into(),
        MediaSource::Inline(text) | MediaSource::Url(text) | MediaSource::Text(text) => text.into(),
        MediaSource::File { format: _, id } => id.into(),
    }
}

fn audio_format(mime: &str) -> &str {
    match mime.trim_start_matches("audio/") {
        "mpeg" => "mp3",
        "x-wav" | "wave" => "wav",
        other => other,
    }
}
