//! What the machine under us offers: programs, packages, a free port, and an account other than root.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};

use crate::step;

/// The first program of this name in `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Looks for something and, where we may, installs the Debian packages that bring it.
pub(crate) fn find_or_install<T>(what: &str, packages: &[&str], look: impl Fn() -> Option<T>) -> Result<T> {
    if let Some(found) = look() {
        return Ok(found);
    }
    let packages_named = packages.join(" ");
    ensure!(
        is_root() && find("apt-get").is_some(),
        "{what} is not on this machine: install it (on Debian and Ubuntu: apt-get install {packages_named})"
    );
    install(packages)?;
    look().with_context(|| format!("{what} is still missing after apt-get install {packages_named}"))
}

/// A port of the loopback interface that nobody listens on at this moment.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

/// Whether we may do everything.
pub(crate) fn is_root() -> bool {
    step::read(Command::new("id").arg("-u")).is_ok_and(|uid| uid.trim() == "0")
}

/// A user of this machine, by number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Account {
    /// Someone with fewer rights, for programs that refuse to run as root.
    pub(crate) fn unprivileged() -> Result<Self> {
        let users = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let found = ["postgres", "nobody"].iter().find_map(|name| Self::parse(&users, name));
        found.context("neither `postgres` nor `nobody` is in /etc/passwd")
    }

    /// passwd(5): `name:password:uid:gid:…`
    fn parse(passwd: &str, name: &str) -> Option<Self> {
        let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2).map(str::parse);
        Some(Self { uid: ids.next()?.ok()?, gid: ids.next()?.ok()? })
    }
}

fn install(packages: &[&str]) -> Result<()> {
    static UPDATED: AtomicBool = AtomicBool::new(false);
    if !UPDATED.swap(true, Ordering::Relaxed) {
        step::run(apt_get().arg("update"))?;
    }
    step::run(apt_get().args(["install", "--yes", "--no-install-recommends"]).args(packages))
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.arg("--quiet").env("DEBIAN_FRONTEND", "noninteractive");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let passwd =
            "root:x:0:0::/root:/bin/sh\nnobody2:x:7:7::/:/bin/sh\nnobody:x:65534:65533::/:/bin/false\n";
        let nobody = Account::parse(passwd, "nobody").expect("is listed");
        assert_eq!((nobody.uid, nobody.gid), (65534, 65533));
        assert!(Account::parse(passwd, "postgres").is_none());
    }

    #[test]
    fn what_is_found_is_not_installed() {
        let shell =
            find_or_install("a shell", &["no-such-package"], || find("sh")).expect("every machine has one");
        assert!(shell.ends_with("sh"));
    }
}
