//! Frames a stranger on the network could send.

use std::net::Ipv4Addr;

use crate::frame::Mac;
use crate::seeds;

/// The hardware address all forgeries come from; no machine of the lab has it.
pub const STRANGER: Mac = Mac([0x02, 0, 0, 0, 0x66, 0x66]);

const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);
const GROUP_MAC: Mac = Mac([0x01, 0, 0x5e, 0, 0, 0x12]);
const BROADCAST: Mac = Mac([0xff; 6]);

/// A VRRPv2 advertisement to be made; it begins as one the nodes of the seeds would believe.
#[derive(Debug, Clone)]
pub struct Forged {
    source: Ipv4Addr,
    vlan: Option<u16>,
    ttl: u8,
    options: Vec<u8>,
    vrid: u8,
    priority: u8,
    addresses: Vec<Ipv4Addr>,
    interval: u8,
    password: [u8; 8],
    checksum_off_by: u16,
}

impl Forged {
    /// What an Active node of the seeds says, from this address.
    #[must_use]
    pub const fn advertisement(source: Ipv4Addr) -> Self {
        Self {
            source,
            vlan: None,
            ttl: 255,
            options: Vec::new(),
            vrid: seeds::VRID,
            priority: 254,
            addresses: Vec::new(),
            interval: 1,
            password: seeds::PASSWORD,
            checksum_off_by: 0,
        }
    }

    /// With another priority.
    #[must_use]
    pub fn priority(self, priority: u8) -> Self {
        Self { priority, ..self }
    }

    /// With another password.
    #[must_use]
    pub fn password(self, password: [u8; 8]) -> Self {
        Self { password, ..self }
    }

    /// As if it had been routed.
    #[must_use]
    pub fn ttl(self, ttl: u8) -> Self {
        Self { ttl, ..self }
    }

    /// With another interval, in seconds.
    #[must_use]
    pub fn interval(self, interval: u8) -> Self {
        Self { interval, ..self }
    }

    /// With a checksum that does not fit.
    #[must_use]
    pub fn bad_checksum(self) -> Self {
        Self {
            checksum_off_by: 1,
            ..self
        }
    }

    /// With an 802.1Q tag.
    #[must_use]
    pub fn vlan(self, vlan: u16) -> Self {
        Self {
            vlan: Some(vlan),
            ..self
        }
    }

    /// With options in the IP header, a multiple of four bytes.
    #[must_use]
    pub fn ip_options(self, options: &[u8]) -> Self {
        Self {
            options: options.to_vec(),
            ..self
        }
    }

    /// Listing so many addresses.
    #[must_use]
    pub fn listing(self, count: u8) -> Self {
        let addresses = (1..=count).map(|n| Ipv4Addr::new(192, 168, 7, n)).collect();
        Self { addresses, ..self }
    }

    /// The frame, ready to be sent.
    #[must_use]
    pub fn frame(&self) -> Vec<u8> {
        let mut frame = ethernet(GROUP_MAC);
        if let Some(vlan) = self.vlan {
            frame.extend([0x81, 0x00]);
            frame.extend(vlan.to_be_bytes());
        }
        frame.extend([0x08, 0x00]);
        frame.extend(self.packet());
        frame
    }

    /// The IP packet the frame carries.
    #[must_use]
    pub fn packet(&self) -> Vec<u8> {
        let message = self.message();
        let header_length = 20 + self.options.len();
        let length = u16::try_from(header_length + message.len()).expect("an advert is short");
        let words = u8::try_from(header_length / 4).expect("options are short");
        let mut packet = vec![0x40 | words, 0xc0];
        packet.extend(length.to_be_bytes());
        packet.extend([0, 0, 0, 0, self.ttl, 112, 0, 0]);
        packet.extend(self.source.octets());
        packet.extend(GROUP.octets());
        packet.extend(&self.options);
        let sum = checksum(&packet);
        packet[10..12].copy_from_slice(&sum.to_be_bytes());
        packet.extend(message);
        packet
    }

    fn message(&self) -> Vec<u8> {
        let count = u8::try_from(self.addresses.len()).expect("an advert lists few addresses");
        let mut message = vec![
            0x21,
            self.vrid,
            self.priority,
            count,
            1,
            self.interval,
            0,
            0,
        ];
        message.extend(self.addresses.iter().flat_map(Ipv4Addr::octets));
        message.extend(self.password);
        let sum = checksum(&message).wrapping_add(self.checksum_off_by);
        message[6..8].copy_from_slice(&sum.to_be_bytes());
        message
    }
}

/// A broadcast that claims `address` for the stranger, as a gratuitous ARP request does.
#[must_use]
pub fn gratuitous_arp(address: Ipv4Addr) -> Vec<u8> {
    let mut frame = ethernet(BROADCAST);
    frame.extend([0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1]);
    frame.extend(STRANGER.0);
    frame.extend(address.octets());
    frame.extend(BROADCAST.0);
    frame.extend(address.octets());
    frame
}

fn ethernet(destination: Mac) -> Vec<u8> {
    [destination.0, STRANGER.0].concat()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forgery_is_byte_for_byte_what_keepalived_says_with_the_master_seed() {
        let packet = Forged::advertisement(Ipv4Addr::new(10, 89, 0, 9))
            .priority(101)
            .packet();
        // Captured from keepalived 2.2.7: type and VRID, priority 101, no address, PASS, 1 s, checksum, "1111".
        let captured = [
            0x21, 0x59, 0x65, 0, 1, 1, 0x16, 0x43, 0x31, 0x31, 0x31, 0x31, 0, 0, 0, 0,
        ];
        assert_eq!(packet[20..], captured);
        assert_eq!(packet.len(), 36);
    }

    #[test]
    fn a_gratuitous_arp_has_42_bytes() {
        assert_eq!(gratuitous_arp(seeds::ADDRESSES[0]).len(), 42);
    }
}
