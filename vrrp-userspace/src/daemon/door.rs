//! The one door: every event of a router comes through here, and is remembered.

use crate::protocol::{
    Action, Event, Monotonic, VirtualRouter,
    recording::{Entry, Recording},
};

/// Passages remembered per router: at one advertisement a second, eight minutes.
const REMEMBERED: usize = 512;

/// A router and what went through its door.
pub(super) struct Door {
    router: VirtualRouter,
    recording: Recording,
}

impl Door {
    pub(super) fn new(router: VirtualRouter) -> Self {
        Self {
            recording: Recording::of(&router, REMEMBERED),
            router,
        }
    }

    /// Gives an event to the router, and returns what to do about it.
    pub(super) fn handle(&mut self, event: Event, now: Monotonic) -> Vec<Action> {
        let actions = self.router.handle(&event, now);
        self.recording.push(Entry {
            now,
            event,
            actions: actions.clone(),
        });
        actions
    }

    pub(super) const fn router(&self) -> &VirtualRouter {
        &self.router
    }

    pub(super) const fn recording(&self) -> &Recording {
        &self.recording
    }
}
