//! The frames that say where an address is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use vrrp_ebpf::wire::{
    checksum::Sum,
    ethernet::TYPE_IPV6,
    ipv6::{NEXT_HEADER_ICMP, ON_LINK_HOP_LIMIT},
    neighbour::{
        FLAG_OVERRIDE, FLAG_ROUTER, FLAG_SOLICITED, OPTION_TARGET_ADDRESS, TYPE_ADVERTISEMENT,
    },
};

/// An Ethernet frame that announces `address` at `mac`, to everybody.
#[must_use]
pub fn announcement(mac: [u8; 6], address: IpAddr, is_router: bool) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => gratuitous_arp(mac, address).to_vec(),
        IpAddr::V6(address) => {
            neighbour_advertisement(mac, address, is_router, Audience::Everybody).to_vec()
        }
    }
}

/// An Ethernet frame that announces `address` at `mac`.
///
/// keepalived: an ARP *request*, from and for the address itself, to everybody; its target hardware address
/// is the broadcast address too, where RFC 5227 has zero.
#[must_use]
pub fn gratuitous_arp(mac: [u8; 6], address: Ipv4Addr) -> [u8; 42] {
    const BROADCAST: [u8; 6] = [0xff; 6];
    const ARP: [u8; 2] = [0x08, 0x06];
    /// Ethernet, IPv4, their lengths, request.
    const REQUEST: [u8; 8] = [0, 1, 8, 0, 6, 4, 0, 1];

    let address = address.octets();
    let parts: [&[u8]; 8] = [
        &BROADCAST, &mac, &ARP, &REQUEST, &mac, &address, &BROADCAST, &address,
    ];
    let mut frame = [0; 42];
    for (byte, value) in frame.iter_mut().zip(parts.concat()) {
        *byte = value;
    }
    frame
}

/// Who is told where an address is: everybody on the link, or one who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Also the answer to one who has no address yet (RFC 4861 §7.2.4).
    Everybody,
    /// Who asked, and where he is.
    Asker([u8; 6], Ipv6Addr),
}

/// An Ethernet frame that says that `address` is at `mac`, which belongs to a router or to a host.
///
/// keepalived: an advertisement from the address itself that overrides what was known (RFC 4861 §7.2.6). Whether it says "router" is a matter
/// of forwarding; RFC 9568 §8.2.2 knows nobody but routers.
#[must_use]
pub fn neighbour_advertisement(
    mac: [u8; 6],
    address: Ipv6Addr,
    is_router: bool,
    audience: Audience,
) -> [u8; 86] {
    const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
    const ALL_NODES_MAC: [u8; 6] = [0x33, 0x33, 0, 0, 0, 1];
    /// Of the message: header, target, one option.
    const LENGTH: u8 = 32;

    let (destination_mac, destination, solicited) = match audience {
        Audience::Everybody => (ALL_NODES_MAC, ALL_NODES, 0),
        Audience::Asker(mac, address) => (mac, address, FLAG_SOLICITED),
    };
    let flags = FLAG_OVERRIDE | solicited | if is_router { FLAG_ROUTER } else { 0 };
    let (source, destination) = (address.octets(), destination.octets());
    let message = |checksum: u16| {
        let mut message = vec![TYPE_ADVERTISEMENT, 0];
        message.extend(checksum.to_be_bytes());
        message.extend(flags.to_be_bytes());
        message.extend(source);
        message.extend([OPTION_TARGET_ADDRESS, 1]);
        message.extend(mac);
        message
    };
    let checksum = Sum::new()
        .add_wide_address(&source)
        .add_wide_address(&destination)
        .add(LENGTH.into())
        .add(NEXT_HEADER_ICMP.into())
        .add_slice(&message(0))
        .checksum();
    let header = [
        0x60,
        0,
        0,
        0,
        0,
        LENGTH,
        NEXT_HEADER_ICMP,
        ON_LINK_HOP_LIMIT,
    ];
    let parts: [&[u8]; 7] = [
        &destination_mac,
        &mac,
        &TYPE_IPV6.to_be_bytes(),
        &header,
        &source,
        &destination,
        &message(checksum),
    ];
    let mut frame = [0; 86];
    for (byte, value) in frame.iter_mut().zip(parts.concat()) {
        *byte = value;
    }
    frame
}
