//! What the process may do: noted as it was started, reduced to what is needed, and refused in one line if it is too little.

use std::io;

use rustix::{
    process::{getegid, geteuid},
    thread::CapabilitySet,
};
use thiserror::Error;

use crate::{
    config::{Config, ScriptCommand},
    protocol::Family,
    system::{
        capabilities::{self, Holder, KILL, NET_ADMIN, NET_RAW, Need, SETGID, SETUID, SYS_NICE},
        raw_socket::{Hearing, RawSocket},
        scheduling,
    },
};

/// The capabilities that this process was started with.
#[derive(Debug, Clone, Copy)]
pub(in crate::daemon) struct Privileges(CapabilitySet);

/// Why nothing can start.
#[derive(Debug, Error)]
pub enum MissingPrivilege {
    /// A capability that everything depends on, or one that a script does.
    #[error("{} is needed to {}{why} and missing; run as root, or grant it", need.name, need.purpose)]
    Capability {
        /// Which.
        need: Need,
        /// For whom, if not for all; begins with a space.
        why: String,
    },
    /// All capabilities are there, and something else is in the way.
    #[error(
        "raw sockets are refused in spite of CAP_NET_RAW ({0}); a seccomp filter or a security module may be the reason"
    )]
    RawSockets(io::Error),
}

impl Privileges {
    /// Notes what the process has and lets go of what the daemon does not need. To be called before it has threads, and after its guard was
    /// started.
    ///
    /// # Errors
    ///
    /// The kernel refuses.
    pub(in crate::daemon) fn reduce() -> io::Result<Self> {
        let had = capabilities::effective()?;
        capabilities::lift_memory_lock_limit();
        let needless: &[Need] = match scheduling::allow_real_time() {
            Ok(()) => &[SYS_NICE],
            Err(_needs_a_capability) => &[],
        };
        capabilities::keep_only(Holder::Daemon, needless)?;
        Ok(Self(had))
    }

    /// Whether they are enough for `config`: a router that cannot set its addresses must not win elections, and a script that
    /// cannot run as its user must not run.
    ///
    /// # Errors
    ///
    /// Names what is missing, and what it is for. Without `CAP_BPF` there is the raw path.
    pub(in crate::daemon) fn suffice(
        &self,
        config: &Config,
        account: impl Fn(&ScriptCommand) -> Option<(u32, u32)>,
    ) -> Result<(), MissingPrivilege> {
        for need in [NET_ADMIN, NET_RAW] {
            self.require(need, String::new)?;
        }
        if let Some(script) = script_of_another(config, account) {
            for need in [SETUID, SETGID, KILL] {
                self.require(need, || format!(" (`{}` is one)", script.program()))?;
            }
        }
        RawSocket::open("lo", 1, Family::Ipv4, Hearing::Everything)
            .map(drop)
            .map_err(MissingPrivilege::RawSockets)
    }

    fn require(&self, need: Need, why: impl Fn() -> String) -> Result<(), MissingPrivilege> {
        if self.0.contains(need.capability) {
            return Ok(());
        }
        Err(MissingPrivilege::Capability { need, why: why() })
    }
}

/// A script that does not run as us.
fn script_of_another(
    config: &Config,
    account: impl Fn(&ScriptCommand) -> Option<(u32, u32)>,
) -> Option<&ScriptCommand> {
    let us = (geteuid().as_raw(), getegid().as_raw());
    let notified = config.notify_commands();
    let tracked = config.scripts.iter().filter(|script| {
        let mut all = config.instances.iter().flat_map(|one| &one.track_scripts);
        all.any(|tracked| tracked.script == script.name)
    });
    tracked
        .map(|script| &script.command)
        .chain(notified)
        .find(|command| account(command).is_some_and(|them| them != us))
}
