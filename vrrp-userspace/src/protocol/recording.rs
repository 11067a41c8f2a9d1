//! The last events of a router and what came of them, so that a recording fed back gives the same actions.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::{Action, Event, Monotonic, VirtualRouter};

/// One passage through the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When the event was handled.
    pub now: Monotonic,
    /// What happened.
    pub event: Event,
    /// What was to be done.
    pub actions: Vec<Action>,
}

/// The router as it was, and what went through its door since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// The router before the first entry.
    pub before: VirtualRouter,
    /// The passages, oldest first.
    pub entries: VecDeque<Entry>,
    /// How many entries are kept at most.
    capacity: usize,
}

/// Where a recording and a replay part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The entry, counted from 0.
    pub index: usize,
    /// What the recording says was to be done.
    pub recorded: Vec<Action>,
    /// What this build would do.
    pub replayed: Vec<Action>,
}

impl Recording {
    /// An empty recording of `router` that will hold `capacity` entries.
    #[must_use]
    pub fn of(router: &VirtualRouter, capacity: usize) -> Self {
        Self {
            before: router.clone(),
            entries: VecDeque::new(),
            capacity,
        }
    }

    /// Adds a passage. When the recording is full, the oldest is played into the router it began with.
    pub fn push(&mut self, entry: Entry) {
        if self.entries.len() >= self.capacity
            && let Some(oldest) = self.entries.pop_front()
        {
            self.before.handle(&oldest.event, oldest.now);
        }
        self.entries.push_back(entry);
    }

    /// Plays the recording and compares.
    ///
    /// # Errors
    ///
    /// The first entry that now leads to other actions.
    pub fn replay(&self) -> Result<VirtualRouter, Box<Difference>> {
        let mut router = self.before.clone();
        for (index, entry) in self.entries.iter().enumerate() {
            let replayed = router.handle(&entry.event, entry.now);
            if replayed != entry.actions {
                let recorded = entry.actions.clone();
                return Err(Box::new(Difference {
                    index,
                    recorded,
                    replayed,
                }));
            }
        }
        Ok(router)
    }
}
