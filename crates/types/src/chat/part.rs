//! The parts that turns and answers are made of.

use crate::{Ext, FormatId, RawJson};

/// One piece of a turn, with what was said about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What it is.
    pub body: PartBody,
    /// What was said about it.
    pub meta: PartMeta,
}

/// What a part is.
#[derive(Debug, Clone, PartialEq)]
pub enum PartBody {
    /// Words, with the sources they cite.
    Text {
        /// The words.
        text: String,
        /// Their sources, in order.
        citations: Vec<Citation>,
    },
    /// An image, a sound, a document, a video.
    Media(Media),
    /// What a model thought before it answered. A redacted thought has no text; its seal holds it.
    Thinking {
        /// The thought, or its summary; empty when redacted.
        text: String,
        /// Whether the provider withheld the text.
        redacted: bool,
    },
    /// The model asks for a tool to be run by the caller.
    ToolCall(ToolCall),
    /// What the tool answered.
    ToolResult(ToolResult),
    /// A tool that the provider itself ran: the call or its result.
    Hosted(HostedPart),
    /// The model declines, in words.
    Refusal {
        /// The words.
        text: String,
    },
    /// Something said earlier, by its identifier (an item of a stored conversation).
    Reference {
        /// The identifier.
        id: String,
    },
    /// Something that only its own format understands, as it came.
    Foreign {
        /// That format.
        origin: FormatId,
        /// The whole part.
        raw: RawJson,
    },
}

/// What was said about a part, besides what it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PartMeta {
    /// The provider's identifier of the part (a Responses item), where it has one.
    pub id: Option<String>,
    /// The item that holds this part, where a format groups parts: equal marks, one item.
    pub group: Option<u32>,
    /// How far it got, where a format says so (`completed`, `incomplete`).
    pub status: Option<String>,
    /// The maker's proof or hidden content, to be handed back unchanged.
    pub seal: Option<Box<Seal>>,
    /// "Cache the prompt up to here."
    pub cache: Option<CacheMark>,
    /// Members that no reader took.
    pub ext: Ext,
}

/// Bytes that only the model that made them can read: signatures and encrypted reasoning. Handing them to
/// another format, or another model family where that matters, is a loss, not a translation.
#[derive(Debug, Clone, PartialEq)]
pub struct Seal {
    /// The format whose spelling it is; `None` where it came back through a dialect that cannot say whose it
    /// is, so that only the provider can tell.
    pub format: Option<FormatId>,
    /// The bytes, as text.
    pub bytes: String,
}

impl Seal {
    /// Whether `format` may be handed the seal: it made it, or nobody knows who did.
    pub fn is_for(&self, format: FormatId) -> bool {
        self.format.is_none_or(|maker| maker == format)
    }
}

/// A mark that ends a cacheable prefix of the prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct CacheMark {
    /// The lifetime in the vendor's words (`5m`, `1h`); the vendor's default when absent.
    pub ttl: Option<String>,
}

/// An image, a sound, a document or a video.
#[derive(Debug, Clone, PartialEq)]
pub struct Media {
    /// The MIME type (`image/png`); empty where the source does not say.
    pub mime: String,
    /// Where the bytes are.
    pub source: MediaSource,
    /// The file's name or title, where it has one.
    pub name: Option<String>,
    /// How closely to look (`low`, `high`, `auto`), for images.
    pub detail: Option<String>,
    /// The words of a sound, where the provider gives them.
    pub transcript: Option<String>,
}

/// Where the bytes of a medium are.
#[derive(Debug, Clone, PartialEq)]
pub enum MediaSource {
    /// Here, as base64 text (kept as text until somebody needs the bytes).
    Inline(String),
    /// Behind this URL.
    Url(String),
    /// Uploaded before, known to a provider by this identifier.
    File {
        /// The format in whose service it lies.
        format: FormatId,
        /// The identifier.
        id: String,
    },
    /// Plain text given as a document.
    Text(String),
}

/// A tool call that the caller is to run.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// The identifier that its result must name.
    pub id: String,
    /// The tool.
    pub name: String,
    /// The arguments.
    pub input: ToolInput,
}

/// The arguments of a tool call.
#[derive(Debug, Clone, PartialEq)]
pub enum ToolInput {
    /// JSON text as the model wrote it: normally an object, possibly cut or empty. Never parsed on the way.
    Json(String),
    /// Free text, for tools without a schema.
    Text(String),
}

impl ToolInput {
    /// The text, whichever kind it is.
    pub fn text(&self) -> &str {
        match self {
            Self::Json(text) | Self::Text(text) => text,
        }
    }

    /// The arguments as a JSON object: `{}` where the model wrote nothing, `None` where it is not one object.
    pub fn object(&self) -> Option<RawJson> {
        let text = self.text().trim();
        let text = if text.is_empty() { "{}" } else { text };
        RawJson::parse(text).ok().filter(|raw| raw.as_str().starts_with('{'))
    }
}

/// What a tool answered.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolResult {
    /// The call that it answers.
    pub call: String,
    /// The tool's name, where the format says it.
    pub name: Option<String>,
    /// The answer: text, images, documents.
    pub content: Vec<Part>,
    /// Whether the tool failed.
    pub failed: bool,
    /// Whether it answers a call with free-text input.
    pub free_text: bool,
}

/// A call of a provider-run tool, or its result.
#[derive(Debug, Clone, PartialEq)]
pub struct HostedPart {
    /// The tool.
    pub kind: HostedKind,
    /// The format whose spelling `raw` is.
    pub origin: FormatId,
    /// The identifier that ties call and result, where there is one.
    pub id: Option<String>,
    /// Whether this is the result (else the call).
    pub result: bool,
    /// The whole part as the provider wrote it.
    pub raw: RawJson,
}

/// The tools that providers run themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HostedKind {
    /// Searches the web.
    WebSearch,
    /// Fetches a page.
    WebFetch,
    /// Runs code.
    Code,
    /// Searches uploaded files.
    FileSearch,
    /// Operates a computer.
    Computer,
    /// Makes images.
    Image,
    /// A remote MCP server.
    Mcp,
    /// A tool that only its own format knows.
    Other,
}

/// A source that a text cites.
#[derive(Debug, Clone, PartialEq)]
pub struct Citation {
    /// The address, for a page.
    pub url: Option<String>,
    /// The title of page or document.
    pub title: Option<String>,
    /// The words quoted.
    pub quote: Option<String>,
    /// First character of the citing words in their text, where the format says it.
    pub start: Option<u64>,
    /// One past their last character.
    pub end: Option<u64>,
    /// The format whose spelling `raw` is.
    pub origin: FormatId,
    /// The whole citation as the provider wrote it.
    pub raw: RawJson,
}

impl Part {
    /// A part of which nothing else was said.
    pub fn new(body: PartBody) -> Self {
        Self { body, meta: PartMeta::default() }
    }

    /// Words without citations.
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(PartBody::Text { text: text.into(), citations: Vec::new() })
    }
}

impl Part {
    /// Whether anything of it would be seen by a reader of the answer.
    pub fn has_content(&self) -> bool {
        match &self.body {
            PartBody::Text { text, .. } | PartBody::Thinking { text, .. } | PartBody::Refusal { text } => {
                !text.is_empty() || self.meta.seal.is_some()
            }
            PartBody::Media(_)
            | PartBody::ToolCall(_)
            | PartBody::ToolResult(_)
            | PartBody::Hosted(_)
            | PartBody::Reference { .. }
            | PartBody::Foreign { .. } => true,
        }
    }

    /// How many bytes the model spoke in it: what an estimate of its tokens is made from.
    pub fn spoken_bytes(&self) -> usize {
        match &self.body {
            PartBody::Text { text, .. } | PartBody::Thinking { text, .. } | PartBody::Refusal { text } => {
                text.len()
            }
            PartBody::ToolCall(call) => call.name.len() + call.input.text().len(),
            PartBody::Media(_)
            | PartBody::ToolResult(_)
            | PartBody::Hosted(_)
            | PartBody::Reference { .. }
            | PartBody::Foreign { .. } => 0,
        }
    }
}
