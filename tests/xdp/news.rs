//! When the doorbell rings, and when it does not: sequences of advertisements.

use std::net::Ipv4Addr;

use vrrp_ebpf::abi::{BlockView, RouterEvent};
use vrrp_tests::forge::Forged;
use vrrp_tests::frame::Mac;
use vrrp_userspace::system::datapath::Action;

use crate::bench::Bench;
use crate::world::{ACTIVE, BACKUP, PEER, SEED, THRESHOLD, VERSION_3};

/// A router of the world, on a bench of its own.
struct Story {
    bench: Bench,
}

impl Story {
    fn begin() -> Self {
        Self {
            bench: Bench::new(),
        }
    }

    /// A Backup that knows the Active Router already: the first advertisement has rung, and was acknowledged.
    fn after_the_first(forged: &Forged) -> Self {
        let mut story = Self::begin();
        let bell = story.rings(forged).expect("the first advertisement rings");
        story.bench.acknowledge(SEED.slot, bell);
        story
    }

    /// Hears a valid advertisement; the bell's number, if it rang.
    fn rings(&mut self, forged: &Forged) -> Option<u64> {
        let done = self.bench.give(&forged.frame());
        assert_eq!(done.action, Action::Pass, "{forged:?}");
        let ring = |event: &RouterEvent| {
            assert_eq!((event.slot, event.reserved), (SEED.slot, 0));
            event.bell
        };
        assert!(done.rings.len() <= 1, "{:?}", done.rings);
        done.rings.first().map(ring)
    }

    /// Hears it, and acknowledges the bell if it rings.
    fn rings_and_is_heard(&mut self, forged: &Forged) -> bool {
        let bell = self.rings(forged);
        if let Some(bell) = bell {
            self.bench.acknowledge(SEED.slot, bell);
        }
        bell.is_some()
    }

    fn block(&self) -> BlockView {
        self.bench.block(SEED.slot)
    }
}

fn advert() -> Forged {
    Forged::advertisement(PEER).priority(150).listing(2)
}

#[test]
fn a_repetition_moves_the_clock_and_rings_no_bell() {
    let mut story = Story::after_the_first(&advert());
    let mut last = story.block().refreshing.time_ns;
    assert_ne!(last, 0, "the first one has a time");
    for _ in 0..100 {
        assert_eq!(story.rings(&advert()), None);
        let now = story.block().refreshing.time_ns;
        assert!(now > last, "{now} after {last}");
        last = now;
    }
    assert_eq!((story.block().accepted, story.block().news), (101, 1));
}

/// C030+
#[test]
fn whatever_changes_rings_once_and_is_then_the_new_ordinary() {
    let changes = [
        ("priority", advert().priority(151)),
        (
            "source",
            Forged::advertisement(Ipv4Addr::new(10, 89, 0, 8))
                .priority(150)
                .listing(2),
        ),
        ("count", advert().listing(3)),
        ("list", advert().listing_these(&[PEER, PEER])),
        (
            "order",
            advert().listing_these(&[Ipv4Addr::new(192, 168, 7, 2), Ipv4Addr::new(192, 168, 7, 1)]),
        ),
    ];
    for (what, changed) in changes {
        let mut story = Story::after_the_first(&advert());
        assert!(story.rings_and_is_heard(&changed), "{what}");
        assert!(!story.rings_and_is_heard(&changed), "{what}, again");
        assert!(story.rings_and_is_heard(&advert()), "{what}, and back");
    }
}

/// C040+: version 3 lets the interval change, and a Backup has to learn it.
#[test]
fn another_interval_rings() {
    let advert = Forged::version_3(PEER).vrid(VERSION_3.vrid);
    let mut bench = Bench::new();
    for (centiseconds, bell) in [
        (100, Some(1)),
        (100, None),
        (200, Some(2)),
        (0xf000 | 200, None),
        (50, Some(3)),
    ] {
        let done = bench.give(&advert.clone().centiseconds(centiseconds).frame());
        let rung = done.rings.first().map(|ring| ring.bell);
        assert_eq!(rung, bell, "{centiseconds}");
        if let Some(bell) = rung {
            bench.acknowledge(VERSION_3.slot, bell);
        }
    }
    assert_eq!(
        bench.block(VERSION_3.slot).refreshing.interval_centiseconds,
        50
    );
}

#[test]
fn another_hardware_address_is_recorded_and_no_news() {
    let mut story = Story::after_the_first(&advert());
    let mac = Mac([2, 0, 0, 0, 0, 9]);
    assert_eq!(story.rings(&advert().from_mac(mac)), None);
    assert_eq!(story.block().refreshing.hardware_address, mac.0);
}

/// RFC 9568 §6.4.2: it is a skew time from being Active, so nothing about a farewell is a repetition.
#[test]
fn every_farewell_rings() {
    let mut story = Story::after_the_first(&advert());
    for _ in 0..5 {
        assert!(story.rings_and_is_heard(&advert().priority(0)));
    }
    assert_eq!(story.block().released.priority, 0);
    assert_ne!(story.block().released.time_ns, 0);
    assert_eq!(
        story.block().refreshing.priority,
        150,
        "the record of another kind stays"
    );
}

#[test]
fn everything_rings_while_active() {
    let mut story = Story::begin();
    story.bench.arrange(ACTIVE);
    for priority in [150, 150, THRESHOLD - 1, THRESHOLD - 1, 0, 0, 150] {
        assert!(
            story.rings_and_is_heard(&advert().priority(priority)),
            "{priority}"
        );
    }
    story.bench.arrange(BACKUP);
    assert!(
        !story.rings_and_is_heard(&advert().priority(150)),
        "Backup again"
    );
}

/// With preemption a lower priority must not hold a takeover back, so it never touches what restarts the timer.
#[test]
fn a_lower_priority_leaves_the_refreshing_record_alone() {
    let mut story = Story::after_the_first(&advert());
    let before = story.block().refreshing;
    let lower = advert().priority(THRESHOLD - 1);
    assert!(story.rings_and_is_heard(&lower), "the first of its kind");
    assert!(!story.rings_and_is_heard(&lower), "a repetition");
    assert_eq!(story.block().refreshing, before);
    assert_eq!(story.block().lower.priority, THRESHOLD - 1);
}

/// One record per router is in flight at most, so a ring with a place for each router cannot overflow. What comes meanwhile is in the block.
#[test]
fn the_bell_is_silent_until_the_last_ring_is_acknowledged() {
    let mut story = Story::begin();
    assert_eq!(story.rings(&advert()), Some(1));
    for priority in 151..=160 {
        assert_eq!(
            story.rings(&advert().priority(priority)),
            None,
            "{priority}"
        );
    }
    let block = story.block();
    assert_eq!(
        (block.news, block.bell, block.refreshing.priority),
        (11, 1, 160)
    );
    story.bench.acknowledge(SEED.slot, 1);
    assert_eq!(
        story.rings(&advert().priority(160)),
        None,
        "no news, no bell"
    );
    assert_eq!(
        story.rings(&advert().priority(161)),
        Some(12),
        "the bell has the number of the news"
    );
    assert_eq!(story.rings(&advert().priority(162)), None);
    story.bench.acknowledge(SEED.slot, 1);
    assert_eq!(
        story.rings(&advert().priority(163)),
        None,
        "an old acknowledgement is none"
    );
    story.bench.acknowledge(SEED.slot, 12);
    assert_eq!(story.rings(&advert().priority(164)), Some(15));
}

/// C030- C032+: P3: what is rejected changes a count, and nothing else.
#[test]
fn a_rejected_advertisement_changes_a_count_alone() {
    let mut story = Story::after_the_first(&advert());
    let before = story.block();
    for forged in [
        advert().priority(255).ttl(254),
        advert().priority(255).bad_checksum(),
        advert().priority(0).password(*b"mistaken"),
        advert().interval(2),
    ] {
        let done = story.bench.give(&forged.frame());
        assert_eq!((done.action, done.rings.len()), (Action::Drop, 0));
    }
    let after = BlockView {
        rejected: before.rejected,
        ..story.block()
    };
    assert_eq!(after, before);
    assert_eq!(story.block().rejected, 4);
}
