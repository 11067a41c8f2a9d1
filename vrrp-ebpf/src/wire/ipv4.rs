//! IPv4 (RFC 791), as far as VRRP needs it.

use zerocopy::{
    FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned, byteorder::network_endian,
};

use super::checksum::Sum;

/// Length of the header without options.
pub const LENGTH: usize = 20;
/// The IP protocol number of VRRP (RFC 9568 §5.1.1.4).
pub const PROTOCOL_VRRP: u8 = 112;
/// What a VRRP advertisement must arrive with, so that it comes from this link (RFC 9568 §5.1.1.3).
pub const VRRP_TTL: u8 = 255;
/// The group every IPv4 virtual router listens to (RFC 9568 §5.1.1.2).
pub const VRRP_GROUP: [u8; 4] = [224, 0, 0, 18];
/// Version 4, five words, in one byte: a header without options.
pub const VERSION_AND_PLAIN_LENGTH: u8 = 0x45;
/// "More fragments" and the fragment offset; the bit in front of them only forbids fragmenting.
pub const FRAGMENT_BITS: u16 = 0x3fff;

/// The header as it stands in the frame, without options.
#[repr(C)]
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Unaligned, Immutable, KnownLayout)]
pub struct Header {
    /// Version in the high nibble, header length in 32-bit words in the low one.
    pub version_and_length: u8,
    /// DSCP and ECN.
    pub type_of_service: u8,
    /// Length of header and payload in bytes.
    pub total_length: network_endian::U16,
    /// Which datagram a fragment belongs to.
    pub identification: network_endian::U16,
    /// Flags and fragment offset.
    pub flags_and_fragment: network_endian::U16,
    /// Hops left.
    pub time_to_live: u8,
    /// What the payload is.
    pub protocol: u8,
    /// Over the header alone.
    pub checksum: network_endian::U16,
    /// The sender.
    pub source: [u8; 4],
    /// The receiver or group.
    pub destination: [u8; 4],
}

const _: () = assert!(size_of::<Header>() == LENGTH);

impl Header {
    /// Length of the header in bytes, options included.
    #[must_use]
    pub const fn header_length(&self) -> usize {
        (self.version_and_length & 0x0f) as usize * 4
    }

    /// Whether this is version 4 with no options behind the header.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.version_and_length == VERSION_AND_PLAIN_LENGTH
    }

    /// Whether this is a part of a larger datagram.
    #[must_use]
    pub fn is_fragment(&self) -> bool {
        self.flags_and_fragment.get() & FRAGMENT_BITS != 0
    }

    /// The sum over this header, which a header without options must have at all ones (RFC 791 §3.1).
    ///
    /// Written out so that the verifier sees ten additions and no loop.
    #[must_use]
    pub fn sum(&self) -> Sum {
        Sum::new()
            .add_bytes(self.version_and_length, self.type_of_service)
            .add(self.total_length.get())
            .add(self.identification.get())
            .add(self.flags_and_fragment.get())
            .add_bytes(self.time_to_live, self.protocol)
            .add(self.checksum.get())
            .add_address(self.source)
            .add_address(self.destination)
    }
}

/// Whether `address` can be the source of a datagram on a link: not "this network", not loopback, not a group, not broadcast
/// (RFC 1122 §3.2.1.3).
#[must_use]
pub const fn can_be_source(address: [u8; 4]) -> bool {
    !matches!(address[0], 0 | 127) && !is_group(address) && !matches!(address, [255, 255, 255, 255])
}

/// The group that `address` is, as a key has it; zeros if it is none.
#[must_use]
#[inline(always)]
pub const fn group(address: [u8; 4]) -> [u8; 4] {
    if is_group(address) { address } else { [0; 4] }
}

/// Whether `address` is that of a group (RFC 1112 §4).
#[must_use]
#[inline(always)]
pub const fn is_group(address: [u8; 4]) -> bool {
    address[0] & 0xf0 == 0xe0
}
