//! When the kernel runs the elections: before everything else, where a flood ends in the program.

use std::fs;
use std::time::Duration;

use vrrp_tests::Daemon::Xvrrpd;
use vrrp_tests::{Lab, Node, within};

use crate::reload::{Reloaded, reload};

/// How long anything here may take on a busy machine.
const LONG: Duration = Duration::from_secs(15);

#[test]
fn quick_only_the_elections_have_real_time_priority() {
    let lab = lab("");
    lab.r1.start_daemon();
    within(LONG, "r1 is Active", || lab.r1.is_active());
    assert!(lab.r1.said(&["the elections have real-time priority 10"]));
    let threads = threads(&lab.r1);
    let real_time: Vec<_> = threads
        .iter()
        .filter(|thread| thread.priority > 0)
        .collect();
    assert_eq!(real_time.len(), 1, "{threads:?}");
    assert_eq!(
        (real_time[0].name.as_str(), real_time[0].priority),
        ("election", 10)
    );
}

#[test]
fn on_raw_sockets_a_flood_gets_no_real_time_priority() {
    let lab = lab("    @xvrrpd xdp_mode off\n");
    lab.r1.start_daemon();
    within(LONG, "r1 is Active", || lab.r1.is_active());
    assert!(threads(&lab.r1).iter().all(|thread| thread.priority == 0));
}

#[test]
fn an_operator_says_when_and_where_the_elections_run() {
    let lab = lab(
        "    vrrp_rt_priority 20\n    vrrp_cpu_affinity 1\n    vrrp_no_swap\n    max_auto_priority 50\n",
    );
    lab.r1.start_daemon();
    within(LONG, "r1 is Active", || lab.r1.is_active());
    let threads = threads(&lab.r1);
    let election = threads.iter().find(|thread| thread.name == "election");
    let election = election.expect("there is one");
    assert_eq!((election.priority, election.processors.as_str()), (20, "1"));
    let others = threads.iter().filter(|thread| thread.name != "election");
    assert!(
        others.into_iter().all(|thread| thread.processors != "1"),
        "{threads:?}"
    );
    if may_lock_memory(&lab.r1) {
        assert!(status(&lab.r1, "VmLck:").is_some());
    } else {
        assert!(lab.r1.said(&["`vrrp_no_swap`", "LimitMEMLOCK=infinity"]));
    }

    lab.r1.write_config(&configuration(""));
    assert_eq!(reload(&lab.r1), Reloaded::Complete);
    assert!(
        lab.r1
            .said(&["`vrrp_rt_priority`", "change at the next start only"])
    );
}

#[test]
fn where_real_time_priority_is_refused_the_elections_go_on_without() {
    let lab = Lab::new(
        &vrrp_tests::Plan::seeds(Xvrrpd, Xvrrpd).with_launcher_on_r1(&[
            "setpriv",
            "--bounding-set",
            "-sys_nice,-sys_resource",
        ]),
    );
    lab.r1
        .write_config(&configuration("    vrrp_rt_priority 20\n"));
    lab.r1.start_daemon();
    within(LONG, "r1 is Active", || lab.r1.is_active());
    assert!(
        lab.r1
            .said(&["`vrrp_rt_priority`: Operation not permitted"]),
        "{}",
        lab.r1.log()
    );
}

fn lab(global: &str) -> Lab {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.r1.write_config(&configuration(global));
    lab
}

fn configuration(global: &str) -> String {
    format!(
        "global_defs {{\n{global}}}\nvrrp_instance A {{\n    interface eth0\n    virtual_router_id 62\n    version 3\n    advert_int 0.2\n    \
         virtual_ipaddress {{\n        192.168.0.5/24 dev eth1\n    }}\n}}\n"
    )
}

/// A thread of the daemon or its guard.
#[derive(Debug)]
struct Thread {
    name: String,
    /// In real time; 0 for none.
    priority: u32,
    /// Where it may run.
    processors: String,
}

fn threads(node: &Node) -> Vec<Thread> {
    let mut threads = Vec::new();
    for pid in pids(node) {
        let tasks = node.machine().path(&format!("/proc/{pid}/task"));
        for task in fs::read_dir(tasks).expect("it runs").flatten() {
            let read = |name: &str| fs::read_to_string(task.path().join(name)).unwrap_or_default();
            // The fortieth word, after a name that may have spaces.
            let stat = read("stat");
            let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
            let priority = after_name.split_whitespace().nth(37);
            threads.push(Thread {
                name: read("comm").trim().to_owned(),
                priority: priority.and_then(|word| word.parse().ok()).unwrap_or(0),
                processors: entry(&read("status"), "Cpus_allowed_list:").unwrap_or_default(),
            });
        }
    }
    threads
}

/// Whether a root of this machine may lift the limit, or has none.
fn may_lock_memory(node: &Node) -> bool {
    let script = "ulimit -l unlimited 2>/dev/null; ulimit -l";
    node.machine().run("sh", &["-c", script]).trim() == "unlimited"
}

/// What the daemon's process has, if anything.
fn status(node: &Node, what: &str) -> Option<String> {
    let mut pids = pids(node).into_iter();
    pids.find_map(|pid| {
        let path = node.machine().path(&format!("/proc/{pid}/status"));
        let status = fs::read_to_string(path).ok()?;
        entry(&status, what).filter(|value| value != "0 kB")
    })
}

fn entry(status: &str, what: &str) -> Option<String> {
    let line = status.lines().find_map(|line| line.strip_prefix(what))?;
    Some(line.trim().to_owned())
}

fn pids(node: &Node) -> Vec<String> {
    let found = node.machine().run("pidof", &["/usr/sbin/keepalived"]);
    found.split_whitespace().map(str::to_owned).collect()
}
