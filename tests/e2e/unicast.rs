//! Routers that speak to each other one by one, in other groups, or many on one link.

use std::net::Ipv4Addr;
use std::time::Duration;

use vrrp_tests::Daemon::{self, Keepalived, Xvrrpd};
use vrrp_tests::forge::Forged;
use vrrp_tests::host::Volley;
use vrrp_tests::node::RoleName;
use vrrp_tests::story::STRANGER_ADDRESS;
use vrrp_tests::{Lab, Moment, Node, Plan, eventually, never, seeds, within};

use crate::reload::{Reloaded, reload};

/// What any story here waits for at most: three seconds of silence, and a busy machine.
const LONG: Duration = Duration::from_secs(15);
/// Longer than any Backup's patience at a fifth of a second.
const A_WHILE: Duration = Duration::from_secs(1);
/// A group besides the usual one.
const OTHER_GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 77);
const USUAL_GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);

#[test]
fn quick_the_seeds_as_peers_hand_over_when_killed_and_nothing_goes_to_the_group() {
    seeds_as_peers(Xvrrpd, Xvrrpd, "");
}

#[test]
fn with_xdp_mode_off_peers_are_heard_on_raw_sockets() {
    seeds_as_peers(Xvrrpd, Xvrrpd, "@xvrrpd xdp_mode off");
}

#[test]
fn keepalived_as_our_peer_hears_us_and_follows() {
    seeds_as_peers(Xvrrpd, Keepalived, "");
}

#[test]
fn we_hear_keepalived_as_our_peer_and_follow() {
    seeds_as_peers(Keepalived, Xvrrpd, "");
}

/// The seeds, told who the other one is. Killed, ours has its guard say goodbye to each peer; keepalived says nothing.
fn seeds_as_peers(r1: Daemon, r2: Daemon, more: &str) {
    let plan = Plan::seeds(r1, r2).with_configs(|config| {
        let peers = format!(
            "{{\n    unicast_peer {{\n        10.89.0.9\n        10.89.0.10\n        10.89.0.77\n    }}\n    {more}\n"
        );
        replace_in_instance(config, &peers)
    });
    let lab = Lab::new(&plan);
    lab.elect();
    assert_eq!(
        adverts_to(&lab, USUAL_GROUP),
        0,
        "nothing goes to the group"
    );
    assert!(adverts_to(&lab, lab.r2.identity().first) > 0);
    assert!(
        !lab.r2.said(&["rejected an advert"]),
        "everything is believed"
    );

    lab.r1.kill_daemon();
    within(LONG, "r2 takes over", || {
        lab.r2.is_active() && lab.r2.holds_the_addresses()
    });
    if r1 == Xvrrpd {
        assert!(lab.r1.holds_no_address(), "the guard has removed them");
        eventually("the guard says goodbye to its peer", || {
            farewells_to(&lab, lab.r2.identity().first) > 0
        });
    }
    lab.r1.start_daemon();
    within(
        LONG,
        "r1 comes back as Backup, for the seeds say nopreempt",
        || lab.r1.is_backup(),
    );
    never(A_WHILE, "r1 takes over again", || lab.r1.is_active());
}

#[test]
fn an_advert_from_nobody_we_speak_to_is_believed_unless_check_unicast_src_is_on() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.r1
        .write_config(&quick(lab.r1.identity().priority, "check_unicast_src"));
    lab.r2.write_config(&quick(lab.r2.identity().priority, ""));
    for node in [&lab.r1, &lab.r2] {
        node.start_daemon();
    }
    settled(&lab);

    say_better_to(&lab, &lab.r1);
    eventually("r1 says who it did not believe", || {
        lab.r1
            .said(&["rejected an advert", &STRANGER_ADDRESS.to_string()])
    });
    never(A_WHILE, "r1 gives way", || !lab.r1.is_active());
    assert_eq!(lab.r1.counter("unicast_source"), 1);

    say_better_to(&lab, &lab.r2);
    eventually("r2 follows whoever spoke last", || {
        lab.r2
            .said(&["master changed from", &format!("to {STRANGER_ADDRESS}")])
    });
}

#[test]
fn who_has_not_got_the_address_it_speaks_from_is_at_fault_until_it_has() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.r1
        .write_config(&quick(100, "unicast_src_ip 10.89.0.99"));
    lab.r1.start_daemon();
    eventually("the fault is said", || {
        lab.r1.said(&["no address 10.89.0.99 on this host"])
    });
    lab.r1
        .machine()
        .ip_batch("address add 10.89.0.99/32 dev lo\n");
    eventually("r1 becomes Active", || lab.r1.is_active());
    let since = Moment::now();
    let from = || lab.first.advertisements_from([10, 89, 0, 99].into(), since);
    eventually("its adverts come from there", || !from().is_empty());
    lab.r1
        .machine()
        .ip_batch("address del 10.89.0.99/32 dev lo\n");
    eventually("r1 is at fault", || lab.r1.is_at_fault());
}

#[test]
fn who_must_have_a_peer_and_has_none_is_at_fault() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    let lines = "    unicast_fault_no_peer\n";
    lab.r1
        .write_config(&instance("U", 100, lines, "192.168.0.5"));
    lab.r1.start_daemon();
    eventually("the fault is said", || lab.r1.said(&["no unicast peer"]));
    lab.r1.write_config(&quick(100, "unicast_fault_no_peer"));
    assert_eq!(reload(&lab.r1), Reloaded::Complete);
    eventually("with a peer it becomes Active", || lab.r1.is_active());
}

#[test]
fn a_reload_that_adds_a_peer_changes_no_role_and_the_new_one_is_spoken_to() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    for node in [&lab.r1, &lab.r2] {
        node.write_config(&quick(node.identity().priority, ""));
        node.start_daemon();
    }
    settled(&lab);
    let before = lab.r1.transitions().len();
    let third = Ipv4Addr::new(10, 89, 0, 200);
    assert_eq!(adverts_to(&lab, third), 0);
    let text = quick(lab.r1.identity().priority, "");
    let with_third = text.replace("unicast_peer {", &format!("unicast_peer {{\n{third}"));
    lab.r1.write_config(&with_third);
    assert_eq!(reload(&lab.r1), Reloaded::Complete);
    eventually("the new peer is spoken to", || adverts_to(&lab, third) > 0);
    assert_eq!(lab.r1.transitions().len(), before);
    assert!(lab.r2.is_backup());
}

/// C133+ C051+: of one VRID a router in each family, one in another group, and one for peers, beside each other on one interface.
#[test]
fn one_vrid_is_several_routers_that_do_not_mind_each_other() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    for node in [&lab.r1, &lab.r2] {
        let priority = node.identity().priority;
        let peers = "    unicast_peer {\n        10.89.0.9\n        10.89.0.10\n    }\n";
        let text = [
            instance("FOUR", priority, "", "192.168.0.5"),
            instance("SIX", priority, "", "fe80::5"),
            instance(
                "GROUP",
                priority,
                &format!("    mcast_dst_ip {OTHER_GROUP}\n"),
                "192.168.0.6",
            ),
            instance("UNICAST", priority, peers, "192.168.0.7"),
        ];
        node.write_config(&text.concat());
    }
    let all = ["FOUR", "SIX", "GROUP", "UNICAST"];
    let is = |node: &Node, role: RoleName| all.iter().all(|name| node.role_of(name) == Some(role));
    lab.r1.start_daemon();
    within(LONG, "r1 is MASTER of all", || {
        is(&lab.r1, RoleName::Master)
    });
    lab.r2.start_daemon();
    within(LONG, "r2 is BACKUP of all", || {
        is(&lab.r2, RoleName::Backup)
    });
    never(A_WHILE, "anybody takes over", || {
        !is(&lab.r2, RoleName::Backup)
    });
    assert!(adverts_to(&lab, OTHER_GROUP) > 0);

    lab.r1.stop_daemon();
    within(LONG, "r2 takes all over", || is(&lab.r2, RoleName::Master));
}

/// C134+: every VRID there is, on one link.
#[test]
fn all_255_vrids_of_a_link_follow_each_other() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    for node in [&lab.r1, &lab.r2] {
        let priority = node.identity().priority;
        let text: String = (1..=255)
            .map(|vrid| {
                format!(
                    "vrrp_instance V{vrid} {{\n    interface eth0\n    version 3\n    virtual_router_id {vrid}\n    \
                     priority {priority}\n    advert_int 1\n    garp_master_repeat 1\n    garp_master_delay 0\n    \
                     virtual_ipaddress {{\n        10.99.0.{vrid}/32 dev eth1\n    }}\n}}\n"
                )
            })
            .collect();
        node.write_config(&text);
    }
    let held = |node: &Node| {
        let shown = node
            .machine()
            .run("ip", &["-4", "address", "show", "dev", "eth1"]);
        shown.matches("inet 10.99.0.").count()
    };
    lab.r1.start_daemon();
    within(4 * LONG, "r1 holds all addresses", || held(&lab.r1) == 255);
    lab.r2.start_daemon();
    let backups = || lab.r2.log().matches("Entering BACKUP STATE").count();
    within(4 * LONG, "r2 is BACKUP of all", || backups() == 255);
    never(
        4 * seeds::ADVERTISEMENT_INTERVAL,
        "r2 takes any of them over",
        || held(&lab.r2) > 0,
    );
    lab.r1.stop_daemon();
    within(4 * LONG, "r2 holds all addresses", || held(&lab.r2) == 255);
    assert_eq!(held(&lab.r1), 0);
}

/// A unicast router of version 3 at a fifth of a second.
fn quick(priority: u8, lines: &str) -> String {
    let peers = "    unicast_peer {\n        10.89.0.9\n        10.89.0.10\n    }\n";
    instance(
        "U",
        priority,
        &format!("{peers}    {lines}\n"),
        "192.168.0.5",
    )
}

fn instance(name: &str, priority: u8, lines: &str, address: &str) -> String {
    format!(
        "vrrp_instance {name} {{\n    interface eth0\n    version 3\n    virtual_router_id {VRID}\n    priority {priority}\n    \
         advert_int 0.2\n{lines}    virtual_ipaddress {{\n        {address} dev eth1\n    }}\n}}\n"
    )
}

const VRID: u8 = 60;

#[track_caller]
fn settled(lab: &Lab) {
    within(LONG, "r1 is Active and r2 Backup", || {
        lab.r1.is_active() && lab.r2.is_backup()
    });
    never(A_WHILE, "r2 takes over", || lab.r2.is_active());
}

fn replace_in_instance(config: &str, opening: &str) -> String {
    let at = config.find("vrrp_instance").expect("the seed has one");
    let (before, after) = config.split_at(at);
    format!("{before}{}", after.replacen("{\n", opening, 1))
}

/// The stranger says something better to a node, once.
fn say_better_to(lab: &Lab, node: &Node) {
    let identity = node.identity();
    let forged = Forged::version_3(STRANGER_ADDRESS)
        .vrid(VRID)
        .priority(200)
        .to_address(identity.first)
        .to_mac(identity.first_mac);
    lab.host.send("eth0", &Volley::once(forged.frame()));
}

/// Whom a frame is for and with which priority, if it is an advert over IPv4.
fn advert_in(frame: &[u8]) -> Option<(Ipv4Addr, u8)> {
    let is_vrrp = frame.get(12..14) == Some(&[0x08, 0x00]) && frame.get(23) == Some(&112);
    let destination: [u8; 4] = frame.get(30..34)?.try_into().ok()?;
    let priority = *frame.get(36)?;
    is_vrrp.then_some((destination.into(), priority))
}

fn adverts_to(lab: &Lab, address: Ipv4Addr) -> usize {
    let frames = lab.first.frames();
    let adverts = frames.iter().filter_map(|frame| advert_in(&frame.bytes));
    adverts.filter(|(to, _)| *to == address).count()
}

fn farewells_to(lab: &Lab, address: Ipv4Addr) -> usize {
    let frames = lab.first.frames();
    let adverts = frames.iter().filter_map(|frame| advert_in(&frame.bytes));
    adverts.filter(|advert| *advert == (address, 0)).count()
}
