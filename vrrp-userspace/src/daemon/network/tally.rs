//! What the raw path of an interface has judged, by the same reasons as the program's `COUNTERS`.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
};

use vrrp_ebpf::{
    abi::{Bucket, Counters, REASON_COUNT, Reason},
    verdict::Verdict,
};

use crate::protocol::Monotonic;

/// The counters of one interface. Without a lock: the election counts adverts, an ear counts claims, and whoever wants to look may.
#[derive(Debug)]
pub(in crate::daemon) struct Tally {
    counts: [AtomicU64; REASON_COUNT],
    lost: AtomicU64,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            counts: [const { AtomicU64::new(0) }; REASON_COUNT],
            lost: AtomicU64::new(0),
        }
    }
}

impl Tally {
    /// Counts what was judged, as the program does.
    pub(in crate::daemon) fn judged(&self, verdict: &Verdict) {
        match verdict {
            Verdict::Ignore => {}
            Verdict::Pass(reason) | Verdict::Reject { reason, .. } => self.count(*reason),
            Verdict::Accept(_) => self.count(Reason::Accepted),
            Verdict::Claim(claim) => {
                self.count(claim.reason());
                if claim.is_malformed {
                    self.count(claim.malformed());
                }
            }
        }
    }

    /// Counts one more of `reason`.
    pub(in crate::daemon) fn count(&self, reason: Reason) {
        if let Some(count) = self.counts.get(reason as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts what a socket had no room for.
    pub(in crate::daemon) fn lost(&self, count: u32) {
        self.lost.fetch_add(count.into(), Ordering::Relaxed);
    }

    /// Everything judged so far.
    pub(in crate::daemon) fn counters(&self) -> Counters {
        let mut counters = Counters::default();
        for (reason, count) in Reason::ALL.iter().zip(&self.counts) {
            *counters.of(*reason) = count.load(Ordering::Relaxed);
        }
        counters
    }

    /// What could not be judged, since there was no room to keep it until then.
    pub(in crate::daemon) fn losses(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

/// How often something of one reason is told: the program's token buckets.
#[derive(Debug, Default)]
pub(in crate::daemon) struct Samples(BTreeMap<u32, [Bucket; REASON_COUNT]>);

impl Samples {
    /// Whether one more of `reason` may be told at `now` of the router of `slot`; what may not is counted.
    pub(in crate::daemon) fn may_tell(
        &mut self,
        slot: u32,
        reason: Reason,
        now: Monotonic,
        tally: &Tally,
    ) -> bool {
        let buckets = self.0.entry(slot);
        let buckets = buckets.or_insert([Bucket::default(); REASON_COUNT]);
        let bucket = buckets.get_mut(reason as usize);
        let may_tell = bucket.is_some_and(|bucket| bucket.take(now.as_nanos()));
        if !may_tell {
            tally.count(Reason::AlertSuppressed);
        }
        may_tell
    }
}

#[cfg(test)]
mod tests {
    use vrrp_ebpf::verdict::{Claim, Protocol};

    use super::*;

    #[test]
    fn a_claim_that_contradicts_its_frame_counts_twice() {
        let tally = Tally::default();
        tally.judged(&Verdict::Claim(Claim {
            slot: 0,
            by: Protocol::Arp,
            address: [0; 16],
            hardware_address: [2; 6],
            is_malformed: true,
            drop: false,
        }));
        tally.judged(&Verdict::Pass(Reason::UnknownRouter));
        tally.judged(&Verdict::Ignore);
        let expected = Counters {
            arp_claim: 1,
            arp_malformed: 1,
            unknown_router: 1,
            ..Counters::default()
        };
        assert_eq!(tally.counters(), expected);
    }

    #[test]
    fn what_is_not_told_is_counted() {
        let (tally, mut samples) = (Tally::default(), Samples::default());
        let now = Monotonic::from_nanos(1_000_000_000_000);
        let told = (0..100).filter(|_| samples.may_tell(3, Reason::IpTtl, now, &tally));
        assert_eq!(told.count(), 8);
        assert!(samples.may_tell(3, Reason::Checksum, now, &tally));
        assert!(
            samples.may_tell(4, Reason::IpTtl, now, &tally),
            "of another router"
        );
        assert_eq!(tally.counters().alert_suppressed, 92);
    }
}
