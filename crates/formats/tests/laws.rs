//! The laws of translation, on every fixture of every format: what is read is written again, a whole answer
//! and its stream are one, no cut of the bytes matters, and nothing that arrives can break the reader.

mod differs;

use std::fmt::Write as _;
use std::sync::LazyLock;

use differs::Differs;
use ferrolite_formats::Answer;
use ferrolite_types::chat::ChatEvent;
use ferrolite_types::{Error, ErrorKind};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use proptest::prelude::*;
use serde_json::Value;

use crate::damage::{any_damages, damaged};
use crate::fixtures::{self, Fixture, Kind};
use crate::grammar;
use crate::sameness::differences;
use crate::spoken::{self, Spoken, body_of, folded, parsed};

/// What is wrong, one line for each place.
type Complaints = Vec<String>;

/// Asks a law of every fixture of a kind, of every format, and tells all that is wrong at once.
fn on_every(kind: Kind, law: impl Fn(&Spoken, &Fixture) -> Complaints) -> Complaints {
    let mut all = Complaints::new();
    for spoken in spoken::formats() {
        for fixture in fixtures::of(spoken.id(), kind) {
            all.extend(
                law(&spoken, &fixture).into_iter().map(|complaint| format!("{}: {complaint}", fixture.id())),
            );
        }
    }
    all
}

fn hold(law: &str, complaints: &Complaints) {
    let told = complaints.iter().fold(String::new(), |mut told, complaint| {
        write!(told, "\n  {complaint}").expect("a string takes everything");
        told
    });
    assert!(complaints.is_empty(), "{law}: {} complaints{told}", complaints.len());
}

/// Compares the trees that a law makes of each fixture, but for what `differs.toml` explains under its name.
fn same_trees(
    law: &str,
    kind: Kind,
    trees: impl Fn(&Spoken, &Fixture) -> Result<Option<(Value, Value)>, String>,
) {
    let known = Differs::of(law);
    let mut complaints = on_every(kind, |spoken, fixture| match trees(spoken, fixture) {
        Ok(None) => Vec::new(),
        Ok(Some((was, became))) => {
            let left = known.unexplained(&fixture.id(), differences(&was, &became));
            left.iter().map(ToString::to_string).collect()
        }
        Err(complaint) => vec![complaint],
    });
    complaints.extend(known.unused());
    hold(law, &complaints);
}

#[test]
fn every_registered_format_has_fixtures() {
    let bare = |spoken: &Spoken| fixtures::of(spoken.id(), Kind::Request).is_empty();
    let complaints: Complaints = spoken::formats()
        .iter()
        .filter(|spoken| bare(spoken))
        .map(|spoken| {
            format!("{} has no requests in {}", spoken.id(), fixtures::folder(spoken.id()).display())
        })
        .collect();
    hold("every registered format has fixtures", &complaints);
}

#[test]
fn a_request_is_written_as_it_was_read() {
    same_trees("request", Kind::Request, |spoken, fixture| {
        if spoken.served.is_none() {
            return Ok(None);
        }
        let request = spoken.read_request(&fixture.text).map_err(|error| error.to_string())?;
        let call = spoken.write_request(&request).map_err(|error| error.to_string())?;
        match call.losses.as_slice() {
            [] => Ok(Some((fixture.json(), body_of(&call)))),
            losses => Err(format!("loses something of its own: {losses:?}")),
        }
    });
}

#[test]
fn an_answer_is_written_as_it_was_read() {
    same_trees("response", Kind::Response, |spoken, fixture| {
        if spoken.served.is_none() {
            return Ok(None);
        }
        let response = spoken.read_response(fixture.text.as_bytes()).map_err(|error| error.to_string())?;
        Ok(Some((fixture.json(), spoken.write_response(&response))))
    });
}

#[test]
fn a_stream_folds_to_its_whole_answer() {
    same_trees("fold", Kind::Stream, |spoken, fixture| {
        let Some(whole) = fixtures::named(fixture.format, Kind::Response, &fixture.name) else {
            return Ok(None);
        };
        let whole = spoken.read_response(whole.text.as_bytes()).map_err(|error| error.to_string())?;
        let events = spoken.read_stream(&[fixture.text.as_bytes()]);
        let stream = folded(&events).map_err(|error| format!("the stream failed: {error}"))?;
        Ok(Some((spoken.write_response(&whole), spoken.write_response(&stream))))
    });
}

#[test]
fn a_written_stream_folds_to_the_same_answer() {
    same_trees("rewritten", Kind::Stream, |spoken, fixture| {
        if spoken.served.is_none() {
            return Ok(None);
        }
        let events = spoken.read_stream(&[fixture.text.as_bytes()]);
        let again = spoken.read_stream(&[&spoken.write_stream(&events)]);
        match (folded(&events), folded(&again)) {
            (Ok(was), Ok(became)) => Ok(Some((spoken.write_response(&was), spoken.write_response(&became)))),
            (Err(was), Err(became)) if was.message == became.message => Ok(None),
            (was, became) => Err(format!("ended with {:?}, ends with {:?}", was.err(), became.err())),
        }
    });
}

/// How far apart a stream is cut: at every byte where it is short, and so that no stream takes longer than others.
fn step(bytes: &[u8]) -> usize {
    const READ_IN_ALL: usize = 256 * 1024;
    (bytes.len() * bytes.len()).div_ceil(READ_IN_ALL)
}

#[test]
fn any_cut_of_a_stream_gives_the_same_events() {
    let complaints = on_every(Kind::Stream, |spoken, fixture| {
        let bytes = fixture.text.as_bytes();
        let whole = spoken.read_stream(&[bytes]);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        let mut wrong = Complaints::new();
        if spoken.read_stream(&single) != whole {
            wrong.push("gives other events byte by byte".to_owned());
        }
        let cuts = (1..bytes.len()).step_by(step(bytes)).map(|at| (at, bytes.split_at(at)));
        let differing = cuts.filter(|(_, (head, tail))| spoken.read_stream(&[head, tail]) != whole);
        wrong.extend(differing.map(|(at, _)| format!("gives other events when cut at byte {at}")).take(3));
        wrong
    });
    hold("any cut gives the same events", &complaints);
}

#[test]
fn every_stream_keeps_the_grammar_of_events() {
    let complaints = on_every(Kind::Stream, |spoken, fixture| {
        grammar::mistake(&spoken.read_stream(&[fixture.text.as_bytes()])).into_iter().collect()
    });
    hold("every stream keeps the grammar", &complaints);
}

#[test]
fn a_truncated_stream_is_whole_or_ends_in_one_failure() {
    let complaints = on_every(Kind::Stream, |spoken, fixture| {
        let bytes = fixture.text.as_bytes();
        let broken = (0..bytes.len()).step_by(step(bytes)).filter_map(|at| {
            let mistake = grammar::mistake(&spoken.read_stream(&[&bytes[..at]]))?;
            Some(format!("cut off at byte {at}: {mistake}"))
        });
        broken.take(3).collect()
    });
    hold("a truncated stream is whole or failed", &complaints);
}

#[test]
fn a_refusal_keeps_its_status_and_its_message() {
    let complaints = on_every(Kind::Error, |spoken, fixture| {
        let recorded = Recorded::of(fixture);
        let error = recorded.read(spoken);
        let refusal = spoken.towards_clients().write_error(&error);
        let mut wrong = Complaints::new();
        if refusal.status != recorded.status.as_u16() {
            wrong.push(format!("status was {}, became {}", recorded.status, refusal.status));
        }
        let body = parsed(&refusal.body);
        if let Some(message) = recorded.message().filter(|message| !says(&body, message)) {
            wrong.push(format!("{message:?} is not said by {body}"));
        }
        wrong
    });
    hold("a refusal keeps status and message", &complaints);
}

#[test]
fn what_we_refuse_is_understood_by_our_own_reader() {
    const KINDS: &[ErrorKind] = &[
        ErrorKind::BadRequest,
        ErrorKind::Authentication,
        ErrorKind::Permission,
        ErrorKind::NotFound,
        ErrorKind::RateLimit,
        ErrorKind::Upstream,
        ErrorKind::Unavailable,
    ];
    for spoken in spoken::formats() {
        for kind in KINDS {
            let refusal =
                spoken.towards_clients().write_error(&Error::new(*kind, "the words of the refusal"));
            let again = spoken.read_error(refusal.status, &refusal.body);
            assert_eq!((again.kind, again.status()), (*kind, refusal.status), "{} {kind:?}", spoken.id());
            assert!(
                again.message.contains("the words of the refusal"),
                "{} {kind:?}: {}",
                spoken.id(),
                again.message
            );
        }
    }
}

/// A provider's refusal as it was recorded.
struct Recorded {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Recorded {
    fn of(fixture: &Fixture) -> Self {
        let json = fixture.json();
        let status = json["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(0);
        let headers = json["headers"].as_object().into_iter().flatten();
        Self {
            status: StatusCode::from_u16(status).unwrap_or_else(|_| panic!("{} has no status", fixture.id())),
            headers: headers.map(|(name, value)| header(name, value)).collect(),
            body: json["body"].as_str().map_or_else(|| json["body"].to_string(), ToOwned::to_owned),
        }
    }

    fn read(&self, spoken: &Spoken) -> Error {
        let Self { status, headers, body } = self;
        spoken.called.read_error(&Answer { status: *status, headers, body: body.as_bytes() })
    }

    /// The vendor's words, where the body is JSON that holds them.
    fn message(&self) -> Option<String> {
        let body: Value = serde_json::from_str(&self.body).ok()?;
        let body = body.get(0).unwrap_or(&body);
        let inner = body.get("error").unwrap_or(body);
        let message = inner.get("message").or_else(|| inner.get("detail")).unwrap_or(inner);
        message.as_str().map(ToOwned::to_owned)
    }
}

fn header(name: &str, value: &Value) -> (HeaderName, HeaderValue) {
    let value = value.as_str().expect("a header is a string");
    (name.parse().expect("the name of a header"), value.parse().expect("the value of a header"))
}

/// Whether any string of the tree contains `text`.
fn says(tree: &Value, text: &str) -> bool {
    match tree {
        Value::String(string) => string.contains(text),
        Value::Array(items) => items.iter().any(|item| says(item, text)),
        Value::Object(members) => members.values().any(|member| says(member, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// All streams with the format that reads them.
static STREAMS: LazyLock<Vec<(Spoken, Fixture)>> = LazyLock::new(|| {
    let of = |spoken: Spoken| {
        fixtures::of(spoken.id(), Kind::Stream).into_iter().map(move |fixture| (spoken, fixture))
    };
    spoken::formats().into_iter().flat_map(of).collect()
});

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_pieces_of_a_stream_give_the_same_events(
        which in any::<prop::sample::Index>(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..12),
    ) {
        let (spoken, fixture) = &STREAMS[which.index(STREAMS.len())];
        let bytes = fixture.text.as_bytes();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(spoken.read_stream(&pieces), spoken.read_stream(&[bytes]), "{} cut at {:?}", fixture.id(), cuts);
    }

    #[test]
    fn a_damaged_stream_never_breaks_the_reader(which in any::<prop::sample::Index>(), damages in any_damages()) {
        let (spoken, fixture) = &STREAMS[which.index(STREAMS.len())];
        let events: Vec<ChatEvent> = spoken.read_stream(&[&damaged(&fixture.text, &damages)]);
        let mistake = grammar::mistake(&events);
        prop_assert!(mistake.is_none(), "{} with {damages:?}: {mistake:?}", fixture.id());
        spoken.write_stream(&events);
    }
}
