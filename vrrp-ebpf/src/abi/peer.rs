//! A router that is spoken to one by one, and what is expected of its advertisements.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Peers of all routers together that one object knows.
pub const MAX_PEERS: usize = 4096;

/// A peer of a router.
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
pub struct PeerKey {
    /// The router.
    pub slot: u32,
    /// The peer's address, IPv4 in the first four bytes.
    pub address: [u8; 16],
}
const _: () = assert!(size_of::<PeerKey>() == 20);

/// What an advertisement from a peer must have.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct PeerEntry {
    /// `min_ttl`
    pub least_hop_limit: u8,
    /// `max_ttl`
    pub greatest_hop_limit: u8,
    /// Zero.
    pub reserved: [u8; 2],
}
const _: () = assert!(size_of::<PeerEntry>() == 4);
