//! Long-running processes of a machine: the daemon under test, and what the lab runs beside it.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open, pidfd_send_signal};

use crate::condition::holds_within;
use crate::namespace::{Namespace, child_of, orphan_of};

/// Says which process it is and becomes the program.
const INTRODUCE: &str = "echo $$ >/run/lab/started; exec \"$@\"";

/// A process that runs, or ran, held by a file descriptor so that its number cannot come to mean another.
#[derive(Debug)]
pub struct Process {
    pid: Pid,
    handle: OwnedFd,
}

impl Process {
    /// Starts a program on a machine as a child of the machine's first process, and not of anything outside: what waits
    /// outside for a stopped process would stop with it, and then keep the machine from ending.
    ///
    /// Nothing comes back if the program ended before it could be met.
    ///
    /// # Panics
    ///
    /// If nothing can be started there.
    #[track_caller]
    pub fn start<'a>(
        machine: &Namespace,
        words: impl IntoIterator<Item = &'a &'a str>,
        output: File,
    ) -> Option<Self> {
        let started = machine.path("/run/lab/started");
        fs::write(&started, "").expect("the machine has a folder for the lab");
        let errors = output.try_clone().expect("an open file can be shared");
        let status = machine
            .command("setsid")
            .args(["--fork", "sh", "-c", INTRODUCE, "sh"])
            .args(words)
            .stdout(output)
            .stderr(errors)
            .status()
            .expect("`nsenter` of util-linux runs");
        assert!(
            status.success(),
            "{}: `setsid` starts a program",
            machine.name()
        );

        let mut number = String::new();
        holds_within(Duration::from_secs(10), || {
            number = fs::read_to_string(&started).unwrap_or_default();
            number.ends_with('\n')
        });
        let pid = orphan_of(machine, number.trim())?;
        let pid = Pid::from_raw(i32::try_from(pid).ok()?)?;
        let handle = pidfd_open(pid, PidfdFlags::empty()).ok()?;
        Some(Self { pid, handle })
    }

    /// Sends it a signal.
    ///
    /// # Panics
    ///
    /// If it has ended.
    #[track_caller]
    pub fn signal(&self, signal: Signal) {
        pidfd_send_signal(&self.handle, signal).expect("a running process can be signalled");
    }

    /// Whether it has not ended yet.
    #[must_use]
    pub fn runs(&self) -> bool {
        let at_once = Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let mut ended = [PollFd::new(&self.handle, PollFlags::IN)];
        poll(&mut ended, Some(&at_once)) == Ok(0)
    }

    /// Whether it has not ended, but was told to stop where it is.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        // The state follows the name, which may itself contain anything but a line's end.
        let state = stat
            .rsplit(") ")
            .next()
            .and_then(|rest| rest.chars().next());
        self.runs() && state == Some('T')
    }
}

/// A program that the lab itself runs on a machine, ended and waited for when this is dropped.
#[derive(Debug)]
pub struct Background(Child);

impl Background {
    /// Starts a command of [`Namespace::command`] whose output nobody needs.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        Self::spawn(command.stdout(Stdio::null()).stderr(Stdio::null()))
    }

    /// Starts a command of [`Namespace::command`] and returns what it writes as well.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[must_use]
    pub fn start_to_read(command: &mut Command) -> (Self, ChildStdout) {
        let mut background = Self::spawn(command.stdout(Stdio::piped()));
        let output = background.0.stdout.take().expect("the output is a pipe");
        (background, output)
    }

    /// Starts a command of [`Namespace::command`] and feeds it all it is to read.
    ///
    /// # Panics
    ///
    /// If it cannot be started, or does not read.
    #[must_use]
    pub fn start_fed(command: &mut Command, input: &str) -> Self {
        let mut background = Self::spawn(command.stdin(Stdio::piped()));
        let mut pipe = background.0.stdin.take().expect("the input is a pipe");
        pipe.write_all(input.as_bytes())
            .expect("what was just started reads its input");
        background
    }

    /// Waits until it has ended by itself.
    ///
    /// # Panics
    ///
    /// If it cannot be waited for.
    pub fn wait(&mut self) -> ExitStatus {
        self.0.wait().expect("a child can be waited for")
    }

    fn spawn(command: &mut Command) -> Self {
        Self(command.spawn().expect("`nsenter` of util-linux runs"))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            // Its number may by now be another's.
            return;
        }
        // The child is `nsenter`, and ends with the program it entered the machine with.
        let inner = child_of(self.0.id()).and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        // Either may have ended by itself, or with its machine, which is as good.
        match inner {
            Some(inner) => drop(kill_process(inner, Signal::KILL).ok()),
            None => drop(self.0.kill()),
        }
        drop(self.0.wait());
    }
}
