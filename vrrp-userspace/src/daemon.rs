//! The shell: knows everybody, decides nothing.
//!
//! ```text
//!   netlink ─┐                        ┌─► raw sockets, EVENTS and BLOCKS
//!   scripts ─┼─► observer ─► inbox ─► election thread ─┬─► address worker ─► netlink, gratuitous ARP
//!   signals ─┘                                         ├─► guard (before the addresses)
//!                                                      └─► reporter ─► log, notify scripts, mail
//! ```
//!
//! The guard is a process of its own, started before any thread. The election thread waits for nobody; everybody
//! else may be slow. Here is the order in which they begin and end.

mod address_news;
mod alert_sources;
mod answering;
mod arp_ear;
mod assembly;
mod background;
mod capture;
mod career;
mod carrier;
mod chronicle;
mod control;
mod controller;
mod difference;
mod door;
mod election;
mod errands;
mod executor;
mod guard_news;
mod hearing;
mod held;
pub mod history;
mod inbox;
mod insight;
mod inspector;
pub mod last_words;
mod memory;
mod network;
mod observer;
mod origin;
mod phrases;
mod plan;
mod port;
mod portrait;
mod privileges;
mod punctuality;
pub mod reasons;
mod recorder;
mod rejections;
mod reload;
mod reporter;
mod roll_call;
mod signals;
mod snapshot;
mod standing;
pub mod status;
mod tally;
mod tap;
mod tracking_tasks;
mod watchdog;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context as _, Result, bail};
use tokio::runtime;

pub use self::{
    background::{in_background, is_in_background, leave_session},
    capture::{CaptureLine, CaptureLosses, CaughtFrame, Layer},
    control::{Answer, Request},
    origin::Origin,
    privileges::MissingPrivilege,
};
use self::{controller::Controller, privileges::Privileges};
use crate::{
    config::{Config, Diagnostic},
    guard::{self, GuardLink},
    system::{
        clock,
        control_socket::{ControlSocket, ControlSocketError},
        datapath::RingSizes,
        pid_file::PidFile,
        presence::Presence,
    },
};

/// The daemon was told to run, but its configuration has nothing to.
pub const EXIT_CONFIGURATION: u8 = 2;
/// A privilege is missing: [`MissingPrivilege`].
pub const EXIT_PRIVILEGE: u8 = 4;

/// What the command line says.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the configuration comes from.
    pub origin: Origin,
    /// Where the process number is written.
    pub pid_file: PathBuf,
    /// Sizes of the rings between kernel and daemon.
    pub rings: RingSizes,
}

/// The parts that must exist before there is a thread.
pub struct Beginning {
    guard: GuardLink,
    pid_file: PidFile,
    presence: Presence,
    privileges: Privileges,
    control: std::result::Result<ControlSocket, ControlSocketError>,
}

impl Beginning {
    /// Locks the pid file, starts the guard, binds the control socket, and gives up the privileges that the daemon does not need. To be called before the
    /// process has threads.
    ///
    /// # Errors
    ///
    /// Another daemon holds the pid file, or no process is to be had.
    pub fn new(config: &Config, options: &Options) -> Result<Self> {
        let pid_file = PidFile::lock(&options.pid_file)?;
        pid_file.write().context("the pid file cannot be written")?;
        let guard = guard::spawn().context("the guard process cannot be started")?;
        let control = control::bind(config, &options.pid_file);
        Ok(Self {
            control,
            guard,
            pid_file,
            presence: Presence::mark(),
            privileges: Privileges::reduce().context("privileges cannot be given up")?,
        })
    }
}

/// Runs until a signal ends it.
///
/// # Errors
///
/// When it could not start; [`MissingPrivilege`] if that is why. Once it runs it reports and goes on.
pub fn run(
    config: Config,
    diagnostics: &[Diagnostic],
    options: &Options,
    beginning: Beginning,
) -> Result<ExitCode> {
    let accounts = assembly::accounts(&config);
    if let Err(missing) = beginning.privileges.suffice(&config, accounts) {
        beginning.guard.sender().farewell().ok();
        return Err(missing.into());
    }
    if clock::is_shifted() {
        beginning.guard.sender().farewell().ok();
        bail!(
            "this time namespace shifts the monotonic clock, which the kernel's time stamps do not follow; start the daemon outside of it"
        );
    }
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("controller")
        .enable_all()
        .build()
        .context("the runtime cannot be started")?;
    let code = runtime.block_on(Controller::run(config, diagnostics, options, beginning));
    // Whatever still hangs in a resolver or a mail server is left behind.
    runtime.shutdown_timeout(Duration::from_millis(100));
    code
}
