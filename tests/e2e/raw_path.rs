//! What is heard where, whatever stands in the program's place: everything, and once.

use std::time::Duration;

use rustix::process::Signal;
use vrrp_tests::Daemon::Xvrrpd;
use vrrp_tests::forge::{Claim, Forged, STRANGER};
use vrrp_tests::frame::Mac;
use vrrp_tests::host::Volley;
use vrrp_tests::story::{self, ALARM, Calm, Handover, STRANGER_ADDRESS};
use vrrp_tests::{Lab, Moment, Node, Plan, bystander, eventually, never, seeds};

const INTERFACES: [&str; 2] = ["eth0", "eth1"];

/// Who claims an address first, and is taken for its owner.
const OWNER: Mac = Mac([2, 0, 0, 0, 0, 0x77]);

/// Adverts with a wrong password, and claims, that a story sends.
const FEW: u32 = 5;

/// What any takeover may take, on a busy machine.
const LONG: Duration = Duration::from_secs(12);

/// What stands in the program's place on r1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Situation {
    /// It itself, and its word is final.
    Attached,
    /// It itself, where VLAN tags are stripped before it.
    NotFinal,
    /// Nothing: `xdp_mode off`.
    Off,
    /// Nothing: the kernel does not let us.
    Refused,
    /// Somebody else's.
    Taken,
    /// Nothing: somebody took it off.
    Detached,
}

#[test]
fn the_program_is_taken_off_both_nodes_and_put_back_and_no_role_changes() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    let calm = Calm::now(&lab);
    let began = Moment::now();
    for node in [&lab.r1, &lab.r2] {
        take_off(node);
    }
    for node in [&lab.r1, &lab.r2] {
        is_back(node);
    }
    counts_every_advert(&lab, &lab.r2);
    assert!(calm.lasts(), "{:?}", lab.r2.transitions());
    let unanswered = lab.client.longest_gap(began).map(|gap| gap.length());
    assert!(unanswered < Some(Duration::from_secs(1)), "{unanswered:?}");

    // The way back is proven as the way there: silence means what it did.
    let killed = Moment::now();
    lab.r1.kill_every_process();
    let handover = Handover::watch(&lab, &lab.r1, &lab.r2, killed, LONG);
    handover.lasted(seeds::active_down_interval(lab.r2.identity().priority));
}

#[test]
fn a_router_that_dies_while_the_program_is_away_is_followed_at_its_time() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    take_off(&lab.r2);
    heard_again(&lab, &lab.r1);
    follows_at_its_time(&lab);
}

#[test]
fn a_router_that_dies_when_the_program_is_put_back_is_followed_at_its_time() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    take_off(&lab.r2);
    is_back(&lab.r2);
    follows_at_its_time(&lab);
}

/// Who was deaf for a moment, and knows not how long, listens for one more interval, and then acts.
#[test]
fn a_router_that_dies_when_the_program_is_taken_off_is_followed_once() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    let calm = Calm::now(&lab);
    lab.r2.detach_xdp();
    let killed = Moment::now();
    lab.r1.kill_every_process();
    let handover = Handover::watch(&lab, &lab.r1, &lab.r2, killed, LONG);
    let patience = seeds::active_down_interval(lab.r2.identity().priority);
    assert!(handover.silence >= patience, "{handover:?}");
    assert_eq!(calm.changes(), 1, "{:?}", lab.r2.transitions());
}

#[test]
fn somebody_elses_program_that_takes_the_place_stays_until_it_leaves() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    let calm = Calm::now(&lab);
    for node in [&lab.r1, &lab.r2] {
        node.detach_xdp();
        INTERFACES
            .iter()
            .for_each(|interface| bystander::attach(node.machine(), interface));
    }
    let theirs = || [&lab.r1, &lab.r2].map(|node| node.xdp_program("eth0"));
    let before = theirs();
    for node in [&lab.r1, &lab.r2] {
        eventually("the daemon says who is in the way", || {
            node.said(&["XDP on eth0: not back: another XDP program"])
        });
    }
    assert_eq!(theirs(), before);

    for node in [&lab.r1, &lab.r2] {
        leaves(node);
        is_back(node);
    }
    counts_every_advert(&lab, &lab.r2);
    assert!(calm.lasts(), "{:?}", lab.r2.transitions());
}

#[test]
fn a_place_that_was_taken_at_the_start_is_used_when_it_is_free() {
    let lab = lab_in(Situation::Taken);
    lab.elect();
    let calm = Calm::now(&lab);
    leaves(&lab.r1);
    is_back(&lab.r1);
    counts_every_advert(&lab, &lab.r2);
    assert!(calm.lasts());
}

/// As a network card does that restarts when it is given a program. Longer than the Backup's patience, shorter than the Active one's peer's.
#[test]
fn a_carrier_lost_by_putting_the_program_back_is_no_fault_and_not_risked_again() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    let calm = Calm::now(&lab);
    for (node, long) in [(&lab.r2, 5), (&lab.r1, 2)] {
        take_off(node);
        eventually("the program is back on eth0", || {
            node.said(&["XDP on eth0: attached after"])
        });
        lab.pull_cable(node, "eth0");
        eventually("the daemon takes the blame", || {
            node.said(&["XDP on eth0", "has cost the interface its carrier"])
        });
        never(Duration::from_secs(long), "a role changes", || {
            !calm.lasts()
        });
        lab.plug_cable(node, "eth0");
        eventually("the carrier is back", || {
            node.said(&["XDP on eth0: the carrier is back"])
        });
        node.detach_xdp();
        eventually("the daemon stays on raw sockets there", || {
            node.said(&[
                "XDP on eth0: somebody has taken the program off",
                "not put back",
            ])
        });
    }
    assert!(calm.lasts());
    follows_at_its_time(&lab);
}

/// Where the driver takes no program and nothing else is wanted.
#[test]
fn where_only_native_is_wanted_and_none_is_to_be_had_the_reason_is_said_once() {
    let native = |seed: &str| seed.replacen("{\n", "{\n    @xvrrpd xdp_mode native\n", 1);
    let plan = Plan::seeds(Xvrrpd, Xvrrpd).with_configs(native);
    let lab = Lab::new(&plan);
    // More than a page, which only programs for fragments may have in a driver.
    for node in [&lab.r1, &lab.r2] {
        make_too_long_for_the_driver(&lab, node);
    }
    lab.elect();
    let why = ["XDP on eth0:", "listening on raw sockets"];
    assert_eq!(lines(&lab.r1, &why), 1);
    assert!(lab.r1.xdp_program("eth0").is_none());
    hands_over(&lab);
}

#[test]
fn with_xdp_mode_off_the_seeds_fail_over_and_strangers_change_nothing() {
    seeds_on_raw_sockets(&without_xdp(Plan::seeds(Xvrrpd, Xvrrpd)));
}

#[test]
fn where_bpf_is_denied_the_seeds_fail_over_and_strangers_change_nothing() {
    let mut plan = Plan::seeds(Xvrrpd, Xvrrpd);
    plan.r1.launcher = WITHOUT_BPF.to_vec();
    plan.r2.launcher = WITHOUT_BPF.to_vec();
    seeds_on_raw_sockets(&plan);
}

/// The whole of what the seeds are for, and a stranger in between.
fn seeds_on_raw_sockets(plan: &Plan) {
    let lab = Lab::new(plan);
    lab.elect();
    assert_eq!(lab.r1.xdp_program("eth0"), None);
    let flood = story::flood_changes_nothing(&lab);
    assert!(flood.unanswered < story::HICCUP, "{flood:?}");
    story::claim_is_an_alarm(&lab, &lab.r1);
    story::script_heals_haproxy(&lab, &lab.r1);
    story::script_stops_the_daemon(&lab, &lab.r1, &lab.r2);
    let counted = lab
        .r1
        .counted_on_the_raw_path("eth0", "authentication_failure");
    assert_eq!(counted, u64::from(flood.sent));
    story::comes_back_as_backup(&lab, &lab.r1, &lab.r2);
    story::active_is_killed(&lab, &lab.r2, &lab.r1);
}

#[test]
fn with_xdp_mode_off_a_sleeper_whose_buffer_was_full_does_not_take_over() {
    let lab = Lab::new(&without_xdp(Plan::seeds(Xvrrpd, Xvrrpd)));
    lab.start_alone(&lab.r2);
    lab.r1.start_daemon();
    eventually("r1 is Backup and has heard r2", || {
        lab.r1.is_backup() && lab.r1.said(&["master set to"])
    });
    let calm = Calm::now(&lab);

    // So many that no advert of r2 finds room among them.
    let forged = Forged::advertisement(STRANGER_ADDRESS).ttl(64);
    let volley = Volley {
        frames: vec![forged.frame()],
        count: 60_000,
        per_second: 12_000,
    };
    let flood = lab.host.begin_to_send("eth0", &volley);
    eventually("the flood is heard", || {
        lab.r1.said(&["rejected an advert"])
    });
    lab.r1.signal(Signal::STOP);
    flood.finish();
    lab.r1.signal(Signal::CONT);

    eventually("r1 says that it could not hear everything", || {
        lab.r1.said(&["the raw socket on eth0 had no room for"])
    });
    never(Duration::from_secs(5), "a role changes", || !calm.lasts());
}

/// The addresses of another network on the same cable are none of ours.
#[test]
fn a_claim_in_another_vlan_whose_tag_was_stripped_is_no_alarm() {
    let lab = lab_in(Situation::NotFinal);
    lab.elect();
    let calm = Calm::now(&lab);
    never(Duration::from_secs(2), "a role changes", || !calm.lasts());
    let claim_by = |owner| Claim::of(seeds::ADDRESSES[0]).from_mac(owner).frame();
    let mut tagged = claim_by(OWNER);
    // Behind the two hardware addresses: VLAN 10.
    tagged.splice(12..12, [0x81, 0x00, 0x00, 0x0a]);
    lab.host.send("eth1", &few(tagged));
    lab.host.send("eth1", &few(claim_by(STRANGER)));
    eventually("r1 raises an alarm", || {
        lab.r1.said(&[ALARM, &STRANGER.to_string()])
    });
    assert!(!lab.r1.said(&[&OWNER.to_string()]), "of the other network");
}

#[test]
fn where_the_program_judges_everything_is_noticed_once() {
    everything_is_noticed_once(Situation::Attached);
}

#[test]
fn where_tags_are_stripped_everything_is_noticed_once() {
    everything_is_noticed_once(Situation::NotFinal);
}

#[test]
fn with_xdp_mode_off_everything_is_noticed_once() {
    everything_is_noticed_once(Situation::Off);
}

#[test]
fn where_bpf_is_denied_everything_is_noticed_once() {
    everything_is_noticed_once(Situation::Refused);
}

#[test]
fn beside_somebody_elses_program_everything_is_noticed_once() {
    everything_is_noticed_once(Situation::Taken);
}

#[test]
fn where_the_program_was_taken_off_everything_is_noticed_once() {
    everything_is_noticed_once(Situation::Detached);
}

/// As Backup r1 hears every advert, counts every forged one, notices a stranger who claims an address, and takes over when silence says
/// so and not later; as Active it notices the stranger too.
fn everything_is_noticed_once(situation: Situation) {
    let lab = lab_in(situation);
    let began = Moment::now();
    lab.start_alone(&lab.r2);
    eventually("r2 has announced its addresses for good", || {
        announcements(&lab, &lab.r2, began) == ANNOUNCEMENTS
    });
    lab.r1.start_daemon();
    eventually("r1 is Backup and has heard r2", || {
        lab.r1.is_backup() && lab.r1.said(&["master set to"])
    });
    if situation == Situation::Detached {
        take_off(&lab.r1);
    }
    let calm = Calm::now(&lab);
    // Whoever has just become Active may claim the addresses for an interval.
    never(Duration::from_secs(2), "a role changes", || !calm.lasts());
    send_forged_adverts(&lab);
    claim(&lab, OWNER);
    claim(&lab, STRANGER);
    eventually("r1 names the stranger and the owner", || {
        lab.r1
            .said(&[ALARM, &STRANGER.to_string(), &OWNER.to_string()])
    });
    assert!(calm.lasts(), "{:?}", lab.r1.transitions());

    // With its guard: silence, and no goodbye.
    let killed = Moment::now();
    lab.r2.kill_every_process();
    let handover = Handover::watch(&lab, &lab.r2, &lab.r1, killed, Duration::from_secs(8));
    handover.lasted(seeds::active_down_interval(lab.r1.identity().priority));

    let alarms = || lines(&lab.r1, &[ALARM, &STRANGER.to_string()]);
    assert_eq!(alarms(), 1);
    // Whoever had the address before us may still have been announcing it; that explains claims of the first seconds.
    never(Duration::from_secs(2), "r1 resigns", || !lab.r1.is_active());
    claim(&lab, STRANGER);
    eventually("r1 raises an alarm", || alarms() == 2);

    if situation == Situation::Detached {
        is_back(&lab.r1);
    }
    let by_the_program = |reason| match situation {
        Situation::Attached | Situation::NotFinal | Situation::Detached => lab.r1.counter(reason),
        Situation::Off | Situation::Refused | Situation::Taken => 0,
    };
    let rejected = by_the_program("authentication_failure");
    let accepted = by_the_program("accepted");
    let claims = by_the_program("arp_claim");
    lab.r1.stop_daemon();
    let raw = |interface, reason| lab.r1.counted_on_the_raw_path(interface, reason);
    assert_eq!(
        rejected + raw("eth0", "authentication_failure"),
        u64::from(FEW),
        "each forged advert is counted by one of the two"
    );
    assert_eq!(
        claims + raw("eth1", "arp_claim"),
        2 * u64::from(FEW) + u64::from(FEW),
        "each claim is counted by one of the two"
    );
    let has_judged = matches!(situation, Situation::Attached | Situation::Detached);
    assert_eq!(accepted > 0, has_judged);
    assert_eq!(
        raw("eth0", "accepted") > 0,
        situation != Situation::Attached,
        "adverts are heard by one of the two"
    );
}

fn lab_in(situation: Situation) -> Lab {
    let plan = Plan::seeds(Xvrrpd, Xvrrpd);
    let lab = Lab::new(&match situation {
        Situation::Attached | Situation::Taken | Situation::Detached => plan,
        Situation::NotFinal => Plan {
            strips_vlan_tags: true,
            ..plan
        },
        Situation::Off => without_xdp(plan),
        Situation::Refused => plan.with_launcher_on_r1(&WITHOUT_BPF),
    });
    if situation == Situation::Taken {
        INTERFACES
            .iter()
            .for_each(|interface| bystander::attach(lab.r1.machine(), interface));
    }
    lab
}

const WITHOUT_BPF: [&str; 3] = ["setpriv", "--bounding-set", "-bpf,-sys_admin,-perfmon"];

fn without_xdp(plan: Plan) -> Plan {
    plan.with_configs(|seed| seed.replacen("{\n", "{\n    @xvrrpd xdp_mode off\n", 1))
}

/// Takes the program off both interfaces, and waits until the daemon says that it knows.
fn take_off(node: &Node) {
    node.detach_xdp();
    eventually("the daemon notices that its program is gone", || {
        INTERFACES.iter().all(|interface| {
            let on = format!("XDP on {interface}: somebody has taken the program off");
            node.said(&[&on])
        })
    });
}

/// Waits until the daemon has put its program back on both interfaces.
fn is_back(node: &Node) {
    eventually("the program is back", || {
        INTERFACES.iter().all(|interface| {
            let on = format!("XDP on {interface}: attached after");
            node.said(&[&on]) && node.xdp_is_native(interface)
        })
    });
}

fn send_forged_adverts(lab: &Lab) {
    let forged = Forged::advertisement(STRANGER_ADDRESS).password(*b"guessed\0");
    lab.host.send("eth0", &few(forged.frame()));
}

fn claim(lab: &Lab, by: Mac) {
    let claim = Claim::of(seeds::ADDRESSES[0]).from_mac(by);
    lab.host.send("eth1", &few(claim.frame()));
}

/// Waits until `from` is heard once more than so far.
fn heard_again(lab: &Lab, from: &Node) {
    let since = Moment::now();
    eventually("an advert passes", || {
        let heard = lab.first.advertisements_from(from.identity().first, since);
        !heard.is_empty()
    });
}

fn follows_at_its_time(lab: &Lab) {
    let calm = Calm::now(lab);
    let killed = Moment::now();
    lab.r1.kill_every_process();
    let handover = Handover::watch(lab, &lab.r1, &lab.r2, killed, LONG);
    handover.lasted(seeds::active_down_interval(lab.r2.identity().priority));
    assert_eq!(calm.changes(), 1, "{:?}", lab.r2.transitions());
}

fn hands_over(lab: &Lab) {
    let stopped = Moment::now();
    lab.r1.stop_daemon();
    let handover = Handover::watch(lab, &lab.r1, &lab.r2, stopped, LONG);
    handover.lasted(seeds::skew_time(lab.r2.identity().priority));
}

/// The program on `node` counts the adverts that pass, as many as there are.
fn counts_every_advert(lab: &Lab, node: &Node) {
    let from = lab.r1.identity().first;
    heard_again(lab, &lab.r1);
    let (since, before) = (Moment::now(), node.counter("accepted"));
    eventually("three adverts pass", || {
        lab.first.advertisements_from(from, since).len() >= 3
    });
    let counted = node.counter("accepted") - before;
    assert!((3..=4).contains(&counted), "{counted} of 3");
}

/// Somebody else's program goes from both interfaces.
fn leaves(node: &Node) {
    for interface in INTERFACES {
        let words = ["link", "set", "dev", interface, "xdp", "off"];
        node.machine().run("ip", &words);
    }
}

/// Has the driver of eth0 refuse programs that read frames in one piece.
fn make_too_long_for_the_driver(lab: &Lab, node: &Node) {
    let words = ["link", "set", "dev", "eth0", "mtu", "9000"];
    node.machine().run("ip", &words);
    let port = format!("{}-eth0", node.name());
    lab.switch()
        .run("ip", &["link", "set", "dev", &port, "mtu", "9000"]);
}

fn few(frame: Vec<u8>) -> Volley {
    Volley {
        frames: vec![frame],
        count: FEW,
        per_second: 50,
    }
}

/// How often a node that has become Active says so by ARP: two addresses, five times, and once more after five seconds.
const ANNOUNCEMENTS: usize = 20;

fn announcements(lab: &Lab, node: &Node, since: Moment) -> usize {
    let arps = lab.second.arps(since);
    arps.iter()
        .filter(|arp| arp.is_gratuitous() && arp.sender_mac == node.identity().second_mac)
        .count()
}

/// How many lines of the log have all of these words.
fn lines(node: &Node, words: &[&str]) -> usize {
    let log = node.log();
    let all = |line: &&str| words.iter().all(|word| line.contains(word));
    log.lines().filter(all).count()
}
