//! Reads YAML into a tree in which every value knows its place, the way PyYAML understands it.
//!
//! This is the only module that knows the YAML parser. It takes the parser's events rather than a serde reading,
//! because the unquoted text, its place, and what comes after a mistake all matter here.

mod plain;

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, StrInput, Tag};
use serde_json::{Number, Value as Json};

use super::report::{Diagnostic, Report};
use super::secret;
use super::source::{FileId, Span};

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) span: Span,
}

/// What a file can say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    /// An unquoted date; the text of it.
    Date(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// A value with a mistake that has been reported.
    Broken,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// Where the key stands.
    pub(crate) span: Span,
    pub(crate) value: Node,
}

/// How deep values may lie in each other.
const MAX_DEPTH: usize = 64;

/// How many values a file may hold once its aliases are followed.
const MAX_NODES: usize = 1_000_000;

/// Reads one document. `None` when it is not YAML; the report says why.
pub(crate) fn parse(file: FileId, text: &str, report: &mut Report) -> Option<Node> {
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let parser = Parser::new_from_str_with_options(text, options);
    let mut builder = Builder { parser, file, text, anchors: HashMap::new(), nodes: 0, report };
    match builder.document() {
        Ok(node) => Some(node),
        Err(stop) => {
            report.add(*stop);
            None
        }
    }
}

/// A reason to read no further.
type Stop = Box<Diagnostic>;

struct Builder<'a> {
    parser: Parser<'a, StrInput<'a>>,
    file: FileId,
    text: &'a str,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    report: &'a mut Report,
}

impl<'a> Builder<'a> {
    fn document(&mut self) -> Result<Node, Stop> {
        let empty = Node { value: Value::Null, span: self.file.span(&(0..0)) };
        let mut found = None;
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentEnd, _) => {}
                (Event::StreamEnd, _) => return Ok(found.unwrap_or(empty)),
                (Event::DocumentStart(..), span) if found.is_some() => {
                    let title = "a configuration is one YAML document";
                    return Err(Diagnostic::error(title).at(span, "here a second one starts").into());
                }
                (Event::DocumentStart(..), _) => {
                    let (event, span) = self.next()?;
                    found = Some(self.node(event, span)?);
                }
                (event, span) => return Err(self.unexpected(&event, span)),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span) -> Result<Node, Stop> {
        self.count(1, span)?;
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = self.scalar(&text, style, tag.as_deref(), span);
                (Node { value, span }, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), "seq", span);
                (self.list(span)?, anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), "map", span);
                (self.map(span)?, anchor)
            }
            Event::Alias(id) => (self.alias(id, span)?, 0),
            Event::UnresolvedAlias(name) => {
                let title = format!("no value before this line is marked with `&{name}`");
                self.report.add(Diagnostic::error(title).at(span, "this refers to nothing"));
                (Node { value: Value::Broken, span }, 0)
            }
            event => return Err(self.unexpected(&event, span)),
        };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Value {
        let quoted = style != ScalarStyle::Plain;
        let Some(tag) = tag else {
            return if quoted { Value::Text(text.to_owned()) } else { plain::read(text) };
        };
        if tag.original() == "!" {
            return plain::read(text);
        }
        let value = match tag.core_suffix() {
            Some("str") => return Value::Text(text.to_owned()),
            Some("int" | "float" | "bool" | "null" | "timestamp") => plain::read(text),
            _ => Value::Broken,
        };
        let agrees = matches!(
            (tag.core_suffix(), &value),
            (Some("int"), Value::Int(_))
                | (Some("float"), Value::Int(_) | Value::Float(_))
                | (Some("bool"), Value::Bool(_))
                | (Some("null"), Value::Null)
                | (Some("timestamp"), Value::Date(_))
        );
        if agrees {
            return value;
        }
        self.report.add(wrong_tag(tag, span));
        Value::Broken
    }

    fn refuse_tag(&mut self, tag: Option<&Tag>, fitting: &str, span: Span) {
        if let Some(tag) = tag.filter(|tag| tag.core_suffix() != Some(fitting)) {
            self.report.add(wrong_tag(tag, span));
        }
    }

    fn list(&mut self, start: Span) -> Result<Node, Stop> {
        let mut items: Vec<Node> = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, end) => {
                    return Ok(Node { value: Value::List(items), span: start.to(end) });
                }
                (event, span) => items.push(self.node(event, span)?),
            }
        }
    }

    fn map(&mut self, start: Span) -> Result<Node, Stop> {
        let mut merged = Vec::new();
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (event, span) = match self.next()? {
                (Event::MappingEnd, end) => {
                    let value = Value::Map(over(merged, entries));
                    return Ok(Node { value, span: start.to(end) });
                }
                key => key,
            };
            let is_merge = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.key(event, span)?;
            let (event, at) = self.next()?;
            let value = self.node(event, at)?;
            match key {
                _ if is_merge => merged = over(merged, self.merge(value)),
                Some(key) => self.put(&mut entries, Entry { key, span, value }),
                None => {}
            }
        }
    }

    /// A key's text as it is written; PyYAML would make a number of `1` and a truth of `on`, and no key of ours
    /// is either.
    fn key(&mut self, event: Event<'a>, span: Span) -> Result<Option<String>, Stop> {
        if let Event::Scalar(text, ..) = event {
            return Ok(Some(text.into_owned()));
        }
        let node = self.node(event, span)?;
        if let Value::Text(text) = node.value {
            return Ok(Some(text));
        }
        self.report.add(Diagnostic::error("a key is a word, not a list or a mapping").at(span, ""));
        Ok(None)
    }

    /// Of two values for one key the last one counts, in PyYAML too, but nobody means to write it.
    fn put(&mut self, entries: &mut Vec<Entry>, entry: Entry) {
        if let Some(first) = entries.iter().find(|known| known.key == entry.key) {
            secret::hide_entry(&mut self.report.sources, first);
            let title = format!("`{}` is given twice", entry.key);
            let twice = Diagnostic::warning(title)
                .at(entry.span, "this one counts")
                .also(first.span, "this one does not");
            self.report.add(twice);
        }
        set(entries, entry);
    }

    /// What `<<` brings: a mapping, or several of which the first one wins.
    fn merge(&mut self, node: Node) -> Vec<Entry> {
        match node.value {
            Value::Map(entries) => entries,
            Value::List(items) => {
                items.into_iter().rev().fold(Vec::new(), |merged, item| over(merged, self.merge(item)))
            }
            Value::Broken => Vec::new(),
            _ => {
                let title = "`<<` merges a mapping or a list of mappings";
                self.report.add(Diagnostic::error(title).at(node.span, "this is neither"));
                Vec::new()
            }
        }
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<Node, Stop> {
        match self.anchors.get(&id).cloned() {
            Some(node) => {
                self.count(node.size(), span)?;
                Ok(node)
            }
            None => Err(Diagnostic::error("a value cannot contain itself")
                .at(span, "this is inside of what it names")
                .into()),
        }
    }

    fn count(&mut self, more: usize, span: Span) -> Result<(), Stop> {
        self.nodes += more;
        match self.nodes > MAX_NODES {
            true => {
                Err(Diagnostic::error(format!("more than {MAX_NODES} values")).at(span, "up to here").into())
            }
            false => Ok(()),
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Stop> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => Ok((event, self.file.span(&span.byte_range().unwrap_or_default()))),
            Some(Err(error)) => Err(self.not_yaml(&error)),
            None => Err(Diagnostic::error("the file ends too early").into()),
        }
    }

    fn not_yaml(&self, error: &ScanError) -> Stop {
        let at = error.marker().byte_offset().unwrap_or(self.text.len()).min(self.text.len());
        let start = self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let line = self.text[start..].lines().next().unwrap_or_default();
        let line_before = self.text[..start].lines().next_back().unwrap_or_default();
        let width = self.text[at..].chars().next().filter(|next| *next != '\n').map_or(0, char::len_utf8);
        let place = self.file.span(&(at..at + width));
        let finding = Diagnostic::error("this is not YAML").at(place, error.info());
        finding.help_if(hint(line, line_before).map(str::to_owned)).into()
    }

    fn unexpected(&self, event: &Event<'_>, span: Span) -> Stop {
        Diagnostic::error(format!("this is not YAML: {event:?} is out of place")).at(span, "").into()
    }
}

/// What usually is the reason when a line is not YAML.
fn hint(line: &str, line_before: &str) -> Option<&'static str> {
    let indent = &line[..line.len() - line.trim_start().len()];
    let value = line.split_once(": ").map_or("", |(_, value)| value.trim_start());
    let is_bare = !value.starts_with(['"', '\'', '{', '[']);
    let is_open =
        |open: char, close: char| line_before.matches(open).count() > line_before.matches(close).count();
    if indent.contains('\t') {
        Some("YAML is indented with spaces: replace the tab")
    } else if is_bare && value.contains(": ") {
        Some("a text with a colon and a space in it needs quotes")
    } else if is_open('[', ']') || is_open('{', '}') {
        Some("a bracket in the line before is not closed")
    } else if line_before.matches('"').count() % 2 == 1 || line_before.matches('\'').count() % 2 == 1 {
        Some("a quote in the line before is not closed")
    } else {
        None
    }
}

fn wrong_tag(tag: &Tag, span: Span) -> Diagnostic {
    Diagnostic::error(format!("the tag `{}` does not fit", tag.original()))
        .at(span, "to this value")
        .help("leave the tag out")
}

/// Adds the later entries to the earlier ones; of two values for one key the later one counts.
fn over(mut earlier: Vec<Entry>, later: Vec<Entry>) -> Vec<Entry> {
    later.into_iter().for_each(|entry| set(&mut earlier, entry));
    earlier
}

fn set(entries: &mut Vec<Entry>, entry: Entry) {
    match entries.iter_mut().find(|known| known.key == entry.key) {
        Some(known) => *known = entry,
        None => entries.push(entry),
    }
}

impl Node {
    /// How many values this is.
    fn size(&self) -> usize {
        match &self.value {
            Value::List(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            Value::Map(entries) => 1 + entries.iter().map(|entry| entry.value.size()).sum::<usize>(),
            _ => 1,
        }
    }

    /// The entry under a key of a mapping.
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The values of a list; none where it is something else.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of a mapping; none where it is something else.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The same for serde. Whole numbers that JSON's 64 bits cannot hold become broken ones.
    pub(crate) fn to_json(&self) -> Json {
        match &self.value {
            Value::Null | Value::Broken => Json::Null,
            Value::Bool(truth) => Json::Bool(*truth),
            Value::Int(number) => {
                Number::from_i128(*number).map_or_else(|| Json::from(*number as f64), Json::Number)
            }
            Value::Float(number) => Json::from(*number),
            Value::Date(text) | Value::Text(text) => Json::String(text.clone()),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(entries) => {
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    /// The value of a text, and everything that is wrong with it.
    fn read(text: &str) -> (Json, String) {
        let mut report = Report::default();
        let file = report.sources.add(Path::new("config.yaml"), &Arc::from(text));
        let value = parse(file, text, &mut report).map_or(Json::Null, |root| root.to_json());
        (value, report.render(false))
    }

    fn value(text: &str) -> Json {
        let (value, report) = read(text);
        assert_eq!(report, "");
        value
    }

    // What is expected here is what PyYAML 6.0.3 makes of the same text.

    #[test]
    fn unquoted_scalars_are_read_as_pyyaml_reads_them_and_quoted_ones_are_texts() {
        assert_eq!(
            value("{a: 010, b: 12:30, c: 1e-6, d: yes, e: 1_000, f: '010', g: \"yes\", h: ~}"),
            json!({ "a": 8, "b": 750, "c": "1e-6", "d": true, "e": 1000, "f": "010", "g": "yes", "h": null })
        );
    }

    #[test]
    fn block_scalars_keep_their_lines() {
        assert_eq!(value("a: |\n  1\n  2\nb: >-\n  1\n  2\n"), json!({ "a": "1\n2\n", "b": "1 2" }));
    }

    #[test]
    fn an_alias_stands_for_what_its_anchor_marks() {
        assert_eq!(value("a: &x {b: 1}\nc: *x"), json!({ "a": { "b": 1 }, "c": { "b": 1 } }));
    }

    #[test]
    fn a_merge_gives_way_to_what_is_said_beside_it_and_the_first_of_several_wins() {
        assert_eq!(value("x: &x {a: 1, b: 1}\ny: {<<: *x, b: 2}")["y"], json!({ "a": 1, "b": 2 }));
        let several = "x: &x {a: 1}\ny: &y {a: 2, b: 2}\nz: {<<: [*x, *y], c: 3}";
        assert_eq!(value(several)["z"], json!({ "a": 1, "b": 2, "c": 3 }));
        assert_eq!(value("{'<<': {a: 1}}"), json!({ "<<": { "a": 1 } }));
    }

    #[test]
    fn of_two_values_for_one_key_the_last_counts_and_is_told() {
        let (value, report) = read("a: 1\nb: 2\na: 3");
        assert_eq!(value, json!({ "a": 3, "b": 2 }));
        assert!(report.starts_with("warning: `a` is given twice\n --> config.yaml:3:1"), "{report}");
    }

    #[test]
    fn tags_of_yaml_decide_what_a_scalar_is() {
        assert_eq!(
            value("{a: !!str 010, b: !!int '7', c: !!float 1, d: ! 5}"),
            json!({ "a": "010", "b": 7, "c": 1, "d": 5 })
        );
        assert!(read("a: !!python/object:os.system {}").1.contains("does not fit"));
    }

    /// PyYAML would make a number, a truth and a number of these, which then are no key of any setting.
    #[test]
    fn a_key_is_the_text_that_stands_there() {
        assert_eq!(value("{1: a, on: b, 010: c}"), json!({ "1": "a", "on": "b", "010": "c" }));
    }

    #[test]
    fn aliases_cannot_make_a_small_file_large() {
        let lines = (1..30).map(|line| format!("a{line}: &a{line} [*a{0}, *a{0}, *a{0}]\n", line - 1));
        let text = format!("a0: &a0 [x, x, x]\n{}", lines.collect::<String>());
        assert!(read(&text).1.contains("more than 1000000 values"));
    }

    #[test]
    fn a_value_cannot_contain_itself_or_lie_too_deep() {
        assert!(read("a: &a [*a]").1.contains("a value cannot contain itself"));
        assert!(read(&"[".repeat(1000)).1.contains("this is not YAML"));
    }

    #[test]
    fn places_are_right_behind_letters_of_several_bytes() {
        let (_, report) = read("ä: ü\nb: 1\nb: 2");
        assert!(report.contains("config.yaml:3:1"), "{report}");
    }
}
