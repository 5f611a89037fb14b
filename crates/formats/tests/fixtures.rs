//! The recorded and composed bytes of every format, found by the format's name: those of `openai-chat` lie in
//! `src/openai/chat/fixtures`, in a folder for each kind.

use std::fs;
use std::path::{Path, PathBuf};

use ferrolite_types::FormatId;

/// What a fixture holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A client's request.
    Request,
    /// A provider's whole answer.
    Response,
    /// A provider's streamed answer; it folds to the response of the same name, where there is one.
    Stream,
    /// A provider's refusal: `status`, `headers` and `body`, a text where it is not JSON.
    Error,
}

impl Kind {
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Stream => "stream",
            Self::Error => "error",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Request | Self::Response | Self::Error => "json",
            Self::Stream => "sse",
        }
    }
}

/// One fixture.
#[derive(Debug, Clone)]
pub(crate) struct Fixture {
    pub(crate) format: FormatId,
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Fixture {
    /// `openai-chat/request/tools`
    pub(crate) fn id(&self) -> String {
        format!("{}/{}/{}", self.format, self.kind.folder(), self.name)
    }

    /// The text as a tree.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{} is not JSON: {error}", self.id()))
    }
}

/// The folder of a format's fixtures.
pub(crate) fn folder(format: FormatId) -> PathBuf {
    let rooms = format.0.replacen('-', "/", 1).replace('-', "_");
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(rooms).join("fixtures")
}

/// The fixtures of one kind of a format, by name.
pub(crate) fn of(format: FormatId, kind: Kind) -> Vec<Fixture> {
    let Ok(entries) = fs::read_dir(folder(format).join(kind.folder())) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("a folder can be listed").path());
    let mut fixtures: Vec<Fixture> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == kind.extension()))
        .map(|path| read(format, kind, &path))
        .collect();
    fixtures.sort_by(|a, b| a.name.cmp(&b.name));
    fixtures
}

fn read(format: FormatId, kind: Kind, path: &Path) -> Fixture {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
    Fixture { format, kind, name, text }
}

/// The fixture of this name, where there is one.
pub(crate) fn named(format: FormatId, kind: Kind, name: &str) -> Option<Fixture> {
    of(format, kind).into_iter().find(|fixture| fixture.name == name)
}
