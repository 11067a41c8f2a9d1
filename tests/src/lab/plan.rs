//! What a lab is equipped with before it is made.

use crate::binaries::{Binaries, Daemon};
use crate::seeds;
use crate::wiretap::Capture;

/// How a lab is to be equipped.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The programs that run in it.
    pub binaries: Binaries,
    /// What r1 is given.
    pub r1: Equipment,
    /// What r2 is given.
    pub r2: Equipment,
    /// Whether the nodes' interfaces strip VLAN tags before a program sees the frame, as most real ones do.
    pub strips_vlan_tags: bool,
    /// Whether the nodes' first interface is a TAP, as a virtual machine's is, in place of a veth.
    pub has_taps: bool,
    /// What the wiretaps write down.
    pub capture: Capture,
}

/// What a node is given.
#[derive(Debug, Clone)]
pub struct Equipment {
    /// The daemon that runs there.
    pub daemon: Daemon,
    /// Its configuration.
    pub config: String,
    /// The script that the configuration tracks.
    pub script: String,
    /// A program with arguments that starts the daemon in its own place, with less than it would have.
    pub launcher: Vec<&'static str>,
    /// With what options it is started.
    pub options: &'static [&'static str],
}

/// In the foreground, with a detailed log there.
pub const TALKATIVE: &[&str] = &["-n", "-l", "-D"];
/// The same with a log as most have it.
pub const TERSE: &[&str] = &["-n", "-l"];

impl Plan {
    /// The seeds, byte for byte, for these daemons on r1 and r2.
    #[must_use]
    pub fn seeds(r1: Daemon, r2: Daemon) -> Self {
        let equipment = |daemon, config: &str| Equipment {
            daemon,
            config: config.to_owned(),
            script: seeds::CHECK_SCRIPT.to_owned(),
            launcher: Vec::new(),
            options: TALKATIVE,
        };
        Self {
            binaries: Binaries::beside_this_one(),
            r1: equipment(r1, seeds::MASTER_CONF),
            r2: equipment(r2, seeds::BACKUP_CONF),
            strips_vlan_tags: false,
            has_taps: false,
            capture: Capture::EVERYTHING_OF_INTEREST,
        }
    }

    /// The same, with every configuration changed.
    #[must_use]
    pub fn with_configs(mut self, change: impl Fn(&str) -> String) -> Self {
        self.r1.config = change(&self.r1.config);
        self.r2.config = change(&self.r2.config);
        self
    }

    /// The same, with another script on both nodes.
    #[must_use]
    pub fn with_script(mut self, script: &str) -> Self {
        script.clone_into(&mut self.r1.script);
        script.clone_into(&mut self.r2.script);
        self
    }

    /// The same, with another program to start r1's daemon.
    #[must_use]
    pub fn with_launcher_on_r1(mut self, launcher: &[&'static str]) -> Self {
        self.r1.launcher = launcher.to_vec();
        self
    }
}
