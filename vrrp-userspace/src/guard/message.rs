//! What the daemon and its guard say to each other: one JSON value per datagram.
//!
//! Datagrams outlive their sender in the socket's queue. That is why the daemon *says* what it is about to do
//! before it does it, and why nothing else (no shared page, no file) has to survive it.

use std::{
    collections::BTreeMap, fmt, net::IpAddr, num::NonZeroU32, path::PathBuf, time::Duration,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{protocol::advertisement::Template, system::netlink::InterfaceAddress};

/// The longest datagram, in bytes; far below what a socket's buffer holds.
pub(super) const LONGEST: usize = 32 * 1024;

/// Addresses per message: with long interface names and labels still below [`LONGEST`].
const ADDRESSES_PER_MESSAGE: usize = 100;

/// The number of a virtual router in the [`Table`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SlotIndex(pub u16);

/// The number of a script in the [`Table`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ScriptIndex(pub u32);

/// The number of one run of a script, chosen by the daemon and never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub u64);

/// All that the guard knows of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The file to remove if the daemon can no longer do so.
    pub pid_file: Option<PathBuf>,
    /// One per virtual router.
    pub slots: BTreeMap<SlotIndex, Slot>,
    /// What may be run.
    pub scripts: BTreeMap<ScriptIndex, Script>,
}

/// What one virtual router leaves behind when its daemon dies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Its configured name, for the log.
    pub name: String,
    /// How it says goodbye; `None` if its interface does not exist.
    pub release: Option<ReleaseAdvert>,
    /// The addresses that are its own while it is Active.
    pub addresses: Vec<InterfaceAddress>,
    /// The interfaces that were made for them; they go with the daemon, whatever the state.
    pub macvlans: Vec<String>,
}

/// An advertisement of priority 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseAdvert {
    /// The number of the interface.
    pub interface: NonZeroU32,
    /// The address it comes from.
    pub source: IpAddr,
    /// The addresses it goes to.
    pub destinations: Vec<IpAddr>,
    /// Its TTL or hop limit, where it does not go to a group.
    pub hop_limit: u8,
    /// The hardware address it comes from, if not that of the interface.
    pub mac: Option<[u8; 6]>,
    /// The rest of what stands in it.
    pub template: Template,
}

/// A program that the guard may run, with everything looked up beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// The program's path and its configured arguments.
    pub argv: Vec<String>,
    /// The user it runs as.
    pub uid: u32,
    /// The group it runs as.
    pub gid: u32,
}

/// An order to run a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The name under which the outcome is reported.
    pub run: RunId,
    /// Which script.
    pub script: ScriptIndex,
    /// What follows its configured arguments.
    pub arguments: Vec<String>,
    /// How long it may take; `None` for as long as it likes.
    pub timeout: Option<Duration>,
    /// Whether it has to wait its turn.
    pub purpose: Purpose,
}

/// Why a script is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// To learn something from its outcome. It starts at once, is refused while it is still running, and has no
    /// meaning once the daemon is gone.
    Tracking,
    /// To tell somebody something. Notifications of one queue start in order, and outlive a daemon that stops.
    Notification {
        /// One queue per virtual router.
        queue: u32,
    },
}

/// From the daemon to the guard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ToGuard {
    /// A new table begins; the old one holds until the new one is complete.
    TableBegins { pid_file: Option<PathBuf> },
    /// A slot without its addresses, which follow.
    Slot(SlotIndex, Slot),
    /// Addresses of this slot.
    Addresses(SlotIndex, Vec<InterfaceAddress>),
    /// A script.
    Script(ScriptIndex, Script),
    /// The new table holds from now on. What is claimed stays claimed.
    TableEnds,
    /// The addresses of this slot are about to be added.
    Claiming(SlotIndex),
    /// The addresses of this slot are gone, and its goodbye was sent.
    Released(SlotIndex),
    /// Run this.
    Run(Run),
    /// The daemon has cleaned up after itself and ends.
    Farewell,
}

impl Table {
    /// The table in messages of bounded length.
    pub(super) fn messages(&self) -> Vec<ToGuard> {
        let mut messages = vec![ToGuard::TableBegins {
            pid_file: self.pid_file.clone(),
        }];
        for (index, slot) in &self.slots {
            let parts = slot.addresses.chunks(ADDRESSES_PER_MESSAGE);
            let empty = Slot {
                name: slot.name.clone(),
                release: slot.release.clone(),
                addresses: Vec::new(),
                macvlans: slot.macvlans.clone(),
            };
            messages.push(ToGuard::Slot(*index, empty));
            messages.extend(parts.map(|part| ToGuard::Addresses(*index, part.to_vec())));
        }
        let scripts = self.scripts.iter();
        messages.extend(scripts.map(|(index, script)| ToGuard::Script(*index, script.clone())));
        messages.push(ToGuard::TableEnds);
        messages
    }
}

/// From the guard to the daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Report {
    /// A run has used up its time and was told to end. [`Report::Finished`] follows when it has.
    Overdue {
        /// Which run.
        run: RunId,
    },
    /// A run is over.
    Finished {
        /// Which run.
        run: RunId,
        /// How it ended.
        outcome: Outcome,
    },
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal, which we did not send.
    Signalled(i32),
    /// By our signal, after its time was up.
    TimedOut,
    /// It never began, for this reason.
    CouldNotStart(String),
}

impl Outcome {
    /// Whether a tracking script says that all is well.
    #[must_use]
    pub fn is_success(&self) -> bool {
        *self == Self::Exited(0)
    }
}

impl fmt::Display for Outcome {
    /// As it stands in the log, where keepalived's users search for it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "exited with status {status}"),
            Self::Signalled(signal) => write!(f, "due to signal {signal}"),
            Self::TimedOut => f.write_str("timed out"),
            Self::CouldNotStart(reason) => write!(f, "could not start: {reason}"),
        }
    }
}

/// The datagram for `message`, or `None` if it would be longer than [`LONGEST`].
pub(super) fn encode(message: &impl Serialize) -> Option<Vec<u8>> {
    // JSON refuses maps whose keys are not strings and paths that are not UTF-8; the first does not occur.
    let datagram = serde_json::to_vec(message).ok()?;
    (datagram.len() <= LONGEST).then_some(datagram)
}

/// The message in `datagram`.
pub(super) fn decode<M: DeserializeOwned>(datagram: &[u8]) -> serde_json::Result<M> {
    serde_json::from_slice(datagram)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::protocol::{Authentication, Version, Vrid, reach::MOST_PEERS};

    fn address(number: u32) -> InterfaceAddress {
        InterfaceAddress {
            label: Some("abcdefghijklmno:12345".into()),
            broadcast: Some(Ipv4Addr::BROADCAST),
            ..InterfaceAddress::new(
                "abcdefghijklmno",
                IpAddr::from(Ipv4Addr::from(0xdddd_dddd + number)),
                32,
            )
        }
    }

    #[test]
    fn a_table_of_any_size_is_cut_into_datagrams_that_fit() {
        let release = ReleaseAdvert {
            interface: NonZeroU32::MAX,
            source: IpAddr::from([255; 16]),
            destinations: vec![IpAddr::from([255; 16]); MOST_PEERS],
            hop_limit: 255,
            mac: Some([255; 6]),
            template: Template {
                version: Version::V3,
                vrid: Vrid::new(255).unwrap(),
                interval: Duration::MAX,
                authentication: Authentication::Password([255; 8]),
                sums_message_alone: false,
                addresses: vec![IpAddr::from([255; 16]); 255],
            },
        };
        let slot = Slot {
            name: "HA_V1".into(),
            release: Some(release),
            addresses: (0..20_000).map(address).collect(),
            macvlans: vec!["abcdefghijklmno".into(); 256],
        };
        let table = Table {
            slots: BTreeMap::from([(SlotIndex(3), slot.clone())]),
            ..Table::default()
        };

        let (mut arrived, mut macvlans) = (Vec::new(), Vec::new());
        for message in table.messages() {
            let datagram = encode(&message).unwrap();
            let message = decode(&datagram).unwrap();
            if let ToGuard::Slot(SlotIndex(3), slot) = message {
                arrived.extend(slot.addresses);
                macvlans.extend(slot.macvlans);
            } else if let ToGuard::Addresses(SlotIndex(3), addresses) = message {
                arrived.extend(addresses);
            }
        }
        assert_eq!((arrived, macvlans), (slot.addresses, slot.macvlans));
    }

    #[test]
    fn a_message_that_does_not_fit_is_refused() {
        let script = Script {
            argv: vec!["x".repeat(LONGEST)],
            uid: 0,
            gid: 0,
        };
        assert_eq!(encode(&ToGuard::Script(ScriptIndex(0), script)), None);
    }

    #[test]
    fn outcomes_read_as_keepalived_writes_them() {
        assert_eq!(Outcome::Exited(1).to_string(), "exited with status 1");
        assert_eq!(Outcome::Signalled(9).to_string(), "due to signal 9");
        assert_eq!(Outcome::TimedOut.to_string(), "timed out");
    }
}
