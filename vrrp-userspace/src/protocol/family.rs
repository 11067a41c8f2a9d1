//! Which of the two internet protocols.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use serde::{Deserialize, Serialize};
use vrrp_ebpf::{
    abi::{FAMILY_IPV4, FAMILY_IPV6},
    wire::{ipv4, ipv6},
};

/// What a virtual router speaks over. Each VRID is two: one for each family (RFC 9568 §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Family {
    /// IPv4.
    #[default]
    Ipv4,
    /// IPv6, by version 3 only.
    Ipv6,
}

impl Family {
    /// That of `address`.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Ipv4,
            IpAddr::V6(_) => Self::Ipv6,
        }
    }

    /// The group that every router of the family listens to (RFC 9568 §5.1.1.2, §5.1.2.2).
    #[must_use]
    pub const fn group(self) -> IpAddr {
        match self {
            Self::Ipv4 => {
                let [a, b, c, d] = ipv4::VRRP_GROUP;
                IpAddr::V4(Ipv4Addr::new(a, b, c, d))
            }
            Self::Ipv6 => IpAddr::V6(Ipv6Addr::from_bits(u128::from_be_bytes(ipv6::VRRP_GROUP))),
        }
    }

    /// The address of nobody, below all others.
    #[must_use]
    pub const fn unspecified(self) -> IpAddr {
        match self {
            Self::Ipv4 => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Self::Ipv6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        }
    }

    /// How the keys of the maps call it.
    #[must_use]
    pub const fn key(self) -> u8 {
        match self {
            Self::Ipv4 => FAMILY_IPV4,
            Self::Ipv6 => FAMILY_IPV6,
        }
    }

    /// What the keys and records of the maps call `key`.
    #[must_use]
    pub const fn of_key(key: u8) -> Self {
        if key == FAMILY_IPV6 {
            Self::Ipv6
        } else {
            Self::Ipv4
        }
    }

    /// Reads an address as records of the maps have it: IPv4 in the first four of sixteen bytes.
    #[must_use]
    pub const fn read(self, bytes: [u8; 16]) -> IpAddr {
        match self {
            Self::Ipv4 => {
                let [a, b, c, d, ..] = bytes;
                IpAddr::V4(Ipv4Addr::new(a, b, c, d))
            }
            Self::Ipv6 => IpAddr::V6(Ipv6Addr::from_bits(u128::from_be_bytes(bytes))),
        }
    }

    /// Writes an address as records of the maps have it.
    #[must_use]
    pub const fn write(address: IpAddr) -> [u8; 16] {
        match address {
            IpAddr::V4(address) => vrrp_ebpf::abi::widen(address.octets()),
            IpAddr::V6(address) => address.octets(),
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_was_written() {
        for address in ["192.0.2.1", "fe80::1", "::ffff:192.0.2.1", "ff02::12"] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(Family::of(address).read(Family::write(address)), address);
        }
        assert_eq!(Family::Ipv4.group().to_string(), "224.0.0.18");
        assert_eq!(Family::Ipv6.group().to_string(), "ff02::12");
    }
}
