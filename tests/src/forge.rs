//! Frames a stranger on the network could send.

mod claim;
mod envelope;
mod ipv6;
#[cfg(test)]
mod tests;

use std::net::Ipv4Addr;

use crate::frame::Mac;
use crate::seeds;

use envelope::Envelope;

pub use claim::{Claim, gratuitous_arp};
pub use ipv6::{ForgedIpv6, GROUP_IPV6};

/// The hardware address all forgeries come from; no machine of the lab has it.
pub const STRANGER: Mac = Mac([0x02, 0, 0, 0, 0x66, 0x66]);

const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);
const GROUP_MAC: Mac = Mac([0x01, 0, 0x5e, 0, 0, 0x12]);
const BROADCAST: Mac = Mac([0xff; 6]);
const VRRP: u8 = 112;

/// An advertisement to be made; it begins as one the nodes of the seeds would believe.
///
/// Lengths and checksums fit whatever was asked for, unless they were asked not to.
#[derive(Debug, Clone)]
pub struct Forged {
    envelope: Envelope,
    source: Ipv4Addr,
    destination: Ipv4Addr,
    ttl: u8,
    protocol: u8,
    identification: u16,
    flags_and_offset: u16,
    options: Vec<u8>,
    total_length_off_by: i16,
    ip_checksum_off_by: u16,
    version: u8,
    kind: u8,
    vrid: u8,
    priority: u8,
    addresses: Vec<Ipv4Addr>,
    /// What the message says, if not how many there are.
    count: Option<u8>,
    /// Authentication type and seconds in version 2, centiseconds in version 3.
    interval_field: [u8; 2],
    password: Option<[u8; 8]>,
    sums_pseudo_header: bool,
    checksum_off_by: u16,
    trailer: Vec<u8>,
}

impl Forged {
    /// What an Active node of the seeds says, from this address.
    #[must_use]
    pub const fn advertisement(source: Ipv4Addr) -> Self {
        Self {
            envelope: Envelope::to(GROUP_MAC),
            source,
            destination: GROUP,
            ttl: 255,
            protocol: VRRP,
            identification: 0,
            flags_and_offset: 0,
            options: Vec::new(),
            total_length_off_by: 0,
            ip_checksum_off_by: 0,
            version: 2,
            kind: 1,
            vrid: seeds::VRID,
            priority: 254,
            addresses: Vec::new(),
            count: None,
            interval_field: [1, 1],
            password: Some(seeds::PASSWORD),
            sums_pseudo_header: false,
            checksum_off_by: 0,
            trailer: Vec::new(),
        }
    }

    /// What keepalived says in version 3, every second, from this address.
    #[must_use]
    pub fn version_3(source: Ipv4Addr) -> Self {
        Self {
            version: 3,
            interval_field: 100_u16.to_be_bytes(),
            password: None,
            sums_pseudo_header: true,
            ..Self::advertisement(source).listing(1)
        }
    }

    /// For another virtual router.
    #[must_use]
    pub fn vrid(self, vrid: u8) -> Self {
        Self { vrid, ..self }
    }

    /// With another priority.
    #[must_use]
    pub fn priority(self, priority: u8) -> Self {
        Self { priority, ..self }
    }

    /// With another version number in front of an unchanged message.
    #[must_use]
    pub fn version(self, version: u8) -> Self {
        Self { version, ..self }
    }

    /// Of another type than an advertisement.
    #[must_use]
    pub fn kind(self, kind: u8) -> Self {
        Self { kind, ..self }
    }

    /// With another password.
    #[must_use]
    pub fn password(self, password: [u8; 8]) -> Self {
        Self {
            password: Some(password),
            ..self
        }
    }

    /// With another authentication type in front of unchanged authentication data.
    #[must_use]
    pub fn authentication_type(mut self, authentication_type: u8) -> Self {
        self.interval_field[0] = authentication_type;
        self
    }

    /// With no authentication, as version 2 writes it.
    #[must_use]
    pub fn unauthenticated(self) -> Self {
        self.authentication_type(0).password([0; 8])
    }

    /// With another interval, in seconds.
    #[must_use]
    pub fn interval(mut self, interval: u8) -> Self {
        self.interval_field[1] = interval;
        self
    }

    /// With another interval of version 3, the four reserved bits in front.
    #[must_use]
    pub fn centiseconds(self, field: u16) -> Self {
        Self {
            interval_field: field.to_be_bytes(),
            ..self
        }
    }

    /// With a checksum over the message alone, as RFC 9568 has it for IPv4.
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

    /// Listing so many addresses.
    #[must_use]
    pub fn listing(self, count: u8) -> Self {
        let addresses = (1..=count).map(|n| Ipv4Addr::new(192, 168, 7, n)).collect();
        Self { addresses, ..self }
    }

    /// Listing these addresses.
    #[must_use]
    pub fn listing_these(self, addresses: &[Ipv4Addr]) -> Self {
        Self {
            addresses: addresses.to_vec(),
            ..self
        }
    }

    /// Saying that it lists so many addresses, however many it does.
    #[must_use]
    pub fn saying_it_lists(self, count: u8) -> Self {
        Self {
            count: Some(count),
            ..self
        }
    }

    /// With bytes behind the message that the IP header counts in and no checksum covers.
    #[must_use]
    pub fn trailer(self, bytes: usize) -> Self {
        Self {
            trailer: vec![0x5a; bytes],
            ..self
        }
    }

    /// As if it had been routed.
    #[must_use]
    pub fn ttl(self, ttl: u8) -> Self {
        Self { ttl, ..self }
    }

    /// With options in the IP header, a multiple of four bytes.
    #[must_use]
    pub fn ip_options(self, options: &[u8]) -> Self {
        Self {
            options: options.to_vec(),
            ..self
        }
    }

    /// With another IP protocol in front of the same message.
    #[must_use]
    pub fn protocol(self, protocol: u8) -> Self {
        Self { protocol, ..self }
    }

    /// With a number that tells it, or the datagram it is a fragment of, from others.
    #[must_use]
    pub fn identification(self, identification: u16) -> Self {
        Self {
            identification,
            ..self
        }
    }

    /// With "don't fragment" (`0x4000`), "more fragments" (`0x2000`) or a fragment offset.
    #[must_use]
    pub fn flags_and_offset(self, flags_and_offset: u16) -> Self {
        Self {
            flags_and_offset,
            ..self
        }
    }

    /// With an IP header that counts more bytes, or fewer, than there are.
    #[must_use]
    pub fn total_length_off_by(self, bytes: i16) -> Self {
        Self {
            total_length_off_by: bytes,
            ..self
        }
    }

    /// With a checksum of the IP header that does not fit.
    #[must_use]
    pub fn bad_ip_checksum(self) -> Self {
        Self {
            ip_checksum_off_by: 1,
            ..self
        }
    }

    /// To another IP address than the group.
    #[must_use]
    pub fn to_address(self, destination: Ipv4Addr) -> Self {
        Self {
            destination,
            ..self
        }
    }

    /// To another hardware address than the group's.
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

    /// With an 802.1Q tag.
    #[must_use]
    pub fn vlan(mut self, vlan: u16) -> Self {
        self.envelope.tag = Some((0x8100, vlan));
        self
    }

    /// With an 802.1ad tag.
    #[must_use]
    pub fn service_vlan(mut self, vlan: u16) -> Self {
        self.envelope.tag = Some((0x88a8, vlan));
        self
    }

    /// With zeros behind the datagram, as Ethernet pads short frames.
    #[must_use]
    pub fn padding(mut self, bytes: usize) -> Self {
        self.envelope.padding = bytes;
        self
    }

    /// The frame, ready to be sent.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        self.envelope.around(0x0800, &self.packet())
    }

    /// The IP packet the frame carries.
    #[must_use]
    pub fn packet(&self) -> Vec<u8> {
        let message = self.message();
        let header_length = 20 + self.options.len();
        let length = u16::try_from(header_length + message.len()).expect("an advert is short");
        let length = length.wrapping_add_signed(self.total_length_off_by);
        let words = u8::try_from(header_length / 4).expect("options are short");
        let mut packet = vec![0x40 | words, 0xc0];
        packet.extend(length.to_be_bytes());
        packet.extend(self.identification.to_be_bytes());
        packet.extend(self.flags_and_offset.to_be_bytes());
        packet.extend([self.ttl, self.protocol, 0, 0]);
        packet.extend(self.source.octets());
        packet.extend(self.destination.octets());
        packet.extend(&self.options);
        let sum = checksum(&packet).wrapping_add(self.ip_checksum_off_by);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        packet.extend(message);
        packet
    }

    fn message(&self) -> Vec<u8> {
        let listed = u8::try_from(self.addresses.len()).expect("an advert lists few addresses");
        let mut message = vec![
            self.version << 4 | self.kind,
            self.vrid,
            self.priority,
            self.count.unwrap_or(listed),
        ];
        message.extend(self.interval_field);
        message.extend([0; 2]);
        message.extend(self.addresses.iter().flat_map(Ipv4Addr::octets));
        message.extend(self.password.into_iter().flatten());
        let sum = checksum(&self.summed_with(&message)).wrapping_add(self.checksum_off_by);
        message[6..8].copy_from_slice(&sum.to_be_bytes());
        message.extend(&self.trailer);
        message
    }

    /// The message, behind a pseudo-header if that is summed too.
    fn summed_with(&self, message: &[u8]) -> Vec<u8> {
        let mut summed = Vec::new();
        if self.sums_pseudo_header {
            let length = u16::try_from(message.len()).expect("an advert is short");
            summed.extend(self.source.octets());
            summed.extend(self.destination.octets());
            summed.extend([0, VRRP]);
            summed.extend(length.to_be_bytes());
        }
        summed.extend(message);
        summed
    }
}

/// The Internet checksum of a message whose own checksum field is zero.
fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u32 = bytes
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0)))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(u16::MAX)
}
