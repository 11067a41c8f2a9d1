//! Two routers on two networks that are Active together or not at all.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use vrrp_tests::Daemon::{self, Keepalived, Xvrrpd};
use vrrp_tests::node::RoleName::{self, Backup, Fault, Master};
use vrrp_tests::{Lab, Moment, Node, eventually, never, within};

use crate::reload::{Reloaded, reload};

/// How long anything here may take on a busy machine.
const LONG: Duration = Duration::from_secs(20);
/// Longer than any Backup's patience at a fifth of a second.
const A_WHILE: Duration = Duration::from_secs(2);

const MEMBERS: [&str; 2] = ["INSIDE", "OUTSIDE"];

#[test]
fn quick_a_cable_that_is_pulled_moves_both_and_plugged_in_again_both_come_back() {
    cable_moves_both(Xvrrpd, Xvrrpd);
}

#[test]
fn keepalived_follows_our_group() {
    cable_moves_both(Xvrrpd, Keepalived);
}

#[test]
fn our_group_follows_keepalived() {
    cable_moves_both(Keepalived, Xvrrpd);
}

fn cable_moves_both(r1: Daemon, r2: Daemon) {
    let lab = Lab::of_seeds(r1, r2);
    for node in [&lab.r1, &lab.r2] {
        node.write_config(&config(node.identity().priority, GROUP));
        node.start_daemon();
    }
    within(LONG, "r1 is MASTER of both", || {
        both_are(&lab.r1, Master) && both_are(&lab.r2, Backup)
    });
    lab.pull_cable(&lab.r1, "eth1");
    within(LONG, "r2 is MASTER of both", || {
        both_are(&lab.r2, Master) && both_are(&lab.r1, Fault)
    });
    never(A_WHILE, "anybody changes", || !both_are(&lab.r2, Master));
    lab.plug_cable(&lab.r1, "eth1");
    within(LONG, "r1 is MASTER of both again", || {
        both_are(&lab.r1, Master) && both_are(&lab.r2, Backup)
    });
}

/// As in keepalived: after the members' own, and with a priority of 0.
#[test]
fn the_scripts_of_a_group_are_told_when_all_members_have_changed() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    let script = lab.r1.machine().path("/etc/keepalived/notify.sh");
    fs::write(&script, "#!/bin/sh\necho \"$*\" >>/run/lab/notified\n").expect("a folder");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("a file");
    let group = GROUP.replace(
        "    group {",
        "    notify /etc/keepalived/notify.sh\n    group {",
    );
    lab.r1.write_config(&config(100, &group));
    lab.r1.start_daemon();
    within(LONG, "r1 is MASTER of both", || both_are(&lab.r1, Master));
    assert!(
        lab.r1
            .said(&["VRRP_Group(G) Syncing instances to MASTER state"])
    );
    lab.r1.stop_daemon();
    let told = ["GROUP G BACKUP 0", "GROUP G MASTER 0", "GROUP G STOP 0"];
    eventually("each is told once", || {
        let notified = lab.r1.machine().path("/run/lab/notified");
        let text = fs::read_to_string(notified).unwrap_or_default();
        text.lines().eq(told)
    });
}

/// A switch between the nodes fails on one network, and no cable tells. keepalived's groups go to and fro then.
#[test]
fn a_network_that_is_lost_without_a_sign_moves_nobody() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    for node in [&lab.r1, &lab.r2] {
        node.write_config(&config(node.identity().priority, GROUP));
        node.start_daemon();
    }
    within(LONG, "r1 is MASTER of both", || {
        both_are(&lab.r1, Master) && both_are(&lab.r2, Backup)
    });
    let switch = lab.switch();
    switch.ip_batch("link set r1-eth1 nomaster\n");
    eventually("r2 says what it waits for", || {
        lab.r2
            .said(&["INSIDE of the sync group still hears a MASTER"])
    });
    never(2 * A_WHILE, "anybody changes", || {
        !both_are(&lab.r1, Master) || !both_are(&lab.r2, Backup)
    });
    lab.r1.kill_every_process();
    within(LONG, "r2 is MASTER of both", || both_are(&lab.r2, Master));
}

#[test]
fn a_reload_that_makes_a_group_brings_its_members_into_step() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    // Alone, each node is better on one network.
    for (node, [inside, outside]) in [(&lab.r1, [150, 100]), (&lab.r2, [100, 150])] {
        let texts = [
            instance("INSIDE", "eth0", 61, inside),
            instance("OUTSIDE", "eth1", 62, outside),
        ];
        node.write_config(&texts.concat());
        node.start_daemon();
    }
    within(LONG, "each is MASTER of one", || {
        is(&lab.r1, "INSIDE", Master) && is(&lab.r2, "OUTSIDE", Master)
    });
    for node in [&lab.r1, &lab.r2] {
        let text = fs::read_to_string(node.machine().path("/etc/keepalived/keepalived.conf"));
        node.write_config(&format!("{GROUP}{}", text.expect("its configuration")));
        assert_eq!(reload(node), Reloaded::Complete);
        assert!(node.said(&["the sync group G begins: INSIDE, OUTSIDE"]));
    }
    let one_has_both = || {
        [(&lab.r1, &lab.r2), (&lab.r2, &lab.r1)]
            .iter()
            .any(|(one, other)| both_are(one, Master) && both_are(other, Backup))
    };
    within(LONG, "one node is MASTER of both", one_has_both);
    never(2 * A_WHILE, "it goes to and fro", || !one_has_both());
}

#[test]
fn with_vrrp_startup_delay_nothing_is_sent_before() {
    const DELAY: Duration = Duration::from_secs(3);
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    let owner = instance("OWNER", "eth0", 63, 255);
    let global = "global_defs {\n    vrrp_startup_delay 3\n}\n";
    lab.r1.write_config(&format!("{global}{owner}"));
    let began = Moment::now();
    lab.r1.start_daemon();
    within(LONG, "it speaks", || !lab.first.advertisements().is_empty());
    let first = lab.first.advertisements()[0].at.since(began);
    assert!(first >= DELAY, "{first:?}");
    assert!(lab.r1.said(&["Delaying startup for 3 seconds"]));
}

const GROUP: &str = "vrrp_sync_group G {\n    group {\n        INSIDE\n        OUTSIDE\n    }\n}\n";

fn config(priority: u8, group: &str) -> String {
    let inside = instance("INSIDE", "eth0", 61, priority);
    let outside = instance("OUTSIDE", "eth1", 62, priority);
    format!("{group}{inside}{outside}")
}

fn instance(name: &str, interface: &str, vrid: u8, priority: u8) -> String {
    format!(
        "vrrp_instance {name} {{\n    interface {interface}\n    version 3\n    virtual_router_id {vrid}\n    priority {priority}\n    \
         advert_int 0.2\n    virtual_ipaddress {{\n        10.99.0.{vrid}/32\n    }}\n}}\n"
    )
}

fn both_are(node: &Node, role: RoleName) -> bool {
    MEMBERS.iter().all(|name| is(node, name, role))
}

fn is(node: &Node, name: &str, role: RoleName) -> bool {
    node.role_of(name) == Some(role)
}
