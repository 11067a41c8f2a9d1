//! One row of the table.

use vrrp_ebpf::abi::Reason;
use vrrp_ebpf::verdict::{Kind, Protocol, Verdict, decide};
use vrrp_userspace::system::datapath::Action;

use crate::world::{Circumstances, Known, World};

/// A frame, and what is to become of it.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) circumstances: Circumstances,
    pub(crate) frame: Vec<u8>,
    pub(crate) outcome: Outcome,
}

/// What becomes of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It goes on, and nothing notices.
    Ignored,
    /// It goes on, counted.
    Passed(Reason),
    /// It ends here, counted for its router too.
    Rejected(Reason, u32),
    /// It is recorded, and goes on.
    Heard(Kind, u32),
    /// It is recorded, and goes no further.
    HeardAlone(Kind, u32),
    /// It is told that somebody claims our address.
    Claimed {
        /// By what.
        by: Protocol,
        /// The packet contradicts its frame, which is counted too.
        falsely: bool,
        /// It goes no further.
        in_vain: bool,
    },
}

/// Rejected by this router.
pub(crate) const fn rejected(reason: Reason, by: Known) -> Outcome {
    Outcome::Rejected(reason, by.slot)
}

/// Heard by this router as what holds it back.
pub(crate) const fn heard(by: Known) -> Outcome {
    Outcome::Heard(Kind::Refreshing, by.slot)
}

/// Claimed by a packet that goes on.
pub(crate) const CLAIMED: Outcome = Outcome::Claimed {
    by: Protocol::Arp,
    falsely: false,
    in_vain: false,
};
/// Claimed by a packet that goes no further.
pub(crate) const CLAIMED_IN_VAIN: Outcome = Outcome::Claimed {
    by: Protocol::Arp,
    falsely: false,
    in_vain: true,
};

impl Outcome {
    /// What a verdict of the judge amounts to.
    pub(crate) fn of(verdict: &Verdict, world: &World) -> Self {
        match verdict {
            Verdict::Ignore => Self::Ignored,
            Verdict::Pass(reason) => Self::Passed(*reason),
            Verdict::Reject { reason, slot, .. } => Self::Rejected(*reason, *slot),
            Verdict::Accept(accepted) if accepted.drop => {
                Self::HeardAlone(accepted.kind(&world.role), accepted.slot)
            }
            Verdict::Accept(accepted) => Self::Heard(accepted.kind(&world.role), accepted.slot),
            Verdict::Claim(claim) => Self::Claimed {
                by: claim.by,
                falsely: claim.is_malformed,
                in_vain: claim.drop,
            },
        }
    }

    /// What the program says to the driver.
    pub(crate) const fn action(self) -> Action {
        match self {
            Self::Rejected(..) | Self::HeardAlone(..) | Self::Claimed { in_vain: true, .. } => {
                Action::Drop
            }
            Self::Ignored | Self::Passed(_) | Self::Heard(..) | Self::Claimed { .. } => {
                Action::Pass
            }
        }
    }

    /// What is counted.
    pub(crate) fn counted(self) -> Vec<Reason> {
        match self {
            Self::Ignored => vec![],
            Self::Passed(reason) | Self::Rejected(reason, _) => vec![reason],
            Self::Heard(..) | Self::HeardAlone(..) => vec![Reason::Accepted],
            Self::Claimed { by, falsely, .. } => {
                let [claim, malformed] = match by {
                    Protocol::Arp => [Reason::ArpClaim, Reason::ArpMalformed],
                    Protocol::NeighbourDiscovery => [Reason::NdClaim, Reason::NdMalformed],
                };
                [claim]
                    .into_iter()
                    .chain(falsely.then_some(malformed))
                    .collect()
            }
        }
    }
}

impl Case {
    /// The judge's answer, as the daemon would hear it.
    pub(crate) fn verdict(&self) -> Verdict {
        let world = World::new(self.circumstances);
        decide(self.frame.as_slice(), &self.circumstances.port(), &world)
    }
}

/// Fails with every complaint, so that one run tells everything.
#[track_caller]
pub(crate) fn assert_none(complaints: &[String]) {
    let shown: Vec<_> = complaints.iter().take(20).cloned().collect();
    assert!(
        complaints.is_empty(),
        "{} complaints:\n{}",
        complaints.len(),
        shown.join("\n")
    );
}
