//! Runs commands as named, timed steps. A failing step does not stop the next one: whoever reads the
//! closing table should learn everything that is wrong from one run.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// The steps taken so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    name: &'static str,
    time: Duration,
    outcome: Outcome,
    note: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

impl Report {
    /// Takes one step; `None` when it failed.
    pub(crate) fn step<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<T>) -> Option<T> {
        eprintln!("\n── {name}");
        let start = Instant::now();
        let result = work();
        let time = start.elapsed();
        match result {
            Ok(value) => {
                self.close(Line { name, time, outcome: Outcome::Passed, note: String::new() });
                Some(value)
            }
            Err(error) => {
                eprintln!("{error:#}");
                self.close(Line { name, time, outcome: Outcome::Failed, note: first_line(&error) });
                None
            }
        }
    }

    /// Takes a step whose result is the note to print beside it.
    pub(crate) fn noted_step(&mut self, name: &'static str, work: impl FnOnce() -> Result<String>) {
        if let (Some(note), Some(line)) = (self.step(name, work), self.lines.last_mut()) {
            line.note = note;
        }
    }

    /// Records that a step was left out, and why.
    pub(crate) fn skip(&mut self, name: &'static str, why: &str) {
        eprintln!("\n── {name}");
        self.close(Line { name, time: Duration::ZERO, outcome: Outcome::Skipped, note: why.to_owned() });
    }

    /// Prints the table of all steps; an error when one of them failed.
    pub(crate) fn finish(self) -> Result<()> {
        eprintln!("\n{}", self.table());
        let failed: Vec<&str> =
            self.lines.iter().filter(|line| line.failed()).map(|line| line.name).collect();
        ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
        Ok(())
    }

    fn close(&mut self, line: Line) {
        eprintln!("── {}", line.row(line.name.len()));
        self.lines.push(line);
    }

    fn table(&self) -> String {
        let width = self.lines.iter().map(|line| line.name.len()).max().unwrap_or_default();
        let rows: Vec<String> = self.lines.iter().map(|line| line.row(width)).collect();
        rows.join("\n")
    }
}

impl Line {
    fn failed(&self) -> bool {
        self.outcome == Outcome::Failed
    }

    fn row(&self, width: usize) -> String {
        let outcome = match self.outcome {
            Outcome::Passed => "ok",
            Outcome::Failed => "FAILED",
            Outcome::Skipped => "skipped",
        };
        let Self { name, time, outcome: _, note } = self;
        format!("{name:width$}  {:>6.1}s  {outcome:7}  {note}", time.as_secs_f64()).trim_end().to_owned()
    }
}

/// Prints a command and runs it; an exit status other than zero is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command.status().with_context(|| cannot_start(command))?;
    ensure!(status.success(), "`{}`: {status}", said(command));
    Ok(())
}

/// Runs a command in silence and returns what it wrote; what it complained about is in the error.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| cannot_start(command))?;
    if !output.status.success() {
        bail!("{}: {}\n{}", said(command), output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Shows the command the way one would type it.
pub(crate) fn announce(command: &Command) {
    eprintln!("$ {}", said(command));
}

/// What to say when the program itself could not be run.
pub(crate) fn cannot_start(command: &Command) -> String {
    format!("cannot start `{}`", said(command))
}

fn said(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn first_line(error: &anyhow::Error) -> String {
    format!("{error:#}").lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn a_failing_step_does_not_stop_the_next_and_is_named_at_the_end() {
        let mut report = Report::default();
        report.step("first", || -> Result<()> { Err(anyhow!("no such thing\ndetails")) });
        report.noted_step("second", || Ok("3 passed".to_owned()));
        report.skip("third", "not installed");

        let rows: Vec<String> = report.table().lines().map(str::to_owned).collect();
        assert!(rows[0].ends_with("FAILED   no such thing"), "{rows:?}");
        assert!(rows[1].ends_with("ok       3 passed"), "{rows:?}");
        assert!(rows[2].ends_with("skipped  not installed"), "{rows:?}");
        assert_eq!(report.finish().expect_err("one step failed").to_string(), "failed: first");
    }

    #[test]
    fn a_commands_complaint_is_in_the_error() {
        let error =
            read(Command::new("sh").args(["-c", "echo too bad >&2; exit 3"])).expect_err("exits with 3");
        assert!(error.to_string().contains("too bad"), "{error}");
    }
}
