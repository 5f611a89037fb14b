//! Every fixture of every format, said in every other: what is sent, what a client sees and what was lost,
//! kept under `goldens/` so that a change of any translation shows as a difference that a person reads.
//!
//! To accept what the formats say now, and to remove what no fixture makes any more:
//! `INSTA_UPDATE=always cargo nextest run -p ferrolite-formats goldens`

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use ferrolite_formats::Call;
use ferrolite_types::{Error, Loss};

use crate::fixtures::{self, Fixture, Kind};
use crate::spoken::{self, Spoken, body_of};

#[test]
fn a_request_is_said_in_every_other_format() {
    Goldens::of(Kind::Request).check(|from, to, fixture| {
        from.served?;
        Some(match from.read_request(&fixture.text).and_then(|request| to.write_request(&request)) {
            Ok(call) => shown_call(to, &call),
            Err(error) => shown_error(&error),
        })
    });
}

#[test]
fn an_answer_is_said_in_every_other_format() {
    Goldens::of(Kind::Response).check(|from, to, fixture| {
        to.served?;
        Some(match from.read_response(fixture.text.as_bytes()) {
            Ok(response) => pretty(&to.write_response(&response)),
            Err(error) => shown_error(&error),
        })
    });
}

#[test]
fn a_stream_is_said_in_every_other_format() {
    Goldens::of(Kind::Stream).check(|from, to, fixture| {
        to.served?;
        let events = from.read_stream(&[fixture.text.as_bytes()]);
        Some(String::from_utf8_lossy(&to.write_stream(&events)).into_owned())
    });
}

fn shown_call(to: &Spoken, call: &Call) -> String {
    let Call { headers, body: _, losses, undo: _ } = call;
    let body = body_of(call);
    let model = body.get("model").and_then(|model| model.as_str()).unwrap_or(spoken::MODEL);
    let mut shown = String::new();
    let mut line = |text: &str| writeln!(shown, "{text}").expect("a string takes everything");
    let stream = body.get("stream").is_some_and(|stream| stream == true);
    line(&format!("POST {}", to.called.endpoint(model, stream)));
    headers.iter().for_each(|(name, value)| line(&format!("{name}: {value}")));
    line(&pretty(&body));
    losses.iter().for_each(|Loss { kind, what }| line(&format!("lost ({}): {what}", kind.as_str())));
    shown
}

fn shown_error(error: &Error) -> String {
    format!("refused with {}: {error}", error.status())
}

fn pretty(tree: &serde_json::Value) -> String {
    serde_json::to_string_pretty(tree).expect("a tree can be written")
}

/// Whether the snapshot of this name says `text`; if not, the difference has been printed.
pub(crate) fn is_as_kept(folder: &Path, name: &str, text: &str) -> bool {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| catch_unwind(AssertUnwindSafe(|| insta::assert_snapshot!(name, text))).is_ok())
}

/// The snapshots of one kind.
struct Goldens {
    kind: Kind,
    folder: PathBuf,
}

impl Goldens {
    fn of(kind: Kind) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens").join(kind.folder());
        Self { kind, folder }
    }

    /// Compares what every fixture becomes in every other format, telling all that changed before failing.
    fn check(&self, translate: impl Fn(&Spoken, &Spoken, &Fixture) -> Option<String>) {
        let mut seen = BTreeSet::new();
        let mut changed = Vec::new();
        for (from, to, fixture) in self.pairs() {
            let Some(text) = translate(&from, &to, &fixture) else { continue };
            let name = format!("{}.{}.{}", from.id(), fixture.name, to.id());
            if !is_as_kept(&self.folder, &name, &text) {
                changed.push(name.clone());
            }
            seen.insert(format!("{name}.snap"));
        }
        changed.extend(self.left_behind(&seen));
        assert!(changed.is_empty(), "{} snapshots are not what they were: {changed:#?}", changed.len());
    }

    fn pairs(&self) -> Vec<(Spoken, Spoken, Fixture)> {
        let mut pairs = Vec::new();
        for from in spoken::formats() {
            for fixture in fixtures::of(from.id(), self.kind) {
                let others = spoken::formats().into_iter().filter(|to| to.id() != from.id());
                pairs.extend(others.map(|to| (from, to, fixture.clone())));
            }
        }
        pairs
    }

    /// Snapshots that nothing makes any more; removed where snapshots are being accepted.
    fn left_behind(&self, seen: &BTreeSet<String>) -> Vec<String> {
        let accepting = std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always");
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let names = entries
            .map(|entry| entry.expect("a folder can be listed").file_name().to_string_lossy().into_owned());
        let old: Vec<String> = names.filter(|name| name.ends_with(".snap") && !seen.contains(name)).collect();
        if accepting {
            old.iter().for_each(|name| {
                fs::remove_file(self.folder.join(name)).expect("an old snapshot can be removed");
            });
            return Vec::new();
        }
        old
    }
}
