//! The differences that a vendor's own design makes, from `differs.toml`: each with its reason, none unused.

use std::cell::Cell;

use serde::Deserialize;

use crate::sameness::Difference;

/// The list for one law.
#[derive(Debug)]
pub(super) struct Differs {
    entries: Vec<(Entry, Cell<bool>)>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// The law that would not hold: `request`, `response`, `fold`, `rewritten`.
    law: String,
    /// The fixture, `openai-chat/request/tools`; a `*` at the end stands for any rest.
    fixture: String,
    /// The place; what lies below it is meant too, and `[*]` stands for any index.
    path: String,
    /// Why the vendor has it so.
    reason: String,
}

#[derive(Debug, Deserialize)]
struct File {
    differs: Vec<Entry>,
}

impl Differs {
    /// The entries for `law`.
    pub(super) fn of(law: &str) -> Self {
        let File { differs } =
            toml::from_str(include_str!("differs.toml")).expect("differs.toml is a list of entries");
        assert!(differs.iter().all(|entry| !entry.reason.is_empty()), "an entry without a reason");
        Self {
            entries: differs
                .into_iter()
                .filter(|entry| entry.law == law)
                .map(|entry| (entry, Cell::new(false)))
                .collect(),
        }
    }

    /// The differences that no entry explains.
    pub(super) fn unexplained(&self, fixture: &str, differences: Vec<Difference>) -> Vec<Difference> {
        differences.into_iter().filter(|difference| !self.explains(fixture, &difference.path)).collect()
    }

    /// The entries that explained nothing: they say what is no longer so.
    pub(super) fn unused(&self) -> Vec<String> {
        let unused = self.entries.iter().filter(|(_, used)| !used.get());
        unused
            .map(|(entry, _)| format!("differs.toml: {} at {} does not differ", entry.fixture, entry.path))
            .collect()
    }

    fn explains(&self, fixture: &str, path: &str) -> bool {
        let found = self.entries.iter().filter(|(entry, _)| entry.names(fixture) && entry.covers(path));
        found.map(|(_, used)| used.set(true)).count() > 0
    }
}

impl Entry {
    fn names(&self, fixture: &str) -> bool {
        match self.fixture.strip_suffix('*') {
            Some(start) => fixture.starts_with(start),
            None => fixture == self.fixture,
        }
    }

    fn covers(&self, path: &str) -> bool {
        let any_index = |path: &str| {
            path.split('[')
                .map(|step| step.split_once(']').map_or(step, |(_, rest)| rest))
                .collect::<Vec<_>>()
                .join("[*]")
        };
        let path = if self.path.contains("[*]") { any_index(path) } else { path.to_owned() };
        path.strip_prefix(self.path.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    }
}

#[test]
fn an_entry_covers_its_place_and_what_lies_below() {
    let entry = |path: &str| Entry {
        law: String::new(),
        fixture: "a/*".into(),
        path: path.into(),
        reason: String::new(),
    };
    assert!(entry("usage").covers("usage.details") && entry("usage").covers("usage"));
    assert!(!entry("usage").covers("usages"));
    assert!(entry("choices[*].message.audio").covers("choices[1].message.audio.id"));
    assert!(entry("x").names("a/b") && !entry("x").names("b/a"));
}
