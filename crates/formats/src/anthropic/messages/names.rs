//! The names of tools and of calls: the API takes letters, digits, `_` and `-`, and no more than 128 of them.

use std::borrow::Cow;

use ferrolite_types::chat::{Tool, ToolBody};

const LONGEST: usize = 128;

/// The tools that are sent under another name.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// The name sent, the caller's.
    renamed: Vec<(String, String)>,
}

impl Names {
    /// Gives every tool whose name the API would refuse one that no other tool has.
    pub(super) fn of(tools: &[Tool]) -> Self {
        let mut names = Self::default();
        let called: Vec<&str> = tools.iter().filter_map(name).collect();
        for original in called.iter().copied().filter(|name| !is_taken_by_api(name)) {
            if names.sent_for(original).is_none() {
                let sent = names.free(&mended(original), &called);
                names.renamed.push((sent, original.to_owned()));
            }
        }
        names
    }

    /// The name under which a tool is sent.
    pub(super) fn sent<'a>(&'a self, original: &'a str) -> Cow<'a, str> {
        match self.sent_for(original) {
            Some(sent) => Cow::Borrowed(sent),
            None if is_taken_by_api(original) => Cow::Borrowed(original),
            None => Cow::Owned(mended(original)),
        }
    }

    /// What must be changed back in the answer.
    pub(super) fn into_renamed(self) -> Vec<(String, String)> {
        self.renamed
    }

    fn sent_for(&self, original: &str) -> Option<&str> {
        self.renamed.iter().find(|(_, known)| known == original).map(|(sent, _)| sent.as_str())
    }

    /// The wish, or the wish with the first number behind it that makes it unlike every other name.
    fn free(&self, wish: &str, called: &[&str]) -> String {
        let used = |name: &str| called.contains(&name) || self.renamed.iter().any(|(sent, _)| sent == name);
        if !used(wish) {
            return wish.to_owned();
        }
        let numbered = |number: u32| {
            let suffix = format!("_{number}");
            format!("{}{suffix}", &wish[..wish.len().min(LONGEST - suffix.len())])
        };
        (2..).map(numbered).find(|name| !used(name)).expect("there are more numbers than tools")
    }
}

fn name(tool: &Tool) -> Option<&str> {
    match &tool.body {
        ToolBody::Function(function) => Some(&function.name),
        ToolBody::FreeText { name, .. } => Some(name),
        ToolBody::Hosted(_) => None,
    }
}

fn is_taken_by_api(name: &str) -> bool {
    name.len() <= LONGEST && name.chars().all(is_allowed)
}

fn is_allowed(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

fn mended(name: &str) -> String {
    name.chars().take(LONGEST).map(|character| if is_allowed(character) { character } else { '_' }).collect()
}

/// The identifier of a call, in every place where it stands.
pub(super) fn call_id(id: &str) -> Cow<'_, str> {
    if id.is_empty() {
        Cow::Borrowed("tool_use_id")
    } else if id.chars().all(is_allowed) {
        Cow::Borrowed(id)
    } else {
        Cow::Owned(id.chars().map(|character| if is_allowed(character) { character } else { '_' }).collect())
    }
}

#[cfg(test)]
mod tests {
    use ferrolite_types::chat::Function;

    use super::*;

    fn names(names: &[&str]) -> Names {
        let tool = |name: &&str| {
            let function =
                Function { name: (*name).to_owned(), description: None, parameters: None, strict: None };
            Tool::new(ToolBody::Function(function))
        };
        Names::of(&names.iter().map(tool).collect::<Vec<_>>())
    }

    #[test]
    fn no_two_tools_are_sent_under_one_name() {
        let names = names(&["a/b", "a_b", "a.b", "a/b", "fine-1"]);
        assert_eq!(names.sent("a/b"), "a_b_2");
        assert_eq!(names.sent("a.b"), "a_b_3");
        assert_eq!(names.sent("a_b"), "a_b");
        assert_eq!(names.sent("fine-1"), "fine-1");
        assert_eq!(names.into_renamed(), [("a_b_2".into(), "a/b".into()), ("a_b_3".into(), "a.b".into())]);
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let (one, two) = (format!("{}1", "x".repeat(128)), format!("{}2", "x".repeat(128)));
        let names = names(&[&one, &two]);
        assert_eq!(names.sent(&one), "x".repeat(128));
        assert_eq!(names.sent(&two), format!("{}_2", "x".repeat(126)));
    }

    #[test]
    fn identifiers_keep_only_what_the_api_takes() {
        assert_eq!(call_id("toolu_01-a"), "toolu_01-a");
        assert_eq!(call_id("functions.get:0"), "functions_get_0");
        assert_eq!(call_id(""), "tool_use_id");
    }
}
