//! What is missing → what to do about it, step by step, each with its reason.

use std::{collections::BTreeSet, fmt, path::PathBuf};

use super::{distribution::Distribution, tools::Tool};
use crate::toolchain::{self, Candidate, Linker, Machine, Reason};

/// What was found on the machine.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) machine: Machine,
    /// The project's own folder of tools.
    pub(crate) tools: PathBuf,
    pub(crate) distribution: Distribution,
    pub(crate) missing: Vec<Tool>,
    /// An earlier installation was killed before it could tidy up.
    pub(crate) is_unfinished: bool,
    /// rustup was asked and failed: no network to it, or no such component.
    pub(crate) rustup_cannot_deliver: bool,
}

/// One thing to do, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) action: Action,
    /// One line per reason; packages have one each.
    pub(crate) why: Vec<String>,
}

/// A change of the host or of the project's own folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    /// `core`'s source, for a toolchain that rustup has.
    LibrarySource { toolchain: String },
    /// A whole toolchain, with that source.
    Toolchain { toolchain: String },
    /// `bpf-linker`, in the project's folder.
    Linker {
        version: &'static str,
        root: PathBuf,
    },
    /// Packages of the distribution, by apt; without any, what an earlier run left undone.
    Packages(Vec<String>),
    /// What only a person can do here.
    ByHand(Vec<String>),
}

impl Action {
    /// Whether rustup does it.
    pub(crate) fn is_from_rustup(&self) -> bool {
        matches!(self, Self::LibrarySource { .. } | Self::Toolchain { .. })
    }

    fn runs_apt(&self) -> bool {
        matches!(self, Self::Packages(_))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LibrarySource { toolchain } => {
                write!(f, "rustup component add rust-src --toolchain {toolchain}")
            }
            Self::Toolchain { toolchain } => {
                write!(
                    f,
                    "rustup toolchain install {toolchain} --component rust-src"
                )
            }
            Self::Linker { version, root } => {
                write!(f, "bpf-linker {version} into {}", root.display())
            }
            Self::Packages(packages) if packages.is_empty() => {
                f.write_str("finish what apt began: dpkg --configure -a")
            }
            Self::Packages(packages) => write!(f, "apt-get install {}", packages.join(" ")),
            Self::ByHand(commands) => write!(f, "by hand: {}", commands.join("; ")),
        }
    }
}

/// The version this project builds with; newer ones want another LLVM.
const LINKER_VERSION: &str = "0.10.3";
/// The release whose LLVM that version reads.
const FITTING_TOOLCHAIN: &str = "1.95.0";

/// The steps from what was found to what is needed; empty if nothing is missing.
pub(crate) fn plan(found: &Found) -> Vec<Step> {
    let mut steps = compiler(found);
    steps.extend(tools(found));
    let packages = merge_packages(&mut steps);
    let installs_packages = packages.iter().any(|step| step.action.runs_apt());
    if found.is_unfinished && !installs_packages {
        steps.push(Step {
            action: Action::Packages(Vec::new()),
            why: vec![
                "an earlier installation was cut off; its services are to be disabled".to_owned(),
            ],
        });
    }
    steps.extend(packages);
    steps
}

/// What building the XDP program needs.
fn compiler(found: &Found) -> Vec<Step> {
    if toolchain::choose(&found.machine).0.is_some() {
        return Vec::new();
    }
    let linker = Step {
        action: Action::Linker {
            version: LINKER_VERSION,
            root: found.tools.clone(),
        },
        why: vec![
            "links the XDP program; built from source in a minute, for this folder alone"
                .to_owned(),
        ],
    };
    let (choice, passed_over) = toolchain::choose(&with_our_linker(found));
    if choice.is_some() {
        return vec![linker];
    }
    let mut steps: Vec<Step> = passed_over
        .first()
        .map(|first| rust(found, &first.candidate, &first.reason))
        .into_iter()
        .collect();
    if !found
        .machine
        .linkers
        .iter()
        .any(|one| one.llvm() == our_linker(found).llvm())
    {
        steps.push(linker);
    }
    steps
}

/// The one step that makes the best candidate usable.
fn rust(found: &Found, candidate: &Candidate, reason: &Reason) -> Step {
    let name = match candidate {
        Candidate::Wanted(name) => name.as_str(),
        Candidate::Stable | Candidate::Nightly | Candidate::Distribution => "stable",
    };
    let why = vec!["the XDP program is built with `core` from source".to_owned()];
    let rustup_helps = found.machine.has_rustup && !found.rustup_cannot_deliver;
    let toolchain = name.to_owned();
    match reason {
        Reason::NoLibrarySource if rustup_helps && !name.starts_with('/') => Step {
            action: Action::LibrarySource { toolchain },
            why,
        },
        Reason::NotInstalled if rustup_helps && !name.starts_with('/') => Step {
            action: Action::Toolchain { toolchain },
            why,
        },
        Reason::NoLinkerReads { .. } if rustup_helps => Step {
            action: Action::ByHand(vec![
                format!("rustup toolchain install {FITTING_TOOLCHAIN} --component rust-src"),
                format!("export {}={FITTING_TOOLCHAIN}", toolchain::OVERRIDE),
            ]),
            why: vec![format!(
                "no toolchain here fits bpf-linker {LINKER_VERSION}"
            )],
        },
        Reason::NoRustup
        | Reason::NotInstalled
        | Reason::NoLibrarySource
        | Reason::NoLinker
        | Reason::NoLinkerReads { .. } => from_the_distribution(found, why),
    }
}

fn from_the_distribution(found: &Found, why: Vec<String>) -> Step {
    let action = match found.distribution.rust_packages() {
        Some(packages) if found.machine.wanted.is_none() => {
            Action::Packages(packages.iter().map(ToString::to_string).collect())
        }
        _ => Action::ByHand(vec![
            "install rustup (https://rustup.rs)".to_owned(),
            format!("rustup toolchain install {FITTING_TOOLCHAIN} --component rust-src"),
        ]),
    };
    Step { action, why }
}

fn our_linker(found: &Found) -> Linker {
    Linker {
        path: found.tools.join("bin/bpf-linker"),
        version: LINKER_VERSION.to_owned(),
    }
}

fn with_our_linker(found: &Found) -> Machine {
    let mut machine = found.machine.clone();
    machine.linkers.push(our_linker(found));
    machine
}

/// A step per missing tool: packages where there is apt, else a command to type.
fn tools(found: &Found) -> Vec<Step> {
    let steps = found.missing.iter().map(|tool| {
        let packages = tool.packages(&found.distribution);
        let action = match found.distribution.installer() {
            Some(_) if found.distribution.has_apt() => Action::Packages(packages),
            Some(installer) => Action::ByHand(vec![format!("{installer} {}", packages.join(" "))]),
            None => Action::ByHand(vec![format!("install {}", tool.program)]),
        };
        Step {
            action,
            why: vec![format!("{}: {}", tool.program, tool.why)],
        }
    });
    steps.collect()
}

/// One run of apt rather than one per package; likewise one list of commands.
fn merge_packages(steps: &mut Vec<Step>) -> Vec<Step> {
    let mut packages = BTreeSet::new();
    let mut commands = BTreeSet::new();
    let (mut why_packages, mut why_commands) = (Vec::new(), Vec::new());
    steps.retain(|step| match &step.action {
        Action::Packages(names) => {
            packages.extend(names.iter().cloned());
            why_packages.extend(step.why.iter().cloned());
            false
        }
        Action::ByHand(lines) => {
            commands.extend(lines.iter().cloned());
            why_commands.extend(step.why.iter().cloned());
            false
        }
        Action::LibrarySource { .. } | Action::Toolchain { .. } | Action::Linker { .. } => true,
    });
    let mut merged = Vec::new();
    if !packages.is_empty() {
        let action = Action::Packages(packages.into_iter().collect());
        merged.push(Step {
            action,
            why: why_packages,
        });
    }
    if !commands.is_empty() {
        let action = Action::ByHand(commands.into_iter().collect());
        merged.push(Step {
            action,
            why: why_commands,
        });
    }
    merged
}

#[cfg(test)]
mod tests;
