//! A strict walk over JSON text that builds nothing: it checks the grammar and finds where a value ends.

use memchr::memchr2;

use super::JsonError;

/// How deep objects and arrays may be nested; deeper texts are refused, so that no input can exhaust a stack.
pub const MAX_DEPTH: usize = 128;

/// The position of the first byte at or after `at` that is not white space.
pub(crate) fn skip_space(text: &[u8], mut at: usize) -> usize {
    while matches!(text.get(at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        at += 1;
    }
    at
}

/// The end of the value that starts exactly at `at`.
pub(crate) fn skip_value(text: &[u8], at: usize, depth: usize) -> Result<usize, JsonError> {
    match text.get(at) {
        Some(b'"') => skip_string(text, at),
        Some(b'{') => skip_object(text, at, depth),
        Some(b'[') => skip_array(text, at, depth),
        Some(b't') => skip_word(text, at, b"true"),
        Some(b'f') => skip_word(text, at, b"false"),
        Some(b'n') => skip_word(text, at, b"null"),
        Some(b'-' | b'0'..=b'9') => skip_number(text, at),
        Some(_) => Err(JsonError::syntax(at, "expected a JSON value")),
        None => Err(JsonError::syntax(at, "the JSON text ends where a value should stand")),
    }
}

/// Walks an object, telling `visit` the start of each key and the start and end of its value.
pub(crate) fn walk_object(
    text: &[u8],
    at: usize,
    depth: usize,
    mut visit: impl FnMut(usize, usize, usize),
) -> Result<usize, JsonError> {
    let depth = deeper(at, depth)?;
    let mut at = skip_space(text, at + 1);
    if text.get(at) == Some(&b'}') {
        return Ok(at + 1);
    }
    loop {
        if text.get(at) != Some(&b'"') {
            return Err(JsonError::syntax(at, "expected a member name in double quotes"));
        }
        let key = at;
        at = skip_space(text, skip_string(text, at)?);
        expect(text, at, b':', "expected ':' after a member name")?;
        let start = skip_space(text, at + 1);
        let end = skip_value(text, start, depth)?;
        visit(key, start, end);
        at = skip_space(text, end);
        match text.get(at) {
            Some(b',') => at = skip_space(text, at + 1),
            Some(b'}') => return Ok(at + 1),
            _ => return Err(JsonError::syntax(at, "expected ',' or '}' after a member")),
        }
    }
}

fn skip_object(text: &[u8], at: usize, depth: usize) -> Result<usize, JsonError> {
    walk_object(text, at, depth, |_, _, _| ())
}

fn skip_array(text: &[u8], at: usize, depth: usize) -> Result<usize, JsonError> {
    let depth = deeper(at, depth)?;
    let mut at = skip_space(text, at + 1);
    if text.get(at) == Some(&b']') {
        return Ok(at + 1);
    }
    loop {
        at = skip_space(text, skip_value(text, at, depth)?);
        match text.get(at) {
            Some(b',') => at = skip_space(text, at + 1),
            Some(b']') => return Ok(at + 1),
            _ => return Err(JsonError::syntax(at, "expected ',' or ']' after an element")),
        }
    }
}

fn deeper(at: usize, depth: usize) -> Result<usize, JsonError> {
    if depth == MAX_DEPTH {
        return Err(JsonError::syntax(at, format!("nested deeper than {MAX_DEPTH} levels")));
    }
    Ok(depth + 1)
}

/// The end of the string that starts with the quote at `at`.
pub(crate) fn skip_string(text: &[u8], at: usize) -> Result<usize, JsonError> {
    let mut at = at + 1;
    loop {
        let Some(step) = memchr2(b'"', b'\\', &text[at.min(text.len())..]) else {
            return Err(JsonError::syntax(text.len(), "a string is not closed"));
        };
        refuse_control_bytes(text, at, at + step)?;
        at += step;
        if text[at] == b'"' {
            return Ok(at + 1);
        }
        at = skip_escape(text, at)?;
    }
}

fn refuse_control_bytes(text: &[u8], from: usize, to: usize) -> Result<(), JsonError> {
    // Branch-free over the run so that the compiler vectorises it; the position is looked for only on failure.
    let found = text[from..to].iter().fold(false, |found, byte| found | (*byte < 0x20));
    if !found {
        return Ok(());
    }
    let at = from + text[from..to].iter().position(|byte| *byte < 0x20).unwrap_or(0);
    Err(JsonError::syntax(at, "a control character stands unescaped in a string"))
}

fn skip_escape(text: &[u8], at: usize) -> Result<usize, JsonError> {
    match text.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') if text.len() >= at + 6 && text[at + 2..at + 6].iter().all(u8::is_ascii_hexdigit) => {
            Ok(at + 6)
        }
        _ => Err(JsonError::syntax(at, "not a JSON escape sequence")),
    }
}

fn skip_number(text: &[u8], at: usize) -> Result<usize, JsonError> {
    let mut end = at + usize::from(text[at] == b'-');
    end = match text.get(end) {
        Some(b'0') => end + 1,
        Some(b'1'..=b'9') => skip_digits(text, end),
        _ => return Err(JsonError::syntax(end, "expected a digit")),
    };
    if text.get(end) == Some(&b'.') {
        end = some_digits(text, end + 1)?;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        end += 1;
        end += usize::from(matches!(text.get(end), Some(b'+' | b'-')));
        end = some_digits(text, end)?;
    }
    Ok(end)
}

fn some_digits(text: &[u8], at: usize) -> Result<usize, JsonError> {
    match skip_digits(text, at) {
        end if end > at => Ok(end),
        _ => Err(JsonError::syntax(at, "expected a digit")),
    }
}

fn skip_digits(text: &[u8], mut at: usize) -> usize {
    while matches!(text.get(at), Some(b'0'..=b'9')) {
        at += 1;
    }
    at
}

fn skip_word(text: &[u8], at: usize, word: &[u8]) -> Result<usize, JsonError> {
    match text[at..].starts_with(word) {
        true => Ok(at + word.len()),
        false => Err(JsonError::syntax(at, "expected a JSON value")),
    }
}

fn expect(text: &[u8], at: usize, byte: u8, message: &str) -> Result<(), JsonError> {
    match text.get(at) == Some(&byte) {
        true => Ok(()),
        false => Err(JsonError::syntax(at, message)),
    }
}

/// Checks that `text` is exactly one value with nothing but white space around it; returns where it stands.
pub(crate) fn whole(text: &str) -> Result<(usize, usize), JsonError> {
    let bytes = text.as_bytes();
    let start = skip_space(bytes, 0);
    let end = skip_value(bytes, start, 0)?;
    let rest = skip_space(bytes, end);
    match rest == bytes.len() {
        true => Ok((start, end)),
        false => Err(JsonError::syntax(rest, "something follows the JSON value")),
    }
}
