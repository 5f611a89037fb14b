//! Which IP addresses are on the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of addresses. IPv4 lies where IPv6 maps it, so that both are compared as one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    first: u128,
    /// How many of the 128 bits all its addresses share.
    shared: u32,
}

/// All of IPv4.
const MAPPED: Range = v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96);
/// What is handed out to the public of IPv6 (RFC 4291).
const GLOBAL: Range = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
/// IPv4 behind a translator (RFC 6052): the last 32 bits.
const NAT64: Range = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);
/// IPv4 behind a relay (RFC 3056): the 32 bits after the prefix.
const SIX_TO_FOUR: Range = v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16);

/// What is public by its place and is not: IANA's registries of special-purpose addresses, multicast, and the
/// one address of a cloud's inside that looks public.
const CLOSED: &[Range] = &[
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
    // Azure's wire server: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
    v4([168, 63, 129, 16], 32),
    // Protocol assignments, with Teredo and its IPv4 inside.
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
];

const fn v4([a, b, c, d]: [u8; 4], shared: u32) -> Range {
    Range { first: Ipv4Addr::new(a, b, c, d).to_ipv6_mapped().to_bits(), shared: 96 + shared }
}

const fn v6([a, b, c, d, e, f, g, h]: [u16; 8], shared: u32) -> Range {
    Range { first: Ipv6Addr::new(a, b, c, d, e, f, g, h).to_bits(), shared }
}

/// Whether an address is on the public internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    let address = number(address);
    (MAPPED.holds(address) || GLOBAL.holds(address)) && !CLOSED.iter().any(|range| range.holds(address))
}

/// An address as a number; one that carries an IPv4 address leads to it, and is that.
fn number(address: IpAddr) -> u128 {
    let number = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    };
    let v4 = |bits: u128| MAPPED.first | (bits & u128::from(u32::MAX));
    match number {
        carrier if NAT64.holds(carrier) => v4(carrier),
        carrier if SIX_TO_FOUR.holds(carrier) => v4(carrier >> 80),
        plain => plain,
    }
}

impl Range {
    /// Reads `10.0.0.0/8`, `fd00::/8`, or one address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, shared) =
            text.split_once('/').map_or((text, None), |(address, shared)| (address, Some(shared)));
        let (first, whole) = match address.parse().ok()? {
            IpAddr::V4(address) => (address.to_ipv6_mapped().to_bits(), 32),
            IpAddr::V6(address) => (address.to_bits(), 128),
        };
        let shared =
            shared.map_or(Some(whole), |shared| shared.parse().ok().filter(|shared| *shared <= whole))?;
        Some(Self { first, shared: 128 - whole + shared })
    }

    /// Whether the range holds an address, carried or plain.
    pub(super) fn contains(self, address: IpAddr) -> bool {
        self.holds(number(address))
    }

    const fn holds(self, number: u128) -> bool {
        // A shift by all 128 bits is none: a range that shares no bit holds everything.
        self.shared == 0 || (self.first ^ number) >> (128 - self.shared) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(address: &str) -> bool {
        is_public(address.parse().unwrap())
    }

    #[test]
    fn hosts_of_the_internet_are_public() {
        for address in [
            "8.8.8.8",
            "1.1.1.1",
            "100.128.0.1",
            "172.32.0.1",
            "192.169.0.1",
            "169.253.255.255",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450:4001::1",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
        ] {
            assert!(public(address), "{address}");
        }
    }

    #[test]
    fn nothing_inside_is_public() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "100::1",
            "5f00::1",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
        ] {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn an_address_that_carries_another_is_as_public_as_that() {
        for address in [
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::8.8.8.8",
            "2002:7f00:1::1",
            "2002:a9fe:a9fe::",
            "2002:c0a8:101::1",
        ] {
            assert!(!public(address), "{address}");
        }
    }

    #[test]
    fn ranges_are_read_as_people_write_them() {
        let range = |text| Range::parse(text);
        let address = |text: &str| text.parse().unwrap();
        assert!(range("10.0.0.0/8").unwrap().contains(address("10.9.8.7")));
        assert!(range("10.0.0.0/8").unwrap().contains(address("::ffff:10.9.8.7")));
        assert!(!range("10.0.0.0/8").unwrap().contains(address("11.0.0.0")));
        assert!(range("10.1.2.3").unwrap().contains(address("10.1.2.3")));
        assert!(range("fd00::/8").unwrap().contains(address("fd12::1")));
        assert!(range("::/0").unwrap().contains(address("8.8.8.8")));
        assert!(range("0.0.0.0/0").unwrap().contains(address("8.8.8.8")));
        assert!(!range("0.0.0.0/0").unwrap().contains(address("fd12::1")));
        for wrong in ["", "host", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "fd00::/129"] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }
}
