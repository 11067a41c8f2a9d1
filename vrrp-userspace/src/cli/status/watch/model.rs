//! What the screen knows. Pure: answers and keys come in.

use std::path::PathBuf;

use jiff::tz::TimeZone;

use super::{
    super::{page, sheet::Sheet},
    lanes::Lanes,
};
use crate::daemon::status::Status;

/// A key that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Quit,
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
}

/// Seconds that an answer may take without being missed.
const PATIENCE: u64 = 3;

/// Everything there is to show.
#[derive(Debug)]
pub(super) struct Model {
    /// Where the daemon is asked.
    pub(super) socket: PathBuf,
    pub(super) zone: TimeZone,
    /// How it was seen last.
    pub(super) status: Option<Status>,
    /// Why it does not answer now, if so.
    pub(super) trouble: Option<String>,
    pub(super) lanes: Lanes,
    /// Rows of the page above the screen.
    scroll: usize,
    /// Rows of the page on the screen.
    height: usize,
}

impl Model {
    /// Nothing is known yet.
    pub(super) fn new(socket: PathBuf, zone: TimeZone) -> Self {
        Self {
            socket,
            zone,
            status: None,
            trouble: None,
            lanes: Lanes::default(),
            scroll: 0,
            height: 1,
        }
    }

    /// Takes in an answer, or that there is none.
    pub(super) fn take(&mut self, outcome: Result<Status, String>) {
        match outcome {
            Ok(status) => {
                self.lanes.push(self.status.as_ref(), Some(&status));
                self.status = Some(status);
                self.trouble = None;
            }
            Err(trouble) => {
                self.lanes.push(None, None);
                self.trouble = Some(trouble);
            }
        }
    }

    /// There has been no answer for so many seconds, and no refusal either: the daemon is there and stands still.
    pub(super) fn unanswered(&mut self, seconds: u64) {
        if seconds >= PATIENCE {
            self.lanes.push(None, None);
            self.trouble = Some(format!("no answer for {seconds} s"));
        }
    }

    /// Takes in a key.
    pub(super) fn press(&mut self, key: Key) {
        let page = self.height.saturating_sub(1).max(1);
        self.scroll = match key {
            Key::Quit => self.scroll,
            Key::Up => self.scroll.saturating_sub(1),
            Key::Down => self.scroll + 1,
            Key::PageUp => self.scroll.saturating_sub(page),
            Key::PageDown => self.scroll + page,
            Key::Top => 0,
        };
    }

    /// The page as it fits into a screen, and how many of its rows are above it.
    pub(super) fn page(&mut self, columns: usize, height: usize) -> (Sheet, usize) {
        let sheet = match &self.status {
            Some(status) => page(status, &self.zone, columns),
            None => Sheet::of_width(columns),
        };
        self.height = height;
        // Nobody scrolls beyond the end.
        self.scroll = self.scroll.min(sheet.rows().len().saturating_sub(height));
        (sheet, self.scroll)
    }
}
