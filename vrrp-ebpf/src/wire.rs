//! Header views, and the sums over them.
//!
//! Every header is `#[repr(C)]`, alignment one, network byte order; the numbers come out through accessors.

pub mod arp;
pub mod checksum;
pub mod ethernet;
pub mod ipv4;
pub mod ipv6;
pub mod neighbour;
pub mod vrrp;
