//! The maps: their names, keys, values and events. One writer each.
//!
//! | Map | Key → value | Written by |
//! |---|---|---|
//! | `PORTS` | ifindex → [`Port`] | controller |
//! | `ROUTERS` | [`RouterKey`] → [`RouterEntry`] | controller |
//! | `PEERS` | [`PeerKey`] → [`PeerEntry`] | controller |
//! | `ROLES` | slot → [`Role`] | controller |
//! | `VIPS` | [`VipKey`] → [`VipEntry`] | controller |
//! | `BLOCKS` | slot → `RouterBlock`, see [`BlockView`] | program |
//! | `COUNTERS` | port → [`Counters`], per CPU | program |
//! | `BUCKETS` | slot and reason → [`Bucket`]; port and reason where no router is meant | program |
//! | `EVENTS` | ring of [`RouterEvent`] | program |
//! | `ALERTS` | ring of [`Alert`] | program |
//! | `CAPTURE_SWITCH` | 0 → [`CaptureSwitch`] | controller |
//! | `CAPTURE` | ring of [`CapturedFrame`] | program |
//! | `CAPTURE_LOST` | 0 → [`CaptureLosses`], per CPU | program |
//!
//! A *port* is our own dense number for an interface, a *slot* that of a virtual router. Numbers are in the byte order of the host, addresses
//! in that of the network. Every struct is `repr(C)` without implicit padding, because padding in a key never compares equal.

mod alert;
mod block;
mod capture;
mod counters;
mod peer;
#[cfg(feature = "user")]
#[expect(unsafe_code, reason = "aya's `Pod` is an unsafe marker")]
mod pod;
mod port;
mod router;
mod vip;

pub use alert::{
    ALERT_BURST, ALERT_CLAIM, ALERT_REFILL_NS, ALERT_REJECTED, ALERTS_BYTES, Alert, Bucket,
};
pub use block::{AdvertRecord, BlockView, EVENTS_BYTES, RouterEvent};
pub use capture::{
    CAPTURE_ACCEPTED, CAPTURE_BYTES, CAPTURE_NOTHING, CAPTURE_REJECTED, CAPTURE_SNAP, CaptureHead,
    CaptureLosses, CaptureSwitch, CapturedFrame,
};
pub use counters::{Counters, ForReason, MAX_BUCKETS, REASON_COUNT, Reason};
pub use peer::{MAX_PEERS, PeerEntry, PeerKey};
pub use port::{MAX_PORTS, PORT_FINAL, Port};
pub use router::{
    MAX_ROUTERS, NO_GROUP, ROUTER_CHECKS_PEERS, ROUTER_DROP_VALID, ROUTER_PEERS_ONLY,
    ROUTER_UNICAST, Role, RouterEntry, RouterKey,
};
pub use vip::{MAX_VIPS, VIP_DROP_CLAIMS, VIP_VIRTUAL_MAC, VipEntry, VipKey};

/// Changes whenever a struct of this module does, so that a pinned map of another build is never reinterpreted.
pub const ABI_VERSION: u32 = 4;

/// Addresses in an advertisement that the program itself sums and judges; longer ones go to the raw path.
pub const MAX_JUDGED_ADDRESSES: u8 = 20;

/// IPv4, in a key or a record.
pub const FAMILY_IPV4: u8 = 4;
/// IPv6, in a key or a record.
pub const FAMILY_IPV6: u8 = 6;

/// An IPv4 address in the sixteen bytes that both families share.
#[must_use]
#[inline(always)]
pub const fn widen([a, b, c, d]: [u8; 4]) -> [u8; 16] {
    [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
}
