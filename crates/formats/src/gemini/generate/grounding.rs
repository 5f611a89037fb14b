//! `groundingMetadata`: which pages stand behind which words, found by Google beside the text and by everybody
//! else inside it. Google counts bytes, everybody else characters.

use std::collections::BTreeSet;

use ferrolite_types::RawJson;
use ferrolite_types::chat::{Citation, Part, PartBody};
use ferrolite_types::json::{Array, Fields, Object, Value};

use super::ID;

/// The sources of an answer, each with the part whose words cite it. What is not as it should be is left out:
/// the whole stays beside the answer.
pub(super) fn read(metadata: Value<'_>, parts: &[Part]) -> Vec<(usize, Citation)> {
    let Ok(fields) = metadata.fields() else { return Vec::new() };
    let chunks: Vec<Value<'_>> = list(&fields, "groundingChunks").collect();
    let supports = list(&fields, "groundingSupports");
    supports.filter_map(|support| read_support(support, &chunks, parts)).collect()
}

fn list<'a>(fields: &Fields<'a>, key: &str) -> impl Iterator<Item = Value<'a>> + use<'a> {
    fields.peek(key).and_then(|value| value.items().ok()).into_iter().flatten()
}

/// LiteLLM shows the first page of each support.
fn read_support(support: Value<'_>, chunks: &[Value<'_>], parts: &[Part]) -> Option<(usize, Citation)> {
    let fields = support.fields().ok()?;
    let first = list(&fields, "groundingChunkIndices").next()?.u64().ok()?;
    let page = chunks.get(usize::try_from(first).ok()?)?.fields().ok()?.peek("web")?.fields().ok()?;
    let segment = fields.peek("segment")?.fields().ok()?;
    let offset = |key: &str| segment.peek(key).and_then(|value| value.u64().ok());
    let place = cited_part(parts, offset("partIndex").unwrap_or(0))?;
    let text = text_of(&parts[place])?;
    let citation = Citation {
        url: page.peek_str("uri").map(Into::into),
        title: page.peek_str("title").map(Into::into),
        quote: segment.peek_str("text").map(Into::into),
        start: Some(characters(text, offset("startIndex").unwrap_or(0))),
        end: Some(characters(text, offset("endIndex")?)),
        origin: ID,
        raw: support.to_raw(),
    };
    Some((place, citation))
}

/// The part of this index if it is text, else the last text: parts were put together on their way here.
fn cited_part(parts: &[Part], index: u64) -> Option<usize> {
    let named = usize::try_from(index).ok().filter(|index| parts.get(*index).and_then(text_of).is_some());
    named.or_else(|| parts.iter().rposition(|part| text_of(part).is_some()))
}

fn text_of(part: &Part) -> Option<&str> {
    match &part.body {
        PartBody::Text { text, .. } => Some(text),
        _ => None,
    }
}

/// How many characters stand before a byte.
fn characters(text: &str, byte: u64) -> u64 {
    text.char_indices().take_while(|(at, _)| (*at as u64) < byte).count() as u64
}

fn bytes(text: &str, character: u64) -> u64 {
    text.chars().take(usize::try_from(character).unwrap_or(usize::MAX)).map(char::len_utf8).sum::<usize>()
        as u64
}

/// Writes `groundingMetadata` for the pages that an answer of another format cites, where there are any.
pub(super) fn write(parts: &[Part], out: &mut Object<'_>) {
    let cited: Vec<Cited<'_>> =
        parts.iter().enumerate().flat_map(|(index, part)| cited(index, part)).collect();
    if cited.is_empty() {
        return;
    }
    out.field("groundingMetadata").object(|out| {
        out.field("groundingChunks").array(|list| cited.iter().for_each(|cited| cited.write_chunk(list)));
        out.field("groundingSupports").array(|list| {
            cited.iter().enumerate().for_each(|(index, cited)| cited.write_support(index, list));
        });
    });
}

/// A page and the words that cite it.
struct Cited<'a> {
    part: usize,
    text: &'a str,
    citation: &'a Citation,
}

fn cited(part: usize, body: &Part) -> Vec<Cited<'_>> {
    let PartBody::Text { text, citations } = &body.body else { return Vec::new() };
    let pages = citations.iter().filter(|citation| citation.url.is_some());
    pages.map(|citation| Cited { part, text, citation }).collect()
}

impl Cited<'_> {
    fn write_chunk(&self, out: &mut Array<'_>) {
        out.item().object(|out| {
            out.field("web").object(|out| {
                out.maybe_text("uri", self.citation.url.as_deref());
                out.maybe_text("title", self.citation.title.as_deref());
            });
        });
    }

    fn write_support(&self, chunk: usize, out: &mut Array<'_>) {
        let Citation { start, end, quote, .. } = self.citation;
        out.item().object(|out| {
            out.field("segment").object(|out| {
                out.field("partIndex").u64(self.part as u64);
                out.maybe_u64("startIndex", start.map(|start| bytes(self.text, start)));
                out.maybe_u64("endIndex", end.map(|end| bytes(self.text, end)));
                out.maybe_text("text", quote.as_deref());
            });
            out.field("groundingChunkIndices").array(|list| list.item().u64(chunk as u64));
        });
    }
}

/// The searches behind an answer, each counted once however many of its pieces tell of it.
#[derive(Debug, Default)]
pub(super) struct Searches {
    queries: BTreeSet<String>,
    maps: bool,
}

impl Searches {
    /// Adds what `groundingMetadata` tells. Queries for places alone are no web searches.
    pub(super) fn add(&mut self, metadata: &RawJson) {
        let Ok(fields) = metadata.value().fields() else { return };
        let has = |kind: &str| {
            list(&fields, "groundingChunks")
                .any(|chunk| chunk.fields().is_ok_and(|chunk| chunk.peek(kind).is_some()))
        };
        let maps = has("maps") || fields.peek("googleMapsWidgetContextToken").is_some();
        self.maps |= maps;
        if !maps || has("web") {
            let queries = list(&fields, "webSearchQueries").filter_map(Value::as_str);
            self.queries.extend(queries.filter(|query| !query.is_empty()).map(Into::into));
        }
    }

    /// How many the provider bills.
    pub(super) fn web(&self) -> u64 {
        self.queries.len() as u64
    }

    /// Whether anything was looked up.
    pub(super) fn any(&self) -> bool {
        self.maps || !self.queries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_googles_become_characters() {
        let metadata = r#"{"groundingChunks":[{"web":{"uri":"https://a.example","title":"A"}}],
            "groundingSupports":[{"segment":{"endIndex":7,"text":"Ünïc"},"groundingChunkIndices":[0]}]}"#;
        let found = read(Value::parse(metadata).unwrap(), &[Part::text("Ünïcödé")]);
        let places: Vec<_> =
            found.iter().map(|(part, citation)| (*part, citation.start, citation.end)).collect();
        assert_eq!(places, [(0, Some(0), Some(5))]);
        assert_eq!(bytes("Ünïcödé", 5), 8);
    }

    #[test]
    fn each_search_counts_once_and_places_do_not() {
        let mut searches = Searches::default();
        let web = RawJson::parse(r#"{"webSearchQueries":["a","b","a",""]}"#).unwrap();
        searches.add(&web);
        searches.add(&web);
        assert_eq!(searches.web(), 2);
        let mut places = Searches::default();
        places.add(
            &RawJson::parse(r#"{"webSearchQueries":["cafe"],"groundingChunks":[{"maps":{"uri":"x"}}]}"#)
                .unwrap(),
        );
        assert_eq!((places.web(), places.any()), (0, true));
    }
}
