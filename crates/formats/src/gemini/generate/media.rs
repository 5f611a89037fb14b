//! Media: `inlineData` holds the bytes, `fileData` says where they are.

use ferrolite_types::chat::{Media, MediaSource};
use ferrolite_types::json::{Fields, JsonError, Object, Value};
use ferrolite_types::{DetailPlace, Ext, Loss, LossKind};

use super::ID;
use super::names::{DISPLAY_NAME, FILE_DATA, FILE_URI, INLINE_DATA, MIME_TYPE, Manner, PART_RESOLUTION};
use super::parts::Pen;

/// Where the Gemini API keeps what was uploaded to it; nobody else can fetch from there.
const UPLOADED: &str = "https://generativelanguage.googleapis.com/";

/// Reads `inlineData`; also what of it nobody took.
pub(super) fn read_inline(value: Value<'_>) -> Result<(Media, Ext), JsonError> {
    read(value, |fields| Ok(MediaSource::Inline(fields.string("data")?.unwrap_or_default())))
}

/// Reads `fileData`; also what of it nobody took.
pub(super) fn read_file(value: Value<'_>) -> Result<(Media, Ext), JsonError> {
    read(value, |fields| {
        let uri = fields.required_string(FILE_URI.found(fields))?;
        Ok(match uri.starts_with(UPLOADED) {
            true => MediaSource::File { format: ID, id: uri },
            false => MediaSource::Url(uri),
        })
    })
}

fn read(
    value: Value<'_>,
    source: impl FnOnce(&mut Fields<'_>) -> Result<MediaSource, JsonError>,
) -> Result<(Media, Ext), JsonError> {
    let mut fields = value.fields()?;
    let mime = fields.string(MIME_TYPE.found(&fields))?.unwrap_or_default();
    let name = fields.string(DISPLAY_NAME.found(&fields))?;
    let source = source(&mut fields)?;
    Ok((Media { mime, source, name, detail: None, transcript: None }, Ext::rest_of(&fields, ID)))
}

/// Writes the member of a part that holds a medium; a file in another vendor's service is a loss.
pub(super) fn write(media: &Media, ext: &Ext, pen: &mut Pen<'_>, out: &mut Object<'_>) {
    let Media { mime, source, name, detail, transcript: _ } = media;
    let mime = usual_mime(mime);
    match source {
        MediaSource::Text(text) => out.field("text").text(text),
        MediaSource::Inline(data) => out.field(INLINE_DATA.of(pen.manner)).object(|out| {
            out.field(MIME_TYPE.of(pen.manner)).text(mime);
            out.field("data").text(data);
            write_rest(name.as_deref(), ext, INLINE_DATA.google(), pen.manner, out);
        }),
        MediaSource::Url(uri) | MediaSource::File { format: _, id: uri } => {
            out.field(FILE_DATA.of(pen.manner)).object(|out| {
                let mime = if mime.is_empty() { mime_of_path(uri) } else { Some(mime) };
                out.maybe_text(MIME_TYPE.of(pen.manner), mime);
                out.field(FILE_URI.of(pen.manner)).text(uri);
                write_rest(name.as_deref(), ext, FILE_DATA.google(), pen.manner, out);
            });
        }
    }
    if let Some(detail) = detail {
        write_detail(detail, pen, out);
    }
}

/// Whether Google can be told of the medium; a file is told by its address, and only Google's have one.
pub(super) fn can_be_said(media: &Media) -> bool {
    match &media.source {
        MediaSource::Inline(_) | MediaSource::Url(_) | MediaSource::Text(_) => true,
        MediaSource::File { format, id } => {
            *format == ID || id.starts_with("gs://") || id.starts_with(UPLOADED)
        }
    }
}

/// The name is said in Google's manner only: LiteLLM leaves it out, since the Gemini API refuses it.
fn write_rest(name: Option<&str>, ext: &Ext, member: &str, manner: Manner, out: &mut Object<'_>) {
    if manner == Manner::Native {
        out.maybe_text(DISPLAY_NAME.google(), name);
    }
    out.extend(ext.inside(ID, member).of(ID));
}

fn write_detail(detail: &str, pen: &mut Pen<'_>, out: &mut Object<'_>) {
    let Some(level) = resolution(detail) else { return };
    match pen.detail {
        DetailPlace::Part => {
            out.field(PART_RESOLUTION.of(pen.manner)).object(|out| out.field("level").text(level));
        }
        // Said once for the request, by its configuration.
        DetailPlace::Request => {}
        DetailPlace::Nowhere => pen.losses.push(Loss::new(LossKind::Cosmetic, "messages: image_url.detail")),
    }
}

/// Google's word for how closely to look; `auto` is its default.
pub(super) fn resolution(detail: &str) -> Option<&'static str> {
    RESOLUTIONS.iter().find(|(word, _)| *word == detail).map(|(_, level)| *level)
}

/// The closest of several looks.
pub(super) fn closest<'a>(details: impl Iterator<Item = &'a str>) -> Option<&'static str> {
    let rank = |detail: &str| RESOLUTIONS.iter().position(|(word, _)| *word == detail);
    details.filter_map(rank).max().map(|rank| RESOLUTIONS[rank].1)
}

const RESOLUTIONS: &[(&str, &str)] = &[
    ("low", "MEDIA_RESOLUTION_LOW"),
    ("medium", "MEDIA_RESOLUTION_MEDIUM"),
    ("high", "MEDIA_RESOLUTION_HIGH"),
    ("ultra_high", "MEDIA_RESOLUTION_ULTRA_HIGH"),
];

fn usual_mime(mime: &str) -> &str {
    match mime {
        "image/jpg" => "image/jpeg",
        usual => usual,
    }
}

/// The MIME type that the ending of a path promises, for what Gemini reads.
fn mime_of_path(path: &str) -> Option<&'static str> {
    let path = path.split(['?', '#']).next()?;
    let (_, ending) = path.rsplit_once('/')?.1.rsplit_once('.')?;
    let ending = ending.to_ascii_lowercase();
    MIME_TYPES.iter().find(|(known, _)| *known == ending).map(|(_, mime)| *mime)
}

const MIME_TYPES: &[(&str, &str)] = &[
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("webp", "image/webp"),
    ("gif", "image/gif"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("json", "application/json"),
    ("mp3", "audio/mpeg"),
    ("wav", "audio/wav"),
    ("flac", "audio/flac"),
    ("ogg", "audio/ogg"),
    ("opus", "audio/opus"),
    ("aac", "audio/aac"),
    ("m4a", "audio/x-m4a"),
    ("pcm", "audio/pcm"),
    ("mp4", "video/mp4"),
    ("m4v", "video/x-m4v"),
    ("mpeg", "video/mpeg"),
    ("mpg", "video/mpg"),
    ("mov", "video/quicktime"),
    ("avi", "video/avi"),
    ("flv", "video/x-flv"),
    ("webm", "video/webm"),
    ("wmv", "video/wmv"),
    ("3gp", "video/3gpp"),
    ("3gpp", "video/3gpp"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_of_a_path_promises_a_type() {
        assert_eq!(mime_of_path("gs://bucket/films/a.MP4"), Some("video/mp4"));
        assert_eq!(mime_of_path("https://x.example/a.png?size=2"), Some("image/png"));
        assert_eq!(mime_of_path("https://x.example.png/a"), None);
    }

    #[test]
    fn the_closest_look_wins() {
        assert_eq!(closest(["low", "high", "auto"].into_iter()), Some("MEDIA_RESOLUTION_HIGH"));
        assert_eq!(closest(["auto"].into_iter()), None);
    }
}
