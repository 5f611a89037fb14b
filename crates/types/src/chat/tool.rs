//! The tools that a model may call.

use crate::{Ext, FormatId, RawJson};

use super::{CacheMark, HostedKind};

/// A tool, with what was said about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// What it is.
    pub body: ToolBody,
    /// "Cache the prompt up to here."
    pub cache: Option<CacheMark>,
    /// Members that no reader took.
    pub ext: Ext,
}

/// What a tool is.
#[derive(Debug, Clone, PartialEq)]
pub enum ToolBody {
    /// Run by the caller, with arguments that follow a schema.
    Function(Function),
    /// Run by the caller, with free text as its input.
    FreeText {
        /// The name.
        name: String,
        /// What it does.
        description: Option<String>,
        /// The grammar of the text, where it has one.
        format: Option<RawJson>,
    },
    /// Run by the provider.
    Hosted(HostedTool),
}

/// A tool that the caller runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// The name.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// The JSON schema of its arguments; a tool without arguments may have none.
    pub parameters: Option<RawJson>,
    /// Whether the model must follow the schema to the letter.
    pub strict: Option<bool>,
}

/// A tool that the provider runs.
#[derive(Debug, Clone, PartialEq)]
pub struct HostedTool {
    /// Which.
    pub kind: HostedKind,
    /// The format whose spelling `raw` is.
    pub origin: FormatId,
    /// The whole tool as the caller wrote it.
    pub raw: RawJson,
}

/// Which tools the model may or must call.
#[derive(Debug, Clone, PartialEq)]
pub enum ToolChoice {
    /// The model decides.
    Auto,
    /// None.
    None,
    /// At least one.
    Required,
    /// This one.
    Named(String),
    /// A rule that only its own format knows.
    Foreign {
        /// That format.
        origin: FormatId,
        /// The rule as it came.
        raw: RawJson,
    },
}

impl Tool {
    /// A tool of which nothing else was said.
    pub fn new(body: ToolBody) -> Self {
        Self { body, cache: None, ext: Ext::default() }
    }
}
