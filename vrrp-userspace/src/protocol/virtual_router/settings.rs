//! What a virtual router is made with.

use std::{net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::protocol::{
    Family, Priority, Version, Vrid, advertisement::list_digest, timers::SILENT_INTERVALS,
};

/// The part of the configuration that the election depends on. The password is not: who may not be heard is judged before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The configured name.
    pub name: String,
    /// Where it listens and speaks.
    pub interface: String,
    /// Which virtual router.
    pub vrid: Vrid,
    /// Which protocol.
    pub version: Version,
    /// Over which: adverts of the other family are for another router, whatever their VRID (C133).
    #[serde(default)]
    pub family: Family,
    /// As configured, before tracking.
    pub priority: Priority,
    /// How often it sends while Active.
    pub advertisement_interval: Duration,
    /// Preempt_Mode (RFC 9568 §6.1): whether a Backup ignores an Active Router of lower priority.
    pub preempt: bool,
    /// The addresses it advertises, in order.
    pub virtual_addresses: Vec<IpAddr>,
    /// How it tells the network.
    pub announcements: Announcements,
    /// What keepalived lets one choose about the election.
    #[serde(default)]
    pub conduct: Conduct,
}

impl Settings {
    /// The digest an advertisement with the same address list has.
    #[must_use]
    pub fn list_digest(&self) -> u32 {
        list_digest(&self.virtual_addresses)
    }
}

/// How a router conducts itself in the election, where the RFC leaves a choice or keepalived does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of keepalived's, and none follows from another"
)]
pub struct Conduct {
    /// `down_timer_adverts`: intervals of silence that mean death, 1 to 100; 3 in the RFC.
    pub silent_intervals: u32,
    /// `preempt_delay`: for how long somebody of lower priority who is Active is listened to all the same. The address owner never waits.
    pub preempt_delay: Duration,
    /// Whether somebody of lower priority is answered at once (RFC 9568 §6.4.3); not with `lower_prio_no_advert`.
    pub answers_lower: bool,
    /// `higher_prio_send_advert`: whether a last advertisement leaves when somebody better is heard.
    pub answers_higher: bool,
    /// Whether the address owner listens to others (erratum 8298); not with `owner_ignore_adverts`.
    pub owner_listens: bool,
    /// Whether every advertisement's list of addresses is compared with ours; with `skip_check_adv_addr` only that of somebody new.
    pub compares_every_list: bool,
    /// Whether one with other addresses counts for nothing, unless the address owner sent it (RFC 3768 §7.1); in strict mode, version 2.
    pub refuses_other_lists: bool,
    /// Whether the addresses are announced again when somebody of lower priority was heard; not in strict mode.
    pub announces_after_lower: bool,
}

impl Default for Conduct {
    fn default() -> Self {
        Self {
            silent_intervals: SILENT_INTERVALS,
            preempt_delay: Duration::ZERO,
            answers_lower: true,
            answers_higher: false,
            owner_listens: true,
            compares_every_list: true,
            refuses_other_lists: false,
            announces_after_lower: true,
        }
    }
}

/// When gratuitous ARP leaves, as keepalived's `garp_master_*` say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcements {
    /// `garp_master_repeat`: rounds over all addresses in one burst.
    pub rounds: u32,
    /// `garp_master_delay`: a second burst this long after the first.
    pub again_after: Option<Duration>,
    /// `garp_master_refresh`: from then on, a burst this often.
    pub refresh: Option<Duration>,
    /// `garp_master_refresh_repeat`: rounds in those.
    pub refresh_rounds: u32,
}

impl Default for Announcements {
    fn default() -> Self {
        Self {
            rounds: 5,
            again_after: Some(Duration::from_secs(5)),
            refresh: None,
            refresh_rounds: 1,
        }
    }
}
