//! What happens in a lab, noticed by looking again and again, as values with the time at which it happened.
//!
//! An observer remembers what it saw and tells only what is new. It starts no program and asks nobody who could be disturbed
//! by it: it reads `/proc`, and files that others write anyway. [`Counting`] is apart because `bpftool` has to be started for it.

use std::fmt;
use std::net::Ipv4Addr;

use crate::frame::{self, Mac};
use crate::lab::Lab;
use crate::moment::Moment;
use crate::node::Node;
use crate::pcap::Follower;

mod counting;
mod watch;
mod watching;

pub use counting::{Counting, counts_rejected};
use watch::Watch;
pub use watching::watched;

/// One of the two nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodeName {
    /// The node of `master.conf`.
    R1,
    /// The node of `backup.conf`.
    R2,
}

impl NodeName {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::R1, Self::R2];

    /// As the node calls itself.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::R1 => "r1",
            Self::R2 => "r2",
        }
    }

    /// Where it stands in an array of both.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::R1 => 0,
            Self::R2 => 1,
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::R1 => Self::R2,
            Self::R2 => Self::R1,
        }
    }

    /// The node itself.
    #[must_use]
    pub const fn of(self, lab: &Lab) -> &Node {
        match self {
            Self::R1 => &lab.r1,
            Self::R2 => &lab.r2,
        }
    }

    /// By the name it has.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::BOTH.into_iter().find(|node| node.as_str() == name)
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// When; for what is only found by looking, when it was found.
    pub at: Moment,
    /// What.
    pub what: Seen,
}

/// What can be seen from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Something about a node.
    Of(NodeName, News),
    /// An advertisement passed the switch.
    Advertisement {
        /// The node that sent it; nobody's if a stranger did.
        from: Option<NodeName>,
        /// Its priority; 0 is a farewell.
        priority: u8,
    },
    /// A stranger claimed a virtual address by a gratuitous ARP packet.
    Claim {
        /// The hardware address it was claimed for.
        by: Mac,
        /// What was claimed.
        address: Ipv4Addr,
    },
    /// The client asked for its page, and this node answered, if one did.
    Answer(Option<NodeName>),
}

/// What is new about a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Its daemon said a line, here without the time in front.
    Said(String),
    /// Its daemon lives otherwise than before.
    Daemon(Life),
    /// The virtual addresses that are there now.
    Owns(Vec<Ipv4Addr>),
    /// Whether HAProxy listens.
    Haproxy(bool),
    /// Whether its cable on the first network is plugged in.
    Cable(bool),
    /// A mail arrived at its server, about this.
    Mail(String),
    /// Its kernel's counters, by name, since its daemon was started.
    Counted(Vec<(String, u64)>),
}

/// How a daemon lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// Not at all.
    Ended,
    /// As it should.
    Runs,
    /// Stopped in its tracks by a signal.
    Paused,
}

/// Looks at everything but the kernel's counters.
#[derive(Debug)]
pub struct Observer<'a> {
    lab: &'a Lab,
    nodes: [Watch<'a>; 2],
    first: Option<Follower>,
    second: Option<Follower>,
    answers: usize,
}

impl<'a> Observer<'a> {
    /// Sees what happens in this lab from now on, and what its files already tell.
    #[must_use]
    pub fn of(lab: &'a Lab) -> Self {
        Self {
            lab,
            nodes: NodeName::BOTH.map(|name| Watch::over(name, name.of(lab))),
            first: Follower::of(lab.first.file()).ok(),
            second: Follower::of(lab.second.file()).ok(),
            answers: 0,
        }
    }

    /// What is new since the last look.
    pub fn look(&mut self) -> Vec<Observation> {
        let mut seen = Vec::new();
        for node in &mut self.nodes {
            node.look(Moment::now(), &mut seen);
        }
        self.advertisements(&mut seen);
        self.claims(&mut seen);
        self.answers(&mut seen);
        seen
    }

    fn advertisements(&mut self, seen: &mut Vec<Observation>) {
        let frames = self.first.as_mut().map(Follower::frames);
        for advert in frames.iter().flatten().filter_map(frame::advertisement) {
            let mut names = NodeName::BOTH.into_iter();
            let from = names.find(|name| name.of(self.lab).identity().first_mac == advert.mac);
            let what = Seen::Advertisement {
                from,
                priority: advert.priority,
            };
            seen.push(Observation {
                at: advert.at,
                what,
            });
        }
    }

    fn claims(&mut self, seen: &mut Vec<Observation>) {
        let frames = self.second.as_mut().map(Follower::frames);
        for arp in frames.iter().flatten().filter_map(frame::arp) {
            let is_known = [&self.lab.r1, &self.lab.r2]
                .into_iter()
                .any(|node| node.identity().second_mac == arp.sender_mac);
            if arp.is_gratuitous() && !is_known {
                let what = Seen::Claim {
                    by: arp.sender_mac,
                    address: arp.sender,
                };
                seen.push(Observation { at: arp.at, what });
            }
        }
    }

    fn answers(&mut self, seen: &mut Vec<Observation>) {
        let answers = self.lab.client.answers_after(self.answers);
        self.answers += answers.len();
        seen.extend(answers.into_iter().map(|answer| Observation {
            at: answer.at,
            what: Seen::Answer(answer.node.as_deref().and_then(NodeName::parse)),
        }));
    }
}
