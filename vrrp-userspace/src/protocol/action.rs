//! What a virtual router wants done. Imperative; intentions in the domain's words, to be carried out in order.

use std::{net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Priority, State, because::Because};

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Send one advertisement of this priority now.
    SendAdvertisement {
        /// Ours, or [`Priority::RELEASE`].
        priority: Priority,
    },
    /// Take the virtual addresses.
    ClaimAddresses,
    /// Give the virtual addresses up.
    ReleaseAddresses,
    /// Tell the network where the virtual addresses are.
    AnnounceAddresses {
        /// How often, one round over all addresses after the other.
        rounds: u32,
    },
    /// Tell the people: log, notify, mail.
    ReportTransition(Transition),
    /// Write something worth knowing into the log.
    Note(Note),
}

/// A change of state, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// What it was.
    pub from: State,
    /// What it is.
    pub to: State,
    /// Effective priority at that moment.
    pub priority: Priority,
    /// Why.
    pub because: Because,
}

/// Something that changed no state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Note {
    /// Nobody spoke for Active_Down_Interval.
    AdvertisementTimeout,
    /// We sent the goodbye.
    SentRelease,
    /// A Backup heard the Active Router say goodbye.
    ReleaseHeard {
        /// Who left.
        from: IpAddr,
    },
    /// While Active we heard somebody else say goodbye.
    ReleaseHeardWhileActive {
        /// Who left.
        from: IpAddr,
    },
    /// A Backup that preempts does not listen to somebody of lower priority.
    LowerPriorityDiscarded {
        /// Who.
        from: IpAddr,
        /// Their priority.
        priority: Priority,
    },
    /// While Active we answered somebody of lower priority.
    LowerPriorityAnswered {
        /// Who.
        from: IpAddr,
        /// Their priority.
        theirs: Priority,
        /// Ours.
        ours: Priority,
    },
    /// While Active we heard somebody better.
    BetterRouterHeard {
        /// Who.
        from: IpAddr,
        /// Their priority.
        theirs: Priority,
        /// Ours.
        ours: Priority,
    },
    /// Somebody else says that he owns the addresses too (C043).
    SecondOwner {
        /// Who.
        from: IpAddr,
    },
    /// Somebody of lower priority is Active, and is listened to for `preempt_delay` all the same.
    PreemptionDelayed {
        /// Who.
        from: IpAddr,
        /// Their priority.
        theirs: Priority,
        /// For how long.
        delay: Duration,
    },
    /// `preempt_delay` has passed.
    PreemptionDue,
    /// Who is Active has become known.
    ActiveRouterLearned {
        /// Who it is.
        address: IpAddr,
        /// Who it was.
        before: Option<IpAddr>,
    },
    /// The Active Router sends at another interval (RFC 9568 §6.4.2).
    IntervalAdopted {
        /// What it was.
        from: Duration,
        /// What it is.
        to: Duration,
    },
    /// The Active Router lists other addresses than we do; accepted (RFC 9568 §7.1).
    AddressListDiffers {
        /// Who.
        from: IpAddr,
        /// How many we list.
        expected: u8,
        /// How many they list.
        received: u8,
    },
    /// Somebody lists other addresses than we do and is not heard therefore (RFC 3768 §7.1; strict mode).
    AddressListRefused {
        /// Who.
        from: IpAddr,
        /// How many they list.
        received: u8,
    },
    /// Nobody speaks, but a member of the sync group hears somebody who is Active.
    HeldBack {
        /// Who.
        by: String,
    },
    /// Tracking changed our priority.
    PriorityChanged {
        /// What it was.
        from: Priority,
        /// What it is.
        to: Priority,
    },
    /// Somebody removed addresses of ours while we are Active; they are put back.
    AddressesRemoved {
        /// One of them.
        address: IpAddr,
        /// How many more.
        others: usize,
    },
    /// The deadline came, but we could not have heard anything; we listen for one more interval.
    SilenceNotProven,
}
