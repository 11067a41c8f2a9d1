//! What is checked in the advertisements for a router, as the program and the raw path look it up.

use std::net::IpAddr;

use vrrp_ebpf::abi::{
    NO_GROUP, PeerEntry, PeerKey, ROUTER_CHECKS_PEERS, ROUTER_DROP_VALID, ROUTER_PEERS_ONLY,
    ROUTER_UNICAST, RouterEntry, RouterKey,
};

use super::RouterPlan;
use crate::protocol::{Audience, Family, Peer, reach::Circle};

/// The entries of one router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::daemon) struct Terms {
    pub(in crate::daemon) key: RouterKey,
    pub(in crate::daemon) entry: RouterEntry,
    /// None unless something is checked by them.
    pub(in crate::daemon) peers: Vec<(PeerKey, PeerEntry)>,
}

impl RouterPlan {
    /// What is checked when it sits in `slot` and speaks from `own_address`.
    pub(in crate::daemon) fn terms(&self, slot: u32, own_address: IpAddr) -> Terms {
        let authentication = self.template.authentication;
        let group = match self.reach.audience.circle() {
            Circle::Group(group) => group,
            Circle::Unicast => NO_GROUP,
        };
        Terms {
            key: RouterKey::new(
                self.port,
                self.settings.family.key(),
                self.settings.vrid.get(),
                group,
            ),
            entry: RouterEntry {
                slot,
                version: self.settings.version.number(),
                authentication_type: authentication.wire_type(),
                interval_seconds: self.template.interval_seconds(),
                flags: self.flags(),
                authentication_data: authentication.data(),
                own_address: Family::write(own_address),
            },
            peers: self.checked_peers(slot),
        }
    }

    fn flags(&self) -> u8 {
        [
            (self.drops_valid_adverts, ROUTER_DROP_VALID),
            (self.is_unicast(), ROUTER_UNICAST),
            (self.checks_peers(), ROUTER_CHECKS_PEERS),
            (self.reach.hears_known_only(), ROUTER_PEERS_ONLY),
        ]
        .into_iter()
        .filter_map(|(is_set, flag)| is_set.then_some(flag))
        .fold(0, |flags, flag| flags | flag)
    }

    const fn is_unicast(&self) -> bool {
        matches!(self.reach.audience, Audience::Peers(_))
    }

    fn checks_peers(&self) -> bool {
        let mut known = self.reach.known().into_iter();
        self.reach.hears_known_only() || known.any(|peer| peer.is_checked())
    }

    fn checked_peers(&self, slot: u32) -> Vec<(PeerKey, PeerEntry)> {
        if !self.checks_peers() {
            return Vec::new();
        }
        let terms = |peer: &Peer| {
            let key = PeerKey {
                slot,
                address: Family::write(peer.address),
            };
            let entry = PeerEntry {
                least_hop_limit: peer.least_hop_limit,
                greatest_hop_limit: peer.greatest_hop_limit,
                reserved: [0; 2],
            };
            (key, entry)
        };
        self.reach.known().iter().map(terms).collect()
    }
}
