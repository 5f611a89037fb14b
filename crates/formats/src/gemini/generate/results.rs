//! What tools answered: `functionResponse` holds an object, every other format text.

use ferrolite_types::chat::{Part, PartBody, PartMeta, ToolResult};
use ferrolite_types::json::{JsonError, Object, Value, object};
use ferrolite_types::{Ext, Loss, LossKind, RawJson};

use super::ID;
use super::ids::{Answered, Ids, unsealed};
use super::media;
use super::names::{FILE_DATA, FUNCTION_RESPONSE, INLINE_DATA};
use super::parts::{NESTED, Pen};
use crate::undo::spaced;

/// Reads `functionResponse`; also what of it nobody took. Its identifier stays among the rest, as the sign that
/// it was given.
pub(super) fn read(value: Value<'_>, ids: &mut Ids) -> Result<(ToolResult, Ext), JsonError> {
    let mut fields = value.fields()?;
    let name = fields.string("name")?.unwrap_or_default();
    let given = fields.peek_str("id").map(Into::into);
    let Answered { id, known } = ids.answered(given, &name);
    // LiteLLM's spelling, so that a prompt cached through it is the same prompt here.
    let text = fields.raw("response").map_or_else(|| "{}".to_owned(), |said| spaced(said.as_str()));
    let mut content = vec![Part::text(text)];
    content.extend(fields.list("parts", read_part)?.unwrap_or_default());
    let name = (!known).then_some(name);
    let result = ToolResult { call: id, name, content, failed: false, free_text: false };
    Ok((result, Ext::rest_of(&fields, ID)))
}

fn read_part(value: Value<'_>) -> Result<Part, JsonError> {
    let mut fields = value.fields()?;
    let (key, found) = match fields.read(INLINE_DATA.found(&fields), media::read_inline)? {
        Some(found) => (INLINE_DATA, Some(found)),
        None => (FILE_DATA, fields.read(FILE_DATA.found(&fields), media::read_file)?),
    };
    let Some((media, rest)) = found else {
        return Ok(Part::new(PartBody::Foreign { origin: ID, raw: value.to_raw() }));
    };
    let ext = Ext::rest_of(&fields, ID).nest(key.google(), rest);
    Ok(Part { body: PartBody::Media(media), meta: PartMeta { ext, ..PartMeta::default() } })
}

/// Writes `functionResponse`.
pub(super) fn write(result: &ToolResult, meta: &PartMeta, pen: &mut Pen<'_>, out: &mut Object<'_>) {
    let ToolResult { call, name, content, failed, free_text: _ } = result;
    let rest = meta.ext.inside(ID, FUNCTION_RESPONSE.google());
    let called = pen.names.get(call.as_str()).copied();
    let (words, beside): (Vec<&Part>, Vec<&Part>) = content.iter().partition(|part| is_text(part));
    out.field(FUNCTION_RESPONSE.of(pen.manner)).object(|out| {
        out.field("name").text(called.or(name.as_deref()).unwrap_or_default());
        if pen.call_ids && rest.get("id").is_none() {
            out.field("id").text(unsealed(call).0);
        }
        out.field("response").raw(&response(&words));
        if !beside.is_empty() {
            out.field("parts").array(|list| beside.iter().for_each(|part| pen.write(part, list)));
        }
        out.extend(rest.of(ID));
    });
    if *failed {
        pen.losses.push(Loss::new(LossKind::Cosmetic, "messages: whether a tool failed"));
    }
    out.extend(meta.ext.outside(ID, NESTED));
}

fn is_text(part: &Part) -> bool {
    matches!(part.body, PartBody::Text { .. })
}

/// An object as it is; other text becomes one with a single member.
fn response(words: &[&Part]) -> RawJson {
    let texts = words.iter().filter_map(|part| match &part.body {
        PartBody::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    let text: String = texts.collect();
    let object = RawJson::parse(&text).ok().filter(|raw| raw.as_str().starts_with('{'));
    object.unwrap_or_else(|| content(&text))
}

/// Text as an object, in LiteLLM's shape.
pub(super) fn content(text: &str) -> RawJson {
    let mut out = Vec::with_capacity(text.len() + 16);
    object(&mut out, |out| out.field("content").text(text));
    RawJson::from_writer(out)
}

/// The arguments of a call without any.
pub(super) fn no_arguments() -> RawJson {
    RawJson::from_writer(b"{}".to_vec())
}
