//! The addresses of one virtual router on their way in and out, one batch at a time.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    net::IpAddr,
    ops::Range,
};

use tracing::{debug, warn};

use super::{
    AddressReport,
    wanted::{Order, Wanted},
};
use crate::system::{
    announcer::Announcer,
    netlink::{AddressFailure, Installed, InterfaceAddress, Netlink, NetlinkError},
};

/// Addresses installed between two looks at what is wanted, and announced together.
const BATCH: usize = 256;

/// Above this many, a detailed log gets one line for all.
const TOLD_ONE_BY_ONE: usize = 64;

/// One entry of the worker's table.
#[derive(Debug)]
pub(super) struct Slot {
    number: usize,
    addresses: Vec<InterfaceAddress>,
    /// What release has to remove: never what was there before us.
    ours: Vec<bool>,
    progress: Progress,
    /// Announcement rounds still to do.
    rounds: u32,
}

#[derive(Debug)]
enum Progress {
    Released,
    Installing(Claim),
    /// Everything that could be installed is; these are not.
    Claimed {
        missing: BTreeSet<usize>,
    },
    Releasing {
        next: usize,
        failures: Vec<AddressFailure>,
    },
}

/// A claim under way.
#[derive(Debug, Default)]
struct Claim {
    next: usize,
    /// How far the first round of announcements has come.
    announced: usize,
    missing: BTreeSet<usize>,
    failures: Vec<AddressFailure>,
    existing_not_ours: Vec<InterfaceAddress>,
}

/// The hands of the worker.
pub(super) struct Tools<'a> {
    pub(super) netlink: &'a Netlink,
    pub(super) announcer: &'a mut Announcer,
    pub(super) wanted: &'a Wanted,
    pub(super) report: &'a mut dyn FnMut(AddressReport),
}

impl Slot {
    pub(super) fn new(number: usize, addresses: Vec<InterfaceAddress>) -> Self {
        let ours = vec![false; addresses.len()];
        Self {
            number,
            addresses,
            ours,
            progress: Progress::Released,
            rounds: 0,
        }
    }

    pub(super) const fn is_released(&self) -> bool {
        matches!(self.progress, Progress::Released)
    }

    /// Does the next piece of work; false if there is none.
    pub(super) async fn step(&mut self, tools: &mut Tools<'_>) -> bool {
        match tools.wanted.take_order(self.number) {
            Some(Order::Claim) => self.progress = Progress::Installing(Claim::default()),
            Some(Order::Release) => self.begin_release(tools),
            None => {}
        }
        self.rounds = self.rounds.max(tools.wanted.take_rounds(self.number));
        match mem::replace(&mut self.progress, Progress::Released) {
            Progress::Installing(claim) => self.install(claim, tools).await,
            Progress::Releasing { next, failures } => self.remove(next, failures, tools).await,
            Progress::Claimed { missing } => {
                let is_due = self.rounds > 0;
                if is_due {
                    self.announce(0..self.addresses.len(), &missing, tools)
                        .await;
                    self.count_round(tools);
                }
                self.progress = Progress::Claimed { missing };
                return is_due;
            }
            Progress::Released => return false,
        }
        true
    }

    /// Adds the next batch, and announces it if announcements are ordered already.
    async fn install(&mut self, mut claim: Claim, tools: &mut Tools<'_>) {
        let batch = batch(claim.next, self.addresses.len());
        claim.next = batch.end;
        let installed = tools
            .netlink
            .add_addresses(&self.addresses[batch.clone()])
            .await;
        self.take_in(&mut claim, batch, installed);

        self.rounds = self.rounds.max(tools.wanted.take_rounds(self.number));
        if self.rounds > 0 {
            self.announce(claim.announced..claim.next, &claim.missing, tools)
                .await;
            claim.announced = claim.next;
        }
        if claim.next == self.addresses.len() {
            self.finish_claim(claim, tools);
        } else {
            self.progress = Progress::Installing(claim);
        }
    }

    fn take_in(&mut self, claim: &mut Claim, batch: Range<usize>, installed: Installed) {
        let failed: BTreeMap<_, _> = installed
            .failures
            .iter()
            .map(|it| (&it.address, it))
            .collect();
        let existing: BTreeSet<_> = installed.existing_not_ours.iter().collect();
        for index in batch {
            let address = &self.addresses[index];
            if let Some(failure) = failed.get(address) {
                claim.missing.insert(index);
                claim.failures.push((*failure).clone());
                // Without an answer it may have been added all the same.
                self.ours[index] |= failure.error == NetlinkError::Silent;
            } else if existing.contains(address) && !self.ours[index] {
                claim.existing_not_ours.push(address.clone());
            } else {
                self.ours[index] = true;
            }
        }
    }

    fn finish_claim(&mut self, claim: Claim, tools: &mut Tools<'_>) {
        let Claim {
            missing,
            failures,
            existing_not_ours,
            ..
        } = claim;
        let slot = self.number;
        (tools.report)(if failures.is_empty() {
            AddressReport::Installed {
                slot,
                existing_not_ours,
            }
        } else {
            AddressReport::Failed { slot, failures }
        });
        self.progress = Progress::Claimed { missing };
        if self.rounds > 0 {
            self.count_round(tools);
        }
    }

    fn begin_release(&mut self, tools: &mut Tools<'_>) {
        self.rounds = 0;
        // What could not be removed the last time is tried again.
        if self.is_released() && !self.ours.contains(&true) {
            (tools.report)(AddressReport::Released {
                slot: self.number,
                failures: Vec::new(),
            });
        } else {
            self.progress = Progress::Releasing {
                next: 0,
                failures: Vec::new(),
            };
        }
    }

    async fn remove(
        &mut self,
        next: usize,
        mut failures: Vec<AddressFailure>,
        tools: &mut Tools<'_>,
    ) {
        let batch = batch(next, self.addresses.len());
        let next = batch.end;
        let ours = batch.clone().filter(|index| self.ours[*index]);
        let ours: Vec<_> = ours.map(|index| self.addresses[index].clone()).collect();
        let failed = tools.netlink.remove_addresses(&ours).await;
        for index in batch {
            let is_left = failed
                .iter()
                .any(|failure| failure.address == self.addresses[index]);
            self.ours[index] &= is_left;
        }
        failures.extend(failed);
        if next < self.addresses.len() {
            self.progress = Progress::Releasing { next, failures };
        } else {
            (tools.report)(AddressReport::Released {
                slot: self.number,
                failures,
            });
        }
    }

    /// Announces once those of `range` that are in place.
    async fn announce(
        &self,
        range: Range<usize>,
        missing: &BTreeSet<usize>,
        tools: &mut Tools<'_>,
    ) {
        let in_place: Vec<_> = range
            .filter(|index| !missing.contains(index))
            .filter_map(|index| match &self.addresses[index] {
                InterfaceAddress {
                    interface,
                    address: IpAddr::V4(address),
                    ..
                } => Some((interface.as_str(), *address)),
                InterfaceAddress {
                    address: IpAddr::V6(_),
                    ..
                } => None,
            })
            .collect();
        if in_place.len() <= TOLD_ONE_BY_ONE {
            for (interface, address) in &in_place {
                debug!("Sending gratuitous ARP on {interface} for {address}");
            }
        } else {
            debug!("Sending gratuitous ARP for {} addresses", in_place.len());
        }
        for failure in tools.announcer.announce(&in_place, 1).await {
            warn!(
                "gratuitous ARP on {} failed: {}",
                failure.interface, failure.error
            );
        }
    }

    fn count_round(&mut self, tools: &mut Tools<'_>) {
        self.rounds -= 1;
        (tools.report)(AddressReport::Announced {
            slot: self.number,
            rounds_left: self.rounds,
        });
    }
}

fn batch(next: usize, end: usize) -> Range<usize> {
    next..end.min(next + BATCH)
}
