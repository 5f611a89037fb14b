//! `annotations`: the sources that an answer cites.

use ferrolite_types::chat::{Citation, Part, PartBody};
use ferrolite_types::json::{Array, Fields, JsonError, Object, Value};

use super::ID;

const KEY: &str = "annotations";

/// Takes the sources of a message, or of a piece of one. An empty list goes back as it came.
pub(super) fn take(fields: &mut Fields<'_>) -> Result<Vec<Citation>, JsonError> {
    match fields.peek(KEY).is_some_and(|list| list.text() != "[]") {
        true => Ok(fields.list(KEY, read)?.unwrap_or_default()),
        false => Ok(Vec::new()),
    }
}

fn read(value: Value<'_>) -> Result<Citation, JsonError> {
    let fields = value.fields()?;
    let mut page = fields.peek("url_citation").map(Value::fields).transpose()?.unwrap_or(fields);
    Ok(Citation {
        url: page.string("url")?,
        title: page.string("title")?,
        quote: None,
        start: page.u64("start_index")?,
        end: page.u64("end_index")?,
        origin: ID,
        raw: value.to_raw(),
    })
}

/// Writes those among `citations` that have a place here.
pub(super) fn write<'a>(citations: impl Iterator<Item = &'a Citation>, out: &mut Object<'_>) {
    let mut sayable = citations.filter(|citation| is_sayable(citation)).peekable();
    if sayable.peek().is_some() {
        out.field(KEY).array(|list| sayable.for_each(|citation| write_one(citation, list)));
    }
}

/// Whether a source can be said here: a page, and which words it stands behind.
pub(super) fn is_sayable(citation: &Citation) -> bool {
    citation.origin == ID || (citation.url.is_some() && citation.end.is_some())
}

fn write_one(citation: &Citation, out: &mut Array<'_>) {
    let Citation { url, title, quote: _, start, end, origin, raw } = citation;
    if *origin == ID {
        return out.item().raw(raw);
    }
    out.item().object(|item| {
        item.field("type").text("url_citation");
        item.field("url_citation").object(|page| {
            page.field("start_index").u64(start.unwrap_or(0));
            page.maybe_u64("end_index", *end);
            page.maybe_text("url", url.as_deref());
            page.maybe_text("title", title.as_deref());
        });
    });
}

/// What a part cites.
pub(super) fn of(part: &Part) -> &[Citation] {
    match &part.body {
        PartBody::Text { citations, text: _ } => citations,
        PartBody::Media(_)
        | PartBody::Thinking { .. }
        | PartBody::ToolCall(_)
        | PartBody::ToolResult(_)
        | PartBody::Hosted(_)
        | PartBody::Refusal { .. }
        | PartBody::Reference { .. }
        | PartBody::Foreign { .. } => &[],
    }
}
