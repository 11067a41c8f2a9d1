//! Which daemons the pair runs.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use vrrp_tests::{Binaries, Daemon, Plan};

#[derive(clap::Args)]
pub(crate) struct Pair {
    /// The xvrrpd to play with; the one built beside this program if none is named.
    #[arg(long, value_name = "PATH")]
    daemon: Option<PathBuf>,
    /// What the other node runs.
    #[arg(long, value_name = "DAEMON", default_value = "xvrrpd")]
    with: With,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum With {
    Xvrrpd,
    Keepalived,
}

impl Pair {
    /// The seeds for this pair.
    pub(crate) fn plan(&self) -> Result<Plan> {
        ensure!(
            rustix::process::geteuid().is_root(),
            "making namespaces takes root"
        );
        let mut binaries = Binaries::beside_this_one();
        if let Some(daemon) = &self.daemon {
            binaries.xvrrpd.clone_from(daemon);
        }
        binaries.xvrrpd = fs::canonicalize(&binaries.xvrrpd)
            .with_context(|| format!("there is no daemon {}", binaries.xvrrpd.display()))?;
        let other = match self.with {
            With::Xvrrpd => Daemon::Xvrrpd,
            With::Keepalived => Daemon::Keepalived,
        };
        Ok(Plan {
            binaries,
            ..Plan::seeds(Daemon::Xvrrpd, other)
        })
    }
}
