//! What must hold on every kernel we promise: the seeds fail over, heard by the program in the driver or by raw sockets.
//!
//! `cargo xtask test --kernel VERSION` tells these in a guest. They expect the program to be in the driver, so a kernel that does not
//! take it fails them instead of falling back unnoticed.

use std::time::Duration;

use vrrp_tests::Daemon::Xvrrpd;
use vrrp_tests::story::{self, Handover};
use vrrp_tests::{Lab, Moment, Node, Plan, seeds};

const INTERFACES: [&str; 2] = ["eth0", "eth1"];

/// What any takeover may take.
const LONG: Duration = Duration::from_secs(12);

#[test]
fn on_the_program_the_addresses_follow_a_stop_and_a_kill() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    is_in_the_driver(&lab);
    fails_over_and_back(&lab);
}

#[test]
fn on_the_raw_path_the_addresses_follow_a_stop_and_a_kill() {
    let lab = Lab::new(&without_xdp(Plan::seeds(Xvrrpd, Xvrrpd)));
    lab.elect();
    for node in [&lab.r1, &lab.r2] {
        for interface in INTERFACES {
            assert_eq!(node.xdp_program(interface), None, "{interface}");
        }
    }
    fails_over_and_back(&lab);
}

/// On the program and on the raw path: nothing is left to say farewell, so the silence is what the timers say.
#[test]
fn on_the_program_a_silence_is_as_long_as_the_timers_say() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    is_in_the_driver(&lab);
    falls_silent(&lab);
}

#[test]
fn on_the_raw_path_a_silence_is_as_long_as_the_timers_say() {
    let lab = Lab::new(&without_xdp(Plan::seeds(Xvrrpd, Xvrrpd)));
    lab.elect();
    falls_silent(&lab);
}

/// Of both nodes on every interface; who has raw sockets instead fails.
fn is_in_the_driver(lab: &Lab) {
    for node in [&lab.r1, &lab.r2] {
        for interface in INTERFACES {
            assert!(
                node.xdp_program(interface).is_some(),
                "{interface}: {}",
                node.log()
            );
            assert!(node.xdp_is_native(interface), "{interface}: {}", node.log());
        }
    }
}

/// A stop, a return as Backup, and a kill whose guard cleans up.
fn fails_over_and_back(lab: &Lab) {
    let stopped = Moment::now();
    lab.r1.stop_daemon();
    let handover = follows(lab, &lab.r1, &lab.r2, stopped);
    assert!(handover.farewell, "who is stopped says so with priority 0");
    handover.lasted(seeds::skew_time(lab.r2.identity().priority));
    assert!(lab.r1.holds_no_address(), "who is stopped keeps no address");

    story::comes_back_as_backup(lab, &lab.r1, &lab.r2);
    story::active_is_killed(lab, &lab.r2, &lab.r1);
}

fn falls_silent(lab: &Lab) {
    let killed = Moment::now();
    lab.r1.kill_every_process();
    let handover = follows(lab, &lab.r1, &lab.r2, killed);
    assert!(!handover.farewell, "nobody is left to say it");
    handover.lasted(seeds::active_down_interval(lab.r2.identity().priority));
}

fn follows(lab: &Lab, from: &Node, to: &Node, since: Moment) -> Handover {
    Handover::watch(lab, from, to, since, LONG)
}

fn without_xdp(plan: Plan) -> Plan {
    plan.with_configs(|seed| seed.replacen("{\n", "{\n    @xvrrpd xdp_mode off\n", 1))
}
