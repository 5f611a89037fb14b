//! Values that must not be shown: the type that holds them, and how they are recognised in a text.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::source::{FileId, Sources};
use super::yaml::{Entry, Node, Value};

/// A key, a password, an address with a password in it. Prints `***`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A secret value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for whoever it is meant for.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "password" })
    }
}

/// The section all of whose values may be secrets.
const SECRET_SECTION: &str = "environment_variables";

/// How the names of secrets end.
const SECRET_ENDINGS: &[&str] =
    &["key", "keys", "token", "secret", "password", "credentials", "authorization", "auth_value", "salt"];

/// Puts stars over every secret of a file that was understood.
pub(crate) fn hide(sources: &mut Sources, root: &Node) {
    root.entries().iter().for_each(|entry| hide_entry(sources, entry));
}

/// Puts stars over every secret of a single entry.
pub(crate) fn hide_entry(sources: &mut Sources, entry: &Entry) {
    hide_below(sources, &entry.value, is_secret(&entry.key) || entry.key == SECRET_SECTION);
}

/// Puts stars over what follows a secret's name in a file that was not understood: the rest of the line, and the
/// lines below that are indented more.
pub(crate) fn hide_by_line(sources: &mut Sources, file: FileId, text: &str) {
    let mut above: Option<usize> = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let secret = match above {
            Some(outer) if line.trim().is_empty() || indent > outer => Some(0..line.len()),
            _ => value_of_secret(line),
        };
        above = secret.as_ref().map(|_| above.filter(|outer| indent > *outer).unwrap_or(indent));
        if let Some(Range { start: from, end }) = secret {
            sources.hide(file.span(&(start + from..start + end)));
        }
        start += line.len();
    }
}

/// Whether a value of this name is not to be shown.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Where a line holds a secret: what follows the first name that has one, to the end of the line.
fn value_of_secret(line: &str) -> Option<Range<usize>> {
    let mut names = line.match_indices(':').map(|(colon, _)| {
        let name = line[..colon].trim_end_matches(['"', '\'']).rsplit([' ', '{', ',', '"', '\'']).next();
        (colon, name.unwrap_or_default())
    });
    let (colon, _) = names.find(|(_, name)| is_secret(name))?;
    Some(colon + 1..line.len())
}

fn hide_below(sources: &mut Sources, node: &Node, secret: bool) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| hide_below(sources, item, secret)),
        Value::Map(entries) if secret => {
            entries.iter().for_each(|entry| hide_below(sources, &entry.value, true));
        }
        Value::Map(entries) => entries.iter().for_each(|entry| hide_entry(sources, entry)),
        Value::Text(text) if is_reference(text) => {}
        Value::Text(text) if secret || holds_password(text) => sources.hide(node.span),
        Value::Int(_) | Value::Float(_) | Value::Date(_) if secret => sources.hide(node.span),
        Value::Text(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Date(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Broken => {}
    }
}

/// Whether the text only says where the value is.
fn is_reference(text: &str) -> bool {
    text.starts_with("os.environ/") || text.starts_with("os.file/")
}

/// Whether the text is a secret whatever its name: an address with a password, something in the shape of a key, or
/// a secret whose name has no space behind its colon.
fn holds_password(text: &str) -> bool {
    let user = text.split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next()?.rsplit_once('@'));
    let is_address = user.is_some_and(|(user, _)| user.contains(':'));
    let is_key = text.split_whitespace().any(|word| word.starts_with("sk-"));
    is_address || is_key || text.split_once(':').is_some_and(|(name, _)| is_secret(name))
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::config::report::Report;
    use crate::config::yaml;

    fn shown(text: &str) -> String {
        let mut report = Report::default();
        let file = report.sources.add(Path::new("config.yaml"), &Arc::from(text));
        match yaml::parse(file, text, &mut report) {
            Some(root) => hide(&mut report.sources, &root),
            None => hide_by_line(&mut report.sources, file, text),
        }
        report.sources.shown(file.span(&(0..text.len()))).to_owned()
    }

    #[test]
    fn a_secret_prints_stars() {
        let secret = Secret::new("sk-1234");
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
        assert_eq!(secret.reveal(), "sk-1234");
    }

    #[test]
    fn secrets_are_hidden_by_their_names_wherever_they_lie() {
        assert_eq!(shown("a: {api_key: abc, rpm: lots}"), "a: {api_key: ***, rpm: lots}");
        assert_eq!(shown("a:\n  keys:\n    - one\n    - two"), "a:\n  keys:\n    - ***\n    - ***");
        assert_eq!(shown("environment_variables:\n  A: b"), "environment_variables:\n  A: *");
    }

    #[test]
    fn a_secret_that_does_not_count_is_hidden_too() {
        assert_eq!(shown("api_key: abc\napi_key: def"), "api_key: ***\napi_key: ***");
    }

    #[test]
    fn secrets_are_hidden_by_their_shape() {
        assert_eq!(shown("a: redis://me:pw@host"), "a: ******************");
        assert_eq!(shown("a: https://host/x@y"), "a: https://host/x@y");
        assert_eq!(shown("a: master_key sk-12"), "a: ****************");
        assert_eq!(shown("a:\n  api_key:abc"), "a:\n  ***********");
    }

    #[test]
    fn a_reference_is_no_secret() {
        assert_eq!(shown("api_key: os.environ/KEY"), "api_key: os.environ/KEY");
    }

    #[test]
    fn secrets_are_hidden_in_a_file_that_is_not_yaml() {
        assert_eq!(shown("a: 1\napi_key: \"abc\nb: [\n"), "a: 1\napi_key:*****\nb: [\n");
        assert_eq!(shown("pem_key: |\n  one\n  two\nb: ["), "pem_key:**\n*****\n*****\nb: [");
    }
}
