//! Everything a change must pass before it is merged, in the order that fails soonest.

use anyhow::Result;

use crate::generate;
use crate::machine;
use crate::root::Root;
use crate::step::{self, Report};
use crate::test;

/// `cargo xtask ci`
pub(crate) fn run(root: &Root) -> Result<()> {
    let mut report = Report::default();
    report.step("format", || step::run(&mut root.cargo(&["fmt", "--all", "--check"])));
    report.step("clippy", || step::run(&mut root.cargo(CLIPPY)));
    report.step("documentation", || step::run(root.cargo(DOC).env("RUSTDOCFLAGS", "-Dwarnings")));
    report.step("generated files", || generate::check(generate::REGISTRY, root));
    match machine::find("cargo-deny") {
        Some(_) => _ = report.step("dependencies", || step::run(&mut root.cargo(&["deny", "check"]))),
        None => report.skip("dependencies", "cargo-deny is not installed"),
    }
    test::steps(root, &test::Options::for_ci(), &mut report);
    report.finish()
}

const CLIPPY: &[&str] = &["clippy", "--workspace", "--all-targets", "--", "-Dwarnings"];
const DOC: &[&str] = &["doc", "--no-deps", "--workspace"];
