//! The `anthropic-beta` header: which features a request uses that the API still calls a beta. Naming one that
//! has left the beta does no harm, leaving one out is refused.

use std::borrow::Cow;
use std::collections::BTreeSet;

use ferrolite_types::RawJson;
use ferrolite_types::json::Value;

/// The betas that a request needs.
#[derive(Debug, Default)]
pub(super) struct Betas(BTreeSet<Cow<'static, str>>);

/// Tools by the beginning of their `type`, and what they need.
const OF_TOOLS: &[(&str, &str)] = &[
    ("code_execution_20250825", "code-execution-2025-08-25"),
    ("web_fetch_", "web-fetch-2025-09-10"),
    ("memory_", "context-management-2025-06-27"),
    ("tool_search_tool_", ADVANCED_TOOLS),
    ("advisor_", "advisor-tool-2026-03-01"),
];

const ADVANCED_TOOLS: &str = "advanced-tool-use-2025-11-20";

impl Betas {
    /// A tool of this `type`.
    pub(super) fn uses_tool(&mut self, kind: &str) {
        if let Some((_, beta)) = OF_TOOLS.iter().find(|(start, _)| kind.starts_with(start)) {
            self.add(beta);
        }
        if let Some(date) = kind.strip_prefix("computer_").filter(|date| is_date(date)) {
            let beta = format!("computer-use-{}-{}-{}", &date[..4], &date[4..6], &date[6..]);
            self.0.insert(Cow::Owned(beta));
        }
    }

    /// Members of a tool that the caller runs.
    pub(super) fn uses_tool_member(&mut self, key: &str, value: &RawJson) {
        let from_code = key == "allowed_callers" && value.as_str().contains("\"code_execution_20250825\"");
        let examples = key == "input_examples" && value.as_str() != "[]";
        if from_code || examples {
            self.add(ADVANCED_TOOLS);
        }
    }

    /// A member of the request.
    pub(super) fn uses_member(&mut self, key: &str, value: &RawJson) {
        match key {
            "mcp_servers" if value.as_str() != "[]" => self.add("mcp-client-2025-04-04"),
            "container" if has_skills(value) => self.add("skills-2025-10-02"),
            "speed" if value.as_str() == "\"fast\"" => self.add("fast-mode-2026-02-01"),
            "context_management" => self.uses_edits(value),
            _ => {}
        }
    }

    /// Edits of the context: one of them has a beta of its own.
    fn uses_edits(&mut self, management: &RawJson) {
        let edits = management.value().fields().ok().and_then(|fields| fields.peek("edits"));
        for edit in edits.and_then(|edits| edits.items().ok()).into_iter().flatten() {
            match kind_of(edit).as_deref() {
                Some("compact_20260112") => self.add("compact-2026-01-12"),
                _ => self.add("context-management-2025-06-27"),
            }
        }
    }

    /// An answer that follows a schema.
    pub(super) fn uses_schema(&mut self) {
        self.add("structured-outputs-2025-11-13");
    }

    /// An effort for a model that is not adaptive.
    pub(super) fn uses_effort(&mut self) {
        self.add("effort-2025-11-24");
    }

    /// A file that was uploaded before.
    pub(super) fn uses_file(&mut self) {
        self.add("files-api-2025-04-14");
        self.add("code-execution-2025-05-22");
    }

    fn add(&mut self, beta: &'static str) {
        self.0.insert(Cow::Borrowed(beta));
    }

    /// The header, where one is needed.
    pub(super) fn into_header(self) -> Option<(&'static str, String)> {
        let names: Vec<&str> = self.0.iter().map(AsRef::as_ref).collect();
        (!names.is_empty()).then(|| ("anthropic-beta", names.join(",")))
    }
}

/// Whether a text is a date as it ends the types of Anthropic's own tools.
pub(super) fn is_date(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn kind_of(object: Value<'_>) -> Option<Cow<'_, str>> {
    object.fields().ok()?.peek_str("type")
}

fn has_skills(container: &RawJson) -> bool {
    let skills = container.value().fields().ok().and_then(|fields| fields.peek("skills"));
    skills.is_some_and(|skills| skills.text() != "[]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_names_what_is_used_once() {
        let mut betas = Betas::default();
        betas.uses_tool("computer_20250124");
        betas.uses_tool("web_fetch_20250910");
        betas.uses_tool("web_search_20250305");
        betas.uses_member(
            "context_management",
            &RawJson::parse(r#"{"edits":[{"type":"clear_tool_uses_20250919"}]}"#).unwrap(),
        );
        betas.uses_tool("memory_20250818");
        let expected = "computer-use-2025-01-24,context-management-2025-06-27,web-fetch-2025-09-10";
        assert_eq!(betas.into_header(), Some(("anthropic-beta", expected.to_owned())));
        assert_eq!(Betas::default().into_header(), None);
    }
}
