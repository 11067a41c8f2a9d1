//! An address on an interface: as we want it, and as the kernel shows it.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use rtnetlink::packet_route::{
    AddressFamily,
    address::{
        AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage, AddressProtocol,
        AddressScope, CacheInfo,
    },
};
use serde::{Deserialize, Serialize};

use crate::protocol::Family;

/// Our mark on an address (`IFA_PROTO`, Linux 5.18 and later): VRRP's IP protocol number.
///
/// The kernel uses 1 to 3 and keepalived 18; a node that runs both must not remove the other's addresses.
pub const ADDRESS_PROTOCOL: u8 = 112;

/// `RT_SCOPE_HOST`: an address that means nothing outside this node.
const SCOPE_HOST: u8 = 254;

/// How an address is put in place.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
pub enum Form {
    /// As an address of its interface, which `ip address` shows.
    #[default]
    Address,
    /// As a local route, which `ip route show table local` shows.
    Route,
}

/// An address, and the interface it belongs on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InterfaceAddress {
    /// The interface's name.
    pub interface: String,
    /// The address.
    pub address: IpAddr,
    /// The length of its prefix in bits.
    pub prefix_length: u8,
    /// The label, for IPv4 only; it must begin with the interface's name for old tools to show it.
    pub label: Option<String>,
    /// The broadcast address, if one is to be set.
    pub broadcast: Option<Ipv4Addr>,
    /// The kernel's scope number: 0 global, 253 link, 254 host.
    pub scope: u8,
    /// As what it is put in place. A route has neither label, broadcast address nor scope.
    pub form: Form,
}

impl InterfaceAddress {
    /// A global address without label and broadcast.
    #[must_use]
    pub fn new(interface: impl Into<String>, address: IpAddr, prefix_length: u8) -> Self {
        Self {
            interface: interface.into(),
            address,
            prefix_length,
            label: None,
            broadcast: None,
            scope: 0,
            form: Form::Address,
        }
    }

    /// Whether both are the same to the kernel, which tells addresses of an interface apart by number and
    /// prefix length alone.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.key() == other.key()
    }

    /// What the kernel tells addresses apart by.
    #[must_use]
    pub fn key(&self) -> (&str, IpAddr, u8) {
        (&self.interface, self.address, self.prefix_length)
    }

    /// The prefix that it may have in common with other IPv4 addresses: the interface, the network's number, and the length. `None` for an
    /// address that is alone, as a route is, and for IPv6, where the kernel knows no first one of a prefix.
    #[must_use]
    pub fn shared_prefix(&self) -> Option<(&str, u32, u8)> {
        if self.form == Form::Route {
            return None;
        }
        let IpAddr::V4(network) = self.network()? else {
            return None;
        };
        Some((&self.interface, u32::from(network), self.prefix_length))
    }

    /// The first address of its prefix; `None` if there is no other in it.
    #[must_use]
    pub fn network(&self) -> Option<IpAddr> {
        let bits = if self.address.is_ipv4() { 32_u32 } else { 128 };
        let host_bits = bits.checked_sub(u32::from(self.prefix_length))?;
        if host_bits == 0 {
            return None;
        }
        Some(match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(host_bits).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
            }
        })
    }

    /// The message that adds this address, with our mark.
    pub(super) fn to_add_message(&self, index: u32) -> AddressMessage {
        let mut message = self.to_message(index);
        message.header.scope = AddressScope::from(self.scope);
        let attributes = &mut message.attributes;
        attributes.extend(self.label.clone().map(AddressAttribute::Label));
        attributes.extend(self.broadcast.map(AddressAttribute::Broadcast));
        attributes.push(AddressAttribute::Protocol(AddressProtocol::from(
            ADDRESS_PROTOCOL,
        )));
        if self.address.is_ipv6() {
            attributes.push(AddressAttribute::Flags(AddressFlags::Nodad));
            // keepalived: a /128 is never chosen as a source address.
            let is_host = self.prefix_length == 128;
            attributes.extend(is_host.then(|| AddressAttribute::CacheInfo(deprecated())));
        }
        message
    }

    /// The message that names this address, enough to remove it.
    pub(super) fn to_message(&self, index: u32) -> AddressMessage {
        let mut message = AddressMessage::default();
        message.header.family = match self.address {
            IpAddr::V4(_) => AddressFamily::Inet,
            IpAddr::V6(_) => AddressFamily::Inet6,
        };
        message.header.prefix_len = self.prefix_length;
        message.header.index = index;
        message
            .attributes
            .push(AddressAttribute::Local(self.address));
        message
            .attributes
            .push(AddressAttribute::Address(self.address));
        message
    }
}

/// Valid for ever, preferred never.
fn deprecated() -> CacheInfo {
    let mut lifetimes = CacheInfo::default();
    lifetimes.ifa_valid = u32::MAX;
    lifetimes
}

impl fmt::Display for InterfaceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/{} on {}",
            self.address, self.prefix_length, self.interface
        )
    }
}

/// An address the kernel has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedAddress {
    /// The address and where it is.
    pub address: InterfaceAddress,
    /// It carries our mark. Never so on a kernel that keeps no marks.
    pub is_ours: bool,
    /// It carries some mark, ours or another's; so this kernel keeps marks.
    pub is_marked: bool,
    /// Another address of the same prefix came first.
    pub is_secondary: bool,
    /// IPv6: whether it is nobody else's is not known yet, or it is somebody's (RFC 4862 §5.4).
    pub is_tentative: bool,
}

impl ObservedAddress {
    /// `None` for what has no address, such as an anycast entry.
    pub(super) fn from_message(message: &AddressMessage, interface: &str) -> Option<Self> {
        let mut local = None;
        let mut address = None;
        let mut mark = None;
        let mut found = InterfaceAddress::new(
            interface,
            IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            message.header.prefix_len,
        );
        found.scope = u8::from(message.header.scope);
        for attribute in &message.attributes {
            if let AddressAttribute::Local(number) = attribute {
                local = Some(*number);
            } else if let AddressAttribute::Address(number) = attribute {
                address = Some(*number);
            } else if let AddressAttribute::Label(label) = attribute {
                found.label = Some(label.clone()).filter(|label| label != interface);
            } else if let AddressAttribute::Broadcast(number) = attribute {
                found.broadcast = Some(*number);
            } else if let AddressAttribute::Protocol(protocol) = attribute {
                mark = Some(u8::from(*protocol));
            }
        }
        // On a point-to-point link `Address` is the other side.
        found.address = local.or(address)?;
        Some(Self {
            address: found,
            is_ours: mark == Some(ADDRESS_PROTOCOL),
            is_marked: mark.is_some(),
            // For IPv6 the same bit says that an address is temporary.
            is_secondary: message.header.flags.contains(AddressHeaderFlags::Secondary),
            is_tentative: message
                .header
                .flags
                .intersects(AddressHeaderFlags::Tentative | AddressHeaderFlags::Dadfailed),
        })
    }
}

/// The address adverts of `family` come from: the interface's first own address, for IPv6 of those that mean something on the link alone
/// (RFC 9568 §5.1.2.1).
///
/// A virtual address is never chosen. An own address can be secondary to a virtual one that was there first,
/// so secondaries are the second choice, not none.
#[must_use]
pub fn primary_address(
    family: Family,
    addresses: &[ObservedAddress],
    virtual_addresses: &[IpAddr],
) -> Option<IpAddr> {
    let own = || {
        addresses.iter().filter(|observed| {
            !observed.is_ours
                && !observed.is_tentative
                && observed.address.scope < SCOPE_HOST
                && !virtual_addresses.contains(&observed.address.address)
        })
    };
    own()
        .filter(|observed| !observed.is_secondary)
        .chain(own())
        .map(|observed| observed.address.address)
        .find(|address| match (family, address) {
            (Family::Ipv4, IpAddr::V4(_)) => true,
            (Family::Ipv6, IpAddr::V6(address)) => address.is_unicast_link_local(),
            (Family::Ipv4, IpAddr::V6(_)) | (Family::Ipv6, IpAddr::V4(_)) => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C052+
    #[test]
    fn the_first_own_address_is_the_primary_one() {
        let addresses = [own("10.0.0.1"), own("10.0.0.2")];
        assert_eq!(
            primary_address(Family::Ipv4, &addresses, &[]),
            Some(ipv4(10, 0, 0, 1))
        );
    }

    /// C052-
    #[test]
    fn a_virtual_address_is_never_the_primary_one() {
        let addresses = [own("10.0.0.9"), own("10.0.0.2")];
        let virtual_addresses = ["10.0.0.9".parse().unwrap()];
        assert_eq!(
            primary_address(Family::Ipv4, &addresses, &virtual_addresses),
            Some(ipv4(10, 0, 0, 2))
        );
        assert_eq!(
            primary_address(Family::Ipv4, &addresses[..1], &virtual_addresses),
            None
        );
    }

    #[test]
    fn an_address_with_our_mark_is_never_the_primary_one() {
        let leftover = ObservedAddress {
            is_ours: true,
            ..own("10.0.0.9")
        };
        assert_eq!(primary_address(Family::Ipv4, &[leftover], &[]), None);
    }

    #[test]
    fn a_secondary_address_is_the_second_choice() {
        let secondary = ObservedAddress {
            is_secondary: true,
            ..own("10.0.0.1")
        };
        let addresses = [secondary, own("10.1.0.1")];
        assert_eq!(
            primary_address(Family::Ipv4, &addresses, &[]),
            Some(ipv4(10, 1, 0, 1))
        );
        assert_eq!(
            primary_address(Family::Ipv4, &addresses[..1], &[]),
            Some(ipv4(10, 0, 0, 1))
        );
    }

    const fn ipv4(a: u8, b: u8, c: u8, d: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    }

    /// C052+
    #[test]
    fn adverts_over_ipv6_come_from_an_address_of_the_link_that_is_nobody_elses() {
        let source = |addresses: &[ObservedAddress]| {
            primary_address(Family::Ipv6, addresses, &["fe80::100".parse().unwrap()])
        };
        let tentative = ObservedAddress {
            is_tentative: true,
            ..own("fe80::1")
        };
        let others = [
            own("10.0.0.1"),
            own("2001:db8::1"),
            own("fe80::100"),
            tentative,
        ];
        assert_eq!(source(&others), None);
        let mut all = others.to_vec();
        all.push(own("fe80::2"));
        assert_eq!(source(&all), Some("fe80::2".parse().unwrap()));
    }

    #[test]
    fn an_ipv6_or_host_address_is_never_the_primary_one() {
        let mut host = own("127.0.0.1");
        host.address.scope = SCOPE_HOST;
        assert_eq!(
            primary_address(Family::Ipv4, &[own("fe80::1"), host], &[]),
            None
        );
    }

    #[test]
    fn an_added_address_carries_our_mark_and_is_read_back_as_ours() {
        let mut wanted = InterfaceAddress::new("eth0", "10.0.0.9".parse().unwrap(), 24);
        wanted.label = Some("eth0:vip".into());
        wanted.broadcast = Some(Ipv4Addr::new(10, 0, 0, 255));
        wanted.scope = 253;

        let observed = ObservedAddress::from_message(&wanted.to_add_message(2), "eth0").unwrap();

        assert!(observed.is_ours);
        assert_eq!(observed.address, wanted);
    }

    #[test]
    fn a_prefix_is_shared_on_one_interface_and_with_one_length() {
        let address = |interface: &str, text: &str, length| {
            InterfaceAddress::new(interface, text.parse().unwrap(), length)
        };
        let one = address("eth0", "10.0.0.101", 24);
        let is_beside = |other: &InterfaceAddress| other.shared_prefix() == one.shared_prefix();
        assert!(is_beside(&address("eth0", "10.0.0.9", 24)));
        assert!(!is_beside(&address("eth0", "10.0.1.9", 24)));
        assert!(!is_beside(&address("eth0", "10.0.0.9", 25)));
        assert!(!is_beside(&address("eth1", "10.0.0.9", 24)));
        let all = address("eth0", "10.0.0.9", 0);
        assert_eq!(all.shared_prefix(), Some(("eth0", 0, 0)));
        for alone in [("10.0.0.9", 32), ("2001:db8::9", 64), ("10.0.0.9", 99)] {
            assert_eq!(address("eth0", alone.0, alone.1).shared_prefix(), None);
        }
    }

    /// The kernel labels every IPv4 address with at least its interface's name.
    #[test]
    fn the_interface_name_is_not_a_label() {
        let mut message =
            InterfaceAddress::new("eth0", "10.0.0.9".parse().unwrap(), 32).to_message(2);
        message
            .attributes
            .push(AddressAttribute::Label("eth0".into()));
        let observed = ObservedAddress::from_message(&message, "eth0").unwrap();
        assert_eq!(observed.address.label, None);
        assert!(!observed.is_marked);
    }

    fn own(address: &str) -> ObservedAddress {
        ObservedAddress {
            address: InterfaceAddress::new("eth0", address.parse().unwrap(), 24),
            is_ours: false,
            is_marked: false,
            is_secondary: false,
            is_tentative: false,
        }
    }
}
