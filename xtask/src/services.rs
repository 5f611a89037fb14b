//! PostgreSQL and Redis for the tests: found or installed, on ports of their own, gone afterwards.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::machine;
use crate::root::Root;
use crate::server::{Home, Program, Server};
use crate::step;

/// Where tests look for a PostgreSQL they may create databases in.
const POSTGRES: &str = "FERROLITE_TEST_POSTGRES";
/// Where tests look for a Redis they may write to.
const REDIS: &str = "FERROLITE_TEST_REDIS";

/// Durability costs seconds, and no test outlives its database.
const INITDB: &[&str] =
    &["--pgdata=data", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
const POSTGRES_SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=300",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
];

/// The running services; dropping them stops them.
#[derive(Debug)]
#[must_use]
pub(crate) struct Services {
    servers: [(Server, Variable); 2],
}

/// What a test reads to find a service.
type Variable = (&'static str, String);

impl Services {
    /// Starts all of them.
    pub(crate) fn start(root: &Root) -> Result<Self> {
        Ok(Self { servers: [start_postgres(root)?, start_redis(root)?] })
    }

    /// The environment that tells tests where the services are.
    pub(crate) fn env(&self) -> Vec<Variable> {
        self.servers.iter().map(|(_, variable)| variable.clone()).collect()
    }
}

fn start_postgres(root: &Root) -> Result<(Server, Variable)> {
    let programs = machine::find_or_install("PostgreSQL", &["postgresql"], postgres_programs)?;
    let home = Home::create(root, "postgres")?;
    step::read(home.command(programs.join("initdb")).args(INITDB))?;

    let port = machine::free_port()?;
    let program = postgres(&programs, port);
    let server = Server::start(home, &program, || postgres_answers(&programs, port))?;
    Ok((server, (POSTGRES, format!("postgres://postgres@127.0.0.1:{port}/postgres"))))
}

fn postgres(programs: &Path, port: u16) -> Program {
    let mut args = vec!["-D".to_owned(), "data".to_owned(), "-p".to_owned(), port.to_string()];
    args.extend(POSTGRES_SETTINGS.iter().flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]));
    Program { path: programs.join("postgres"), args, stop: "INT" }
}

fn start_redis(root: &Root) -> Result<(Server, Variable)> {
    let path = machine::find_or_install("Redis", &["redis-server"], || machine::find("redis-server"))?;
    let home = Home::create(root, "redis")?;

    let port = machine::free_port()?;
    let server = Server::start(home, &redis(path, port), || redis_answers(port).is_ok())?;
    Ok((server, (REDIS, format!("redis://127.0.0.1:{port}/0"))))
}

fn redis(path: PathBuf, port: u16) -> Program {
    let settings = format!("--port {port} --bind 127.0.0.1 --dir data --appendonly no");
    let args = settings.split(' ').chain(["--save", ""]).map(str::to_owned).collect();
    Program { path, args, stop: "TERM" }
}

/// The folder with `initdb`, `postgres` and `pg_isready`. Debian keeps it out of `PATH`, one per version;
/// a link in `PATH` is followed, because the link's neighbours may be incomplete.
fn postgres_programs() -> Option<PathBuf> {
    let linked = machine::find("postgres").and_then(|program| fs::canonicalize(program).ok());
    let in_path = linked.and_then(|program| program.parent().map(Path::to_owned));
    in_path.into_iter().chain(debian_versions()).find(|folder| {
        ["initdb", "postgres", "pg_isready"].iter().all(|program| folder.join(program).is_file())
    })
}

/// Newest first.
fn debian_versions() -> Vec<PathBuf> {
    let entries = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    versions.sort_by_key(|path| std::cmp::Reverse(major_version(path)));
    versions.into_iter().map(|path| path.join("bin")).collect()
}

fn major_version(path: &Path) -> u32 {
    path.file_name().and_then(|name| name.to_str()?.parse().ok()).unwrap_or_default()
}

fn postgres_answers(programs: &Path, port: u16) -> bool {
    let mut ask = Command::new(programs.join("pg_isready"));
    step::read(ask.args(["--host=127.0.0.1", &format!("--port={port}")])).is_ok()
}

fn redis_answers(port: u16) -> std::io::Result<()> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 7];
    stream.read_exact(&mut answer)?;
    match &answer {
        b"+PONG\r\n" => Ok(()),
        _ => Err(std::io::ErrorKind::InvalidData.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(
            major_version(Path::new("/usr/lib/postgresql/15"))
                > major_version(Path::new("/usr/lib/postgresql/9"))
        );
    }
}
