//! The VRRP message of both versions (RFC 9568 §5.2, RFC 3768 §5.3).

use zerocopy::{
    FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned, byteorder::network_endian,
};

use super::{checksum::Sum, ipv4};

/// Length of the part before the addresses, the same in v2 and v3.
pub const LENGTH: usize = 8;
/// Length of an IPv4 address in the list.
pub const IPV4_ADDRESS_LENGTH: usize = 4;
/// Length of an IPv6 address in the list.
pub const IPV6_ADDRESS_LENGTH: usize = 16;
/// Length of the authentication data behind the addresses, in v2 only (RFC 3768 §5.3.10).
pub const AUTHENTICATION_LENGTH: usize = 8;
/// The only type there is (RFC 9568 §5.2.2).
pub const TYPE_ADVERTISEMENT: u8 = 1;
/// "No authentication" (RFC 3768 §5.3.6).
pub const AUTHENTICATION_NONE: u8 = 0;
/// "Simple text password" (RFC 2338 §5.3.6).
pub const AUTHENTICATION_PASSWORD: u8 = 1;
/// The twelve bits of Max Advertise Interval; four reserved ones stand in front (RFC 9568 §5.2.7).
pub const INTERVAL_BITS: u16 = 0x0fff;

/// The fixed part as it stands in the frame.
#[repr(C)]
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Unaligned, Immutable, KnownLayout)]
pub struct Header {
    /// Version in the high nibble, type in the low one.
    pub version_and_type: u8,
    /// Which virtual router.
    pub vrid: u8,
    /// How much the sender wants to be Active; 0 lets go.
    pub priority: u8,
    /// How many addresses follow.
    pub address_count: u8,
    /// v2: authentication type and interval in seconds, a byte each. v3: four reserved bits, then the interval in centiseconds.
    pub interval_field: [u8; 2],
    /// Over the message, and in v3 over a pseudo-header.
    pub checksum: network_endian::U16,
}

const _: () = assert!(size_of::<Header>() == LENGTH);

impl Header {
    /// The version nibble.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.version_and_type >> 4
    }

    /// The type nibble.
    #[must_use]
    pub const fn message_type(&self) -> u8 {
        self.version_and_type & 0x0f
    }

    /// v2: how the sender authenticates.
    #[must_use]
    pub const fn authentication_type(&self) -> u8 {
        self.interval_field[0]
    }

    /// v2: seconds between advertisements.
    #[must_use]
    pub const fn interval_seconds(&self) -> u8 {
        self.interval_field[1]
    }

    /// v3: centiseconds between advertisements; the reserved bits are ignored (RFC 9568 §5.2.6).
    #[must_use]
    pub const fn interval_centiseconds(&self) -> u16 {
        u16::from_be_bytes(self.interval_field) & INTERVAL_BITS
    }
}

/// How long a message of `version` with `address_count` IPv4 addresses is, in bytes.
#[must_use]
pub const fn message_length(version: u8, address_count: u8) -> usize {
    let authentication = if version == 2 {
        AUTHENTICATION_LENGTH
    } else {
        0
    };
    LENGTH + address_count as usize * IPV4_ADDRESS_LENGTH + authentication
}

/// How long a message with `address_count` IPv6 addresses is, in bytes; there is only v3.
#[must_use]
pub const fn message_length_ipv6(address_count: u8) -> usize {
    LENGTH + address_count as usize * IPV6_ADDRESS_LENGTH
}

/// The pseudo-header that RFC 5798 §5.2.8 sums before a v3 message over IPv4.
#[must_use]
pub fn pseudo_header(source: [u8; 4], destination: [u8; 4], length: u16) -> Sum {
    Sum::new()
        .add_address(source)
        .add_address(destination)
        .add(u16::from(ipv4::PROTOCOL_VRRP))
        .add(length)
}

/// A fingerprint of an address list in order, to notice that it changed; not a defence against anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListDigest(u32);

impl ListDigest {
    /// The digest of an empty list.
    #[must_use]
    pub const fn new() -> Self {
        Self(0)
    }

    /// Takes in the next word of the list.
    #[must_use]
    #[inline(always)]
    pub const fn add(self, word: u16) -> Self {
        Self(self.0.rotate_left(5) ^ word as u32)
    }

    /// Takes in four bytes of the list.
    #[must_use]
    #[inline(always)]
    pub const fn add_bytes(self, [a, b, c, d]: [u8; 4]) -> Self {
        self.add(u16::from_be_bytes([a, b]))
            .add(u16::from_be_bytes([c, d]))
    }

    /// The digest of `addresses`, as they stand in a message: each has four bytes or sixteen.
    #[must_use]
    pub fn of<A: AsRef<[u8]>>(addresses: impl IntoIterator<Item = A>) -> Self {
        addresses.into_iter().fold(Self::new(), |digest, address| {
            let (words, _) = address.as_ref().as_chunks::<4>();
            words
                .iter()
                .fold(digest, |digest, word| digest.add_bytes(*word))
        })
    }

    /// The number, as it stands in a map.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}
