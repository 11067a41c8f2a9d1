//! ARP for IPv4 over Ethernet (RFC 826).

use zerocopy::{
    FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned, byteorder::network_endian,
};

use super::ethernet;

/// Length of the packet for IPv4 over Ethernet.
pub const LENGTH: usize = 28;
/// Hardware type of Ethernet.
pub const HARDWARE_ETHERNET: u16 = 1;

/// The packet as it stands in the frame.
#[repr(C)]
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Unaligned, Immutable, KnownLayout)]
pub struct Packet {
    /// What kind of hardware address follows.
    pub hardware_type: network_endian::U16,
    /// What kind of protocol address follows.
    pub protocol_type: network_endian::U16,
    /// Six for Ethernet.
    pub hardware_length: u8,
    /// Four for IPv4.
    pub protocol_length: u8,
    /// 1 asks, 2 answers.
    pub operation: network_endian::U16,
    /// Who speaks.
    pub sender_hardware: [u8; 6],
    /// The address it claims.
    pub sender_protocol: [u8; 4],
    /// Who is asked, or answered.
    pub target_hardware: [u8; 6],
    /// The address it is about.
    pub target_protocol: [u8; 4],
}

const _: () = assert!(size_of::<Packet>() == LENGTH);

impl Packet {
    /// Whether the addresses are where this view says.
    #[must_use]
    pub fn is_ipv4_over_ethernet(&self) -> bool {
        self.hardware_type.get() == HARDWARE_ETHERNET
            && self.protocol_type.get() == ethernet::TYPE_IPV4
            && self.hardware_length == 6
            && self.protocol_length == 4
    }
}
