//! What the fuzzers call: the bodies that the property tests of `crates/formats` call too.

// The tests use more of these files than the fuzzers do.
#![allow(dead_code)]

#[path = "../../crates/formats/tests/bodies.rs"]
mod bodies;
#[path = "../../crates/formats/tests/grammar.rs"]
mod grammar;
#[path = "../../crates/formats/tests/spoken.rs"]
mod spoken;

/// Any bytes as JSON.
pub fn json(data: &[u8]) {
    bodies::json(data);
}

/// Any bytes as server-sent events.
pub fn sse(data: &[u8]) {
    bodies::sse(data);
}

/// Any bytes as a provider's stream, in every format.
pub fn stream(data: &[u8]) {
    bodies::stream(data);
}

/// Any bytes as a client's request, in every format.
pub fn request(data: &[u8]) {
    bodies::request(data);
}

/// Any bytes as a provider's answer, in every format.
pub fn response(data: &[u8]) {
    bodies::response(data);
}

/// Any bytes as a provider's refusal, in every format.
pub fn error(data: &[u8]) {
    bodies::error(data);
}
