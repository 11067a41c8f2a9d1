//! `cargo xtask test`: stage after stage, what needs the processor first, what waits last.
//!
//! A missing tool or privilege is a failure here, never a skip.

mod stage;
mod tally;

use std::{
    ffi::OsStr,
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result, bail};

use self::{stage::Stages, tally::Tally};
use crate::{
    cargo, console, lint, machine,
    prerequisites::{self, Consent, Purpose},
    privilege::{self, Way},
    process, toolchain, workspace,
};

/// What to test.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Formatting, lints, units, the XDP table and one failover only; under three minutes
    #[arg(long)]
    quick: bool,
    /// Install what is missing without asking
    #[arg(long)]
    yes: bool,
    /// Only the tests whose name contains this, and neither formatting nor lints
    #[arg(value_name = "FILTER")]
    filter: Option<String>,
}

/// Runs every stage, also after a failed one, so that one run tells everything.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let way = privilege::way()?;
    if way.leads_to_root() {
        way.prepare("Testing in network namespaces")?;
        prerequisites::ensure(Purpose::Tests, Consent::new(arguments.yes), way)?;
    } else {
        prerequisites::ensure(Purpose::Build, Consent::new(arguments.yes), way)?;
    }
    let mut stages = Stages::default();
    if arguments.filter.is_none() {
        stages.run("formatting", formatting);
        stages.run("layers", layers);
        stages.run("clippy", clippy);
        stages.run("clippy, XDP program", clippy_of_the_program);
    }
    stages.run("units", || units(arguments));
    stages.run("kernel and end to end", || privileged(arguments, way));
    stages.finish(arguments.filter.as_deref())
}

fn formatting() -> Result<Tally> {
    let formatted = process::run(&mut cargo::command(&["fmt", "--all", "--check"]));
    formatted.context("help: cargo fmt")?;
    Ok(Tally::default())
}

fn layers() -> Result<Tally> {
    let findings = lint::findings(&workspace::root())?;
    for finding in &findings {
        console::result(&finding.to_string());
    }
    if !findings.is_empty() {
        bail!("{} broken rules of the house", findings.len());
    }
    Ok(Tally::default())
}

fn clippy() -> Result<Tally> {
    process::run(&mut cargo::command(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ]))?;
    Ok(Tally::default())
}

/// The program is compiled for another target, by the toolchain that builds it, so the other clippy never sees it.
fn clippy_of_the_program() -> Result<Tally> {
    let (choice, _) = toolchain::choose(&machine::inspect(&workspace::root()));
    let choice = choice.context("there is nothing to build the XDP program with")?;
    let mut clippy = Command::new(choice.rust.sysroot.join("bin/cargo-clippy"));
    clippy
        .args([
            "clippy",
            "--package",
            "vrrp-ebpf",
            "--bin",
            "vrrp-xdp",
            "--features",
            "bpf",
        ])
        .args([
            "--release",
            "--target",
            "bpfel-unknown-none",
            "-Z",
            "build-std=core",
        ])
        .args(["--target-dir", "target/bpf", "--", "--deny", "warnings"])
        .current_dir(workspace::root())
        .env("RUSTC_BOOTSTRAP", "1")
        .env(
            "PATH",
            path_starting_with(&choice.rust.sysroot.join("bin"))?,
        )
        .env("CARGO", choice.rust.sysroot.join("bin/cargo"))
        .env(
            "CARGO_ENCODED_RUSTFLAGS",
            format!("--cfg=bpf_target_arch=\"{}\"", std::env::consts::ARCH),
        );
    process::run(&mut clippy)?;
    Ok(Tally::default())
}

fn path_starting_with(folder: &std::path::Path) -> Result<std::ffi::OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    Ok(std::env::join_paths(folders)?)
}

fn units(arguments: &Arguments) -> Result<Tally> {
    let mut command = cargo::command(&["test", "--workspace", "--lib", "--bins", "--no-fail-fast"]);
    if let Some(filter) = &arguments.filter {
        command.arg("--").arg(filter);
    }
    tally::watch(&mut command, tally::of_harness)
}

/// Builds the test programs as the user and has the runner run them as root.
fn privileged(arguments: &Arguments, way: Way) -> Result<Tally> {
    let binaries = cargo::build_binaries()?;
    // Of all packages, as the units were, so that dependencies are not built again with other features.
    let built = cargo::build(&["test", "--workspace", "--no-run"])?;
    let tests: Vec<_> = built.into_iter().filter(|one| one.kind == "test").collect();
    if tests.is_empty() {
        bail!("there are no test programs");
    }
    let path = privilege::path_with_system_folders()?;
    let variables = [
        ("PATH", path.as_os_str()),
        ("XVRRPD_BIN", binaries.daemon.as_os_str()),
        ("XVRRPD_LAB", binaries.lab.as_os_str()),
        ("RUST_BACKTRACE", OsStr::new("1")),
    ];
    let mut runner = if way.leads_to_root() {
        way.prepare("Running the tests")?;
        way.command(&binaries.runner, &variables)?
    } else {
        let mut list = Command::new(&binaries.runner);
        list.arg("--list");
        list
    };
    runner.args(["--jobs", JOBS]);
    if arguments.quick {
        runner.arg("--quick");
    }
    if let Some(filter) = &arguments.filter {
        runner.args(["--filter", filter]);
    }
    // Elsewhere than in `tests` a test program plays several parts, and has no list of tests.
    let (lists, wholes): (Vec<_>, Vec<_>) = tests
        .iter()
        .partition(|test| test.package == workspace::root().join("tests"));
    runner.args(
        wholes
            .iter()
            .flat_map(|test| [OsStr::new("--whole"), test.path.as_os_str()]),
    );
    runner.args(lists.iter().map(|test| &test.path));
    if let Way::None(why) = way {
        console::note("these were not run:");
        process::run(&mut runner)?;
        bail!("{why}\nhelp: run this as root, or as a user who may use sudo");
    }
    tally::watch(&mut runner, tally::of_runner)
}

/// Labs mostly wait, so there can be more of them than processors.
const JOBS: &str = "6";
