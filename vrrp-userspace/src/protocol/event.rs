//! What can happen to a virtual router. Past tense; observations, not orders.

use std::{net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Monotonic, Priority, Settings, fault::FaultReasons};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The daemon is ready to run this router (RFC 9568 §6.4.1).
    Startup,
    /// The daemon is stopping.
    Shutdown,
    /// A reload has taken the router out of the configuration.
    Removed,
    /// A reload has changed what the router was made with. Who it is (interface and VRID) has not changed.
    SettingsChanged(Box<Settings>),
    /// [`super::VirtualRouter::deadline`] has come, and the data path has been asked what it heard meanwhile.
    DeadlineReached(Evidence),
    /// A valid advertisement was heard; whoever judged it, the program or the raw path.
    AdvertisementReceived(Advertisement),
    /// What is wrong, all of it, has changed.
    FaultsObserved(FaultReasons),
    /// Tracking has changed what we advertise.
    PriorityObserved(Priority),
    /// The address we speak from has changed.
    PrimaryAddressObserved(IpAddr),
    /// A member of its sync group has become Active.
    GroupActive {
        /// The group.
        group: String,
        /// Who.
        member: String,
    },
    /// A member of its sync group has given way.
    GroupBackup {
        /// The group.
        group: String,
        /// Who.
        member: String,
    },
    /// Active_Down_Timer has come, but a member of its sync group still hears somebody who is Active, or goes first.
    HeldBack {
        /// Who.
        by: String,
        /// Until when that counts.
        until: Monotonic,
        /// Whether it hears somebody.
        hears: bool,
    },
    /// Addresses of this router are not installed any more. While Active somebody else has removed them.
    AddressesRemoved {
        /// One of them.
        address: IpAddr,
        /// How many more.
        others: usize,
    },
}

/// What an advertisement says to the election.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advertisement {
    /// When it arrived: at the driver if the program judged it, else when it was read.
    pub received: Monotonic,
    /// Who sent it.
    pub source: IpAddr,
    /// How much they want to be Active.
    pub priority: Priority,
    /// How often they send.
    pub interval: Duration,
    /// How many addresses they listed.
    pub address_count: u8,
    /// `ListDigest` of those.
    pub list_digest: u32,
}

/// What the data path says of the silence that a deadline is about (P1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Evidence {
    /// Whether everything that arrived since the timer was set could have been heard. `false` when the program turned out to be
    /// detached: then silence proves nothing.
    pub was_listening: bool,
    /// Advertisements for this router rejected since the last valid one.
    pub rejected: u32,
    /// Advertisements that the map knew of and no event had told.
    pub saved_by_map: u32,
}
