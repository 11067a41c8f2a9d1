//! Why a transition happened, in words an operator can use at night.

use std::{fmt, net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Priority, fault::FaultReasons, time::Seconds};

/// The cause of a transition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Because {
    /// The router was started.
    Started,
    /// It owns the addresses, so it does not wait.
    OwnsAddresses,
    /// Nobody spoke for Active_Down_Interval.
    Silence {
        /// Who was heard last and how long ago.
        last: Option<(IpAddr, Duration)>,
        /// How long we have listened, if nobody was heard.
        listened: Duration,
        /// Advertisements rejected meanwhile.
        rejected: u32,
        /// Advertisements of this router that only the map had told.
        saved_by_map: u32,
    },
    /// The Active Router said goodbye.
    Released {
        /// Who.
        by: IpAddr,
        /// How long ago.
        ago: Duration,
    },
    /// Somebody of higher priority is Active.
    HigherPriority {
        /// Who.
        from: IpAddr,
        /// Their priority.
        theirs: Priority,
        /// Ours.
        ours: Priority,
    },
    /// Somebody of the same priority and a higher address is Active (RFC 9568 §6.4.3).
    HigherAddress {
        /// Who.
        from: IpAddr,
        /// Both priorities.
        priority: Priority,
        /// Our address.
        ours: IpAddr,
    },
    /// A member of its sync group has done the same.
    Group {
        /// The group.
        group: String,
        /// Who.
        member: String,
    },
    /// Something tracked is down.
    Faults(FaultReasons),
    /// Nothing tracked is down any more.
    FaultsCleared,
    /// The daemon is stopping.
    Stopped,
    /// The configuration no longer has it.
    Removed,
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => f.write_str("started"),
            Self::OwnsAddresses => f.write_str("priority 255 owns the addresses"),
            Self::Silence {
                last,
                listened,
                rejected,
                saved_by_map,
            } => {
                match last {
                    Some((source, ago)) => {
                        write!(f, "last advert from {source} {} ago", Seconds(*ago))?;
                    }
                    None => write!(f, "no advert in {}", Seconds(*listened))?,
                }
                write!(f, "; {rejected} rejected; {saved_by_map} saved by the map")
            }
            Self::Released { by, ago } => {
                write!(f, "{by} let go with priority 0 {} ago", Seconds(*ago))
            }
            Self::HigherPriority { from, theirs, ours } => {
                write!(f, "{from} advertises priority {theirs}, ours is {ours}")
            }
            Self::HigherAddress {
                from,
                priority,
                ours,
            } => {
                write!(
                    f,
                    "{from} advertises priority {priority} too, and {ours} is lower"
                )
            }
            Self::Group { group, member } => {
                write!(f, "with {member}, of the sync group {group}")
            }
            Self::Faults(reasons) => reasons.fmt(f),
            Self::FaultsCleared => f.write_str("nothing tracked is down"),
            Self::Stopped => f.write_str("the daemon is stopping"),
            Self::Removed => f.write_str("a reload took it out of the configuration"),
        }
    }
}
