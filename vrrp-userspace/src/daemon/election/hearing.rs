//! What a router's block tells that its state machine has not been told yet.
//!
//! Pure: the block comes in, advertisements come out in the order they arrived.

use std::time::Duration;

use vrrp_ebpf::abi::{AdvertRecord, BlockView};

use super::{chronicle::Witness, snapshot::Heard};
use crate::protocol::{Advertisement, Evidence, Family, Monotonic, Priority};

/// Bookkeeping beside one router.
#[derive(Debug, Clone, Default)]
pub(super) struct Hearing {
    refreshing_ns: u64,
    lower_ns: u64,
    released_ns: u64,
    /// `BlockView::news` up to which the doorbell has told us.
    told: u64,
    saved_by_map: u32,
    /// Rejections in the block, which counts from the last valid advertisement.
    rejected_by_program: u32,
    /// Rejections on the raw path since the last valid advertisement.
    rejected_raw: u32,
    /// Valid advertisements on the raw path.
    accepted_raw: u64,
    /// What the block had counted before this router was.
    accepted_before: u64,
    /// The last one on the raw path that restarted Active_Down_Timer.
    last_raw: Option<AdvertRecord>,
}

impl Hearing {
    /// Takes what a block holds for known: it is about the router that had the slot before.
    pub(super) const fn after(block: &BlockView) -> Self {
        Self {
            refreshing_ns: block.refreshing.time_ns,
            lower_ns: block.lower.time_ns,
            released_ns: block.released.time_ns,
            told: block.news,
            saved_by_map: 0,
            rejected_by_program: block.rejected,
            rejected_raw: 0,
            accepted_raw: 0,
            accepted_before: block.accepted,
            last_raw: None,
        }
    }

    /// Takes in a block after its doorbell rang.
    pub(super) fn told(&mut self, block: &BlockView) -> Vec<Advertisement> {
        self.told = block.news;
        self.take_in(block)
    }

    /// Takes in a block because a deadline has come. News that no doorbell told is counted as saved by the map.
    pub(super) fn consulted(&mut self, block: &BlockView) -> Vec<Advertisement> {
        let untold = block.news.saturating_sub(self.told);
        self.saved_by_map = self
            .saved_by_map
            .saturating_add(u32::try_from(untold).unwrap_or(u32::MAX));
        self.told(block)
    }

    /// A valid advertisement came by the raw path; those of `threshold` or more restart Active_Down_Timer.
    pub(super) const fn heard_raw(&mut self, record: &AdvertRecord, threshold: u8) {
        self.rejected_raw = 0;
        self.accepted_raw += 1;
        if record.priority >= threshold {
            self.last_raw = Some(*record);
        }
    }

    /// An advertisement was rejected on the raw path.
    pub(super) const fn rejected_raw(&mut self) {
        self.rejected_raw = self.rejected_raw.saturating_add(1);
    }

    /// When somebody was heard again who said what he had said before, if a block tells that and nothing else that its router does not know.
    pub(super) fn heard_again(&self, block: &BlockView) -> Option<Monotonic> {
        let is_all = block.news == self.told
            && block.lower.time_ns <= self.lower_ns
            && block.released.time_ns <= self.released_ns;
        (is_all && block.refreshing.time_ns > self.refreshing_ns)
            .then(|| Monotonic::from_nanos(block.refreshing.time_ns))
    }

    /// What is known here and not from the block.
    pub(super) const fn heard(&self) -> Heard {
        Heard {
            last_raw: self.last_raw,
            accepted_raw: self.accepted_raw,
            accepted_before: self.accepted_before,
            rejected_raw: self.rejected_raw,
            saved_by_map: self.saved_by_map,
        }
    }

    /// What the program knows, for the memory.
    pub(super) fn witness(&self, block: &BlockView) -> Witness {
        Witness {
            accepted: block.accepted.saturating_sub(self.accepted_before),
            rejected: block.rejected,
            last: (block.refreshing.time_ns > 0).then(|| advertisement(&block.refreshing)),
        }
    }

    /// What a deadline is to be told.
    pub(super) const fn evidence(&self, was_listening: bool) -> Evidence {
        Evidence {
            was_listening,
            rejected: self.rejected_by_program.saturating_add(self.rejected_raw),
            saved_by_map: self.saved_by_map,
        }
    }

    fn take_in(&mut self, block: &BlockView) -> Vec<Advertisement> {
        self.rejected_by_program = block.rejected;
        if block.refreshing.time_ns > self.refreshing_ns {
            self.rejected_raw = 0;
        }
        let mut news = Vec::new();
        for (last, record) in [
            (&mut self.refreshing_ns, &block.refreshing),
            (&mut self.lower_ns, &block.lower),
            (&mut self.released_ns, &block.released),
        ] {
            if record.time_ns > *last {
                *last = record.time_ns;
                news.push(advertisement(record));
            }
        }
        news.sort_by_key(|advertisement| advertisement.received);
        news
    }
}

/// A record of either path, as the state machine takes it.
pub(super) fn advertisement(record: &AdvertRecord) -> Advertisement {
    Advertisement {
        received: Monotonic::from_nanos(record.time_ns),
        source: Family::of_key(record.family).read(record.source),
        priority: Priority::new(record.priority),
        interval: Duration::from_millis(u64::from(record.interval_centiseconds) * 10),
        address_count: record.address_count,
        list_digest: record.list_digest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(time_ns: u64, priority: u8) -> AdvertRecord {
        AdvertRecord {
            time_ns,
            priority,
            ..AdvertRecord::default()
        }
    }

    #[test]
    fn every_record_is_told_once_and_in_the_order_of_arrival() {
        let mut hearing = Hearing::default();
        let mut block = BlockView {
            refreshing: record(20, 150),
            released: record(10, 0),
            news: 2,
            ..BlockView::default()
        };
        let priorities = |news: Vec<Advertisement>| -> Vec<u8> {
            news.iter().map(|advert| advert.priority.get()).collect()
        };
        assert_eq!(priorities(hearing.told(&block)), [0, 150]);
        assert_eq!(priorities(hearing.told(&block)), [0; 0]);
        block.refreshing = record(30, 151);
        assert_eq!(priorities(hearing.told(&block)), [151]);
    }

    /// P1: what no doorbell told is found at the deadline, and is shown to have been.
    #[test]
    fn news_without_a_doorbell_is_saved_by_the_map() {
        let mut hearing = Hearing::default();
        let block = BlockView {
            refreshing: record(20, 150),
            news: 1,
            ..BlockView::default()
        };
        assert_eq!(hearing.consulted(&block).len(), 1);
        assert_eq!(hearing.evidence(true).saved_by_map, 1);
        let steady = BlockView {
            refreshing: record(40, 150),
            ..block
        };
        assert_eq!(hearing.consulted(&steady).len(), 1);
        assert_eq!(
            hearing.evidence(true).saved_by_map,
            1,
            "a repetition is no news"
        );
    }

    #[test]
    fn whoever_says_what_he_said_before_is_heard_again_and_nobody_else() {
        let mut hearing = Hearing::default();
        let block = BlockView {
            refreshing: record(20, 150),
            news: 1,
            ..BlockView::default()
        };
        assert_eq!(hearing.heard_again(&block), None, "he is news");
        hearing.told(&block);
        assert_eq!(hearing.heard_again(&block), None, "nothing has come");
        let again = BlockView {
            refreshing: record(40, 150),
            ..block
        };
        let at = Monotonic::from_nanos(40);
        assert_eq!(hearing.heard_again(&again), Some(at));
        for (what, more) in [
            ("news that no doorbell told", BlockView { news: 2, ..again }),
            (
                "somebody lower",
                BlockView {
                    lower: record(41, 1),
                    ..again
                },
            ),
            (
                "a goodbye",
                BlockView {
                    released: record(41, 0),
                    ..again
                },
            ),
        ] {
            assert_eq!(hearing.heard_again(&more), None, "{what}");
        }
    }

    #[test]
    fn rejections_count_from_the_last_valid_advertisement() {
        let mut hearing = Hearing::default();
        hearing.rejected_raw();
        let mut block = BlockView {
            refreshing: record(20, 150),
            ..BlockView::default()
        };
        hearing.consulted(&block);
        assert_eq!(hearing.evidence(true).rejected, 0);
        block.rejected = 4;
        hearing.consulted(&block);
        hearing.rejected_raw();
        assert_eq!(hearing.evidence(true).rejected, 5);
        hearing.heard_raw(&record(50, 150), 100);
        assert_eq!(hearing.evidence(true).rejected, 4);
    }
}
