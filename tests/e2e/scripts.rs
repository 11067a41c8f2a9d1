//! What the tracked script may do, and what may be done to it.

use std::fs;
use std::time::Duration;

use vrrp_tests::Daemon::{self, Keepalived, Xvrrpd};
use vrrp_tests::story::{self, Calm, Handover};
use vrrp_tests::{Lab, Moment, Node, Plan, eventually, never, seeds, within};

/// Fails as long as the node is not told to be well.
const TOLD: &str = "#!/bin/sh\ntest ! -e /run/lab/unwell\n";

/// Never ends, and its own child outlives a signal to itself alone.
const HANGS: &str = "#!/bin/sh\ntest ! -e /run/lab/unwell && exit 0\n\
                     echo $$ >>/run/lab/hung\nsleep 1000\n";

#[test]
fn keepaliveds_script_heals_haproxy() {
    heals(Keepalived);
}

#[test]
fn the_script_heals_haproxy_and_no_role_changes() {
    heals(Xvrrpd);
}

fn heals(daemon: Daemon) {
    let lab = Lab::of_seeds(daemon, daemon);
    lab.elect();
    story::script_heals_haproxy(&lab, &lab.r1);
}

#[test]
fn keepaliveds_script_stops_it_and_it_comes_back_as_backup() {
    is_stopped_and_comes_back(Keepalived, Keepalived);
}

#[test]
fn the_script_stops_the_daemon_and_it_comes_back_as_backup() {
    is_stopped_and_comes_back(Xvrrpd, Xvrrpd);
}

#[test]
fn the_script_stops_us_beside_keepalived() {
    is_stopped_and_comes_back(Xvrrpd, Keepalived);
}

#[test]
fn the_script_stops_keepalived_beside_us() {
    is_stopped_and_comes_back(Keepalived, Xvrrpd);
}

fn is_stopped_and_comes_back(r1: Daemon, r2: Daemon) {
    let lab = Lab::of_seeds(r1, r2);
    lab.elect();
    story::script_stops_the_daemon(&lab, &lab.r1, &lab.r2);
    story::comes_back_as_backup(&lab, &lab.r1, &lab.r2);
}

#[test]
fn keepalived_is_at_fault_while_its_script_fails() {
    is_at_fault_while_the_script_fails(Keepalived);
}

#[test]
fn a_node_is_at_fault_while_its_script_fails() {
    is_at_fault_while_the_script_fails(Xvrrpd);
}

fn is_at_fault_while_the_script_fails(daemon: Daemon) {
    let lab = Lab::new(&Plan::seeds(daemon, daemon).with_script(TOLD));
    lab.elect();

    let failed = Moment::now();
    set_unwell(&lab.r1, true);

    let limit = seeds::SCRIPT_NOTICES + Duration::from_secs(2);
    let handover = Handover::watch(&lab, &lab.r1, &lab.r2, failed, limit);
    handover.lasted(seeds::skew_time(lab.r2.identity().priority));
    assert!(handover.farewell, "who is at fault says farewell");
    assert!(lab.r1.is_at_fault() && lab.r1.holds_no_address());
    assert!(
        lab.r1
            .said(&["VRRP_Script(chk_haproxy) failed (exited with status 1)"])
    );

    set_unwell(&lab.r1, false);
    within(seeds::SCRIPT_NOTICES, "r1 is Backup again", || {
        lab.r1.is_backup()
    });
    assert!(lab.r1.said(&["VRRP_Script(chk_haproxy) succeeded"]));
    assert!(
        lab.r2.is_active(),
        "`nopreempt` leaves the addresses where they are"
    );
}

#[test]
fn a_script_that_fails_from_the_start_keeps_the_node_from_the_election() {
    let lab = Lab::new(&Plan::seeds(Xvrrpd, Xvrrpd).with_script(TOLD));
    set_unwell(&lab.r1, true);
    lab.r1.start_daemon();
    lab.start_alone(&lab.r2);
    never(Duration::from_secs(5), "r1 becomes Active", || {
        lab.r1.is_active()
    });
    assert!(lab.r1.holds_no_address());
}

// keepalived: 2.2.7 starts another run while the first, which it gave up, still dies.
#[test]
fn a_hanging_script_runs_once_is_killed_with_its_children_and_delays_no_advert() {
    let plan = Plan::seeds(Xvrrpd, Xvrrpd)
        .with_script(HANGS)
        .with_configs(|config| config.replace("interval 4", "interval 1\n    timeout 2"));
    let lab = Lab::new(&plan);
    lab.elect();
    let since = Moment::now();
    set_unwell(&lab.r1, true);

    // keepalived 2.2.7 says `timed_out`, later ones `timed out`.
    eventually("the script is given up", || {
        lab.r1.said(&["VRRP_Script(chk_haproxy) timed"])
    });
    within(Duration::from_secs(2), "r1 is at fault", || {
        lab.r1.is_at_fault()
    });
    eventually("another run hangs", || runs(&lab.r1) >= 2);
    never(Duration::from_secs(4), "two of them hang at once", || {
        hanging(&lab.r1) > 1
    });

    let adverts = lab
        .first
        .advertisements_from(lab.r1.identity().first, since);
    let late = adverts
        .windows(2)
        .find(|pair| pair[1].at.since(pair[0].at).as_millis() > 1300);
    assert_eq!(late, None, "an advert waited for the script");
}

#[test]
fn the_daemon_stops_while_its_script_hangs() {
    let lab = Lab::new(&Plan::seeds(Xvrrpd, Xvrrpd).with_script(HANGS));
    lab.elect();
    set_unwell(&lab.r1, true);
    within(seeds::SCRIPT_NOTICES, "the script hangs", || {
        hanging(&lab.r1) > 0
    });

    lab.r1.stop_daemon();

    eventually("the script ended with the daemon", || hanging(&lab.r1) == 0);
}

#[test]
fn a_backups_script_that_heals_its_haproxy_changes_no_role() {
    let lab = Lab::of_seeds(Xvrrpd, Xvrrpd);
    lab.elect();
    let calm = Calm::now(&lab);
    lab.r2.kill_haproxy();
    within(
        seeds::SCRIPT_NOTICES,
        "the script starts HAProxy again",
        || lab.r2.haproxy_runs(),
    );
    assert!(calm.lasts());
}

fn set_unwell(node: &Node, unwell: bool) {
    let path = node.machine().path("/run/lab/unwell");
    if unwell {
        fs::write(path, "").expect("the node has a folder for the lab");
    } else {
        fs::remove_file(path).expect("the node was unwell");
    }
}

/// How often the hanging script was begun.
fn runs(node: &Node) -> usize {
    fs::read_to_string(node.machine().path("/run/lab/hung")).map_or(0, |pids| pids.lines().count())
}

/// How many of its children run now.
fn hanging(node: &Node) -> usize {
    let listed = node.machine().output("pgrep", &["--exact", "sleep"]).stdout;
    listed.iter().filter(|byte| **byte == b'\n').count()
}
