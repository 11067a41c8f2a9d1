//! What the daemon, its guard and its scripts may do, and what happens when that is too little.

use std::collections::BTreeSet;
use std::fs;
use std::process::Output;

use vrrp_tests::Daemon::Xvrrpd;
use vrrp_tests::{Lab, Node, Plan, eventually, kernel};

/// Where a script leaves what it is allowed.
const LEAVES_ITS_STATUS: &str = "#!/bin/sh\ncat /proc/self/status >/run/lab/script-status\n";

#[test]
fn daemon_and_guard_keep_what_they_need_and_a_script_of_root_has_all() {
    let lab = Lab::new(&Plan::seeds(Xvrrpd, Xvrrpd).with_script(LEAVES_ITS_STATUS));
    lab.start_alone(&lab.r1);
    let before = Capabilities::of(&status_of(&lab.r1, "self"));

    let daemon = Capabilities::of(&status_of(&lab.r1, &daemon_of(&lab.r1)));
    assert_eq!(
        daemon.effective,
        names(&["net_admin", "net_raw", "bpf", "dac_read_search"])
    );
    let mut at_hand = Vec::new();
    if kernel::needs_perfmon() {
        at_hand.push("perfmon");
    }
    if !before.effective.is_superset(&names(&["sys_resource"])) {
        // The limit on real-time priorities could not be lifted.
        at_hand.push("sys_nice");
    }
    daemon.are_no_more_than_effective(&before, &at_hand);

    let guard = Capabilities::of(&status_of(&lab.r1, &guard_of(&lab.r1)));
    let of_the_guard = names(&[
        "net_admin",
        "net_raw",
        "setuid",
        "setgid",
        "kill",
        "dac_override",
    ]);
    assert_eq!(guard.effective, of_the_guard);
    guard.are_no_more_than_effective(&before, &[]);

    assert_eq!(status_of_the_script(&lab.r1).effective, before.bounding);
}

#[test]
fn a_guard_that_is_replaced_and_its_scripts_have_what_they_had() {
    let lab = Lab::new(&Plan::seeds(Xvrrpd, Xvrrpd).with_script(LEAVES_ITS_STATUS));
    lab.start_alone(&lab.r1);
    let first = guard_of(&lab.r1);
    let before = Capabilities::of(&status_of(&lab.r1, &first));
    fs::remove_file(lab.r1.machine().path("/run/lab/script-status")).expect("the script has run");

    lab.r1.machine().run("kill", &["-KILL", &first]);

    eventually("the script runs again", || {
        let status = fs::read_to_string(lab.r1.machine().path("/run/lab/script-status"));
        status.is_ok_and(|status| status.contains("CapAmb"))
    });
    let second = guard_of(&lab.r1);
    assert_ne!(first, second);
    let after = Capabilities::of(&status_of(&lab.r1, &second));
    assert_eq!(after.effective, before.effective);
    assert_eq!(status_of_the_script(&lab.r1).effective, before.bounding);
}

#[test]
fn a_script_of_somebody_else_has_no_privileges() {
    // Whoever it is may write there.
    let script = "#!/bin/sh\ncat /proc/self/status >/tmp/script-status\n";
    let plan = Plan::seeds(Xvrrpd, Xvrrpd)
        .with_script(script)
        .with_configs(runs_scripts_as_nobody);
    let lab = Lab::new(&plan);
    lab.start_alone(&lab.r1);
    let status = fs::read_to_string(lab.r1.machine().path("/tmp/script-status"))
        .expect("the script has run");
    assert_eq!(Capabilities::of(&status).permitted, BTreeSet::new());
    assert!(status.contains("Uid:\t65534\t65534"), "{status}");
}

#[test]
fn somebody_who_is_not_root_can_run_it_with_capabilities_and_scripts_get_none_of_them() {
    const NOBODY: &str = "exec setpriv --reuid nobody --regid nogroup --clear-groups \
        --inh-caps +net_admin,+net_raw,+bpf,+setuid,+setgid,+kill \
        --ambient-caps +net_admin,+net_raw,+bpf,+setuid,+setgid,+kill \
        \"$@\" --pid /tmp/keepalived.pid";
    let launcher = if kernel::needs_perfmon() {
        NOBODY.replace("+bpf", "+bpf,+perfmon").leak()
    } else {
        NOBODY
    };
    let plan = Plan::seeds(Xvrrpd, Xvrrpd)
        .with_launcher_on_r1(&["sh", "-c", launcher, "sh"])
        .with_script("#!/bin/sh\ncat /proc/self/status >/tmp/script-status\n")
        .with_configs(|seed| seed.replacen("{\n", "{\n    script_user daemon\n", 1));
    let lab = Lab::new(&plan);
    lab.start_alone(&lab.r1);
    assert!(lab.r1.xdp_is_native("eth0"));

    let pid = lab.r1.machine().run("cat", &["/tmp/keepalived.pid"]);
    let daemon = status_of(&lab.r1, pid.trim());
    assert!(daemon.contains("Uid:\t65534\t65534"), "{daemon}");
    let effective = Capabilities::of(&daemon).effective;
    assert_eq!(effective, names(&["net_admin", "net_raw", "bpf"]));
    let guard = Capabilities::of(&status_of(&lab.r1, &guard_of(&lab.r1)));
    assert_eq!(guard.ambient, BTreeSet::new());
    let status = fs::read_to_string(lab.r1.machine().path("/tmp/script-status"))
        .expect("the script has run");
    assert!(status.contains("Uid:\t1\t1"), "{status}");
    assert_eq!(Capabilities::of(&status).permitted, BTreeSet::new());
}

#[test]
fn without_a_capability_that_everything_needs_nothing_starts() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    for (missing, line) in [
        (
            "net_admin",
            "CAP_NET_ADMIN is needed to set addresses and attach the XDP program and missing",
        ),
        (
            "net_raw",
            "CAP_NET_RAW is needed to send and hear adverts and missing",
        ),
    ] {
        refuses(&start_without(&lab.r1, missing), line);
    }
}

#[test]
fn what_scripts_of_others_need_is_asked_for_where_there_are_any() {
    let plan = Plan::seeds(Xvrrpd, Xvrrpd)
        .with_script("#!/bin/sh\n")
        .with_configs(runs_scripts_as_nobody);
    let lab = Lab::new(&plan);
    for missing in ["setuid", "setgid", "kill"] {
        let line = format!("CAP_{} is needed to", missing.to_uppercase());
        refuses(&start_without(&lab.r1, missing), &line);
    }
}

#[test]
fn without_the_capability_for_bpf_a_line_names_it_and_the_pair_works() {
    let launcher = ["setpriv", "--bounding-set", "-bpf"];
    let plan = Plan::seeds(Xvrrpd, Xvrrpd)
        .with_launcher_on_r1(&launcher)
        .with_script("#!/bin/sh\n");
    let lab = Lab::new(&plan);
    lab.elect();
    assert!(
        lab.r1
            .said(&["CAP_BPF is needed", "listening on raw sockets"])
    );
}

/// Starts the daemon in the foreground as a root that lacks one capability, and waits for its end.
fn start_without(node: &Node, missing: &str) -> Output {
    let bounding = format!("-{missing}");
    let words = ["--bounding-set", &bounding, "/usr/sbin/keepalived", "-n"];
    node.machine().output("setpriv", &words)
}

#[track_caller]
fn refuses(output: &Output, line: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains(line), "{said}");
    assert_eq!(said.lines().count(), 1, "one line says it all: {said}");
}

fn runs_scripts_as_nobody(seed: &str) -> String {
    seed.replacen("{\n", "{\n    script_user nobody\n", 1)
}

/// Sets of capabilities, as the kernel shows them.
#[derive(Debug)]
struct Capabilities {
    effective: BTreeSet<u32>,
    permitted: BTreeSet<u32>,
    inheritable: BTreeSet<u32>,
    ambient: BTreeSet<u32>,
    bounding: BTreeSet<u32>,
}

impl Capabilities {
    fn of(status: &str) -> Self {
        let set = |field: &str| {
            let digits = status
                .lines()
                .find_map(|line| line.strip_prefix(field)?.strip_prefix(":\t"));
            let bits = u64::from_str_radix(digits.expect("the kernel shows it"), 16)
                .expect("the kernel writes hexadecimal digits");
            (0..64).filter(|bit| bits >> bit & 1 == 1).collect()
        };
        Self {
            effective: set("CapEff"),
            permitted: set("CapPrm"),
            inheritable: set("CapInh"),
            ambient: set("CapAmb"),
            bounding: set("CapBnd"),
        }
    }

    #[track_caller]
    fn are_no_more_than_effective(&self, before: &Self, at_hand: &[&str]) {
        assert_eq!(self.permitted, &self.effective | &names(at_hand));
        assert_eq!(self.inheritable, BTreeSet::new());
        assert_eq!(self.ambient, BTreeSet::new());
        assert_eq!(
            self.bounding, before.bounding,
            "the next guard and scripts of root have theirs from it"
        );
    }
}

fn names(names: &[&str]) -> BTreeSet<u32> {
    let number = |name: &&str| match *name {
        "dac_override" => 1,
        "dac_read_search" => 2,
        "kill" => 5,
        "setgid" => 6,
        "setuid" => 7,
        "net_admin" => 12,
        "net_raw" => 13,
        "sys_nice" => 23,
        "sys_resource" => 24,
        "perfmon" => 38,
        "bpf" => 39,
        other => panic!("what number has {other}?"),
    };
    names.iter().map(number).collect()
}

fn status_of(node: &Node, process: &str) -> String {
    node.machine()
        .run("cat", &[&format!("/proc/{process}/status")])
}

fn status_of_the_script(node: &Node) -> Capabilities {
    let status = fs::read_to_string(node.machine().path("/run/lab/script-status"))
        .expect("the script has run");
    Capabilities::of(&status)
}

fn daemon_of(node: &Node) -> String {
    let number = node.machine().run("cat", &["/run/keepalived.pid"]);
    number.trim().to_owned()
}

fn guard_of(node: &Node) -> String {
    let find = "grep -lx xvrrpd-guard /proc/[0-9]*/comm | cut -d / -f 3";
    let number = node.machine().run("sh", &["-c", find]);
    number.trim().to_owned()
}
