//! Holds a file against the declaration: reports whatever does not fit, brings values into the declared type where
//! LiteLLM would, and removes what cannot be used, so that the rest can be read.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::path::KeyPath;
use super::report::{Diagnostic, Report};
use super::rule::{Rule, Support, Type};
use super::shape::{one_of, wanted_instead_of};
use super::source::Span;
use super::spelling;
use super::yaml::{Entry, Node, Value};

/// Holds a file against the declaration. `accepted` names the protecting settings that may stay without effect.
pub(crate) fn conform(root: &mut Node, file: Rule<'_>, accepted: &[String], report: &mut Report) {
    let mut conform = Conform { file, accepted, said: HashMap::new(), report };
    conform.value(root, file, &KeyPath::Root);
}

struct Conform<'a> {
    file: Rule<'a>,
    accepted: &'a [String],
    /// Which finding already tells that a setting has no effect.
    said: HashMap<String, usize>,
    report: &'a mut Report,
}

/// What becomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Kept,
    /// It says nothing that could be read.
    Dropped,
    Broken,
}

impl<'a> Conform<'a> {
    /// Brings a value into the declared type. Whether it can be used.
    fn value(&mut self, node: &mut Node, rule: Rule<'a>, path: &KeyPath<'_>) -> bool {
        if rule.is_open() {
            return self.anything(node, path);
        }
        let ways: Vec<Way<'a>> = rule.alternatives().into_iter().flat_map(Way::all).collect();
        let fitting: Vec<Way<'a>> = ways.iter().copied().filter(|way| is_of(&node.value, way.kind)).collect();
        match fitting.as_slice() {
            _ if node.value == Value::Broken => false,
            [] => self.convert(node, &ways, path),
            [only] => self.typed(node, *only, path),
            several => self.first_that_fits(node, several, path),
        }
    }

    /// Values that the declaration says nothing about go on as they are, if JSON can say them.
    fn anything(&mut self, node: &Node, path: &KeyPath<'_>) -> bool {
        match &node.value {
            Value::Broken => false,
            Value::Float(number) if !number.is_finite() => {
                let title = format!("`{path}` must be a number that JSON can say");
                self.report.add(Diagnostic::new(path.severity(), title).at(node.span, "this is none"));
                false
            }
            // Everything is looked at, so that all mistakes are told.
            Value::List(items) => {
                let bad =
                    items.iter().enumerate().filter(|(index, item)| !self.anything(item, &path.item(*index)));
                bad.count() == 0
            }
            Value::Map(entries) => {
                let bad = entries.iter().filter(|entry| !self.anything(&entry.value, &path.key(&entry.key)));
                bad.count() == 0
            }
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Date(_)
            | Value::Text(_) => true,
        }
    }

    /// Tries the ways in turn; when none is without mistakes, those of the first one are told.
    fn first_that_fits(&mut self, node: &mut Node, ways: &[Way<'a>], path: &KeyPath<'_>) -> bool {
        let untouched = node.clone();
        for way in ways {
            let (found, errors) = (self.report.len(), self.report.errors());
            if self.typed(node, *way, path) && self.report.errors() == errors {
                return true;
            }
            self.report.truncate(found);
            self.said.retain(|_, index| *index < found);
            node.clone_from(&untouched);
        }
        self.typed(node, ways[0], path)
    }

    /// Takes a value of another type where it says the same: `"1e-6"` for a number, `1.10` for a text.
    fn convert(&mut self, node: &mut Node, ways: &[Way<'a>], path: &KeyPath<'_>) -> bool {
        let found = ways.iter().find_map(|way| Some((*way, converted(node, way.kind, self.report)?)));
        let Some((way, value)) = found else {
            self.report.add(mismatch(node, ways, path));
            return false;
        };
        node.value = value;
        if way.kind == Type::Text {
            let advice = Diagnostic::warning(format!("`{path}` is a text: write it in quotes"));
            self.report.add(advice.at(node.span, "YAML reads something else here"));
        }
        self.typed(node, way, path)
    }

    /// Looks into a value of the right type.
    fn typed(&mut self, node: &mut Node, way: Way<'a>, path: &KeyPath<'_>) -> bool {
        let span = node.span;
        match &mut node.value {
            Value::Map(entries) => self.map(entries, span, way.rule, path),
            Value::List(items) => {
                self.list(items, way.rule, path);
                true
            }
            Value::Text(text) => self.text(text, span, way.rule, path),
            Value::Int(number) => self.bounded(*number as f64, span, way, path),
            Value::Float(number) => self.bounded(*number, span, way, path),
            Value::Null | Value::Bool(_) | Value::Date(_) | Value::Broken => true,
        }
    }

    fn list(&mut self, items: &mut Vec<Node>, rule: Rule<'a>, path: &KeyPath<'_>) {
        let Some(rule) = rule.item() else { return };
        let all = std::mem::take(items).into_iter().enumerate();
        *items = all
            .filter_map(|(index, mut item)| self.value(&mut item, rule, &path.item(index)).then_some(item))
            .collect();
    }

    fn text(&mut self, text: &str, span: Span, rule: Rule<'a>, path: &KeyPath<'_>) -> bool {
        let Some(wanted) = wanted_instead_of(text, rule) else { return true };
        let finding = Diagnostic::new(path.severity(), format!("`{path}` must be {}", wanted.words));
        self.report
            .add(finding.at(span, "this is not").help_if(wanted.meant.map(|meant| did_you_mean(&meant))));
        false
    }

    fn bounded(&mut self, number: f64, span: Span, way: Way<'a>, path: &KeyPath<'_>) -> bool {
        let (least, most) = way.rule.bounds();
        let words = match (least, most) {
            _ if !number.is_finite() => way.kind.words().to_owned(),
            (Some(least), None) if number < least => format!("{least} or more"),
            (None, Some(most)) if number > most => format!("{most} or less"),
            (Some(least), Some(most)) if !(least..=most).contains(&number) => {
                format!("between {least} and {most}")
            }
            _ => return true,
        };
        self.report.add(
            Diagnostic::new(path.severity(), format!("`{path}` must be {words}")).at(span, "this is not"),
        );
        false
    }

    fn map(&mut self, entries: &mut Vec<Entry>, span: Span, rule: Rule<'a>, path: &KeyPath<'_>) -> bool {
        let missing: Vec<&str> = rule.required().filter(|key| !says_something(entries, key)).collect();
        for key in &missing {
            let (place, label) = match entries.iter().find(|entry| entry.key == *key) {
                Some(entry) => (entry.span, "it has no value"),
                None => (span, "it is not among these"),
            };
            let finding = Diagnostic::new(path.severity(), format!("{} needs `{key}`", quoted(path)));
            let meaning = rule.property(key).and_then(Rule::description).and_then(|text| text.lines().next());
            self.report
                .add(finding.at(place, label).help_if(meaning.map(|meaning| format!("`{key}`: {meaning}"))));
        }
        let mut broken = Vec::new();
        entries.retain_mut(|entry| {
            let fate = self.entry(entry, rule, path);
            if fate == Fate::Broken {
                broken.push(entry.key.clone());
            }
            fate == Fate::Kept
        });
        let is_needed = |key: &String| path.in_deployment() || rule.required().any(|needed| needed == key);
        missing.is_empty() && !broken.iter().any(is_needed)
    }

    fn entry(&mut self, entry: &mut Entry, rule: Rule<'a>, path: &KeyPath<'_>) -> Fate {
        let here = path.key(&entry.key);
        let rule = match (rule.property(&entry.key), rule.others()) {
            (Some(_), _) if entry.value.value == Value::Null => return Fate::Dropped,
            (Some(declared), _) => declared,
            (None, Some(others)) if others.is_open() => match near_miss(entry, rule, others, path) {
                Some(slip) => {
                    self.report.add(slip);
                    return if self.anything(&entry.value, &here) { Fate::Kept } else { Fate::Broken };
                }
                None => others,
            },
            (None, Some(others)) => others,
            (None, None) => {
                self.report.add(self.unknown(entry, rule, path));
                return Fate::Dropped;
            }
        };
        self.tell_support(entry, rule, &here);
        if self.value(&mut entry.value, rule, &here) { Fate::Kept } else { Fate::Broken }
    }

    fn unknown(&self, entry: &Entry, rule: Rule<'a>, path: &KeyPath<'_>) -> Diagnostic {
        let meant = spelling::closest(&entry.key, rule.properties().map(|(name, _)| name)).map(str::to_owned);
        let home = || match self.file.home_of(&entry.key)?.as_str() {
            "" => Some(format!("`{}` belongs at the top of the file", entry.key)),
            home => Some(format!("`{}` belongs in `{home}`", entry.key)),
        };
        let help = meant.map(|meant| did_you_mean(&meant)).or_else(home);
        Diagnostic::warning(format!("unknown key `{}` in {}", entry.key, quoted(path)))
            .at(entry.span, "this has no effect")
            .help_if(help)
    }

    fn tell_support(&mut self, entry: &Entry, rule: Rule<'a>, path: &KeyPath<'_>) {
        if rule.support() == Support::Obeyed || is_off(&entry.value.value, rule.default()) {
            return;
        }
        let setting = path.setting();
        if let Some(index) = self.said.get(&setting) {
            return self.report.again(*index);
        }
        let accepted = self.accepted.iter().any(|name| *name == setting || *name == entry.key);
        let label = if let Support::Moot { why } = rule.support() { why } else { "this has no effect" };
        let finding = match rule.support() {
            Support::Moot { .. } => Diagnostic::warning(format!("`{setting}` has no meaning here")),
            Support::Later { protects: true } if !accepted => {
                let title = format!("`{setting}` is a protection that is not supported yet");
                Diagnostic::error(title).help(format!("to start without it: --accept-unsupported={setting}"))
            }
            Support::Later { .. } | Support::Obeyed => {
                Diagnostic::warning(format!("`{setting}` is not supported yet"))
            }
        };
        self.said.insert(setting, self.report.len());
        self.report.add(finding.at(entry.span, label));
    }
}

/// A rule with one of the types that it allows.
#[derive(Debug, Clone, Copy)]
struct Way<'a> {
    rule: Rule<'a>,
    kind: Type,
}

impl<'a> Way<'a> {
    fn all(rule: Rule<'a>) -> impl Iterator<Item = Self> {
        rule.types().into_iter().map(move |kind| Self { rule, kind })
    }

    fn words(self) -> String {
        match self.rule.choices() {
            Some(choices) => one_of(&choices),
            None => self.kind.words().to_owned(),
        }
    }
}

fn is_of(value: &Value, kind: Type) -> bool {
    matches!(
        (kind, value),
        (Type::Text, Value::Text(_))
            | (Type::Integer, Value::Int(_))
            | (Type::Number, Value::Int(_) | Value::Float(_))
            | (Type::Boolean, Value::Bool(_))
            | (Type::List, Value::List(_))
            | (Type::Map, Value::Map(_))
    )
}

/// The value as another type, where no meaning is lost. Pydantic, which reads LiteLLM's settings, takes the same
/// but for texts.
fn converted(node: &Node, kind: Type, report: &Report) -> Option<Value> {
    match (kind, &node.value) {
        (Type::Text, Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Date(_)) => {
            Some(Value::Text(report.sources.text(node.span).to_owned()))
        }
        (Type::Integer, Value::Float(number)) if number.fract() == 0.0 && number.abs() < 1e15 => {
            Some(Value::Int(*number as i128))
        }
        (Type::Integer, Value::Text(text)) => text.trim().parse().ok().map(Value::Int),
        (Type::Number, Value::Text(text)) => {
            text.trim().parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float)
        }
        (Type::Boolean, Value::Text(text)) => truth(text).map(Value::Bool),
        (Type::Boolean, Value::Int(number @ (0 | 1))) => Some(Value::Bool(*number == 1)),
        _ => None,
    }
}

fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" | "t" | "y" => Some(true),
        "false" | "no" | "off" | "0" | "f" | "n" => Some(false),
        _ => None,
    }
}

fn mismatch(node: &Node, ways: &[Way<'_>], path: &KeyPath<'_>) -> Diagnostic {
    let words: Vec<String> = ways.iter().map(|way| way.words()).collect();
    let found = match &node.value {
        Value::Null => "nothing stands here",
        Value::Bool(_) => "this is true or false",
        Value::Int(_) | Value::Float(_) => "this is a number",
        Value::Date(_) => "this is a date",
        Value::Text(_) => "this is a text",
        Value::List(_) => "this is a list",
        Value::Map(_) => "this is a mapping",
        Value::Broken => "this cannot be read",
    };
    let wants = |kind| ways.iter().any(|way| way.kind == kind);
    let help = match &node.value {
        Value::Text(text) if wants(Type::Map) && text.contains(':') => {
            Some("a colon needs a space behind it")
        }
        Value::List(_) if wants(Type::Map) => Some("leave out the dashes"),
        Value::Map(_) if wants(Type::List) => Some("put `- ` in front of each of its values"),
        Value::Text(_) if wants(Type::List) => Some("put it in brackets: `[…]`"),
        _ => None,
    };
    let title = format!("{} must be {}", quoted(path), words.join(" or "));
    Diagnostic::new(path.severity(), title).at(node.span, found).help_if(help.map(str::to_owned))
}

/// A free name that looks like a declared one.
fn near_miss(entry: &Entry, rule: Rule<'_>, others: Rule<'_>, path: &KeyPath<'_>) -> Option<Diagnostic> {
    let name = spelling::near_miss(&entry.key, rule.properties().map(|(name, _)| name))?;
    let title = format!("`{}` in `{path}` looks like `{name}`", entry.key);
    let label = match others.support() {
        Support::Obeyed => "this goes on under the name that stands here",
        Support::Later { .. } | Support::Moot { .. } => "this has no effect",
    };
    Some(Diagnostic::warning(title).at(entry.span, label).help(did_you_mean(name)))
}

fn says_something(entries: &[Entry], key: &str) -> bool {
    entries.iter().any(|entry| entry.key == key && entry.value.value != Value::Null)
}

/// Whether a setting is switched off, so that it makes no difference whether it is supported.
fn is_off(value: &Value, default: Option<&Json>) -> bool {
    let off = match value {
        Value::Null | Value::Bool(false) => true,
        Value::Text(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        Value::Bool(true) | Value::Int(_) | Value::Float(_) | Value::Date(_) | Value::Broken => false,
    };
    off && default != Some(&Json::Bool(true))
}

fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}

fn quoted(path: &KeyPath<'_>) -> String {
    match path {
        KeyPath::Root => path.to_string(),
        _ => format!("`{path}`"),
    }
}
