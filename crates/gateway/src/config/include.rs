//! Reads a file together with those that it includes.
//!
//! As in LiteLLM, lists of an included file are appended to those of the same name, and everything else in it,
//! whole sections too, takes the place of what the including file said.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::Files;
use super::report::{Diagnostic, Report};
use super::secret;
use super::source::Span;
use super::yaml::{self, Entry, Node, Value};

/// The key that names the files to include.
const INCLUDE: &str = "include";

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 64 * 1024 * 1024;

/// Reads a file and what it includes; nothing when there is nothing to go on with.
pub(crate) fn file(path: &Path, files: &mut Files, report: &mut Report) -> Option<Node> {
    let root = read(path, None, files, report)?;
    Some(with_included(root, path, files, report))
}

/// The same for a text that lies in no file; `name` stands in its place.
pub(crate) fn text(name: &Path, text: &str, files: &mut Files, report: &mut Report) -> Option<Node> {
    let root = understand(name, &text.into(), report)?;
    Some(with_included(root, name, files, report))
}

fn with_included(mut root: Node, path: &Path, files: &mut Files, report: &mut Report) -> Node {
    let mut read_so_far = vec![path.to_owned()];
    let mut pending = take_includes(&mut root, path, report);
    while let Some(Pending { name, span, declared_in }) = pending.pop_front() {
        let file = beside(&name, &declared_in, path);
        if read_so_far.iter().any(|known| is_same(known, &file)) {
            continue;
        }
        read_so_far.push(file.clone());
        let Some(mut included) = read(&file, Some(span), files, report) else { continue };
        pending.extend(take_includes(&mut included, &file, report));
        merge(&mut root, included, report);
    }
    root
}

/// A file that is still to be read.
struct Pending {
    name: String,
    span: Span,
    declared_in: PathBuf,
}

/// Reads one file, which must hold a mapping. `included` is where its name stands, if somewhere.
fn read(path: &Path, included: Option<Span>, files: &mut Files, report: &mut Report) -> Option<Node> {
    files.note(path);
    match content(path) {
        Ok(text) => understand(path, &text.into(), report),
        Err(why) => {
            let finding = Diagnostic::error(format!("cannot read {}: {why}", path.display()));
            report.add(match included {
                Some(span) => finding.at(span, "it is included here"),
                None => finding,
            });
            None
        }
    }
}

fn understand(path: &Path, text: &Arc<str>, report: &mut Report) -> Option<Node> {
    let file = report.sources.add(path, text);
    let Some(root) = yaml::parse(file, text, report) else {
        secret::hide_by_line(&mut report.sources, file, text);
        return None;
    };
    secret::hide(&mut report.sources, &root);
    match root.value {
        Value::Map(_) => Some(root),
        Value::Null => {
            report.add(Diagnostic::warning(format!("{} says nothing", path.display())));
            Some(Node { value: Value::Map(Vec::new()), ..root })
        }
        _ => {
            let wanted = "a configuration is a mapping such as `model_list: …`";
            report.add(Diagnostic::error(wanted).at(root.span, "this is something else"));
            None
        }
    }
}

fn content(path: &Path) -> Result<String, String> {
    let about = fs::metadata(path).map_err(|error| error.to_string())?;
    if about.len() > MAX_FILE {
        return Err(format!("it is larger than {MAX_FILE} bytes"));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Removes `include` from a file and returns what it names.
fn take_includes(root: &mut Node, path: &Path, report: &mut Report) -> VecDeque<Pending> {
    let Value::Map(entries) = &mut root.value else { return VecDeque::new() };
    let Some(at) = entries.iter().position(|entry| entry.key == INCLUDE) else { return VecDeque::new() };
    let Entry { value, .. } = entries.remove(at);
    let mut pending = VecDeque::new();
    match value.value {
        Value::List(items) => {
            for Node { value, span } in items {
                match value {
                    Value::Text(name) => {
                        pending.push_back(Pending { name, span, declared_in: path.to_owned() });
                    }
                    _ => report.add(not_files(span)),
                }
            }
        }
        Value::Null => {}
        _ => report.add(not_files(value.span)),
    }
    pending
}

fn not_files(span: Span) -> Diagnostic {
    Diagnostic::error("`include` must be a list of files").at(span, "").help("write `include: [models.yaml]`")
}

/// The file beside the one that names it or, as LiteLLM reads older configurations, beside the root.
fn beside(name: &str, declared_in: &Path, root: &Path) -> PathBuf {
    let near = |file: &Path| file.parent().unwrap_or(Path::new("")).join(name);
    let (declared, rooted) = (near(declared_in), near(root));
    if !declared.exists() && rooted.exists() { rooted } else { declared }
}

fn is_same(one: &Path, other: &Path) -> bool {
    let absolute = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    absolute(one) == absolute(other)
}

fn merge(root: &mut Node, included: Node, report: &mut Report) {
    let (Value::Map(entries), Value::Map(more)) = (&mut root.value, included.value) else { return };
    for entry in more {
        let Some(known) = entries.iter_mut().find(|known| known.key == entry.key) else {
            entries.push(entry);
            continue;
        };
        match (&mut known.value.value, entry.value.value) {
            (Value::List(items), Value::List(more)) => items.extend(more),
            (_, value) => {
                let title = format!("an included file replaces all of `{}`", entry.key);
                let replaced = Diagnostic::warning(title)
                    .at(entry.span, "this counts")
                    .also(known.span, "this does not");
                report.add(replaced);
                *known = Entry { value: Node { value, span: entry.value.span }, ..entry };
            }
        }
    }
}
