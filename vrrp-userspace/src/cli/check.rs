//! `xvrrpd check`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Result, bail};
use clap::Args;

use super::{DEFAULT_CONFIG, client::Whom, is_coloured, load_options, say};
use crate::{
    check::{CheckOptions, CheckOutcome, check, check_pair},
    daemon::Request,
    pair::Both,
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
    /// The id that `@id` lines are compared with; `xvrrpd` always matches too. With `--pair` it may be given twice, once for each
    /// file.
    #[arg(short = 'i', long, value_name = "ID")]
    config_id: Vec<String>,
    /// Compare the configurations of two routers instead: who is Active, how long the other takes to take over, what disagrees, and
    /// what can never happen. This host is not asked whether it has the scripts and interfaces.
    #[arg(long, num_args = 2, value_names = ["FILE", "FILE"], conflicts_with = "file")]
    pair: Vec<PathBuf>,
    /// Say what a reload of the running daemon with this file would change. For root.
    #[arg(long, conflicts_with_all = ["concise", "config_id", "pair"])]
    against_running: bool,
    #[command(flatten)]
    whom: Whom,
}

/// Says everything there is to say about a configuration, or about two.
///
/// # Errors
///
/// More ids than files, or the daemon's answer cannot be read.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.against_running {
        // The daemon has another working folder.
        let file = std::path::absolute(&arguments.file)?;
        return arguments.whom.ask_for_changes(&Request::Preview { file });
    }
    let outcome = match arguments.pair.as_slice() {
        [first, second] => check_two(arguments, first, second)?,
        _ => check_one(arguments)?,
    };
    say(outcome.rendered.trim_end());
    Ok(ExitCode::from(outcome.exit_code))
}

fn check_one(arguments: &Arguments) -> Result<CheckOutcome> {
    let id = match arguments.config_id.as_slice() {
        [] => None,
        [id] => Some(id.as_str()),
        _ => bail!("one file is read for one id: give `-i` once, or `--pair` and two files"),
    };
    let options = CheckOptions {
        load: load_options(id),
        concise: arguments.concise,
        color: is_coloured(&std::io::stdout()),
    };
    Ok(check(&arguments.file, &options))
}

fn check_two(arguments: &Arguments, first: &Path, second: &Path) -> Result<CheckOutcome> {
    let ids = match arguments.config_id.as_slice() {
        [] => Both::default(),
        [both] => Both::each(|_| Some(both.as_str())),
        [first, second] => Both {
            first: Some(first.as_str()),
            second: Some(second.as_str()),
        },
        _ => bail!("two files are read for two ids at most: give `-i` once or twice"),
    };
    let load = Both::each(|side| load_options(ids[side]));
    Ok(check_pair(
        &Both { first, second },
        &load,
        arguments.concise,
    ))
}
