//! From where a router speaks, and to whom.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use vrrp_ebpf::wire::{ipv4, ipv6};

use super::Family;

/// What an advertisement of its own group has that comes from this link, and so may every other (RFC 9568 §5.1.1.3, §5.1.2.3).
pub const HOP_LIMIT: u8 = 255;

/// Peers of one router. keepalived has no such limit; this one is that of a message to the guard, which has to know all of them.
pub const MOST_PEERS: usize = 255;

/// How a router reaches the others of its VRID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    /// `unicast_src_ip`, `mcast_src_ip`: the address it speaks from; the interface's own if absent.
    pub source: Option<IpAddr>,
    /// To whom.
    pub audience: Audience,
    /// `unicast_ttl`: TTL or hop limit of what it sends to peers, 0 to 255. To a group it is always 255.
    pub hop_limit: u8,
    /// `check_unicast_src`: only peers are heard.
    pub hears_peers_only: bool,
    /// `vrrp_peers`: in a group nobody else is heard; everybody is if absent.
    pub listens_to: Option<Vec<IpAddr>>,
}

/// To whom a router speaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Audience {
    /// To everybody in this group.
    Group(IpAddr),
    /// To these, one by one (not in the RFC; as keepalived does it).
    Peers(Vec<Peer>),
}

/// A router that is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Peer {
    /// Where.
    pub address: IpAddr,
    /// `min_ttl`: what comes from it must have this TTL or hop limit, or more.
    pub least_hop_limit: u8,
    /// `max_ttl`: or less.
    pub greatest_hop_limit: u8,
}

/// One of the things that can tell two routers of one VRID on one interface apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Circle {
    /// What goes to this group, as the keys of the maps have it.
    Group([u8; 4]),
    /// What goes to one host.
    Unicast,
}

impl Peer {
    /// A peer of whom everything is heard.
    #[must_use]
    pub const fn new(address: IpAddr) -> Self {
        Self {
            address,
            least_hop_limit: 0,
            greatest_hop_limit: u8::MAX,
        }
    }

    /// Whether there is anything to check.
    #[must_use]
    pub const fn is_checked(&self) -> bool {
        self.least_hop_limit > 0 || self.greatest_hop_limit < u8::MAX
    }
}

impl Reach {
    /// As the RFC has it.
    #[must_use]
    pub const fn of(family: Family) -> Self {
        Self {
            source: None,
            audience: Audience::Group(family.group()),
            hop_limit: HOP_LIMIT,
            hears_peers_only: false,
            listens_to: None,
        }
    }

    /// Those of whom something is checked by name, and what. In a group nothing is but who they are.
    #[must_use]
    pub fn known(&self) -> Vec<Peer> {
        match (&self.audience, &self.listens_to) {
            (Audience::Peers(peers), _) => peers.clone(),
            (Audience::Group(_), Some(known)) => known.iter().copied().map(Peer::new).collect(),
            (Audience::Group(_), None) => Vec::new(),
        }
    }

    /// Whether nobody is heard but those.
    #[must_use]
    pub const fn hears_known_only(&self) -> bool {
        match self.audience {
            Audience::Peers(_) => self.hears_peers_only,
            Audience::Group(_) => self.listens_to.is_some(),
        }
    }

    /// TTL or hop limit of what it sends.
    #[must_use]
    pub const fn sent_hop_limit(&self) -> u8 {
        match self.audience {
            Audience::Group(_) => HOP_LIMIT,
            Audience::Peers(_) => self.hop_limit,
        }
    }
}

impl Audience {
    /// The group, if it is one.
    #[must_use]
    pub const fn group(&self) -> Option<IpAddr> {
        match self {
            Self::Group(group) => Some(*group),
            Self::Peers(_) => None,
        }
    }

    /// The peers, if that is what they are.
    #[must_use]
    pub fn peers(&self) -> &[Peer] {
        match self {
            Self::Group(_) => &[],
            Self::Peers(peers) => peers,
        }
    }

    /// Where an advertisement goes that `source` sends; one that is sent to everybody in a list goes to everybody else.
    #[must_use]
    pub fn destinations(&self, source: IpAddr) -> Vec<IpAddr> {
        match self {
            Self::Group(group) => vec![*group],
            Self::Peers(peers) => {
                let others = peers.iter().map(|peer| peer.address);
                others.filter(|address| *address != source).collect()
            }
        }
    }

    /// What tells it from others of its VRID.
    #[must_use]
    pub const fn circle(&self) -> Circle {
        match self {
            Self::Group(IpAddr::V4(group)) => Circle::Group(ipv4::group(group.octets())),
            Self::Group(IpAddr::V6(group)) => Circle::Group(ipv6::group(group.octets())),
            Self::Peers(_) => Circle::Unicast,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use vrrp_ebpf::abi::NO_GROUP;

    use super::*;

    #[test]
    fn nobody_speaks_to_himself() {
        let [own, other] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(IpAddr::from);
        let audience = Audience::Peers(vec![Peer::new(own), Peer::new(other)]);
        assert_eq!(audience.destinations(own), [other]);
        assert_eq!(audience.destinations(other), [own]);
        let group = Audience::Group(Family::Ipv4.group());
        assert_eq!(group.destinations(own), [Family::Ipv4.group()]);
    }

    #[test]
    fn no_group_is_taken_for_unicast_or_for_another_of_a_wider_scope() {
        let groups = ["224.0.0.18", "224.0.1.18", "ff02::12", "ff05::12"];
        let circles = groups.map(|group| Audience::Group(group.parse().unwrap()).circle());
        assert!(!circles.contains(&Circle::Group(NO_GROUP)));
        assert_eq!(BTreeSet::from(circles).len(), groups.len());
    }
}
