//! From a file to what is meant by it, with all mistakes of both steps in one report.

use std::path::PathBuf;

use crate::Runtime;
use crate::config::{self, Config, Env, Files, Reading, Report};
use crate::runtime::LeftOut;

/// Where a configuration is said.
#[derive(Debug, Clone)]
pub enum Said {
    /// In a file.
    File(PathBuf),
    /// In the arguments of the command, as the text of a file.
    Arguments(String),
}

/// What a configuration may do.
#[derive(Debug, Clone, Default)]
pub struct Strictness {
    /// Whether warnings are errors, and a deployment with mistakes refuses the file.
    pub strict: bool,
    /// The settings that protect, have no effect yet, and may stay without.
    pub accepted: Vec<String>,
}

/// A configuration that was read.
#[derive(Debug)]
pub struct Loaded {
    /// What is meant; nothing when the gateway must not start with it.
    pub runtime: Option<Runtime>,
    /// What is said.
    pub config: Config,
    /// What is wrong with it.
    pub report: Report,
    /// The files that it was read from.
    pub files: Files,
}

/// Reads a configuration and lowers it. `env` answers for the environment of the process.
pub fn load(said: &Said, strictness: &Strictness, env: Env<'_>) -> Loaded {
    let mut reading = match said {
        Said::File(path) => config::read(path, &strictness.accepted, env),
        Said::Arguments(text) => config::read_text("the arguments", text, &strictness.accepted, env),
    };
    let (runtime, left_out) = Runtime::lower(&reading.config, env);
    for LeftOut { index, why } in left_out {
        reading.leave_out(index, why.param.as_deref(), &why.message);
    }
    let refused = reading.report.refuses(strictness.strict);
    let Reading { config, report, files, .. } = reading;
    Loaded { runtime: (!refused).then_some(runtime), config, report, files }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Arguments(_) => f.write_str("what the arguments say"),
        }
    }
}
