//! What must hold for any bytes whatever. Called by the property tests on stable, and by the fuzzers in `fuzz/`,
//! which include this file.

use ferrolite_formats::framing::sse::Framer;
use ferrolite_types::json::{Fields, Kind, Outline, Value};

use crate::grammar;
use crate::spoken::{self, Spoken};

/// JSON is accepted as serde_json accepts it, and every value that was accepted can be read to its leaves.
pub(crate) fn json(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let ours = Value::parse(text);
    match (&ours, serde_json::from_str::<serde_json::Value>(text)) {
        (Err(error), Ok(_)) => panic!("refused: {error}: {text:?}"),
        (Ok(_), Err(error)) => assert!(is_stricter(&error), "accepted: {error}: {text:?}"),
        (Ok(_), Ok(_)) | (Err(_), Err(_)) => {}
    }
    if let Ok(value) = ours {
        assert_eq!(Outline::of(text).is_ok(), value.kind() == Kind::Object);
        read_to_leaves(value);
    }
}

/// What serde_json refuses though it is JSON: numbers beyond `f64`, and half of a surrogate pair.
fn is_stricter(error: &serde_json::Error) -> bool {
    let error = error.to_string();
    ["number out of range", "surrogate", "unexpected end of hex escape"]
        .iter()
        .any(|why| error.starts_with(why) || error.contains(why))
}

fn read_to_leaves(value: Value<'_>) {
    match value.kind() {
        Kind::Null => {}
        Kind::Bool => assert!(value.bool().is_ok()),
        Kind::Number => assert!(value.f64().is_ok()),
        Kind::String => assert!(value.str().is_ok()),
        Kind::Array => value.items().expect("it is an array").for_each(read_to_leaves),
        Kind::Object => read_members(&value.fields().expect("it is an object")),
    }
}

fn read_members(fields: &Fields<'_>) {
    let mut taken = fields.clone();
    for (key, value) in fields.rest() {
        read_to_leaves(value.value());
        taken.take_any(&key);
    }
    assert_eq!(taken.keys().count(), 0, "every member can be taken by its name");
}

/// The frames of a stream are its bytes, in whatever pieces they arrive.
pub(crate) fn sse(data: &[u8]) {
    let whole = frames(&[data]);
    let single: Vec<&[u8]> = data.chunks(1).collect();
    assert_eq!(frames(&single), whole);
    let mark = "\u{feff}".as_bytes();
    let raw: Vec<u8> = whole.into_iter().flat_map(|(raw, _)| raw).collect();
    assert!(data.strip_prefix(mark).unwrap_or(data).starts_with(&raw));
}

fn frames(pieces: &[&[u8]]) -> Vec<(Vec<u8>, Option<String>)> {
    let mut framer = Framer::default();
    let mut frames = Vec::new();
    for piece in pieces {
        framer.feed(piece).expect("the input is small");
        while let Some(frame) = framer.next_frame() {
            frames.push((frame.raw.to_vec(), frame.data.map(Into::into)));
        }
    }
    frames.extend(framer.finish().map(|frame| (frame.raw.to_vec(), frame.data.map(Into::into))));
    frames
}

/// Whatever a provider streams becomes events that keep the grammar, which every writer can say and whose own
/// reader understands again.
pub(crate) fn stream(data: &[u8]) {
    for from in spoken::formats() {
        let events = from.read_stream(&[data]);
        assert_eq!(grammar::mistake(&events), None, "read as {}", from.id());
        for to in spoken::formats() {
            let again = to.read_stream(&[&to.write_stream(&events)]);
            assert_eq!(grammar::mistake(&again), None, "read as {}, written as {}", from.id(), to.id());
        }
    }
}

/// Whatever a client sends is refused or can be said in every format.
pub(crate) fn request(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for from in spoken::formats() {
        let Ok(request) = from.read_request(text) else { continue };
        for to in spoken::formats() {
            if let Ok(call) = to.write_request(&request) {
                assert_json(&call.body, &from, &to);
            }
        }
    }
}

/// Whatever a provider answers is refused or can be said in every format.
pub(crate) fn response(data: &[u8]) {
    for from in spoken::formats() {
        let Ok(response) = from.read_response(data) else { continue };
        for to in spoken::formats() {
            assert_json(&to.written_response(&response), &from, &to);
        }
    }
}

/// Whatever a provider refuses with can be told in every format.
pub(crate) fn error(data: &[u8]) {
    for from in spoken::formats() {
        for status in [400, 401, 403, 404, 422, 429, 500, 503, 529] {
            let error = from.read_error(status, data);
            for to in spoken::formats() {
                let refusal = to.towards_clients().write_error(&error);
                assert_json(&refusal.body, &from, &to);
            }
        }
    }
}

fn assert_json(body: &[u8], from: &Spoken, to: &Spoken) {
    let text = std::str::from_utf8(body).expect("a writer writes UTF-8");
    assert!(Fields::parse(text).is_ok(), "read as {}, written as {}: {text}", from.id(), to.id());
}
