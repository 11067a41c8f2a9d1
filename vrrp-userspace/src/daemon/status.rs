//! What the daemon is doing, and why: plain data, as `xvrrpd status --json` prints it. `docs/status.md` is its reference.
//!
//! Names of fields are a promise: they are added to and not changed. Units stand in the names, moments are RFC 3339 in UTC.

use std::{net::Ipv4Addr, path::PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Everything there is to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Of the program.
    pub version: String,
    /// The daemon's process number.
    pub pid: u32,
    /// Where that is written.
    pub pid_file: PathBuf,
    /// When all of this was so; at most a tenth of a second before it was asked for.
    pub at: Timestamp,
    /// What each router is doing, in the order of their names.
    pub instances: Vec<Instance>,
    /// Whether the election wakes up when it wants to.
    pub wakeups: Wakeups,
    /// What came of the last reload, if there was one.
    pub last_reload: Option<Reload>,
}

/// A virtual router.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// As the configuration calls it.
    pub name: String,
    /// Where it sends and receives adverts.
    pub interface: String,
    /// `virtual_router_id`.
    pub vrid: u8,
    /// Of VRRP.
    pub version: u8,
    /// `MASTER`, `BACKUP` or `FAULT`, or `INIT` before it takes part.
    pub state: String,
    /// Since when. A reload that leaves the instance alone does not change it.
    pub since: Timestamp,
    /// Because of what, in the words of the log; nothing before it takes part.
    pub because: Option<String>,
    /// What it advertises, or would.
    pub priority: u8,
    /// `advert_int`.
    pub advert_interval_ms: u64,
    /// Who is MASTER, as far as this router has heard; itself, if it is.
    pub active_router: Option<ActiveRouter>,
    /// What was said and heard.
    pub adverts: Adverts,
    /// How often it has become MASTER.
    pub became_master: u64,
}

/// The router that is MASTER.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveRouter {
    /// The address it speaks from.
    pub address: Ipv4Addr,
    /// The priority it advertises, if it has been heard.
    pub priority: Option<u8>,
    /// How long before [`Status::at`] its last advert was, if there was one.
    pub last_advert_age_ms: Option<u64>,
    /// Whether it is this router.
    pub is_this_router: bool,
}

/// Adverts of one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adverts {
    /// How many left.
    pub sent: u64,
    /// Those of them with priority 0.
    pub releases_sent: u64,
    /// Whether the last one could not be sent.
    pub cannot_be_sent: bool,
    /// How many were accepted.
    pub accepted: u64,
    /// How many were rejected since the last that was accepted.
    pub rejected_since_accepted: u64,
    /// How many the program's map has told of at a deadline, since no event had.
    pub saved_by_map: u64,
}

/// Wake-ups of the election for a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wakeups {
    /// How many there were.
    pub total: u64,
    /// How many were later than [`Self::late_after_us`].
    pub late: u64,
    /// From how many microseconds on a wake-up is late.
    pub late_after_us: u64,
    /// By how many microseconds the latest was late.
    pub worst_us: u64,
    /// When that was.
    pub worst_at: Option<Timestamp>,
}

/// What came of a reload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reload {
    /// When.
    pub at: Timestamp,
    /// Whether the new configuration runs.
    pub is_done: bool,
    /// What it changed, or why it was refused.
    pub lines: Vec<String>,
}
