//! `xvrrpd status`.

mod daemon;
mod instance;
mod interface;
pub(super) mod sheet;
#[cfg(test)]
mod tests;
mod watch;
pub(super) mod words;

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use anyhow::{Result, bail};
use clap::Args;
use jiff::tz::TimeZone;

use self::sheet::Sheet;
use super::{client::Whom, is_coloured};
use crate::daemon::{Answer, Request, status::Status};

/// Columns of a page that nobody watches.
const COLUMNS: usize = 80;

/// What to show, and how.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Only this instance, and the interface it is on.
    instance: Option<String>,
    /// As JSON; docs/status.md, in the package /usr/share/doc/xvrrpd/status.md, lists the fields.
    #[arg(long)]
    json: bool,
    /// Again and again: on the full screen of a terminal, or else as pages every two seconds, or with --json as lines.
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    whom: Whom,
}

/// Says what the daemon is doing, and why.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.watch {
        return watch::run(arguments);
    }
    let status = match arguments.whom.ask(&Request::Status, take)? {
        Ok(status) => only(status, arguments.instance.as_deref())?,
        Err(code) => return Ok(code),
    };
    let text = if arguments.json {
        format!("{}\n", serde_json::to_string_pretty(&status)?)
    } else {
        let is_coloured = is_coloured(&io::stdout());
        page(&status, &TimeZone::system(), COLUMNS).to_text(is_coloured)
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn take(answer: Answer) -> std::result::Result<Status, Answer> {
    match answer {
        Answer::Status(status) => Ok(*status),
        other @ (Answer::History(_)
        | Answer::Capturing
        | Answer::Changes(_)
        | Answer::Refused(_)
        | Answer::Error(_)) => Err(other),
    }
}

/// The status of one instance alone, if only one is asked for.
fn only(mut status: Status, instance: Option<&str>) -> Result<Status> {
    let Some(wanted) = instance else {
        return Ok(status);
    };
    let there = status.instances.iter().find(|one| one.name == wanted);
    let Some(interface) = there.map(|one| one.interface.clone()) else {
        let names: Vec<_> = status.instances.iter().map(|one| &*one.name).collect();
        bail!(
            "the daemon has no instance {wanted}; it has {}",
            names.join(", ")
        );
    };
    status.instances.retain(|one| one.name == wanted);
    status.interfaces.retain(|one| one.name == interface);
    Ok(status)
}

/// Everything there is to say, for people.
fn page(status: &Status, zone: &TimeZone, columns: usize) -> Sheet {
    let mut sheet = Sheet::of_width(columns);
    daemon::describe(&mut sheet, status, zone);
    for one in &status.instances {
        instance::describe(&mut sheet, one, status.at, zone);
    }
    for one in &status.interfaces {
        interface::describe(&mut sheet, one);
    }
    interface::describe_program(&mut sheet, status);
    sheet
}

/// Prints. `false` when whoever reads has read enough, which is no failure.
pub(super) fn print(text: &str) -> Result<bool> {
    let mut output = io::stdout();
    match output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
    {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Whether a full screen can be had.
fn is_on_a_screen() -> bool {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    io::stdin().is_terminal() && io::stdout().is_terminal() && !is_dumb
}
