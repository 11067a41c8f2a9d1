//! IPv6: the advertisements have a link-local source, and keepalived and ours follow each other.

use std::net::Ipv6Addr;
use std::time::Duration;

use vrrp_tests::Daemon::{self, Keepalived, Xvrrpd};
use vrrp_tests::{Lab, Node, eventually, never, within};

/// What follows the Active node. The first is link-local (RFC 9568 §5.2.9).
const ADDRESSES: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 5),
    Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 5),
];

/// Five intervals, in which a Backup that hears nothing would have taken over.
const A_WHILE: Duration = Duration::from_secs(1);

#[test]
fn two_keepaliveds_hand_over_and_back() {
    hand_over_and_back(Keepalived, Keepalived);
}

#[test]
fn quick_two_of_ours_hand_over_and_back() {
    hand_over_and_back(Xvrrpd, Xvrrpd);
}

#[test]
fn we_hand_over_to_keepalived_and_take_over_from_it() {
    hand_over_and_back(Xvrrpd, Keepalived);
}

#[test]
fn keepalived_hands_over_to_us_and_takes_over_from_us() {
    hand_over_and_back(Keepalived, Xvrrpd);
}

#[track_caller]
fn hand_over_and_back(r1: Daemon, r2: Daemon) {
    let lab = Lab::of_seeds(r1, r2);
    for (node, daemon) in [(&lab.r1, r1), (&lab.r2, r2)] {
        node.write_config(&configuration(node.identity().priority));
        // Ours waits in FAULT for a source of its adverts. keepalived 2.2.7 becomes MASTER, none of its adverts leaves the
        // node (`send advert error 22`), and the other one takes over.
        if matches!(daemon, Keepalived) {
            eventually("its link-local address is settled", || {
                node.has_settled_link_local("eth0")
            });
        }
    }
    lab.r1.start_daemon();
    becomes_active(&lab.r1);
    lab.r2.start_daemon();
    eventually("r2 becomes Backup", || lab.r2.is_backup());
    never(A_WHILE, "r2 takes over from a living r1", || {
        lab.r2.is_active()
    });

    lab.r1.stop_daemon();
    within(A_WHILE, "r2 takes over", || lab.r2.is_active());
    becomes_active(&lab.r2);
    assert!(holds_none(&lab.r1), "r1 has let go of its addresses");

    lab.r1.start_daemon();
    becomes_active(&lab.r1);
    eventually("r2 gives way", || lab.r2.is_backup() && holds_none(&lab.r2));
}

/// A fifth of a second, so that a story is short.
fn configuration(priority: u8) -> String {
    let [link_local, global] = ADDRESSES;
    format!(
        "vrrp_instance V6 {{
    state BACKUP
    interface eth0
    version 3
    virtual_router_id 56
    priority {priority}
    advert_int 0.2
    virtual_ipaddress {{
        {link_local}/64 dev eth1
        {global}/64 dev eth1
    }}
}}
"
    )
}

#[track_caller]
fn becomes_active(node: &Node) {
    eventually("the node becomes Active with its addresses", || {
        node.is_active() && ADDRESSES.iter().all(|address| node.holds(*address))
    });
}

fn holds_none(node: &Node) -> bool {
    !ADDRESSES.iter().any(|address| node.holds(*address))
}
