//! A virtual router: what an advertisement for it must have, and what it is at the moment.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

#[cfg(doc)]
use super::{BlockView, FAMILY_IPV4, FAMILY_IPV6, Port};

/// Virtual routers one object can serve: every VRID in both families on two interfaces.
pub const MAX_ROUTERS: usize = 1024;

/// Sent to this host alone, in place of a group.
pub const NO_GROUP: [u8; 4] = [0; 4];

/// Which virtual router an advertisement is for.
///
/// keepalived allows one VRID as multicast and as unicast on one interface, and in several groups, hence `group`.
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
pub struct RouterKey {
    /// [`Port::number`].
    pub port: u16,
    /// [`FAMILY_IPV4`] or [`FAMILY_IPV6`].
    pub family: u8,
    /// The VRID.
    pub vrid: u8,
    /// The group that advertisements go to; of one of IPv6, its scope and how it ends. [`NO_GROUP`] for unicast.
    pub group: [u8; 4],
}
const _: () = assert!(size_of::<RouterKey>() == 8);

impl RouterKey {
    /// The key of the router `vrid` of `family` on `port`, whose advertisements go to `group`.
    #[must_use]
    #[inline(always)]
    pub const fn new(port: u16, family: u8, vrid: u8, group: [u8; 4]) -> Self {
        Self {
            port,
            family,
            vrid,
            group,
        }
    }
}

/// What to check in an advertisement; constant while a router lives.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct RouterEntry {
    /// Index of `ROLES` and `BLOCKS`.
    pub slot: u32,
    /// 2 or 3.
    pub version: u8,
    /// v2: the authentication type we use.
    pub authentication_type: u8,
    /// v2: our interval in seconds, which every router must share (RFC 3768 §7.1).
    pub interval_seconds: u8,
    /// [`ROUTER_DROP_VALID`], [`ROUTER_UNICAST`], [`ROUTER_CHECKS_PEERS`], [`ROUTER_PEERS_ONLY`] and room for more.
    pub flags: u8,
    /// v2: the password.
    pub authentication_data: [u8; 8],
    /// Our own address, IPv4 in the first four bytes: an advertisement from it is a loop or a duplicate.
    pub own_address: [u8; 16],
}
const _: () = assert!(size_of::<RouterEntry>() == 32);

/// `xdp_valid_adverts drop`: a recorded advertisement goes no further.
pub const ROUTER_DROP_VALID: u8 = 1;
/// Advertisements for it go to its own address, and may come from afar. What goes to another address is none of ours.
pub const ROUTER_UNICAST: u8 = 2;
/// `PEERS` says what the routers it speaks to may send.
pub const ROUTER_CHECKS_PEERS: u8 = 4;
/// `check_unicast_src`: nobody else is heard. With [`ROUTER_CHECKS_PEERS`].
pub const ROUTER_PEERS_ONLY: u8 = 8;

/// What a router is at the moment, published at each transition.
#[repr(C)]
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct Role {
    /// The last [`BlockView::bell`] that the controller has seen. It is written before the block is read for good.
    pub acknowledged: u64,
    /// An advertisement of this priority or more restarts Active_Down_Timer.
    pub threshold: u8,
    /// 1 while Active: then every advertisement is news.
    pub is_active: u8,
    /// Zero.
    pub reserved: [u8; 6],
}
const _: () = assert!(size_of::<Role>() == 16);
