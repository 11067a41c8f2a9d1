//! Ethernet II.

use zerocopy::{
    FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned, byteorder::network_endian,
};

/// Length of the header, untagged.
pub const LENGTH: usize = 14;
/// Length of a VLAN tag, between the header and the payload.
pub const TAG_LENGTH: usize = 4;
/// The twelve bits of the VLAN; a priority stands in front.
pub const VLAN_BITS: u16 = 0x0fff;
/// EtherType of IPv4.
pub const TYPE_IPV4: u16 = 0x0800;
/// EtherType of ARP.
pub const TYPE_ARP: u16 = 0x0806;
/// EtherType of IPv6.
pub const TYPE_IPV6: u16 = 0x86dd;
/// EtherType of a customer VLAN tag (IEEE 802.1Q).
pub const TYPE_VLAN: u16 = 0x8100;
/// EtherType of a service VLAN tag (IEEE 802.1ad).
pub const TYPE_SERVICE_VLAN: u16 = 0x88a8;
/// Everybody.
pub const BROADCAST: [u8; 6] = [0xff; 6];

/// The header as it stands in the frame.
#[repr(C)]
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Unaligned, Immutable, KnownLayout)]
pub struct Header {
    /// Who is to receive the frame.
    pub destination: [u8; 6],
    /// Who sent it.
    pub source: [u8; 6],
    /// What it carries.
    pub ether_type: network_endian::U16,
}

const _: () = assert!(size_of::<Header>() == LENGTH);

/// Where what is for a group of IPv4 is sent to (RFC 1112 §6.4).
#[must_use]
#[inline(always)]
pub const fn ipv4_group([_, b, c, d]: [u8; 4]) -> [u8; 6] {
    [0x01, 0x00, 0x5e, b & 0x7f, c, d]
}

/// Where what is for a group of IPv6 is sent to (RFC 2464 §7).
#[must_use]
#[inline(always)]
pub const fn ipv6_group([.., a, b, c, d]: [u8; 16]) -> [u8; 6] {
    [0x33, 0x33, a, b, c, d]
}

impl Header {
    /// Whether a VLAN tag follows.
    #[must_use]
    pub fn is_tagged(&self) -> bool {
        matches!(self.ether_type.get(), TYPE_VLAN | TYPE_SERVICE_VLAN)
    }
}

/// A VLAN tag as it stands behind the header, whose EtherType announces it (IEEE 802.1Q).
#[repr(C)]
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Unaligned, Immutable, KnownLayout)]
pub struct Tag {
    /// Priority, "may be dropped", VLAN.
    pub control: network_endian::U16,
    /// What the frame carries.
    pub ether_type: network_endian::U16,
}

const _: () = assert!(size_of::<Tag>() == TAG_LENGTH);

impl Tag {
    /// Which VLAN; 0 is none.
    #[must_use]
    pub fn vlan(&self) -> u16 {
        self.control.get() & VLAN_BITS
    }
}
