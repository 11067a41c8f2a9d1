//! Why a router does not take part.

use std::{collections::BTreeSet, fmt, net::IpAddr};

use serde::{Deserialize, Serialize};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FaultReason {
    /// The interface is missing, not up, or has no carrier.
    InterfaceDown(String),
    /// The interface has no IPv4 address to speak from.
    NoPrimaryAddress(String),
    /// The interface has no IPv6 address of the link to speak from.
    NoLinkLocalAddress(String),
    /// The host has not got the address it is configured to speak from.
    NoSource(IpAddr),
    /// It is to speak to others one by one, and there is nobody.
    NoPeer,
    /// A member of the sync group is at fault.
    Member(String),
    /// A script of weight 0 says no.
    Script(String),
    /// A script of weight 0 has not said anything yet; not a fault, but nothing to start on either.
    ScriptPending(String),
    /// A member of the sync group still waits for a script.
    MemberPending(String),
}

impl fmt::Display for FaultReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InterfaceDown(name) => write!(f, "interface {name} is down"),
            Self::NoPrimaryAddress(name) => write!(f, "no IPv4 address for interface {name}"),
            Self::NoLinkLocalAddress(name) => {
                write!(f, "no IPv6 link-local address for interface {name}")
            }
            Self::NoSource(address) => write!(f, "no address {address} on this host to speak from"),
            Self::NoPeer => f.write_str("no unicast peer"),
            Self::Member(name) => write!(f, "{name} of the sync group is at fault"),
            Self::MemberPending(name) => write!(f, "{name} of the sync group is not ready yet"),
            Self::Script(name) => write!(f, "script {name} failed"),
            Self::ScriptPending(name) => write!(f, "script {name} has not reported yet"),
        }
    }
}

/// Everything that is wrong at a moment.
///
/// A set recomputed from what is observed, never a counter: a counter that misses one event stays wrong for ever.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultReasons(BTreeSet<FaultReason>);

impl FaultReasons {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &FaultReason> {
        self.0.iter()
    }

    /// Whether all that is missing is a first answer.
    #[must_use]
    pub fn is_only_pending(&self) -> bool {
        !self.0.is_empty()
            && self.0.iter().all(|r| {
                matches!(
                    r,
                    FaultReason::ScriptPending(_) | FaultReason::MemberPending(_)
                )
            })
    }
}

impl FromIterator<FaultReason> for FaultReasons {
    fn from_iter<I: IntoIterator<Item = FaultReason>>(reasons: I) -> Self {
        Self(reasons.into_iter().collect())
    }
}

impl fmt::Display for FaultReasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, reason) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            reason.fmt(f)?;
        }
        Ok(())
    }
}
