//! That a lab leaves the host alone, and nothing behind.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use vrrp_tests::Daemon::Keepalived;
use vrrp_tests::{Binaries, Lab, story};

use crate::traces::Traces;

#[test]
fn a_daemon_and_a_haproxy_of_the_host_are_left_alone() {
    let mut decoys = Decoys::start();
    let lab = Lab::of_seeds(Keepalived, Keepalived);
    lab.elect();
    // Kills HAProxy, starts it, and stops the daemon, all of it by name and by the distribution's scripts.
    story::script_stops_the_daemon(&lab, &lab.r1, &lab.r2);
    drop(lab);
    assert!(decoys.all_run(), "what runs on the host is not the lab's");
}

/// Programs on the host that a careless `pidof` would find.
struct Decoys {
    _folder: TempDir,
    processes: Vec<Child>,
}

impl Decoys {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let start = |name| {
            let path = folder.path().join(name);
            fs::copy("/usr/bin/sleep", &path).expect("`sleep` can be copied");
            Command::new(&path)
                .arg("1000")
                .spawn()
                .expect("a copy of `sleep` runs")
        };
        let processes = ["haproxy", "keepalived"].map(start).into();
        Self {
            _folder: folder,
            processes,
        }
    }

    fn all_run(&mut self) -> bool {
        self.processes
            .iter_mut()
            .all(|decoy| matches!(decoy.try_wait(), Ok(None)))
    }
}

impl Drop for Decoys {
    fn drop(&mut self) {
        for decoy in &mut self.processes {
            decoy.kill().expect("a decoy can be killed");
            decoy.wait().expect("a decoy can be waited for");
        }
    }
}

#[test]
fn an_interrupted_lab_leaves_nothing() {
    leaves_nothing_after(Signal::INT);
}

#[test]
fn a_killed_lab_leaves_nothing() {
    leaves_nothing_after(Signal::KILL);
}

fn leaves_nothing_after(signal: Signal) {
    let mut traces = Traces::new();
    let mut demo = Command::new(Binaries::beside_this_one().lab)
        .args(["demo", "--daemon", "/usr/sbin/keepalived"])
        .env("TMPDIR", traces.folder())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the demonstration starts");
    wait_for_line(&mut demo, "(a) HAProxy is killed");
    traces.remember(demo.id());

    kill_process(Pid::from_child(&demo), signal).expect("a child can be signalled");

    demo.wait().expect("a child can be waited for");
    traces.are_gone();
}

fn wait_for_line(demo: &mut Child, words: &str) {
    let output = demo.stdout.take().expect("the output is a pipe");
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    assert!(
        lines.any(|line| line.contains(words)),
        "the demonstration says `{words}`"
    );
}
