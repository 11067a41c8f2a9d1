//! Who sent a frame, and what it says, in a few words. Of a frame that was rejected nothing is certain, so every word may be missing.

use std::{fmt::Write as _, net::Ipv4Addr};

use vrrp_ebpf::{
    frame::Frame as _,
    wire::{arp, ethernet, ipv4, vrrp},
};

use crate::{
    daemon::{CaughtFrame, Layer},
    protocol::address_claims::Colons,
};

/// `10.89.0.9 (02:00:00:00:66:66) VRRPv2 VRID 89 priority 254`
pub(super) fn summary(frame: &CaughtFrame) -> String {
    let bytes = frame.bytes.as_slice();
    let Some((mac, ether_type, at)) = envelope(frame) else {
        return "a frame without a header".into();
    };
    let said = match ether_type {
        ethernet::TYPE_ARP => claim(bytes, at),
        ethernet::TYPE_IPV4 => advertisement(bytes, at, mac),
        _ => None,
    };
    said.unwrap_or_else(|| {
        let from = mac.map(|mac| Colons(mac).to_string()).unwrap_or_default();
        format!("{from} a frame of {} bytes", frame.length)
    })
}

/// The sender's hardware address, if it is there, the protocol, and where that begins.
fn envelope(frame: &CaughtFrame) -> Option<(Option<[u8; 6]>, u16, usize)> {
    match frame.layer {
        Layer::Ip => Some((None, ethernet::TYPE_IPV4, 0)),
        Layer::Ethernet => {
            let bytes = frame.bytes.as_slice();
            let header = bytes.header::<ethernet::Header>(0)?;
            if !header.is_tagged() {
                return Some((
                    Some(header.source),
                    header.ether_type.get(),
                    ethernet::LENGTH,
                ));
            }
            let tag = bytes.header::<ethernet::Tag>(ethernet::LENGTH)?;
            let at = ethernet::LENGTH + ethernet::TAG_LENGTH;
            Some((Some(header.source), tag.ether_type.get(), at))
        }
    }
}

fn claim(bytes: &[u8], at: usize) -> Option<String> {
    let packet = bytes.header::<arp::Packet>(at)?;
    let address = Ipv4Addr::from(packet.sender_protocol);
    let hardware = Colons(packet.sender_hardware);
    Some(format!("{address} is at {hardware}"))
}

fn advertisement(bytes: &[u8], at: usize, mac: Option<[u8; 6]>) -> Option<String> {
    let ip = bytes.header::<ipv4::Header>(at)?;
    let mut said = Ipv4Addr::from(ip.source).to_string();
    // Writing to a string does not fail.
    if let Some(mac) = mac {
        write!(said, " ({})", Colons(mac)).ok();
    }
    let destination = Ipv4Addr::from(ip.destination);
    if ip.destination != ipv4::VRRP_GROUP {
        write!(said, " to {destination}").ok();
    }
    if let Some(header) = bytes.header::<vrrp::Header>(at + ip.header_length()) {
        let (version, vrid, priority) = (header.version(), header.vrid, header.priority);
        write!(said, " VRRPv{version} VRID {vrid} priority {priority}").ok();
    }
    Some(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::announcer::gratuitous_arp;

    fn of(layer: Layer, bytes: &[u8]) -> String {
        summary(&CaughtFrame {
            time_ns: 0,
            interface: "eth0".into(),
            layer,
            reason: "checksum".into(),
            comment: "checksum".into(),
            length: bytes.len(),
            bytes: bytes.to_vec(),
        })
    }

    const PACKET: [u8; 28] = [
        0x45, 0xc0, 0, 28, 0, 0, 0, 0, 255, 112, 0, 0, 10, 89, 0, 9, 224, 0, 0, 18, 0x21, 89, 254,
        0, 1, 1, 0, 0,
    ];

    #[test]
    fn an_advert_says_who_and_what() {
        assert_eq!(
            of(Layer::Ip, &PACKET),
            "10.89.0.9 VRRPv2 VRID 89 priority 254"
        );
        let header = [1, 0, 0x5e, 0, 0, 18, 2, 0, 0, 0, 0x66, 0x66, 8, 0];
        let frame = [&header[..], &PACKET].concat();
        assert_eq!(
            of(Layer::Ethernet, &frame),
            "10.89.0.9 (02:00:00:00:66:66) VRRPv2 VRID 89 priority 254"
        );
    }

    #[test]
    fn a_claim_says_who_has_what() {
        let claim = gratuitous_arp([2, 0, 0, 0, 0, 0x66], Ipv4Addr::new(192, 168, 0, 5));
        assert_eq!(
            of(Layer::Ethernet, &claim),
            "192.168.0.5 is at 02:00:00:00:00:66"
        );
    }

    #[test]
    fn a_frame_may_end_anywhere() {
        let header = [
            1, 0, 0x5e, 0, 0, 18, 2, 0, 0, 0, 0x66, 0x66, 0x81, 0, 0, 0, 8, 0,
        ];
        let frame = [&header[..], &PACKET].concat();
        for end in 0..=frame.len() {
            assert!(!of(Layer::Ethernet, &frame[..end]).is_empty());
            assert!(!of(Layer::Ip, &frame[..end]).is_empty());
        }
    }
}
