//! Images, documents and uploaded files: blocks with a `source` here, one medium in the middle.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ferrolite_types::chat::{Media, MediaSource, Part, PartBody, PartMeta};
use ferrolite_types::json::{Fields, JsonError, Object, Value};
use ferrolite_types::{Ext, Loss, LossKind};

use super::ID;
use super::blocks::{read_cache, write_tail};
use super::request::Notes;

/// The MIME type of a document whose source does not say one: the API takes nothing else behind URLs.
const DOCUMENT: &str = "application/pdf";
/// What other dialects call a file of unsaid type.
const BYTES: &str = "application/octet-stream";
/// An image of some type.
const IMAGE: &str = "image/*";

/// Reads an `image` or `document` block; `None` for a source that only this API has.
pub(super) fn read(mut block: Fields<'_>, document: bool) -> Result<Option<Part>, JsonError> {
    let Some(mut source) = block.take("source").map(Value::fields).transpose()? else {
        return Err(JsonError::missing("source"));
    };
    block.take("type");
    let unsaid = if document { DOCUMENT } else { "" };
    let (mime, source_of) = match &*source.required_string("type")? {
        "base64" => {
            (source.required_string("media_type")?, MediaSource::Inline(source.required_string("data")?))
        }
        "text" => (source.required_string("media_type")?, MediaSource::Text(source.required_string("data")?)),
        "url" => (unsaid.to_owned(), MediaSource::Url(source.required_string("url")?)),
        "file" => {
            let id = source.required_string("file_id")?;
            (if document { DOCUMENT } else { IMAGE }.to_owned(), MediaSource::File { format: ID, id })
        }
        _ => return Ok(None),
    };
    let media =
        Media { mime, source: source_of, name: block.string("title")?, detail: None, transcript: None };
    let cache = read_cache(&mut block)?;
    let ext = Ext::rest_of(&block, ID).nest("source", Ext::rest_of(&source, ID));
    Ok(Some(Part { body: PartBody::Media(media), meta: PartMeta { cache, ext, ..PartMeta::default() } }))
}

/// Reads a `container_upload` block: a file that is no image and no document.
pub(super) fn read_upload(mut block: Fields<'_>) -> Result<Part, JsonError> {
    block.take("type");
    let source = MediaSource::File { format: ID, id: block.required_string("file_id")? };
    let media = Media { mime: String::new(), source, name: None, detail: None, transcript: None };
    let cache = read_cache(&mut block)?;
    let meta = PartMeta { cache, ext: Ext::rest_of(&block, ID), ..PartMeta::default() };
    Ok(Part { body: PartBody::Media(media), meta })
}

/// As which block a medium is written; `None` for what the API has no block for.
pub(super) fn block_type(media: &Media) -> Option<&'static str> {
    let Media { mime, source, name: _, detail: _, transcript: _ } = media;
    let image = mime.starts_with("image/");
    let document = mime == DOCUMENT || mime.starts_with("text/");
    match source {
        MediaSource::Inline(_) | MediaSource::Url(_)
            if mime.starts_with("audio/") || mime.starts_with("video/") =>
        {
            None
        }
        MediaSource::Inline(_) if image => Some("image"),
        MediaSource::Inline(_) | MediaSource::Text(_) => Some("document"),
        MediaSource::Url(url) if document || mime == BYTES || (!image && is_pdf(url)) => Some("document"),
        MediaSource::Url(_) => Some("image"),
        MediaSource::File { .. } if image => Some("image"),
        MediaSource::File { .. } if document => Some("document"),
        MediaSource::File { .. } => Some("container_upload"),
    }
}

/// Whether an address of no known type ends as that of a PDF.
fn is_pdf(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    path.len() >= 4 && path.as_bytes()[path.len() - 4..].eq_ignore_ascii_case(b".pdf")
}

/// Writes the members of a medium's block. A file's identifier is sent
/// whatever service the caller's dialect names: the caller knows where it was uploaded.
pub(super) fn write(
    media: &Media,
    meta: &PartMeta,
    kind: &str,
    block: &mut Object<'_>,
    notes: &mut Notes<'_>,
) {
    let Media { mime: _, source, name, detail, transcript: _ } = media;
    if matches!(source, MediaSource::File { .. }) {
        notes.betas.uses_file();
    }
    if detail.is_some() {
        notes.losses.push(Loss::new(LossKind::Cosmetic, "messages: detail"));
    }
    match name {
        Some(title) if notes.native => block.field("title").text(title),
        Some(_) => notes.losses.push(Loss::new(LossKind::Cosmetic, "messages: filename")),
        None => {}
    }
    write_plainly(media, meta, kind, block);
}

/// Writes what the model will see.
pub(super) fn write_plainly(media: &Media, meta: &PartMeta, kind: &str, block: &mut Object<'_>) {
    block.field("type").text(kind);
    match &media.source {
        MediaSource::File { id, .. } if kind == "container_upload" => block.field("file_id").text(id),
        source => block.field("source").object(|out| {
            write_source(source, &media.mime, out);
            out.extend(meta.ext.inside(ID, "source").iter());
        }),
    }
    write_tail(meta, &["source"], block);
}

fn write_source(source: &MediaSource, mime: &str, out: &mut Object<'_>) {
    match source {
        MediaSource::Inline(data) => match decoded(mime, data) {
            Some(text) => write_text(&text, out),
            None => {
                out.field("type").text("base64");
                out.field("media_type").text(if matches!(mime, "" | BYTES) { DOCUMENT } else { mime });
                out.field("data").text(data);
            }
        },
        MediaSource::Text(text) => write_text(text, out),
        MediaSource::Url(url) => {
            out.field("type").text("url");
            out.field("url").text(url);
        }
        MediaSource::File { format: _, id } => {
            out.field("type").text("file");
            out.field("file_id").text(id);
        }
    }
}

fn write_text(text: &str, out: &mut Object<'_>) {
    out.field("type").text("text");
    out.field("media_type").text("text/plain");
    out.field("data").text(text);
}

/// The characters of a text: the API takes PDF and images in base64, text only as such.
fn decoded(mime: &str, base64: &str) -> Option<String> {
    let bytes = mime.starts_with("text/").then(|| STANDARD.decode(base64).ok())??;
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(mime: &str, source: MediaSource) -> Option<&'static str> {
        block_type(&Media { mime: mime.into(), source, name: None, detail: None, transcript: None })
    }

    #[test]
    fn every_medium_has_the_block_that_the_api_takes() {
        let inline = || MediaSource::Inline("QQ==".into());
        let url = |url: &str| MediaSource::Url(url.into());
        let file = || MediaSource::File { format: ID, id: "file_1".into() };
        assert_eq!(block("image/png", inline()), Some("image"));
        assert_eq!(block("application/pdf", inline()), Some("document"));
        assert_eq!(block("audio/wav", inline()), None);
        assert_eq!(block("", url("https://a.example/x.png")), Some("image"));
        assert_eq!(block("", url("https://a.example/x.PDF?y=1")), Some("document"));
        assert_eq!(block("image/webp", file()), Some("image"));
        assert_eq!(block("text/plain", file()), Some("document"));
        assert_eq!(block("", file()), Some("container_upload"));
    }
}
