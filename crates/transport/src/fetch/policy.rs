//! Where callers may have things fetched from.

use std::net::SocketAddr;

use super::address::{Range, is_public};

/// Where callers may have things fetched from.
#[derive(Debug, Clone)]
pub enum FetchPolicy {
    /// From the public internet, and from what the operator allows.
    Guarded {
        /// What the operator allows.
        allow: Allowed,
    },
    /// From everywhere that this machine reaches, its own network included.
    Open,
}

/// What an operator allows although it is internal.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    hosts: Vec<String>,
    ranges: Vec<Range>,
}

impl Default for FetchPolicy {
    /// From the public internet alone.
    fn default() -> Self {
        Self::Guarded { allow: Allowed::default() }
    }
}

impl FetchPolicy {
    /// Whether `host` may be fetched from, of which `addresses` are all.
    pub(super) fn permits(&self, host: &str, port: u16, addresses: &[SocketAddr]) -> bool {
        match self {
            Self::Open => true,
            Self::Guarded { allow } => {
                let permitted = |address: &SocketAddr| is_public(address.ip()) || allow.is_inside(address);
                allow.names(host, port) || addresses.iter().all(permitted)
            }
        }
    }
}

impl Allowed {
    /// What these words name: a host (`files.internal`), one port of a host (`files.internal:8080`,
    /// `[fd00::1]:8080`), an address, or a range of addresses (`10.1.0.0/16`).
    pub fn new<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> Self {
        let mut allowed = Self::default();
        for word in words {
            let word = word.as_ref().trim();
            match Range::parse(word.trim_matches(['[', ']'])) {
                Some(range) => allowed.ranges.push(range),
                None => allowed.hosts.push(usual(word)),
            }
        }
        allowed
    }

    fn names(&self, host: &str, port: u16) -> bool {
        let host = usual(host);
        let with_port = format!("{host}:{port}");
        self.hosts.iter().any(|allowed| *allowed == host || *allowed == with_port)
    }

    fn is_inside(&self, address: &SocketAddr) -> bool {
        self.ranges.iter().any(|range| range.contains(address.ip()))
    }
}

/// Names differ neither by case nor by the dot that ends a full one.
fn usual(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}
