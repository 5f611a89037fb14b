//! Configurations in the style of LiteLLM's documentation, and broken ones: what is said about each stands in
//! `config/snapshots`. And the files that are made from the declaration: they must be fresh.
//!
//! `FERROLITE_UPDATE=1 cargo test -p ferrolite-gateway --test config` writes the files again, and
//! `INSTA_UPDATE=always` the snapshots.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "config/reading.rs"]
mod reading;

use std::fs;
use std::path::{Path, PathBuf};

use ferrolite_gateway::config::{reference, schema};
use ferrolite_gateway::load::{Loaded, Said, Strictness, load};
use ferrolite_gateway::variables;

/// The environment of all of them.
fn env(name: &str) -> Option<String> {
    let missing = name.starts_with("NO_SUCH");
    let value = match name {
        "REDIS_PORT" => "6379",
        "AZURE_API_BASE_SWEDEN" => "https://sweden.openai.azure.com",
        _ => "sk-of-the-environment",
    };
    (!missing && name.contains('_')).then(|| value.to_owned())
}

/// Reads a file by its name alone, so that no message depends on where the project lies.
fn read(file: &Path) -> Loaded {
    let text = fs::read_to_string(file).unwrap();
    let accepted = text.lines().next().and_then(|line| line.strip_prefix("# accept: ")).unwrap_or_default();
    let accepted = accepted.split(", ").map(str::to_owned).collect();
    load(&Said::File(file.to_owned()), &Strictness { strict: false, accepted }, &env)
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// What is said about each file of a folder, held against its snapshot.
fn snapshots(folder: &str, check: impl Fn(&Path, &Loaded)) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("config/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for file in files(&format!("tests/config/{folder}")) {
            let loaded = read(&file);
            check(&file, &loaded);
            let name = file.file_stem().unwrap().to_string_lossy();
            insta::assert_snapshot!(format!("{folder}_{name}"), loaded.report.render(false));
        }
    });
}

#[test]
fn configurations_in_the_style_of_the_documentation_are_served() {
    snapshots("good", |file, loaded| {
        assert!(loaded.runtime.is_some(), "{}:\n{}", file.display(), loaded.report.render(false));
    });
}

#[test]
fn every_broken_configuration_says_where_and_how_to_mend_it() {
    snapshots("broken", |file, loaded| assert!(!loaded.report.is_empty(), "{}", file.display()));
}

#[test]
fn no_message_shows_a_secret() {
    for file in files("tests/config/broken") {
        let said = read(&file).report.render(false);
        assert!(!said.contains("very-secret") && !said.contains("of-the-environment"), "{said}");
    }
}

#[test]
fn the_schema_is_fresh() {
    is_fresh("schema/config.json", &schema::published());
}

#[test]
fn the_reference_is_fresh() {
    is_fresh("docs/reference/config.md", &reference::page());
}

#[test]
fn the_list_of_environment_variables_is_fresh() {
    is_fresh("docs/reference/environment.md", &variables::page());
}

/// Fails when a generated file is stale, or writes it when asked to.
fn is_fresh(path: &str, wanted: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("FERROLITE_UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, wanted).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    let how = "FERROLITE_UPDATE=1 cargo test -p ferrolite-gateway --test config";
    assert!(found == wanted, "{path} is stale; `{how}` writes it again");
}
