//! Two routers of the state machine on one clock and one link, to hold what was computed against what happens.

use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;

use super::*;
use crate::protocol::{
    Action, Advertisement, Announcements, Event, Evidence, Monotonic, Priority, Settings, State,
    Version, VirtualRouter,
};
use std::time::Duration;

const ADDRESSES: Both<IpAddr> = Both {
    first: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)),
    second: IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)),
};

/// Longer than anything takes.
const LONG: Duration = Duration::from_secs(40);

/// The link, and who is on it.
struct Link<'a> {
    pair: Pair<'a>,
    routers: Both<Option<VirtualRouter>>,
    now: Monotonic,
    /// When a side sent its last advert that is no goodbye.
    spoke: Both<Monotonic>,
}

impl<'a> Link<'a> {
    fn new(pair: Pair<'a>) -> Self {
        Self {
            pair,
            routers: Both::default(),
            now: Monotonic::from_nanos(1_000),
            spoke: Both::default(),
        }
    }

    fn starts(&mut self, side: Side) {
        let mut router = VirtualRouter::new(settings(self.pair[side]));
        router.handle(&Event::PrimaryAddressObserved(ADDRESSES[side]), self.now);
        router.handle(&Event::FaultsObserved(Default::default()), self.now);
        let priority = weights::priority_when_well(self.pair[side]);
        router.handle(&Event::PriorityObserved(priority), self.now);
        *self.place(side) = Some(router);
        self.give(side, &Event::Startup);
    }

    fn stops(&mut self, side: Side) {
        self.give(side, &Event::Shutdown);
        *self.place(side) = None;
    }

    fn crashes(&mut self, side: Side) {
        *self.place(side) = None;
    }

    fn place(&mut self, side: Side) -> &mut Option<VirtualRouter> {
        match side {
            Side::First => &mut self.routers.first,
            Side::Second => &mut self.routers.second,
        }
    }

    fn give(&mut self, side: Side, event: &Event) {
        let now = self.now;
        let Some(router) = self.place(side) else {
            return;
        };
        for action in router.handle(event, now) {
            if let Action::SendAdvertisement { priority } = action {
                self.hears(side.other(), priority);
            }
        }
    }

    fn hears(&mut self, side: Side, priority: Priority) {
        let from = side.other();
        if !priority.is_release() {
            match from {
                Side::First => self.spoke.first = self.now,
                Side::Second => self.spoke.second = self.now,
            }
        }
        let settings = settings(self.pair[from]);
        let heard = Event::AdvertisementReceived(Advertisement {
            received: self.now,
            source: ADDRESSES[from],
            priority,
            interval: settings.advertisement_interval,
            address_count: 0,
            list_digest: settings.list_digest(),
        });
        self.give(side, &heard);
    }

    /// Lets time pass until `condition` holds, or [`LONG`] is over.
    fn until(&mut self, condition: impl Fn(&Self) -> bool) -> Option<Monotonic> {
        let end = self.now + LONG;
        while self.now < end {
            if condition(self) {
                return Some(self.now);
            }
            let deadline = |side: Side| self.routers[side].as_ref()?.deadline();
            let next = Side::BOTH.into_iter().filter_map(deadline).min()?;
            self.now = self.now.max(next);
            let heard = Evidence {
                was_listening: true,
                ..Evidence::default()
            };
            for side in Side::BOTH {
                if deadline_of(&self.routers[side]).is_some_and(|deadline| deadline <= self.now) {
                    self.give(side, &Event::DeadlineReached(heard));
                }
            }
        }
        condition(self).then_some(self.now)
    }

    fn settles(&mut self) {
        self.until(|_| false);
    }

    fn is_active(&self, side: Side) -> bool {
        self.routers[side]
            .as_ref()
            .is_some_and(|router| router.state() == State::Active)
    }
}

fn deadline_of(router: &Option<VirtualRouter>) -> Option<Monotonic> {
    router.as_ref()?.deadline()
}

fn settings(instance: &Instance) -> Settings {
    Settings {
        name: instance.name.clone(),
        interface: instance.interface.clone(),
        vrid: instance.vrid,
        version: instance.version,
        family: instance.family,
        priority: instance.priority,
        advertisement_interval: instance.advertisement_interval,
        preempt: instance.preempt,
        virtual_addresses: Vec::new(),
        announcements: Announcements::default(),
        conduct: instance.conduct,
    }
}

/// The lines of a side that hears the other.
fn side(version: Version, interval: Option<Duration>) -> impl Strategy<Value = String> {
    let priority = prop_oneof![Just(100_u8), 98..=102_u8, 1..=255_u8];
    let weight = prop_oneof![-3..=3_i16, -253..=253_i16];
    let intervals = prop_oneof![Just(10_u64), Just(100), Just(1_000), 10..=4_000_u64];
    let conduct = (prop_oneof![Just(0_u64), 1..=9_000_u64], 1..=4_u32);
    (priority, any::<bool>(), weight, any::<bool>(), intervals, conduct).prop_map(
        move |(priority, nopreempt, weight, reverse, millis, (delay, silent))| {
            let interval = interval.unwrap_or(Duration::from_millis(millis));
            let (number, nopreempt) = (
                version.number(),
                if nopreempt { "nopreempt" } else { "" },
            );
            let reverse = if reverse { "reverse" } else { "" };
            let delay = format!("{}.{:03}", delay / 1000, delay % 1000);
            format!(
                "down_timer_adverts {silent}\n preempt_delay {delay}\n version {number}\n priority {priority}\n advert_int {}.{:03}\n {nopreempt}\n \
                 track_script {{\n chk weight {weight} {reverse}\n }}\n virtual_ipaddress {{ 10.9.9.9 }}",
                interval.as_secs(),
                interval.subsec_millis()
            )
        },
    )
}

fn two_sides() -> impl Strategy<Value = (String, String)> {
    let second = Some(Duration::from_secs(1));
    prop_oneof![
        (side(Version::V2, second), side(Version::V2, second)),
        (side(Version::V3, None), side(Version::V3, None)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_is_computed_is_what_happens((first, second) in two_sides()) {
        let (first, second) = (with_scripts(&first), with_scripts(&second));
        let pair = Both { first: &first.instances[0], second: &second.instances[0] };
        let comparison = compared(&first, &second);
        let Election::OneActive { winner, is_settled, takeovers, .. } = &comparison.routers[0].election else {
            panic!("they hear each other: {comparison:?}");
        };
        let is_unheard = |side: Side| matches!(takeovers[side].comeback, Return::Unheard(_));
        the_winner_is_active(pair, *winner);
        if *is_settled || !Side::BOTH.into_iter().any(is_unheard) {
            who_is_active_stays(pair, *winner, *is_settled);
        }
        for lost in Side::BOTH {
            the_survivor_takes_over_in_time(pair, lost, &takeovers[lost.other()]);
        }
        for script in influences(&comparison) {
            the_script_does_what_is_said(pair, script);
        }
    }
}

fn the_winner_is_active(pair: Pair<'_>, winner: Option<Side>) {
    let mut link = Link::new(pair);
    link.starts(Side::First);
    link.starts(Side::Second);
    link.settles();
    if let Some(winner) = winner {
        assert!(link.is_active(winner) && !link.is_active(winner.other()));
    }
}

fn who_is_active_stays(pair: Pair<'_>, winner: Option<Side>, is_settled: bool) {
    for first in Side::BOTH {
        let mut link = Link::new(pair);
        link.starts(first);
        link.settles();
        link.starts(first.other());
        link.settles();
        let owner = pair[first.other()].priority.is_address_owner();
        match winner {
            Some(winner) if is_settled => assert!(link.is_active(winner)),
            // Of two owners the higher address keeps what both take.
            None if owner => assert!(link.is_active(Side::Second)),
            _ => assert!(link.is_active(first), "who is Active stays"),
        }
    }
}

/// `lost` was Active alone, and the other is its Backup or would be.
fn the_survivor_takes_over_in_time(pair: Pair<'_>, lost: Side, takeover: &Takeover) {
    let survivor = lost.other();
    let with_backup = || {
        let mut link = Link::new(pair);
        link.starts(lost);
        link.settles();
        link.starts(survivor);
        link.settles();
        link
    };
    let mut link = with_backup();
    if !link.is_active(lost) {
        // It would have taken over already; then there is no loss to survive.
        return;
    }
    link.crashes(lost);
    let last = link.spoke[lost];
    let at = link
        .until(|link| link.is_active(survivor))
        .expect("it takes over");
    assert_eq!(at.since(last), takeover.silence);

    let mut link = with_backup();
    let stopped = link.now;
    link.stops(lost);
    let at = link
        .until(|link| link.is_active(survivor))
        .expect("it takes over");
    // The silence before the goodbye counts too.
    let silence_ends = link.spoke[lost] + takeover.silence;
    assert_eq!(at, silence_ends.min(stopped + takeover.after_goodbye));

    let mut link = with_backup();
    link.stops(lost);
    link.settles();
    let started = link.now;
    link.starts(lost);
    let back = link
        .until(|link| link.is_active(lost))
        .map(|at| at.since(started));
    match takeover.comeback {
        Return::AtOnce => assert_eq!(back, Some(Duration::ZERO)),
        Return::TakesOver(after) => assert_eq!(back, Some(after)),
        Return::TakesOverBetween(earliest, latest) => {
            let back = back.expect("it takes over");
            assert!(
                earliest < back && back <= latest,
                "{earliest:?} {back:?} {latest:?}"
            );
        }
        // Whether an advert comes in time is a matter of luck.
        Return::Unheard(after) => assert!(back.is_none_or(|back| back == after)),
        Return::StaysForNopreempt | Return::StaysBehind => assert_eq!(back, None),
    }
}

fn influences(comparison: &Comparison) -> impl Iterator<Item = &ScriptInfluence> {
    let findings = comparison
        .routers
        .iter()
        .flat_map(|router| &router.findings);
    findings.filter_map(|finding| {
        if let Finding::Script(script) = finding {
            Some(script)
        } else {
            None
        }
    })
}

fn the_script_does_what_is_said(pair: Pair<'_>, script: &ScriptInfluence) {
    let (side, other) = (script.side, script.side.other());
    let mut link = Link::new(pair);
    link.starts(side);
    link.settles();
    link.starts(other);
    link.settles();
    if !link.is_active(side) {
        return;
    }
    let base = pair[side].priority;
    let change = |is_well: bool| {
        let status = if is_well == script.weight.reverse {
            crate::tracking::ScriptStatus::Down
        } else {
            crate::tracking::ScriptStatus::Up
        };
        Event::PriorityObserved(crate::tracking::effective_priority(
            base,
            &[(script.weight, status)],
        ))
    };
    link.give(side, &change(false));
    link.settles();
    match script.influence {
        Influence::HandsOver { and_back, .. } => {
            assert!(link.is_active(other) && !link.is_active(side));
            link.give(side, &change(true));
            link.settles();
            assert_eq!(link.is_active(side), and_back);
        }
        Influence::WithOthers | Influence::OnlyAtStart | Influence::None(_) => {
            assert!(link.is_active(side) && !link.is_active(other));
        }
        Influence::Faults => {}
    }
}
