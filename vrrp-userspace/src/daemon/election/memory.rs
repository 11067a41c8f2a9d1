//! What the election remembers, where a panic can still find it.
//!
//! The election is the only one that writes, and reads for whoever asks by its inbox, so it never waits here: the only other party is a
//! process that ends. [`last_words`](crate::daemon::last_words) tries the lock and takes what it can get.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError, TryLockError},
    thread,
};

use super::chronicle::{Chronicle, Turn};
use crate::protocol::{
    Event, Monotonic, VirtualRouter,
    recording::{Entry, Recording},
};

/// Passages remembered per router: at one advertisement a second, eight minutes.
const REMEMBERED: usize = 512;

/// Routers that a reload has taken away and that are remembered: those who left last.
const DEPARTED: usize = 32;

/// How often a process that ends tries to read. The election holds the lock for microseconds.
const TRIES: u32 = 1000;

/// The memory of the election. Clones are the same memory.
#[derive(Debug, Clone, Default)]
pub(in crate::daemon) struct Memory(Arc<Mutex<Contents>>);

/// All that is remembered; bounded by the number of slots and [`DEPARTED`].
#[derive(Debug, Default)]
pub(in crate::daemon) struct Contents {
    seated: BTreeMap<usize, Record>,
    departed: VecDeque<Chronicle>,
    /// What a router is being told at this moment.
    handling: Option<Handling>,
}

/// What is remembered of one router.
#[derive(Debug)]
struct Record {
    recording: Recording,
    chronicle: Chronicle,
}

/// An event on its way through the door.
#[derive(Debug, Clone)]
pub(in crate::daemon) struct Handling {
    /// To which router.
    pub(in crate::daemon) slot: usize,
    /// When.
    pub(in crate::daemon) now: Monotonic,
    /// What.
    pub(in crate::daemon) event: Event,
}

/// The transitions of every router.
#[derive(Debug, Clone, Default)]
pub(in crate::daemon) struct Past {
    /// When it was read.
    pub(in crate::daemon) at: Monotonic,
    /// Routers by name, of those that are there and of those that were.
    pub(in crate::daemon) names: Vec<String>,
    /// One router's after the other's.
    pub(in crate::daemon) turns: Vec<Arc<Turn>>,
    /// By name, how many are no longer remembered.
    pub(in crate::daemon) forgotten: BTreeMap<String, u64>,
}

impl Memory {
    /// Reads or writes. For the election only.
    pub(in crate::daemon) fn with<T>(&self, work: impl FnOnce(&mut Contents) -> T) -> T {
        // What a thread left behind that panicked in here is of no use to anybody, since the process ends.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads, if the election lets us soon. For a process that ends, on whichever thread, perhaps the election's own.
    pub(in crate::daemon) fn at_the_end<T>(&self, read: impl FnOnce(&Contents) -> T) -> Option<T> {
        for _ in 0..TRIES {
            match self.0.try_lock() {
                Ok(contents) => return Some(read(&contents)),
                Err(TryLockError::Poisoned(poisoned)) => return Some(read(poisoned.get_ref())),
                Err(TryLockError::WouldBlock) => thread::yield_now(),
            }
        }
        None
    }
}

impl Contents {
    /// A router joins.
    pub(in crate::daemon) fn seat(&mut self, slot: usize, router: &VirtualRouter) {
        let record = Record {
            recording: Recording::of(router, REMEMBERED),
            chronicle: Chronicle::of(router.settings()),
        };
        self.seated.insert(slot, record);
    }

    /// A router has left. What it became stays until [`DEPARTED`] others have left after it.
    pub(in crate::daemon) fn unseat(&mut self, slot: usize) {
        let Some(record) = self.seated.remove(&slot) else {
            return;
        };
        if self.departed.len() >= DEPARTED {
            self.departed.pop_front();
        }
        self.departed.push_back(record.chronicle);
    }

    /// A router is about to be told something.
    pub(in crate::daemon) fn begins(&mut self, slot: usize, now: Monotonic, event: &Event) {
        let event = event.clone();
        self.handling = Some(Handling { slot, now, event });
    }

    /// A router has been told something, and this came of it.
    pub(in crate::daemon) fn ends(&mut self, slot: usize, entry: Entry) {
        self.handling = None;
        if let Some(record) = self.seated.get_mut(&slot) {
            match &entry.event {
                Event::AdvertisementReceived(heard) => record.chronicle.heard(heard),
                Event::SettingsChanged(settings) => record.chronicle.is_now(settings),
                Event::Startup
                | Event::Shutdown
                | Event::Removed
                | Event::DeadlineReached(_)
                | Event::FaultsObserved(_)
                | Event::PriorityObserved(_)
                | Event::PrimaryAddressObserved(_)
                | Event::AddressesRemoved { .. }
                | Event::GroupActive { .. }
                | Event::GroupBackup { .. }
                | Event::HeldBack { .. } => {}
            }
            record.recording.push(entry);
        }
    }

    /// The life of the router in `slot`.
    pub(in crate::daemon) fn chronicle(&mut self, slot: usize) -> Option<&mut Chronicle> {
        let record = self.seated.get_mut(&slot)?;
        Some(&mut record.chronicle)
    }

    /// What went through every door.
    pub(in crate::daemon) fn recordings(&self) -> Vec<Recording> {
        let records = self.seated.values();
        records.map(|record| record.recording.clone()).collect()
    }

    /// What went through the door of `slot`.
    pub(in crate::daemon) fn recording(&self, slot: usize) -> Option<Recording> {
        let record = self.seated.get(&slot)?;
        Some(record.recording.clone())
    }

    /// What a router is being told, if the election is in the middle of that.
    pub(in crate::daemon) fn handling(&self) -> Option<Handling> {
        self.handling.clone()
    }

    /// What every router has become. Transitions are shared and not copied.
    pub(in crate::daemon) fn past(&self, at: Monotonic) -> Past {
        let mut past = Past {
            at,
            ..Past::default()
        };
        let seated = self.seated.values().map(|record| &record.chronicle);
        for chronicle in self.departed.iter().chain(seated) {
            let name = &chronicle.who().instance;
            past.names.push(name.clone());
            past.turns.extend(chronicle.turns().cloned());
            if chronicle.forgotten() > 0 {
                *past.forgotten.entry(name.clone()).or_default() += chronicle.forgotten();
            }
        }
        past
    }
}
