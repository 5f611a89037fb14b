//! The picture of ARCHITECTURE.md, held against the code: which crate may know which, what the pure ones
//! must not touch, and who keeps each outside library.
//!
//! Invariant: every rule is a row in one of the tables below; a test only reads its table.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A crate knows only crates of lower floors. So crates of one floor never know each other, and there is
/// no circle.
const FLOORS: &[(&str, u8)] = &[
    ("ferrolite-types", 1),
    ("ferrolite-formats", 2),
    ("ferrolite-store", 2),
    ("ferrolite-transport", 2),
    ("ferrolite-credentials", 2),
    ("ferrolite-providers", 3),
    ("ferrolite-guards", 3),
    ("ferrolite-sinks", 3),
    ("ferrolite-router", 4),
    ("ferrolite", 5),
    ("ferrolite-gateway", 6),
    ("ferrolite-python", 6),
];

/// Crates that do no I/O, read no clock and draw no random number: all of that is an argument.
const PURE: &[&str] = &["ferrolite-types", "ferrolite-formats", "ferrolite-providers", "ferrolite-router"];

/// What a pure crate must not reach, however indirectly.
const IMPURE: &[&str] = &["tokio", "hyper", "axum", "sqlx", "reqwest"];

/// What a pure crate must not write.
const CLOCKS_AND_DICE: &[&str] = &[
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "Uuid::new_v4",
    "Uuid::now_v7",
    "rand::",
];

/// Outside libraries, with the crates that may name them or their satellites (`pyo3-…`).
const KEEPERS: &[(&str, &[&str])] = &[
    ("axum", &["ferrolite-gateway"]),
    ("sqlx", &["ferrolite-store"]),
    ("redis", &["ferrolite-store"]),
    ("pyo3", &["ferrolite-python"]),
    ("reqwest", &["ferrolite-transport", "ferrolite-credentials"]),
    ("hyper-rustls", &["ferrolite-transport", "ferrolite-credentials"]),
    // The gateway serves with it; the two below call with it.
    ("hyper", &["ferrolite-gateway", "ferrolite-transport", "ferrolite-credentials"]),
];

/// Folders of `formats/src` that belong to no family of formats.
const SHARED_BY_FORMATS: &[&str] = &["framing"];

#[test]
fn every_crate_has_a_floor() {
    let homeless: Vec<String> = crates().into_keys().filter(|name| floor(name).is_none()).collect();
    assert!(homeless.is_empty(), "give these a row in FLOORS: {homeless:?}");
}

#[test]
fn every_arrow_points_down() {
    let crates = crates();
    let arrows =
        crates.iter().flat_map(|(from, package)| package.knows.iter().map(move |to| (from, &to.name)));
    let upward: Vec<String> = arrows
        .filter(|(from, to)| floor(to).is_some_and(|to| floor(from).is_none_or(|from| from <= to)))
        .map(|(from, to)| format!("{from} -> {to}"))
        .collect();
    assert!(upward.is_empty(), "a crate may only know crates of a lower floor: {upward:?}");
}

#[test]
fn the_tools_are_known_to_tests_only() {
    let tools = tools();
    let known = direct_dependencies().filter(|(_, to)| tools.contains(to));
    assert_eq!(known.collect::<Vec<_>>(), [], "make these dev-dependencies");
}

#[test]
fn outside_libraries_stay_with_their_keepers() {
    let strays: Vec<(String, String)> = direct_dependencies()
        .filter(|(from, to)| {
            KEEPERS.iter().any(|(library, keepers)| belongs(to, library) && !keepers.contains(&&**from))
        })
        .collect();
    assert_eq!(strays, [], "see KEEPERS for the crate that offers what these need");
}

#[test]
fn pure_crates_reach_nothing_that_waits() {
    for name in PURE {
        let reached: BTreeSet<String> =
            reachable(name).into_iter().filter(|found| IMPURE.contains(&&**found)).collect();
        assert!(
            reached.is_empty(),
            "{name} reaches {reached:?}; `cargo tree -p {name} -i <crate>` tells how"
        );
    }
}

#[test]
fn pure_crates_read_no_clock_and_throw_no_dice() {
    let crates = crates();
    let found: Vec<String> = PURE
        .iter()
        .flat_map(|name| sources(&crates[*name].folder.join("src")))
        .flat_map(|file| places(&file, |line| CLOCKS_AND_DICE.iter().any(|call| names(line, call))))
        .collect();
    assert!(found.is_empty(), "take it as an argument instead:\n{}", found.join("\n"));
}

#[test]
fn a_format_never_names_another_family() {
    let formats = crates()["ferrolite-formats"].folder.join("src");
    let families = families(&formats);
    for family in &families {
        let others: Vec<String> =
            families.iter().filter(|other| *other != family).map(|other| format!("crate::{other}")).collect();
        let found: Vec<String> = sources(&formats.join(family))
            .iter()
            .flat_map(|file| places(file, |line| others.iter().any(|other| names(line, other))))
            .collect();
        assert!(found.is_empty(), "formats meet in the canonical types only:\n{}", found.join("\n"));
    }
}

/// A crate of this workspace, as its manifest describes it.
struct Package {
    folder: PathBuf,
    knows: Vec<Dependency>,
}

struct Dependency {
    name: String,
    for_tests: bool,
}

impl Package {
    fn read(metadata: &Value) -> (String, Self) {
        let manifest = Path::new(text(&metadata["manifest_path"]));
        let folder = manifest.parent().expect("a manifest lies in a folder").to_owned();
        let knows = list(&metadata["dependencies"]).iter().map(Dependency::read).collect();
        (text(&metadata["name"]).to_owned(), Self { folder, knows })
    }

    fn is_tool(&self) -> bool {
        !self.folder.starts_with(workspace().join("crates"))
    }
}

impl Dependency {
    fn read(metadata: &Value) -> Self {
        Self { name: text(&metadata["name"]).to_owned(), for_tests: metadata["kind"] == "dev" }
    }
}

/// Everything under `crates/`, by name.
fn crates() -> BTreeMap<String, Package> {
    packages().filter(|(_, package)| !package.is_tool()).collect()
}

/// The workspace's other packages: test kit, benches, xtask.
fn tools() -> BTreeSet<String> {
    packages().filter(|(_, package)| package.is_tool()).map(|(name, _)| name).collect()
}

fn packages() -> impl Iterator<Item = (String, Package)> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo writes JSON");
    list(&metadata["packages"]).iter().map(Package::read).collect::<Vec<_>>().into_iter()
}

/// Who depends on what, other than for tests.
fn direct_dependencies() -> impl Iterator<Item = (String, String)> {
    crates().into_iter().flat_map(|(from, package)| {
        let built_in = package.knows.into_iter().filter(|to| !to.for_tests);
        built_in.map(move |to| (from.clone(), to.name))
    })
}

/// Every package that ends up inside this one.
fn reachable(name: &str) -> BTreeSet<String> {
    let tree =
        cargo(&["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}", "--package", name]);
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn cargo(args: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(args).arg("--offline").current_dir(workspace()).output();
    let output = output.expect("cargo runs these tests, so it can be run");
    assert!(output.status.success(), "cargo {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

fn workspace() -> &'static Path {
    let gateway = Path::new(env!("CARGO_MANIFEST_DIR"));
    gateway.ancestors().nth(2).expect("this crate lies in <workspace>/crates/gateway")
}

fn floor(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(known, _)| *known == name).map(|(_, floor)| *floor)
}

fn belongs(package: &str, library: &str) -> bool {
    package.strip_prefix(library).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn families(formats: &Path) -> Vec<String> {
    let folders = entries(formats).into_iter().filter(|path| path.is_dir());
    let names = folders.filter_map(|path| path.file_name()?.to_str().map(str::to_owned));
    names.filter(|name| !SHARED_BY_FORMATS.contains(&&**name)).collect()
}

/// Every Rust file in or below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let (folders, files): (Vec<_>, Vec<_>) = entries(folder).into_iter().partition(|path| path.is_dir());
    let here = files.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "rs"));
    here.chain(folders.iter().flat_map(|folder| sources(folder))).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("a folder can be listed to its end").path()).collect()
}

/// The lines of code that satisfy a condition, each as `file:line: text`.
fn places(file: &Path, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let code = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let lines =
        (1..).zip(code.lines()).filter(|(_, line)| !line.trim_start().starts_with("//") && wanted(line));
    lines.map(|(number, line)| format!("{}:{number}: {}", file.display(), line.trim())).collect()
}

/// Whether this path stands in the line as a whole: `rand::` does not stand in `operand::`.
fn names(line: &str, path: &str) -> bool {
    let is_word = |next: char| next.is_alphanumeric() || next == '_';
    line.match_indices(path).any(|(at, _)| {
        let goes_on = path.ends_with(is_word) && line[at + path.len()..].starts_with(is_word);
        !line[..at].ends_with(is_word) && !goes_on
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("cargo's metadata has a list here")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("cargo's metadata has a string here")
}
