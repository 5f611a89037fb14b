//! Fills in what a file only refers to: `os.environ/NAME` is an environment variable, `os.file/PATH` the content
//! of a file. `environment_variables` of the file itself win over those of the process.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::files::Files;
use super::path::KeyPath;
use super::report::{Diagnostic, Report};
use super::source::Span;
use super::yaml::{Entry, Node, Value};

/// The section whose entries are environment variables.
const SECTION: &str = "environment_variables";

/// Variables that belong to the process; LiteLLM lets no file change them either.
const OF_THE_PROCESS: &[&str] = &[
    "PATH",
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_INSERT_LIBRARIES",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "PYTHONHOME",
    "HOME",
    "USER",
    "SHELL",
    "LOGNAME",
    "NO_PROXY",
    "no_proxy",
];

/// Answers for the environment of the process.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The environment variables that a file sets. They win over those of the process, and are seen by the gateway
/// alone.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// The value of a variable: of the file, else of the process.
    pub fn get(&self, name: &str, process: Env<'_>) -> Option<String> {
        self.0.get(name).cloned().or_else(|| process(name))
    }
}

impl JsonSchema for Variables {
    fn schema_name() -> Cow<'static, str> {
        "Variables".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": { "type": ["string", "number", "boolean"] } })
    }
}

/// Prints names only.
impl std::fmt::Debug for Variables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Replaces every reference by what it refers to. What cannot be resolved is reported and becomes broken.
pub(crate) fn resolve(
    root: &mut Node,
    process: Env<'_>,
    files: &mut Files,
    report: &mut Report,
) -> Variables {
    let mut resolver = Resolver { process, variables: Variables::default(), files, report };
    let Value::Map(entries) = &mut root.value else { return resolver.variables };
    if let Some(section) = entries.iter_mut().find(|entry| entry.key == SECTION) {
        resolver.node(&mut section.value, &KeyPath::Root.key(SECTION));
        resolver.variables = resolver.variables(&mut section.value);
    }
    for entry in entries.iter_mut().filter(|entry| entry.key != SECTION) {
        resolver.node(&mut entry.value, &KeyPath::Root.key(&entry.key));
    }
    resolver.variables
}

struct Resolver<'a> {
    process: Env<'a>,
    variables: Variables,
    files: &'a mut Files,
    report: &'a mut Report,
}

impl Resolver<'_> {
    /// The variables of the section, whose values become text.
    fn variables(&mut self, section: &mut Node) -> Variables {
        let Value::Map(entries) = &mut section.value else { return Variables::default() };
        entries.retain(|entry| self.may_change(entry));
        let mut variables = BTreeMap::new();
        for entry in entries {
            if let Some(text) = as_variable(&entry.value.value) {
                variables.insert(entry.key.clone(), text.clone());
                entry.value.value = Value::Text(text);
            }
        }
        Variables(variables)
    }

    fn may_change(&mut self, entry: &Entry) -> bool {
        let of_the_process = OF_THE_PROCESS.contains(&entry.key.as_str());
        if of_the_process {
            let title = format!("`{}` cannot be changed by a file", entry.key);
            self.report.add(Diagnostic::warning(title).at(entry.span, "this has no effect"));
        }
        !of_the_process
    }

    fn node(&mut self, node: &mut Node, path: &KeyPath<'_>) {
        match &mut node.value {
            Value::List(items) => {
                items.iter_mut().enumerate().for_each(|(index, item)| self.node(item, &path.item(index)));
            }
            // A `_ref` is followed by whoever uses it.
            Value::Map(entries) => entries
                .iter_mut()
                .filter(|entry| !entry.key.ends_with("_ref"))
                .for_each(|entry| self.node(&mut entry.value, &path.key(&entry.key))),
            Value::Text(text) => {
                let found = match (text.strip_prefix("os.environ/"), text.strip_prefix("os.file/")) {
                    (Some(name), _) => self.environment(name, node.span, path),
                    (_, Some(name)) => self.file(name, node.span, path),
                    (None, None) => return,
                };
                node.value = found.map_or(Value::Broken, Value::Text);
            }
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Date(_)
            | Value::Broken => {}
        }
    }

    fn environment(&mut self, name: &str, span: Span, path: &KeyPath<'_>) -> Option<String> {
        let found = self.variables.get(name, self.process);
        if found.is_none() {
            let title = format!("the environment variable `{name}` is not set");
            let missing = Diagnostic::new(path.severity(), title).at(span, format!("`{path}` needs it"));
            self.report.add(missing.help("set it, or write it into `environment_variables`"));
        }
        found
    }

    /// The content of a file without the line end that editors leave. A relative path starts where the
    /// configuration lies.
    fn file(&mut self, name: &str, span: Span, path: &KeyPath<'_>) -> Option<String> {
        let folder = self.report.sources.path(span).parent().map(PathBuf::from).unwrap_or_default();
        let file = folder.join(name);
        self.files.note(&file);
        match fs::read_to_string(&file) {
            Ok(content) => Some(content.trim_end_matches(['\n', '\r']).to_owned()),
            Err(error) => {
                let title = format!("cannot read {}: {error}", file.display());
                self.report
                    .add(Diagnostic::new(path.severity(), title).at(span, format!("`{path}` needs it")));
                None
            }
        }
    }
}

/// The text that PyYAML and Python's `str` make of a scalar, which is what LiteLLM puts into the environment.
fn as_variable(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) | Value::Date(text) => Some(text.clone()),
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        Value::Int(number) => Some(number.to_string()),
        Value::Float(number) => Some(format!("{number:?}")),
        Value::Null | Value::List(_) | Value::Map(_) | Value::Broken => None,
    }
}
