//! A virtual address, watched for foreign claims.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

#[cfg(doc)]
use super::Port;
use super::{FAMILY_IPV4, FAMILY_IPV6, widen};

/// Virtual addresses one object watches for foreign claims.
pub const MAX_VIPS: usize = 65_536;

/// A virtual address on an interface.
#[repr(C)]
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
)]
pub struct VipKey {
    /// [`Port::number`].
    pub port: u16,
    /// [`FAMILY_IPV4`] or [`FAMILY_IPV6`].
    pub family: u8,
    /// Zero.
    pub reserved: u8,
    /// The address, IPv4 in the first four bytes.
    pub address: [u8; 16],
}
const _: () = assert!(size_of::<VipKey>() == 20);

impl VipKey {
    /// The key of an IPv4 address on `port`.
    #[must_use]
    #[inline(always)]
    pub const fn ipv4(port: u16, address: [u8; 4]) -> Self {
        Self {
            port,
            family: FAMILY_IPV4,
            reserved: 0,
            address: widen(address),
        }
    }

    /// The key of an IPv6 address on `port`.
    #[must_use]
    #[inline(always)]
    pub const fn ipv6(port: u16, address: [u8; 16]) -> Self {
        Self {
            port,
            family: FAMILY_IPV6,
            reserved: 0,
            address,
        }
    }
}

/// Whose virtual address it is.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct VipEntry {
    /// The router that claims it.
    pub slot: u32,
    /// [`VIP_DROP_CLAIMS`], [`VIP_VIRTUAL_MAC`] and room for more.
    pub flags: u32,
    /// The hardware address that all routers of it have in common, with [`VIP_VIRTUAL_MAC`].
    pub virtual_mac: [u8; 6],
    /// Zero.
    pub reserved: [u8; 2],
}
const _: () = assert!(size_of::<VipEntry>() == 16);

impl VipEntry {
    /// An address of the router in `slot`, with `flags` besides [`VIP_VIRTUAL_MAC`].
    #[must_use]
    pub const fn new(slot: u32, flags: u32, virtual_mac: Option<[u8; 6]>) -> Self {
        let (flag, virtual_mac) = match virtual_mac {
            Some(mac) => (VIP_VIRTUAL_MAC, mac),
            None => (0, [0; 6]),
        };
        Self {
            slot,
            flags: flags | flag,
            virtual_mac,
            reserved: [0; 2],
        }
    }

    /// Whether whoever has this hardware address may speak for the address: it is that of the virtual router, whichever node that is.
    #[must_use]
    #[inline(always)]
    pub fn is_at(&self, hardware_address: [u8; 6]) -> bool {
        self.flags & VIP_VIRTUAL_MAC != 0 && self.virtual_mac == hardware_address
    }
}

/// `xdp_garp_guard drop`: while we are Active, a foreign claim is dropped.
pub const VIP_DROP_CLAIMS: u32 = 1;

/// The routers of the address have a hardware address in common (RFC 9568 §7.3).
pub const VIP_VIRTUAL_MAC: u32 = 2;
