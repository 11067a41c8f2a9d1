//! `cargo xtask test`: stage after stage, what needs the processor first, what waits last.
//!
//! A missing tool or privilege is a failure here, never a skip.

mod stage;
mod tally;

use std::{
    ffi::OsStr,
    path::Path,
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result, bail};

use self::stage::Stages;
pub(crate) use self::tally::{Tally, of_runner};
use crate::{
    cargo::{self, Binaries, Executable},
    conformance, console, dist, kernel, lint, machine,
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
    /// In guests with these kernels, only what must hold on every kernel: `5.10`, `6.12.117`, `newest`; commas between several
    #[arg(
        long,
        value_name = "VERSION",
        value_delimiter = ',',
        conflicts_with = "quick"
    )]
    kernel: Vec<kernel::Wanted>,
    /// Only the tests whose name contains this, and neither formatting nor lints
    #[arg(value_name = "FILTER")]
    filter: Option<String>,
}

/// Runs every stage, also after a failed one, so that one run tells everything.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let way = privilege::way()?;
    if !arguments.kernel.is_empty() {
        return in_guests(arguments, way);
    }
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
        stages.run("conformance", conformance);
        stages.run("clippy", clippy);
        stages.run("clippy, XDP program", clippy_of_the_program);
    }
    stages.run("units", || units(arguments));
    stages.run("kernel and end to end", || privileged(arguments, way));
    if !arguments.quick {
        stages.run("package", || package(arguments, way));
    }
    stages.finish(arguments.filter.as_deref())
}

/// What is root in a guest is nobody here, so only a missing tool asks for root.
fn in_guests(arguments: &Arguments, way: Way) -> Result<ExitCode> {
    prerequisites::ensure(Purpose::Kernels, Consent::new(arguments.yes), way)?;
    kernel::run(&arguments.kernel, arguments.filter.as_deref(), || {
        let binaries = cargo::build_binaries()?;
        let of_the_lab = workspace::root().join("tests");
        let programs = test_programs()?.into_iter();
        let programs = programs.filter(|one| one.package == of_the_lab && !is_of_the_package(one));
        Ok((binaries, programs.collect()))
    })
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

fn conformance() -> Result<Tally> {
    let report = conformance::Report::read(&workspace::root())?;
    console::note(&report.summary());
    report.check()?;
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

fn path_starting_with(folder: &Path) -> Result<std::ffi::OsString> {
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
    let (_, tests): (Vec<_>, Vec<_>) = test_programs()?.into_iter().partition(is_of_the_package);
    // Elsewhere than in `tests` a test program plays several parts, and has no list of tests.
    let (lists, wholes): (Vec<_>, Vec<_>) = tests
        .iter()
        .partition(|test| test.package == workspace::root().join("tests"));
    let wholes = wholes
        .iter()
        .flat_map(|test| [OsStr::new("--whole"), test.path.as_os_str()]);
    let programs = wholes.chain(lists.iter().map(|test| test.path.as_os_str()));
    run_as_root(arguments, way, &binaries, None, programs)
}

/// Builds the Debian package, twice, and has it installed on machines of its own.
fn package(arguments: &Arguments, way: Way) -> Result<Tally> {
    if workspace::find("apt-get").is_none() {
        console::note("no apt here: the Debian package is tested on Debian");
        return Ok(Tally::default());
    }
    let binaries = cargo::build_binaries()?;
    let mut tests = test_programs()?.into_iter().filter(is_of_the_package);
    let test = tests.next().context("there is no test of the package")?;
    if let Some(filter) = &arguments.filter
        && !has_test(&test, filter)?
    {
        return Ok(Tally::default());
    }
    let package = dist::build()?;
    let first = std::fs::read(&package)?;
    if std::fs::read(dist::build()?)? != first {
        bail!("packed twice, the package was not the same");
    }
    let programs = [test.path.as_os_str()];
    run_as_root(arguments, way, &binaries, Some(&package), programs)
}

/// Those that need the Debian package.
fn is_of_the_package(test: &Executable) -> bool {
    test.target == "package"
}

/// Of all packages, as the units were, so that dependencies are not built again with other features.
fn test_programs() -> Result<Vec<Executable>> {
    let built = cargo::build(&["test", "--workspace", "--no-run"])?;
    let tests: Vec<_> = built.into_iter().filter(|one| one.kind == "test").collect();
    if tests.is_empty() {
        bail!("there are no test programs");
    }
    Ok(tests)
}

/// Whether `test` has one whose whole name, as the runner shows it, contains `filter`.
fn has_test(test: &Executable, filter: &str) -> Result<bool> {
    let list = Command::new(&test.path)
        .args(["--list", "--format", "terse"])
        .output()
        .with_context(|| format!("cannot run {}", test.path.display()))?;
    let list = String::from_utf8(list.stdout)?;
    let mut names = list.lines().filter_map(|line| line.strip_suffix(": test"));
    Ok(names.any(|name| format!("{}::{name}", test.target).contains(filter)))
}

fn run_as_root<'a>(
    arguments: &Arguments,
    way: Way,
    binaries: &Binaries,
    package: Option<&Path>,
    programs: impl IntoIterator<Item = &'a OsStr>,
) -> Result<Tally> {
    let path = privilege::path_with_system_folders()?;
    let mut variables = vec![
        ("PATH", path.as_os_str()),
        ("XVRRPD_BIN", binaries.daemon.as_os_str()),
        ("XVRRPD_LAB", binaries.lab.as_os_str()),
        ("RUST_BACKTRACE", OsStr::new("1")),
    ];
    variables.extend(package.map(|package| ("XVRRPD_DEB", package.as_os_str())));
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
    runner.args(programs);
    if let Way::None(why) = way {
        console::note("these were not run:");
        process::run(&mut runner)?;
        bail!("{why}\nhelp: run this as root, or as a user who may use sudo");
    }
    tally::watch(&mut runner, of_runner)
}

/// Labs mostly wait, so there can be more of them than processors.
const JOBS: &str = "6";
