//! What the guard was told: the table, and what is claimed.

use std::collections::BTreeSet;

use super::message::{Run, Script, ScriptIndex, Slot, SlotIndex, Table, ToGuard};

/// Remembers what the daemon said, so that somebody knows when it can no longer be asked.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    table: Option<Table>,
    /// The next table, while it arrives.
    arriving: Table,
    claimed: BTreeSet<SlotIndex>,
}

/// A message that asks for a deed instead of a memory.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Run a script.
    Run(Run),
    /// End.
    Farewell,
}

impl Ledger {
    /// Takes in one message; an order comes back.
    pub(super) fn note(&mut self, message: ToGuard) -> Option<Order> {
        match message {
            ToGuard::TableBegins { pid_file } => {
                self.arriving = Table {
                    pid_file,
                    ..Table::default()
                };
            }
            ToGuard::Slot(index, slot) => drop(self.arriving.slots.insert(index, slot)),
            ToGuard::Addresses(index, addresses) => {
                if let Some(slot) = self.arriving.slots.get_mut(&index) {
                    slot.addresses.extend(addresses);
                }
            }
            ToGuard::Script(index, script) => drop(self.arriving.scripts.insert(index, script)),
            ToGuard::TableEnds => self.table = Some(std::mem::take(&mut self.arriving)),
            ToGuard::Claiming(slot) => {
                self.claimed.insert(slot);
            }
            ToGuard::Released(slot) => {
                self.claimed.remove(&slot);
            }
            ToGuard::Run(run) => return Some(Order::Run(run)),
            ToGuard::Farewell => return Some(Order::Farewell),
        }
        None
    }

    /// The table that holds, once there is one.
    pub(super) const fn table(&self) -> Option<&Table> {
        self.table.as_ref()
    }

    /// The script with this number.
    pub(super) fn script(&self, index: ScriptIndex) -> Option<&Script> {
        self.table()?.scripts.get(&index)
    }

    /// The interfaces that were made for somebody, claimed or not.
    pub(super) fn macvlans(&self) -> impl Iterator<Item = &str> {
        let slots = self.table().map(|table| table.slots.values());
        let names = slots.into_iter().flatten().flat_map(|slot| &slot.macvlans);
        names.map(String::as_str)
    }

    /// What is, or may be, on the interfaces now.
    pub(super) fn claimed(&self) -> impl Iterator<Item = &Slot> {
        let slots = self.table().map(|table| &table.slots);
        self.claimed.iter().filter_map(move |slot| slots?.get(slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(name: &str) -> Slot {
        Slot {
            name: name.into(),
            release: None,
            addresses: Vec::new(),
            macvlans: Vec::new(),
        }
    }

    fn table(names: &[&str]) -> Table {
        Table {
            slots: (0..)
                .map(SlotIndex)
                .zip(names.iter().map(|name| slot(name)))
                .collect(),
            ..Table::default()
        }
    }

    fn told(ledger: &mut Ledger, messages: impl IntoIterator<Item = ToGuard>) {
        for message in messages {
            assert_eq!(ledger.note(message), None);
        }
    }

    fn claimed(ledger: &Ledger) -> Vec<&str> {
        ledger.claimed().map(|slot| slot.name.as_str()).collect()
    }

    #[test]
    fn what_is_claimed_and_not_released_is_left_to_clean_up() {
        let mut ledger = Ledger::default();
        told(&mut ledger, table(&["A", "B", "C"]).messages());
        told(
            &mut ledger,
            [0, 1, 2].map(|slot| ToGuard::Claiming(SlotIndex(slot))),
        );
        told(&mut ledger, [ToGuard::Released(SlotIndex(1))]);
        assert_eq!(claimed(&ledger), ["A", "C"]);
    }

    #[test]
    fn a_table_cut_short_leaves_the_one_before() {
        let mut ledger = Ledger::default();
        told(&mut ledger, table(&["A"]).messages());
        told(&mut ledger, [ToGuard::Claiming(SlotIndex(0))]);

        let mut cut_short = table(&["B"]).messages();
        cut_short.pop();
        told(&mut ledger, cut_short);
        assert_eq!(claimed(&ledger), ["A"]);
    }

    #[test]
    fn a_slot_nobody_described_is_nothing_to_clean_up() {
        let mut ledger = Ledger::default();
        told(&mut ledger, [ToGuard::Claiming(SlotIndex(7))]);
        assert!(claimed(&ledger).is_empty());
    }
}
