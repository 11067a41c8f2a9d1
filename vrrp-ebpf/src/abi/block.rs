//! What a router has heard: the truth, and the doorbell that says there is more of it.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

#[cfg(doc)]
use super::{FAMILY_IPV4, FAMILY_IPV6};

/// Bytes of the ring of [`RouterEvent`]s: room for one per router.
pub const EVENTS_BYTES: usize = 65_536;

/// The last advertisement of one kind that a router received.
#[repr(C)]
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct AdvertRecord {
    /// When the program saw it, in nanoseconds of `CLOCK_MONOTONIC`; 0 is never.
    pub time_ns: u64,
    /// The sender, IPv4 in the first four bytes.
    pub source: [u8; 16],
    /// The sender's hardware address.
    pub hardware_address: [u8; 6],
    /// Centiseconds between advertisements.
    pub interval_centiseconds: u16,
    /// `ListDigest` of the addresses.
    pub list_digest: u32,
    /// As advertised.
    pub priority: u8,
    /// How many addresses were advertised.
    pub address_count: u8,
    /// [`FAMILY_IPV4`] or [`FAMILY_IPV6`]: what kind of address `source` is.
    pub family: u8,
    /// Zero.
    pub reserved: u8,
}
const _: () = assert!(size_of::<AdvertRecord>() == 40);

impl AdvertRecord {
    /// This record where `mask` is all ones, and `other` where it is all zeros.
    #[must_use]
    #[inline(always)]
    pub fn or(self, other: Self, mask: u64) -> Self {
        let ours: [u64; 5] = zerocopy::transmute!(self);
        let mut words: [u64; 5] = zerocopy::transmute!(other);
        for (word, our) in words.iter_mut().zip(ours) {
            *word = (our & mask) | (*word & !mask);
        }
        zerocopy::transmute!(words)
    }

    /// Whether `other` says the same, at whatever time.
    #[must_use]
    #[inline(always)]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        self.source == other.source
            && self.priority == other.priority
            && self.interval_centiseconds == other.interval_centiseconds
            && self.address_count == other.address_count
            && self.list_digest == other.list_digest
    }
}

/// A router's block as the controller reads it.
///
/// In the kernel the first four bytes are a `bpf_spin_lock`: two receive queues may deliver advertisements of one router at the same time.
/// The controller copies a block out under that lock (`BPF_F_LOCK`), so it never sees half a record. This is the truth; `EVENTS` is only
/// the doorbell.
#[repr(C)]
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct BlockView {
    /// The lock; reads as zero.
    pub lock: u32,
    /// Rejected for any reason since the last advertisement that restarted Active_Down_Timer.
    pub rejected: u32,
    /// Accepted since the router was set up.
    pub accepted: u64,
    /// Counts what was worth telling.
    pub news: u64,
    /// The value of `news` at which the doorbell rang last.
    pub bell: u64,
    /// The last that restarts Active_Down_Timer.
    pub refreshing: AdvertRecord,
    /// The last of a lower priority than that.
    pub lower: AdvertRecord,
    /// The last of priority 0.
    pub released: AdvertRecord,
}
const _: () = assert!(size_of::<BlockView>() == 152);

/// "Look at this router's block."
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct RouterEvent {
    /// Which block.
    pub slot: u32,
    /// Zero.
    pub reserved: u32,
    /// [`BlockView::bell`] when it rang. The block may have rung again since; what it says by then is what is acknowledged.
    pub bell: u64,
}
const _: () = assert!(size_of::<RouterEvent>() == 16);
