//! What the controller keeps to be able to say what the daemon is doing.

use crate::{
    daemon::{election::snapshot::FRESH, observer::held::Held},
    protocol::Monotonic,
    system::{
        clock::{self, WallClock},
        datapath::{Inventory, Statistics},
    },
};

/// What is shown beside what everybody knows anyway.
pub(in crate::daemon) struct Insight {
    /// When the daemon began.
    pub(in crate::daemon) started: Monotonic,
    /// By which moments are told.
    pub(in crate::daemon) wall: WallClock,
    /// What the program counts.
    pub(in crate::daemon) statistics: Option<Statistics>,
    /// What the kernel calls it and its maps.
    pub(in crate::daemon) inventory: Option<Inventory>,
    /// The addresses that are there.
    pub(in crate::daemon) held: Held,
    /// The last answer. A thousand clients a second get the same one ten times a second.
    last: Option<(Monotonic, String)>,
}

impl Insight {
    /// From now on.
    pub(in crate::daemon) fn new(
        statistics: Option<Statistics>,
        inventory: Option<Inventory>,
    ) -> Self {
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
    pub(in crate::daemon) fn fresh_answer(&self) -> Option<String> {
        let (at, line) = self.last.as_ref()?;
        (clock::now().since(*at) < FRESH).then(|| line.clone())
    }

    /// Keeps an answer about the moment `at`.
    pub(in crate::daemon) fn keep(&mut self, at: Monotonic, line: &str) {
        self.last = Some((at, line.to_owned()));
    }

    /// Something has changed that whoever asks next has to see.
    pub(in crate::daemon) fn forget_answer(&mut self) {
        self.last = None;
    }
}
