//! What a virtual router is made with.

use std::{net::Ipv4Addr, time::Duration};

use serde::{Deserialize, Serialize};
use vrrp_ebpf::wire::vrrp::ListDigest;

use crate::protocol::{Priority, Version, Vrid};

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
    /// As configured, before tracking.
    pub priority: Priority,
    /// How often it sends while Active.
    pub advertisement_interval: Duration,
    /// Preempt_Mode (RFC 9568 §6.1): whether a Backup ignores an Active Router of lower priority.
    pub preempt: bool,
    /// The addresses it advertises, in order.
    pub virtual_addresses: Vec<Ipv4Addr>,
    /// How it tells the network.
    pub announcements: Announcements,
}

impl Settings {
    /// The digest an advertisement with the same address list has.
    #[must_use]
    pub fn list_digest(&self) -> u32 {
        ListDigest::of(self.virtual_addresses.iter().map(Ipv4Addr::octets)).get()
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
