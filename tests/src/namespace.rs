//! A machine of its own: network, PID, mount, UTS and IPC namespaces, held by one process.
//!
//! Nothing of it has a name outside: no file below `/run/netns`, no mount, no link. The holder waits for the end of a
//! pipe whose other end is ours, so that however we end, the kernel closes the pipe, the holder leaves, and with
//! the first process of its PID namespace goes everything that ran in it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::binaries::Binaries;

/// Makes the machine; the arguments are its name, the laboratory's program and the daemon's.
const SETUP: &str = include_str!("namespace.sh");

/// What an inner machine does not share with the host, beside `/run`, `/proc` and `/sys`.
const OWN_PLACES: &[&str] = &[
    "/etc/keepalived",
    "/etc/haproxy",
    "/var/lib/haproxy",
    "/var/mail",
    "/var/log",
    "/dev/shm",
    "/tmp",
];

/// The namespaces of one machine, gone when this is dropped.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    holder: Child,
    pid: u32,
}

impl Namespace {
    /// A machine that stands alone: the lab's outermost one.
    ///
    /// # Panics
    ///
    /// If it cannot be made, which needs root.
    #[must_use]
    pub fn new(name: &str, binaries: &Binaries) -> Self {
        Self::held_by(Command::new("unshare"), name, binaries, None, &[])
    }

    /// A machine inside this one, which does not outlive it. `daemon` is bound over keepalived's program.
    ///
    /// # Panics
    ///
    /// If it cannot be made.
    #[must_use]
    pub fn inside(&self, name: &str, binaries: &Binaries, daemon: Option<&Path>) -> Self {
        Self::held_by(self.command("unshare"), name, binaries, daemon, OWN_PLACES)
    }

    fn held_by(
        mut unshare: Command,
        name: &str,
        binaries: &Binaries,
        daemon: Option<&Path>,
        own_places: &[&str],
    ) -> Self {
        let mut holder = unshare
            .args(["--net", "--pid", "--mount", "--uts", "--ipc"])
            .args([
                "--fork",
                "--kill-child",
                "--mount-proc",
                "sh",
                "-c",
                SETUP,
                "sh",
                name,
            ])
            .arg(&binaries.lab)
            .arg(daemon.unwrap_or(Path::new("")))
            .args(own_places)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`unshare` of util-linux runs");
        wait_until_ready(&mut holder, name);
        let pid = last_descendant(holder.id());
        Self {
            name: name.to_owned(),
            holder,
            pid,
        }
    }

    /// A command that will run on this machine.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        self.entered(&["--all"], program)
    }

    /// A command of the outer world that acts on this machine's network only.
    ///
    /// It sees process ids as we do, which is how a link is handed to another machine.
    #[must_use]
    pub fn network_command(&self, program: impl AsRef<OsStr>) -> Command {
        self.entered(&["--net"], program)
    }

    fn entered(&self, which: &[&str], program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg("--target")
            .arg(self.pid.to_string())
            .args(which)
            .arg("--")
            .arg(program);
        command.stdin(Stdio::null());
        command
    }

    /// Runs a command to its end on this machine and returns what it said.
    ///
    /// # Panics
    ///
    /// If it fails.
    #[track_caller]
    pub fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.output(program, arguments);
        assert!(
            output.status.success(),
            "{}: `{program} {}` failed: {}",
            self.name,
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs a command to its end on this machine, whatever its end.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[track_caller]
    pub fn output(&self, program: &str, arguments: &[&str]) -> Output {
        self.command(program)
            .args(arguments)
            .output()
            .expect("`nsenter` of util-linux runs")
    }

    /// Makes a socket as a process of this machine would: one that talks to its loopback interface, say. It stays this machine's.
    ///
    /// # Errors
    ///
    /// What the kernel says of the machine, or of the socket.
    ///
    /// # Panics
    ///
    /// If `make` does.
    pub fn socket<T: Send>(&self, make: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
        let network = File::open(format!("/proc/{}/ns/net", self.pid))?;
        // Only this thread moves there, and it ends here.
        let visitor = || {
            move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))?;
            make()
        };
        thread::scope(|scope| scope.spawn(visitor).join()).expect("a socket is made or is not")
    }

    /// Feeds lines to `ip -batch` on this machine's network.
    ///
    /// # Panics
    ///
    /// If `ip` refuses one of them.
    #[track_caller]
    pub fn ip_batch(&self, lines: &str) {
        let mut ip = self
            .network_command("ip")
            .args(["-batch", "-"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`nsenter` of util-linux runs");
        let mut input = ip.stdin.take().expect("the input is a pipe");
        input
            .write_all(lines.as_bytes())
            .expect("`ip` reads its batch");
        drop(input);
        let output = ip.wait_with_output().expect("`ip` ends");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{}: ip -batch: {complaint}",
            self.name
        );
    }

    /// Where a path of this machine is found from outside.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.pid));
        root.join(path.trim_start_matches('/'))
    }

    /// A file below `/proc/net` as it is for this machine, or its first `limit` bytes; empty if it cannot be read.
    #[must_use]
    pub fn network_file(&self, name: &str, limit: u64) -> String {
        let mut text = String::new();
        if let Ok(file) = File::open(format!("/proc/{}/net/{name}", self.pid)) {
            // A character that the limit cut in two is no loss: these files are ASCII.
            drop(file.take(limit).read_to_string(&mut text));
        }
        text
    }

    /// The machine's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first process of the machine, as numbered where we are.
    #[must_use]
    pub const fn pid(&self) -> u32 {
        self.pid
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        // It has nothing left to wait for, and its status says nothing.
        drop(self.holder.wait());
    }
}

/// Where every machine keeps the laboratory's own program.
pub const LAB_PROGRAM: &str = "/run/lab/vrrp-lab";

/// The only child of a process, if it has one.
#[must_use]
pub fn child_of(pid: u32) -> Option<u32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    children.split_whitespace().next()?.parse().ok()
}

/// A process of a machine by the number it has there, if its parent is the machine's first process.
#[must_use]
pub fn orphan_of(machine: &Namespace, inner: &str) -> Option<u32> {
    let first = machine.pid();
    let orphans = fs::read_to_string(format!("/proc/{first}/task/{first}/children")).ok()?;
    let orphans = orphans
        .split_whitespace()
        .filter_map(|pid| pid.parse().ok());
    orphans.into_iter().find(|pid: &u32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
        numbers.and_then(|numbers| numbers.split_whitespace().next_back()) == Some(inner)
    })
}

fn last_descendant(mut pid: u32) -> u32 {
    while let Some(child) = child_of(pid) {
        pid = child;
    }
    pid
}

fn wait_until_ready(holder: &mut Child, name: &str) {
    let mut line = String::new();
    let output = holder.stdout.take().expect("the output is a pipe");
    let read = BufReader::new(output).read_line(&mut line);
    if read.is_ok() && line == "ready\n" {
        return;
    }
    let mut complaint = String::new();
    if let Some(mut errors) = holder.stderr.take() {
        // What could be read is what can be told.
        drop(errors.read_to_string(&mut complaint));
    }
    panic!(
        "the machine `{name}` could not be made (it takes root): {}",
        complaint.trim()
    );
}
