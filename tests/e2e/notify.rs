//! What scripts are told of a transition.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use vrrp_tests::Daemon::{self, Keepalived, Xvrrpd};
use vrrp_tests::{Lab, Node, Plan, eventually};

const NOTIFY: &str = "#!/bin/sh\necho \"$*\" >>/run/lab/notified\n";

/// Every notify keyword of an instance, each with a word of its own.
const KEYWORDS: &str = "    notify_master \"/etc/keepalived/notify.sh m\"\n\
                        \x20   notify_backup \"/etc/keepalived/notify.sh b\"\n\
                        \x20   notify_stop \"/etc/keepalived/notify.sh s\"\n\
                        \x20   notify /etc/keepalived/notify.sh\n";

#[test]
fn keepalived_notifies_scripts_of_every_transition() {
    notifies(Keepalived);
}

#[test]
fn scripts_are_notified_as_keepalived_does() {
    notifies(Xvrrpd);
}

fn notifies(daemon: Daemon) {
    let with_notify =
        |seed: &str| seed.replace("    nopreempt\t", &format!("{KEYWORDS}    nopreempt\t"));
    let lab = Lab::new(&Plan::seeds(daemon, daemon).with_configs(with_notify));
    install(&lab.r1);
    lab.start_alone(&lab.r1);
    lab.r1.stop_daemon();

    // They run side by side, so only what was said is certain, not in which order.
    let expected = [
        "INSTANCE HA_V1 BACKUP 101",
        "INSTANCE HA_V1 MASTER 101",
        "INSTANCE HA_V1 STOP 101",
        "b",
        "m",
        "s",
    ];
    eventually("every script was run once", || {
        notified(&lab.r1) == expected
    });
}

fn install(node: &Node) {
    let path = node.machine().path("/etc/keepalived/notify.sh");
    fs::write(&path, NOTIFY).expect("the node has a folder for its scripts");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it can be executable");
}

fn notified(node: &Node) -> Vec<String> {
    let text = fs::read_to_string(node.machine().path("/run/lab/notified")).unwrap_or_default();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}
