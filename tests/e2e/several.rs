//! Several routers on one node: what a reload moves between them, and who leaves.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use vrrp_tests::Daemon::Xvrrpd;
use vrrp_tests::{Lab, Node, Plan, seeds, within};

use crate::reload::{PATIENCE, Reloaded, reload};

/// keepalived tells the scripts of whoever leaves that it is at fault.
#[test]
fn the_scripts_of_a_router_that_leaves_are_run_also_those_that_wait_behind_a_slow_one() {
    let lab = alone();
    write_script(&lab.r1, "slow.sh", "#!/bin/sh\nsleep 3\n");
    let notify = "#!/bin/sh\necho \"$*\" >>/run/lab/notified\n";
    write_script(&lab.r1, "notify.sh", notify);
    let second = "    notify_master /etc/keepalived/slow.sh\n\
                  \x20   notify_fault \"/etc/keepalived/notify.sh f\"\n\
                  \x20   notify /etc/keepalived/notify.sh\n";
    with_second(&lab.r1, "192.168.0.7", second);
    within(PATIENCE, "VI_2 is Active", || {
        lab.r1.said(&["(VI_2) Entering MASTER STATE"])
    });

    lab.r1.write_config(seeds::MASTER_CONF);
    assert_eq!(reload(&lab.r1), Reloaded::Complete);

    within(
        PATIENCE,
        "what waited behind the slow script is run",
        || {
            let notified = lab.r1.machine().path("/run/lab/notified");
            let text = fs::read_to_string(notified).unwrap_or_default();
            let mut lines: Vec<_> = text.lines().collect();
            lines.sort_unstable();
            let state = |state: &str| format!("INSTANCE VI_2 {state} 100");
            lines == [&state("BACKUP"), &state("FAULT"), &state("MASTER"), "f"]
        },
    );
    assert!(!lab.r1.said(&["could not start"]));
    assert!(!lab.r1.said(&["() "]), "every line says whom it is about");
}

/// r1 is Active, and there is nobody else.
fn alone() -> Lab {
    let lab = Lab::new(&Plan::seeds(Xvrrpd, Xvrrpd));
    lab.start_alone(&lab.r1);
    lab
}

/// Has a node serve a second router as well, with one address beside those of the seeds.
fn with_second(node: &Node, address: &str, more: &str) {
    node.write_config(&format!(
        "{}\n{}",
        seeds::MASTER_CONF,
        second(address, more)
    ));
    assert_eq!(reload(node), Reloaded::Complete);
}

fn second(addresses: &str, more: &str) -> String {
    format!(
        "vrrp_instance VI_2 {{\n    interface eth0\n    virtual_router_id 90\n{more}    \
         virtual_ipaddress_excluded {{\n        {addresses} dev eth1\n    }}\n}}\n"
    )
}

fn write_script(node: &Node, name: &str, text: &str) {
    let path = node.machine().path(&format!("/etc/keepalived/{name}"));
    fs::write(&path, text).expect("the node has a folder for its scripts");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be executable");
}
