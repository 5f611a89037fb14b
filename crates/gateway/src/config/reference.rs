//! `docs/reference/config.md`, written from the declaration.

use std::fmt::Write as _;
use std::ptr;

use super::rule::{Rule, Support, Type};
use super::schema;

const OPENING: &str = "\
<!-- Made from the structs in crates/gateway/src/config. Do not edit. -->

# config.yaml

Ferrolite reads LiteLLM's `config.yaml`: the same keys with the same meaning. `ferrolite check config.yaml` tells what
is wrong with a file, without starting anything; `schema/config.json` lets an editor complete and check it.

**How far a key is obeyed** stands in the column *Now*:

| Now | What happens |
| --- | --- |
| yes | it is obeyed |
| not yet | a warning says that it has no effect |
| protects | it has no effect yet and keeps something out, so that the gateway does not start with it, unless it is told to: `--accept-unsupported=<key>` |
| moot | it can have no effect here; a warning says why |

A key that is unknown is a warning with a suggestion. `--strict` makes errors of warnings. A deployment with a mistake
is left out while the others are served; `--strict` refuses it too.

**References.** Any text may be `os.environ/NAME`, an environment variable, or `os.file/PATH`, the content of a file
without the line end after it: `os.file//run/secrets/openai` or, from the folder of the configuration,
`os.file/secrets/openai`. A reference that leads nowhere is an error. Variables under `environment_variables` win over
those of the process.

**Includes.** `include: [models.yaml]` reads more files, beside the one that names them. Their lists are appended to
those of the same name; everything else in them replaces what was said before.

**YAML** is read as PyYAML reads it: `yes` and `on` are true, `010` is 8, `12:30` is 750, `1e-6` is a text, which is
taken where a number is wanted. Of two values for one key the last one counts, and a warning says so.

**Reload.** A changed file, or SIGHUP, takes effect without a restart. A file with errors is refused, and the gateway
goes on with what it had.
";

/// The page.
pub fn page() -> String {
    let mut page = Page { text: OPENING.to_owned(), written: Vec::new() };
    page.section("The file", Rule::of_file(schema::internal()), "");
    page.text
}

struct Page<'s> {
    text: String,
    /// The structs that have their table already.
    written: Vec<Rule<'s>>,
}

impl<'s> Page<'s> {
    fn section(&mut self, title: &str, rule: Rule<'s>, path: &str) {
        if self.written.iter().any(|known| known.is(rule)) {
            return;
        }
        self.written.push(rule);
        let _ = writeln!(self.text, "\n## {title}\n");
        if let Some(meaning) = rule.description() {
            let _ = writeln!(self.text, "{}\n", one_line(meaning));
        }
        self.table(rule);
        for (key, property) in rule.properties() {
            self.below(property, &if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") });
        }
    }

    /// The sections of the structs that a value may be or hold.
    fn below(&mut self, rule: Rule<'s>, path: &str) {
        for rule in rule.alternatives() {
            if rule.properties().next().is_some() {
                self.section(&format!("`{path}`"), rule, path);
            }
            if let Some(item) = rule.item() {
                self.below(item, &format!("{path}[]"));
            }
            if let Some(others) = rule.others() {
                self.below(others, &format!("{path}.*"));
            }
        }
    }

    fn table(&mut self, rule: Rule<'s>) {
        let (described, named): (Vec<_>, Vec<_>) =
            rule.properties().partition(|(_, rule)| rule.description().is_some());
        self.text.push_str("| Key | Value | Default | Now | Meaning |\n| --- | --- | --- | --- | --- |\n");
        for (key, property) in described {
            let needed = if rule.required().any(|needed| needed == key) { " (needed)" } else { "" };
            let default = property.default().map(|value| format!("`{value}`")).unwrap_or_default();
            let meaning = one_line(property.description().unwrap_or_default());
            let (value, now) = (value_words(property), now(property.support()));
            let _ = writeln!(self.text, "| `{key}`{needed} | {value} | {default} | {now} | {meaning} |");
        }
        self.names("Known, and without effect yet", &named, false);
        self.names("Known, without effect yet, and protecting", &named, true);
    }

    fn names(&mut self, title: &str, named: &[(&str, Rule<'s>)], protecting: bool) {
        let is_such = |rule: &Rule<'_>| rule.support() == Support::Later { protects: protecting };
        let names: Vec<String> =
            named.iter().filter(|(_, rule)| is_such(rule)).map(|(name, _)| format!("`{name}`")).collect();
        if !names.is_empty() {
            let _ = writeln!(self.text, "\n{title}: {}.", names.join(", "));
        }
    }
}

fn now(support: Support<'_>) -> &'static str {
    match support {
        Support::Obeyed => "yes",
        Support::Later { protects: false } => "not yet",
        Support::Later { protects: true } => "protects",
        Support::Moot { .. } => "moot",
    }
}

/// `a list of texts`, in short.
fn value_words(rule: Rule<'_>) -> String {
    let words: Vec<String> = rule.alternatives().into_iter().map(one_value).collect();
    words.join(" or ")
}

fn one_value(rule: Rule<'_>) -> String {
    if let Some(choices) = rule.choices() {
        let choices: Vec<String> = choices.iter().map(|choice| format!("`{choice}`")).collect();
        return choices.join(", ");
    }
    let words: Vec<String> = rule.types().into_iter().map(|kind| of_kind(kind, rule)).collect();
    if words.is_empty() { "anything".to_owned() } else { words.join(" or ") }
}

fn of_kind(kind: Type, rule: Rule<'_>) -> String {
    match kind {
        Type::Text if rule.format() == Some("period") => "period".to_owned(),
        Type::Text if rule.format() == Some("password") => "secret".to_owned(),
        Type::Text => "text".to_owned(),
        Type::Integer => "whole number".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Boolean => "true or false".to_owned(),
        Type::List => match rule.item() {
            Some(item) => format!("list of: {}", value_words(item)),
            None => "list".to_owned(),
        },
        Type::Map => match rule.others().filter(|_| rule.properties().next().is_none()) {
            Some(others) => format!("mapping to: {}", value_words(others)),
            None => "mapping".to_owned(),
        },
    }
}

/// Text for a cell of a table.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

impl Rule<'_> {
    /// Whether both are the same place of the declaration.
    fn is(self, other: Self) -> bool {
        ptr::eq(self.place(), other.place())
    }
}
