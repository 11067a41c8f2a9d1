//! Nodes that sleep while the world goes on.

use std::time::Duration;

use rustix::process::Signal;
use vrrp_tests::Daemon::{Keepalived, Xvrrpd};
use vrrp_tests::story::Calm;
use vrrp_tests::{Lab, Moment, eventually, never, within};

/// Longer than the Active_Down_Interval of either node.
const NAP: Duration = Duration::from_secs(6);

#[test]
fn a_backup_that_slept_through_adverts_does_not_take_over() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    let calm = Calm::now(&lab);

    lab.r2.signal(Signal::STOP);
    never(NAP, "a role changes meanwhile", || !calm.lasts());
    lab.r2.signal(Signal::CONT);

    never(NAP, "a role changes afterwards", || !calm.lasts());
    assert!(lab.r2.holds_no_address());
}

#[test]
fn after_the_active_node_slept_one_node_has_the_addresses() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    lab.r1.signal(Signal::STOP);
    within(NAP, "r2 takes over", || lab.r2.is_active());

    let woken = Moment::now();
    lab.r1.signal(Signal::CONT);

    within(Duration::from_secs(4), "one of the two is Active", || {
        let active = [&lab.r1, &lab.r2].map(|node| node.is_active() && node.holds_the_addresses());
        let idle = [&lab.r1, &lab.r2].map(|node| node.is_backup() && node.holds_no_address());
        (active, idle) == ([true, false], [false, true])
            || (active, idle) == ([false, true], [true, false])
    });
    let survivor = if lab.r1.is_active() { &lab.r1 } else { &lab.r2 };
    let mac = survivor.identity().second_mac;
    eventually("the survivor announces its addresses", || {
        lab.second
            .arps(woken)
            .iter()
            .any(|arp| arp.is_gratuitous() && arp.sender_mac == mac)
    });
}

#[test]
fn a_takeover_says_why_in_log_and_mail() {
    let lab = Lab::of_seeds(Keepalived, Xvrrpd);
    lab.elect();
    lab.r1.kill_every_process();

    eventually("r2 is Active", || lab.r2.is_active());
    let because = "last advert from 10.89.0.9 3.6";
    eventually("the log says why", || {
        lab.r2.said(&[because, "0 rejected; 0 saved by the map"])
    });
    eventually("a mail says why", || {
        let mails = lab.r2.mails();
        mails.last().is_some_and(|mail| mail.body.contains(because))
    });
}
