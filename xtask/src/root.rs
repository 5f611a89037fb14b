//! The folder of the workspace, and cargo as it is run there.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The workspace's root folder; every path in this crate starts here.
#[derive(Debug, Clone)]
pub(crate) struct Root(PathBuf);

impl Root {
    /// The workspace this very program was compiled in.
    pub(crate) fn of_workspace() -> Self {
        let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self(xtask.parent().expect("xtask lies inside the workspace").to_owned())
    }

    /// A path below the root.
    pub(crate) fn join(&self, path: impl AsRef<Path>) -> PathBuf {
        self.0.join(path)
    }

    /// A program that will run in the root folder.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.0);
        command
    }

    /// The cargo that started us, with these arguments.
    pub(crate) fn cargo(&self, args: &[&str]) -> Command {
        let mut cargo = self.command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        for own in std::env::vars_os().map(|(name, _)| name).filter(|name| describes_this_package(name)) {
            cargo.env_remove(own);
        }
        cargo.args(args);
        cargo
    }

    #[cfg(test)]
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self(folder)
    }
}

/// `cargo run` tells xtask about itself in the environment. Build scripts that watch these variables
/// would run again each time one changes between `cargo test` and `cargo xtask test`.
fn describes_this_package(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}
