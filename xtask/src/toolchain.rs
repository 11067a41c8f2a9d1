//! Which Rust builds the XDP program? What there is goes in; a choice, and why the others were passed over, come out.
//!
//! Pure: `machine` gathers the facts. The build script of `vrrp-userspace` includes both files, so `cargo build` and
//! `cargo xtask setup` cannot disagree.

use std::{fmt, path::PathBuf};

/// Names a rustup toolchain, or a folder that has `bin/rustc`, to be used and no other.
pub(crate) const OVERRIDE: &str = "XVRRPD_BPF_TOOLCHAIN";

/// What was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Machine {
    /// What the override variable names.
    pub(crate) wanted: Option<Wanted>,
    /// Whether there is a `rustup` on the path.
    pub(crate) has_rustup: bool,
    /// rustup's `stable`.
    pub(crate) stable: Option<Rust>,
    /// rustup's `nightly`.
    pub(crate) nightly: Option<Rust>,
    /// The compiler of the distribution's packages.
    pub(crate) distribution: Option<Rust>,
    /// Every `bpf-linker`, the project's own first.
    pub(crate) linkers: Vec<Linker>,
}

/// The override variable, and what it led to.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) rust: Option<Rust>,
}

/// A Rust compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rust {
    /// The folder that has `bin/rustc`.
    pub(crate) sysroot: PathBuf,
    /// The major version of the LLVM inside.
    pub(crate) llvm: u32,
    /// Whether the source of `core` lies beside it; nobody ships a compiled one for the BPF target.
    pub(crate) has_library_source: bool,
    /// Its LLVM as a shared library, where it is not rustup who tells the linker.
    pub(crate) llvm_library: Option<PathBuf>,
}

/// A `bpf-linker`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Linker {
    pub(crate) path: PathBuf,
    pub(crate) version: String,
}

impl Linker {
    /// The major version of the LLVM whose output it reads, for the versions this project knows.
    pub(crate) fn llvm(&self) -> Option<u32> {
        match self.version.split('.').collect::<Vec<_>>().as_slice() {
            ["0", "10", ..] => Some(22),
            ["0", "11", ..] => Some(23),
            _ => None,
        }
    }
}

impl fmt::Display for Linker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.path.display(), self.version)?;
        match self.llvm() {
            Some(llvm) => write!(f, " reads LLVM {llvm}"),
            None => write!(f, " is a version this project does not know"),
        }
    }
}

/// Where a compiler may come from, in the order of preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Candidate {
    Wanted(String),
    Stable,
    Nightly,
    Distribution,
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wanted(name) => write!(f, "{name} (from {OVERRIDE})"),
            Self::Stable => f.write_str("rustup's stable"),
            Self::Nightly => f.write_str("rustup's nightly"),
            Self::Distribution => f.write_str("the distribution's rustc"),
        }
    }
}

/// The pair that builds the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) candidate: Candidate,
    pub(crate) rust: Rust,
    pub(crate) linker: PathBuf,
}

/// A candidate that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PassedOver {
    pub(crate) candidate: Candidate,
    pub(crate) reason: Reason,
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.candidate, self.reason)
    }
}

/// Why a candidate cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reason {
    NoRustup,
    NotInstalled,
    NoLibrarySource,
    NoLinker,
    NoLinkerReads { llvm: u32, linkers: Vec<Linker> },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRustup => f.write_str("there is no rustup"),
            Self::NotInstalled => f.write_str("not installed"),
            Self::NoLibrarySource => f.write_str("without the library source (rust-src)"),
            Self::NoLinker => f.write_str("there is no bpf-linker"),
            Self::NoLinkerReads { llvm, linkers } => {
                write!(f, "made with LLVM {llvm}, which no bpf-linker here reads:")?;
                for (position, linker) in linkers.iter().enumerate() {
                    f.write_str(if position == 0 { " " } else { "; " })?;
                    linker.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

/// The first candidate that can build the program, and every one before it that cannot.
///
/// An override that cannot be used is not replaced by something its author did not ask for.
pub(crate) fn choose(machine: &Machine) -> (Option<Choice>, Vec<PassedOver>) {
    let mut passed_over = Vec::new();
    for (candidate, found) in candidates(machine) {
        match found.and_then(|rust| usable(rust, &machine.linkers)) {
            Ok((rust, linker)) => {
                return (
                    Some(Choice {
                        candidate,
                        rust,
                        linker,
                    }),
                    passed_over,
                );
            }
            Err(reason) => passed_over.push(PassedOver { candidate, reason }),
        }
    }
    (None, passed_over)
}

fn candidates(machine: &Machine) -> Vec<(Candidate, Result<&Rust, Reason>)> {
    if let Some(Wanted { name, rust }) = &machine.wanted {
        return vec![(
            Candidate::Wanted(name.clone()),
            rust.as_ref().ok_or(Reason::NotInstalled),
        )];
    }
    let absent = if machine.has_rustup {
        Reason::NotInstalled
    } else {
        Reason::NoRustup
    };
    vec![
        (
            Candidate::Stable,
            machine.stable.as_ref().ok_or(absent.clone()),
        ),
        (Candidate::Nightly, machine.nightly.as_ref().ok_or(absent)),
        (
            Candidate::Distribution,
            machine.distribution.as_ref().ok_or(Reason::NotInstalled),
        ),
    ]
}

fn usable(rust: &Rust, linkers: &[Linker]) -> Result<(Rust, PathBuf), Reason> {
    if !rust.has_library_source {
        return Err(Reason::NoLibrarySource);
    }
    if linkers.is_empty() {
        return Err(Reason::NoLinker);
    }
    match linkers
        .iter()
        .find(|linker| linker.llvm() == Some(rust.llvm))
    {
        Some(linker) => Ok((rust.clone(), linker.path.clone())),
        None => Err(Reason::NoLinkerReads {
            llvm: rust.llvm,
            linkers: linkers.to_vec(),
        }),
    }
}

#[cfg(test)]
#[path = "toolchain/tests.rs"] // said, because a build script includes this file from elsewhere
mod tests;
