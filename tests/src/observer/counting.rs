//! The kernel's counters of both nodes, asked for now and then.

use std::collections::BTreeMap;

use vrrp_ebpf::abi::Reason;

use super::{News, NodeName, Observation, Seen};
use crate::binaries::Daemon;
use crate::lab::Lab;
use crate::moment::Moment;
use crate::node::Node;

/// Whether this counter counts adverts that were rejected; the others count what was accepted, passed on or lost.
#[must_use]
pub fn counts_rejected(counter: &str) -> bool {
    let mut reasons = Reason::ALL.iter();
    let reason = reasons.find(|reason| reason.name() == counter);
    reason.is_some_and(|reason| match reason {
        Reason::IpTtl
        | Reason::IpChecksum
        | Reason::PacketLength
        | Reason::Version
        | Reason::PacketType
        | Reason::Checksum
        | Reason::AuthenticationType
        | Reason::AuthenticationFailure
        | Reason::Interval
        | Reason::IpSource
        | Reason::UnicastSource
        | Reason::OwnAddress
        | Reason::AddressCount => true,
        Reason::Accepted
        | Reason::UnknownRouter
        | Reason::Undecided
        | Reason::TagUnknown
        | Reason::Tagged
        | Reason::OtherHost
        | Reason::ArpClaim
        | Reason::ArpMalformed
        | Reason::NdClaim
        | Reason::NdMalformed
        | Reason::EventLost
        | Reason::AlertLost
        | Reason::AlertSuppressed
        | Reason::BlockMissing => false,
    })
}

/// Looks at `COUNTERS` of the nodes that run our daemon.
#[derive(Debug)]
pub struct Counting<'a> {
    nodes: [Counters<'a>; 2],
}

impl<'a> Counting<'a> {
    /// Nothing has been counted yet.
    #[must_use]
    pub fn of(lab: &'a Lab) -> Self {
        Self {
            nodes: NodeName::BOTH.map(|name| Counters {
                name,
                node: name.of(lab),
                map: None,
                counted: BTreeMap::new(),
            }),
        }
    }

    /// The counters that changed since the last look.
    pub fn look(&mut self) -> Vec<Observation> {
        let nodes = self.nodes.iter_mut();
        nodes
            .filter_map(|node| {
                let counted = node.look()?;
                Some(Observation {
                    at: Moment::now(),
                    what: Seen::Of(node.name, News::Counted(counted)),
                })
            })
            .collect()
    }
}

#[derive(Debug)]
struct Counters<'a> {
    name: NodeName,
    node: &'a Node,
    /// The daemon's life, by its number, and the map of that life.
    map: Option<(usize, u64)>,
    counted: BTreeMap<String, u64>,
}

impl Counters<'_> {
    fn look(&mut self) -> Option<Vec<(String, u64)>> {
        if self.node.daemon() != Daemon::Xvrrpd {
            return None;
        }
        let life = self.node.logs().len();
        let is_known = self.map.is_some_and(|(known, _)| known == life);
        if !is_known && self.node.is_running() {
            self.map = self.node.map("COUNTERS").map(|map| (life, map));
        }
        let (_, map) = self.map?;
        let Some(counters) = self.node.counters(map) else {
            // It went with its daemon.
            self.map = None;
            return None;
        };
        if counters == self.counted {
            return None;
        }
        self.counted.clone_from(&counters);
        Some(counters.into_iter().collect())
    }
}
