//! What is said otherwise inside the messages of a body: roles, and contents that must be one string.

use ferrolite_types::json::{Fields, Kind, Value, push_str};

use crate::catalogue::Text;

/// The list of messages in a provider's own way; `None` when it is the same.
pub(super) fn adapted(messages: &str, roles: &[(Text, Text)], flat_text: bool) -> Option<String> {
    let has = |word: &str| memchr::memmem::find(messages.as_bytes(), word.as_bytes()).is_some();
    if !flat_text && !roles.iter().any(|(from, _)| has(from)) {
        return None;
    }
    let mut changed = false;
    let items = Value::parse(messages).ok()?.items().ok()?.map(|message| {
        let adapted = adapted_one(message, roles, flat_text);
        changed |= adapted.is_some();
        adapted.unwrap_or_else(|| message.text().to_owned())
    });
    let items: Vec<String> = items.collect();
    changed.then(|| format!("[{}]", items.join(",")))
}

fn adapted_one(message: Value<'_>, roles: &[(Text, Text)], flat_text: bool) -> Option<String> {
    let fields = message.fields().ok()?;
    let role = fields.peek_str("role").and_then(|role| roles.iter().find(|(from, _)| *from == role));
    let content = flat_text.then(|| joined(&fields)).flatten();
    if role.is_none() && content.is_none() {
        return None;
    }
    let mut out = Vec::with_capacity(message.text().len());
    for (key, value) in fields.rest() {
        out.push(if out.is_empty() { b'{' } else { b',' });
        push_str(&mut out, &key);
        out.push(b':');
        match (&*key, role, &content) {
            ("role", Some((_, to)), _) => push_str(&mut out, to),
            ("content", _, Some(content)) => push_str(&mut out, content),
            _ => out.extend_from_slice(value.as_str().as_bytes()),
        }
    }
    out.push(b'}');
    String::from_utf8(out).ok()
}

/// The texts of a content that is a list of nothing else.
fn joined(message: &Fields<'_>) -> Option<String> {
    let content = message.peek("content").filter(|content| content.kind() == Kind::Array)?;
    let mut whole = String::new();
    for part in content.items().ok()? {
        let fields = part.fields().ok()?;
        if fields.peek_str("type").is_some_and(|kind| kind != "text") {
            return None;
        }
        whole.push_str(&fields.peek_str("text")?);
    }
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles() -> Vec<(Text, Text)> {
        vec![("developer".into(), "system".into())]
    }

    #[test]
    fn roles_are_called_otherwise() {
        let messages =
            r#"[{"role":"developer","content":"Be brief.","x":1.0}, {"role":"user","content":"developer"}]"#;
        let expected =
            r#"[{"role":"system","content":"Be brief.","x":1.0},{"role":"user","content":"developer"}]"#;
        assert_eq!(adapted(messages, &roles(), false).as_deref(), Some(expected));
        assert_eq!(adapted(r#"[{"role":"user","content":"a developer"}]"#, &roles(), false), None);
    }

    #[test]
    fn lists_of_texts_become_one_string_and_other_lists_stay() {
        let texts =
            r#"[{"role":"user","content":[{"type":"text","text":"a \""},{"type":"text","text":"b"}]}]"#;
        assert_eq!(adapted(texts, &[], true).as_deref(), Some(r#"[{"role":"user","content":"a \"b"}]"#));
        let image =
            r#"[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{}}]}]"#;
        assert_eq!(adapted(image, &[], true), None);
        assert_eq!(adapted(r#"[{"role":"user","content":"a"}]"#, &[], true), None);
    }

    #[test]
    fn what_is_no_list_of_messages_is_left_to_the_provider() {
        assert_eq!(adapted(r#"{"role":"developer"}"#, &roles(), true), None);
        assert_eq!(adapted(r#"["developer"]"#, &roles(), true), None);
    }
}
