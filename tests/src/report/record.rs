//! What happened, kept while it happens.

use std::sync::{Mutex, PoisonError};

use crate::moment::Moment;
use crate::observer::Observation;

/// Hours of a lab under attack; what comes later is counted.
const MOST: usize = 1_000_000;
/// Something that somebody did to the lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Deed {
    pub(super) at: Moment,
    pub(super) what: String,
}

/// A record, for as many threads as want to add to it.
#[derive(Debug, Default)]
pub struct Record(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    seen: Vec<Observation>,
    deeds: Vec<Deed>,
    /// How much was seen and not kept.
    missed: usize,
}

/// All of it, in the order in which it happened.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) seen: Vec<Observation>,
    pub(super) deeds: Vec<Deed>,
    pub(super) missed: usize,
    /// The first moment and the last.
    pub(super) from: Moment,
    pub(super) to: Moment,
}

impl Record {
    /// Somebody is about to do something.
    pub fn did(&self, what: &str) {
        let deed = Deed {
            at: Moment::now(),
            what: what.to_owned(),
        };
        self.kept(|kept| kept.deeds.push(deed));
    }

    /// This was seen.
    pub fn saw(&self, observations: &[Observation]) {
        self.kept(|kept| {
            let room = MOST.saturating_sub(kept.seen.len()).min(observations.len());
            kept.seen.extend(observations.iter().take(room).cloned());
            kept.missed += observations.len() - room;
        });
    }

    pub(super) fn story(&self) -> Story {
        self.kept(|kept| {
            let (mut seen, deeds) = (kept.seen.clone(), kept.deeds.clone());
            seen.sort_by_key(|observation| observation.at);
            let moments = || {
                let seen = seen.iter().map(|observation| observation.at);
                seen.chain(deeds.iter().map(|deed| deed.at))
            };
            let (from, to) = (moments().min(), moments().max());
            let now = Moment::now();
            Story {
                missed: kept.missed,
                from: from.unwrap_or(now),
                to: to.unwrap_or(now),
                seen,
                deeds,
            }
        })
    }

    fn kept<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
