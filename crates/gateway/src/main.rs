//! The `ferrolite` command.

mod cli;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use ferrolite_gateway::config::schema;
use ferrolite_gateway::load::{Loaded, Said, Strictness, load};
use ferrolite_gateway::serve::{self, Gateway, Options};
use ferrolite_gateway::spend;
use ferrolite_store::SpendRange;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::cli::{Arguments, Check, Command, Serve, Spend};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    match arguments.command.unwrap_or(Command::Serve(Box::new(arguments.serve))) {
        Command::Check(check) => Ok(tell_mistakes(check)),
        Command::Serve(serve) => match serve.only_check() {
            Some(check) => Ok(tell_mistakes(check)),
            None => {
                log(serve.log_level());
                wait_for(run(*serve))
            }
        },
        Command::Schema => {
            print!("{}", schema::published());
            Ok(ExitCode::SUCCESS)
        }
        Command::Spend(spend) => wait_for(print_spend(spend)),
    }
}

fn wait_for(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(work)?;
    Ok(ExitCode::SUCCESS)
}

/// Fails when there are errors, those of single deployments too; when strict, for warnings as well.
fn tell_mistakes(Check { file, strictness }: Check) -> ExitCode {
    let strictness = Strictness::from(strictness);
    let Loaded { report, .. } =
        load(&Said::File(file.clone()), &strictness, &|name| std::env::var(name).ok());
    match report.is_empty() {
        true => eprintln!("{}: no mistakes", file.display()),
        false => eprintln!("{}", report.render(std::io::stderr().is_terminal())),
    }
    if report.errors() > 0 || report.refuses(strictness.strict) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

async fn run(serve: Serve) -> anyhow::Result<()> {
    let Serve { config, host, port, home, drain, first_call, strictness, web, quick, without_effect, .. } =
        serve;
    for sentence in without_effect.sentences() {
        tracing::warn!("{sentence}");
    }
    let config = config.map(Said::File).or_else(|| quick.as_config().map(Said::Arguments));
    let stop = stop_on_signal()?;
    let drain = Duration::from_secs(drain);
    let options =
        Options { config, strictness: strictness.into(), host, port, state: home, drain, web: web.into() };
    let gateway = Gateway::start(&options).await?;
    if serve.skip_server_startup {
        return Ok(());
    }
    println!("{}", gateway.banner());
    if first_call {
        let call = gateway
            .first_call()
            .context("--try needs a gateway without configuration, key and certificate of its own")?;
        tokio::spawn(async move {
            if let Err(error) = serve::first_call(call).await {
                tracing::error!(%error, "the first call failed");
            }
        });
    }
    gateway.serve(stop).await
}

async fn print_spend(Spend { from, to, home }: Spend) -> anyhow::Result<()> {
    let lines = spend::lines(&home, SpendRange { from, to }).await?;
    println!("{}", spend::table(&lines));
    Ok(())
}

/// Logs go to standard error: as much as `RUST_LOG` says, else the arguments, else `LITELLM_LOG`.
fn log(asked: Option<&str>) {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let level =
        asked.map(str::to_owned).or_else(|| variable("LITELLM_LOG")).unwrap_or_else(|| "info".to_owned());
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level.to_lowercase()));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match variable("JSON_LOGS").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        true => log.json().init(),
        false => log.init(),
    }
}

/// What SIGTERM and an interrupt cancel. From this moment on they do not end the program by themselves.
fn stop_on_signal() -> std::io::Result<CancellationToken> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let cancelling = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        cancelling.cancel();
    });
    Ok(stop)
}
