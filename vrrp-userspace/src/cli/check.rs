//! `xvrrpd check`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::{DEFAULT_CONFIG, is_coloured, load_options, say};
use crate::check::{CheckOptions, check};

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
}

/// Says everything there is to say about a configuration.
pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let options = CheckOptions {
        load: load_options(arguments.config_id.as_deref()),
        concise: arguments.concise,
        color: is_coloured(&std::io::stdout()),
    };
    let outcome = check(&arguments.file, &options);
    say(outcome.rendered.trim_end());
    ExitCode::from(outcome.exit_code)
}
