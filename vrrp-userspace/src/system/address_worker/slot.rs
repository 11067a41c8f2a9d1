//! The addresses of one virtual router on their way in and out, one batch at a time.

mod neighbours;

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    net::IpAddr,
    ops::Range,
};

use tracing::{debug, warn};

pub(super) use self::neighbours::hand_over;
use super::{
    AddressReport, Assignment,
    retry::Retry,
    wanted::{Order, Wanted},
};
use crate::{
    protocol::Monotonic,
    system::{
        announcer::Announcer,
        clock,
        netlink::{AddressFailure, Installed, InterfaceAddress, Netlink, NetlinkError},
        respondent::Respondent,
    },
};

/// Addresses installed between two looks at what is wanted, and announced together.
const BATCH: usize = 256;

/// Above this many, a detailed log gets one line for all.
const TOLD_ONE_BY_ONE: usize = 64;

/// One entry of the worker's table.
#[derive(Debug)]
pub(super) struct Slot {
    number: usize,
    entries: Vec<Entry>,
    /// The interfaces that are up while it is claimed and at no other time.
    macvlans: Vec<String>,
    /// Whether they are up.
    is_on: bool,
    progress: Progress,
    /// What an assignment took away is removed before anything else is done.
    leaving: Option<Leaving>,
    /// Announcement rounds still to do.
    rounds: u32,
    /// Of the last assignment.
    edition: u64,
    /// Nobody needs it any more, except for what could not be removed.
    is_retired: bool,
    /// What could not be removed.
    retry: Retry,
}

/// One address, and what is known of it.
#[derive(Debug)]
struct Entry {
    address: InterfaceAddress,
    /// Whether release has to remove it: never what was there before us.
    is_ours: bool,
    /// It could not be installed.
    is_missing: bool,
    /// An assignment took it away; it stays in the list until it is gone.
    is_leaving: bool,
}

#[derive(Debug)]
enum Progress {
    Released,
    Installing(Claim),
    /// Everything that could be installed is.
    Claimed,
    Releasing {
        next: usize,
        failures: Vec<AddressFailure>,
    },
}

/// A claim under way.
#[derive(Debug, Default)]
struct Claim {
    /// Which entries, in their order.
    todo: Vec<usize>,
    next: usize,
    /// How far the first round of announcements has come.
    announced: usize,
    /// Rounds for these entries alone, when the others have had theirs.
    own_rounds: Option<u32>,
    failures: Vec<AddressFailure>,
    existing_not_ours: Vec<InterfaceAddress>,
}

/// An assignment under way.
#[derive(Debug)]
struct Leaving {
    next: usize,
    failures: Vec<AddressFailure>,
    /// How often what is new is announced, if the slot is claimed.
    rounds: u32,
    /// Nothing will be assigned any more.
    is_retiring: bool,
}

/// An address as the kernel tells it from others.
pub(super) type Key = (String, IpAddr, u8);

/// The hands of the worker.
pub(super) struct Tools<'a> {
    pub(super) netlink: &'a Netlink,
    pub(super) announcer: &'a Announcer,
    pub(super) respondent: &'a Respondent,
    pub(super) wanted: &'a Wanted,
    pub(super) report: &'a mut dyn FnMut(AddressReport),
    /// What other slots are about to give up: it must be gone before somebody else may have it.
    pub(super) departing: &'a BTreeSet<Key>,
    /// What stays although the kernel may take it away with what the slot removes in this step.
    pub(super) siblings: Vec<InterfaceAddress>,
    /// Of these, what could not be put back.
    pub(super) lost: Vec<InterfaceAddress>,
}

impl Slot {
    pub(super) fn new(number: usize) -> Self {
        Self {
            number,
            entries: Vec::new(),
            macvlans: Vec::new(),
            is_on: false,
            progress: Progress::Released,
            leaving: None,
            rounds: 0,
            edition: 0,
            is_retired: false,
            retry: Retry::default(),
        }
    }

    pub(super) fn is_released(&self) -> bool {
        matches!(self.progress, Progress::Released) && self.leaving.is_none()
    }

    /// Whether it has been retired and has nothing left.
    pub(super) const fn is_done(&self) -> bool {
        self.is_retired && self.entries.is_empty()
    }

    /// When it has something to do although nobody orders anything.
    pub(super) fn due(&self) -> Option<Monotonic> {
        self.retry.due()
    }

    /// What it stands for, and what it has not got rid of yet.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &InterfaceAddress> {
        self.entries.iter().map(|entry| &entry.address)
    }

    /// What it is about to give up because of an assignment.
    pub(super) fn departing(&self) -> impl Iterator<Item = Key> {
        let is_leaving = self.leaving.is_some();
        let leaving = self
            .entries
            .iter()
            .filter(move |entry| is_leaving && entry.is_leaving && entry.is_ours);
        leaving.map(|Entry { address, .. }| {
            (
                address.interface.clone(),
                address.address,
                address.prefix_length,
            )
        })
    }

    /// Takes new addresses in. What both lists have is not touched.
    pub(super) fn assign(&mut self, assignment: Assignment) {
        let is_retiring = assignment.addresses.is_none();
        self.is_retired = false;
        self.edition = assignment.edition;
        if !is_retiring {
            self.macvlans = assignment.macvlans;
        }
        let wanted = assignment.addresses.unwrap_or_default();
        let mut old: BTreeMap<_, _> = mem::take(&mut self.entries)
            .into_iter()
            .map(|entry| (entry.address.clone(), entry))
            .collect();
        for address in wanted {
            let known = old.remove(&address);
            self.entries.push(Entry {
                is_ours: known.as_ref().is_some_and(|entry| entry.is_ours),
                is_missing: known.is_none_or(|entry| entry.is_missing),
                is_leaving: false,
                address,
            });
        }
        let staying = self.entries.len();
        let left = old.into_values().filter(|entry| entry.is_ours);
        self.entries.extend(left.map(|entry| Entry {
            is_leaving: true,
            ..entry
        }));
        self.leaving = Some(Leaving {
            next: staying,
            failures: Vec::new(),
            rounds: assignment.rounds,
            is_retiring,
        });
    }

    /// Takes in what is ordered, before anything is done about it.
    pub(super) fn take_order(&mut self, tools: &mut Tools<'_>) {
        match tools.wanted.take_order(self.number) {
            Some(Order::Claim) => self.progress = Progress::Installing(self.whole_claim()),
            Some(Order::Release) => self.begin_release(tools),
            None if self.retry.due().is_some_and(|due| due <= clock::now()) => self.try_again(),
            None => {}
        }
    }

    /// Does the next piece of work; false if there is none.
    pub(super) async fn step(&mut self, tools: &mut Tools<'_>) -> bool {
        self.rounds = self.rounds.max(tools.wanted.take_rounds(self.number));
        if let Some(leaving) = self.leaving.take() {
            self.leave(leaving, tools).await;
            return true;
        }
        match mem::replace(&mut self.progress, Progress::Released) {
            Progress::Installing(claim) => self.install(claim, tools).await,
            Progress::Releasing { next, failures } => self.remove(next, failures, tools).await,
            Progress::Claimed => {
                let is_due = self.rounds > 0;
                if is_due {
                    let all: Vec<_> = (0..self.entries.len()).collect();
                    self.announce(&all, 1, tools).await;
                    self.count_round(tools);
                }
                self.progress = Progress::Claimed;
                return is_due;
            }
            Progress::Released => return false,
        }
        true
    }

    /// Removes the next batch of what an assignment took away.
    async fn leave(&mut self, mut leaving: Leaving, tools: &mut Tools<'_>) {
        let batch = batch(leaving.next, self.entries.len());
        leaving.next = batch.end;
        let failed = self.take_down(batch, |entry| entry.is_leaving, tools).await;
        leaving.failures.extend(failed);
        if leaving.next < self.entries.len() {
            self.leaving = Some(leaving);
        } else {
            self.finish_leaving(leaving, tools);
        }
    }

    fn finish_leaving(&mut self, leaving: Leaving, tools: &mut Tools<'_>) {
        self.entries
            .retain(|entry| !entry.is_leaving || entry.is_ours);
        if leaving.is_retiring {
            // Whatever was ordered before is done with this: it was the last that anybody wanted of the slot.
            self.progress = Progress::Released;
            self.is_retired = true;
        }
        self.note_outcome();
        self.report_departures(leaving.failures, tools);
        match &mut self.progress {
            Progress::Released => {}
            Progress::Releasing { next, .. } => *next = 0,
            Progress::Installing(_) => self.progress = Progress::Installing(self.whole_claim()),
            Progress::Claimed => {
                let todo = self.wanted(|entry| entry.is_missing);
                if !todo.is_empty() {
                    self.progress = Progress::Installing(Claim {
                        todo,
                        own_rounds: Some(leaving.rounds),
                        ..Claim::default()
                    });
                }
            }
        }
    }

    /// Says what has become of what assignments took away.
    fn report_departures(&self, failures: Vec<AddressFailure>, tools: &mut Tools<'_>) {
        let (slot, edition) = (self.number, self.edition);
        (tools.report)(if self.is_retired {
            AddressReport::Retired {
                slot,
                edition,
                failures,
            }
        } else {
            AddressReport::Reassigned {
                slot,
                edition,
                failures,
            }
        });
    }

    /// Something was to be removed: what is still there is tried again.
    fn note_outcome(&mut self) {
        if self.has_leftovers(|_| true) {
            self.retry.failed(clock::now());
        } else {
            self.retry.forget();
        }
    }

    /// Whether something of `which` is there that should not be.
    fn has_leftovers(&self, which: fn(&Entry) -> bool) -> bool {
        let is_released = matches!(self.progress, Progress::Released);
        let mut ours = self.entries.iter().filter(|entry| entry.is_ours);
        ours.any(|entry| (is_released || entry.is_leaving) && which(entry))
    }

    /// Begins once more to remove what could not be removed, unless that is under way or wanted again.
    fn try_again(&mut self) {
        if self.leaving.is_some() || matches!(self.progress, Progress::Releasing { .. }) {
            return;
        }
        if self.has_leftovers(|entry| entry.is_leaving) {
            self.leaving = Some(Leaving {
                next: 0,
                failures: Vec::new(),
                rounds: 1,
                is_retiring: self.is_retired,
            });
        } else if self.has_leftovers(|_| true) {
            self.progress = Progress::Releasing {
                next: 0,
                failures: Vec::new(),
            };
        } else {
            self.retry.forget();
        }
    }

    fn whole_claim(&self) -> Claim {
        Claim {
            todo: self.wanted(|_| true),
            ..Claim::default()
        }
    }

    fn wanted(&self, which: impl Fn(&Entry) -> bool) -> Vec<usize> {
        let entries = self.entries.iter().enumerate();
        entries
            .filter(|(_, entry)| !entry.is_leaving && which(entry))
            .map(|(index, _)| index)
            .collect()
    }

    /// Adds the next batch, and announces it if announcements are ordered already.
    async fn install(&mut self, mut claim: Claim, tools: &mut Tools<'_>) {
        let batch = batch(claim.next, claim.todo.len());
        let addresses: Vec<_> = claim.todo[batch.clone()]
            .iter()
            .map(|index| self.entries[*index].address.clone())
            .collect();
        if addresses
            .iter()
            .any(|address| is_among(address, tools.departing))
        {
            // Its turn comes when the other slot has had a few of its own.
            self.progress = Progress::Installing(claim);
            return;
        }
        if claim.next == 0 {
            // First, because an interface that is down keeps no address of IPv6.
            self.switch(true, tools).await;
        }
        claim.next = batch.end;
        let installed = tools.netlink.add_addresses(&addresses).await;
        self.take_in(&mut claim, batch.clone(), installed);
        let installed = claim.todo[batch.clone()]
            .iter()
            .map(|index| &self.entries[*index])
            .filter(|entry| entry.is_ours);
        let installed = installed.map(|entry| &entry.address);
        tools.respondent.answer(installed);

        self.rounds = self.rounds.max(tools.wanted.take_rounds(self.number));
        if let Some(rounds) = claim.own_rounds {
            self.announce(&claim.todo[batch], rounds, tools).await;
        } else if self.rounds > 0 {
            self.announce(&claim.todo[claim.announced..claim.next], 1, tools)
                .await;
            claim.announced = claim.next;
        }
        if claim.next == claim.todo.len() {
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
        for index in &claim.todo[batch] {
            let entry = &mut self.entries[*index];
            let failure = failed.get(&entry.address);
            entry.is_missing = failure.is_some();
            if let Some(failure) = failure {
                claim.failures.push((*failure).clone());
                // Without an answer it may have been added all the same.
                entry.is_ours |= failure.error == NetlinkError::Silent;
            } else if existing.contains(&entry.address) && !entry.is_ours {
                claim.existing_not_ours.push(entry.address.clone());
            } else {
                entry.is_ours = true;
            }
        }
    }

    fn finish_claim(&mut self, claim: Claim, tools: &mut Tools<'_>) {
        let Claim {
            failures,
            existing_not_ours,
            own_rounds,
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
        self.progress = Progress::Claimed;
        if self.rounds > 0 && own_rounds.is_none() {
            self.count_round(tools);
        }
    }

    fn begin_release(&mut self, tools: &mut Tools<'_>) {
        self.rounds = 0;
        // What could not be removed the last time is tried again.
        let is_released = matches!(self.progress, Progress::Released);
        if is_released && !self.entries.iter().any(|entry| entry.is_ours) {
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
        if next == 0 && self.entries.len() > BATCH {
            // That takes all of them from the network at once. It takes the kernel longer than a batch of addresses, so fewer go first.
            self.switch(false, tools).await;
        }
        let batch = batch(next, self.entries.len());
        let next = batch.end;
        failures.extend(self.take_down(batch, |_| true, tools).await);
        if next < self.entries.len() {
            self.progress = Progress::Releasing { next, failures };
            return;
        }
        let is_left = |slot: &Self| slot.entries.iter().any(|entry| entry.is_leaving);
        let were_left = is_left(self);
        self.entries
            .retain(|entry| !entry.is_leaving || entry.is_ours);
        self.note_outcome();
        (tools.report)(AddressReport::Released {
            slot: self.number,
            failures,
        });
        if were_left && !is_left(self) {
            // What could not be removed when it was taken away has gone with the others.
            self.report_departures(Vec::new(), tools);
        }
    }

    /// Switches off what need not be on any more; false if nothing is. To be done when nobody has anything else to do: it takes the kernel
    /// some 15 ms for each interface, and nobody waits for it, since the addresses are gone.
    pub(super) async fn rest(&mut self, tools: &mut Tools<'_>) -> bool {
        let is_idle = matches!(self.progress, Progress::Released);
        if is_idle && self.is_on {
            self.switch(false, tools).await;
            return true;
        }
        false
    }

    /// Switches the interfaces on or off that are its own.
    async fn switch(&mut self, is_on: bool, tools: &mut Tools<'_>) {
        self.is_on = is_on && !self.macvlans.is_empty();
        for name in &self.macvlans {
            match tools.netlink.enable(name, is_on).await {
                Ok(()) => {}
                Err(error) if !is_on && error.is_no_such_interface() => {}
                Err(error) if is_on => {
                    warn!("{name} cannot be switched on, so nobody reaches what is on it: {error}")
                }
                Err(error) => warn!("{name} cannot be switched off: {error}"),
            }
        }
    }

    /// Removes those of `batch` that are ours, and returns what is still there.
    async fn take_down(
        &mut self,
        batch: Range<usize>,
        which: impl Fn(&Entry) -> bool,
        tools: &mut Tools<'_>,
    ) -> Vec<AddressFailure> {
        let goes = |entry: &Entry| entry.is_ours && which(entry);
        let ours = self.entries[batch.clone()]
            .iter()
            .filter(|entry| goes(entry));
        let ours: Vec<_> = ours.map(|entry| entry.address.clone()).collect();
        tools.respondent.be_silent(ours.iter());
        let siblings = mem::take(&mut tools.siblings);
        let removal = tools.netlink.remove_addresses_beside(&ours, &siblings);
        let (failed, lost) = removal.await;
        tools
            .lost
            .extend(lost.into_iter().map(|failure| failure.address));
        for entry in self.entries[batch].iter_mut().filter(|entry| goes(entry)) {
            entry.is_ours = failed
                .iter()
                .any(|failure| failure.address == entry.address);
            entry.is_missing = !entry.is_ours;
        }
        failed
    }

    /// Announces those of `which` that are in place.
    async fn announce(&self, which: &[usize], rounds: u32, tools: &mut Tools<'_>) {
        let in_place: Vec<_> = which
            .iter()
            .map(|index| &self.entries[*index])
            .filter(|entry| !entry.is_missing && !entry.is_leaving)
            .map(|entry| (entry.address.interface.as_str(), entry.address.address))
            .collect();
        if in_place.len() <= TOLD_ONE_BY_ONE {
            for (interface, address) in &in_place {
                debug!(
                    "Sending {} on {interface} for {address}",
                    announced_by(*address)
                );
            }
        } else {
            debug!(
                "Sending gratuitous ARP or unsolicited Neighbour Adverts for {} addresses",
                in_place.len()
            );
        }
        for failure in tools.announcer.announce(&in_place, rounds).await {
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

fn is_among(address: &InterfaceAddress, keys: &BTreeSet<Key>) -> bool {
    !keys.is_empty()
        && keys.contains(&(
            address.interface.clone(),
            address.address,
            address.prefix_length,
        ))
}

fn batch(next: usize, end: usize) -> Range<usize> {
    next..end.min(next + BATCH)
}

/// keepalived's words for an announcement.
const fn announced_by(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(_) => "gratuitous ARP",
        IpAddr::V6(_) => "unsolicited Neighbour Advert",
    }
}

#[cfg(test)]
mod tests;
