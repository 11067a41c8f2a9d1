//! Neighbour Discovery (RFC 4861), as far as somebody says by it that an address is theirs, or asks whose it is.

use zerocopy::{
    FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned, byteorder::network_endian,
};

/// Length of an advertisement or a solicitation without options.
pub const LENGTH: usize = 24;
/// ICMPv6 type of a solicitation (RFC 4861 §4.3), which is as long.
pub const TYPE_SOLICITATION: u8 = 135;
/// ICMPv6 type of an advertisement (RFC 4861 §4.4).
pub const TYPE_ADVERTISEMENT: u8 = 136;
/// The option with the hardware address of whoever asks (RFC 4861 §4.6.1).
pub const OPTION_SOURCE_ADDRESS: u8 = 1;
/// The option with the hardware address of the target (RFC 4861 §4.6.1).
pub const OPTION_TARGET_ADDRESS: u8 = 2;
/// "I am a router."
pub const FLAG_ROUTER: u32 = 0x8000_0000;
/// "You asked."
pub const FLAG_SOLICITED: u32 = 0x4000_0000;
/// "Forget what you knew."
pub const FLAG_OVERRIDE: u32 = 0x2000_0000;

/// An advertisement as it stands behind the IPv6 header.
#[repr(C)]
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Unaligned, Immutable, KnownLayout)]
pub struct Advertisement {
    /// [`TYPE_ADVERTISEMENT`].
    pub message_type: u8,
    /// Zero.
    pub code: u8,
    /// Over the message and a pseudo-header.
    pub checksum: network_endian::U16,
    /// [`FLAG_ROUTER`], [`FLAG_SOLICITED`], [`FLAG_OVERRIDE`].
    pub flags: network_endian::U32,
    /// The address it is about.
    pub target: [u8; 16],
}

const _: () = assert!(size_of::<Advertisement>() == LENGTH);

/// A solicitation as it stands behind the IPv6 header.
#[repr(C)]
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Unaligned, Immutable, KnownLayout)]
pub struct Solicitation {
    /// [`TYPE_SOLICITATION`].
    pub message_type: u8,
    /// Zero.
    pub code: u8,
    /// Over the message and a pseudo-header.
    pub checksum: network_endian::U16,
    /// Means nothing.
    pub reserved: [u8; 4],
    /// The address that is looked for.
    pub target: [u8; 16],
}

const _: () = assert!(size_of::<Solicitation>() == LENGTH);

/// The option that most advertisements end with.
#[repr(C)]
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Unaligned, Immutable, KnownLayout)]
pub struct TargetOption {
    /// [`OPTION_TARGET_ADDRESS`].
    pub option_type: u8,
    /// In units of eight bytes: 1 for Ethernet.
    pub length: u8,
    /// Whose the target is.
    pub hardware_address: [u8; 6],
}

const _: () = assert!(size_of::<TargetOption>() == 8);

impl TargetOption {
    /// Whether it is what its type says.
    #[must_use]
    pub const fn is_of_ethernet(&self) -> bool {
        self.option_type == OPTION_TARGET_ADDRESS && self.length == 1
    }
}
