//! Which daemon is measured, and the lab it is measured in.

use std::path::Path;

use vrrp_tests::lab::{Equipment, TERSE};
use vrrp_tests::{Binaries, Capture, Daemon, Lab, Plan};

/// One of the two daemons.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) daemon: Daemon,
    binaries: Binaries,
}

/// Whoever writes down every frame at once takes the processor from those who are measured.
const fn late(filter: &'static str) -> Capture {
    Capture {
        filter,
        is_immediate: false,
    }
}

/// What the wiretaps write down where the wire is what is measured.
pub(crate) const ADVERTS_AND_ARP: Capture = late("arp or ip proto 112");
/// Where a stranger floods, of the adverts those of the first node alone.
pub(crate) const ADVERTS_OF_R1: Capture = late("ip proto 112 and src host 10.89.0.9");
/// Where only processor time is measured, nobody listens: no frame is shorter than this.
pub(crate) const NOTHING: Capture = late("less 1");

impl Subject {
    /// Ours and keepalived, or ours alone.
    pub(crate) fn both(daemon: &Path, alone: bool) -> Vec<Self> {
        let binaries = Binaries {
            xvrrpd: daemon.to_owned(),
            ..Binaries::beside_this_one()
        };
        let subject = |daemon| Self {
            daemon,
            binaries: binaries.clone(),
        };
        let all = [Daemon::Xvrrpd, Daemon::Keepalived];
        all.into_iter()
            .filter(|daemon| !alone || *daemon == Daemon::Xvrrpd)
            .map(subject)
            .collect()
    }

    pub(crate) fn is_ours(&self) -> bool {
        self.daemon == Daemon::Xvrrpd
    }

    /// Two nodes of it, with a configuration that follows from the node's priority; no daemon runs yet.
    pub(crate) fn lab(&self, capture: Capture, configuration: impl Fn(u8) -> String) -> Lab {
        let seeds = Plan::seeds(self.daemon, self.daemon);
        let equipment = |of: &Equipment, priority| Equipment {
            config: configuration(priority),
            options: TERSE,
            ..of.clone()
        };
        Lab::new(&Plan {
            binaries: self.binaries.clone(),
            r1: equipment(&seeds.r1, 101),
            r2: equipment(&seeds.r2, 100),
            capture,
            ..seeds
        })
    }
}
