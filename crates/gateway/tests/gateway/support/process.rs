//! The real program, in a process of its own.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use ferrolite_testkit::eventually;
use serde_json::Value;
use tokio::process::{Child, Command};

use super::MASTER_KEY;
use super::caller::{Caller, SOON};

/// How the program is started: in a bare environment, on a free port, with its state in `home`.
#[derive(Debug)]
pub(crate) struct Launch {
    home: PathBuf,
    command: Command,
    key: String,
}

impl Launch {
    /// Without a configuration.
    pub(crate) fn at(home: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ferrolite"));
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("FERROLITE_HOME", home);
        Self { home: home.to_owned(), command, key: String::new() }
    }

    /// Serving on a free port of this machine alone.
    pub(crate) fn serving(self) -> Self {
        self.arguments(&["--host", "127.0.0.1", "--port", "0"])
    }

    pub(crate) fn configured(self, config: &Value) -> Self {
        let file = self.home.join("config.yaml");
        std::fs::write(&file, config.to_string()).unwrap();
        let mut launch = self.arguments(&["--config", file.to_str().unwrap()]);
        launch.key = MASTER_KEY.to_owned();
        launch
    }

    pub(crate) fn arguments(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Knowing this key.
    pub(crate) fn key(mut self, key: &str) -> Self {
        self.key = key.to_owned();
        self
    }

    /// Starts it and waits until it says where it listens.
    pub(crate) async fn start(mut self) -> Process {
        let output = Output::at(&self.home);
        let mut child = output.collect(&mut self.command).spawn().unwrap();
        let (mut listens, mut exited) = (None, None);
        eventually(SOON, async || {
            listens = output.address();
            exited = child.try_wait().unwrap();
            listens.is_some() || exited.is_some()
        })
        .await;
        let url = listens.unwrap_or_else(|| panic!("it ended with {exited:?}: {}", output.text()));
        Process { caller: Caller::new(url, &self.key), child, output }
    }

    /// Runs it to its end.
    pub(crate) async fn run(mut self) -> Exit {
        let output = tokio::time::timeout(SOON, self.command.kill_on_drop(true).output()).await;
        let output = output.expect("it ends soon").unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Exit { status: output.status, stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Exit {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The running program, callable as a [`Caller`]; dropping it kills it.
#[derive(Debug)]
pub(crate) struct Process {
    caller: Caller,
    child: Child,
    output: Output,
}

impl Process {
    /// Asks it to end.
    pub(crate) async fn terminate(&self) {
        self.signal("-TERM").await;
    }

    /// Asks it to read its configuration again.
    pub(crate) async fn hang_up(&self) {
        self.signal("-HUP").await;
    }

    async fn signal(&self, signal: &str) {
        let pid = self.child.id().expect("it runs").to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().await.unwrap().success());
    }

    /// Kills it as no program can foresee.
    pub(crate) async fn kill(&self) {
        self.signal("-KILL").await;
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        tokio::time::timeout(SOON, self.child.wait()).await.expect("it ends soon").unwrap()
    }

    /// Everything it printed and logged so far.
    pub(crate) fn output(&self) -> String {
        self.output.text()
    }

    /// What it printed so far.
    pub(crate) fn stdout(&self) -> String {
        read(&self.output.stdout)
    }
}

impl Deref for Process {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

/// The files that a process writes to.
#[derive(Debug)]
struct Output {
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Output {
    fn at(home: &Path) -> Self {
        Self { stdout: home.join("stdout"), stderr: home.join("stderr") }
    }

    fn collect<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let file = |path| Stdio::from(std::fs::File::create(path).unwrap());
        command.stdin(Stdio::null()).stdout(file(&self.stdout)).stderr(file(&self.stderr)).kill_on_drop(true)
    }

    /// The address that the banner names.
    fn address(&self) -> Option<String> {
        let banner = read(&self.stdout);
        let (_, rest) = banner.split_once("listens on ")?;
        let (url, _) = rest.split_once('\n')?;
        Some(url.to_owned())
    }

    fn text(&self) -> String {
        read(&self.stdout) + &read(&self.stderr)
    }
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}
