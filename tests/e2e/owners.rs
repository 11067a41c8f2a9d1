//! Two routers that both say they own the addresses, by mistake.

use std::time::Duration;

use vrrp_tests::Daemon::{self, Keepalived, Xvrrpd};
use vrrp_tests::{Lab, Node, never, within};

/// What keepalived needs to notice, and to give way.
const LONG: Duration = Duration::from_secs(20);
const A_WHILE: Duration = Duration::from_secs(2);

/// Ours gives way as to anybody: to the higher address.
#[test]
fn of_two_of_ours_the_one_of_the_higher_address_is_active_and_the_mistake_is_said() {
    let lab = one_is_active_in_the_end(Xvrrpd, Xvrrpd);
    assert!(lab.r2.is_active());
    assert!(lab.r1.said(&["CONFIGURATION ERROR", "255"]));
}

/// keepalived goes down to 254, unless ours has heard it first and has given way.
#[test]
fn beside_a_keepalived_of_the_lower_address_one_is_active() {
    one_is_active_in_the_end(Keepalived, Xvrrpd);
}

#[test]
fn beside_a_keepalived_of_the_higher_address_one_is_active() {
    one_is_active_in_the_end(Xvrrpd, Keepalived);
}

fn one_is_active_in_the_end(r1: Daemon, r2: Daemon) -> Lab {
    let lab = Lab::of_seeds(r1, r2);
    for node in [&lab.r1, &lab.r2] {
        node.write_config(
            "vrrp_instance A {\n    state MASTER\n    interface eth0\n    virtual_router_id 60\n    version 3\n    priority 255\n    \
             advert_int 0.2\n    virtual_ipaddress {\n        192.168.0.5 dev eth1\n        192.168.0.6 dev eth1\n    }\n}\n",
        );
        node.start_daemon();
    }
    let says_so = || {
        [&lab.r1, &lab.r2]
            .iter()
            .any(|node| node.said(&["CONFIGURATION ERROR"]))
    };
    within(
        LONG,
        "the mistake is noticed and one of them is Active",
        || says_so() && (holds_alone(&lab.r1, &lab.r2) || holds_alone(&lab.r2, &lab.r1)),
    );
    let winner = [&lab.r1, &lab.r2].map(|node| node.is_active());
    never(A_WHILE, "anybody changes", || {
        [&lab.r1, &lab.r2].map(|node| node.is_active()) != winner
    });
    lab
}

fn holds_alone(active: &Node, other: &Node) -> bool {
    active.is_active()
        && active.holds_the_addresses()
        && other.is_backup()
        && other.holds_no_address()
}
