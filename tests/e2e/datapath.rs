//! The XDP program in the daemon's hands, and what is heard without it.

use std::time::Duration;

use vrrp_tests::Daemon::{self, Keepalived, Xvrrpd};
use vrrp_tests::forge::Forged;
use vrrp_tests::host::Volley;
use vrrp_tests::story::{self, Calm, Handover, STRANGER_ADDRESS};
use vrrp_tests::{Lab, Moment, Node, Plan, bystander, eventually, kernel, never, seeds};

const INTERFACES: [&str; 2] = ["eth0", "eth1"];

/// Longer than the Active_Down_Interval of either node, and one more interval.
const A_WHILE: Duration = Duration::from_secs(5);

#[test]
fn the_program_is_in_the_driver_of_both_interfaces_while_the_daemon_runs() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.start_alone(&lab.r1);
    assert_eq!(
        INTERFACES.map(|interface| lab.r1.xdp_is_native(interface)),
        [true; 2]
    );

    lab.r1.stop_daemon();
    assert_eq!(
        INTERFACES.map(|interface| lab.r1.xdp_program(interface)),
        [None; 2]
    );
}

#[test]
fn on_a_tap_the_program_is_in_the_driver_and_the_pair_works() {
    let lab = Lab::new(&Plan {
        has_taps: true,
        ..Plan::seeds(Xvrrpd, Xvrrpd)
    });
    lab.elect();
    assert!(lab.r1.xdp_is_native("eth0") && lab.r2.xdp_is_native("eth0"));
    story::flood_changes_nothing(&lab);
    hands_over(&lab);
}

#[test]
fn two_keepaliveds_work_on_taps() {
    let lab = Lab::new(&Plan {
        has_taps: true,
        ..Plan::seeds(Keepalived, Keepalived)
    });
    lab.elect();
    hands_over(&lab);
}

#[test]
fn three_capabilities_are_enough_for_the_program_and_four_on_older_kernels() {
    let enough = if kernel::needs_perfmon() {
        "-all,+bpf,+net_admin,+net_raw,+perfmon"
    } else {
        "-all,+bpf,+net_admin,+net_raw"
    };
    let plan = Plan::seeds(Xvrrpd, Xvrrpd)
        .with_launcher_on_r1(&["setpriv", "--bounding-set", enough])
        .with_script("#!/bin/sh\n");
    let lab = Lab::new(&plan);
    lab.elect();
    assert!(
        lab.r1.xdp_is_native("eth0"),
        "CAP_SYS_ADMIN is not needed, nor on newer kernels CAP_PERFMON"
    );
    let walked = instructions_verified(&lab.r1);
    assert!(
        walked.is_none_or(|walked| walked < 200_000),
        "the verifier walks through {walked:?} instructions, and gives up at a million"
    );
    under_wrong_passwords_nothing_changes(&lab);
    hands_over(&lab);
}

/// What the verifier went through to know that the program is safe, as the kernel remembers (Linux 5.16).
fn instructions_verified(node: &Node) -> Option<u32> {
    let look = "grep -hs verified_insns /proc/$(cat /run/keepalived.pid)/fdinfo/* || true";
    let shown = node.machine().run("sh", &["-c", look]);
    shown.split_whitespace().last()?.parse().ok()
}

#[test]
fn a_killed_daemon_leaves_no_program_behind() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.start_alone(&lab.r1);
    lab.r1.kill_every_process();
    eventually("no program is attached", || {
        INTERFACES
            .iter()
            .all(|interface| lab.r1.xdp_program(interface).is_none())
    });
}

#[test]
fn somebody_elses_program_is_left_alone_and_the_pair_works() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    INTERFACES
        .iter()
        .for_each(|interface| bystander::attach(lab.r1.machine(), interface));
    let before = INTERFACES.map(|interface| lab.r1.xdp_program(interface));
    assert!(before.iter().all(Option::is_some));

    lab.elect();

    eventually("r1 says who is in the way", || {
        lab.r1.said(&["XDP on eth0", "raw socket"])
    });
    hands_over(&lab);
    assert_eq!(
        INTERFACES.map(|interface| lab.r1.xdp_program(interface)),
        before
    );
}

#[test]
fn without_xdp_the_pair_works_on_raw_sockets() {
    let off = |seed: &str| seed.replacen("{\n", "{\n    @xvrrpd xdp_mode off\n", 1);
    let lab = Lab::new(&Plan::seeds(Xvrrpd, Xvrrpd).with_configs(off));
    lab.elect();
    assert_eq!(
        INTERFACES.map(|interface| lab.r1.xdp_program(interface)),
        [None; 2]
    );
    under_wrong_passwords_nothing_changes(&lab);
    hands_over(&lab);
}

#[test]
fn where_bpf_is_denied_the_pair_works_on_raw_sockets() {
    let plan = Plan::seeds(Xvrrpd, Xvrrpd).with_launcher_on_r1(&[
        "setpriv",
        "--bounding-set",
        "-bpf,-sys_admin,-perfmon",
    ]);
    let lab = Lab::new(&plan);
    lab.elect();
    assert_eq!(
        INTERFACES.map(|interface| lab.r1.xdp_program(interface)),
        [None; 2]
    );
    under_wrong_passwords_nothing_changes(&lab);
    hands_over(&lab);
}

fn under_wrong_passwords_nothing_changes(lab: &Lab) {
    let rhythm = story::under_wrong_passwords(lab, A_WHILE);
    assert_eq!(rhythm.changes, 0, "{rhythm:?}");
}

fn hands_over(lab: &Lab) {
    let stopped = Moment::now();
    lab.r1.stop_daemon();
    let handover = Handover::watch(lab, &lab.r1, &lab.r2, stopped, A_WHILE);
    handover.lasted(seeds::skew_time(lab.r2.identity().priority));
}

#[test]
fn keepalived_hears_no_other_vlan() {
    hears_no_other_vlan(Keepalived, false);
}

#[test]
fn keepalived_hears_no_other_vlan_whose_tag_was_stripped() {
    hears_no_other_vlan(Keepalived, true);
}

#[test]
fn adverts_of_another_vlan_steer_nobody() {
    hears_no_other_vlan(Xvrrpd, false);
}

#[test]
fn adverts_of_another_vlan_whose_tag_was_stripped_steer_nobody() {
    hears_no_other_vlan(Xvrrpd, true);
}

/// Tagged adverts of a better priority neither take the addresses away nor hold a takeover back.
fn hears_no_other_vlan(daemon: Daemon, strips_vlan_tags: bool) {
    let lab = Lab::new(&Plan {
        strips_vlan_tags,
        ..Plan::seeds(daemon, daemon)
    });
    lab.elect();
    let calm = Calm::now(&lab);
    let frames = vec![Forged::advertisement(STRANGER_ADDRESS).vlan(10).frame()];
    let sending = lab.host.begin_to_send(
        "eth0",
        &Volley {
            frames,
            count: 60,
            per_second: 5,
        },
    );
    never(Duration::from_secs(3), "a role changes", || !calm.lasts());

    let killed = Moment::now();
    lab.r1.kill_every_process();
    let handover = Handover::watch(&lab, &lab.r1, &lab.r2, killed, Duration::from_secs(6));
    handover.lasted(seeds::active_down_interval(lab.r2.identity().priority));
    assert!(
        lab.first
            .advertisements()
            .iter()
            .any(|advert| advert.vlan == Some(10))
    );
    sending.finish();
}

#[test]
fn keepalived_is_held_back_by_an_advert_with_ip_options() {
    is_held_back(
        Keepalived,
        &Forged::advertisement(STRANGER_ADDRESS).ip_options(&[1, 1, 1, 0]),
    );
}

#[test]
fn an_advert_with_ip_options_holds_a_takeover_back() {
    is_held_back(
        Xvrrpd,
        &Forged::advertisement(STRANGER_ADDRESS).ip_options(&[1, 1, 1, 0]),
    );
}

#[test]
fn an_advert_with_21_addresses_holds_a_takeover_back() {
    is_held_back(Xvrrpd, &Forged::advertisement(STRANGER_ADDRESS).listing(21));
}

/// A node stays Backup while such adverts come, and takes over when they end.
fn is_held_back(daemon: Daemon, forged: &Forged) {
    let lab = Lab::of_seeds(daemon, daemon);
    let volley = Volley {
        frames: vec![forged.frame()],
        count: 16,
        per_second: 2,
    };
    let sending = lab.host.begin_to_send("eth0", &volley);
    lab.r2.start_daemon();
    eventually("r2 is Backup", || lab.r2.is_backup());
    never(A_WHILE, "r2 takes over from a living router", || {
        lab.r2.is_active()
    });

    sending.finish();

    eventually("r2 is Active", || {
        lab.r2.is_active() && lab.r2.holds_the_addresses()
    });
}

#[test]
fn an_advert_that_comes_while_the_program_is_detached_holds_a_takeover_back() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    let calm = Calm::now(&lab);
    lab.r2.detach_xdp();
    assert_eq!(
        INTERFACES.map(|interface| lab.r2.xdp_program(interface)),
        [None; 2]
    );
    never(2 * A_WHILE, "a role changes", || !calm.lasts());
    hands_over(&lab);
}
