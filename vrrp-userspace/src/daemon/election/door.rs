//! The one door: every event of a router comes through here, and is remembered.

use super::memory::Memory;
use crate::protocol::{Action, Event, Monotonic, VirtualRouter, recording::Entry};

/// A router, and where what goes through its door is remembered.
pub(in crate::daemon) struct Door {
    router: VirtualRouter,
    /// As the router says, which only an event can change: it is asked for more often than there are events.
    deadline: Option<Monotonic>,
    slot: usize,
    memory: Memory,
}

impl Door {
    /// The door of a router that joins in `slot`.
    pub(in crate::daemon) fn new(slot: usize, router: VirtualRouter, memory: Memory) -> Self {
        memory.with(|memory| memory.seat(slot, &router));
        Self {
            deadline: router.deadline(),
            router,
            slot,
            memory,
        }
    }

    /// Gives an event to the router, and returns what to do about it. Should the router panic, what it was told is known.
    pub(in crate::daemon) fn handle(&mut self, event: Event, now: Monotonic) -> Vec<Action> {
        let slot = self.slot;
        self.memory.with(|memory| memory.begins(slot, now, &event));
        let actions = self.router.handle(&event, now);
        self.deadline = self.router.deadline();
        let entry = Entry {
            now,
            event,
            actions: actions.clone(),
        };
        self.memory.with(|memory| memory.ends(slot, entry));
        actions
    }

    /// The moment to come back with [`Event::DeadlineReached`], if there is one.
    pub(in crate::daemon) const fn deadline(&self) -> Option<Monotonic> {
        self.deadline
    }

    pub(in crate::daemon) const fn router(&self) -> &VirtualRouter {
        &self.router
    }
}
