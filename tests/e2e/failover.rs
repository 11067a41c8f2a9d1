//! The main job: the addresses follow the living.

use std::time::Duration;

use vrrp_tests::{Daemon, Lab, Moment, seeds, within};

#[test]
fn keepalived_hands_over_a_skew_time_after_it_was_stopped() {
    hands_over_when_stopped(Daemon::Keepalived, Daemon::Keepalived);
}

fn hands_over_when_stopped(r1: Daemon, r2: Daemon) {
    let lab = Lab::of_seeds(r1, r2);
    let client = lab.host.ask(seeds::ADDRESSES[0]);
    lab.elect();
    within(Duration::from_secs(1), "r1 answers", || {
        client.answered_by().as_deref() == Some("r1")
    });

    let stopped = Moment::now();
    lab.r1.stop_daemon();

    within(Duration::from_secs(2), "r2 answers", || {
        client.answered_by().as_deref() == Some("r2")
    });
    assert!(lab.r1.holds_no_address(), "what was stopped holds nothing");
    let farewell = lab
        .first
        .advertisements_from(lab.r1.identity().first, stopped);
    assert_eq!(farewell.last().map(|advert| advert.priority), Some(0));
}
