//! `xvrrpd reload`.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::client::Whom;
use crate::daemon::Request;

/// Whom to tell.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    whom: Whom,
}

/// Has the configuration read again, and says what has changed or why nothing has.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    arguments.whom.ask_for_changes(&Request::Reload)
}
