//! What the routers' blocks should say, kept beside the program's from the same verdicts.

use vrrp_ebpf::abi::{BlockView, Role, RouterEvent};
use vrrp_ebpf::verdict::{Accepted, Kind, Verdict};

use crate::world::ROUTERS;

/// Stands for any moment: the model has no clock.
const SOME_TIME: u64 = 1;

/// The blocks, and what the controller has acknowledged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Model {
    blocks: [BlockView; ROUTERS as usize],
    acknowledged: [u64; ROUTERS as usize],
}

impl Model {
    /// Takes in what became of a frame; returns what the doorbell should bring.
    pub(crate) fn take(&mut self, verdict: &Verdict, role: &Role) -> Option<RouterEvent> {
        match verdict {
            Verdict::Reject { slot, .. } => {
                self.blocks[*slot as usize].rejected += 1;
                None
            }
            Verdict::Accept(accepted) => self.record(accepted, role),
            Verdict::Ignore | Verdict::Pass(_) | Verdict::Claim(_) => None,
        }
    }

    fn record(&mut self, accepted: &Accepted, role: &Role) -> Option<RouterEvent> {
        let block = &mut self.blocks[accepted.slot as usize];
        let kind = accepted.kind(role);
        let last = match kind {
            Kind::Release => &mut block.released,
            Kind::Refreshing => &mut block.refreshing,
            Kind::Lower => &mut block.lower,
        };
        let is_news = accepted.is_news(role, last);
        *last = accepted.record;
        last.time_ns = SOME_TIME;
        block.accepted += 1;
        if kind == Kind::Refreshing {
            block.rejected = 0;
        }
        block.news += u64::from(is_news);
        let is_quiet = block.bell == self.acknowledged[accepted.slot as usize];
        if !is_news || !is_quiet {
            return None;
        }
        block.bell = block.news;
        Some(RouterEvent {
            slot: accepted.slot,
            reserved: 0,
            bell: block.bell,
        })
    }

    /// The controller has heard the bell.
    pub(crate) const fn acknowledge(&mut self, slot: u32, bell: u64) {
        self.acknowledged[slot as usize] = bell;
    }

    /// Which bell the controller has heard.
    pub(crate) const fn acknowledged(&self, slot: u32) -> u64 {
        self.acknowledged[slot as usize]
    }

    /// A router's block.
    pub(crate) const fn block(&self, slot: u32) -> BlockView {
        self.blocks[slot as usize]
    }
}

/// A block as the model has it, without the moments.
pub(crate) fn timeless(mut block: BlockView) -> BlockView {
    for record in [&mut block.refreshing, &mut block.lower, &mut block.released] {
        record.time_ns = record.time_ns.min(SOME_TIME);
    }
    block
}
