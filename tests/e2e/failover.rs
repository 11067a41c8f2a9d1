//! The main job: the addresses follow the living.

use std::time::Duration;

use rustix::process::Signal;
use vrrp_tests::Daemon::{self, Keepalived, Xvrrpd};
use vrrp_tests::story::{self, Handover};
use vrrp_tests::{Lab, Moment, eventually, seeds, within};

#[test]
fn keepalived_says_farewell_when_it_is_stopped() {
    says_farewell(Keepalived, Keepalived, |lab| lab.r1.stop_daemon());
}

#[test]
fn keepalived_says_farewell_when_it_is_terminated() {
    says_farewell(Keepalived, Keepalived, |lab| lab.r1.signal(Signal::TERM));
}

#[test]
fn quick_the_addresses_follow_when_the_active_node_is_stopped() {
    says_farewell(Xvrrpd, Xvrrpd, |lab| lab.r1.stop_daemon());
}

#[test]
fn a_terminated_daemon_says_farewell() {
    says_farewell(Xvrrpd, Xvrrpd, |lab| lab.r1.signal(Signal::TERM));
}

#[test]
fn an_interrupted_daemon_says_farewell() {
    says_farewell(Xvrrpd, Xvrrpd, |lab| lab.r1.signal(Signal::INT));
}

#[test]
fn keepalived_takes_over_from_us_when_we_are_stopped() {
    says_farewell(Xvrrpd, Keepalived, |lab| lab.r1.stop_daemon());
}

#[test]
fn we_take_over_from_keepalived_when_it_is_stopped() {
    says_farewell(Keepalived, Xvrrpd, |lab| lab.r1.stop_daemon());
}

fn says_farewell(r1: Daemon, r2: Daemon, end: impl FnOnce(&Lab)) {
    let lab = Lab::of_seeds(r1, r2);
    lab.elect();

    let ended = Moment::now();
    end(&lab);

    let limit = Duration::from_secs(5);
    let handover = Handover::watch(&lab, &lab.r1, &lab.r2, ended, limit);
    assert!(handover.farewell, "who is stopped says so with priority 0");
    handover.lasted(seeds::skew_time(lab.r2.identity().priority));
    lab.r1.wait_until_ended();
    assert!(lab.r1.holds_no_address(), "who is stopped keeps no address");
}

#[test]
fn a_killed_keepalived_is_missed_after_the_active_down_interval() {
    is_killed(Keepalived, Keepalived);
}

#[test]
fn a_killed_daemon_is_cleaned_up_after_within_a_second() {
    is_killed(Xvrrpd, Xvrrpd);
}

#[test]
fn keepalived_takes_over_from_us_when_we_are_killed() {
    is_killed(Xvrrpd, Keepalived);
}

#[test]
fn we_take_over_from_keepalived_when_it_is_killed() {
    is_killed(Keepalived, Xvrrpd);
}

fn is_killed(r1: Daemon, r2: Daemon) {
    let lab = Lab::of_seeds(r1, r2);
    lab.elect();
    story::active_is_killed(&lab, &lab.r1, &lab.r2);
}

#[test]
fn what_a_killed_keepalived_left_is_removed_at_its_next_start() {
    leaves_nothing_at_the_next_start(Keepalived);
}

#[test]
fn what_a_daemon_killed_with_its_guard_left_is_removed_at_its_next_start() {
    leaves_nothing_at_the_next_start(Xvrrpd);
}

fn leaves_nothing_at_the_next_start(daemon: Daemon) {
    let lab = Lab::of_seeds(daemon, daemon);
    lab.elect();
    lab.r1.kill_every_process();
    lab.r1.wait_until_ended();
    eventually("r2 is Active", || lab.r2.is_active());
    assert!(
        lab.r1.holds_the_addresses(),
        "nobody was left to remove them"
    );

    lab.r1.start_daemon();

    within(
        Duration::from_secs(5),
        "r1 is Backup and holds nothing",
        || lab.r1.is_backup() && lab.r1.holds_no_address(),
    );
    assert!(lab.r2.is_active());
}

#[test]
fn keepalived_is_at_fault_while_its_cable_is_out() {
    loses_its_cable(Keepalived, Keepalived);
}

#[test]
fn a_node_is_at_fault_while_its_cable_is_out() {
    loses_its_cable(Xvrrpd, Xvrrpd);
}

fn loses_its_cable(r1: Daemon, r2: Daemon) {
    let lab = Lab::of_seeds(r1, r2);
    lab.elect();

    let pulled = Moment::now();
    lab.pull_cable(&lab.r1, "eth0");

    within(
        Duration::from_secs(2),
        "r1 is at fault and holds nothing",
        || lab.r1.is_at_fault() && lab.r1.holds_no_address(),
    );
    let limit = Duration::from_secs(6);
    let handover = Handover::watch(&lab, &lab.r1, &lab.r2, pulled, limit);
    assert!(
        !handover.farewell,
        "no farewell gets through a pulled cable"
    );
    handover.lasted(seeds::active_down_interval(lab.r2.identity().priority));

    lab.plug_cable(&lab.r1, "eth0");
    within(Duration::from_secs(5), "r1 is Backup again", || {
        lab.r1.is_backup()
    });
    assert!(
        lab.r2.is_active(),
        "`nopreempt` leaves the addresses where they are"
    );
}
