//! What we know about a link.

use rtnetlink::packet_route::{
    AddressFamily,
    link::{LinkAttribute, LinkFlags, LinkMessage},
};
use serde::{Deserialize, Serialize};

/// A network interface as the kernel shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The kernel's number; changes when the link is deleted and made again.
    pub index: u32,
    /// The name in the configuration.
    pub name: String,
    /// Administratively up (`IFF_UP`).
    pub enabled: bool,
    /// That, and with carrier (`IFF_RUNNING`).
    pub up: bool,
    /// The hardware address, where it is six bytes long and not all zero.
    pub mac: Option<[u8; 6]>,
    /// Nobody listens on the other side.
    pub loopback: bool,
    /// The link resolves no addresses (`IFF_NOARP`).
    pub no_arp: bool,
}

impl Link {
    /// `None` for what is not a link but speaks through the same messages, such as a bridge port.
    pub(super) fn from_message(message: &LinkMessage) -> Option<Self> {
        if message.header.interface_family != AddressFamily::Unspec {
            return None;
        }
        let flags = message.header.flags;
        Some(Self {
            index: message.header.index,
            name: name(message)?,
            enabled: flags.contains(LinkFlags::Up),
            up: flags.contains(LinkFlags::Up | LinkFlags::Running),
            mac: mac(message),
            loopback: flags.contains(LinkFlags::Loopback),
            no_arp: flags.contains(LinkFlags::Noarp),
        })
    }
}

fn name(message: &LinkMessage) -> Option<String> {
    message.attributes.iter().find_map(|attribute| {
        if let LinkAttribute::IfName(name) = attribute {
            Some(name.clone())
        } else {
            None
        }
    })
}

fn mac(message: &LinkMessage) -> Option<[u8; 6]> {
    message.attributes.iter().find_map(|attribute| {
        let LinkAttribute::Address(bytes) = attribute else {
            return None;
        };
        <[u8; 6]>::try_from(bytes.as_slice())
            .ok()
            .filter(|mac| *mac != [0; 6])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_up_only_with_carrier() {
        assert!(!Link::from_message(&message(LinkFlags::Up)).unwrap().up);
        assert!(
            Link::from_message(&message(LinkFlags::Up | LinkFlags::Running))
                .unwrap()
                .up
        );
    }

    /// A port that leaves a bridge is reported with the same message type as a link that disappears.
    #[test]
    fn a_bridge_port_is_not_a_link() {
        let mut message = message(LinkFlags::Up);
        message.header.interface_family = AddressFamily::Bridge;
        assert_eq!(Link::from_message(&message), None);
    }

    #[test]
    fn a_hardware_address_of_zeros_is_none() {
        let mut message = message(LinkFlags::Up);
        message.attributes.push(LinkAttribute::Address(vec![0; 6]));
        assert_eq!(Link::from_message(&message).unwrap().mac, None);
    }

    fn message(flags: LinkFlags) -> LinkMessage {
        let mut message = LinkMessage::default();
        message.header.flags = flags;
        message
            .attributes
            .push(LinkAttribute::IfName("eth0".into()));
        message
    }
}
