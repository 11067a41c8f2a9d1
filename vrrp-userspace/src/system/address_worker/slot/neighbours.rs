//! What slots have to do with each other: an address changes hands where it is, and one that goes takes no other with it.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::wanted::Wanted, Claim, Entry, Progress, Slot, batch};
use crate::system::netlink::InterfaceAddress;

/// Has those who are claimed take over what others lose by the same assignments, so that it never goes. They announce it as anything that
/// is new to them.
pub(in crate::system::address_worker) fn hand_over(
    slots: &mut BTreeMap<usize, Slot>,
    wanted: &Wanted,
) {
    let offered: BTreeSet<InterfaceAddress> = slots.values().flat_map(Slot::offered).collect();
    if offered.is_empty() {
        return;
    }
    let mut taken = BTreeSet::new();
    for slot in slots.values_mut() {
        if wanted.is_claimed(slot.number) {
            slot.take_over(&offered, &mut taken);
        }
    }
    for slot in slots.values_mut() {
        slot.let_go(&taken);
    }
}

impl Slot {
    fn offered(&self) -> impl Iterator<Item = InterfaceAddress> {
        let is_leaving = self.leaving.is_some();
        let offered = self
            .entries
            .iter()
            .filter(move |entry| is_leaving && entry.is_leaving && entry.is_ours);
        offered.map(|entry| entry.address.clone())
    }

    fn take_over(
        &mut self,
        offered: &BTreeSet<InterfaceAddress>,
        taken: &mut BTreeSet<InterfaceAddress>,
    ) {
        for entry in &mut self.entries {
            let is_new = !entry.is_leaving && !entry.is_ours;
            if is_new && offered.contains(&entry.address) && taken.insert(entry.address.clone()) {
                entry.is_ours = true;
            }
        }
    }

    fn let_go(&mut self, taken: &BTreeSet<InterfaceAddress>) {
        for entry in &mut self.entries {
            entry.is_ours &= !(entry.is_leaving && taken.contains(&entry.address));
        }
    }

    /// What stays here or in `others` and has a prefix in common with something that the next step removes.
    pub(in crate::system::address_worker) fn siblings<'a>(
        &'a self,
        others: impl Iterator<Item = &'a Self>,
    ) -> Vec<InterfaceAddress> {
        let going = self.next_to_go();
        let going: BTreeSet<_> = going
            .filter_map(|entry| entry.address.shared_prefix())
            .collect();
        if going.is_empty() {
            return Vec::new();
        }
        let slots = others.chain([self]).filter(|slot| slot.is_claimed());
        let staying = slots.flat_map(Self::there).filter(|entry| {
            let prefix = entry.address.shared_prefix();
            prefix.is_some_and(|prefix| going.contains(&prefix))
        });
        staying.map(|entry| entry.address.clone()).collect()
    }

    /// What is there and is to stay. While a claim is under way nobody knows yet what was there before us.
    fn there(&self) -> impl Iterator<Item = &Entry> {
        let is_done = matches!(self.progress, Progress::Claimed);
        let staying = self.entries.iter().filter(|entry| !entry.is_leaving);
        staying.filter(move |entry| entry.is_ours || (is_done && !entry.is_missing))
    }

    fn next_to_go(&self) -> impl Iterator<Item = &Entry> {
        let next = match (&self.leaving, &self.progress) {
            (Some(leaving), _) => leaving.next,
            (None, Progress::Releasing { next, .. }) => *next,
            (None, Progress::Released | Progress::Installing(_) | Progress::Claimed) => {
                self.entries.len()
            }
        };
        let is_leaving = self.leaving.is_some();
        let next = self.entries[batch(next, self.entries.len())].iter();
        next.filter(move |entry| entry.is_ours && (entry.is_leaving || !is_leaving))
    }

    const fn is_claimed(&self) -> bool {
        matches!(self.progress, Progress::Installing(_) | Progress::Claimed)
    }

    /// Some of these may be its own, and could not be put back after they went with another one: that is tried again, and said if it fails.
    pub(in crate::system::address_worker) fn have_lost(&mut self, lost: &[InterfaceAddress]) {
        let mut todo = Vec::new();
        for (index, entry) in self.entries.iter_mut().enumerate() {
            if !entry.is_leaving && lost.contains(&entry.address) {
                entry.is_missing = true;
                todo.push(index);
            }
        }
        match &mut self.progress {
            Progress::Installing(claim) => claim.todo.append(&mut todo),
            Progress::Claimed if !todo.is_empty() => {
                self.progress = Progress::Installing(Claim {
                    todo,
                    own_rounds: Some(1),
                    ..Claim::default()
                });
            }
            Progress::Claimed | Progress::Released | Progress::Releasing { .. } => {}
        }
    }
}
