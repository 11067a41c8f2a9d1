//! Runs test programs as root: each test a process of its own, several at once, each with a deadline.
//!
//! Not `cargo test`, because a lab that hangs must end alone, because labs wait and can overlap, and because root should
//! run finished programs only.

mod list;
mod report;
mod run;

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Result;
use clap::Parser;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::Semaphore,
    task::JoinSet,
};

use crate::{list::Test, report::Report, run::Outcome};

/// Runs test programs, each test in a process of its own.
#[derive(Parser)]
#[command(name = "vrrp-test-runner", version)]
struct Arguments {
    /// Tests at once
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: u16,
    /// Seconds a test may take
    #[arg(long, value_name = "SECONDS", default_value_t = 180, value_parser = clap::value_parser!(u64).range(1..))]
    deadline: u64,
    /// Only tests whose name contains this; may be repeated, for those that contain any of several
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// Every test of the program `xdp`, and of the others those with `quick` in their name
    #[arg(long)]
    quick: bool,
    /// Print the names of the tests instead of running them
    #[arg(long)]
    list: bool,
    /// A program that is one test, without a list of its own; may be repeated
    #[arg(long, value_name = "PROGRAM")]
    whole: Vec<PathBuf>,
    /// The programs, as `cargo test --no-run` built them
    #[arg(required = true, value_name = "PROGRAM")]
    programs: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = list::tests(&arguments.programs, &arguments.whole).and_then(|tests| {
        let tests = list::select(tests, &arguments.filter, arguments.quick);
        if arguments.list {
            report::names(&tests);
            return Ok(ExitCode::SUCCESS);
        }
        run_all(tests, &arguments)
    });
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

/// What a shell reports for a command that an interrupt ended.
const INTERRUPTED: u8 = 130;

#[tokio::main(flavor = "current_thread")]
async fn run_all(tests: Vec<Test>, arguments: &Arguments) -> Result<ExitCode> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut report = Report::new(tests.len());
    let mut running = start(tests, arguments);
    loop {
        tokio::select! {
            next = running.join_next() => match next {
                Some(outcome) => report.add(outcome?),
                None => break,
            },
            // Dropping what runs kills it.
            _ = interrupt.recv() => { running.shutdown().await; return Ok(interrupted(&report)); }
            _ = terminate.recv() => { running.shutdown().await; return Ok(interrupted(&report)); }
        }
    }
    report.finish();
    Ok(if report.is_good() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Every test as a task; only so many of them run at a time, in the order of the list.
fn start(tests: Vec<Test>, arguments: &Arguments) -> JoinSet<Outcome> {
    let places = Arc::new(Semaphore::new(usize::from(arguments.jobs)));
    let deadline = Duration::from_secs(arguments.deadline);
    let mut running = JoinSet::new();
    for test in tests {
        let places = Arc::clone(&places);
        running.spawn(async move {
            let place = places.acquire().await;
            let outcome = run::run(test, deadline).await;
            drop(place);
            outcome
        });
    }
    running
}

fn interrupted(report: &Report) -> ExitCode {
    report.interrupted();
    ExitCode::from(INTERRUPTED)
}
