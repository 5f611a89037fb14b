//! Texts with `{names}` in them, as the catalogue writes addresses and headers.

use std::fmt::Write as _;

use crate::resolve::Env;

/// The text with every `{name}` replaced by what `known` has for it.
///
/// # Errors
/// The first name for which nothing is known.
pub(crate) fn fill(template: &str, known: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, from)) = rest.split_once('{') {
        let Some((name, after)) = from.split_once('}') else { break };
        out.push_str(before);
        out.push_str(&known(name).ok_or_else(|| name.to_owned())?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// What the environment has for `env:ONE|OTHER`, first one wins.
pub(crate) fn from_env(name: &str, env: Env<'_>) -> Option<String> {
    name.strip_prefix("env:")?.split('|').find_map(|name| env(name).filter(|value| !value.is_empty()))
}

/// A text as one segment of a path.
pub(crate) fn escaped(segment: &str) -> String {
    let mut out = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'@' => {
                out.push(byte.into());
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in_and_unknown_ones_are_reported() {
        let env = |name: &str| (name == "B").then(|| "two".to_owned());
        let known = |name: &str| if name == "a" { Some("one".to_owned()) } else { from_env(name, &env) };
        assert_eq!(fill("{a}-{env:A|B}-{", &known), Ok("one-two-{".to_owned()));
        assert_eq!(fill("{a}{env:A}", &known), Err("env:A".to_owned()));
    }

    #[test]
    fn a_segment_cannot_leave_its_place() {
        assert_eq!(escaped("my dep/../x?y#z"), "my%20dep%2F..%2Fx%3Fy%23z");
        assert_eq!(escaped("gpt-4o.1_a~b"), "gpt-4o.1_a~b");
    }
}
