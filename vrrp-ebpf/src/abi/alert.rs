//! What is worth telling people, and the buckets that keep it from becoming a flood.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

#[cfg(doc)]
use super::{FAMILY_IPV4, FAMILY_IPV6, Port, Reason};

/// Bytes of the ring of [`Alert`]s.
pub const ALERTS_BYTES: usize = 262_144;

/// Alerts of one reason and port that may go out at once.
pub const ALERT_BURST: u64 = 8;
/// Nanoseconds after which a bucket has one more alert to give: ten a second.
pub const ALERT_REFILL_NS: u64 = 100_000_000;

/// Something else worth telling; sampled, so its absence means nothing.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Alert {
    /// When.
    pub time_ns: u64,
    /// Which router it concerns.
    pub slot: u32,
    /// [`Port::number`].
    pub port: u16,
    /// [`ALERT_REJECTED`] or [`ALERT_CLAIM`].
    pub kind: u8,
    /// The [`Reason`] of a rejection.
    pub reason: u8,
    /// The IP source of an advertisement, or the address that somebody claims.
    pub address: [u8; 16],
    /// The sender's hardware address: of the frame, or as a claim states it.
    pub hardware_address: [u8; 6],
    /// [`FAMILY_IPV4`] or [`FAMILY_IPV6`]: what kind of address `address` is.
    pub family: u8,
    /// Zero.
    pub reserved: u8,
}
const _: () = assert!(size_of::<Alert>() == 40);

/// An advertisement for one of our routers was rejected.
pub const ALERT_REJECTED: u8 = 1;
/// Another hardware address claims one of our addresses.
pub const ALERT_CLAIM: u8 = 2;

/// A token bucket in front of the alert ring.
#[repr(C)]
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct Bucket {
    /// The time up to which its tokens are spent, in nanoseconds.
    pub spent_until_ns: u64,
}

impl Bucket {
    /// Takes a token at `now_ns`; `false` when there is none.
    ///
    /// Two processors may take the same token at once; then one alert more goes out than should, which costs nothing.
    #[inline(always)]
    pub fn take(&mut self, now_ns: u64) -> bool {
        let earliest = now_ns.saturating_sub(ALERT_BURST * ALERT_REFILL_NS);
        let spent = if self.spent_until_ns < earliest {
            earliest
        } else {
            self.spent_until_ns
        };
        let next = spent + ALERT_REFILL_NS;
        if next > now_ns {
            return false;
        }
        self.spent_until_ns = next;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_a_burst_and_then_ten_a_second() {
        let mut bucket = Bucket::default();
        let start = 1_000 * ALERT_REFILL_NS;
        assert_eq!((0..100).filter(|_| bucket.take(start)).count(), 8);
        let a_second_later = (1..=1000)
            .filter(|ms| bucket.take(start + ms * 1_000_000))
            .count();
        assert_eq!(a_second_later, 10);
    }
}
