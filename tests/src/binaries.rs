//! Where the programs are that a lab runs.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

/// The programs under test and the laboratory's own.
#[derive(Debug, Clone)]
pub struct Binaries {
    /// The laboratory's program, which the machines run as client, listener and forger.
    pub lab: PathBuf,
    /// The daemon of this project.
    pub xvrrpd: PathBuf,
}

impl Binaries {
    /// The programs built beside the running one. `XVRRPD_BIN` names another daemon.
    ///
    /// # Panics
    ///
    /// If the running program does not know where it is.
    #[must_use]
    pub fn beside_this_one() -> Self {
        let this = env::current_exe().expect("a running program has a path");
        let mut folder = this.parent().unwrap_or(Path::new("/")).to_owned();
        // Cargo keeps test executables one level below the programs.
        if folder.ends_with("deps") {
            folder.pop();
        }
        let xvrrpd = env::var_os("XVRRPD_BIN").map_or_else(|| folder.join("xvrrpd"), PathBuf::from);
        Self {
            lab: folder.join("vrrp-lab"),
            xvrrpd,
        }
    }
}

/// Which daemon a node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Daemon {
    /// The one of this project.
    Xvrrpd,
    /// The distribution's keepalived.
    Keepalived,
}

impl Daemon {
    /// What to bind over keepalived's program on a node that runs this daemon.
    #[must_use]
    pub fn stand_in(self, binaries: &Binaries) -> Option<&Path> {
        match self {
            Self::Xvrrpd => Some(&binaries.xvrrpd),
            Self::Keepalived => None,
        }
    }
}

impl fmt::Display for Daemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Xvrrpd => "xvrrpd",
            Self::Keepalived => "keepalived",
        })
    }
}
