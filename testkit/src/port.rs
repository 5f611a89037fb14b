//! Finds a port for programs which must be told theirs before they start.

use std::net::{Ipv4Addr, TcpListener};

/// A loopback port nobody listened on a moment ago; someone else may still take it first.
///
/// Prefer binding to port 0 wherever the program under test can report its own port.
pub fn free_port() -> u16 {
    let probe = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    probe.local_addr().expect("a bound socket has an address").port()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_can_be_bound() {
        TcpListener::bind((Ipv4Addr::LOCALHOST, free_port())).unwrap();
    }
}
