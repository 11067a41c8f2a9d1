//! The benchmark: ours and keepalived side by side in one run, on this machine.
//!
//! A case is a file: it makes a lab for one daemon, does something to it, and says what it measured. Everything is timed by what passed on the
//! wire, with the kernel's stamps, and processor time is the scheduler's own count.

#![expect(
    clippy::float_arithmetic,
    reason = "medians, ratios and percentages are for reading; nothing is decided by them"
)]

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

mod crowd;
mod detection;
mod hostile;
mod lifecycle;
mod page;
mod plot;
mod processor;
mod results;
mod subject;
mod takeover;
mod wire;

use results::Results;
use subject::Subject;

/// Measures this daemon and keepalived against each other.
#[derive(Parser)]
#[command(name = "vrrp-bench", version)]
struct Arguments {
    /// The daemon of this project, as it is released.
    #[arg(long)]
    daemon: PathBuf,
    /// Fewer sizes and one repetition: under two minutes.
    #[arg(long)]
    quick: bool,
    /// How often each case is repeated.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    repeat: u32,
    /// Only cases whose name contains this: takeover, crowd, hostile, detection, lifecycle.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Measure no keepalived, for somebody who tunes.
    #[arg(long)]
    alone: bool,
    /// The folder for benchmarks.md and its pictures; without it the table is only printed.
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
}

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) is_quick: bool,
    pub(crate) repeat: u32,
}

type Case = fn(&Subject, Extent, &mut Results);

const CASES: &[(&str, Case)] = &[
    ("takeover", takeover::measure),
    ("lifecycle", lifecycle::measure),
    ("crowd", crowd::measure),
    ("hostile", hostile::measure),
    ("detection", detection::measure),
];

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vrrp-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let extent = Extent {
        is_quick: arguments.quick,
        repeat: if arguments.quick { 1 } else { arguments.repeat },
    };
    let mut results = Results::default();
    for (name, case) in CASES {
        if arguments
            .only
            .as_ref()
            .is_some_and(|only| !name.contains(only.as_str()))
        {
            continue;
        }
        // One after the other, so that whatever the machine does meanwhile meets both.
        for repetition in 1..=extent.repeat {
            for subject in Subject::both(&arguments.daemon, arguments.alone) {
                eprintln!(
                    "{name}: {} ({repetition} of {})",
                    subject.daemon, extent.repeat
                );
                case(&subject, extent, &mut results);
            }
        }
    }
    let page = page::of(&results, extent);
    writeln!(io::stdout(), "{page}")?;
    if let Some(folder) = &arguments.write {
        let path = page::write(folder, &page, &results)?;
        eprintln!("written: {}", path.display());
    }
    Ok(())
}
