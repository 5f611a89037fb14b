//! Picks the closing line out of a test runner's output, so that the table at the end of a long log
//! says how many tests there were and not only that some command succeeded.

use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use anyhow::{Context, Result, bail};

use crate::step;

/// A test runner, known by the way it closes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Runner {
    /// `Summary [ 1.2s] 7 tests run: 7 passed, 0 skipped`
    Nextest,
    /// One `test result: ok. 7 passed; 0 failed; …` per test program.
    Libtest,
    /// `7 passed, 1 skipped in 1.23s`
    Pytest,
}

impl Runner {
    /// Runs the tests. The runner's own account of them is the result, or the error.
    pub(crate) fn run(self, command: &mut Command) -> Result<String> {
        step::announce(command);
        let (status, lines) = self.watch(command)?;
        let closing = self.account(&lines);
        match status.success() {
            true => Ok(closing.unwrap_or_default()),
            false => bail!("{}", closing.unwrap_or_else(|| status.to_string())),
        }
    }

    /// At a terminal the runner keeps its colours and progress bar, and whoever sits there has just
    /// read how it closed. Elsewhere the output is copied, and the closing lines kept.
    fn watch(self, command: &mut Command) -> Result<(ExitStatus, Vec<String>)> {
        if io::stderr().is_terminal() && io::stdout().is_terminal() {
            let status = command.status().with_context(|| step::cannot_start(command))?;
            return Ok((status, Vec::new()));
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| step::cannot_start(command))?;
        let stdout = child.stdout.take().expect("stdout is piped");
        let stderr = child.stderr.take().expect("stderr is piped");
        let heard = thread::scope(|scope| {
            let errors = scope.spawn(move || self.copy(stderr, io::stderr()));
            let mut lines = self.copy(stdout, io::stdout())?;
            lines.extend(errors.join().expect("copying does not panic")?);
            io::Result::Ok(lines)
        })?;
        Ok((child.wait()?, heard))
    }

    fn copy(self, from: impl Read, mut to: impl Write) -> io::Result<Vec<String>> {
        let mut from = BufReader::new(from);
        let mut kept = Vec::new();
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line)? > 0 {
            to.write_all(&line)?;
            let text = plain(&line);
            if self.closes(&text) {
                kept.push(text);
            }
            line.clear();
        }
        Ok(kept)
    }

    fn closes(self, line: &str) -> bool {
        match self {
            Self::Nextest => line.starts_with("Summary ["),
            Self::Libtest => line.starts_with("test result: "),
            Self::Pytest => {
                line.ends_with('s') && line.contains(" in ") && line.contains(|c: char| c.is_ascii_digit())
            }
        }
    }

    fn account(self, closing: &[String]) -> Option<String> {
        match self {
            Self::Nextest | Self::Pytest => closing.last().cloned(),
            Self::Libtest if closing.is_empty() => None,
            Self::Libtest => Some(total(closing)),
        }
    }
}

/// The line without colours and the space around it.
fn plain(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let mut pieces = text.split("\x1b[");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for coloured in pieces {
        plain.push_str(coloured.split_once('m').map_or("", |(_, rest)| rest));
    }
    plain.trim().to_owned()
}

fn total(results: &[String]) -> String {
    let sum = |what: &str| results.iter().map(|line| count(line, what)).sum::<u64>();
    format!("{} passed, {} failed, {} ignored", sum("passed"), sum("failed"), sum("ignored"))
}

/// The number before a word: `count("ok. 7 passed; 0 failed", "passed")` is 7.
fn count(line: &str, what: &str) -> u64 {
    let words: Vec<&str> = line.split([' ', ';']).collect();
    let found = words.windows(2).find(|pair| pair[1] == what);
    found.and_then(|pair| pair[0].parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(runner: Runner, output: &str) -> Option<String> {
        let kept = runner.copy(output.as_bytes(), io::sink()).expect("memory can be read");
        runner.account(&kept)
    }

    #[test]
    fn nextest_closes_with_its_summary_even_when_failures_follow() {
        let output = "   PASS [ 0.1s] a b\n\x1b[31;1m     Summary\x1b[0m [   0.5s] \x1b[1m2\x1b[0m tests run: 1 passed, \
                      1 failed\n   FAIL [ 0.1s] a c\n";
        assert_eq!(
            account(Runner::Nextest, output).expect("a summary"),
            "Summary [   0.5s] 2 tests run: 1 passed, 1 failed"
        );
    }

    #[test]
    fn libtest_closes_once_for_each_program_and_is_added_up() {
        let output = "test result: ok. 7 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
                      test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.0s\n";
        assert_eq!(account(Runner::Libtest, output).expect("two results"), "9 passed, 3 failed, 1 ignored");
    }

    #[test]
    fn pytest_closes_with_its_last_line() {
        assert_eq!(
            account(Runner::Pytest, "....\n4 passed in 1.23s\n").expect("a line"),
            "4 passed in 1.23s"
        );
    }

    #[test]
    fn a_runner_that_never_got_to_run_has_no_account() {
        assert_eq!(account(Runner::Nextest, "error: could not compile\n"), None);
    }
}
