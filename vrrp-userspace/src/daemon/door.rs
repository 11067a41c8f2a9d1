//! The one door: every event of a router comes through here, and is remembered.

use super::memory::Memory;
use crate::protocol::{Action, Event, Monotonic, VirtualRouter, recording::Entry};

/// A router, and where what goes through its door is remembered.
pub(super) struct Door {
    router: VirtualRouter,
    slot: usize,
    memory: Memory,
}

impl Door {
    /// The door of a router that joins in `slot`.
    pub(super) fn new(slot: usize, router: VirtualRouter, memory: Memory) -> Self {
        memory.with(|memory| memory.seat(slot, &router));
        Self {
            router,
            slot,
            memory,
        }
    }

    /// Gives an event to the router, and returns what to do about it. Should the router panic, what it was told is known.
    pub(super) fn handle(&mut self, event: Event, now: Monotonic) -> Vec<Action> {
        let slot = self.slot;
        self.memory.with(|memory| memory.begins(slot, now, &event));
        let actions = self.router.handle(&event, now);
        let entry = Entry {
            now,
            event,
            actions: actions.clone(),
        };
        self.memory.with(|memory| memory.ends(slot, entry));
        actions
    }

    pub(super) const fn router(&self) -> &VirtualRouter {
        &self.router
    }
}
