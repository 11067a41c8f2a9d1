//! What `check --pair` says of the seeds is held against what happens.

use std::time::Duration;

use vrrp_tests::Daemon::Xvrrpd;
use vrrp_tests::story::Handover;
use vrrp_tests::{Lab, Moment, Node, seeds};

const PROGRAM: &str = "/usr/sbin/keepalived";
const OTHER: &str = "/etc/keepalived/other.conf";

#[test]
fn a_stop_takes_as_long_as_the_comparison_of_the_files_says() {
    let lab = elected();
    let foretold = foretold(&lab.r1, "stop");
    let stopped = Moment::now();
    lab.r1.stop_daemon();
    lasts(&lab, stopped, foretold);
}

/// The machine dies: nobody is left to say goodbye.
#[test]
fn a_crash_takes_as_long_as_the_comparison_of_the_files_says() {
    let lab = elected();
    let foretold = foretold(&lab.r1, "crash");
    let crashed = Moment::now();
    lab.r1.kill_every_process();
    lasts(&lab, crashed, foretold);
}

#[test]
fn quick_two_files_that_disagree_are_told_apart() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    let (code, said) = compare(&lab.r1, seeds::BACKUP_CONF);
    assert_eq!(code, 0, "{said}");
    let broken = seeds::BACKUP_CONF
        .replace("auth_pass 1111", "auth_pass 2222")
        .replace("nopreempt", "#");
    let (code, said) = compare(&lab.r1, &broken);
    assert_eq!(code, 5, "{said}");
    for words in [
        "both are Active",
        "`auth_pass` differs",
        "only keepalived.conf has `nopreempt`",
    ] {
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(compare(&lab.r1, "nothing {").0, 4);
}

fn elected() -> Lab {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    lab
}

fn lasts(lab: &Lab, since: Moment, foretold: Duration) {
    let limit = Duration::from_secs(8);
    Handover::watch(lab, &lab.r1, &lab.r2, since, limit).lasted(foretold);
}

/// How long the comparison says that it takes r2 when r1 is lost by `cause`, to the millisecond.
fn foretold(node: &Node, cause: &str) -> Duration {
    let (_, said) = compare(node, seeds::BACKUP_CONF);
    let line = said
        .lines()
        .skip_while(|line| !line.contains("when keepalived.conf is lost"))
        .find_map(|line| line.trim().strip_prefix(cause));
    let whole = line.and_then(|line| line.trim().split(['.', ' ']).next());
    let millis = whole.and_then(|whole| whole.parse().ok());
    Duration::from_millis(millis.expect("it says how long it takes"))
}

/// Exit code and words of a comparison of a node's file with this one.
fn compare(node: &Node, other: &str) -> (i32, String) {
    let machine = node.machine();
    std::fs::write(machine.path(OTHER), other).expect("the node has a folder for it");
    let files = ["check", "--pair", "/etc/keepalived/keepalived.conf", OTHER];
    let output = machine.output(PROGRAM, &files);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap_or(-1), said)
}
