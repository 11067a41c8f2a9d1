//! The operator asks the running daemon, and tells it what to do.

use std::process::Output;

use vrrp_tests::Daemon::Xvrrpd;
use vrrp_tests::story::Calm;
use vrrp_tests::{Lab, Node, seeds};

const CONFIG: &str = "/etc/keepalived/keepalived.conf";
const CANDIDATE: &str = "/etc/keepalived/candidate.conf";

#[test]
fn quick_a_reload_says_what_it_changes_and_that_nothing_does() {
    let lab = elected();
    let calm = Calm::now(&lab);
    assert_eq!(
        told(&lab.r1, &["reload"]),
        (0, "nothing changes\n".into(), String::new())
    );

    lab.r1
        .write_config(&seeds::MASTER_CONF.replace("priority 101", "priority 110"));
    let (code, said, complaint) = told(&lab.r1, &["reload"]);
    assert_eq!((code, complaint.as_str()), (0, ""));
    assert_eq!(said, "(HA_V1) `priority` changes from 101 to 110\n");
    assert!(calm.lasts());
}

#[test]
fn a_broken_file_is_refused_aloud_and_what_runs_goes_on() {
    let lab = elected();
    let calm = Calm::now(&lab);
    lab.r1
        .write_config(&seeds::MASTER_CONF.replace("virtual_router_id", "# "));
    let (code, said, complaint) = told(&lab.r1, &["reload"]);
    assert_eq!((code, said.as_str()), (1, ""));
    assert!(
        complaint.contains("virtual_router_id") && complaint.contains("the running configuration"),
        "{complaint}"
    );
    assert!(calm.lasts());
    assert!(lab.r1.is_active() && lab.r1.holds_the_addresses());
}

#[test]
fn a_preview_says_what_a_reload_would_change_and_changes_nothing() {
    let lab = elected();
    let calm = Calm::now(&lab);
    let candidate = seeds::MASTER_CONF
        .replace("priority 101", "priority 90")
        .replace("192.168.0.6 dev", "192.168.0.7 dev");
    write(&lab.r1, CANDIDATE, &candidate);
    let preview = ["check", "--against-running", CANDIDATE];

    let (code, said, complaint) = told(&lab.r1, &preview);
    assert_eq!((code, complaint.as_str()), (0, ""));
    assert!(
        said.contains("(HA_V1) `priority` changes from 101 to 90"),
        "{said}"
    );
    assert!(said.contains("192.168.0.7/32 on eth1 comes"), "{said}");
    assert_eq!(told(&lab.r1, &preview).1, said, "the first changed nothing");
    assert_eq!(told(&lab.r1, &["reload"]).1, "nothing changes\n");

    write(&lab.r1, CANDIDATE, "vrrp_instance HA_V1 {\n");
    let (code, said, complaint) = told(&lab.r1, &preview);
    assert_eq!((code, said.as_str()), (1, ""));
    assert!(complaint.contains(CANDIDATE), "{complaint}");
    assert!(calm.lasts());
    assert!(lab.r1.is_active() && lab.r1.holds_the_addresses());
}

#[test]
fn without_a_daemon_the_socket_that_was_tried_is_named() {
    let lab = elected();
    lab.r1.stop_daemon();
    let beside = "no daemon answers at /run/keepalived.sock\n";
    for command in [&["reload"][..], &["check", "--against-running", CONFIG]] {
        let (code, said, complaint) = told(&lab.r1, command);
        assert_eq!((code, said.as_str()), (3, ""), "{command:?}");
        assert!(complaint.ends_with(beside), "{complaint}");
    }
    let (code, _, complaint) = told(&lab.r1, &["reload", "-p", "/x/a.pid"]);
    assert_eq!(code, 3);
    assert!(complaint.contains("/x/a.sock"), "{complaint}");
}

/// Nobody but root changes anything; whoever is in no group does not even get in.
#[test]
fn who_is_not_root_is_turned_away() {
    let lab = elected();
    let words = ["-u", "nobody", "--", PROGRAM, "reload"];
    let (code, said, complaint) = parts(lab.r1.machine().output("runuser", &words));
    assert_eq!((code, said.as_str()), (1, ""));
    assert!(complaint.contains("root"), "{complaint}");
}

/// Where the daemon is on a node.
const PROGRAM: &str = "/usr/sbin/keepalived";

fn elected() -> Lab {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    lab
}

/// Exit code, what was said, and what was complained of.
fn told(node: &Node, command: &[&str]) -> (i32, String, String) {
    parts(node.machine().output(PROGRAM, command))
}

fn parts(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn write(node: &Node, path: &str, text: &str) {
    std::fs::write(node.machine().path(path), text).expect("the node has a folder for its files");
}
