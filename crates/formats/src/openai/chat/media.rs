//! The images and the sound of an answer, which stand beside its content.

use std::borrow::Cow;

use ferrolite_types::chat::{Media, MediaSource, Part, PartBody, PartMeta};
use ferrolite_types::json::{Fields, JsonError, Object, Value};
use ferrolite_types::{Ext, Rest};

use super::{ID, content};

/// The MIME type of a sound whose encoding only the caller knows, who asked for it.
const SOUND: &str = "audio/*";

/// Takes `images` and `audio`.
pub(super) fn take(fields: &mut Fields<'_>) -> Result<Vec<Part>, JsonError> {
    let mut parts = take_images(fields)?;
    parts.extend(fields.object("audio", read_sound)?);
    Ok(parts)
}

/// Takes `images`.
pub(super) fn take_images(fields: &mut Fields<'_>) -> Result<Vec<Part>, JsonError> {
    Ok(fields.list("images", read_image)?.unwrap_or_default())
}

fn read_image(value: Value<'_>) -> Result<Part, JsonError> {
    let mut fields = value.fields()?;
    let mut rest = Rest::of(ID);
    let media = rest.require(&mut fields, "image_url", |image| {
        Ok(Media { detail: image.string("detail")?, ..content::image_at(image.required_string("url")?) })
    })?;
    fields.take("type");
    fields.take("index");
    let meta = PartMeta { ext: rest.with(&fields), ..PartMeta::default() };
    Ok(Part { body: PartBody::Media(media), meta })
}

fn read_sound(mut fields: Fields<'_>) -> Result<Part, JsonError> {
    let data = fields.string("data")?.unwrap_or_default();
    let mut part = sound(fields.string("id")?);
    if let PartBody::Media(media) = &mut part.body {
        media.source = MediaSource::Inline(data);
        media.transcript = fields.string("transcript")?;
    }
    part.meta.ext = Ext::rest_of(&fields, ID);
    Ok(part)
}

/// A sound of which nothing was heard yet.
pub(super) fn sound(id: Option<String>) -> Part {
    let source = MediaSource::Inline(String::new());
    let media = Media { mime: SOUND.to_owned(), source, name: None, detail: None, transcript: None };
    Part { body: PartBody::Media(media), meta: PartMeta { id, ..PartMeta::default() } }
}

/// Writes `images` and `audio`, where there are any.
pub(super) fn write(parts: &[Part], out: &mut Object<'_>) {
    let (sounds, images): (Vec<_>, Vec<_>) =
        parts.iter().filter_map(medium).partition(|(media, _)| is_sound(media));
    if !images.is_empty() {
        out.field("images").array(|list| {
            for (index, (media, meta)) in images.iter().enumerate() {
                list.item().object(|item| write_image(media, meta, index, item));
            }
        });
    }
    if let Some((media, meta)) = sounds.first() {
        out.field("audio").object(|out| write_sound(media, meta, out));
    }
}

fn medium(part: &Part) -> Option<(&Media, &PartMeta)> {
    match &part.body {
        PartBody::Media(media) => Some((media, &part.meta)),
        _ => None,
    }
}

/// Whether a medium goes to `audio`.
pub(super) fn is_sound(media: &Media) -> bool {
    media.mime.starts_with("audio/")
}

/// Writes the members of an element of `images`.
pub(super) fn write_image(media: &Media, meta: &PartMeta, index: usize, out: &mut Object<'_>) {
    let Media { mime, source, name: _, detail, transcript: _ } = media;
    out.field("type").text("image_url");
    out.field("index").u64(index as u64);
    out.field("image_url").object(|image| {
        let url: Cow<'_, str> = content::address(mime, source);
        image.field("url").text(&url);
        image.field("detail").text(detail.as_deref().unwrap_or("auto"));
        image.extend(meta.ext.inside(ID, "image_url").of(ID));
    });
    out.extend(meta.ext.outside(ID, &["image_url"]));
}

/// Writes the members of `audio`, as far as they are known.
pub(super) fn write_sound(media: &Media, meta: &PartMeta, out: &mut Object<'_>) {
    out.maybe_text("id", meta.id.as_deref());
    if let MediaSource::Inline(data) = &media.source
        && !data.is_empty()
    {
        out.field("data").text(data);
    }
    out.maybe_text("transcript", media.transcript.as_deref());
    out.extend(meta.ext.of(ID));
}
