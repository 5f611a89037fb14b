//! Where the members of an object stand, without a borrow: made once when a body arrives, kept beside it.

use smallvec::SmallVec;

use super::{JsonError, fields::Fields, scan};

/// A range of bytes of a text. Texts over 4 GiB are refused when an outline is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// First byte.
    pub fn start(self) -> usize {
        self.start as usize
    }

    /// One past the last byte.
    pub fn end(self) -> usize {
        self.end as usize
    }

    /// The same range of a text in which this one begins at `offset`.
    #[must_use]
    pub fn moved_by(self, offset: usize) -> Self {
        Self::new(self.start() + offset, self.end() + offset)
    }

    /// The bytes of `text` that the span names.
    pub fn of(self, text: &str) -> &str {
        &text[self.start()..self.end()]
    }
}

/// One member of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    /// The name with its quotes.
    pub(crate) key: Span,
    pub(crate) value: Span,
    pub(crate) taken: bool,
}

/// The members of one JSON object, as spans into the text that it was made from.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    pub(crate) members: SmallVec<[Member; 12]>,
}

impl Outline {
    /// Checks the whole text and notes where each member of its top-level object stands.
    ///
    /// # Errors
    /// A text that is not JSON, is nested deeper than [`super::MAX_DEPTH`], or is not an object.
    pub fn of(text: &str) -> Result<Self, JsonError> {
        let bytes = text.as_bytes();
        if u32::try_from(bytes.len()).is_err() {
            return Err(JsonError::value("the JSON text is larger than 4 GiB"));
        }
        let start = scan::skip_space(bytes, 0);
        if bytes.get(start) != Some(&b'{') {
            scan::whole(text)?;
            return Err(JsonError::value("expected a JSON object"));
        }
        let mut outline = Self::default();
        let end = scan::walk_object(bytes, start, 0, |key, value, value_end| {
            outline.note(bytes, key, value, value_end);
        })?;
        let rest = scan::skip_space(bytes, end);
        match rest == bytes.len() {
            true => Ok(outline),
            false => Err(JsonError::syntax(rest, "something follows the JSON object")),
        }
    }

    fn note(&mut self, text: &[u8], key: usize, value: usize, end: usize) {
        let mut key_end = value;
        while text[key_end - 1] != b'"' {
            key_end -= 1;
        }
        self.members.push(Member {
            key: Span::new(key, key_end),
            value: Span::new(value, end),
            taken: false,
        });
    }

    /// The outline over the text it was made from, ready to take members from.
    pub fn fields<'a>(&self, text: &'a str) -> Fields<'a> {
        Fields::over(text, self.clone())
    }

    /// Where the value of `key` stands: that of the last member of the name, as every JSON reader has it.
    pub fn find(&self, text: &str, key: &str) -> Option<Span> {
        self.members.iter().rev().find(|member| names(text, member.key, key)).map(|member| member.value)
    }

    /// The members in order: name (as written, with quotes) and value.
    pub fn spans(&self) -> impl Iterator<Item = (Span, Span)> + '_ {
        self.members.iter().map(|member| (member.key, member.value))
    }
}

/// Whether the quoted name at `span` says `key`, also when it is written with escapes.
pub fn names(text: &str, span: Span, key: &str) -> bool {
    let inner = &text[span.start() + 1..span.end() - 1];
    inner == key || (inner.contains('\\') && super::value::unescape(inner) == key)
}
