//! Frames of IPv6 that a stranger could send: adverts, and neighbour advertisements that claim an address.

use std::net::Ipv6Addr;

use super::{STRANGER, VRRP, checksum, envelope::Envelope};
use crate::frame::Mac;

/// Where adverts over IPv6 go, as a host and as a link has it.
pub const GROUP_IPV6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);
const GROUP_IPV6_MAC: Mac = Mac([0x33, 0x33, 0, 0, 0, 0x12]);
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const ALL_NODES_MAC: Mac = Mac([0x33, 0x33, 0, 0, 0, 1]);
const ICMP: u8 = 58;

/// An IPv6 packet in a frame; lengths and checksums fit unless they are asked not to.
#[derive(Debug, Clone)]
pub struct ForgedIpv6 {
    envelope: Envelope,
    ip_version: u8,
    source: Ipv6Addr,
    destination: Ipv6Addr,
    hop_limit: u8,
    next_header: u8,
    /// Between the header and the message.
    extension: Vec<u8>,
    payload_length_off_by: i16,
    message: Vec<u8>,
    sums_pseudo_header: bool,
    checksum_at: usize,
    checksum_off_by: u16,
}

impl ForgedIpv6 {
    /// What an Active router of `vrid` says, every second, from this address.
    #[must_use]
    pub fn advertisement(source: Ipv6Addr, vrid: u8, priority: u8, addresses: &[Ipv6Addr]) -> Self {
        let count = u8::try_from(addresses.len()).expect("an advert lists few addresses");
        let mut message = vec![0x31, vrid, priority, count, 0, 100, 0, 0];
        message.extend(addresses.iter().flat_map(Ipv6Addr::octets));
        Self {
            envelope: Envelope::to(GROUP_IPV6_MAC),
            destination: GROUP_IPV6,
            next_header: VRRP,
            checksum_at: 6,
            ..Self::around(source, message)
        }
    }

    /// An unsolicited neighbour advertisement in which the stranger says that `address` is his.
    #[must_use]
    pub fn claim(address: Ipv6Addr) -> Self {
        const OVERRIDE: u8 = 0x20;
        let mut message = vec![136, 0, 0, 0, OVERRIDE, 0, 0, 0];
        message.extend(address.octets());
        message.extend([2, 1]);
        message.extend(STRANGER.0);
        Self::around(address, message)
    }

    fn around(source: Ipv6Addr, message: Vec<u8>) -> Self {
        Self {
            envelope: Envelope::to(ALL_NODES_MAC),
            ip_version: 6,
            source,
            destination: ALL_NODES,
            hop_limit: 255,
            next_header: ICMP,
            extension: Vec::new(),
            payload_length_off_by: 0,
            message,
            sums_pseudo_header: true,
            checksum_at: 2,
            checksum_off_by: 0,
        }
    }

    /// With this byte of the message changed, and the checksum right all the same.
    #[must_use]
    pub fn byte(mut self, index: usize, value: u8) -> Self {
        self.message[index] = value;
        self
    }

    /// With a message that ends early, or goes on.
    #[must_use]
    pub fn cut_to(mut self, length: usize) -> Self {
        self.message.resize(length, 0);
        self
    }

    /// From this hop limit.
    #[must_use]
    pub fn hop_limit(self, hop_limit: u8) -> Self {
        Self { hop_limit, ..self }
    }

    /// From another address.
    #[must_use]
    pub fn from_address(self, source: Ipv6Addr) -> Self {
        Self { source, ..self }
    }

    /// To another address, and whose hardware address that is.
    #[must_use]
    pub fn to(self, destination: Ipv6Addr, receiver: Mac) -> Self {
        Self {
            destination,
            ..self
        }
        .to_mac(receiver)
    }

    /// To another hardware address.
    #[must_use]
    pub fn to_mac(mut self, receiver: Mac) -> Self {
        self.envelope.receiver = receiver;
        self
    }

    /// From another hardware address than the stranger's.
    #[must_use]
    pub fn from_mac(mut self, sender: Mac) -> Self {
        self.envelope.sender = sender;
        self
    }

    /// With a header that counts more bytes, or fewer, than there are.
    #[must_use]
    pub fn payload_length_off_by(self, bytes: i16) -> Self {
        Self {
            payload_length_off_by: bytes,
            ..self
        }
    }

    /// Behind a hop-by-hop header that says nothing.
    #[must_use]
    pub fn behind_an_extension(self) -> Self {
        Self {
            extension: vec![self.next_header, 0, 1, 4, 0, 0, 0, 0],
            next_header: 0,
            ..self
        }
    }

    /// With a checksum over the message alone.
    #[must_use]
    pub fn without_pseudo_header(self) -> Self {
        Self {
            sums_pseudo_header: false,
            ..self
        }
    }

    /// With a checksum that does not fit.
    #[must_use]
    pub fn bad_checksum(self) -> Self {
        Self {
            checksum_off_by: 1,
            ..self
        }
    }

    /// With a version in the IP header that is not the EtherType's.
    #[must_use]
    pub fn ip_version(self, ip_version: u8) -> Self {
        Self { ip_version, ..self }
    }

    /// With an 802.1Q tag.
    #[must_use]
    pub fn vlan(mut self, vlan: u16) -> Self {
        self.envelope.tag = Some((0x8100, vlan));
        self
    }

    /// With zeros behind the packet.
    #[must_use]
    pub fn padding(mut self, bytes: usize) -> Self {
        self.envelope.padding = bytes;
        self
    }

    /// The frame, ready to be sent.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        self.envelope.around(0x86dd, &self.packet())
    }

    fn packet(&self) -> Vec<u8> {
        let length = u16::try_from(self.extension.len() + self.message.len()).expect("it is short");
        let length = length.wrapping_add_signed(self.payload_length_off_by);
        let mut packet = vec![self.ip_version << 4 | 0x0c, 0, 0, 0];
        packet.extend(length.to_be_bytes());
        packet.extend([self.next_header, self.hop_limit]);
        packet.extend(self.source.octets());
        packet.extend(self.destination.octets());
        packet.extend(&self.extension);
        packet.extend(self.summed_message());
        packet
    }

    fn summed_message(&self) -> Vec<u8> {
        let mut message = self.message.clone();
        let Some(field) = message.get_mut(self.checksum_at..self.checksum_at + 2) else {
            return message;
        };
        field.fill(0);
        let mut summed = Vec::new();
        if self.sums_pseudo_header {
            let length = u32::try_from(message.len()).expect("it is short");
            let protocol = self.extension.first().unwrap_or(&self.next_header);
            summed.extend(self.source.octets());
            summed.extend(self.destination.octets());
            summed.extend(length.to_be_bytes());
            summed.extend([0, 0, 0, *protocol]);
        }
        summed.extend(&message);
        let sum = checksum(&summed).wrapping_add(self.checksum_off_by);
        message[self.checksum_at..self.checksum_at + 2].copy_from_slice(&sum.to_be_bytes());
        message
    }
}
