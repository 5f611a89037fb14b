//! The texts that a configuration was read from, and places in them.
//!
//! Invariant: what is shown of a text is as long as the text, so that every place means the same in both.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// All texts of one configuration: the file and what it includes.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    files: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    path: PathBuf,
    text: Arc<str>,
    /// The text with stars in place of its secrets.
    shown: String,
}

/// A stretch of one of the texts, in bytes. Ordered as they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    file: u16,
    start: u32,
    end: u32,
}

/// One of the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileId(u16);

/// What a diagnostic needs to quote a place.
#[derive(Debug)]
pub(crate) struct Quote<'a> {
    pub(crate) path: &'a Path,
    pub(crate) text: &'a str,
    /// The place, cut at the end of its first line.
    pub(crate) range: Range<usize>,
}

impl Sources {
    /// Adds a text. Bytes above [`u32::MAX`] and files above [`u16::MAX`] have no place of their own: they are
    /// refused before.
    pub(crate) fn add(&mut self, path: &Path, text: &Arc<str>) -> FileId {
        let id = FileId(u16::try_from(self.files.len()).unwrap_or(u16::MAX));
        self.files.push(Source {
            path: path.to_owned(),
            text: Arc::clone(text),
            shown: text.as_ref().to_owned(),
        });
        id
    }

    /// The file that holds a place.
    pub(crate) fn path(&self, span: Span) -> &Path {
        &self.source(span).path
    }

    /// What stands at a place.
    pub(crate) fn text(&self, span: Span) -> &str {
        self.source(span).text.get(span.range()).unwrap_or_default()
    }

    /// What may be shown of a place.
    #[cfg(test)]
    pub(crate) fn shown(&self, span: Span) -> &str {
        self.source(span).shown.get(span.range()).unwrap_or_default()
    }

    /// Puts stars over a place. Line ends stay, so that lines keep their numbers.
    pub(crate) fn hide(&mut self, span: Span) {
        let shown = &mut self.files[usize::from(span.file)].shown;
        let Some(secret) = shown.get(span.range()) else { return };
        let stars: String = secret.bytes().map(|byte| if byte == b'\n' { '\n' } else { '*' }).collect();
        shown.replace_range(span.range(), &stars);
    }

    /// What a diagnostic needs to quote a place.
    pub(crate) fn quote(&self, span: Span) -> Quote<'_> {
        let Source { path, text: _, shown } = self.source(span);
        let Range { start, end } = span.range();
        let (start, end) = (start.min(shown.len()), end.min(shown.len()));
        let line = shown[start..end].split('\n').next().unwrap_or_default().trim_end();
        Quote { path, text: shown, range: start..start + line.len() }
    }

    fn source(&self, span: Span) -> &Source {
        &self.files[usize::from(span.file)]
    }
}

impl FileId {
    /// A place in this text.
    pub(crate) fn span(self, range: &Range<usize>) -> Span {
        let bytes = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { file: self.0, start: bytes(range.start), end: bytes(range.end) }
    }
}

impl Span {
    /// From the start of this place to the end of another of the same text.
    pub(crate) fn to(self, end: Self) -> Self {
        Self { end: end.end.max(self.start), ..self }
    }

    fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_secret_keeps_its_length_and_lines() {
        let mut sources = Sources::default();
        let file = sources.add(Path::new("a.yaml"), &Arc::from("key: sk-1\nä\nrest: 1"));
        let secret = file.span(&(5..12));
        sources.hide(secret);
        assert_eq!(sources.shown(file.span(&(0..20))), "key: ****\n**\nrest: 1");
        assert_eq!(sources.text(secret), "sk-1\nä");
    }

    #[test]
    fn a_quote_ends_with_its_first_line() {
        let mut sources = Sources::default();
        let file = sources.add(Path::new("a.yaml"), &Arc::from("a:  \n  b: 1\n"));
        assert_eq!(sources.quote(file.span(&(0..11))).range, 0..2);
    }
}
