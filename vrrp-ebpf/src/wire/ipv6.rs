//! IPv6 (RFC 8200), as far as VRRP and Neighbour Discovery need it.

use zerocopy::{
    FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned, byteorder::network_endian,
};

use super::checksum::Sum;

/// Length of the header.
pub const LENGTH: usize = 40;
/// The next header of VRRP (RFC 9568 §5.1.2.4).
pub const NEXT_HEADER_VRRP: u8 = 112;
/// The next header of ICMPv6 (RFC 4443 §1).
pub const NEXT_HEADER_ICMP: u8 = 58;
/// What VRRP (RFC 9568 §5.1.2.3) and Neighbour Discovery (RFC 4861 §7.1) must arrive with, so that they come from this link.
pub const ON_LINK_HOP_LIMIT: u8 = 255;
/// The group every IPv6 virtual router listens to (RFC 9568 §5.1.2.2): ff02::12.
pub const VRRP_GROUP: [u8; 16] = [0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12];

/// The header as it stands in the frame.
#[repr(C)]
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Unaligned, Immutable, KnownLayout)]
pub struct Header {
    /// Version in the highest nibble, then traffic class and flow label.
    pub version_class_and_flow: network_endian::U32,
    /// Length of what follows, in bytes.
    pub payload_length: network_endian::U16,
    /// What follows.
    pub next_header: u8,
    /// Hops left.
    pub hop_limit: u8,
    /// The sender.
    pub source: [u8; 16],
    /// The receiver or group.
    pub destination: [u8; 16],
}

const _: () = assert!(size_of::<Header>() == LENGTH);

impl Header {
    /// Whether this is version 6.
    #[must_use]
    pub fn is_version_6(&self) -> bool {
        self.version_class_and_flow.get() >> 28 == 6
    }
}

/// Whether `address` can be the source of an advertisement: not unspecified, not loopback, not a group (RFC 4291 §2.5, §2.7).
#[must_use]
#[inline(always)]
pub fn can_be_source(address: [u8; 16]) -> bool {
    // `::` and `::1`, and no other.
    let is_of_nobody = u128::from_be_bytes(address) >> 1 == 0;
    !is_group(address) && !is_of_nobody
}

/// The group that `address` is, as a key has it: its flags and scope, and how it ends; zeros if it is none.
#[must_use]
#[inline(always)]
pub const fn group(address: [u8; 16]) -> [u8; 4] {
    if is_group(address) {
        let [_, scope, .., b, c, d] = address;
        [scope, b, c, d]
    } else {
        [0; 4]
    }
}

/// Whether `address` is that of a group (RFC 4291 §2.7).
#[must_use]
#[inline(always)]
pub const fn is_group(address: [u8; 16]) -> bool {
    address[0] == 0xff
}

/// The pseudo-header that is summed before a message (RFC 8200 §8.1); `length` is that of the message.
#[must_use]
#[inline(always)]
pub fn pseudo_header(source: &[u8; 16], destination: &[u8; 16], length: u16) -> Sum {
    Sum::new()
        .add_wide_address(source)
        .add_wide_address(destination)
        .add(length)
        .add(NEXT_HEADER_VRRP.into())
}
