//! Something to say about two instances of one virtual router.

use std::{net::IpAddr, time::Duration};

use super::{Both, ScriptInfluence, Side, weights::Influence};
use crate::protocol::{Priority, Version};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gravity {
    /// The two disagree, or something in them is without effect.
    Complaint,
    /// It is as it should be, and good to know.
    Note,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// They speak different protocols.
    Version(Both<Version>),
    /// This side speaks to peers, and the other one to a group.
    UnicastOf(Side),
    /// They speak to different groups.
    Group(Both<IpAddr>),
    /// This side does not speak to the address that the other one speaks from.
    NotAPeer(Side, IpAddr),
    /// This side hears others than the one that speaks from this address.
    Unheard(Side, IpAddr),
    /// Only this side authenticates.
    AuthenticationOf(Side),
    /// Both authenticate, by different passwords.
    Password,
    /// Version 2: another interval, which every router must share (RFC 3768 §7.1).
    Interval(Both<Duration>),
    /// Version 3: another interval, which the Backup adopts (RFC 9568 §6.4.2).
    IntervalAdopted(Both<Duration>),
    /// Both have this priority.
    SamePriority(Priority),
    /// Both have priority 255, and so both own the addresses.
    BothOwn,
    /// The same, and neither listens to anybody (`owner_ignore_adverts`).
    BothOwnAndIgnore,
    /// Only this side has `nopreempt` in effect.
    NopreemptOf(Side),
    /// `nopreempt` is written, and `state MASTER` or priority 255 takes its effect away.
    NopreemptWithoutEffect(Side),
    /// Addresses that only one side would hold.
    Addresses(Both<Vec<IpAddr>>),
    /// Addresses that both hold and only one side advertises.
    Advertised(Both<Vec<IpAddr>>),
    /// The same addresses in another order.
    Order,
    /// Their interfaces have different names.
    Interface(Both<String>),
    /// A script that only this side tracks.
    ScriptOf(Side, String),
    /// What a script can do to the election.
    Script(ScriptInfluence),
}

impl Finding {
    /// Whether neither side accepts what the other sends.
    #[must_use]
    pub const fn deafens(&self) -> bool {
        matches!(
            self,
            Self::Version(_)
                | Self::UnicastOf(_)
                | Self::Group(_)
                | Self::AuthenticationOf(_)
                | Self::Password
                | Self::Interval(_)
                | Self::BothOwnAndIgnore
        )
    }

    /// How much it weighs.
    #[must_use]
    pub const fn gravity(&self) -> Gravity {
        match self {
            Self::Version(_)
            | Self::UnicastOf(_)
            | Self::Group(_)
            | Self::NotAPeer(..)
            | Self::Unheard(..)
            | Self::AuthenticationOf(_)
            | Self::Password
            | Self::Interval(_)
            | Self::IntervalAdopted(_)
            | Self::SamePriority(_)
            | Self::BothOwn
            | Self::BothOwnAndIgnore
            | Self::NopreemptOf(_)
            | Self::NopreemptWithoutEffect(_)
            | Self::Addresses(_)
            | Self::Advertised(_) => Gravity::Complaint,
            Self::Order | Self::Interface(_) | Self::ScriptOf(..) => Gravity::Note,
            Self::Script(script) => match script.influence {
                Influence::Faults | Influence::HandsOver { .. } | Influence::WithOthers => {
                    Gravity::Note
                }
                Influence::OnlyAtStart | Influence::None(_) => Gravity::Complaint,
            },
        }
    }
}
