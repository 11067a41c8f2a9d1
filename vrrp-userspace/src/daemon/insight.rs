//! What the controller keeps to be able to say what the daemon is doing.

use super::{held::Held, snapshot::FRESH};
use crate::{
    protocol::Monotonic,
    system::{
        clock::{self, WallClock},
        datapath::{Inventory, Statistics},
    },
};

/// What is shown beside what everybody knows anyway.
pub(super) struct Insight {
    /// When the daemon began.
    pub(super) started: Monotonic,
    /// By which moments are told.
    pub(super) wall: WallClock,
    /// What the program counts.
    pub(super) statistics: Option<Statistics>,
    /// What the kernel calls it and its maps.
    pub(super) inventory: Option<Inventory>,
    /// The addresses that are there.
    pub(super) held: Held,
    /// The last answer. A thousand clients a second get the same one ten times a second.
    last: Option<(Monotonic, String)>,
}

impl Insight {
    /// From now on.
    pub(super) fn new(statistics: Option<Statistics>, inventory: Option<Inventory>) -> Self {
        Self {
            started: clock::now(),
            wall: WallClock::new(),
            statistics,
            inventory,
            held: Held::default(),
            last: None,
        }
    }

    /// The last answer, if it is as good as a new one.
    pub(super) fn fresh_answer(&self) -> Option<String> {
        let (at, line) = self.last.as_ref()?;
        (clock::now().since(*at) < FRESH).then(|| line.clone())
    }

    /// Keeps an answer about the moment `at`.
    pub(super) fn keep(&mut self, at: Monotonic, line: &str) {
        self.last = Some((at, line.to_owned()));
    }

    /// Something has changed that whoever asks next has to see.
    pub(super) fn forget_answer(&mut self) {
        self.last = None;
    }
}
