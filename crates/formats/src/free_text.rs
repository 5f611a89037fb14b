//! Free text for tools where a provider knows functions only: the one string in an object of arguments, whole
//! or while it arrives.

use ferrolite_types::json::Value;

/// The name of the argument.
pub const ARGUMENT: &str = "input";

/// The text in complete arguments; what is not such an object is the text itself.
pub(crate) fn whole(arguments: &str) -> String {
    let fields = Value::parse(arguments).ok().and_then(|value| value.fields().ok());
    let text = fields.as_ref().and_then(|fields| fields.peek_str(&fields.keys().next()?));
    text.map_or_else(|| arguments.to_owned(), Into::into)
}

/// The text in arguments that arrive in pieces.
#[derive(Debug, Default)]
pub(crate) struct Arriving {
    /// What was not given out yet: the beginning of the object, or half of an escape.
    held: String,
    place: Place,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Before,
    Inside,
    Behind,
}

impl Arriving {
    /// Adds a piece of the arguments; gives what it adds to the text.
    pub(crate) fn more(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        if self.place == Place::Before {
            let Some(start) = start_of_text(&self.held) else { return String::new() };
            self.held.drain(..start);
            self.place = Place::Inside;
        }
        if self.place == Place::Behind {
            return String::new();
        }
        let (end, closed) = complete(self.held.as_bytes());
        let text = unescaped(&self.held[..end]);
        self.held.drain(..end);
        if closed {
            self.place = Place::Behind;
        }
        text
    }
}

/// Where the text begins, once its opening quote is there: behind the first name, even if the model chose
/// another than ours.
fn start_of_text(arguments: &str) -> Option<usize> {
    let colon = arguments.find(':')?;
    let quote = arguments[colon..].find('"')?;
    Some(colon + quote + 1)
}

/// How much of a string's inside is complete, and whether its closing quote follows. An escape may be cut, and
/// half of a surrogate pair says nothing.
fn complete(inside: &[u8]) -> (usize, bool) {
    const ESCAPE: usize = 6;
    let mut at = 0;
    while let Some(byte) = inside.get(at) {
        let length = match (byte, inside.get(at + 1)) {
            (b'"', _) => return (at, true),
            (b'\\', Some(b'u')) if is_high_surrogate(&inside[at..]) => 2 * ESCAPE,
            (b'\\', Some(b'u')) => ESCAPE,
            (b'\\', _) => 2,
            _ => 1,
        };
        if at + length > inside.len() {
            break;
        }
        at += length;
    }
    (at, false)
}

fn is_high_surrogate(escape: &[u8]) -> bool {
    matches!(escape.get(2..4), Some([b'd' | b'D', b'8'..=b'9' | b'a'..=b'b' | b'A'..=b'B']))
}

/// The characters of a string's inside; what the model escaped wrongly stays as it is.
fn unescaped(inside: &str) -> String {
    let quoted = format!("\"{inside}\"");
    Value::parse(&quoted).ok().and_then(Value::as_str).map_or_else(|| inside.to_owned(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cut_gives_the_same_text() {
        let arguments = r#"{ "input" : "a\n\"b\"\\ \u00e9 \ud83d\ude00 ü" }"#;
        let text = "a\n\"b\"\\ é 😀 ü";
        assert_eq!(whole(arguments), text);
        for (at, _) in arguments.char_indices() {
            let (head, tail) = arguments.split_at(at);
            let mut argument = Arriving::default();
            assert_eq!(argument.more(head) + &argument.more(tail), text, "cut at {at}");
        }
    }

    #[test]
    fn what_is_no_such_object_is_the_text_itself() {
        assert_eq!(whole("*** Begin Patch"), "*** Begin Patch");
    }
}
