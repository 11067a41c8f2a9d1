//! The small process beside the daemon: it runs scripts, and cleans up when the daemon dies.
//!
//! A process that is killed cannot take its addresses down or say goodbye, so another one must know how. And a
//! process with a real-time thread and locked memory should not fork, so the same other one runs the scripts. It
//! has no configuration and decides nothing: the daemon tells it in advance what is to be done ([`Table`]), what
//! it is about to claim, and what to run now.
//!
//! ```text
//!   daemon                                        guard (argv: … guard)
//!   GuardSender ── Claiming, Released, Run ─────► Ledger, Runs ──► scripts, each in a process group
//!   system::runner ◄──────── Overdue, Finished ── Runs
//!        ╳ the socket hangs up without Farewell ► priority 0, addresses down, scripts ended, pid file gone
//! ```
//!
//! - [`spawn`] is called before the daemon has threads; the guard is the same executable, started again with
//!   [`SUBCOMMAND`], because forking without executing is not safe Rust.
//! - A guard that is killed is replaced by the daemon. Both killed together: the next start finds the addresses
//!   by their mark.
//! - A script that makes itself a daemon leaves its process group and is nobody's business any more; that is how
//!   a script can start a service.

mod claims;
mod cleanup;
mod ledger;
mod link;
mod message;
mod process;
mod queues;
mod runs;
mod watch;

use std::{
    fs,
    io::{self, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::net::UnixDatagram,
    },
    process::ExitCode,
};

use rustix::{
    net::{SocketType, sockopt::socket_type},
    process::{Pid, PidfdFlags, Signal, getppid, pidfd_open, setsid},
};
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{SignalKind, signal},
};

pub use link::{GuardLink, GuardSender, IN_BACKGROUND, LinkError, spawn};
pub use message::{
    Outcome, Purpose, ReleaseAdvert, Report, Run, RunId, Script, ScriptIndex, Slot, SlotIndex,
    Table,
};
use watch::{Ending, Watch};

use crate::system::{
    capabilities::{self, Holder},
    packet_filter, scheduling,
};

/// The word on the command line that makes this executable a guard. Not for people.
pub const SUBCOMMAND: &str = "guard";

/// The guard's whole life. Its standard input is the socket to the daemon.
#[must_use]
pub fn main() -> ExitCode {
    let stdin = io::stdin();
    if !matches!(socket_type(&stdin), Ok(SocketType::SEQPACKET)) {
        log("the guard is started by the daemon, not by hand");
        return ExitCode::FAILURE;
    }
    match stand_guard(stdin.as_fd()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log(&format!("the guard gives up: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn stand_guard(socket: BorrowedFd<'_>) -> io::Result<()> {
    let daemon = getppid();
    if let Err(error) = capabilities::keep_only(Holder::Guard, &[]) {
        log(&format!(
            "the guard keeps more privileges than it needs: {error}"
        ));
    }
    // A guard that takes the place of another is started by a daemon that may.
    if let Err(error) = scheduling::forbid_real_time() {
        log(&format!("scripts may have real-time priority: {error}"));
    }
    let runtime = leave_the_crowd()?;
    let daemon_exit = daemon.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    let mut watch = Watch::new(socket, daemon_exit.as_ref().map(AsFd::as_fd));
    match watch.until_the_end()? {
        Ending::Farewell => watch.runs.farewell(),
        Ending::Death => mourn(daemon, &mut watch, &runtime),
    }
    Ok(())
}

/// Makes sure that what ends the daemon does not end the guard before it has cleaned up: the terminal's Ctrl-C, and
/// signals sent to all processes of a service at once, to stop it or because its watchdog went unanswered.
///
/// Handlers that do nothing, rather than ignored signals, because scripts would inherit the latter.
fn leave_the_crowd() -> io::Result<Runtime> {
    // Fails for the leader of a process group only, which somebody made us on purpose.
    setsid().ok();
    // A name of its own, so that whoever kills the daemon by name does not kill this one with it.
    fs::write("/proc/self/comm", "xvrrpd-guard").ok();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
            SignalKind::from_raw(Signal::ABORT.as_raw()),
        ];
        // With SIGCHLD ignored by whoever started the daemon, no outcome could be learned.
        kinds
            .into_iter()
            .chain([SignalKind::child()])
            .try_for_each(|kind| signal(kind).map(drop))
    })?;
    Ok(runtime)
}

fn mourn(daemon: Option<Pid>, watch: &mut Watch<'_>, runtime: &Runtime) {
    let done = cleanup::release(&watch.ledger, runtime);
    watch.runs.daemon_died();
    let pid_file = watch
        .ledger
        .table()
        .and_then(|table| table.pid_file.as_deref());
    if let (Some(daemon), Some(pid_file)) = (daemon, pid_file) {
        if let Err(error) = packet_filter::remove_leftover(pid_file) {
            log(&format!("packets may still be dropped: {error}"));
        }
        cleanup::remove_pid_file(pid_file, daemon);
    }
    let pid = daemon.map_or(0, |pid| pid.as_raw_nonzero().get());
    log(&format!("xvrrpd (process {pid}) died; {done}"));
}

/// One line where people look: the terminal or journal that the daemon had, and the system log. Both may be gone.
fn log(line: &str) {
    // In one piece, because others write there too.
    io::stderr().write_all(format!("{line}\n").as_bytes()).ok();
    let notice = format!("<27>xvrrpd-guard[{}]: {line}", std::process::id());
    UnixDatagram::unbound()
        .and_then(|socket| {
            socket.set_nonblocking(true)?;
            socket.send_to(notice.as_bytes(), "/dev/log")
        })
        .ok();
}
