//! `cargo xtask bench`: this daemon beside keepalived, measured in one run.

use std::{ffi::OsStr, process::ExitCode};

use anyhow::{Result, bail};

use crate::{
    cargo, console,
    prerequisites::{self, Consent, Purpose},
    privilege::{self, Way},
    process, workspace,
};

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Fewer addresses, one repetition, nothing written
    #[arg(long)]
    quick: bool,
    /// How often each case is repeated
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    repeat: u32,
    /// Only the cases whose name contains this: takeover, lifecycle, crowd, hostile, detection; nothing is written then
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// This daemon alone, for somebody who tunes; nothing is written then
    #[arg(long)]
    alone: bool,
    /// Install what is missing without asking
    #[arg(long)]
    yes: bool,
}

/// Builds as the user, a release of the daemon, and becomes the benchmark, as root.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let way = privilege::way()?;
    if let Way::None(reason) = way {
        bail!(
            "the lab makes network namespaces, which needs root, but {reason}\nhelp: run this as root, or as a user who may use sudo"
        );
    }
    way.prepare("The lab makes network namespaces, which")?;
    prerequisites::ensure(Purpose::Tests, Consent::new(arguments.yes), way)?;
    console::heading("Building the lab, and the daemon for a release");
    let (bench, daemon) = cargo::build_benchmark()?;
    way.prepare("The benchmark")?;
    let path = privilege::path_with_system_folders()?;
    let mut command = way.command(&bench, &[("PATH", OsStr::new(&path))])?;
    command.arg("--daemon").arg(&daemon);
    command.args(["--repeat", &arguments.repeat.to_string()]);
    command.args(arguments.quick.then_some("--quick"));
    command.args(arguments.alone.then_some("--alone"));
    if let Some(name) = &arguments.only {
        command.args(["--only", name]);
    }
    if !arguments.quick && !arguments.alone && arguments.only.is_none() {
        command.arg("--write").arg(workspace::root().join("docs"));
    }
    process::become_(&mut command)?;
    Ok(ExitCode::FAILURE)
}
