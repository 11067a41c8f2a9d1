//! `xvrrpd completions`.

use std::{io, process::ExitCode};

use anyhow::Result;
use clap::Args;
use clap_complete::{Shell, generate};

use super::command;

/// For whom.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The shell.
    shell: Shell,
}

/// Writes what the shell has to know.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut command = command();
    let name = command.get_name().to_owned();
    generate(arguments.shell, &mut command, name, &mut io::stdout());
    Ok(ExitCode::SUCCESS)
}
