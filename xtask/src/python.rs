//! The Python tests: official clients against a running gateway, in a virtual environment of our own.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::machine;
use crate::root::Root;
use crate::step;

const TESTS: &str = "tests/python";

/// Makes the virtual environment, once for each set of requirements, and returns its interpreter.
pub(crate) fn environment(root: &Root) -> Result<PathBuf> {
    let venv = root.join("target/venv");
    let python = venv.join("bin/python");
    let requirements = root.join(TESTS).join("requirements.txt");
    let wanted =
        fs::read(&requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    let installed = venv.join("installed.txt");
    if fs::read(&installed).is_ok_and(|done| done == wanted) {
        return Ok(python);
    }
    create(&venv)?;
    step::run(root.command(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(&requirements))?;
    fs::write(&installed, wanted)?;
    Ok(python)
}

fn create(venv: &Path) -> Result<()> {
    let packages = ["python3", "python3-venv"];
    let python = machine::find_or_install("Python 3.10 or newer with venv", &packages, usable_python)?;
    step::run(Command::new(python).args(["-m", "venv", "--clear"]).arg(venv))
}

/// The system's own Python is asked too, because that is the one a Debian package completes.
fn usable_python() -> Option<PathBuf> {
    let probe = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))";
    let candidates = [machine::find("python3"), Some(PathBuf::from("/usr/bin/python3"))];
    candidates
        .into_iter()
        .flatten()
        .find(|python| step::read(Command::new(python).args(["-c", probe])).is_ok())
}

/// The programs under test.
#[derive(Debug)]
pub(crate) struct Programs {
    gateway: PathBuf,
    provider: PathBuf,
}

impl Programs {
    /// Builds them the way the Rust tests were built: with the same features, so hardly anything is
    /// compiled twice.
    pub(crate) fn build(root: &Root) -> Result<Self> {
        let mut cargo = root.cargo(&["build", "--workspace", "--bins", "--tests"]);
        cargo.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
        step::announce(&cargo);
        let mut built = executables(&step::read(&mut cargo)?);
        let mut take = |name: &str| built.remove(name).with_context(|| format!("no package builds `{name}`"));
        Ok(Self { gateway: take("ferrolite")?, provider: take("fake-provider")? })
    }
}

/// Where cargo put each program, from its own messages: it alone knows the target folder in force.
fn executables(messages: &str) -> HashMap<String, PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str(line).ok());
    messages.filter_map(|message: Value| executable(&message)).collect()
}

fn executable(message: &Value) -> Option<(String, PathBuf)> {
    let is_test = message["profile"]["test"].as_bool()?;
    let name = message["target"]["name"].as_str()?;
    let path = message["executable"].as_str()?;
    (!is_test).then(|| (name.to_owned(), PathBuf::from(path)))
}

/// The test run; `filters` are parts of test names, and one that matches is enough.
pub(crate) fn pytest(root: &Root, python: &Path, programs: &Programs, filters: &[String]) -> Command {
    let mut pytest = root.command(python);
    pytest.args(["-m", "pytest", TESTS]);
    if !filters.is_empty() {
        pytest.args(["-k", &filters.join(" or ")]);
    }
    pytest.env("FERROLITE_BIN", &programs.gateway).env("FAKE_PROVIDER_BIN", &programs.provider);
    pytest.env("PYTHONUNBUFFERED", "1");
    pytest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_from_their_own_tests() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"ferrolite"},"profile":{"test":true},"executable":"/t/deps/ferrolite-1"}
{"reason":"compiler-artifact","target":{"name":"ferrolite"},"profile":{"test":false},"executable":null}
{"reason":"compiler-artifact","target":{"name":"ferrolite"},"profile":{"test":false},"executable":"/t/ferrolite"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(
            executables(messages),
            HashMap::from([("ferrolite".to_owned(), PathBuf::from("/t/ferrolite"))])
        );
    }
}
