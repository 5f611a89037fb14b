//! Places inside a JSON value, and what is left of the value without what stands there.

use std::borrow::Cow;

use ferrolite_types::json::{Kind, Value, push_str};

/// A place: `tools[*].function.strict`, `messages[0].name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    /// The member at the top.
    pub(super) root: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Element(usize),
    EveryElement,
}

impl Path {
    /// Reads a place. What is no step is read as the name of a member that nobody has.
    pub(super) fn parse(text: &str) -> Self {
        let mut pieces = text.split('.').flat_map(|piece| {
            let (name, indices) = piece.split_at(piece.find('[').unwrap_or(piece.len()));
            let name = (!name.is_empty()).then(|| name.to_owned());
            name.into_iter().map(Step::Member).chain(indices.split('[').skip(1).map(Step::of_index))
        });
        let root = match pieces.next() {
            Some(Step::Member(root)) => root,
            Some(Step::Element(_) | Step::EveryElement) | None => String::new(),
        };
        Self { root, steps: pieces.collect() }
    }

    /// Whether the place is inside a member, and not one.
    pub(super) fn is_nested(&self) -> bool {
        !self.steps.is_empty()
    }

    /// A word that is in every text that has something there: the name of the last member.
    pub(super) fn word(&self) -> &str {
        let names = self.steps.iter().rev().filter_map(|step| match step {
            Step::Member(name) => Some(name.as_str()),
            Step::Element(_) | Step::EveryElement => None,
        });
        names.into_iter().next().unwrap_or_default()
    }

    /// The value of the root member without what stands at this place; `None` when nothing does.
    pub(super) fn taken_out_of(&self, value: &str) -> Option<String> {
        let left = without(Value::parse(value).ok()?, &self.steps)?;
        Some(left.into_owned())
    }
}

impl Step {
    fn of_index(text: &str) -> Self {
        let index = text.trim_end_matches(']');
        match index.parse() {
            Ok(at) => Self::Element(at),
            Err(_) if index == "*" => Self::EveryElement,
            Err(_) => Self::Member(format!("[{index}]")),
        }
    }
}

/// The value without what stands at `steps`; `None` when nothing does. An element of an array is never taken out
/// as a whole, since that would move the others.
fn without<'v>(value: Value<'v>, steps: &[Step]) -> Option<Cow<'v, str>> {
    let (step, rest) = steps.split_first()?;
    match (step, value.kind()) {
        (Step::Member(name), Kind::Object) => without_member(value, name, rest),
        (Step::Element(at), Kind::Array) => without_in(value, rest, |index| index == *at),
        (Step::EveryElement, Kind::Array) => without_in(value, rest, |_| true),
        _ => None,
    }
}

fn without_member<'v>(value: Value<'v>, name: &str, rest: &[Step]) -> Option<Cow<'v, str>> {
    let fields = value.fields().ok()?;
    let mut out = Vec::with_capacity(value.text().len());
    let mut changed = false;
    for (key, member) in fields.rest() {
        let left = match &*key == name {
            true if rest.is_empty() => {
                changed = true;
                continue;
            }
            true => without(member.value(), rest).map(Cow::into_owned),
            false => None,
        };
        changed |= left.is_some();
        out.push(if out.is_empty() { b'{' } else { b',' });
        push_str(&mut out, &key);
        out.push(b':');
        out.extend_from_slice(left.as_deref().unwrap_or(member.as_str()).as_bytes());
    }
    if out.is_empty() {
        out.push(b'{');
    }
    out.push(b'}');
    changed.then(|| Cow::Owned(utf8(out)))
}

fn without_in<'v>(value: Value<'v>, rest: &[Step], meant: impl Fn(usize) -> bool) -> Option<Cow<'v, str>> {
    let mut changed = false;
    let items = value.items().ok()?.enumerate().map(|(index, item)| {
        let left = meant(index).then(|| without(item, rest)).flatten();
        changed |= left.is_some();
        left.unwrap_or(Cow::Borrowed(item.text()))
    });
    let items: Vec<Cow<'_, str>> = items.collect();
    changed.then(|| Cow::Owned(format!("[{}]", items.join(","))))
}

fn utf8(json: Vec<u8>) -> String {
    String::from_utf8(json).expect("made of texts")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(place: &str, value: &str) -> Option<String> {
        Path::parse(place).taken_out_of(value)
    }

    #[test]
    fn what_stands_at_a_place_is_taken_out_and_the_rest_is_kept() {
        let tools = r#"[{"function":{"name":"f","strict":true}},{"function":{"name":"g"}},7]"#;
        let left = r#"[{"function":{"name":"f"}},{"function":{"name":"g"}},7]"#;
        assert_eq!(without("tools[*].function.strict", tools).as_deref(), Some(left));
        assert_eq!(without("tools[0].function.strict", tools).as_deref(), Some(left));
        assert_eq!(without("tools[1].function.strict", tools), None);
        assert_eq!(without("a.b", r#"{"b":1}"#).as_deref(), Some("{}"));
        assert_eq!(
            without("a.b.c", r#"{"x": [1, 2] ,"b":{"c":1.50}}"#).as_deref(),
            Some(r#"{"x":[1, 2],"b":{}}"#)
        );
        assert_eq!(without("a[*][1].b", r#"[[{"b":1},{"b":2}]]"#).as_deref(), Some(r#"[[{"b":1},{}]]"#));
    }

    #[test]
    fn a_place_that_is_not_there_changes_nothing() {
        assert_eq!(without("a.b", "[1]"), None);
        assert_eq!(without("a[0]", "[1]"), None, "an element is not taken out");
        assert_eq!(without("a[*]", "[1]"), None);
        assert_eq!(without("a[x].b", r#"[{"b":1}]"#), None);
        assert_eq!(without("", r#"{"b":1}"#), None);
    }

    #[test]
    fn a_plain_name_is_no_nested_place() {
        assert!(!Path::parse("temperature").is_nested());
        assert!(Path::parse("tools[*]").is_nested());
        assert_eq!(Path::parse("tools[*].strict").root, "tools");
    }
}
