//! The bodies of the fuzzers, on stable: with arbitrary bytes, and with fixtures that were damaged on the way.

use std::sync::LazyLock;

use proptest::prelude::*;

use crate::bodies;
use crate::damage::{any_damages, damaged};
use crate::fixtures::{self, Fixture, Kind};
use crate::spoken;

/// All fixtures of a kind.
type Fixtures = LazyLock<Vec<Fixture>>;

static REQUESTS: Fixtures = LazyLock::new(|| all(Kind::Request));
static RESPONSES: Fixtures = LazyLock::new(|| all(Kind::Response));
static STREAMS: Fixtures = LazyLock::new(|| all(Kind::Stream));
static ERRORS: Fixtures = LazyLock::new(|| all(Kind::Error));

fn all(kind: Kind) -> Vec<Fixture> {
    spoken::formats().iter().flat_map(|spoken| fixtures::of(spoken.id(), kind)).collect()
}

/// Bytes that a body is called with: mostly of a fixture, changed in a few places.
fn any_bytes(fixtures: &'static Fixtures) -> impl Strategy<Value = Vec<u8>> {
    let of_fixture = (any::<prop::sample::Index>(), any_damages())
        .prop_map(|(which, damages)| damaged(&fixtures[which.index(fixtures.len())].text, &damages));
    prop_oneof![6 => of_fixture, 1 => prop::collection::vec(any::<u8>(), 0..300)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn json_is_read_to_its_leaves(bytes in any_bytes(&REQUESTS)) {
        bodies::json(&bytes);
    }

    #[test]
    fn frames_are_the_bytes_of_the_stream(bytes in any_bytes(&STREAMS)) {
        bodies::sse(&bytes);
    }

    #[test]
    fn any_stream_becomes_events_that_every_format_can_say(bytes in any_bytes(&STREAMS)) {
        bodies::stream(&bytes);
    }

    #[test]
    fn any_request_is_refused_or_said_in_every_format(bytes in any_bytes(&REQUESTS)) {
        bodies::request(&bytes);
    }

    #[test]
    fn any_answer_is_refused_or_said_in_every_format(bytes in any_bytes(&RESPONSES)) {
        bodies::response(&bytes);
    }

    #[test]
    fn any_refusal_is_told_in_every_format(bytes in any_bytes(&ERRORS)) {
        bodies::error(&bytes);
    }
}
