//! A router of the lab: a machine with the daemon under test, HAProxy and a mail server.

use std::fs::{self, File};
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::Signal;

use crate::binaries::Daemon;
use crate::condition::within;
use crate::frame::Mac;
use crate::lab::Equipment;
use crate::mail::{self, Mail};
use crate::namespace::Namespace;
use crate::process::{Background, Process};
use crate::raw_listener::RawListener;
use crate::seeds;

mod glance;
mod haproxy;
mod journal;
mod maps;
mod raw_path;
mod smtp;

pub use journal::{RoleName, Transition, transition};
pub use smtp::Mood;

/// Who a machine is on its two networks.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    /// Its host name.
    pub name: &'static str,
    /// The priority its seed gives it.
    pub priority: u8,
    /// Its address on the network of the advertisements.
    pub first: Ipv4Addr,
    /// Its address on the network of the virtual addresses.
    pub second: Ipv4Addr,
    /// Its hardware address there, on eth0.
    pub first_mac: Mac,
    /// And there, on eth1.
    pub second_mac: Mac,
}

/// A router of the lab.
#[derive(Debug)]
pub struct Node {
    machine: Namespace,
    identity: Identity,
    daemon: Daemon,
    launcher: Vec<&'static str>,
    options: &'static [&'static str],
    runs: Mutex<Vec<Run>>,
    smtp: Mutex<Option<Background>>,
}

/// One life of the daemon.
#[derive(Debug)]
struct Run {
    /// The daemon's main process, if it lived long enough to be met.
    process: Option<Process>,
    log: PathBuf,
}

/// What ending a process may take: keepalived waits a second for its own children.
const STOPPING: Duration = Duration::from_secs(10);

impl Node {
    pub(crate) fn new(machine: Namespace, identity: Identity, equipment: &Equipment) -> Self {
        let node = Self {
            machine,
            identity,
            daemon: equipment.daemon,
            launcher: equipment.launcher.clone(),
            options: equipment.options,
            runs: Mutex::default(),
            smtp: Mutex::default(),
        };
        node.write_config(&equipment.config);
        node.write_script(&equipment.script);
        node.start_smtp(Mood::Sane);
        node.repair_haproxy();
        node.start_haproxy();
        node
    }

    /// Replaces the daemon's configuration file.
    ///
    /// # Panics
    ///
    /// If it cannot be written.
    pub fn write_config(&self, text: &str) {
        let path = self.machine.path("/etc/keepalived/keepalived.conf");
        fs::write(path, text).expect("the node has a folder for its configuration");
    }

    /// Replaces the script that the configuration tracks.
    ///
    /// # Panics
    ///
    /// If it cannot be written.
    pub fn write_script(&self, text: &str) {
        let path = self.machine.path("/etc/keepalived/check_haproxy.sh");
        fs::write(&path, text).expect("the node has a folder for its script");
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&path, mode).expect("a file just written can be made executable");
    }

    /// Starts the daemon in the foreground, its log in a file of this life.
    ///
    /// # Panics
    ///
    /// If it runs already or cannot be started.
    #[track_caller]
    pub fn start_daemon(&self) {
        assert!(
            !self.is_running(),
            "{}: the daemon runs already",
            self.name()
        );
        let mut runs = self.runs();
        let log = self
            .machine
            .path(&format!("/run/lab/daemon-{}.log", runs.len() + 1));
        let output = File::create(&log).expect("the node has a folder for its logs");
        let words = self.launcher.iter().chain(&[PROGRAM]).chain(self.options);
        let process = Process::start(&self.machine, words, output);
        runs.push(Run { process, log });
    }

    /// Stops the daemon as an administrator does, and waits until it has ended.
    #[track_caller]
    pub fn stop_daemon(&self) {
        self.machine.run("service", &["keepalived", "stop"]);
        self.wait_until_ended();
    }

    /// Kills the daemon without warning: ours alone, leaving its guard; keepalived as a whole, since its parent's death
    /// is a warning to its child.
    #[track_caller]
    pub fn kill_daemon(&self) {
        match self.daemon {
            Daemon::Xvrrpd => self.signal(Signal::KILL),
            Daemon::Keepalived => self.kill_every_process(),
        }
        self.wait_until_ended();
    }

    /// Kills every process of the daemon in one stroke.
    #[track_caller]
    pub fn kill_every_process(&self) {
        self.signal_every_process("-KILL");
    }

    /// Stops the daemon where it is: ours without its guard, of keepalived also the child that does the work.
    #[track_caller]
    pub fn pause_daemon(&self) {
        match self.daemon {
            Daemon::Xvrrpd => self.signal(Signal::STOP),
            Daemon::Keepalived => self.signal_every_process("-STOP"),
        }
    }

    /// Lets a paused daemon go on.
    #[track_caller]
    pub fn continue_daemon(&self) {
        match self.daemon {
            Daemon::Xvrrpd => self.signal(Signal::CONT),
            Daemon::Keepalived => self.signal_every_process("-CONT"),
        }
    }

    fn signal_every_process(&self, signal: &str) {
        let processes = self.machine.run("pidof", &[PROGRAM]);
        let mut arguments = vec![signal];
        arguments.extend(processes.split_whitespace());
        self.machine.run("kill", &arguments);
    }

    /// Sends the daemon's main process a signal.
    ///
    /// # Panics
    ///
    /// If it does not run.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        let runs = self.runs();
        let process = runs
            .last()
            .and_then(|run| run.process.as_ref())
            .expect("the daemon ran");
        process.signal(signal);
    }

    /// Waits until the daemon has ended.
    #[track_caller]
    pub fn wait_until_ended(&self) {
        within(STOPPING, &format!("{}'s daemon ends", self.name()), || {
            !self.is_running()
        });
    }

    /// Whether the daemon runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        let runs = self.runs();
        runs.last()
            .and_then(|run| run.process.as_ref())
            .is_some_and(Process::runs)
    }

    /// Whether the daemon runs, but is paused.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        let runs = self.runs();
        runs.last()
            .and_then(|run| run.process.as_ref())
            .is_some_and(Process::is_stopped)
    }

    /// Whether an address can be seen on an interface of the node, as `ip` shows it.
    ///
    /// # Panics
    ///
    /// If `ip` fails.
    #[must_use]
    pub fn holds(&self, address: impl Into<IpAddr>) -> bool {
        let address = address.into();
        let shown = self.machine.run("ip", &["-json", "address", "show"]);
        shown.contains(&format!("\"local\":\"{address}\""))
    }

    /// Whether both addresses of the seeds are here.
    #[must_use]
    pub fn holds_the_addresses(&self) -> bool {
        seeds::ADDRESSES.iter().all(|address| self.holds(*address))
    }

    /// Whether neither address of the seeds is here.
    #[must_use]
    pub fn holds_no_address(&self) -> bool {
        !seeds::ADDRESSES.iter().any(|address| self.holds(*address))
    }

    /// The mails that the node's server took in, in order.
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        mail::read_maildir(&self.machine.path("/run/lab/mail"))
    }

    /// The mails after the first `seen`.
    #[must_use]
    pub fn mails_after(&self, seen: usize) -> Vec<Mail> {
        mail::read_maildir_after(&self.machine.path("/run/lab/mail"), seen)
    }

    /// Starts an unfiltered listener beside the daemon.
    #[must_use]
    pub fn listen(&self) -> RawListener {
        RawListener::on(&self.machine, self.identity.first)
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.identity.name
    }

    /// Who it is on its networks.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Which daemon it runs.
    #[must_use]
    pub const fn daemon(&self) -> Daemon {
        self.daemon
    }

    /// The machine itself, for what has no word of its own.
    #[must_use]
    pub const fn machine(&self) -> &Namespace {
        &self.machine
    }

    fn runs(&self) -> MutexGuard<'_, Vec<Run>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the distribution's scripts take for the daemon, whichever it is.
const PROGRAM: &str = "/usr/sbin/keepalived";
