//! One running script.

use std::{
    fs,
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::process::{CommandExt, ExitStatusExt},
    },
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, poll},
    process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open},
    time::Timespec,
};

use super::message::{Outcome, Purpose, Run, RunId, Script, ScriptIndex};
use crate::protocol::Monotonic;

/// How long a script may take to end after SIGTERM. Then, and every so often until it has, it gets SIGKILL.
const GRACE: Duration = Duration::from_secs(2);

/// What the shell and the dynamic linker would obey, and a script must not inherit.
const WITHHELD: [&str; 2] = ["IFS", "LD_PRELOAD"];

/// A script and, as far as they stay in its process group, its children.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) run: RunId,
    pub(super) script: ScriptIndex,
    pub(super) purpose: Purpose,
    child: Child,
    pidfd: OwnedFd,
    group: Pid,
    /// When patience ends: with the script, or with its dying.
    deadline: Option<Monotonic>,
    is_overdue: bool,
}

impl Process {
    /// Starts `script` as its user, in a process group of its own, without anything of ours.
    ///
    /// # Errors
    /// A reason for the log.
    pub(super) fn start(run: &Run, script: &Script, now: Monotonic) -> Result<Self, String> {
        let (program, arguments) = script.argv.split_first().ok_or("no command")?;
        let mut command = quiet_command(program);
        command.args(arguments).args(&run.arguments);
        // A user of its own also sheds our supplementary groups.
        command.uid(script.uid).gid(script.gid).process_group(0);
        let mut child = command
            .spawn()
            .map_err(|error| format!("{program}: {error}"))?;
        end_protection(child.id());
        match watched(&child) {
            Some((group, pidfd)) => Ok(Self {
                run: run.run,
                script: run.script,
                purpose: run.purpose,
                child,
                pidfd,
                group,
                deadline: run.timeout.map(|timeout| now + timeout),
                is_overdue: false,
            }),
            None => {
                child.kill().and_then(|()| child.wait()).ok();
                Err(format!("{program}: no room to watch it"))
            }
        }
    }

    /// Becomes readable when the script has ended.
    pub(super) fn ended(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }

    /// Collects the script if it has ended.
    pub(super) fn outcome(&mut self) -> Option<Outcome> {
        if !is_readable(&self.pidfd) {
            return None;
        }
        if self.is_overdue {
            // While its first process is not collected, the number of the group is still its own.
            self.signal(Signal::KILL);
            self.child.wait().ok();
            return Some(Outcome::TimedOut);
        }
        let status = self.child.wait();
        Some(status.map_or_else(|error| Outcome::CouldNotStart(error.to_string()), outcome))
    }

    /// Acts on a deadline that has passed, and says whether the script has just become overdue.
    pub(super) fn expire(&mut self, now: Monotonic) -> bool {
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return false;
        }
        self.deadline = Some(now + GRACE);
        self.signal(if self.is_overdue {
            Signal::KILL
        } else {
            Signal::TERM
        });
        !std::mem::replace(&mut self.is_overdue, true)
    }

    /// The moment to come back with [`Self::expire`].
    pub(super) const fn deadline(&self) -> Option<Monotonic> {
        self.deadline
    }

    /// Signals the whole process group.
    pub(super) fn signal(&self, signal: Signal) {
        // It may be gone already.
        kill_process_group(self.group, signal).ok();
    }
}

/// A command that has nothing of ours but most of the environment.
fn quiet_command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    for name in WITHHELD {
        command.env_remove(name);
    }
    command
}

/// The kernel may have been told to spare us when memory runs out. A script is not to be spared with us: it may be what uses it up.
fn end_protection(process: u32) {
    let is_protected =
        fs::read_to_string("/proc/self/oom_score_adj").is_ok_and(|score| score.starts_with('-'));
    if is_protected {
        // It may have ended already.
        fs::write(format!("/proc/{process}/oom_score_adj"), "0").ok();
    }
}

fn watched(child: &Child) -> Option<(Pid, OwnedFd)> {
    let pid = Pid::from_raw(i32::try_from(child.id()).ok()?)?;
    Some((pid, pidfd_open(pid, PidfdFlags::empty()).ok()?))
}

pub(super) fn is_readable(fd: impl AsFd) -> bool {
    let mut fds = [PollFd::new(&fd, PollFlags::IN)];
    matches!(poll(&mut fds, Some(&Timespec::default())), Ok(1))
}

fn outcome(status: ExitStatus) -> Outcome {
    match (status.code(), status.signal()) {
        (Some(code), _) => Outcome::Exited(code),
        (None, Some(signal)) => Outcome::Signalled(signal),
        (None, None) => Outcome::CouldNotStart("it ended in an unknown way".into()),
    }
}
