//! A server that cannot outlive us.
//!
//! Its supervisor is a small shell script that holds the other end of a pipe. When we let go of ours,
//! by finishing, failing, Ctrl-C or being killed, the script reads the end and stops the server.
//! A signal handler would be one more dependency and would still miss `kill -9`.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::machine::{self, Account};
use crate::root::Root;
use crate::step;

const START: Duration = Duration::from_secs(30);
const STOP: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// Standard input is the pipe; the first argument is the signal that stops the server.
const SUPERVISE: &str = r#"
signal=$1; shift
exec 3<&0
"$@" <&- 3<&- & server=$!
{ cat <&3 >/dev/null; kill -s "$signal" "$server"; } & pipe=$!
wait "$server"; status=$?
kill "$pipe" 2>/dev/null
rm -rf data
exit "$status"
"#;

/// What to run, and how to end it.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) args: Vec<String>,
    /// The signal that means "stop now, and do not wait for clients".
    pub(crate) stop: &'static str,
}

/// A running server; dropping it stops it and removes its folder.
#[derive(Debug)]
#[must_use]
pub(crate) struct Server {
    supervisor: Child,
    pipe: Option<ChildStdin>,
    home: Home,
}

impl Server {
    /// Starts a program and waits until it is ready for clients.
    pub(crate) fn start(home: Home, program: &Program, ready: impl Fn() -> bool) -> Result<Self> {
        let Program { path, args, stop } = program;
        let log = File::create(home.log())?;
        let mut command = home.command("sh");
        command.args(["-c", SUPERVISE, "supervise", stop]).arg(path).args(args);
        // A process group of its own, because Ctrl-C should end the tests first and their database last.
        command.process_group(0).stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        let mut supervisor = command.spawn().with_context(|| step::cannot_start(&command))?;
        let pipe = supervisor.stdin.take();
        let mut server = Self { supervisor, pipe, home };
        server.wait_until(ready).with_context(|| format!("{} did not start", path.display()))?;
        Ok(server)
    }

    fn wait_until(&mut self, ready: impl Fn() -> bool) -> Result<()> {
        let deadline = Instant::now() + START;
        while !ready() {
            if let Some(status) = self.supervisor.try_wait()? {
                bail!("{status}\n{}", self.home.read_log());
            }
            if Instant::now() > deadline {
                bail!("not ready after {START:?}\n{}", self.home.read_log());
            }
            sleep(PAUSE);
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.pipe.take());
        if exit_within(&mut self.supervisor, STOP).is_none() {
            eprintln!(
                "killed, because it still ran after {STOP:?}: the server in {}",
                self.home.path.display()
            );
            let _ = step::run(Command::new("kill").args([
                "-s",
                "KILL",
                "--",
                &format!("-{}", self.supervisor.id()),
            ]));
            let _ = self.supervisor.wait();
        }
    }
}

fn exit_within(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let deadline = Instant::now() + limit;
    while Instant::now() < deadline {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        sleep(PAUSE);
    }
    None
}

/// A server's folder, with its data in `data`, and the account it runs under. Removed when dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct Home {
    path: PathBuf,
    account: Option<Account>,
}

impl Home {
    /// An empty folder that no other run of this command uses.
    pub(crate) fn create(root: &Root, name: &str) -> Result<Self> {
        let account = machine::is_root().then(Account::unprivileged).transpose()?;
        let path = parent(root, account).join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(path.join("data")).with_context(|| format!("cannot create {}", path.display()))?;
        let home = Self { path, account };
        home.give_away()?;
        Ok(home)
    }

    /// A program that runs in this folder, under this folder's account.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(&self.path).env("HOME", &self.path);
        if let Some(Account { uid, gid }) = self.account {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn give_away(&self) -> Result<()> {
        if let Some(Account { uid, gid }) = self.account {
            chown(&self.path, Some(uid), Some(gid))?;
            chown(self.path.join("data"), Some(uid), Some(gid))?;
        }
        Ok(())
    }

    fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    fn read_log(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            eprintln!("cannot remove {}: {error}", self.path.display());
        }
    }
}

/// `target/services`, unless another account could not get there: root's home is often closed to others.
fn parent(root: &Root, account: Option<Account>) -> PathBuf {
    let target = root.join("target");
    let open = |folder: &Path| fs::metadata(folder).is_ok_and(|found| found.mode() & 0o001 != 0);
    match account.is_none() || target.ancestors().all(open) {
        true => target.join("services"),
        false => std::env::temp_dir().join("ferrolite-services"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(name: &str) -> Home {
        Home::create(&Root::of_workspace(), name).expect("a folder below target")
    }

    fn shell(script: &str) -> Program {
        Program { path: "sh".into(), args: vec!["-c".to_owned(), script.to_owned()], stop: "TERM" }
    }

    #[test]
    fn a_dropped_server_is_told_to_stop_and_its_folder_removed() {
        let home = home("dropped");
        let (folder, started) = (home.path.clone(), home.path.join("data/started"));
        let server = Server::start(home, &shell("touch data/started; exec sleep 60"), || started.exists());
        let server = server.expect("starts");
        let began = Instant::now();
        drop(server);
        assert!(began.elapsed() < STOP, "was not told, but killed");
        assert!(!folder.exists());
    }

    #[test]
    fn a_server_that_dies_at_once_is_reported_with_its_log() {
        let error = Server::start(home("dies"), &shell("echo port taken; exit 3"), || false);
        let error = format!("{:#}", error.expect_err("it is gone"));
        assert!(error.contains("exit status: 3") && error.contains("port taken"), "{error}");
    }
}
