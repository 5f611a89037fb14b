//! The project's own commands, so that a fresh machine needs to know one word: `cargo xtask`.
//!
//! Invariant: few dependencies, because this is the first thing such a machine compiles.

mod catalogue;
mod ci;
mod closing;
mod generate;
mod machine;
mod prices;
mod python;
mod root;
mod server;
mod services;
mod step;
mod test;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::root::Root;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's own commands")]
enum Command {
    /// Run every test: Rust, documentation, and the Python clients against a running gateway
    Test(test::Options),
    /// Write the files that are made from others
    Gen,
    /// Fail when a generated file is stale
    Check,
    /// Pack LiteLLM's price map into the file that is built into the program
    Prices(prices::Options),
    /// Everything a change must pass before it is merged
    Ci,
}

fn main() -> ExitCode {
    match run(&Command::parse(), &Root::of_workspace()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command, root: &Root) -> Result<()> {
    match command {
        Command::Test(options) => test::run(root, options),
        Command::Gen => generate::write(generate::REGISTRY, root),
        Command::Check => generate::check(generate::REGISTRY, root),
        Command::Prices(options) => prices::run(root, options),
        Command::Ci => ci::run(root),
    }
}
