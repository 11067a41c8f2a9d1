//! What the daemon is doing, and why: plain data, as `xvrrpd status --json` prints it. `docs/status.md` is its reference.
//!
//! Names of fields are a promise: they are added to and not changed. Units stand in the names, moments are RFC 3339 in UTC.

use std::{collections::BTreeMap, net::IpAddr, path::PathBuf};

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
    /// The configuration it reads.
    pub configuration: PathBuf,
    /// When all of this was so; at most a tenth of a second before it was asked for.
    pub at: Timestamp,
    /// When the daemon was started.
    pub started: Timestamp,
    /// How long it has run.
    pub uptime_seconds: u64,
    /// The process number of the guard, which cleans up if the daemon dies; nothing while there is none.
    pub guard_pid: Option<u32>,
    /// What each router is doing, in the order of their names.
    pub instances: Vec<Instance>,
    /// The interfaces that carry adverts or addresses, in the order of their names.
    pub interfaces: Vec<Interface>,
    /// The XDP program, if the kernel has it.
    pub program: Option<Program>,
    /// How many addresses that a reload has taken away are not gone yet.
    pub leaving_addresses: u64,
    /// Whether the election wakes up when it wants to.
    pub wakeups: Wakeups,
    /// What came of the last reload, if there was one.
    pub last_reload: Option<Reload>,
    /// Where Prometheus gets the metrics, if `metrics_listen` says.
    pub metrics: Option<Metrics>,
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
    /// What `use_vmac` and its like have made.
    pub virtual_macs: Vec<VirtualMac>,
    /// The virtual MAC that its adverts come from; the interface's own if absent.
    pub adverts_from_mac: Option<String>,
    /// Its `vrrp_sync_group`, if it is in one.
    pub sync_group: Option<String>,
    /// `MASTER`, `BACKUP` or `FAULT`, or `INIT` before it takes part.
    pub state: String,
    /// Since when. A reload that leaves the instance alone does not change it.
    pub since: Timestamp,
    /// Because of what, in the words of the log; nothing before it takes part.
    pub because: Option<String>,
    /// What is wrong with it now, or still awaited.
    pub faults: Vec<String>,
    /// What it advertises, or would, and what that is made of.
    pub priority: Priority,
    /// `advert_int`.
    pub advert_interval_ms: u64,
    /// Who is MASTER, as far as this router has heard; itself, if it is.
    pub active_router: Option<ActiveRouter>,
    /// What was said and heard.
    pub adverts: Adverts,
    /// The addresses it holds while it is MASTER.
    pub addresses: Addresses,
    /// Since when it is there, and everything is counted.
    pub joined: Timestamp,
    /// How often it has become MASTER.
    pub became_master: u64,
}

/// An interface with a virtual MAC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VirtualMac {
    /// As people write it.
    pub mac: String,
    /// The interface that has it.
    pub interface: String,
    /// The one beneath.
    pub beneath: String,
}

/// A priority and what it is made of: `configured` and what each script adds, together kept within 1 to 254; 255 stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Priority {
    /// What is advertised.
    pub effective: u8,
    /// `priority`.
    pub configured: u8,
    /// The scripts it tracks.
    pub scripts: Vec<Script>,
}

/// A tracked script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// As the configuration calls it.
    pub name: String,
    /// Whether it succeeds; nothing before it has ended once.
    pub is_up: Option<bool>,
    /// `weight`; with 0 its failure is a fault.
    pub weight: i16,
    /// Whether up counts as down.
    pub reverse: bool,
    /// What it adds to the priority now.
    pub adds: i16,
    /// Whether it keeps the instance in FAULT now.
    pub is_fault: bool,
}

/// Addresses of one instance, advertised or not. No more than [`SHOWN`] are listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// How many the configuration has.
    pub configured: u64,
    /// Those of them that are not advertised (`virtual_ipaddress_excluded`).
    pub excluded: u64,
    /// How many are put in place as local routes (`vip_install`).
    #[serde(default)]
    pub routes: u64,
    /// How many are on their interfaces or are routes, as the kernel says; nothing if it does not say.
    pub held: Option<u64>,
    /// All of them, or the first.
    pub list: Vec<String>,
    /// Those that a MASTER should have on its interfaces and has not, or the first of them.
    pub missing: Vec<String>,
    /// Those that somebody who is not MASTER should not have and has, or the first of them.
    pub left_over: Vec<String>,
}

/// Addresses that a list shows at most.
pub const SHOWN: usize = 20;

/// The router that is MASTER.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveRouter {
    /// The address it speaks from.
    pub address: IpAddr,
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
    /// How many with priority 0 were accepted.
    pub releases_accepted: u64,
    /// How often the list of addresses in one was another than ours, and that was news.
    pub lists_differed: u64,
    /// Whether the last one could not be sent.
    pub cannot_be_sent: bool,
    /// How many were accepted.
    pub accepted: u64,
    /// How many were rejected since the last that was accepted.
    pub rejected_since_accepted: u64,
    /// How many the program's map has told of at a deadline, since no event had.
    pub saved_by_map: u64,
}

/// An interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// The kernel's number, if it exists.
    pub index: Option<u32>,
    /// Whether it is up and has a carrier.
    pub is_up: bool,
    /// Whether some instance sends and receives adverts here, rather than only holding addresses.
    pub carries_adverts: bool,
    /// The program here.
    pub xdp: Xdp,
    /// What the raw socket hears: `everything`, or `undecided`, which is what the program leaves to it.
    pub raw_path: String,
    /// What was judged here, by reason.
    pub counters: Counters,
}

/// The program on an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Xdp {
    /// `native`, in the driver; `generic`, behind it; or `none`.
    pub mode: String,
    /// `xdp_mode`.
    pub configured: String,
    /// Why the mode is `none`.
    pub why: Option<String>,
    /// Whether what the program says is final, because no VLAN tag can have been stripped before it.
    pub is_final: bool,
    /// The kernel's number of the link that holds it there.
    pub link_id: Option<u32>,
    /// Shows that link.
    pub command: Option<String>,
}

/// Frames by reason, under the names that `COUNTERS` has in the kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Judged by the program, as `bpftool` shows it.
    pub program: BTreeMap<String, u64>,
    /// Judged by the daemon on raw sockets.
    pub raw: BTreeMap<String, u64>,
    /// What the raw sockets had no room for.
    pub raw_lost: u64,
}

/// The program in the kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// The kernel's number.
    pub id: u32,
    /// Shows it.
    pub command: String,
    /// Its maps, in the order of their names.
    pub maps: Vec<ProgramMap>,
}

/// A map of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramMap {
    /// Its name.
    pub name: String,
    /// The kernel's number.
    pub id: u32,
    /// Shows what is in it, or what it is where contents cannot be shown.
    pub command: String,
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

/// Where the metrics are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metrics {
    /// `metrics_listen`, as an address and a port.
    pub address: String,
    /// Why they are not there; nothing if they are.
    pub problem: Option<String>,
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn some_time() -> Timestamp {
        Timestamp::from_second(1_795_367_637).unwrap()
    }

    /// Of a daemon without a router.
    pub(in crate::daemon) fn nothing() -> Status {
        Status {
            version: "0.1.0".into(),
            pid: 1,
            pid_file: PathBuf::new(),
            configuration: PathBuf::new(),
            at: some_time(),
            started: some_time(),
            uptime_seconds: 0,
            guard_pid: None,
            instances: Vec::new(),
            interfaces: Vec::new(),
            program: None,
            leaving_addresses: 0,
            wakeups: Wakeups {
                total: 0,
                late: 0,
                late_after_us: 3_900,
                worst_us: 0,
                worst_at: None,
            },
            last_reload: None,
            metrics: None,
        }
    }

    /// Of a daemon with one router of this name, a Backup, and something to say about everything.
    pub(in crate::daemon) fn busy(name: &str) -> Status {
        Status {
            instances: vec![instance(name)],
            interfaces: vec![interface()],
            last_reload: Some(Reload {
                at: some_time(),
                is_done: true,
                lines: Vec::new(),
            }),
            ..nothing()
        }
    }

    fn instance(name: &str) -> Instance {
        Instance {
            name: name.into(),
            interface: "eth0".into(),
            vrid: 51,
            version: 2,
            virtual_macs: Vec::new(),
            adverts_from_mac: None,
            sync_group: None,
            state: "BACKUP".into(),
            since: some_time(),
            because: None,
            faults: Vec::new(),
            priority: Priority {
                effective: 100,
                configured: 100,
                scripts: Vec::new(),
            },
            advert_interval_ms: 1_000,
            active_router: Some(ActiveRouter {
                address: IpAddr::from([10, 0, 0, 2]),
                priority: Some(101),
                last_advert_age_ms: Some(412),
                is_this_router: false,
            }),
            adverts: Adverts {
                sent: 20,
                releases_sent: 1,
                releases_accepted: 2,
                lists_differed: 0,
                cannot_be_sent: false,
                accepted: 598,
                rejected_since_accepted: 0,
                saved_by_map: 0,
            },
            addresses: Addresses {
                configured: 2,
                excluded: 0,
                routes: 0,
                held: Some(0),
                list: Vec::new(),
                missing: Vec::new(),
                left_over: Vec::new(),
            },
            joined: some_time(),
            became_master: 3,
        }
    }

    fn interface() -> Interface {
        let counted = |count| BTreeMap::from([("checksum".to_owned(), count)]);
        Interface {
            name: "eth0".into(),
            index: Some(2),
            is_up: true,
            carries_adverts: true,
            xdp: Xdp {
                mode: "native".into(),
                configured: "auto".into(),
                why: None,
                is_final: true,
                link_id: None,
                command: None,
            },
            raw_path: "undecided".into(),
            counters: Counters {
                program: counted(5),
                raw: counted(2),
                raw_lost: 0,
            },
        }
    }
}
