//! `xvrrpd check`.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;

use super::{DEFAULT_CONFIG, client::Whom, is_coloured, load_options, say};
use crate::{
    check::{CheckOptions, check},
    daemon::Request,
};

/// What to check.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration.
    #[arg(default_value = DEFAULT_CONFIG)]
    file: PathBuf,
    /// One line for each complaint.
    #[arg(long)]
    concise: bool,
    /// The id that `@id` lines are compared with; `xvrrpd` always matches too.
    #[arg(short = 'i', long, value_name = "ID")]
    config_id: Option<String>,
    /// Say what a reload of the running daemon with this file would change. For root.
    #[arg(long, conflicts_with_all = ["concise", "config_id"])]
    against_running: bool,
    #[command(flatten)]
    whom: Whom,
}

/// Says everything there is to say about a configuration.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.against_running {
        // The daemon has another working folder.
        let file = std::path::absolute(&arguments.file)?;
        return arguments.whom.ask_for_changes(&Request::Preview { file });
    }
    let options = CheckOptions {
        load: load_options(arguments.config_id.as_deref()),
        concise: arguments.concise,
        color: is_coloured(&std::io::stdout()),
    };
    let outcome = check(&arguments.file, &options);
    say(outcome.rendered.trim_end());
    Ok(ExitCode::from(outcome.exit_code))
}
