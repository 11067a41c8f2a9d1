//! Stories about one router. The helpers at the end are the only lines that know the API.

mod conduct;

use std::collections::BTreeSet;

use super::*;
use crate::protocol::{Family, FaultReason, Version, Vrid, recording::Recording};

const OTHER: [u8; 4] = [192, 168, 0, 9];
const SELF: [u8; 4] = [192, 168, 0, 10];

/// C096+: RFC 9568 §6.4.2
#[test]
fn backup_takes_over_when_the_active_router_falls_silent() {
    let mut router = backup(100); // 1 s interval: skew 609.375 ms
    router.hears(150);

    router.waits(micros(3_609_374));
    assert!(router.is(State::Backup));

    router.waits(micros(1));
    assert!(router.is(State::Active));
    assert_eq!(
        router.did(),
        [
            "advert timeout",
            "send 100",
            "Backup→Active",
            "claim",
            "announce ×5"
        ]
    );
    assert_eq!(
        router.because(),
        "last advert from 192.168.0.9 3.609 s ago; 0 rejected; 0 saved by the map"
    );
}

/// C081- C082+ C084+: keepalived's `state MASTER` is a hint too, so every router but the owner listens first.
#[test]
fn a_router_that_starts_listens_for_a_whole_down_interval() {
    let mut router = router(settings(101, Version::V2));
    router.starts();
    assert_eq!(router.did(), ["Initialize→Backup"]);
    router.waits(micros(3_605_468));
    assert!(router.is(State::Backup));
    router.waits(micros(1));
    assert!(router.is(State::Active));
}

/// C081+ C082-
#[test]
fn the_address_owner_does_not_wait() {
    let mut router = router(settings(255, Version::V3));
    router.starts();
    assert_eq!(
        router.did(),
        ["send 255", "Initialize→Active", "claim", "announce ×5"]
    );
}

/// C080+
#[test]
fn nothing_is_heard_before_the_start() {
    let mut router = router(settings(100, Version::V2));
    router.hears(255);
    router.hears(0);
    assert_eq!(router.did(), [""; 0]);
    assert!(router.is(State::Initialize));
}

/// C097+ C097- C112-
#[test]
fn a_goodbye_shortens_the_wait_to_the_skew_and_more_of_them_do_not_extend_it() {
    let mut router = backup(90); // skew 648.4375 ms
    router.hears(150);
    router.waits(millis(100));
    router.hears(0);
    router.waits(millis(400));
    router.hears(0);
    router.waits(micros(248_437));
    assert!(router.is(State::Backup));
    router.waits(micros(1));
    assert!(router.is(State::Active));
    assert_eq!(
        router.because(),
        "192.168.0.9 let go with priority 0 0.648 s ago"
    );
}

#[test]
fn a_goodbye_in_the_last_moment_does_not_delay_the_takeover() {
    let mut router = backup(100);
    router.hears(150);
    router.waits(micros(3_600_000));
    router.hears(0);
    router.waits(micros(9_375));
    assert!(router.is(State::Active));
}

/// C098+
#[test]
fn with_nopreempt_a_lower_active_router_is_respected() {
    let mut router = router(Settings {
        preempt: false,
        ..settings(101, Version::V2)
    });
    router.starts();
    for _ in 0..20 {
        router.waits(millis(1_000));
        router.hears(100);
    }
    assert!(router.is(State::Backup));
}

/// C098- C099- C100+
#[test]
fn with_preempt_a_lower_active_router_does_not_hold_back_the_takeover() {
    let mut router = backup(150); // skew 414.0625 ms
    for _ in 0..3 {
        router.waits(millis(1_000));
        router.hears(100);
    }
    router.waits(micros(414_063));
    assert!(router.is(State::Active));
    assert_eq!(
        router.did()[..2],
        ["lower discarded", "advert timeout"],
        "said once, not thrice"
    );
}

/// C099+ C100-
#[test]
fn an_equal_active_router_is_respected_whatever_its_address() {
    let mut router = backup(100);
    for _ in 0..5 {
        router.waits(millis(3_000));
        router.hears_from([10, 0, 0, 1], 100);
    }
    assert!(router.is(State::Backup));
}

/// P1: the map knew of an advertisement that no event had told.
#[test]
fn an_advertisement_told_late_counts_from_when_it_arrived() {
    let mut router = backup(100);
    router.hears(150);
    router.waits_without_deadlines(millis(3_700));
    router.hears_late(150, millis(1_000));
    router.deadline_comes();
    assert!(router.is(State::Backup));
    router.waits(millis(2_609));
    assert!(router.is(State::Backup));
    router.waits(millis(1));
    assert!(router.is(State::Active));
}

#[test]
fn silence_that_could_not_have_been_heard_proves_nothing() {
    let mut router = backup(100);
    router.hears(150);
    router.evidence.was_listening = false;
    router.waits(micros(3_609_375));
    assert!(router.is(State::Backup));
    assert_eq!(router.did(), ["silence not proven"]);
    router.evidence.was_listening = true;
    router.waits(micros(3_609_374));
    assert!(router.is(State::Backup));
    router.waits(micros(1));
    assert!(router.is(State::Active));
}

/// C040+ C072+ C073+ C193+
#[test]
fn version_3_adopts_the_interval_of_the_active_router_and_sends_at_its_own() {
    let mut router = router(settings(100, Version::V3));
    router.starts();
    router.hears_every(150, millis(3_000));
    router.waits(micros(10_828_124));
    assert!(router.is(State::Backup));
    router.waits(micros(1));
    assert!(router.is(State::Active));
    router.forgets();
    router.waits(millis(1_000));
    assert_eq!(router.did(), ["send 100"]);
}

/// C110+ C110-
#[test]
fn adverts_leave_on_a_grid_and_a_late_wake_up_makes_no_burst() {
    let mut router = active(100);
    let first = router.router.deadline().unwrap();
    router.waits_without_deadlines(millis(1_300));
    router.deadline_comes();
    assert_eq!(router.router.deadline(), Some(first + millis(1_000)));
    router.waits_without_deadlines(millis(10_000));
    router.forgets();
    router.deadline_comes();
    assert_eq!(
        router
            .did()
            .iter()
            .filter(|did| did.starts_with("send"))
            .count(),
        1
    );
    assert!(router.router.deadline() > Some(router.now));
}

/// So that one wake-up serves all of them: 255 that speak every 10 ms are 25,500 otherwise.
#[test]
fn whoever_became_active_at_different_moments_speaks_at_the_same_ones() {
    for interval in [10, 30, 1_000].map(millis) {
        let mut moments = BTreeSet::new();
        for late in (0..10_000).step_by(617).map(micros) {
            let mut router = router(Settings {
                advertisement_interval: interval,
                ..settings(100, Version::V3)
            });
            router.starts();
            router.waits_without_deadlines(Duration::from_secs(60) + late);
            router.deadline_comes();
            assert!(router.is(State::Active));
            let next = router.router.deadline().unwrap();
            let wait = next.since(router.now);
            assert!(wait <= interval && wait + millis(10) > interval, "{wait:?}");
            moments.insert(next);
            router.waits(interval * 7);
            assert_eq!(router.router.deadline(), Some(next + interval * 7));
        }
        assert!(moments.len() <= 2, "{moments:?}");
    }
}

/// keepalived: `garp_master_delay` after the first burst comes a second one.
#[test]
fn the_addresses_are_announced_again_after_the_delay() {
    let mut router = active(100);
    router.waits(millis(4_900));
    assert!(!router.did().contains(&"announce ×5".to_owned()));
    router.waits(millis(100));
    assert!(router.did().contains(&"announce ×5".to_owned()));
    router.waits(millis(60_000));
    assert!(!router.did().contains(&"announce ×5".to_owned()));
}

/// C113+: whatever its own Preempt_Mode is.
#[test]
fn an_active_router_gives_way_to_a_better_one() {
    let mut router = active_with(Settings {
        preempt: false,
        ..settings(100, Version::V2)
    });
    router.hears(101);
    assert_eq!(
        router.did(),
        ["better heard", "release", "Active→Backup", "learned"]
    );
    assert_eq!(
        router.because(),
        "192.168.0.9 advertises priority 101, ours is 100"
    );
    router.waits(micros(3_609_375));
    assert!(router.is(State::Active), "and listens to it from then on");
}

/// C114+ C114-
#[test]
fn between_equals_the_higher_address_stays() {
    let mut router = active(100);
    router.hears_from([192, 168, 0, 200], 100);
    assert!(router.is(State::Backup));

    let mut router = active(100);
    router.hears_from([9, 255, 255, 255], 100);
    assert!(
        router.is(State::Active),
        "addresses compare as numbers, not as text"
    );
}

/// C113- C115+ C115- C116+
#[test]
fn a_lower_router_is_answered_at_once_but_not_echoed() {
    let mut router = active(100);
    router.waits(millis(2_500));
    router.forgets();
    router.hears(99);
    assert_eq!(router.did(), ["lower answered", "send 100", "announce ×5"]);
    for _ in 0..1_000 {
        router.hears(99);
    }
    assert_eq!(router.did(), [""; 0]);
    router.waits_without_deadlines(millis(100));
    router.hears(99);
    assert_eq!(
        router.did(),
        ["lower answered", "send 100"],
        "one burst of ARP a second"
    );
}

/// After two were Active at once, the one that gives way may announce the addresses last; ours must be the last word.
#[test]
fn the_survivor_of_two_active_routers_announces_again_after_the_delay() {
    let mut router = active(100);
    router.waits(millis(10_000));
    router.hears(99);
    router.forgets();
    router.waits(millis(5_000));
    assert!(router.did().contains(&"announce ×5".to_owned()));
}

#[test]
fn addresses_that_somebody_removes_are_put_back_only_by_the_active_router() {
    let gone = Event::AddressesRemoved {
        address: SELF.into(),
        others: 0,
    };
    let mut router = active(100);
    router.waits(millis(2_500));
    router.forgets();
    router.give(gone.clone());
    assert_eq!(router.did(), ["addresses removed", "claim", "announce ×5"]);

    let mut router = backup(100);
    router.give(gone);
    assert_eq!(router.did(), [""; 0]);
}

/// C112+
#[test]
fn a_goodbye_heard_while_active_is_answered() {
    let mut router = active(100);
    router.hears(0);
    assert_eq!(router.did(), ["goodbye while active", "send 100"]);
    assert!(router.is(State::Active));
}

/// C095- C111+
#[test]
fn a_stopping_active_router_says_goodbye_before_it_gives_the_addresses_up() {
    let mut router = active(100);
    router.stops();
    assert_eq!(
        router.did(),
        ["send 0", "sent 0", "release", "Active→Initialize"]
    );
    assert_eq!(router.router.deadline(), None);
}

/// C095+ C111-
#[test]
fn a_stopping_backup_says_nothing() {
    let mut router = backup(100);
    router.stops();
    assert_eq!(router.did(), ["Backup→Initialize"]);
}

/// C083-
#[test]
fn a_fault_ends_everything_and_its_end_begins_with_listening() {
    let mut router = active(100);
    router.faults(&[FaultReason::InterfaceDown("eth0".into())]);
    assert_eq!(
        router.did(),
        ["send 0", "sent 0", "release", "Active→Fault"]
    );
    assert_eq!(router.because(), "interface eth0 is down");
    router.hears(255);
    router.faults(&[]);
    assert_eq!(router.did(), ["Fault→Backup"]);
    router.waits(micros(3_609_374));
    assert!(router.is(State::Backup));
}

#[test]
fn a_router_waits_for_the_first_answer_of_its_scripts() {
    let mut router = router(settings(100, Version::V2));
    router.faults(&[FaultReason::ScriptPending("chk".into())]);
    router.starts();
    router.waits(millis(20_000));
    assert!(router.is(State::Initialize));
    router.faults(&[]);
    assert!(router.is(State::Backup));
}

#[test]
fn a_first_answer_of_no_is_a_fault() {
    let mut router = router(settings(100, Version::V2));
    router.faults(&[FaultReason::ScriptPending("chk".into())]);
    router.starts();
    router.faults(&[FaultReason::Script("chk".into())]);
    assert!(router.is(State::Fault));
}

/// C151+
#[test]
fn a_changed_priority_counts_in_the_running_skew_without_starting_over() {
    let mut router = backup(100);
    router.hears(150);
    router.waits(millis(3_000));
    router.priority(200); // skew 218.75 ms
    router.waits(micros(218_750));
    assert!(router.is(State::Active));
    assert!(router.did().contains(&"send 200".to_owned()));
}

/// C030 belongs to the judge of frames; what reaches a router out of order must not move its deadline back.
#[test]
fn an_older_advertisement_does_not_move_the_deadline_back() {
    let mut router = backup(100);
    router.waits(millis(1_000));
    router.hears(150);
    let deadline = router.router.deadline();
    router.hears_late(150, millis(500));
    assert_eq!(router.router.deadline(), deadline);
}

/// What the kernel has heard again moves the deadline as far as being told of it would.
#[test]
fn what_is_heard_again_moves_the_deadline_without_an_event() {
    let mut backup = backup(100);
    let heard_again = |story: &Story, at| story.router.takes_over_if_heard_again(at);
    assert_eq!(
        heard_again(&backup, backup.now + millis(1)),
        None,
        "nobody was heard"
    );
    backup.hears(200);
    let at = backup.now + millis(990);
    let moved = heard_again(&backup, at);
    assert_eq!(heard_again(&backup, backup.now), None, "that was before");
    backup.waits_without_deadlines(millis(990));
    backup.hears(200);
    assert_eq!(moved, backup.router.deadline());
    backup.hears(0);
    assert_eq!(
        heard_again(&backup, backup.now + millis(1)),
        None,
        "a goodbye counts too"
    );
    assert_eq!(heard_again(&active(100), backup.now), None);
}

#[test]
fn a_goodbye_told_late_does_not_hasten_a_takeover() {
    let mut router = backup(100);
    router.waits(millis(1_000));
    router.hears(150);
    let deadline = router.router.deadline();
    router.hears_late(0, millis(500));
    assert_eq!(router.router.deadline(), deadline);
}

#[test]
fn a_recording_fed_back_gives_the_same_actions_even_when_it_has_wrapped() {
    let mut router = backup(100);
    for round in 0..50 {
        router.waits(millis(700));
        router.hears(if round % 7 == 0 { 0 } else { 150 });
    }
    router.waits(millis(9_000));
    router.stops();
    let replayed = router.recording.replay().expect("the same actions");
    assert_eq!(replayed, router.router);
    assert!(router.recording.entries.len() <= RECORDED);
}

/// Whatever happens whenever: addresses are held exactly while Active, no Backup speaks, and a deadline exists exactly in Backup and Active.
#[test]
fn random_events_keep_the_invariants() {
    for seed in 0..200_u64 {
        let mut random = Random(seed * 2 + 1);
        let mut story = router(settings([1, 100, 254, 255][random.below(4)], Version::V2));
        let mut holds = false;
        for _ in 0..300 {
            let actions = story.random_event(&mut random);
            for action in &actions {
                match action {
                    Action::ClaimAddresses => holds = true,
                    Action::ReleaseAddresses => holds = false,
                    Action::SendAdvertisement { .. }
                    | Action::AnnounceAddresses { .. }
                    | Action::ReportTransition(_)
                    | Action::Note(_) => {}
                }
            }
            assert_eq!(holds, story.is(State::Active), "seed {seed}: {actions:?}");
            let listens = matches!(story.router.state(), State::Backup | State::Active);
            assert_eq!(story.router.deadline().is_some(), listens, "seed {seed}");
        }
    }
}

/// P8: what a reload does not change runs on, to the nanosecond.
#[test]
fn a_reload_sets_no_timer_anew() {
    let mut waiting = backup(100);
    waiting.hears(150);
    let mut speaking = active(100);
    for router in [&mut waiting, &mut speaking] {
        router.waits(millis(700));
        router.forgets();
        let due = router.router.deadline();
        router.reloads(|settings| settings.name = "renamed".into());
        assert_eq!(router.router.deadline(), due);
        assert_eq!(router.did(), [""; 0]);
    }
}

#[test]
fn a_shorter_interval_counts_at_once_and_a_longer_one_from_the_next_advert() {
    let mut router = active(100);
    let due = router.router.deadline();
    router.reloads(|settings| settings.advertisement_interval = Duration::from_secs(9));
    assert_eq!(router.router.deadline(), due);
    router.reloads(|settings| settings.advertisement_interval = millis(100));
    let wait = router.router.deadline().unwrap().since(router.now);
    assert!(
        wait <= millis(100) && wait > millis(90),
        "at a tick: {wait:?}"
    );
}

#[test]
fn a_shorter_interval_is_no_takeover_by_a_backup_that_has_heard_nothing_for_as_long_as_it_should() {
    for version in [Version::V2, Version::V3] {
        let mut router = router(Settings {
            advertisement_interval: Duration::from_secs(5),
            ..settings(100, version)
        });
        router.starts();
        router.waits(millis(4200));
        router.forgets();
        router.reloads(|settings| settings.advertisement_interval = Duration::from_secs(1));
        let due = router.router.deadline().unwrap();
        assert!(
            due.since(router.now) > Duration::from_secs(3),
            "{version:?}"
        );
        assert_eq!(router.did(), [""; 0]);
    }
}

/// RFC 9568 §6.4.2: Active_Adver_Interval is the Active Router's to say.
#[test]
fn in_v3_a_reload_does_not_forget_what_the_active_router_said() {
    let mut router = router(settings(100, Version::V3));
    router.starts();
    router.hears_every(150, millis(500));
    let due = router.router.deadline();
    router.reloads(|settings| settings.advertisement_interval = Duration::from_secs(9));
    assert_eq!(router.router.deadline(), due);
}

#[test]
fn a_router_that_leaves_the_configuration_says_goodbye() {
    let mut router = active(100);
    router.give(Event::Removed);
    assert_eq!(
        router.did(),
        ["send 0", "sent 0", "release", "Active→Initialize"]
    );
    assert_eq!(
        router.because(),
        "a reload took it out of the configuration"
    );
}

#[test]
fn a_script_that_a_reload_brings_is_no_fault_until_it_fails() {
    let mut router = active(100);
    router.faults(&[FaultReason::ScriptPending("new".into())]);
    assert!(router.is(State::Active));
    router.faults(&[FaultReason::Script("new".into())]);
    assert!(router.is(State::Fault));
}

// ------------------------------------------------------------------------------------------------------------------------------

const RECORDED: usize = 32;

struct Story {
    router: VirtualRouter,
    now: Monotonic,
    evidence: Evidence,
    done: Vec<Action>,
    recording: Recording,
}

fn settings(priority: u8, version: Version) -> Settings {
    Settings {
        name: "VI_1".into(),
        interface: "eth0".into(),
        vrid: Vrid::new(51).unwrap(),
        version,
        family: Family::Ipv4,
        priority: Priority::new(priority),
        advertisement_interval: Duration::from_secs(1),
        preempt: true,
        virtual_addresses: Vec::new(),
        announcements: Announcements::default(),
        conduct: Conduct::default(),
    }
}

fn router(settings: Settings) -> Story {
    let mut router = VirtualRouter::new(settings);
    let now = Monotonic::from_nanos(1_000_000_000_000);
    router.handle(&Event::PrimaryAddressObserved(SELF.into()), now);
    Story {
        recording: Recording::of(&router, RECORDED),
        router,
        now,
        evidence: Evidence {
            was_listening: true,
            ..Evidence::default()
        },
        done: Vec::new(),
    }
}

fn backup(priority: u8) -> Story {
    let mut story = router(settings(priority, Version::V2));
    story.starts();
    story.forgets();
    story
}

fn active(priority: u8) -> Story {
    active_with(settings(priority, Version::V2))
}

fn active_with(settings: Settings) -> Story {
    let mut story = router(settings);
    story.starts();
    story.waits_without_deadlines(millis(3_996));
    story.deadline_comes();
    story.forgets();
    story
}

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn micros(count: u64) -> Duration {
    Duration::from_micros(count)
}

impl Story {
    fn give(&mut self, event: Event) -> Vec<Action> {
        let actions = self.router.handle(&event, self.now);
        let entry = crate::protocol::recording::Entry {
            now: self.now,
            event,
            actions: actions.clone(),
        };
        self.recording.push(entry);
        self.done.extend(actions.clone());
        actions
    }

    fn starts(&mut self) {
        self.give(Event::Startup);
    }

    fn stops(&mut self) {
        self.give(Event::Shutdown);
    }

    fn reloads(&mut self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.router.settings().clone();
        change(&mut settings);
        self.give(Event::SettingsChanged(Box::new(settings)));
    }

    fn hears(&mut self, priority: u8) {
        self.hears_from(OTHER, priority);
    }

    fn hears_from(&mut self, source: [u8; 4], priority: u8) {
        self.give(advert(source, priority, self.now, Duration::from_secs(1)));
    }

    fn hears_list(&mut self, priority: u8, digest: u32) {
        let heard = advert(OTHER, priority, self.now, Duration::from_secs(1));
        let Event::AdvertisementReceived(heard) = heard else {
            unreachable!("an advert is one");
        };
        self.give(Event::AdvertisementReceived(Advertisement {
            list_digest: digest,
            ..heard
        }));
    }

    fn hears_late(&mut self, priority: u8, ago: Duration) {
        self.give(advert(
            OTHER,
            priority,
            self.now - ago,
            Duration::from_secs(1),
        ));
    }

    fn hears_every(&mut self, priority: u8, interval: Duration) {
        self.give(advert(OTHER, priority, self.now, interval));
    }

    fn faults(&mut self, faults: &[FaultReason]) {
        self.give(Event::FaultsObserved(faults.iter().cloned().collect()));
    }

    fn priority(&mut self, priority: u8) {
        self.give(Event::PriorityObserved(Priority::new(priority)));
    }

    fn deadline_comes(&mut self) {
        self.give(Event::DeadlineReached(self.evidence));
    }

    /// Time passes, and every deadline in it is kept.
    fn waits(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some(deadline) = self.router.deadline().filter(|deadline| *deadline <= end) {
            self.now = deadline;
            self.deadline_comes();
        }
        self.now = end;
    }

    fn waits_without_deadlines(&mut self, duration: Duration) {
        self.now = self.now + duration;
    }

    fn forgets(&mut self) {
        self.done.clear();
    }

    fn is(&self, state: State) -> bool {
        self.router.state() == state
    }

    fn because(&self) -> String {
        self.recording
            .entries
            .iter()
            .flat_map(|entry| &entry.actions)
            .filter_map(|action| match action {
                Action::ReportTransition(transition) => Some(transition.because.to_string()),
                Action::SendAdvertisement { .. }
                | Action::ClaimAddresses
                | Action::ReleaseAddresses
                | Action::AnnounceAddresses { .. }
                | Action::Note(_) => None,
            })
            .next_back()
            .unwrap_or_default()
    }

    /// What was done since it was last asked, but for what every story has.
    fn did(&mut self) -> Vec<String> {
        let done = std::mem::take(&mut self.done);
        let told: Vec<String> = done.iter().map(in_words).collect();
        let starts_with_news = told.first().is_some_and(|first| first == "learned");
        told.into_iter()
            .skip(usize::from(starts_with_news))
            .collect()
    }

    fn random_event(&mut self, random: &mut Random) -> Vec<Action> {
        self.now = self.now + millis(random.below(2_000) as u64);
        let source = [192, 168, 0, [9, 10, 200][random.below(3)]];
        let interval = Duration::from_secs(1);
        let event = match random.below(9) {
            0 => Event::Startup,
            7 => {
                let mut settings = self.router.settings().clone();
                settings.advertisement_interval = millis([10, 1_000, 9_000][random.below(3)]);
                settings.conduct.preempt_delay = millis([0, 5_000][random.below(2)]);
                Event::SettingsChanged(Box::new(settings))
            }
            8 if random.below(8) == 0 => Event::Removed,
            1 if random.below(4) == 0 => Event::Shutdown,
            2 => Event::FaultsObserved(FaultReasons::default()),
            3 if random.below(3) == 0 => {
                Event::FaultsObserved([FaultReason::Script("chk".into())].into_iter().collect())
            }
            4 => Event::PriorityObserved(Priority::new([1, 100, 200, 254][random.below(4)])),
            5 => advert(
                source,
                [0, 1, 100, 255][random.below(4)],
                self.now,
                interval,
            ),
            _ => Event::DeadlineReached(Evidence {
                was_listening: random.below(10) > 0,
                ..Evidence::default()
            }),
        };
        self.give(event)
    }
}

fn advert(source: [u8; 4], priority: u8, received: Monotonic, interval: Duration) -> Event {
    Event::AdvertisementReceived(Advertisement {
        received,
        source: source.into(),
        priority: Priority::new(priority),
        interval,
        address_count: 0,
        list_digest: 0,
    })
}

fn in_words(action: &Action) -> String {
    match action {
        Action::SendAdvertisement { priority } => format!("send {priority}"),
        Action::ClaimAddresses => "claim".into(),
        Action::ReleaseAddresses => "release".into(),
        Action::AnnounceAddresses { rounds } => format!("announce ×{rounds}"),
        Action::ReportTransition(transition) => {
            format!("{:?}→{:?}", transition.from, transition.to)
        }
        Action::Note(note) => match note {
            Note::AdvertisementTimeout => "advert timeout",
            Note::SentRelease => "sent 0",
            Note::ReleaseHeard { .. } => "goodbye",
            Note::ReleaseHeardWhileActive { .. } => "goodbye while active",
            Note::LowerPriorityDiscarded { .. } => "lower discarded",
            Note::LowerPriorityAnswered { .. } => "lower answered",
            Note::BetterRouterHeard { .. } => "better heard",
            Note::SecondOwner { .. } => "second owner",
            Note::PreemptionDelayed { .. } => "preemption delayed",
            Note::PreemptionDue => "preemption due",
            Note::ActiveRouterLearned { .. } => "learned",
            Note::IntervalAdopted { .. } => "interval adopted",
            Note::AddressListDiffers { .. } => "list differs",
            Note::AddressListRefused { .. } => "list refused",
            Note::HeldBack { .. } => "held back",
            Note::PriorityChanged { .. } => "priority changed",
            Note::SilenceNotProven => "silence not proven",
            Note::AddressesRemoved { .. } => "addresses removed",
        }
        .into(),
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
