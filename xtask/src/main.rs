//! The project's own commands: `cargo xtask run`, `cargo xtask test`, and what they are made of.
//!
//! A list here, a file per task. Deciding is apart from doing: `toolchain`, `prerequisites::plan` and the rules of `lint`
//! are pure and tested by tables.

mod bench;
mod cargo;
mod conformance;
mod console;
mod corpus;
mod dist;
mod kernel;
mod lint;
mod machine;
mod prerequisites;
mod privilege;
mod process;
mod run;
mod test;
mod toolchain;
mod workspace;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::prerequisites::{Consent, Purpose};

/// The project's own commands.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    subcommand_required = true
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Open the lab, play a script in it, or run the daemon on this host
    ///
    /// Without `--`: builds everything, and makes two nodes, a client and a mail server in network namespaces of this machine.
    /// On a full screen one then sees what they do; single keys kill, stop, cut and flood, others mend, `?` explains and `q` ends it.
    /// `--script demo` plays a demonstration instead. Nothing of it touches the host's own network.
    ///
    /// With arguments after `--`: runs the daemon itself with them, as root, for example
    /// `cargo xtask run -- -f /etc/keepalived/keepalived.conf -n -l`.
    Run(run::Arguments),
    /// Run everything CI runs: formatting, lints, unit tests, the XDP tests, the end-to-end tests, the Debian package
    ///
    /// Installs what is missing, builds as you, and runs only the finished test programs as root. A missing tool or
    /// privilege is a failure, never a skip. The last line is the total.
    ///
    /// With `--kernel 5.10,6.1,6.12,newest`: boots a guest with each of these kernels and runs there what must hold on all of them, or the
    /// tests that FILTER names. The kernels are Debian's, as apt fetches them; a guest takes some five minutes where there is no KVM.
    /// What a guest said is in target/kernels. docs/kernels.md has the results.
    Test(test::Arguments),
    /// Measure this daemon and keepalived against each other, on this machine: writes docs/benchmarks.md
    ///
    /// Two nodes of one daemon in network namespaces, then the same with the other: takeover, return and stop with up to 20,000 addresses, start and
    /// reload, 255 routers at 10 ms, forged adverts, lateness. All of it takes half an hour, most of which is keepalived's; `--quick` a few minutes.
    /// Ctrl-C ends it and leaves nothing behind.
    Bench(bench::Arguments),
    /// Install what the other commands need, and nothing else
    ///
    /// Says first what it will install and why. bpf-linker goes into `.tools` of this folder; services that come with
    /// packages are neither started nor enabled.
    Setup(SetupArguments),
    /// Build the Debian package, target/dist/xvrrpd_VERSION_ARCH.deb
    ///
    /// A release build of the daemon with the XDP program inside, its unit and init script, manual pages and completions. It takes
    /// the place of keepalived: `apt install ./target/dist/xvrrpd_*.deb` removes that package and keeps its configuration. No root is
    /// needed. The same commit, toolchain and libraries give the same bytes; times are those of the last commit, or of
    /// SOURCE_DATE_EPOCH. Needs dpkg-dev, and says so.
    Dist(dist::Arguments),
    /// Say which tests answer what the RFCs ask: writes docs/conformance.md
    ///
    /// A test claims a line in its doc comment, `C024+` for what it demands and `C024-` for what it forbids. Fails if a MUST that is followed has not
    /// both, if a claim stands where there is no test, or if more lines are pending than before.
    Conformance(conformance::Arguments),
    /// Check the rules of the house: who may know whom, where `unsafe` may stand
    Lint,
    /// Send a folder of keepalived configurations through `xvrrpd check` and count the answers
    ///
    /// Fails if any of them makes it crash or hang.
    Corpus {
        /// The folder; every file below it is tried.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

#[derive(clap::Args)]
struct SetupArguments {
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

fn main() -> ExitCode {
    let task = Arguments::parse().task;
    let done = process::outlive_interrupts().and_then(|()| carry_out(task));
    match done {
        _ if process::was_interrupted() => {
            console::error("interrupted");
            ExitCode::from(process::INTERRUPTED_EXIT)
        }
        Ok(code) => code,
        Err(error) => {
            console::error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn carry_out(task: Task) -> Result<ExitCode> {
    match task {
        Task::Run(arguments) => run::run(&arguments),
        Task::Test(arguments) => test::run(&arguments),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Setup(arguments) => setup(&arguments),
        Task::Dist(arguments) => dist::run(&arguments),
        Task::Conformance(arguments) => conformance::run(&arguments),
        Task::Lint => lint::run(),
        Task::Corpus { folder } => corpus::run(&folder),
    }
}

fn setup(arguments: &SetupArguments) -> Result<ExitCode> {
    let way = privilege::way()?;
    prerequisites::ensure(Purpose::Tests, Consent::new(arguments.yes), way)?;
    let (choice, _) = toolchain::choose(&machine::inspect(&workspace::root()));
    if let Some(choice) = choice {
        console::note(&format!(
            "the XDP program is built with {} and {}",
            choice.candidate,
            choice.linker.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}
