//! Two nodes with a group each on simulated links: no clock, no packets, every order of things.

use std::{collections::BTreeSet, net::IpAddr, time::Duration};

use super::*;
use crate::protocol::{
    Action, Advertisement, Announcements, Conduct, Evidence, Family, FaultReason, FaultReasons,
    Priority, Settings, Version, Vrid,
};

const SECOND: Duration = Duration::from_secs(1);
/// Longer than any Active_Down_Interval of these routers, and an interval.
const SETTLED: Duration = Duration::from_secs(5);

#[test]
fn the_better_group_is_active_on_all_links_and_stays_so() {
    let mut world = World::of([[150, 150], [100, 100]]);
    world.runs(SETTLED * 2);
    assert_eq!(world.active(), [true, false]);
    let before = world.transitions;
    world.runs(SECOND * 1000);
    assert_eq!(world.transitions, before);
}

#[test]
fn a_node_that_dies_is_followed_on_all_links_at_once() {
    let mut world = World::of([[150, 150], [100, 100]]);
    world.runs(SETTLED * 2);
    world.dies(0);
    world.runs(Duration::from_millis(2_500));
    assert_eq!(
        world.active(),
        [false, false],
        "not before it has been silent"
    );
    world.runs(Duration::from_millis(1_200));
    assert_eq!(world.active(), [false, true]);
}

#[test]
fn a_node_that_stops_is_followed_after_the_skew() {
    let mut world = World::of([[150, 150], [100, 100]]);
    world.runs(SETTLED * 2);
    world.stops(0);
    world.runs(Duration::from_millis(700));
    assert_eq!(world.active(), [false, true]);
}

/// keepalived: the group would go to and fro, since each node takes over on the link where it hears nobody.
#[test]
fn a_link_that_is_lost_in_between_moves_nobody_as_long_as_the_other_one_is_heard() {
    let mut world = World::of([[150, 150], [100, 100]]);
    world.runs(SETTLED * 2);
    let before = world.transitions;
    world.cuts(1);
    world.runs(SECOND * 100);
    assert_eq!(world.transitions, before);
    assert_eq!(world.active(), [true, false]);
    world.cuts(0);
    world.runs(SETTLED);
    assert_eq!(world.active(), [true, true], "two halves of a network");
    world.heals();
    world.runs(SETTLED);
    assert_eq!(world.active(), [true, false]);
}

/// Each is better on one link. keepalived: goes to and fro (#624).
#[test]
fn groups_that_are_each_better_on_one_link_come_to_rest() {
    for lead in [0, 1, 250, 999, 3_000, 10_000] {
        let mut world = World::of([[150, 100], [100, 150]]);
        world.starts(0);
        world.runs(Duration::from_millis(lead));
        world.starts(1);
        world.runs(SECOND * 120);
        let (before, active) = (world.transitions, world.active());
        assert_eq!(
            active.iter().filter(|one| **one).count(),
            1,
            "lead {lead} ms"
        );
        world.runs(SECOND * 600);
        assert_eq!(world.transitions, before, "lead {lead} ms");
    }
}

#[test]
fn one_member_that_hears_somebody_better_takes_the_others_along() {
    let mut world = World::of([[150, 150], [100, 100]]);
    world.runs(SETTLED * 2);
    world.hears_a_stranger(0, 1, 200);
    assert_eq!(world.active(), [false, false], "all of it gave way");
}

#[test]
fn the_fault_of_one_is_the_fault_of_all_and_ends_with_the_last() {
    let mut world = World::of([[150, 150], [100, 100]]);
    world.runs(SETTLED * 2);
    world.faults(0, &[1]);
    assert_eq!(world.active(), [false, false]);
    world.runs(SECOND);
    assert_eq!(world.active(), [false, true], "they said goodbye");
    world.faults(0, &[]);
    world.runs(SETTLED * 2);
    assert_eq!(world.active(), [true, false]);
}

#[test]
fn nopreempt_holds_for_the_group() {
    let mut world = World::with([[150, 150], [100, 100]], |settings| {
        settings.preempt = false
    });
    world.starts(1);
    world.runs(SETTLED * 2);
    assert_eq!(world.active(), [false, true]);
    world.starts(0);
    world.runs(SECOND * 60);
    assert_eq!(world.active(), [false, true]);
}

#[test]
fn a_group_of_one_is_a_router() {
    let mut world = World::of([[150], [100]]);
    world.runs(SETTLED * 2);
    assert_eq!(world.active(), [true, false]);
    world.dies(0);
    world.runs(SETTLED);
    assert_eq!(world.active(), [false, true]);
}

/// Members that were alone until a reload put them together.
#[test]
fn members_that_are_at_odds_when_they_are_put_together_are_brought_into_step() {
    let group = SyncGroup {
        name: "G".into(),
        members: vec![0, 1],
    };
    let mut routers = [router(0, 150), router(1, 150)];
    let start = at(Duration::ZERO);
    for router in &mut routers {
        begin(router, 0, start);
    }
    let ready = Event::DeadlineReached(HEARING);
    routers[0].handle(&ready, at(SETTLED));
    let states = || routers.iter().map(VirtualRouter::state).collect::<Vec<_>>();
    assert_eq!(states(), [State::Active, State::Backup]);

    let free = reconcile(&group, |slot| routers.get(slot), at(SETTLED));
    assert!(
        matches!(&free[..], [(1, Event::GroupActive { .. })]),
        "{free:?}"
    );

    let mut held = routers.clone();
    held[1].handle(&heard(STRANGER, 200, at(SETTLED)), at(SETTLED));
    let kept = reconcile(&group, |slot| held.get(slot), at(SETTLED));
    assert!(
        matches!(&kept[..], [(0, Event::GroupBackup { .. })]),
        "{kept:?}"
    );
}

/// Whatever happens: members of a node never disagree, and when all is well again one node is Active.
#[test]
fn whatever_happens_members_agree_and_in_the_end_one_node_is_active() {
    for seed in 0..300 {
        let mut random = Random(seed);
        let mut priorities = [[150, 150], [100, 100]];
        if random.below(3) == 0 {
            priorities = [[150, 100], [100, 150]];
        }
        let mut world = World::of(priorities);
        world.jitter = Some(Random(seed ^ 0xabcd));
        for _ in 0..20 {
            match random.below(7) {
                0 => world.cuts(random.below(2)),
                1 => world.heals(),
                2 => world.faults(random.below(2), &[random.below(2)]),
                3 => world.faults(random.below(2), &[]),
                4 => world.stops(random.below(2)),
                5 => world.starts(random.below(2)),
                _ => {}
            }
            world.runs(Duration::from_millis(random.below(6_000) as u64));
        }
        world.heals();
        for node in 0..2 {
            world.faults(node, &[]);
            world.starts(node);
        }
        world.runs(SECOND * 300);
        let active = world.active();
        assert_eq!(active.iter().filter(|one| **one).count(), 1, "seed {seed}");
    }
}

const STRANGER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 99));
const HEARING: Evidence = Evidence {
    was_listening: true,
    rejected: 0,
    saved_by_map: 0,
};

fn at(since: Duration) -> Monotonic {
    Monotonic::from_nanos(1_000_000_000_000) + since
}

fn address(node: usize) -> IpAddr {
    IpAddr::from([192, 0, 2, 1 + u8::try_from(node).unwrap()])
}

fn router(member: usize, priority: u8) -> VirtualRouter {
    VirtualRouter::new(settings(member, priority))
}

fn settings(member: usize, priority: u8) -> Settings {
    Settings {
        name: format!("M{member}"),
        interface: format!("eth{member}"),
        vrid: Vrid::new(51 + u8::try_from(member).unwrap()).unwrap(),
        version: Version::V3,
        family: Family::Ipv4,
        priority: Priority::new(priority),
        advertisement_interval: SECOND,
        preempt: true,
        virtual_addresses: Vec::new(),
        announcements: Announcements::default(),
        conduct: Conduct::default(),
    }
}

fn begin(router: &mut VirtualRouter, node: usize, now: Monotonic) {
    for event in [
        Event::PrimaryAddressObserved(address(node)),
        Event::FaultsObserved(FaultReasons::default()),
        Event::Startup,
    ] {
        router.handle(&event, now);
    }
}

fn heard(source: IpAddr, priority: u8, received: Monotonic) -> Event {
    Event::AdvertisementReceived(Advertisement {
        received,
        source,
        priority: Priority::new(priority),
        interval: SECOND,
        address_count: 0,
        list_digest: 0,
    })
}

/// A node with one router on each link.
struct Node {
    group: SyncGroup,
    routers: Vec<VirtualRouter>,
    lives: bool,
}

/// An advertisement on its way.
#[derive(Clone, Copy)]
struct Flight {
    arrives: Monotonic,
    from: usize,
    link: usize,
    priority: u8,
}

struct World {
    now: Monotonic,
    nodes: [Node; 2],
    flights: Vec<Flight>,
    cut: BTreeSet<usize>,
    transitions: usize,
    /// What makes an advertisement a little slower or faster.
    jitter: Option<Random>,
}

impl World {
    /// Both nodes start at once, unless one is started later by hand.
    fn of<const LINKS: usize>(priorities: [[u8; LINKS]; 2]) -> Self {
        Self::with(priorities, |_| {})
    }

    fn with<const LINKS: usize>(
        priorities: [[u8; LINKS]; 2],
        change: impl Fn(&mut Settings),
    ) -> Self {
        let node = |priorities: [u8; LINKS]| Node {
            group: SyncGroup {
                name: "G".into(),
                members: (0..LINKS).collect(),
            },
            routers: priorities
                .into_iter()
                .enumerate()
                .map(|(member, priority)| {
                    let mut settings = settings(member, priority);
                    change(&mut settings);
                    VirtualRouter::new(settings)
                })
                .collect(),
            lives: false,
        };
        Self {
            now: at(Duration::ZERO),
            nodes: priorities.map(node),
            flights: Vec::new(),
            cut: BTreeSet::new(),
            transitions: 0,
            jitter: None,
        }
    }

    fn starts(&mut self, node: usize) {
        if self.nodes[node].lives {
            return;
        }
        self.nodes[node].lives = true;
        for member in 0..self.nodes[node].routers.len() {
            for event in [
                Event::PrimaryAddressObserved(address(node)),
                Event::FaultsObserved(FaultReasons::default()),
                Event::Startup,
            ] {
                self.give(node, member, &event);
            }
        }
    }

    fn stops(&mut self, node: usize) {
        for member in 0..self.nodes[node].routers.len() {
            self.give(node, member, &Event::Shutdown);
        }
        self.nodes[node].lives = false;
    }

    /// Without a word.
    fn dies(&mut self, node: usize) {
        for router in &mut self.nodes[node].routers {
            *router = VirtualRouter::new(router.settings().clone());
        }
        self.nodes[node].lives = false;
    }

    fn cuts(&mut self, link: usize) {
        self.cut.insert(link);
    }

    fn heals(&mut self) {
        self.cut.clear();
    }

    /// The fault of one is told to all, as the observer does.
    fn faults(&mut self, node: usize, faulty: &[usize]) {
        for member in 0..self.nodes[node].routers.len() {
            let reason = |other: &usize| {
                if *other == member {
                    FaultReason::InterfaceDown("eth".into())
                } else {
                    FaultReason::Member(format!("M{other}"))
                }
            };
            let faults = faulty.iter().map(reason).collect();
            self.give(node, member, &Event::FaultsObserved(faults));
        }
    }

    fn hears_a_stranger(&mut self, node: usize, member: usize, priority: u8) {
        let event = heard(STRANGER, priority, self.now);
        self.give(node, member, &event);
        self.members_agree();
    }

    /// Whether each node is Active; its members must agree.
    fn active(&self) -> [bool; 2] {
        [0, 1].map(|node| {
            let routers = &self.nodes[node].routers;
            routers.iter().all(|router| router.state() == State::Active)
        })
    }

    fn members_agree(&self) {
        for node in &self.nodes {
            let active = node
                .routers
                .iter()
                .filter(|one| one.state() == State::Active);
            let count = active.count();
            assert!(
                count == 0 || count == node.routers.len(),
                "members disagree"
            );
        }
    }

    fn runs(&mut self, duration: Duration) {
        if !self.nodes.iter().any(|node| node.lives) && self.transitions == 0 {
            self.starts(0);
            self.starts(1);
        }
        let end = self.now + duration;
        while let Some(next) = self.next_moment().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.deliver();
            self.keep_deadlines();
            self.members_agree();
        }
        self.now = end;
    }

    fn next_moment(&self) -> Option<Monotonic> {
        let living = self.nodes.iter().filter(|node| node.lives);
        let deadlines = living
            .flat_map(|node| &node.routers)
            .filter_map(VirtualRouter::deadline);
        let flights = self.flights.iter().map(|flight| flight.arrives);
        deadlines.chain(flights).min()
    }

    fn deliver(&mut self) {
        let now = self.now;
        let arrived: Vec<_> = self
            .flights
            .extract_if(.., |one| one.arrives <= now)
            .collect();
        for flight in arrived {
            let to = 1 - flight.from;
            if self.nodes[to].lives && !self.cut.contains(&flight.link) {
                let event = heard(address(flight.from), flight.priority, flight.arrives);
                self.give(to, flight.link, &event);
            }
        }
    }

    /// As the election does.
    fn keep_deadlines(&mut self) {
        for node in 0..2 {
            for member in 0..self.nodes[node].routers.len() {
                let router = &self.nodes[node].routers[member];
                let is_due = router
                    .deadline()
                    .is_some_and(|deadline| deadline <= self.now);
                if !self.nodes[node].lives || !is_due {
                    continue;
                }
                let event = if router.is_taking_over(self.now) {
                    let others = self.nodes[node].group.others(member);
                    let routers: Vec<_> = others
                        .map(|other| &self.nodes[node].routers[other])
                        .collect();
                    hold(router, &routers, self.now)
                } else {
                    None
                };
                let event = event.map_or(Event::DeadlineReached(HEARING), |hold| Event::HeldBack {
                    by: hold.by,
                    until: hold.until,
                    hears: hold.hears,
                });
                self.give(node, member, &event);
            }
        }
    }

    fn give(&mut self, node: usize, member: usize, event: &Event) {
        let now = self.now;
        for action in self.nodes[node].routers[member].handle(event, now) {
            match action {
                Action::SendAdvertisement { priority } => {
                    let arrives = now + self.delay();
                    self.flights.push(Flight {
                        arrives,
                        from: node,
                        link: member,
                        priority: priority.get(),
                    });
                }
                Action::ReportTransition(transition) => {
                    self.transitions += 1;
                    self.follow(node, member, &transition);
                }
                Action::ClaimAddresses
                | Action::ReleaseAddresses
                | Action::AnnounceAddresses { .. }
                | Action::Note(_) => {}
            }
        }
    }

    fn follow(&mut self, node: usize, member: usize, transition: &Transition) {
        let name = format!("M{member}");
        let group = &self.nodes[node].group;
        let Some(event) = group.consequence(&name, transition) else {
            return;
        };
        let others: Vec<_> = group.others(member).collect();
        for other in others {
            self.give(node, other, &event);
        }
    }

    fn delay(&mut self) -> Duration {
        let micros = self
            .jitter
            .as_mut()
            .map_or(100, |jitter| 50 + jitter.below(400));
        Duration::from_micros(micros as u64)
    }
}

/// SplitMix64: the same story for the same seed, everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }
}
