//! That a lab leaves the host alone, and nothing behind.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use vrrp_tests::Daemon::Keepalived;
use vrrp_tests::{Binaries, Lab, eventually, story};

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
    let temporary = tempfile::tempdir().expect("a temporary folder can be made");
    let mut demo = Command::new(Binaries::beside_this_one().lab)
        .args(["demo", "--daemon", "/usr/sbin/keepalived"])
        .env("TMPDIR", temporary.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the demonstration starts");
    wait_for_line(&mut demo, "(a) HAProxy is killed");
    let processes = descendants(demo.id());
    assert!(
        processes.len() > 20,
        "a lab in full swing has many processes: {processes:?}"
    );

    kill_process(Pid::from_child(&demo), signal).expect("a child can be signalled");

    demo.wait().expect("a child can be waited for");
    eventually("no process of the lab remains", || {
        !processes.iter().any(|pid| runs(*pid))
    });
    let left = fs::read_dir(temporary.path())
        .expect("the folder is there")
        .count();
    assert_eq!(left, 0, "no file of the lab remains");
}

/// Whether a process is there and has not ended. One that has ended may stay listed for as long as its new parent does not ask, which the
/// first process of a container often never does.
fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state follows the name, which may itself contain anything but a line's end.
    stat.rsplit(") ")
        .next()
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

fn wait_for_line(demo: &mut Child, words: &str) {
    let output = demo.stdout.take().expect("the output is a pipe");
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    assert!(
        lines.any(|line| line.contains(words)),
        "the demonstration says `{words}`"
    );
}

/// A process's children, and theirs, through all namespaces.
fn descendants(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let listed = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let listed = listed.collect::<String>();
    let children = listed
        .split_whitespace()
        .filter_map(|child| child.parse().ok());
    children
        .flat_map(|child| [vec![child], descendants(child)].concat())
        .collect()
}
