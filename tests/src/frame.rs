//! What the wiretap understands of a frame, read independently of the code under test.

use std::fmt;
use std::net::Ipv4Addr;

use crate::moment::Moment;
use crate::pcap::Captured;

/// An Ethernet address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac(pub [u8; 6]);

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, last] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{last:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An advertisement on the wire, whether anybody should believe it or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advertisement {
    /// When it passed the switch.
    pub at: Moment,
    /// Who sent the frame.
    pub mac: Mac,
    /// The 802.1Q tag's VLAN, if there is a tag.
    pub vlan: Option<u16>,
    /// Who sent the packet.
    pub source: Ipv4Addr,
    /// The packet's time to live.
    pub ttl: u8,
    /// 2 or 3.
    pub version: u8,
    /// The virtual router it is about.
    pub vrid: u8,
    /// Its priority; 0 is a farewell.
    pub priority: u8,
    /// The addresses it lists.
    pub addresses: Vec<Ipv4Addr>,
    /// The VRRP message from its first byte to the end the IP header claims.
    pub message: Vec<u8>,
}

/// An ARP packet for IPv4 over Ethernet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arp {
    /// When it passed the switch.
    pub at: Moment,
    /// 1 asks, 2 answers.
    pub operation: u16,
    /// The hardware address it claims.
    pub sender_mac: Mac,
    /// The address it claims it for.
    pub sender: Ipv4Addr,
    /// The hardware address it is meant for.
    pub target_mac: Mac,
    /// The address it is about.
    pub target: Ipv4Addr,
    /// The frame's length.
    pub length: usize,
}

impl Arp {
    /// Whether it announces its sender's own address.
    #[must_use]
    pub fn is_gratuitous(&self) -> bool {
        self.sender == self.target
    }
}

/// Reads an advertisement, if the frame carries one.
#[must_use]
pub fn advertisement(captured: &Captured) -> Option<Advertisement> {
    let (mac, vlan, ethertype, packet) = ethernet(&captured.bytes)?;
    if ethertype != 0x0800 {
        return None;
    }
    from_packet(captured.at, mac, vlan, packet)
}

/// Reads an advertisement from its IP packet.
#[must_use]
pub fn from_packet(
    at: Moment,
    mac: Mac,
    vlan: Option<u16>,
    packet: &[u8],
) -> Option<Advertisement> {
    if *packet.get(9)? != 112 {
        return None;
    }
    let header = usize::from(packet.first()? & 0x0f) * 4;
    let length = usize::from(u16::from_be_bytes(array(packet, 2)?));
    let message = packet.get(header..length)?;
    let count = usize::from(*message.get(3)?);
    Some(Advertisement {
        at,
        mac,
        vlan,
        source: Ipv4Addr::from(array::<4>(packet, 12)?),
        ttl: *packet.get(8)?,
        version: message.first()? >> 4,
        vrid: *message.get(1)?,
        priority: *message.get(2)?,
        addresses: (0..count)
            .map_while(|n| array(message, 8 + 4 * n))
            .map(Ipv4Addr::from)
            .collect(),
        message: message.to_vec(),
    })
}

/// Reads an ARP packet, if the frame carries one.
#[must_use]
pub fn arp(captured: &Captured) -> Option<Arp> {
    let (_, _, ethertype, packet) = ethernet(&captured.bytes)?;
    if ethertype != 0x0806 {
        return None;
    }
    Some(Arp {
        at: captured.at,
        operation: u16::from_be_bytes(array(packet, 6)?),
        sender_mac: Mac(array(packet, 8)?),
        sender: Ipv4Addr::from(array::<4>(packet, 14)?),
        target_mac: Mac(array(packet, 18)?),
        target: Ipv4Addr::from(array::<4>(packet, 24)?),
        length: captured.bytes.len(),
    })
}

/// Source, VLAN, type and payload.
fn ethernet(frame: &[u8]) -> Option<(Mac, Option<u16>, u16, &[u8])> {
    let source = Mac(array(frame, 6)?);
    let outer = u16::from_be_bytes(array(frame, 12)?);
    if outer != 0x8100 {
        return Some((source, None, outer, frame.get(14..)?));
    }
    let vlan = u16::from_be_bytes(array(frame, 14)?) & 0x0fff;
    Some((
        source,
        Some(vlan),
        u16::from_be_bytes(array(frame, 16)?),
        frame.get(18..)?,
    ))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::{self, Forged, STRANGER};

    fn captured(bytes: Vec<u8>) -> Captured {
        Captured {
            at: Moment::from_nanoseconds(1),
            bytes,
        }
    }

    #[test]
    fn what_was_forged_is_read_back() {
        let source = Ipv4Addr::new(10, 89, 0, 66);
        let forged = Forged::advertisement(source)
            .vlan(10)
            .ttl(3)
            .listing(2)
            .ip_options(&[1; 4]);
        let read = advertisement(&captured(forged.frame())).unwrap();

        assert_eq!(
            (read.mac, read.vlan, read.source, read.ttl),
            (STRANGER, Some(10), source, 3)
        );
        assert_eq!((read.version, read.vrid, read.priority), (2, 89, 254));
        assert_eq!(read.addresses.len(), 2);
    }

    #[test]
    fn a_forged_claim_is_gratuitous() {
        let address = Ipv4Addr::new(192, 168, 0, 5);
        let read = arp(&captured(forge::gratuitous_arp(address))).unwrap();
        assert!(read.is_gratuitous());
        assert_eq!(
            (read.sender, read.sender_mac, read.length),
            (address, STRANGER, 42)
        );
    }
}
