//! What a command needs from this machine: found, planned, announced, agreed to, installed.
//!
//! `plan` decides and is pure; everything here acts. What is there is never replaced or upgraded.

mod distribution;
mod plan;
mod tools;

use std::{env, ffi::OsStr, path::Path, process::Command};

use anyhow::{Context as _, Result, bail};

pub(crate) use self::tools::Purpose;
use self::{
    distribution::Distribution,
    plan::{Action, Found, Step},
};
use crate::{console, machine, privilege::Way, process, toolchain, workspace};

const INSTALL: &str = include_str!("prerequisites/install.sh");
/// What that script leaves behind if it is killed.
const INSTALL_STATE: &str = "/var/lib/xvrrpd-setup";

/// Whether to ask before the host is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// Given on the command line, by CI, or because nobody is there to ask.
    Given,
    Ask,
}

impl Consent {
    /// What `--yes`, the environment and the terminal amount to.
    pub(crate) fn new(yes: bool) -> Self {
        let is_ci = env::var("CI").is_ok_and(|ci| ci == "true" || ci == "1");
        if yes || is_ci || !console::is_interactive() {
            Self::Given
        } else {
            Self::Ask
        }
    }
}

/// Makes sure that everything `purpose` needs is there.
pub(crate) fn ensure(purpose: Purpose, consent: Consent, way: Way) -> Result<()> {
    let mut found = find(purpose);
    loop {
        let steps = plan::plan(&found);
        if steps.is_empty() {
            return Ok(());
        }
        announce(&found, &steps);
        if consent == Consent::Ask && !console::agrees("Install this?")? {
            bail!("nothing was installed, and without it this cannot go on");
        }
        match carry_out_all(&steps, way) {
            Ok(()) => return verify(purpose),
            Err(Failed::Rustup(error)) if !process::was_interrupted() => {
                console::note(&format!("{error:#}; looking for another way"));
                found = Found {
                    rustup_cannot_deliver: true,
                    ..find(purpose)
                };
            }
            Err(Failed::Rustup(error) | Failed::Other(error)) => return Err(error),
        }
    }
}

/// Where a step failed; what rustup cannot deliver, a distribution may.
enum Failed {
    Rustup(anyhow::Error),
    Other(anyhow::Error),
}

fn carry_out_all(steps: &[Step], way: Way) -> Result<(), Failed> {
    for step in steps {
        carry_out(step, way).map_err(|error| {
            if step.action.is_from_rustup() {
                Failed::Rustup(error)
            } else {
                Failed::Other(error)
            }
        })?;
    }
    Ok(())
}

fn find(purpose: Purpose) -> Found {
    let os_release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let kernel = rustix::system::uname()
        .release()
        .to_string_lossy()
        .into_owned();
    Found {
        machine: machine::inspect(&workspace::root()),
        tools: workspace::root().join(machine::TOOLS),
        distribution: Distribution::from_os_release(&os_release, &kernel),
        missing: tools::missing(purpose),
        is_unfinished: Path::new(INSTALL_STATE).exists(),
        rustup_cannot_deliver: false,
    }
}

fn announce(found: &Found, steps: &[Step]) {
    console::heading("Some things are missing on this machine");
    for passed_over in toolchain::choose(&found.machine).1 {
        console::note(&format!("not used for the XDP program: {passed_over}"));
    }
    console::heading("To be installed");
    for step in steps {
        console::note(&step.action.to_string());
        for reason in &step.why {
            console::note(&format!("  - {reason}"));
        }
    }
}

fn carry_out(step: &Step, way: Way) -> Result<()> {
    console::heading(&step.action.to_string());
    match &step.action {
        Action::LibrarySource { toolchain } => process::run(Command::new("rustup").args([
            "component",
            "add",
            "rust-src",
            "--toolchain",
            toolchain,
        ])),
        Action::Toolchain { toolchain } => process::run(Command::new("rustup").args([
            "toolchain",
            "install",
            toolchain,
            "--profile",
            "minimal",
            "--component",
            "rust-src",
        ])),
        Action::Linker { version, root } => install_linker(version, root),
        Action::Packages(packages) => install_packages(packages, way),
        Action::ByHand(commands) => {
            bail!(
                "xtask cannot do this here; please run\n  {}",
                commands.join("\n  ")
            )
        }
    }
}

fn install_linker(version: &str, root: &Path) -> Result<()> {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args([
            "install",
            "bpf-linker",
            "--version",
            version,
            "--locked",
            "--root",
        ])
        .arg(root)
        // Elsewhere than the workspace, whose settings are not meant for it.
        .current_dir("/");
    process::run(&mut command)
}

fn install_packages(packages: &[String], way: Way) -> Result<()> {
    way.prepare("Installing packages")?;
    let path = crate::privilege::path_with_system_folders()?;
    let mut command = way
        .command("sh", &[("PATH", OsStr::new(&path))])
        .with_context(|| format!("needed: apt-get install {}", packages.join(" ")))?;
    let status = process::status(command.args(["-c", INSTALL, "install.sh"]).args(packages))?;
    if process::was_interrupted() {
        bail!("interrupted");
    }
    if !status.success() {
        bail!("the packages were not installed; what stands above says why");
    }
    Ok(())
}

/// Looks again, so that a package without its tool is noticed here and not in the middle of the work.
fn verify(purpose: Purpose) -> Result<()> {
    let found = find(purpose);
    let left = plan::plan(&found);
    if left.is_empty() {
        console::heading("Everything is there");
        return Ok(());
    }
    let left: Vec<_> = left
        .iter()
        .map(|step| format!("  {}", step.action))
        .collect();
    bail!(
        "after installing, this is still missing:\n{}",
        left.join("\n")
    )
}
