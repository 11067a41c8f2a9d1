//! `cargo xtask run`: the lab, or the daemon on this host.

mod invocation;
mod keepalived;

use std::{
    ffi::{OsStr, OsString},
    path::PathBuf,
    process::{Command, ExitCode},
};

use anyhow::{Result, bail};
use clap::ValueEnum;

use self::invocation::Invocation;
use crate::{
    cargo, console,
    prerequisites::{self, Consent, Purpose},
    privilege::{self, Way},
    process,
};

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What to play; without it the lab opens on a full screen, with keys that break and mend it
    #[arg(long, value_name = "NAME", conflicts_with = "daemon_arguments")]
    script: Option<Script>,
    /// Who runs on the other node
    #[arg(long, value_name = "DAEMON", conflicts_with = "daemon_arguments")]
    with: Option<Other>,
    /// Write the frames, a picture and both logs of the run into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "daemon_arguments")]
    report: Option<PathBuf>,
    /// Install what is missing without asking
    #[arg(long)]
    yes: bool,
    /// Run the daemon on this host with these arguments, instead of the lab
    #[arg(last = true, value_name = "ARGS")]
    daemon_arguments: Vec<OsString>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Script {
    /// The seed pair elects, fails over six ways and recovers; under two minutes, unattended
    Demo,
}

#[derive(Clone, Copy, ValueEnum)]
enum Other {
    /// The distribution's keepalived
    Keepalived,
}

/// Builds as the user, then becomes what was built, as root where it has to be.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let way = privilege::way()?;
    if !arguments.daemon_arguments.is_empty() {
        return run_daemon(arguments, way);
    }
    insist_on_root(way, "the lab makes network namespaces")?;
    way.prepare("The lab makes network namespaces, which")?;
    prerequisites::ensure(Purpose::Lab, Consent::new(arguments.yes), way)?;
    console::heading("Building the daemon and the lab");
    let binaries = cargo::build_binaries()?;
    way.prepare("The lab")?;
    let mut lab = as_root(way, &binaries.lab)?;
    lab.arg(play(arguments.script))
        .arg("--daemon")
        .arg(&binaries.daemon);
    if let Some(Other::Keepalived) = arguments.with {
        lab.args(["--with", "keepalived"]);
    }
    if let Some(folder) = &arguments.report {
        lab.arg("--report").arg(folder);
    }
    become_program(&mut lab)
}

fn run_daemon(arguments: &Arguments, way: Way) -> Result<ExitCode> {
    let invocation = Invocation::of(&arguments.daemon_arguments);
    if invocation.needs_root() {
        insist_on_root(way, "the daemon changes addresses and opens raw sockets")?;
        way.prepare("The daemon")?;
    }
    prerequisites::ensure(Purpose::Build, Consent::new(arguments.yes), way)?;
    console::heading("Building the daemon");
    let binaries = cargo::build_binaries()?;
    if invocation == Invocation::Daemon {
        keepalived::refuse_while_it_runs(way)?;
    }
    let mut daemon = if invocation.needs_root() {
        as_root(way, &binaries.daemon)?
    } else {
        Command::new(&binaries.daemon)
    };
    become_program(daemon.args(&arguments.daemon_arguments))
}

fn insist_on_root(way: Way, why: &str) -> Result<()> {
    if let Way::None(reason) = way {
        bail!(
            "{why}, which needs root, but {reason}\n\
             help: run this as root, or as a user who may use sudo; `cargo build` and \
             `cargo test` work without"
        );
    }
    Ok(())
}

/// What the lab is told to play.
fn play(script: Option<Script>) -> &'static str {
    match script {
        None => "live",
        Some(Script::Demo) => "demo",
    }
}

fn as_root(way: Way, program: impl AsRef<OsStr>) -> Result<Command> {
    let path = privilege::path_with_system_folders()?;
    way.command(program, &[("PATH", OsStr::new(&path))])
}

/// The program gets the terminal, so its exit code and Ctrl-C are its own.
fn become_program(command: &mut Command) -> Result<ExitCode> {
    process::become_(command)?;
    Ok(ExitCode::FAILURE)
}
