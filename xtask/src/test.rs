//! The one way to run the tests, on a fresh machine as on any other.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::closing::Runner;
use crate::machine;
use crate::python::{self, Programs};
use crate::root::Root;
use crate::services::Services;
use crate::step::Report;

/// Which tests to run.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Leave out the Python tests
    #[arg(long)]
    no_python: bool,
    /// Start no PostgreSQL and no Redis; the tests that need them skip themselves
    #[arg(long)]
    no_services: bool,
    /// The nextest profile, from .config/nextest.toml
    #[arg(long, default_value = "default")]
    profile: String,
    /// Run only the tests whose name contains one of these
    filters: Vec<String>,
}

impl Options {
    /// Every test, with the output made for a log.
    pub(crate) fn for_ci() -> Self {
        Self { no_python: false, no_services: false, profile: "ci".to_owned(), filters: Vec::new() }
    }
}

/// `cargo xtask test`
pub(crate) fn run(root: &Root, options: &Options) -> Result<()> {
    let mut report = Report::default();
    steps(root, options, &mut report);
    report.finish()
}

/// The tests as steps of a longer report.
pub(crate) fn steps(root: &Root, options: &Options, report: &mut Report) {
    let services = match options.no_services {
        true => None,
        false => report.step("services", || Services::start(root).context("to test without: --no-services")),
    };
    let env = services.as_ref().map(Services::env).unwrap_or_default();
    let tests = Tests { root, options, env };

    report.noted_step("rust tests", || tests.rust());
    report.noted_step("doc tests", || tests.documentation());
    if !options.no_python {
        python_steps(&tests, report);
    }
}

fn python_steps(tests: &Tests<'_>, report: &mut Report) {
    let interpreter = report.step("python environment", || python::environment(tests.root));
    let programs = report.step("programs under test", || Programs::build(tests.root));
    match (interpreter, programs) {
        (Some(interpreter), Some(programs)) => {
            report.noted_step("python tests", || tests.python(&interpreter, &programs));
        }
        _ => report.skip("python tests", "nothing to run them with"),
    }
}

/// The test runs, all in the same surroundings.
struct Tests<'run> {
    root: &'run Root,
    options: &'run Options,
    env: Vec<(&'static str, String)>,
}

impl Tests<'_> {
    fn rust(&self) -> Result<String> {
        match machine::find("cargo-nextest") {
            Some(_) => self.run(Runner::Nextest, self.nextest()),
            None => self.run(Runner::Libtest, self.libtest("--tests")),
        }
    }

    /// nextest does not run documentation tests.
    fn documentation(&self) -> Result<String> {
        self.run(Runner::Libtest, self.libtest("--doc"))
    }

    fn python(&self, interpreter: &Path, programs: &Programs) -> Result<String> {
        self.run(Runner::Pytest, python::pytest(self.root, interpreter, programs, &self.options.filters))
    }

    fn run(&self, runner: Runner, mut command: Command) -> Result<String> {
        runner.run(command.envs(self.env.iter().cloned()))
    }

    fn nextest(&self) -> Command {
        let mut nextest =
            self.root.cargo(&["nextest", "run", "--workspace", "--profile", &self.options.profile]);
        if !self.options.filters.is_empty() {
            // A filter may be meant for documentation or Python tests only.
            nextest.arg("--no-tests=pass").args(&self.options.filters);
        }
        nextest
    }

    fn libtest(&self, which: &str) -> Command {
        let mut libtest = self.root.cargo(&["test", "--workspace", "--no-fail-fast", which, "--"]);
        libtest.args(&self.options.filters);
        libtest
    }
}
