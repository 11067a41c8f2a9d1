//! An interface, as the program knows it.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Interfaces one object can serve.
pub const MAX_PORTS: usize = 256;

/// What the program knows of an interface.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Port {
    /// Our number for it, an index of `COUNTERS`.
    pub number: u16,
    /// Its hardware address: frames to others are not ours to judge.
    pub hardware_address: [u8; 6],
    /// [`PORT_FINAL`] and room for more.
    pub flags: u32,
}
const _: () = assert!(size_of::<Port>() == 12);

/// No VLAN tag can have been stripped from a frame before it got here, so a judgement on it is final.
pub const PORT_FINAL: u32 = 1;
