//! Whether what a file refers to is there: models, credentials, ids. Works on a file that fits the declaration.

use std::collections::HashMap;

use super::path::KeyPath;
use super::report::{Diagnostic, Report};
use super::source::Span;
use super::spelling;
use super::yaml::{Entry, Node, Value};

/// Reports every reference that leads nowhere, and removes deployments that cannot be told apart.
pub(crate) fn check(root: &mut Node, report: &mut Report) {
    remove_repeated_ids(root, report);
    check_credentials(root, report);
    Models::of(root).check(root, report);
    check_cache(root, report);
}

/// A word and where it stands.
type Word<'a> = (&'a str, Span);

/// Two deployments of one id would share health, limits and records.
fn remove_repeated_ids(root: &mut Node, report: &mut Report) {
    let Some(entries) = deployments_mut(root) else { return };
    let mut seen: HashMap<String, Span> = HashMap::new();
    entries.retain(|entry| {
        let Some((id, span)) = at(entry, &["model_info", "id"]).and_then(word) else { return true };
        let Some(first) = seen.insert(id.to_owned(), span) else { return true };
        let severity = KeyPath::Root.key("model_list").item(0).severity();
        let twice = Diagnostic::new(severity, format!("two deployments have the id `{id}`"));
        report.add(twice.at(span, "this one is the second").also(first, "this is the first"));
        seen.insert(id.to_owned(), first);
        false
    });
}

/// A deployment without its credential must not fall back to the keys of the environment.
fn check_credentials(root: &mut Node, report: &mut Report) {
    let names: Vec<String> = list(root, &["credential_list"])
        .iter()
        .filter_map(|credential| Some(word(at(credential, &["credential_name"])?)?.0.to_owned()))
        .collect();
    let Some(entries) = deployments_mut(root) else { return };
    entries.retain(|entry| {
        let Some((name, span)) = at(entry, &["litellm_params", "litellm_credential_name"]).and_then(word)
        else {
            return true;
        };
        let known = names.iter().any(|known| known == name);
        if !known {
            let severity = KeyPath::Root.key("model_list").item(0).severity();
            let missing = Diagnostic::new(severity, format!("`credential_list` has no `{name}`"));
            report.add(missing.at(span, "this leads nowhere").help_if(suggestion(name, &names)));
        }
        known
    });
}

fn check_cache(root: &Node, report: &mut Report) {
    let Some(settings) = root.get("litellm_settings").map(|entry| &entry.value) else { return };
    let switched_on = settings.get("cache").is_some_and(|entry| entry.value.value == Value::Bool(true));
    if let Some(params) = settings.get("cache_params").filter(|_| !switched_on) {
        let title = "`cache_params` has no effect without `cache: true`";
        report.add(Diagnostic::warning(title).at(params.span, ""));
    }
}

/// The names under which models can be asked for.
struct Models {
    names: Vec<String>,
}

impl Models {
    fn of(root: &Node) -> Self {
        let deployments = list(root, &["model_list"]).iter();
        let names = deployments.filter_map(|entry| Some(word(at(entry, &["model_name"])?)?.0.to_owned()));
        let aliases =
            entries(root, &["router_settings", "model_group_alias"]).iter().map(|entry| entry.key.clone());
        let other_names =
            entries(root, &["litellm_settings", "model_alias_map"]).iter().map(|entry| entry.key.clone());
        Self { names: names.chain(aliases).chain(other_names).collect() }
    }

    /// Without any model in the file, models come from somewhere else.
    fn check(&self, root: &Node, report: &mut Report) {
        if self.names.is_empty() {
            return;
        }
        for section in ["litellm_settings", "router_settings"] {
            for setting in ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"] {
                list(root, &[section, setting])
                    .iter()
                    .for_each(|item| self.check_fallbacks(item, setting, report));
            }
            self.check_words(list(root, &[section, "default_fallbacks"]), "default_fallbacks", report);
        }
        for alias in entries(root, &["router_settings", "model_group_alias"]) {
            let model = word(&alias.value).or_else(|| word(at(&alias.value, &["model"])?));
            model.into_iter().for_each(|model| self.check_word(model, "model_group_alias", report));
        }
        for group in list(root, &["router_settings", "routing_groups"]) {
            self.check_words(list(group, &["models"]), "routing_groups", report);
        }
        for policy in entries(root, &["router_settings", "model_group_retry_policy"]) {
            self.check_word((&policy.key, policy.span), "model_group_retry_policy", report);
        }
        self.check_words(
            list(root, &["litellm_settings", "public_model_groups"]),
            "public_model_groups",
            report,
        );
    }

    fn check_fallbacks(&self, item: &Node, setting: &str, report: &mut Report) {
        if let [_, second, ..] = item.entries() {
            let title = format!("each entry of `{setting}` is for one model");
            let help = "put `- ` in front of each model";
            report.add(Diagnostic::error(title).at(second.span, "this is a second one").help(help));
        }
        for Entry { key, span, value } in item.entries() {
            if key != "*" {
                self.check_word((key, *span), setting, report);
            }
            self.check_words(value.items(), setting, report);
        }
    }

    fn check_words(&self, nodes: &[Node], setting: &str, report: &mut Report) {
        for node in nodes {
            let model = word(node).or_else(|| word(at(node, &["model"])?));
            model.into_iter().for_each(|model| self.check_word(model, setting, report));
        }
    }

    fn check_word(&self, (name, span): Word<'_>, setting: &str, report: &mut Report) {
        if self.names.iter().any(|pattern| matches(pattern, name)) {
            return;
        }
        let title = format!("`{setting}` names the model `{name}`, which is not in `model_list`");
        report
            .add(Diagnostic::warning(title).at(span, "no such model").help_if(suggestion(name, &self.names)));
    }
}

fn suggestion(name: &str, known: &[String]) -> Option<String> {
    let close = spelling::closest(name, known.iter().map(String::as_str));
    close.map(|known| format!("did you mean `{known}`?"))
}

/// Whether a name is what a pattern stands for; `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(start) else { return false };
    name.char_indices().map(|(at, _)| &name[at..]).chain([""]).any(|name| matches(rest, name))
}

fn deployments_mut(root: &mut Node) -> Option<&mut Vec<Node>> {
    let Value::Map(entries) = &mut root.value else { return None };
    let entry = entries.iter_mut().find(|entry| entry.key == "model_list")?;
    match &mut entry.value.value {
        Value::List(items) => Some(items),
        _ => None,
    }
}

fn at<'a>(node: &'a Node, path: &[&str]) -> Option<&'a Node> {
    path.iter().try_fold(node, |node, key| node.get(key).map(|entry| &entry.value))
}

fn list<'a>(node: &'a Node, path: &[&str]) -> &'a [Node] {
    at(node, path).map(Node::items).unwrap_or_default()
}

fn entries<'a>(node: &'a Node, path: &[&str]) -> &'a [Entry] {
    at(node, path).map(Node::entries).unwrap_or_default()
}

fn word(node: &Node) -> Option<Word<'_>> {
    match &node.value {
        Value::Text(text) => Some((text, node.span)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        assert!(matches("openai/*", "openai/gpt-4o") && matches("*", "any") && matches("a*c*e", "abcde"));
        assert!(!matches("openai/*", "azure/gpt-4o") && !matches("a*c", "abd") && !matches("gpt", "gpt-4"));
    }
}
