//! The operator asks afterwards why it happened, also of a daemon that has crashed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;
use std::time::Duration;

use serde_json::Value;
use vrrp_tests::Daemon::Xvrrpd;
use vrrp_tests::condition::found_within;
use vrrp_tests::process::Background;
use vrrp_tests::story::Handover;
use vrrp_tests::{Lab, Moment, Node, eventually, seeds, within};

/// Where the daemon is on a node.
const PROGRAM: &str = "/usr/sbin/keepalived";
/// What a daemon that crashes leaves.
const LAST_WORDS: &str = "/run/keepalived.panic.json";
/// What things may take on a busy machine.
const LONG: Duration = Duration::from_secs(40);

#[test]
fn quick_both_nodes_tell_why_the_addresses_moved_and_what_was_heard() {
    let lab = elected();
    let pulled = Moment::now();
    lab.pull_cable(&lab.r1, "eth0");
    let handover = Handover::watch(&lab, &lab.r1, &lab.r2, pulled, LONG);
    let (lost, gained) = (last(&lab.r1, "FAULT"), last(&lab.r2, "MASTER"));

    assert_eq!(lost["from"], "MASTER");
    assert!(lab.r1.said(&["because: ", text(&lost, "because")]));
    let sent = &lost["before"]["adverts"][0];
    assert_eq!(
        (&sent["way"], &sent["priority"]),
        (&"sent".into(), &101.into())
    );

    assert_eq!(gained["from"], "BACKUP");
    assert!(lab.r2.said(&["because: ", text(&gained, "because")]));
    let before = gained["before"]["adverts"].as_array().expect("a list");
    let heard = before.last().expect("the last advert was heard");
    assert_eq!(heard["source"], "10.89.0.9", "{gained:#}");
    assert_eq!(heard["priority"], 101);
    let program = &gained["program"];
    assert!(program["accepted"].as_u64() > Some(0), "{gained:#}");
    assert_eq!(program["last"]["last_ms"], heard["last_ms"], "{gained:#}");
    // It is as long ago as the network says the silence was.
    let silence = i64::try_from(handover.silence.as_millis()).expect("seconds");
    let heard_ms = heard["last_ms"].as_i64().expect("a number");
    assert!((heard_ms + silence).abs() < 300, "{silence} ms, {gained:#}");
    within(LONG, "and what was sent afterwards", || {
        let gained = last(&lab.r2, "MASTER");
        let sent = &gained["after"]["adverts"][0];
        sent["way"] == "sent" && sent["priority"] == 100 && sent["count"].as_u64() > Some(2)
    });

    let (code, page, complaint) = told(&lab.r2, &["history", "HA_V1"]);
    assert_eq!((code, complaint.as_str()), (0, ""));
    for part in [
        "HA_V1: BACKUP to MASTER",
        text(&gained, "because").split(' ').next().unwrap_or(""),
        "heard 10.89.0.9, priority 101, due every 1 s",
        "sent, priority 100, due every 1 s",
        "the program    had accepted",
    ] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
}

#[test]
fn after_hundreds_of_transitions_the_last_stay_and_the_rest_is_counted() {
    let lab = elected();
    // Only the Backup flaps.
    let forgotten = || {
        let history = history(&lab.r2, &["--last", "1000"]);
        let forgotten = history["forgotten"]["HA_V1"].as_u64().unwrap_or(0);
        (forgotten > 200).then_some(history)
    };
    let history = found_within(6 * LONG, "more than two hundred are forgotten", || {
        let flap = "for turn in 1 2 3 4 5 6 7 8 9 10; do \
                    ip link set eth1 down; ip link set eth1 up; done";
        lab.r2.machine().run("sh", &["-c", flap]);
        forgotten()
    });
    let transitions = history["transitions"].as_array().expect("a list");
    assert_eq!(transitions.len(), 32);
    assert!(
        transitions.is_sorted_by_key(|one| one["at"].as_str().unwrap_or("").to_owned()),
        "{transitions:#?}"
    );
    assert!(transitions.iter().all(|one| one["vrid"] == 213));
    let (_, page, _) = told(&lab.r2, &["history", "--last", "2"]);
    assert!(page.contains("transitions that nobody remembers"), "{page}");
    assert!(page.contains("30 older transitions not shown"), "{page}");
    assert!(lab.r1.is_active() && lab.r1.holds_the_addresses());
}

/// A router that a reload takes away is remembered, and the one of another VRID in its place begins anew, under the same name.
#[test]
fn the_history_survives_reloads_and_its_instance() {
    let lab = elected();
    let before = history(&lab.r1, &[]);
    assert_eq!(told(&lab.r1, &["reload"]).0, 0);
    lab.r1
        .write_config(&seeds::MASTER_CONF.replace("priority 101", "priority 110"));
    assert_eq!(told(&lab.r1, &["reload"]).0, 0);
    let after = history(&lab.r1, &[]);
    let count = |history: &Value| history["transitions"].as_array().map_or(0, Vec::len);
    assert_eq!(count(&before), count(&after), "{after:#}");
    assert_eq!(
        before["transitions"][0]["at"],
        after["transitions"][0]["at"]
    );

    let other = seeds::MASTER_CONF.replace("virtual_router_id 213", "virtual_router_id 214");
    lab.r1.write_config(&other);
    assert_eq!(told(&lab.r1, &["reload"]).0, 0);
    let both = found_within(LONG, "the new one takes part", || {
        let history = history(&lab.r1, &["HA_V1"]);
        let has = |vrid: u8| {
            let all = history["transitions"].as_array().into_iter().flatten();
            all.filter(move |one| one["vrid"] == vrid).count()
        };
        (has(213) > 0 && has(214) > 0).then_some(history)
    });
    let mut gone = both["transitions"].as_array().into_iter().flatten();
    let gone = gone.rfind(|one| one["vrid"] == 213).expect("it was there");
    assert_eq!(gone["to"], "INIT");
    assert!(text(gone, "because").contains("reload"), "{gone:#}");
    // The farewell came before the end.
    let before = gone["before"]["adverts"].as_array().expect("a list");
    let farewell = before.last().expect("it spoke");
    assert_eq!(
        (&farewell["way"], &farewell["priority"]),
        (&"sent".into(), &0.into())
    );
    let (code, _, complaint) = told(&lab.r1, &["history", "HA_V9"]);
    assert_eq!(code, 1);
    assert!(complaint.contains("HA_V1"), "{complaint}");
}

#[test]
fn without_a_daemon_history_exits_3_and_names_the_socket() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    let (code, said, complaint) = told(&lab.r1, &["history"]);
    assert_eq!((code, said.as_str()), (3, ""));
    assert!(
        complaint.ends_with("no daemon answers at /run/keepalived.sock\n"),
        "{complaint}"
    );
}

/// The kernel refuses a thread that cannot be done without: that is a panic, and no test in the program knows of it.
#[test]
fn a_daemon_that_panics_leaves_its_history_and_the_guard_cleans_up() {
    let lab = elected();
    assert!(!lab.r1.machine().path(LAST_WORDS).exists());
    let hostile = refuse_threads(&lab.r1);
    let since = Moment::now();
    within(LONG, "the daemon panics", || {
        told(&lab.r1, &["reload"]);
        !lab.r1.is_running()
    });
    let handover = Handover::watch(&lab, &lab.r1, &lab.r2, since, LONG);
    assert!(handover.farewell, "the guard says farewell for it");
    within(LONG, "the guard removes the addresses", || {
        lab.r1.holds_no_address()
    });
    drop(hostile);

    eventually("one line of the log says what and where", || {
        lab.r1
            .said(&["panic in thread ", "history --dump", LAST_WORDS])
    });
    let file = lab.r1.machine().path(LAST_WORDS);
    let mode = fs::metadata(&file).expect("it left its last words");
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);

    let dump = ["history", "--dump", LAST_WORDS];
    let (code, page, complaint) = told(&lab.r1, &dump);
    assert_eq!((code, complaint.as_str()), (0, ""));
    for part in ["panic in thread ", "thread", "HA_V1: BACKUP to MASTER"] {
        assert!(page.contains(part), "{part} is not in\n{page}");
    }
    let (_, json, _) = told(&lab.r1, &["history", "--json", "--dump", LAST_WORDS]);
    let words: Value = serde_json::from_str(&json).expect("it is JSON");
    assert!(
        text(&words, "backtrace").contains("vrrp_userspace"),
        "{words:#}"
    );
    let last = words["history"]["transitions"]
        .as_array()
        .and_then(|all| all.last());
    assert_eq!(last.map(|one| &one["to"]), Some(&"MASTER".into()));

    // The next one starts as if nothing had been.
    lab.r1.start_daemon();
    eventually("r1 is Backup", || lab.r1.is_backup());
    assert_eq!(told(&lab.r1, &["history"]).0, 0);
}

/// Lets the daemon start no thread, once those that it keeps for a while are gone; until the returned value is dropped.
fn refuse_threads(node: &Node) -> Background {
    let pid = node.machine().run("cat", &["/run/keepalived.pid"]);
    let pid = pid.trim();
    let count = "cat /proc/$(cat /run/keepalived.pid)/task/*/comm | grep -c '^controller'";
    within(LONG, "the runtime has its two workers and no more", || {
        node.machine().run("sh", &["-c", count]).trim() == "2"
    });
    let mut strace = node.machine().command("strace");
    strace.args(["--follow-forks", "--attach", pid, "--quiet=all"]);
    strace.args(["--trace", "clone,clone3"]);
    strace.args(["--inject", "clone,clone3:error=EPERM"]);
    let hostile = Background::start(&mut strace);
    let traced = format!("/proc/{pid}/status");
    within(LONG, "strace holds it", || {
        let status = node.machine().run("cat", &[&traced]);
        status.contains("TracerPid:") && !status.contains("TracerPid:\t0\n")
    });
    hostile
}

fn elected() -> Lab {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    lab
}

/// The history of a node, as a program reads it.
#[track_caller]
fn history(node: &Node, words: &[&str]) -> Value {
    let words: Vec<_> = ["history", "--json"].iter().chain(words).copied().collect();
    let (code, said, complaint) = told(node, &words);
    assert_eq!(code, 0, "{complaint}");
    serde_json::from_str(&said).expect("it is JSON")
}

/// The last time the node became `to`.
#[track_caller]
fn last(node: &Node, to: &str) -> Value {
    let history = history(node, &[]);
    let mut all = history["transitions"].as_array().into_iter().flatten();
    let last = all.rfind(|one| one["to"] == to);
    last.unwrap_or_else(|| panic!("no {to} in {history:#}"))
        .clone()
}

#[track_caller]
fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().expect("it is a text")
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
